"""What the clients were told, and what they had asked for and never heard of again."""

import asyncio
from collections.abc import Mapping
from itertools import count
from typing import Any

from taskyard.core.lifecycles import RESERVATION, TASK


class Ledger:
    """Of one workspace. Every answer counts as a promise, that of a read as well."""

    def __init__(self, workspace_sid: str) -> None:
        self.workspace_sid = workspace_sid
        self.path = f"/Workspaces/{workspace_sid}"
        self.workers: list[str] = []
        self.keys: set[str] = set()
        """Every task that was asked for has a key of its own in its attributes."""
        self.tasks: dict[str, str] = {}
        """The tasks whose creation was acknowledged: key to SID."""
        self.unanswered: list[str] = []
        """The keys whose creation was asked for and never answered: to be asked for again."""
        self.repeated = 0
        """How often an answer was heard again."""
        self.counts_sent: dict[str, int] = {}
        self.counts_kept: dict[str, int] = {}
        """A counter in the attributes of a task that only one client counts up, by task."""
        self.deletions_sent: set[str] = set()
        self.deleted: set[str] = set()
        self.task_seen: dict[str, tuple[int, str]] = {}
        self.offer_seen: dict[str, tuple[int, str]] = {}
        """The latest version that was seen, with its status."""
        self.task_of: dict[str, str] = {}
        self.answered = asyncio.Event()
        """Whether anything was heard since somebody last cleared it."""
        self._numbers = count(1)

    def new_key(self) -> str:
        # It is an idempotency key too, and those of one account must differ across workspaces.
        key = f"{self.workspace_sid} task {next(self._numbers)}"
        self.keys.add(key)
        return key

    def created(self, key: str, sid: str) -> None:
        assert key not in self.tasks
        assert sid not in self.tasks.values()
        self.tasks[key] = sid
        self.counts_sent.setdefault(sid, 0)
        self.counts_kept.setdefault(sid, 0)

    def saw_task(self, body: Mapping[str, Any], version: int | None) -> None:
        self._saw(self.task_seen, TASK, body["sid"], version, body["assignment_status"])

    def saw_offer(self, body: Mapping[str, Any], version: int | None) -> None:
        self.task_of[body["sid"]] = body["task_sid"]
        self._saw(self.offer_seen, RESERVATION, body["sid"], version, body["reservation_status"])

    def _saw(
        self,
        seen: dict[str, tuple[int, str]],
        table: Mapping[Any, frozenset[Any]],
        sid: str,
        version: int | None,
        status: str,
    ) -> None:
        self.answered.set()
        known_version, known = seen.get(sid, (-1, status))
        if version is None:  # an item of a list
            version = known_version
        # Answers to several clients may arrive in another order than they were given in.
        if version > known_version or (version == known_version and follows(table, known, status)):
            seen[sid] = version, status

    def may_be_gone(self, task_sid: str) -> bool:
        return task_sid in self.deletions_sent


def follows(table: Mapping[Any, frozenset[Any]], before: str, after: str) -> bool:
    """Whether a status may be followed, at once or later, by the other; or is the same."""
    reached, ahead = {before}, [before]
    while ahead:
        for status in table[ahead.pop()]:
            if status not in reached:
                reached.add(status)
                ahead.append(status)
    return after in reached
