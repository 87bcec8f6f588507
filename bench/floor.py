"""A contact centre in memory, for measuring what the core does with it."""

import json
import os
from collections import deque
from collections.abc import Callable, Iterator
from itertools import count

from taskyard.core.commands import (
    AcceptReservation,
    CompleteReservation,
    CreateTask,
    CreateTaskQueue,
    CreateWorker,
    CreateWorkflow,
    CreateWorkspace,
    UpdateWorkerChannel,
)
from taskyard.core.events import Event, ReservationCreated
from taskyard.core.ids import mint_from
from taskyard.core.limits import Limits
from taskyard.core.machine import Decided, Machine

ACCOUNT = "AC" + "0" * 32
START_MS = 1_700_000_000_000


class Floor:
    """One workspace, and the offers that nobody has answered yet."""

    def __init__(self) -> None:
        self.machine = Machine(
            mint=mint_from(os.urandom), limits=Limits(workers=20_000, online_workers=20_000)
        )
        self.now_ms = START_MS
        self.offers: deque[str] = deque()
        self.accepted: deque[str] = deque()
        self.ask(CreateWorkspace(account_sid=ACCOUNT, friendly_name="bench"))
        activities = self.machine.state.activities.values()
        self.available = next(a.sid for a in activities if a.available)

    def ask(self, command: object) -> Decided:
        """Hand a command to the core, a millisecond after the last one."""
        self.now_ms += 1
        decided = self.machine.handle(command, self.now_ms)
        self._hear(decided.events)
        return decided

    def _hear(self, events: list[Event]) -> None:
        for event in reversed(events):  # offers come last
            if type(event) is not ReservationCreated:
                break
            self.offers.append(event.reservation_sid)

    def queue(self, name: str, target_workers: str, most: int = 1) -> str:
        """Add a task queue."""
        command = CreateTaskQueue(
            friendly_name=name, target_workers=target_workers, max_reserved_workers=most
        )
        return self.ask(command).sid

    def workflow(self, filters: list[dict[str, object]]) -> str:
        """Add a workflow of these filters."""
        configuration = json.dumps({"task_routing": {"filters": filters}})
        return self.ask(CreateWorkflow(friendly_name="bench", configuration=configuration)).sid

    def worker(self, attributes: dict[str, object], *, capacity: int = 1) -> str:
        """Add an available worker."""
        name = f"worker {len(self.machine.state.workers)}"
        text = json.dumps(attributes)
        sid = self.ask(
            CreateWorker(friendly_name=name, activity_sid=self.available, attributes=text)
        ).sid
        if capacity != 1:
            self.ask(
                UpdateWorkerChannel(worker_sid=sid, worker_channel="default", capacity=capacity)
            )
        return sid

    def task(self, attributes: str, priority: int | None = None) -> None:
        """Let a piece of work come in."""
        self.ask(CreateTask(attributes=attributes, timeout_s=1_209_600, priority=priority))

    def accept_one(self) -> None:
        """Accept the oldest offer."""
        sid = self.offers.popleft()
        self.ask(AcceptReservation(reservation_sid=sid))
        self.accepted.append(sid)

    def complete_one(self) -> None:
        """Complete what was accepted first."""
        self.ask(CompleteReservation(reservation_sid=self.accepted.popleft()))

    def cycle(self, attributes: Callable[[], str]) -> Callable[[], None]:
        """One whole life cycle: a task comes in, one is offered and accepted, one is completed.

        Where tasks wait, the one that comes in is not the one that is offered: there are always as
        many waiting as before.
        """

        def run() -> None:
            self.task(attributes())
            if not self.offers:
                self.complete_one()
            while self.offers:
                sid = self.offers.popleft()
                if self.machine.state.reservations[sid].status == "pending":
                    self.ask(AcceptReservation(reservation_sid=sid))
                    self.accepted.append(sid)
            if not self.machine.matcher.waiting:
                self.complete_one()

        return run


def texts(*attributes: dict[str, object]) -> Callable[[], str]:
    """The given attributes in turn, for ever."""
    rendered = [json.dumps(a, separators=(",", ":")) for a in attributes]
    numbers: Iterator[int] = count()
    return lambda: rendered[next(numbers) % len(rendered)]


def skilled_floor(*, workers: int, queues: int, waiting: int) -> tuple[Floor, Callable[[], None]]:
    """Workers with a skill each, a queue for every skill, and so many tasks that wait."""
    floor = Floor()
    sids = [floor.queue(f"queue {k}", f"skills HAS 'skill{k}'") for k in range(queues)]
    floor.workflow(
        [
            {"expression": f"type == 'type{k}'", "targets": [{"queue": sid}]}
            for k, sid in enumerate(sids)
        ]
    )
    for i in range(workers):
        floor.worker({"skills": [f"skill{i % queues}"], "level": i % 7, "name": f"agent {i}"})
    attributes = texts(
        *({"type": f"type{k}", "customer": "c-1001", "language": "en"} for k in range(queues))
    )
    if waiting:
        for _ in range(workers + waiting):
            floor.task(attributes())
        while floor.offers:
            floor.accept_one()
    return floor, floor.cycle(attributes)
