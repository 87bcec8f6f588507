"""A contact centre behind the engine, for measuring what turns and a disk do to it."""

import asyncio
import functools
import gc
import json
import os
import time
from collections.abc import AsyncIterator, Sequence
from typing import Any

from floor import ACCOUNT

from taskyard.core.commands import (
    AcceptReservation,
    Command,
    CompleteReservation,
    CreateTask,
    CreateTaskQueue,
    CreateWorker,
    CreateWorkflow,
    CreateWorkspace,
)
from taskyard.core.events import (
    ReservationAccepted,
    ReservationCompleted,
    ReservationCreated,
    TaskCreated,
)
from taskyard.core.limits import Limits
from taskyard.engine import Directory, Snapshots, TurnRecord, WorkspaceEngine
from taskyard.engine.snapshot_writing import write_in_a_process
from taskyard.stores import Append, JournalRow, Store, StoreError

QUEUES = 20
_OF_A_COMMAND = (TaskCreated, ReservationAccepted, ReservationCompleted)


class TimedStore:
    """Another store, and how long its appends took."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self.append_ms: list[float] = []

    async def append(self, appends: Sequence[Append]) -> dict[str, StoreError]:
        """Keep these rows."""
        began = time.perf_counter()
        failures = await self._store.append(appends)
        self.append_ms.append((time.perf_counter() - began) * 1e3)
        return failures

    async def rows(self, workspace_sid: str, after_position: int) -> AsyncIterator[JournalRow]:
        """The rows that begin after this position."""
        async for row in self._store.rows(workspace_sid, after_position):
            yield row

    def __getattr__(self, name: str) -> Any:
        return getattr(self._store, name)


class Clock:
    """The wall clock, which a measurement may put forward."""

    def __init__(self) -> None:
        self.ahead_ms = 0

    def __call__(self) -> int:
        """The instant in milliseconds."""
        return time.time_ns() // 1_000_000 + self.ahead_ms


class EngineFloor:
    """One workspace behind a directory; its queues each want a skill.

    Past events are indexed as in the server, and snapshots written if the store has an address that
    a second process can open. Finished tasks are never forgotten, unless the limits say otherwise.
    """

    def __init__(self, store: Store, url: str | None = None, limits: Limits | None = None) -> None:
        self.store = TimedStore(store)
        self.clock = Clock()
        self.snapshots = None
        if url is not None:
            self.snapshots = Snapshots(store, functools.partial(write_in_a_process, store, url))
        self.directory = Directory(
            self.store,  # type: ignore[arg-type]  # it hands on what it does not time
            self.clock,
            os.urandom,
            limits=limits or Limits(task_finished_s=1_000_000_000),
            snapshots=self.snapshots,
        )
        self.turns: list[int] = []
        self.queues: list[str] = []
        self.workflow = ""
        self.engine: WorkspaceEngine

    async def open(self) -> "EngineFloor":
        """Find the workspace that the store has."""
        await self.directory.open(ACCOUNT, "t" * 32)
        if entries := self.directory.workspaces():
            self.engine = await self.directory.engine(entries[0].sid)
        gc.freeze()  # as the server does when all workspaces are awake
        return self

    async def furnish(self, workers: int) -> "EngineFloor":
        """Make a workspace, and turn to it."""
        command = CreateWorkspace(account_sid=ACCOUNT, friendly_name="bench")
        sid = await self.directory.create_workspace(command, lambda _, decided: decided.sid)
        self.engine = await self.directory.engine(sid)
        self.engine.subscribe(self._hear)
        self.queues.clear()
        for k in range(QUEUES):
            wants = f"skills HAS 'skill{k}'"
            command = CreateTaskQueue(friendly_name=f"queue {k}", target_workers=wants)
            self.queues.append(await self.ask(command))
        text = self.rules(range(QUEUES))
        self.workflow = await self.ask(CreateWorkflow(friendly_name="bench", configuration=text))
        available = await self.engine.read(
            lambda state, _: next(one.sid for one in state.activities.values() if one.available)
        )
        await asyncio.gather(
            *(
                self.ask(
                    CreateWorker(
                        friendly_name=f"worker {i}",
                        activity_sid=available,
                        attributes=json.dumps({"skills": [f"skill{i % QUEUES}"], "level": i % 7}),
                    )
                )
                for i in range(workers)
            )
        )
        self.turns.clear()
        self.store.append_ms.clear()
        return self

    def rules(self, order: Sequence[int]) -> str:
        """A workflow that sends each type to the queue at its place in this order."""
        filters = [
            {"expression": f"type == {k}", "targets": [{"queue": self.queues[queue]}]}
            for k, queue in enumerate(order)
        ]
        return json.dumps({"task_routing": {"filters": filters}})

    async def ask(self, command: Command) -> str:
        """Have a command decided; what it made or changed."""
        return await self.engine.ask(command, lambda _, decided: decided.sid)

    def new_task(self, number: int, timeout_s: int = 86_400) -> CreateTask:
        """A piece of work of one of the types."""
        text = f'{{"type":{number % QUEUES},"customer":"c-{number}","language":"en"}}'
        workflow = self.workflow or None  # of a workspace that was found there is only one
        return CreateTask(workflow_sid=workflow, attributes=text, timeout_s=timeout_s)

    async def life_cycle(self, number: int) -> None:
        """A task comes in, is offered, accepted and completed: three answers."""
        offer = await self.engine.ask(
            self.new_task(number),
            lambda _, decided: next(
                (e.reservation_sid for e in decided.events if type(e) is ReservationCreated), None
            ),
        )
        assert offer is not None, "there are more workers than callers"
        await self.ask(AcceptReservation(reservation_sid=offer))
        await self.ask(CompleteReservation(reservation_sid=offer))

    async def let_wait(self, tasks: int, timeout_s: int = 86_400) -> None:
        """Let so many tasks come in; nobody serves them."""
        for start in range(0, tasks, 500):
            some = range(start, min(start + 500, tasks))
            await asyncio.gather(*(self.ask(self.new_task(i, timeout_s)) for i in some))

    async def until_nothing_is_due(self) -> None:
        """Wait until the engine has caught up with the clock."""
        await self.engine.read(lambda _state, _now_ms: None)  # it has begun
        while True:
            machine = self.engine._machine
            deadline_ms = None if machine is None else machine.next_deadline_ms()
            if machine is not None and (deadline_ms is None or deadline_ms > self.clock()):
                return
            await asyncio.sleep(0.01)

    async def snapshots_written(self) -> None:
        """Wait until no snapshot is under way."""
        while True:
            if self.snapshots is None or self.snapshots._writing is None:
                return
            await asyncio.sleep(0.05)

    async def close(self) -> None:
        """Close the directory and the store."""
        await self.directory.close()
        await self.store.close()

    def _hear(self, turn: TurnRecord) -> None:
        self.turns.append(sum(isinstance(event, _OF_A_COMMAND) for event in turn.events))
