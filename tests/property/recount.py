"""Statistics counted again, plainly: every event since the beginning is walked through."""

from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field

from taskyard.core import events as happened
from taskyard.core.events import Event

Journal = Iterable[tuple[list[Event], int]]
NAMES = {
    happened.ReservationRejected: "rejected",
    happened.ReservationTimeout: "timed out",
    happened.ReservationCanceled: "reservation canceled",
    happened.ReservationRescinded: "rescinded",
}


@dataclass
class Job:
    created_ms: int
    channel: str
    workflow: str | None
    queue: str | None
    entered_ms: int | None = None
    accepted: bool = False
    ended: bool = False
    came_from: tuple[str | None, int | None] = (None, None)
    """The queue that a transfer took it out of, and when it had entered that."""


@dataclass
class Tally:
    """What happened to one scope's tasks in one channel."""

    counts: Counter[str] = field(default_factory=Counter)
    first_waits: list[int] = field(default_factory=list)
    later_waits: list[int] = field(default_factory=list)
    canceled_waits: list[int] = field(default_factory=list)
    queue_waits: list[int] = field(default_factory=list)


@dataclass
class Recount:
    """Everything that happened from one instant until right before another."""

    start_ms: int
    end_ms: int
    scopes: dict[tuple[str, str], Tally] = field(default_factory=lambda: defaultdict(Tally))
    workers: dict[str, Counter[str]] = field(default_factory=lambda: defaultdict(Counter))
    activities: dict[str, list[int]] = field(default_factory=lambda: defaultdict(list))
    """Milliseconds of each stretch of time that a worker, still there, was in an activity."""
    handling: Counter[str] = field(default_factory=Counter)
    """Milliseconds in which a worker, still there, had accepted work."""
    available: Counter[str] = field(default_factory=Counter)
    """Milliseconds in which they had none, and were in an available activity."""


def recount(journal: Journal, start_ms: int, end_ms: int) -> Recount:
    found = Recount(start_ms, end_ms)
    jobs: dict[str, Job] = {}
    offers: dict[str, tuple[str, str]] = {}
    doing: dict[str, tuple[str, int]] = {}
    done: list[tuple[str, str, int, int]] = []
    at_hand: dict[str, set[str]] = defaultdict(set)
    is_available: dict[str, bool] = {}
    seen_ms = start_ms

    def pass_until(at_ms: int) -> None:
        """Everybody goes on as they were until this instant."""
        nonlocal seen_ms
        for worker, (activity, _) in doing.items():
            if at_ms > seen_ms and (at_hand[worker] or is_available[activity]):
                (found.handling if at_hand[worker] else found.available)[worker] += at_ms - seen_ms
        seen_ms = max(seen_ms, at_ms)

    def note(name: str, at_ms: int, job: Job, worker: str | None, *scopes: str | None) -> None:
        if not start_ms <= at_ms < end_ms:
            return
        for scope in scopes:
            if scope is None:
                continue
            tally = found.scopes[scope, job.channel]
            tally.counts[name] += 1
            wait = (at_ms - job.created_ms) // 1000
            if name == "accepted":
                (tally.later_waits if job.accepted else tally.first_waits).append(wait)
                since = job.created_ms if job.entered_ms is None else job.entered_ms
                tally.queue_waits.append((at_ms - since) // 1000)
            elif name == "canceled":
                tally.canceled_waits.append(wait)
        if worker is not None:
            found.workers[worker][name] += 1

    for events, at_ms in journal:
        pass_until(min(at_ms, end_ms))
        for event in events:
            match event:
                case happened.TaskCreated():
                    job = jobs[event.task_sid] = Job(
                        at_ms, event.task_channel_sid, event.workflow_sid, event.task_queue_sid
                    )
                    note("created", at_ms, job, None, "")
                case happened.TaskUpdated():
                    jobs[event.task_sid].channel = event.task_channel_sid
                case happened.WorkflowEntered():
                    job = jobs[event.task_sid]
                    job.workflow = event.workflow_sid
                    note("workflow entered", at_ms, job, None, job.workflow)
                case happened.WorkflowTargetMatched():
                    jobs[event.task_sid].queue = event.task_queue_sid
                case happened.TaskQueueEntered():
                    job = jobs[event.task_sid]
                    job.queue, job.entered_ms = event.task_queue_sid, at_ms
                    note("queue entered", at_ms, job, None, job.queue)
                case happened.TransferInitiated():
                    job = jobs[event.task_sid]
                    job.came_from = job.queue, job.entered_ms
                    if event.to.startswith("WQ"):
                        job.queue, job.entered_ms = event.to, at_ms
                case happened.TransferFailed() | happened.TransferCanceled():
                    job = jobs[event.task_sid]
                    if not job.ended:
                        job.queue, job.entered_ms = job.came_from
                case happened.TaskQueueMoved():
                    job = jobs[event.task_sid]
                    left = event.previous_task_queue_sid
                    note("moved", at_ms, job, None, "", job.workflow, left)
                case happened.WorkflowTimeout():
                    job = jobs[event.task_sid]
                    note("workflow timed out", at_ms, job, None, "", job.workflow)
                case happened.TaskCanceled():
                    job = jobs[event.task_sid]
                    job.ended = True
                    note("canceled", at_ms, job, None, "", job.workflow, job.queue)
                case happened.TaskCompleted():
                    job = jobs[event.task_sid]
                    note("completed", at_ms, job, None, "", job.workflow, job.queue)
                case happened.TaskDeleted():
                    job = jobs[event.task_sid]
                    note("deleted", at_ms, job, None, "", job.workflow, job.queue)
                case happened.ReservationCreated():
                    offers[event.reservation_sid] = event.task_sid, event.worker_sid
                    job = jobs[event.task_sid]
                    scopes = ("", job.workflow, job.queue)
                    note("offered", at_ms, job, event.worker_sid, *scopes)
                case happened.ReservationAccepted():
                    task, worker = offers[event.reservation_sid]
                    job = jobs[task]
                    note("accepted", at_ms, job, worker, "", job.workflow, job.queue)
                    job.accepted = True
                    at_hand[worker].add(event.reservation_sid)
                case happened.ReservationCompleted():
                    at_hand[offers[event.reservation_sid][1]].remove(event.reservation_sid)
                case (
                    happened.ReservationRejected()
                    | happened.ReservationTimeout()
                    | happened.ReservationCanceled()
                    | happened.ReservationRescinded()
                ):
                    task, worker = offers[event.reservation_sid]
                    job = jobs[task]
                    note(NAMES[type(event)], at_ms, job, worker, "", job.workflow, job.queue)
                case happened.ActivityCreated():
                    is_available[event.activity_sid] = event.available
                case happened.WorkerCreated():
                    doing[event.worker_sid] = event.activity_sid, at_ms
                case happened.WorkerActivityUpdated():
                    before, since_ms = doing[event.worker_sid]
                    done.append((event.worker_sid, before, since_ms, at_ms))
                    doing[event.worker_sid] = event.activity_sid, at_ms
                case happened.WorkerDeleted():
                    del doing[event.worker_sid]
                    del found.handling[event.worker_sid], found.available[event.worker_sid]
                case _:
                    pass
    pass_until(end_ms)
    stretches = [one for one in done if one[0] in doing]
    stretches += [(sid, activity, since, end_ms) for sid, (activity, since) in doing.items()]
    for _, activity, since_ms, until_ms in stretches:
        length = min(until_ms, end_ms) - max(since_ms, start_ms)
        if length > 0:
            found.activities[activity].append(length)
    return found
