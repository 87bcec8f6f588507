"""What one workspace knows. `apply(event, now_ms)` is its only writer; `folding/` says how.

Applying asks no rule and no expression: everything that was decided stands in the event. Beside the
nouns the state keeps a few counts and look-ups that follow from them, so that a rule never has to
search.
"""

from collections import Counter, deque

from .events import Event
from .finished import finished_reservation, finished_task
from .folding import APPLY
from .ids import (
    ActivitySid,
    ReservationSid,
    TaskChannelSid,
    TaskQueueSid,
    TaskSid,
    TransferSid,
    WorkerSid,
    WorkflowSid,
)
from .model import (
    Activity,
    Reservation,
    ReservationStatus,
    Task,
    TaskChannel,
    TaskQueue,
    TaskStatus,
    Transfer,
    Worker,
    Workflow,
    Workspace,
)

_PENDING = TaskStatus.PENDING
_RESERVED = TaskStatus.RESERVED


class State:
    """The nouns of one workspace by SID, each in the order of creation."""

    workspace: Workspace
    """Set by the first event of all."""

    def __init__(self) -> None:
        self.created = False
        self.deleted = False
        self.activities: dict[ActivitySid, Activity] = {}
        self.task_channels: dict[TaskChannelSid, TaskChannel] = {}
        self.task_queues: dict[TaskQueueSid, TaskQueue] = {}
        self.workflows: dict[WorkflowSid, Workflow] = {}
        self.workers: dict[WorkerSid, Worker] = {}
        self.tasks: dict[TaskSid, Task] = {}
        self.reservations: dict[ReservationSid, Reservation] = {}
        self.transfers: dict[TransferSid, Transfer] = {}
        self.workers_made = 0
        self.tasks_made = 0
        self.reservations_made = 0
        # What follows from the above.
        self.worker_by_name: dict[str, WorkerSid] = {}
        self.finished: deque[TaskSid] = deque()
        """In the order in which they ended; callers may have deleted some of them since."""
        self.finished_ms: deque[int] = deque()
        """When each of these ended."""
        self.unfinished_in_queue: Counter[TaskQueueSid] = Counter()
        self.unfinished_in_channel: Counter[TaskChannelSid] = Counter()
        self.routed_by: dict[tuple[WorkflowSid, int], int] = {}
        """How many pending and reserved tasks follow these rules; version 0 before they enter."""
        self.online_workers = 0
        self.transfers_of: dict[TaskSid, list[Transfer]] = {}
        """Of every task that ever was handed on, in the order in which they began."""

    def task_channel_named(self, sid_or_unique_name: str) -> TaskChannel | None:
        """The task channel of this SID or unique name."""
        found = self.task_channels.get(TaskChannelSid(sid_or_unique_name))
        if found is None:
            for channel in self.task_channels.values():
                if channel.unique_name == sid_or_unique_name:
                    return channel
        return found

    def worker_named(self, friendly_name: str) -> Worker | None:
        """The worker of this name, in whatever case it is written."""
        sid = self.worker_by_name.get(friendly_name.casefold())
        return None if sid is None else self.workers[sid]

    def running_transfer(self, task: Task) -> Transfer | None:
        """The transfer by which a task is handed on just now."""
        return self.transfers_of[task.sid][-1] if task.transferring else None

    def handled_by(self, worker: Worker) -> int:
        """How many reservations a worker has accepted and not completed yet."""
        pending = ReservationStatus.PENDING
        live = [self.reservations[sid].status for sid in worker.reservations]
        return len(live) - live.count(pending)

    def transfer_of(self, reservation: Reservation) -> Transfer | None:
        """The transfer that a reservation was made for; None for an offer of any other kind."""
        for transfer in self.transfers_of.get(reservation.task_sid, ()):
            if reservation.sid in transfer.reservations:
                return transfer
        return None

    def outgoing_transfer(self, reservation: Reservation) -> Transfer | None:
        """The running transfer that the worker of a reservation has begun with it."""
        for transfer in self.transfers_of.get(reservation.task_sid, ()):
            if transfer.running and transfer.initiating_reservation_sid == reservation.sid:
                return transfer
        return None

    def apply(self, event: Event, now_ms: int) -> None:
        """Let what happened at this instant be part of the state."""
        APPLY[type(event)](self, event, now_ms)

    # --- what the folding of events shares: counts that follow a task ---

    def own_task_queue_sid(self, sid: TaskQueueSid | None) -> TaskQueueSid | None:
        """The SID as the task queue itself has it: decoded events bring copies that are not kept.

        None for None, and the copy once the task queue is no more.
        """
        queue = None if sid is None else self.task_queues.get(sid)
        return sid if queue is None else queue.sid

    def follow(self, task: Task, workflow_sid: WorkflowSid, version: int) -> None:
        """Count the task as one that this version of the rules routes."""
        self.unfollow(task)
        task.workflow_sid, task.workflow_version = workflow_sid, version
        rules = workflow_sid, version
        self.routed_by[rules] = self.routed_by.get(rules, 0) + 1

    def unfollow(self, task: Task) -> None:
        """Let go of the rules that route the task; old ones that route no other are forgotten."""
        if task.workflow_sid is None:
            return
        rules = task.workflow_sid, task.workflow_version
        left = self.routed_by[rules] - 1
        self.routed_by[rules] = left
        if left == 0 and task.workflow_version:
            workflow = self.workflows[task.workflow_sid]
            if workflow.configuration_version != task.workflow_version:
                del workflow.configurations[task.workflow_version]
                del self.routed_by[rules]

    def put_in_queue(self, task: Task, task_queue_sid: TaskQueueSid) -> None:
        """Count the task as one of this task queue, and no longer of another."""
        before = task.task_queue_sid
        if before != task_queue_sid:
            if before is not None:
                self.unfinished_in_queue[before] -= 1
            self.unfinished_in_queue[task_queue_sid] += 1
            task.task_queue_sid = self.own_task_queue_sid(task_queue_sid)

    def finish(self, task: Task, now_ms: int) -> None:
        """Count the task, already in its final status, as finished; it is kept a little longer."""
        self._uncount(task)
        self.finished.append(task.sid)
        self.finished_ms.append(now_ms)
        self.shrink_if_over(task)

    def shrink_if_over(self, task: Task) -> None:
        """Keep only what is shown of a task, once it and its reservations have ended."""
        if not task.open_reservations and not task.live_reservations and task.ended:
            self.tasks[task.sid] = finished_task(task)
            reservations = self.reservations
            for sid in task.reservations:
                reservations[sid] = finished_reservation(reservations[sid])

    def _uncount(self, task: Task) -> None:
        if task.task_queue_sid is not None:
            self.unfinished_in_queue[task.task_queue_sid] -= 1
        self.unfinished_in_channel[task.task_channel_sid] -= 1

    def remove(self, task: Task) -> None:
        """Keep nothing of a task, nor of its reservations, all of which have ended."""
        if not task.ended:
            self._uncount(task)
            if task.status is _PENDING or task.status is _RESERVED:
                self.unfollow(task)
        if task.sid in self.transfers_of:
            for transfer in self.transfers_of.pop(task.sid):
                del self.transfers[transfer.sid]
        for sid in task.reservations:
            del self.reservations[sid]
        del self.tasks[task.sid]
