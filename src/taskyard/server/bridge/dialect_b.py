"""Resources as they are now, in the answers to the second published browser client."""

from collections.abc import Callable

from msgspec import UNSET

from taskyard.core.model import (
    Activity,
    Reservation,
    Task,
    TaskOrder,
    TaskQueue,
    TaskStatus,
    Transfer,
    Worker,
)
from taskyard.core.state import State
from taskyard.server.api import (
    activities,
    reservations,
    task_queues,
    tasks,
    worker_channels,
    workers,
)
from taskyard.server.api.addresses import Addresses
from taskyard.server.api.calls import Dialect

from .contents import asked_page, listed
from .payloads_b import (
    ActivityPayload,
    ReservationPayload,
    TaskPayload,
    TaskQueuePayload,
    TransferPayload,
    WorkerChannelPayload,
    WorkerPayload,
)


def dialect_b(clock: Callable[[], int], *, shows_transfers: bool) -> Dialect:
    """The dialect, made once for each start.

    Args:
        clock: The engines' clock, in milliseconds since the epoch: tasks grow older.
        shows_transfers: Whether reservations come with theirs. They do not in the answer to a
            change: there the client stumbles over them.
    """

    def reservation(
        state: State, reservation: Reservation, address: str, at: Addresses
    ) -> ReservationPayload:
        payload = reservation_payload(state, reservation, clock())
        if shows_transfers:
            add_transfers(payload, state, reservation)
        return payload

    return Dialect(
        asked_page=asked_page,
        listed=listed,
        bodies={
            activities.activity_body: lambda state, one, at: activity_payload(state, one),
            reservations.reservation_body: reservation,
            task_queues.task_queue_body: lambda state, one, at: task_queue_payload(state, one),
            tasks.new_task_body: lambda state, one, at: new_task_payload(state, one),
            tasks.task_body: lambda state, one, now_ms, at: task_payload(state, one, now_ms),
            worker_channels.worker_channel_body: (
                lambda state, worker, named, at: worker_channel_payload(state, worker, named)
            ),
            workers.worker_body: lambda state, one, at: worker_payload(state, one),
        },
    )


def worker_payload(state: State, worker: Worker) -> WorkerPayload:
    """A worker as they are now."""
    activity = state.activities[worker.activity_sid]
    return WorkerPayload(
        account_sid=state.workspace.account_sid,
        activity_name=activity.friendly_name,
        activity_sid=worker.activity_sid,
        attributes=worker.attributes,
        available=activity.available,
        date_created=worker.created_ms // 1000,
        date_status_changed=worker.status_changed_ms // 1000,
        date_updated=worker.updated_ms // 1000,
        friendly_name=worker.friendly_name,
        sid=worker.sid,
        workspace_sid=state.workspace.sid,
        version=worker.version,
    )


def activity_payload(state: State, activity: Activity) -> ActivityPayload:
    """An activity as it is now."""
    return ActivityPayload(
        account_sid=state.workspace.account_sid,
        available=activity.available,
        date_created=activity.created_ms // 1000,
        date_updated=activity.updated_ms // 1000,
        friendly_name=activity.friendly_name,
        sid=activity.sid,
        workspace_sid=state.workspace.sid,
    )


def worker_channel_payload(
    state: State, worker: Worker, named: worker_channels.Named
) -> WorkerChannelPayload:
    """A worker channel as it is now."""
    channel = named.channel
    return WorkerChannelPayload(
        account_sid=state.workspace.account_sid,
        assigned_tasks=channel.assigned,
        available=channel.available,
        available_capacity_percentage=channel.available_capacity_percentage,
        configured_capacity=channel.capacity,
        date_created=channel.created_ms // 1000,
        date_updated=channel.updated_ms // 1000,
        last_reserved_time=channel.last_offer_ms,
        sid=named.sid,
        task_channel_sid=named.task_channel.sid,
        task_channel_unique_name=named.task_channel.unique_name,
        worker_sid=worker.sid,
        workspace_sid=state.workspace.sid,
    )


def task_payload(state: State, task: Task, now_ms: int) -> TaskPayload:
    """A task as it is now; of what it refers to and is gone, the SID stays and the name is null."""
    queue_sid, workflow_sid = task.task_queue_sid, task.workflow_sid
    queue = None if queue_sid is None else state.task_queues.get(queue_sid)
    workflow = None if workflow_sid is None else state.workflows.get(workflow_sid)
    channel = state.task_channels.get(task.task_channel_sid)
    return TaskPayload(
        account_sid=state.workspace.account_sid,
        addons="{}",
        age=max(0, now_ms - task.created_ms) // 1000,
        assignment_status=task.status,
        attributes=task.attributes,
        date_created=task.created_ms // 1000,
        date_updated=task.updated_ms // 1000,
        priority=task.priority,
        queue_name=None if queue is None else queue.friendly_name,
        queue_sid=queue_sid,
        reason=task.reason,
        routing_target=task.routing_target,
        sid=task.sid,
        task_channel_sid=task.task_channel_sid,
        task_channel_unique_name=None if channel is None else channel.unique_name,
        timeout=task.timeout_s,
        version=task.version,
        virtual_start_time=task.virtual_start_ms // 1000,
        workflow_name=None if workflow is None else workflow.friendly_name,
        workflow_sid=workflow_sid,
        workspace_sid=state.workspace.sid,
    )


def new_task_payload(state: State, task: Task) -> TaskPayload:
    """A task as it came in, whatever has become of it in the same turn."""
    payload = task_payload(state, task, task.created_ms)
    payload.assignment_status = TaskStatus.PENDING
    payload.date_updated = payload.date_created
    payload.reason = None
    payload.version = 0
    return payload


def reservation_payload(state: State, reservation: Reservation, now_ms: int) -> ReservationPayload:
    """A reservation as it is now."""
    return ReservationPayload(
        account_sid=state.workspace.account_sid,
        date_created=reservation.created_ms // 1000,
        date_updated=reservation.updated_ms // 1000,
        reservation_status=reservation.status,
        reservation_timeout=(reservation.expires_ms - reservation.created_ms) // 1000,
        sid=reservation.sid,
        task=task_payload(state, state.tasks[reservation.task_sid], now_ms),
        task_sid=reservation.task_sid,
        version=reservation.version,
        worker_sid=reservation.worker_sid,
        workspace_sid=state.workspace.sid,
    )


def add_transfers(payload: ReservationPayload, state: State, reservation: Reservation) -> None:
    """Show the transfer that a reservation was made for, and the running one that began with it."""
    incoming = state.transfer_of(reservation)
    if incoming is not None:
        payload.task_transfer = transfer_payload(state, incoming)
    outgoing = state.outgoing_transfer(reservation)
    if outgoing is not None:
        payload.active_outgoing_task_transfer = transfer_payload(state, outgoing)


def transfer_payload(state: State, transfer: Transfer) -> TransferPayload:
    """A transfer as it is now."""
    reason = transfer.failed_reason
    return TransferPayload(
        account_sid=state.workspace.account_sid,
        date_created=transfer.created_ms // 1000,
        date_updated=transfer.updated_ms // 1000,
        initiating_queue_sid=transfer.initiating_task_queue_sid,
        initiating_reservation_sid=transfer.initiating_reservation_sid,
        initiating_worker_sid=transfer.initiating_worker_sid,
        initiating_workflow_sid=transfer.initiating_workflow_sid,
        sid=transfer.sid,
        task_sid=transfer.task_sid,
        transfer_mode=transfer.mode,
        transfer_status=transfer.status,
        transfer_to=transfer.to,
        transfer_type=transfer.type,
        workspace_sid=state.workspace.sid,
        transfer_failed_reason=UNSET if reason is None else reason,
    )


def task_queue_payload(state: State, queue: TaskQueue) -> TaskQueuePayload:
    """A task queue as it is now."""
    assignment, reservation = queue.assignment_activity_sid, queue.reservation_activity_sid
    activities = state.activities
    return TaskQueuePayload(
        account_sid=state.workspace.account_sid,
        assignment_activity_name=(
            None if assignment is None else activities[assignment].friendly_name
        ),
        assignment_activity_sid=assignment,
        date_created=queue.created_ms // 1000,
        date_updated=queue.updated_ms // 1000,
        friendly_name=queue.friendly_name,
        lifo_queue=queue.task_order is TaskOrder.LIFO,
        max_reserved_workers=queue.max_reserved_workers,
        reservation_activity_name=(
            None if reservation is None else activities[reservation].friendly_name
        ),
        reservation_activity_sid=reservation,
        sid=queue.sid,
        target_workers=queue.target_workers,
        task_order=queue.task_order,
        workspace_sid=state.workspace.sid,
    )
