"""Takes down what an event was about while it is applied: a moment later it may have changed."""

from collections.abc import Callable
from typing import Any, TypeVar

from .event_details import (
    ActivityDetails,
    EventDetails,
    FilterDetails,
    PreviousActivity,
    ReservationDetails,
    TaskChannelDetails,
    TaskDetails,
    TaskQueueDetails,
    TransferDetails,
    WorkerChannelDetails,
    WorkerDetails,
    WorkflowDetails,
)
from .events import (
    ActivityCreated,
    ActivityDeleted,
    ActivityUpdated,
    Event,
    ReservationAccepted,
    ReservationCanceled,
    ReservationCompleted,
    ReservationCreated,
    ReservationFailed,
    ReservationRejected,
    ReservationRescinded,
    ReservationTimeout,
    ReservationWrapup,
    TaskCanceled,
    TaskChannelCreated,
    TaskChannelDeleted,
    TaskChannelUpdated,
    TaskCompleted,
    TaskCreated,
    TaskDeleted,
    TaskQueueCreated,
    TaskQueueDeleted,
    TaskQueueEntered,
    TaskQueueExpressionUpdated,
    TaskQueueMoved,
    TaskQueueTimeout,
    TaskQueueUpdated,
    TaskSystemDeleted,
    TaskUpdated,
    TaskWrapup,
    TransferAttemptFailed,
    TransferCanceled,
    TransferCompleted,
    TransferFailed,
    TransferInitiated,
    WorkerActivityUpdated,
    WorkerAttributesUpdated,
    WorkerCapacityUpdated,
    WorkerChannelAvailabilityUpdated,
    WorkerCreated,
    WorkerDeleted,
    WorkflowCreated,
    WorkflowDeleted,
    WorkflowEntered,
    WorkflowSkipped,
    WorkflowTargetMatched,
    WorkflowTimeout,
    WorkflowUpdated,
    WorkspaceCreated,
    WorkspaceDeleted,
    WorkspaceUpdated,
)
from .ids import (
    ActivitySid,
    ReservationSid,
    TaskChannelSid,
    TaskQueueSid,
    TaskSid,
    WorkerSid,
    WorkflowSid,
)
from .model import ReservationStatus, Task, Transfer
from .rulebook import Rulebook
from .state import State

_FURNITURE_CHANGES = frozenset(
    {
        WorkspaceUpdated,
        ActivityUpdated,
        ActivityDeleted,
        TaskChannelUpdated,
        TaskChannelDeleted,
        TaskQueueUpdated,
        TaskQueueExpressionUpdated,
        TaskQueueDeleted,
        WorkflowUpdated,
        WorkflowDeleted,
    }
)
_ON_THE_WAY_TO_A_QUEUE = (TaskCreated, WorkflowEntered, TaskQueueMoved, WorkflowTargetMatched)
_DONE_BY = frozenset({ReservationStatus.COMPLETED, ReservationStatus.WRAPPING})
_IN_VAIN = frozenset(
    {ReservationStatus.REJECTED, ReservationStatus.TIMEOUT, ReservationStatus.CANCELED}
)


class Witness:
    """Applies events to a state, and takes down what each was about.

    What is known of furniture (activities, task channels, task queues, workflows) is taken down
    once and shared by the events that follow, until it changes.
    """

    def __init__(self, state: State, rulebook: Rulebook | None = None) -> None:
        """Nothing is noted yet.

        Args:
            state: What the events are applied to.
            rulebook: That of the state, if there is one already.
        """
        self.state = state
        self._rulebook = rulebook or Rulebook(state)
        self._noted: list[EventDetails | None] = []
        self._events: list[Event] = []
        self._forget_furniture()

    def apply(self, event: Event, now_ms: int) -> None:
        """Let what happened at this instant be part of the state, and note what it was about."""
        kind = type(event)
        look = _BEFORE.get(kind)
        before: Any = None if look is None else look(self, event)
        self.state.apply(event, now_ms)
        if kind in _FURNITURE_CHANGES:
            self._forget_furniture()
        describe = _AFTER.get(kind)
        if describe is None:
            self._noted.append(before)
        elif look is None:
            self._noted.append(describe(self, event))
        else:
            self._noted.append(describe(self, event, before))
        self._events.append(event)

    def take(self) -> list[EventDetails | None]:
        """What was noted since the last time, one entry an event, in their order.

        None stands for an event that is shown to nobody.
        """
        noted, self._noted = self._noted, []
        self._events = []
        return noted

    def _forget_furniture(self) -> None:
        self._activities: dict[ActivitySid, ActivityDetails] = {}
        self._task_channels: dict[TaskChannelSid, TaskChannelDetails] = {}
        self._task_queues: dict[TaskQueueSid, TaskQueueDetails] = {}
        self._workflows: dict[WorkflowSid, WorkflowDetails] = {}

    # --- the nouns ---

    def _activity(self, sid: ActivitySid) -> ActivityDetails:
        found = self._activities.get(sid)
        if found is None:
            activity = self.state.activities[sid]
            found = ActivityDetails(sid, activity.friendly_name, activity.available)
            self._activities[sid] = found
        return found

    def _task_channel(self, sid: TaskChannelSid) -> TaskChannelDetails:
        found = self._task_channels.get(sid)
        if found is None:
            channel = self.state.task_channels.get(sid)
            if channel is None:
                return TaskChannelDetails(sid, None, None, None)
            found = TaskChannelDetails(
                sid, channel.unique_name, channel.friendly_name, channel.channel_optimized_routing
            )
            self._task_channels[sid] = found
        return found

    def _task_queue(self, sid: TaskQueueSid) -> TaskQueueDetails:
        found = self._task_queues.get(sid)
        if found is None:
            queue = self.state.task_queues.get(sid)
            if queue is None:
                return TaskQueueDetails(sid, None, None)
            found = TaskQueueDetails(sid, queue.friendly_name, queue.target_workers)
            self._task_queues[sid] = found
        return found

    def _workflow(self, sid: WorkflowSid) -> WorkflowDetails:
        found = self._workflows.get(sid)
        if found is None:
            workflow = self.state.workflows.get(sid)
            if workflow is None:
                return WorkflowDetails(sid, None)
            found = WorkflowDetails(sid, workflow.friendly_name)
            self._workflows[sid] = found
        return found

    def _task(self, task: Task) -> TaskDetails:
        queue_sid, workflow_sid = task.task_queue_sid, task.workflow_sid
        return TaskDetails(
            task.sid,
            task.attributes,
            task.status,
            task.priority,
            task.version,
            task.created_ms,
            task.virtual_start_ms,
            task.reason,
            self._task_channel(task.task_channel_sid),
            None if workflow_sid is None else self._workflow(workflow_sid),
            None if queue_sid is None else self._task_queue(queue_sid),
            task.task_queue_entered_ms,
            task.timeout_s,
            task.routing_target,
            task.ignore_capacity,
        )

    def _worker(self, sid: WorkerSid) -> WorkerDetails | None:
        """A worker; None for one whom a finished reservation has outlived."""
        worker = self.state.workers.get(sid)
        if worker is None:
            return None
        return WorkerDetails(
            sid,
            worker.friendly_name,
            worker.attributes,
            worker.version,
            self._activity(worker.activity_sid),
            self.state.handled_by(worker),
        )

    def _worker_of(self, task: Task) -> WorkerDetails | None:
        """Who has taken the task."""
        for sid in reversed(task.reservations):
            reservation = self.state.reservations[sid]
            if reservation.status is ReservationStatus.ACCEPTED or reservation.status in _DONE_BY:
                return self._worker(reservation.worker_sid)
        return None

    def _in_vain_before(self, task_sid: TaskSid) -> ReservationStatus | None:
        """What became of a task's last offer that is over, if nobody took the task by it."""
        task = self.state.tasks[task_sid]
        # What became of offers before a transfer did not lead to the offers of it.
        for sid in reversed((self.state.running_transfer(task) or task).reservations):
            status = self.state.reservations[sid].status
            if status is not ReservationStatus.PENDING:
                return status if status in _IN_VAIN else None
        return None

    def _offer(
        self,
        sid: ReservationSid,
        accepted_before: bool = False,
        sequel_to: ReservationStatus | None = None,
    ) -> EventDetails:
        reservation = self.state.reservations[sid]
        task = self._task(self.state.tasks[reservation.task_sid])
        worker = self._worker(reservation.worker_sid)
        details = ReservationDetails(
            reservation.sid,
            reservation.status,
            reservation.version,
            reservation.created_ms,
            accepted_before,
            sequel_to,
            reservation.known_worker,
        )
        if reservation.task_sid not in self.state.transfers_of:
            return EventDetails(self._name, task=task, worker=worker, reservation=details)
        return EventDetails(
            self._name,
            task=task,
            worker=worker,
            reservation=details,
            transfer=_transfer(self.state.transfer_of(reservation)),
            outgoing_transfer=_transfer(self.state.outgoing_transfer(reservation)),
        )

    @property
    def _name(self) -> str:
        return self.state.workspace.friendly_name


_E = TypeVar("_E", bound=Event)
_BEFORE: dict[type[Event], Callable[[Witness, Any], Any]] = {}
_AFTER: dict[type[Event], Callable[..., EventDetails]] = {}
_F = TypeVar("_F", bound=Callable[..., Any])


def _before(*kinds: type[Event]) -> Callable[[_F], _F]:
    def register(look: _F) -> _F:
        _BEFORE.update(dict.fromkeys(kinds, look))
        return look

    return register


def _after(*kinds: type[Event]) -> Callable[[_F], _F]:
    def register(describe: _F) -> _F:
        _AFTER.update(dict.fromkeys(kinds, describe))
        return describe

    return register


# --- furniture ---


@_after(WorkspaceCreated, WorkspaceUpdated, WorkspaceDeleted)
def _(self: Witness, event: Event) -> EventDetails:
    return EventDetails(self._name)


@_after(ActivityCreated, ActivityUpdated)
@_before(ActivityDeleted)
def _(self: Witness, event: ActivityCreated | ActivityUpdated | ActivityDeleted) -> EventDetails:
    return EventDetails(self._name, activity=self._activity(event.activity_sid))


@_after(TaskChannelCreated, TaskChannelUpdated)
@_before(TaskChannelDeleted)
def _(
    self: Witness, event: TaskChannelCreated | TaskChannelUpdated | TaskChannelDeleted
) -> EventDetails:
    return EventDetails(self._name, task_channel=self._task_channel(event.task_channel_sid))


@_after(TaskQueueCreated, TaskQueueExpressionUpdated)
@_before(TaskQueueDeleted)
def _(
    self: Witness, event: TaskQueueCreated | TaskQueueExpressionUpdated | TaskQueueDeleted
) -> EventDetails:
    return EventDetails(self._name, task_queue=self._task_queue(event.task_queue_sid))


@_after(WorkflowCreated, WorkflowUpdated)
@_before(WorkflowDeleted)
def _(self: Witness, event: WorkflowCreated | WorkflowUpdated | WorkflowDeleted) -> EventDetails:
    return EventDetails(self._name, workflow=self._workflow(event.workflow_sid))


# --- workers ---


@_after(WorkerCreated, WorkerAttributesUpdated)
@_before(WorkerDeleted)
def _(
    self: Witness, event: WorkerCreated | WorkerAttributesUpdated | WorkerDeleted
) -> EventDetails:
    return EventDetails(self._name, worker=self._worker(event.worker_sid))


@_before(WorkerActivityUpdated)
def _(self: Witness, event: WorkerActivityUpdated) -> PreviousActivity:
    worker = self.state.workers[event.worker_sid]
    return PreviousActivity(self._activity(worker.activity_sid), worker.status_changed_ms)


@_after(WorkerActivityUpdated)
def _(self: Witness, event: WorkerActivityUpdated, previous: PreviousActivity) -> EventDetails:
    worker = self._worker(event.worker_sid)
    return EventDetails(self._name, worker=worker, previous_activity=previous)


@_before(WorkerCapacityUpdated, WorkerChannelAvailabilityUpdated)
def _(self: Witness, event: WorkerCapacityUpdated | WorkerChannelAvailabilityUpdated) -> int:
    return self.state.workers[event.worker_sid].channels[event.task_channel_sid].capacity


@_after(WorkerCapacityUpdated, WorkerChannelAvailabilityUpdated)
def _(
    self: Witness,
    event: WorkerCapacityUpdated | WorkerChannelAvailabilityUpdated,
    previous_capacity: int,
) -> EventDetails:
    channel = self.state.workers[event.worker_sid].channels[event.task_channel_sid]
    return EventDetails(
        self._name,
        worker=self._worker(event.worker_sid),
        worker_channel=WorkerChannelDetails(
            self._task_channel(event.task_channel_sid),
            channel.available,
            channel.capacity,
            previous_capacity,
            channel.available_capacity_percentage,
            channel.assigned,
        ),
    )


# --- tasks ---


@_after(TaskCreated, TaskUpdated, TaskCanceled, TaskQueueTimeout)
@_after(WorkflowEntered, WorkflowTimeout, WorkflowSkipped)
@_before(TaskDeleted, TaskSystemDeleted)
def _(
    self: Witness,
    event: TaskCreated
    | TaskUpdated
    | TaskCanceled
    | TaskQueueTimeout
    | WorkflowEntered
    | WorkflowTimeout
    | WorkflowSkipped
    | TaskDeleted
    | TaskSystemDeleted,
) -> EventDetails:
    return EventDetails(self._name, task=self._task(self.state.tasks[event.task_sid]))


@_after(TaskWrapup, TaskCompleted)
def _(self: Witness, event: TaskWrapup | TaskCompleted) -> EventDetails:
    task = self.state.tasks[event.task_sid]
    return EventDetails(self._name, task=self._task(task), worker=self._worker_of(task))


@_after(WorkflowTargetMatched)
def _(self: Witness, event: WorkflowTargetMatched) -> EventDetails:
    task = self.state.tasks[event.task_sid]
    matched = None
    if event.filter_index >= 0 and task.workflow_sid is not None:
        rules = self._rulebook.rules(task.workflow_sid, task.workflow_version)
        found = rules.document.filters[event.filter_index]
        matched = FilterDetails(found.name, found.expression)
    return EventDetails(self._name, task=self._task(task), filter=matched)


@_after(TaskQueueMoved)
def _(self: Witness, event: TaskQueueMoved) -> EventDetails:
    left = self._task_queue(event.previous_task_queue_sid)
    task = self._task(self.state.tasks[event.task_sid])
    return EventDetails(self._name, task=task, task_queue=left)


@_after(TaskQueueEntered)
def _(self: Witness, event: TaskQueueEntered) -> EventDetails:
    entered = self._task(self.state.tasks[event.task_sid])
    for earlier, noted in zip(reversed(self._events), reversed(self._noted), strict=True):
        if not isinstance(earlier, _ON_THE_WAY_TO_A_QUEUE) or earlier.task_sid != event.task_sid:
            break
        assert noted is not None
        assert noted.task is not None
        noted.task.task_queue = entered.task_queue
        noted.task.task_queue_entered_ms = entered.task_queue_entered_ms
    return EventDetails(self._name, task=entered)


# --- reservations ---


@_before(ReservationAccepted)
def _(self: Witness, event: ReservationAccepted) -> bool:
    reservation = self.state.reservations[event.reservation_sid]
    return self.state.tasks[reservation.task_sid].assigned_ms is not None


@_after(ReservationAccepted)
def _(self: Witness, event: ReservationAccepted, accepted_before: bool) -> EventDetails:
    return self._offer(event.reservation_sid, accepted_before)


@_after(ReservationCreated)
def _(self: Witness, event: ReservationCreated) -> EventDetails:
    return self._offer(event.reservation_sid, sequel_to=self._in_vain_before(event.task_sid))


@_after(
    ReservationRejected,
    ReservationTimeout,
    ReservationCanceled,
    ReservationRescinded,
    ReservationWrapup,
    ReservationCompleted,
)
def _(
    self: Witness,
    event: ReservationRejected
    | ReservationTimeout
    | ReservationCanceled
    | ReservationRescinded
    | ReservationWrapup
    | ReservationCompleted,
) -> EventDetails:
    return self._offer(event.reservation_sid)


@_after(ReservationFailed)
def _(self: Witness, event: ReservationFailed) -> EventDetails:
    return EventDetails(
        self._name,
        task=self._task(self.state.tasks[event.task_sid]),
        reservation=ReservationDetails(event.reservation_sid, None, 0),
    )


# --- transfers ---


@_after(
    TransferInitiated, TransferAttemptFailed, TransferFailed, TransferCanceled, TransferCompleted
)
def _(
    self: Witness,
    event: TransferInitiated
    | TransferAttemptFailed
    | TransferFailed
    | TransferCanceled
    | TransferCompleted,
) -> EventDetails:
    return EventDetails(
        self._name,
        task=self._task(self.state.tasks[event.task_sid]),
        transfer=_transfer(self.state.transfers[event.transfer_sid]),
    )


def _transfer(transfer: Transfer | None) -> TransferDetails | None:
    if transfer is None:
        return None
    return TransferDetails(
        transfer.sid,
        transfer.task_sid,
        transfer.mode,
        transfer.type,
        transfer.to,
        transfer.status,
        transfer.initiating_reservation_sid,
        transfer.initiating_worker_sid,
        transfer.initiating_task_queue_sid,
        transfer.initiating_workflow_sid,
        transfer.failed_reason,
        transfer.created_ms,
        transfer.updated_ms,
    )
