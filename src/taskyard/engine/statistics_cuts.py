"""A kept minute that a window cuts in two: its facts, found by whom they count for."""

from bisect import bisect_left

from taskyard.core.statistics import Fact, TakenDown, TaskSums
from taskyard.core.statistics.cumulative import no_tasks, scopes_of
from taskyard.stores import StatisticsPart
from taskyard.stores.statistics_codec import decode_facts

_REMEMBERED = 256
"""So many sums of a part of the minute: windows begin at full seconds, so that many ask alike."""


class CutMinute:
    """A row of single facts as it was read."""

    __slots__ = ("_by_scope", "_down", "_sums")

    def __init__(self, part: StatisticsPart) -> None:
        """Read it.

        Raises:
            StoreError: It is damaged, or of a version that is not known.
        """
        self._down = decode_facts(part)
        self._by_scope: dict[str, list[Fact]] | None = None
        self._sums: dict[tuple[str, str | None, int, int], TaskSums] = {}

    def within(self, start_ms: int, end_ms: int) -> TakenDown:
        """What of it happened, or ended, from one instant until right before another."""
        return self._down.within(start_ms, end_ms)

    def sums(
        self, scope: str, task_channel_sid: str | None, start_ms: int, end_ms: int
    ) -> TaskSums:
        """What happened to the tasks of a scope between two instants; it is not to be changed."""
        asked = scope, task_channel_sid, start_ms, end_ms
        found = self._sums.get(asked)
        if found is None:
            if len(self._sums) >= _REMEMBERED:
                self._sums.clear()
            found = self._sums[asked] = no_tasks()
            facts = self._facts_of(scope)
            first, last = (
                bisect_left(facts, at_ms, key=lambda fact: fact.at_ms)
                for at_ms in (start_ms, end_ms)
            )
            for fact in facts[first:last]:
                if task_channel_sid in (None, fact.task_channel_sid):
                    found.add(fact.kind, fact.wait_s, fact.in_queue_s)
        return found

    def _facts_of(self, scope: str) -> list[Fact]:
        """The facts of a scope, in the order of time."""
        if self._by_scope is None:
            self._by_scope = {}
            for fact in self._down.facts:
                for one in scopes_of(fact.kind, fact.workflow_sid, fact.task_queue_sid):
                    self._by_scope.setdefault(one, []).append(fact)
        return self._by_scope.get(scope, [])
