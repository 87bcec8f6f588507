"""Who furnishes a workspace, and changes the rules while people work by them."""

import json
from collections.abc import Awaitable, Callable
from random import Random
from typing import Any

from msgspec import UNSET

from taskyard.core import commands as ask

from .clients import Client, one_of
from .messages import Picture
from .phrases import LANGS, LEVELS, SKILLS

_QUEUES = 4
_WORKERS = 5
_WORKERS_MAX = 8
_BETWEEN_S = (1_200.0, 14_400.0)


def target_workers(dice: Random) -> str:
    """For whom a task queue is."""
    return dice.choice(
        ("1==1", *(f"skills HAS '{one}'" for one in SKILLS), f"level >= {dice.choice(LEVELS)}")
    )


def attributes_of_a_worker(dice: Random) -> str:
    """What somebody can do."""
    return json.dumps(
        {
            "skills": [one for one in SKILLS if dice.random() < 0.7],
            "langs": [one for one in LANGS if dice.random() < 0.8],
            "level": dice.choice(LEVELS),
        },
        separators=(",", ":"),
    )


def configuration(dice: Random, queues: list[str]) -> str:
    """The rules of a workflow."""

    def target(*, ends: bool) -> dict[str, Any]:
        one: dict[str, Any] = {"queue": dice.choice(queues)}
        if dice.random() < 0.4:
            one["expression"] = dice.choice(
                ("task.lang IN worker.langs", f"worker.level >= {dice.choice(LEVELS)}")
            )
        if dice.random() < 0.3:
            one["priority"] = dice.randint(0, 10)
        if dice.random() < 0.3:
            one["order_by"] = "worker.level DESC"
        if ends:
            one["timeout"] = dice.choice((30, 120, 900))
            if dice.random() < 0.3:
                one["skip_if"] = "workers.available == 0"
        return one

    filters = [
        {
            "filter_friendly_name": kind,
            "expression": f"kind == '{kind}'",
            "targets": [*(target(ends=True) for _ in range(dice.randrange(3))), target(ends=False)],
        }
        for kind in SKILLS
        if dice.random() < 0.8
    ]
    routing: dict[str, Any] = {"filters": filters}
    if dice.random() < 0.8:
        routing["default_filter"] = {"queue": dice.choice(queues)}
    return json.dumps({"task_routing": routing}, separators=(",", ":"))


class Supervisor(Client):
    """One workspace's."""

    async def found(self, *, multi_tasking: bool) -> str:
        """Have the workspace made, and furnish it. Returns its SID."""
        made = None
        while made is None:
            made = await self.ask(
                ask.CreateWorkspace(
                    account_sid="AC" + "0" * 32,
                    friendly_name="Simulated",
                    multi_task_enabled=multi_tasking,
                )
            )
        self.workspace = made["sid"]
        for _ in range(_QUEUES):
            await self._create_queue([])
        while not (seen := await self.look()) or one_of(self.dice, seen, "WQ") is None:
            await self._create_queue([])
        for _ in range(2):
            await self._create_workflow(seen)
        for _ in range(_WORKERS):
            await self._create_worker(seen)
        return self.workspace

    async def live(self) -> None:
        """Change something every hour or so."""
        changes: list[Callable[[list[Picture]], Awaitable[object]]] = [
            *[self._update_workflow] * 4,
            *[self._update_queue] * 4,
            *[self._update_attributes] * 4,
            *[self._update_capacity] * 4,
            *[self._create_worker] * 2,
            self._delete_worker,
            self._create_queue,
            self._delete_queue,
            self._create_workflow,
            self._delete_workflow,
            self._create_activity,
            self._delete_activity,
        ]
        while True:
            await self.rest(*_BETWEEN_S)
            seen = await self.look()
            if seen is not None:
                await self.dice.choice(changes)(seen)

    async def _create_queue(self, seen: list[Picture]) -> None:
        if sum(one["sid"].startswith("WQ") for one in seen) < 2 * _QUEUES:
            await self.ask(
                ask.CreateTaskQueue(
                    friendly_name=f"Queue {self.dice.randrange(10**9)}",
                    target_workers=target_workers(self.dice),
                    max_reserved_workers=self.dice.choice((1, 1, 2, 3)),
                )
            )

    async def _update_queue(self, seen: list[Picture]) -> None:
        await self.ask(
            ask.UpdateTaskQueue(
                task_queue_sid=one_of(self.dice, seen, "WQ") or "WQ",
                target_workers=target_workers(self.dice),
                max_reserved_workers=self.dice.choice((UNSET, 1, 2)),
            )
        )

    async def _delete_queue(self, seen: list[Picture]) -> None:
        await self.ask(ask.DeleteTaskQueue(task_queue_sid=one_of(self.dice, seen, "WQ") or "WQ"))

    async def _create_workflow(self, seen: list[Picture]) -> None:
        queues = [one["sid"] for one in seen if one["sid"].startswith("WQ")]
        if queues and sum(one["sid"].startswith("WW") for one in seen) < _QUEUES:
            await self.ask(
                ask.CreateWorkflow(
                    friendly_name=f"Workflow {self.dice.randrange(10**9)}",
                    configuration=configuration(self.dice, queues),
                    task_reservation_timeout_s=self.dice.choice((20, 60, 120)),
                )
            )

    async def _update_workflow(self, seen: list[Picture]) -> None:
        queues = [one["sid"] for one in seen if one["sid"].startswith("WQ")]
        if queues:
            await self.ask(
                ask.UpdateWorkflow(
                    workflow_sid=one_of(self.dice, seen, "WW") or "WW",
                    configuration=configuration(self.dice, queues),
                    re_evaluate_tasks=self.dice.random() < 0.5,
                )
            )

    async def _delete_workflow(self, seen: list[Picture]) -> None:
        if sum(one["sid"].startswith("WW") for one in seen) > 1:
            await self.ask(ask.DeleteWorkflow(workflow_sid=one_of(self.dice, seen, "WW")))

    async def _create_worker(self, seen: list[Picture]) -> None:
        if sum(one["sid"].startswith("WK") for one in seen) < _WORKERS_MAX:
            await self.ask(
                ask.CreateWorker(
                    friendly_name=f"Worker {self.dice.randrange(10**9)}",
                    attributes=attributes_of_a_worker(self.dice),
                )
            )

    async def _update_attributes(self, seen: list[Picture]) -> None:
        await self.ask(
            ask.UpdateWorker(
                worker_sid=one_of(self.dice, seen, "WK") or "WK",
                attributes=attributes_of_a_worker(self.dice),
            )
        )

    async def _update_capacity(self, seen: list[Picture]) -> None:
        await self.ask(
            ask.UpdateWorkerChannel(
                worker_sid=one_of(self.dice, seen, "WK") or "WK",
                worker_channel=self.dice.choice(("default", "voice", "chat")),
                capacity=self.dice.choice((UNSET, 0, 1, 2, 3)),
                available=self.dice.choice((UNSET, True, True, False)),
            )
        )

    async def _delete_worker(self, seen: list[Picture]) -> None:
        if sum(one["sid"].startswith("WK") for one in seen) > 2:
            await self.ask(ask.DeleteWorker(worker_sid=one_of(self.dice, seen, "WK")))

    async def _create_activity(self, seen: list[Picture]) -> None:
        if sum(one["sid"].startswith("WA") for one in seen) < 2 * _QUEUES:
            await self.ask(
                ask.CreateActivity(
                    friendly_name=f"Activity {self.dice.randrange(10**9)}",
                    available=self.dice.random() < 0.5,
                )
            )

    async def _delete_activity(self, seen: list[Picture]) -> None:
        await self.ask(ask.DeleteActivity(activity_sid=one_of(self.dice, seen, "WA") or "WA"))
