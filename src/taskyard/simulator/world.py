"""A workspace on a virtual clock: tasks come in, workers take them, and finish them."""

import json
import random
from collections import deque
from collections.abc import Callable, Mapping
from heapq import heappop, heappush

import msgspec

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
from taskyard.core.events import Event, ReservationCreated, TaskCanceled
from taskyard.core.ids import mint_from
from taskyard.core.limits import Limits
from taskyard.core.machine import Decided, Machine

from .uncollected import uncollected

_ACCOUNT = "AC" + "0" * 32
_START_MS = 1_700_000_000_000
_TTL_S_MAX = 1_209_600
_LIMITS = Limits(task_finished_s=1_000_000_000)
"""Nothing is forgotten: on a clock that leaps, that would be a turn of its own for each task."""


class Arrivals(msgspec.Struct, kw_only=True):
    """Tasks of one kind.

    Attributes:
        name: What they are called in results.
        between_s: How long it takes until the next one comes in.
        handling_s: How long a worker has to do with one.
        attributes: Theirs.
        priority: Theirs.
        timeout_s: How long one waits before it is given up.
    """

    name: str
    between_s: Callable[[random.Random], float]
    handling_s: Callable[[random.Random], float]
    attributes: Mapping[str, object] = {}
    priority: int = 0
    timeout_s: int = _TTL_S_MAX


class Seen(msgspec.Struct):
    """What became of the tasks of one kind that came in after the warm-up."""

    waits_s: list[float] = []
    lost: int = 0


class World:
    """Drives one machine of the core as clients would, in no time."""

    def __init__(self, seed: int, machine: Callable[..., Machine] = Machine) -> None:
        """An empty workspace.

        Args:
            seed: Of everything that chance decides.
            machine: Makes the core.
        """
        self.now_ms = _START_MS
        self._dice = random.Random(seed)
        self.machine = machine(mint=mint_from(random.Random(seed).randbytes), limits=_LIMITS)
        self._next: list[tuple[int, int, Callable[[], None]]] = []
        self._numbers = iter(range(1 << 62))
        self._offers: deque[ReservationCreated] = deque()
        self._waiting: dict[str, tuple[Arrivals, int, bool]] = {}
        """Of each task that nobody has taken: its kind, when it came in, and whether it counts."""
        self.seen: dict[str, Seen] = {}
        self.busy_ms: dict[str, int] = {}
        """How long each worker has worked while it counted."""
        self._counting_ms = (_START_MS, _START_MS)
        """From when until when it counts: from the end of the warm-up to the last arrival."""
        self.cycles = 0
        """How many tasks were completed."""
        self._left = 0
        self._warm_up = 0
        self.ask(CreateWorkspace(account_sid=_ACCOUNT, friendly_name="simulated"))
        activities = self.machine.state.activities.values()
        self._available = next(one.sid for one in activities if one.available)

    @property
    def counted_ms(self) -> int:
        """For how long it counted what workers did: from the warm-up's end to the last arrival."""
        return self._counting_ms[1] - self._counting_ms[0]

    def ask(self, command: Command) -> Decided:
        """Have the core decide a command now."""
        decided = self.machine.handle(command, self.now_ms)
        self._hear(decided.events)
        return decided

    def queue(self, name: str, target_workers: str = "1==1") -> str:
        """Add a task queue; gives back its SID."""
        return self.ask(CreateTaskQueue(friendly_name=name, target_workers=target_workers)).sid

    def workflow(self, task_routing: Mapping[str, object]) -> str:
        """Add a workflow, of the document's part `task_routing`; gives back its SID."""
        document = json.dumps({"task_routing": task_routing})
        return self.ask(CreateWorkflow(friendly_name="simulated", configuration=document)).sid

    def worker(self, name: str, attributes: Mapping[str, object] | None = None) -> str:
        """Add a worker who takes one task at a time, from now on; gives back their SID."""
        command = CreateWorker(
            friendly_name=name,
            activity_sid=self._available,
            attributes=json.dumps(attributes or {}),
        )
        sid = self.ask(command).sid
        self.busy_ms[sid] = 0
        return sid

    def run(self, kinds: list[Arrivals], tasks: int, warm_up: int) -> None:
        """Let tasks come in, and go on until all of them have ended.

        Args:
            kinds: What comes in.
            tasks: How many in all, the warm-up included.
            warm_up: How many of the first do not count.
        """
        self._left, self._warm_up = tasks, warm_up
        for kind in kinds:
            self.seen[kind.name] = Seen()
            self._after(kind.between_s(self._dice), self._arrival(kind))
        with uncollected():
            self._happen()

    def _happen(self) -> None:
        """Go from one instant at which something happens to the next."""
        agenda, offers = self._next, self._offers
        may_be_due = self.machine.may_be_due
        while agenda or self._waiting:
            at_ms = agenda[0][0] if agenda else None
            if at_ms is None or may_be_due(at_ms):
                due_ms = self.machine.next_deadline_ms()
                if due_ms is not None and (at_ms is None or due_ms < at_ms):
                    self.now_ms = max(self.now_ms, due_ms)
                    self._hear(self.machine.advance(self.now_ms))
                    at_ms = None
            if at_ms is not None:
                self.now_ms = at_ms
                heappop(agenda)[2]()
            while offers:
                self._take(offers.popleft())

    def _arrival(self, kind: Arrivals) -> Callable[[], None]:
        command = CreateTask(
            attributes=json.dumps(kind.attributes),
            priority=kind.priority,
            timeout_s=kind.timeout_s,
        )

        def arrive() -> None:
            if not self._left:
                return
            self._left -= 1
            self._counting_ms = (self._counting_ms[0], self.now_ms)
            counts = self._warm_up <= 0
            if not counts:
                self._warm_up -= 1
                self._counting_ms = (self.now_ms, self.now_ms)
            self._after(kind.between_s(self._dice), arrive)
            decided = self.machine.handle(command, self.now_ms)
            self._waiting[decided.sid] = (kind, self.now_ms, counts)
            self._hear(decided.events)

        return arrive

    def _hear(self, events: list[Event]) -> None:
        for event in events:
            if type(event) is ReservationCreated:
                self._offers.append(event)
            elif type(event) is TaskCanceled:
                kind, _, counts = self._waiting.pop(event.task_sid)
                self.seen[kind.name].lost += counts

    def _take(self, offer: ReservationCreated) -> None:
        self.ask(AcceptReservation(reservation_sid=offer.reservation_sid))
        kind, came_ms, counts = self._waiting.pop(offer.task_sid)
        if counts:
            self.seen[kind.name].waits_s.append((self.now_ms - came_ms) / 1000)
        took_s = kind.handling_s(self._dice)
        began_ms = self.now_ms

        def finish() -> None:
            since_ms, last_ms = self._counting_ms
            until_ms = self.now_ms if self._left else min(self.now_ms, last_ms)
            worked_ms = until_ms - max(began_ms, since_ms)
            if not self._warm_up:
                self.busy_ms[offer.worker_sid] += max(0, worked_ms)
            self.cycles += 1
            self.ask(CompleteReservation(reservation_sid=offer.reservation_sid))

        self._after(took_s, finish)

    def _after(self, seconds: float, act: Callable[[], None]) -> None:
        heappush(self._next, (self.now_ms + round(seconds * 1000), next(self._numbers), act))


def exponential(mean: float) -> Callable[[random.Random], float]:
    """Times without memory, with this mean."""
    return lambda dice: dice.expovariate(1 / mean)
