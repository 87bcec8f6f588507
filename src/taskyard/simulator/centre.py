"""The virtual clock: what is due next, in the core or among the people, happens next.

Every decision is the core's own, by `advance` and `decide`. Here is only what people do: work comes
in, offers are answered, tasks are worked on, and some who wait lose patience.
"""

import json
import time
from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from heapq import heappop, heappush
from random import Random
from typing import TypeAlias

from taskyard.core.commands import (
    AcceptReservation,
    CompleteReservation,
    CreateTask,
    RejectReservation,
    UpdateTask,
    UpdateWorker,
    WrapReservation,
)
from taskyard.core.events import (
    Event,
    ReservationCanceled,
    ReservationCreated,
    ReservationRescinded,
    ReservationTimeout,
    TaskCanceled,
    TaskQueueEntered,
    WorkflowSkipped,
    WorkflowTimeout,
)
from taskyard.core.ids import counting_mint
from taskyard.core.limits import Limits
from taskyard.core.machine import Machine
from taskyard.core.model import TaskStatus

from .distributions import Sampler
from .people import Manners, Person
from .premises import Premises
from .scenario import Scenario, Source, Time, duration_of, minutes_of
from .tallies import QueueTally, Replication
from .uncollected import uncollected

MIDNIGHT_MS = 1_700_006_400_000
"""Where every simulation begins, but for its time of day: midnight, UTC."""
_HOUR_MS = 3_600_000
_LIMITS = Limits(task_assigned_s=1_000_000_000, task_finished_s=1_000_000_000)
"""However long work takes it is not deleted. Nothing is forgotten: on a clock that leaps, that
would be a turn of its own for each task."""


class _Kind:
    """A source of tasks, ready to be drawn from."""

    def __init__(self, source: Source, dice: Random, from_ms: int) -> None:
        self.command = CreateTask(
            attributes=json.dumps(source.attributes),
            priority=source.priority,
            timeout_s=source.timeout_s,
            task_channel=source.channel,
        )
        since_s = (from_ms - MIDNIGHT_MS) / 1000
        self.arrivals: Iterator[float] = source.arrivals.instants_s(dice, since_s)
        # Dice of its own: whoever waits longer does not change who comes next.
        work = Random(dice.random())
        self.handling_s = duration_of(source.handling_s).sampler(work)
        self.wrap_up_s = _sampler(source.wrap_up_s, work)
        self.patience_s = _sampler(source.patience_s, work)


@dataclass(slots=True, eq=False)
class _Task:
    """A task that nobody has completed yet. Its work is drawn as it arrives, not as it is taken.

    Attributes:
        counts: Whether it came after the warm-up.
        accepted_ms: When somebody took it; 0 while nobody has.
        fell_out: Whether its workflow ended first.
    """

    sid: str
    kind: _Kind
    arrived_ms: int
    handling_s: float
    counts: bool
    tally: QueueTally | None = None
    accepted_ms: int = 0
    fell_out: bool = False


_Offer: TypeAlias = tuple[str, _Task, Person]
_Act: TypeAlias = Callable[..., None]


class Centre:
    """One replication of a scenario."""

    def __init__(self, scenario: Scenario, replication: int) -> None:
        """Furnish the workspace; nobody is at work yet.

        Args:
            scenario: What is simulated; it has been checked.
            replication: Its number. With the scenario's seed it decides everything.

        Raises:
            ScenarioProblem: The core refuses a part of the scenario.
        """
        run = scenario.run
        minutes = minutes_of(run.starts_at)
        assert minutes is not None
        self._now_ms = MIDNIGHT_MS + minutes * 60_000
        self._counts_from_ms = self._now_ms + round(run.warm_up_hours * _HOUR_MS)
        self._end_ms = self._counts_from_ms + round(run.hours * _HOUR_MS)
        self._machine = Machine(mint=counting_mint(), limits=_LIMITS)
        self._premises = Premises(self._machine, scenario, self._now_ms)
        levels = {one.name: one.service_level_s for one in scenario.task_queues}
        self._queues = {
            sid: QueueTally(service_level_s=levels[name])
            for sid, name in self._premises.queues.items()
        }
        self._tasks: dict[str, _Task] = {}
        self._offers: dict[str, _Offer] = {}
        self._at_once: deque[str] = deque()
        self._agenda: list[tuple[int, int, _Act, object]] = []
        self._number = 0
        self._completed = 0
        self._hearers: dict[type[Event], Callable[..., None]] = {
            TaskQueueEntered: self._hear_queue,
            ReservationCreated: self._hear_offer,
            ReservationTimeout: self._hear_lapse,
            ReservationRescinded: self._hear_withdrawal,
            ReservationCanceled: self._hear_withdrawal,
            WorkflowTimeout: self._hear_fall,
            WorkflowSkipped: self._hear_fall,
            TaskCanceled: self._hear_cancel,
        }
        seed = f"{run.seed}/{replication}"
        self._people: dict[str, Person] = {}
        self._groups = {}
        for group, sids in zip(scenario.staff, self._premises.workers, strict=True):
            manners = Manners(group, Random(f"{seed}/staff/{group.name}"))
            self._groups[group.name] = manners
            people = [Person(sid=sid, manners=manners) for sid in sids]
            self._people |= {person.sid: person for person in people}
            self._expect_change(people, manners.changes(self._now_ms))
        for source in scenario.tasks:
            kind = _Kind(source, Random(f"{seed}/tasks/{source.name}"), self._now_ms)
            self._expect_arrival(kind)
        if run.warm_up_hours:
            self._due(self._counts_from_ms, self._begin_to_count, None)

    def run(self) -> Replication:
        """Let everything happen up to the end, and tell what was counted."""
        began = time.process_time()
        with uncollected():
            self._happen()
        return self._told(time.process_time() - began)

    def _happen(self) -> None:
        agenda, end_ms = self._agenda, self._end_ms
        may_be_due = self._machine.may_be_due
        while True:
            due_ms = agenda[0][0] if agenda else end_ms + 1
            if may_be_due(due_ms):
                deadline_ms = self._machine.next_deadline_ms()
                if deadline_ms is not None and deadline_ms <= min(due_ms, end_ms):
                    self._now_ms = max(deadline_ms, self._now_ms)
                    self._hear(self._machine.advance(self._now_ms))
                    self._answer_at_once()
                    continue
            if due_ms > end_ms:
                return
            self._now_ms, _, act, subject = heappop(agenda)
            act(subject)
            if self._at_once:
                self._answer_at_once()

    def _told(self, seconds: float) -> Replication:
        for person in self._people.values():
            person.settle(self._end_ms)
        for task in self._tasks.values():
            if task.tally is None:
                continue
            if task.accepted_ms:
                self._count_work(task, self._end_ms)
            elif task.counts:
                task.tally.waiting += 1
        names = self._premises.queues
        return Replication(
            queues={names[sid]: tally for sid, tally in self._queues.items()},
            groups={name: manners.tally for name, manners in self._groups.items()},
            life_cycles=self._completed,
            seconds=seconds,
        )

    # --- what is due among the people ---

    def _due(self, instant_ms: int, act: _Act, subject: object) -> None:
        self._number = number = self._number + 1
        heappush(self._agenda, (instant_ms, number, act, subject))

    def _expect_arrival(self, kind: _Kind) -> None:
        instant_ms = MIDNIGHT_MS + round(next(kind.arrivals) * 1000)
        self._due(max(instant_ms, self._now_ms), self._arrive, kind)

    def _arrive(self, kind: _Kind) -> None:
        self._expect_arrival(kind)
        now_ms = self._now_ms
        decided = self._machine.decide(kind.command, now_ms)
        task = _Task(decided.sid, kind, now_ms, kind.handling_s(), now_ms >= self._counts_from_ms)
        self._tasks[decided.sid] = task
        if kind.patience_s is not None:
            self._due(now_ms + round(kind.patience_s() * 1000), self._lose_patience, task)
        self._hear(decided.events)

    def _lose_patience(self, task: _Task) -> None:
        if not task.accepted_ms and task.sid in self._tasks:
            command = UpdateTask(
                task_sid=task.sid, assignment_status=TaskStatus.CANCELED, reason="patience lost"
            )
            self._hear(self._machine.decide(command, self._now_ms).events)

    def _answer_at_once(self) -> None:
        while self._at_once:
            sid = self._at_once.popleft()
            if sid in self._offers:
                self._accept(sid)

    def _accept(self, sid: str) -> None:
        offer = self._offers.pop(sid, None)
        if offer is None:  # it lapsed, or another worker was faster
            return
        _, task, person = offer
        now_ms = self._now_ms
        decided = self._machine.decide(AcceptReservation(reservation_sid=sid), now_ms)
        person.settle(now_ms)
        person.holds += 1
        task.accepted_ms = now_ms
        if task.counts:
            self._count_wait(task)
        work_ms = round(task.handling_s * person.manners.pace * 1000)
        act = self._complete if task.kind.wrap_up_s is None else self._wrap_up
        self._due(now_ms + work_ms, act, offer)
        self._hear(decided.events)

    def _wrap_up(self, offer: _Offer) -> None:
        sid, task, _ = offer
        self._hear(self._machine.decide(WrapReservation(reservation_sid=sid), self._now_ms).events)
        assert task.kind.wrap_up_s is not None
        after_ms = round(task.kind.wrap_up_s() * 1000)
        self._due(self._now_ms + after_ms, self._complete, offer)

    def _complete(self, offer: _Offer) -> None:
        sid, task, person = offer
        now_ms = self._now_ms
        person.settle(now_ms)
        person.holds -= 1
        self._count_work(task, now_ms)
        del self._tasks[task.sid]
        self._completed += 1
        self._hear(self._machine.decide(CompleteReservation(reservation_sid=sid), now_ms).events)

    def _reject(self, sid: str) -> None:
        offer = self._offers.pop(sid, None)
        if offer is None:
            return
        person = offer[2]
        self._pause(person)
        command = RejectReservation(reservation_sid=sid, worker_activity_sid=self._premises.away)
        self._hear(self._machine.decide(command, self._now_ms).events)

    def _pause(self, person: Person) -> None:
        if not person.pausing:
            person.pausing = True
            after_ms = round(person.manners.returns_after_s() * 1000)
            self._due(self._now_ms + after_ms, self._return, person)

    def _return(self, person: Person) -> None:
        person.pausing = False
        if person.on_duty:
            self._turn_to(person, self._premises.available)

    def _expect_change(self, people: list[Person], changes: Iterator[tuple[int, bool]]) -> None:
        change = next(changes, None)
        if change is not None:
            instant_ms, comes = change
            self._due(instant_ms, self._change_shift, (people, changes, comes))

    def _change_shift(self, subject: tuple[list[Person], Iterator[tuple[int, bool]], bool]) -> None:
        people, changes, comes = subject
        for person in people:
            person.settle(self._now_ms)
            person.on_duty = comes
            if not person.pausing:
                self._turn_to(person, self._premises.available if comes else self._premises.away)
        self._expect_change(people, changes)

    def _turn_to(self, person: Person, activity_sid: str) -> None:
        if self._machine.state.workers[person.sid].activity_sid != activity_sid:  # type: ignore[index]  # SIDs are text
            command = UpdateWorker(worker_sid=person.sid, activity_sid=activity_sid)
            self._hear(self._machine.decide(command, self._now_ms).events)

    def _begin_to_count(self, _: object) -> None:
        for person in self._people.values():
            person.settle(self._now_ms)
        for manners in self._groups.values():
            manners.tally.busy_ms = manners.tally.staffed_ms = 0

    # --- what the core tells ---

    def _hear(self, events: list[Event]) -> None:
        hearers = self._hearers
        for event in events:
            hear = hearers.get(type(event))
            if hear is not None:
                hear(event)

    def _hear_queue(self, event: TaskQueueEntered) -> None:
        self._tasks[event.task_sid].tally = self._queues[event.task_queue_sid]

    def _hear_offer(self, event: ReservationCreated) -> None:
        sid, person = event.reservation_sid, self._people[event.worker_sid]
        self._offers[sid] = (sid, self._tasks[event.task_sid], person)
        if person.manners.obliging:
            self._at_once.append(sid)
            return
        answer = person.manners.answer()
        if answer is not None:
            accepts, after_s = answer
            act = self._accept if accepts else self._reject
            self._due(self._now_ms + round(after_s * 1000), act, sid)

    def _hear_lapse(self, event: ReservationTimeout) -> None:
        self._pause(self._offers.pop(event.reservation_sid)[2])

    def _hear_withdrawal(self, event: ReservationRescinded | ReservationCanceled) -> None:
        self._offers.pop(event.reservation_sid, None)

    def _hear_fall(self, event: WorkflowTimeout | WorkflowSkipped) -> None:
        self._tasks[event.task_sid].fell_out = True

    def _hear_cancel(self, event: TaskCanceled) -> None:
        task = self._tasks.pop(event.task_sid)
        if task.counts and task.tally is not None:
            if task.fell_out:
                task.tally.lost += 1
            else:
                task.tally.given_up_s.append((self._now_ms - task.arrived_ms) / 1000)

    def _count_wait(self, task: _Task) -> None:
        tally = task.tally
        assert tally is not None
        wait_s = (task.accepted_ms - task.arrived_ms) / 1000
        tally.waits_s.append(wait_s)
        if wait_s <= tally.service_level_s:
            tally.in_time += 1
        hour = (task.arrived_ms - self._counts_from_ms) // _HOUR_MS
        total_s, number = tally.wait_by_hour_s.get(hour, (0.0, 0))
        tally.wait_by_hour_s[hour] = (total_s + wait_s, number + 1)

    def _count_work(self, task: _Task, until_ms: int) -> None:
        assert task.tally is not None
        from_ms = max(task.accepted_ms, self._counts_from_ms)
        task.tally.work_ms += max(until_ms - from_ms, 0)


def _sampler(time_s: Time | None, dice: Random) -> Sampler | None:
    return None if time_s is None else duration_of(time_s).sampler(dice)
