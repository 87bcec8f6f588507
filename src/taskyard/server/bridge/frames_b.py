"""Payloads of frames in dialect B: what its answers show, as it was when the event happened."""

from msgspec import UNSET, UnsetType

from taskyard.core.event_details import (
    EventDetails,
    ReservationDetails,
    TaskDetails,
    TransferDetails,
)
from taskyard.core.ids import worker_channel_sid
from taskyard.core.model import ReservationStatus
from taskyard.core.state import State

from .payloads_b import (
    ReservationPayload,
    TaskPayload,
    TransferPayload,
    WorkerChannelPayload,
    WorkerPayload,
)

_TIMEOUT_WITHOUT_WORKFLOW_S = 120


def worker_payload(state: State, details: EventDetails) -> WorkerPayload | None:
    """A worker; None for one who was deleted in the same turn."""
    then = details.worker
    worker = None if then is None else state.workers.get(then.sid)
    if then is None or worker is None:
        return None
    return WorkerPayload(
        account_sid=state.workspace.account_sid,
        activity_name=then.activity.friendly_name,
        activity_sid=then.activity.sid,
        attributes=then.attributes,
        available=then.activity.available,
        date_created=worker.created_ms // 1000,
        date_status_changed=worker.status_changed_ms // 1000,
        date_updated=worker.updated_ms // 1000,
        friendly_name=then.friendly_name,
        sid=then.sid,
        workspace_sid=state.workspace.sid,
        version=then.version,
    )


def worker_channel_payload(state: State, details: EventDetails) -> WorkerChannelPayload | None:
    """A worker channel; None if it or its worker was deleted in the same turn."""
    worker_then, then = details.worker, details.worker_channel
    if worker_then is None or then is None:
        return None
    worker = state.workers.get(worker_then.sid)
    if worker is None or then.task_channel.sid not in worker.channels:
        return None
    channel = worker.channels[then.task_channel.sid]
    kind = state.task_channels[then.task_channel.sid]
    return WorkerChannelPayload(
        account_sid=state.workspace.account_sid,
        assigned_tasks=then.assigned,
        available=then.available,
        available_capacity_percentage=then.available_capacity_percentage,
        configured_capacity=then.capacity,
        date_created=channel.created_ms // 1000,
        date_updated=channel.updated_ms // 1000,
        last_reserved_time=channel.last_offer_ms,
        sid=worker_channel_sid(worker.sid, kind.sid),
        task_channel_sid=kind.sid,
        task_channel_unique_name=kind.unique_name,
        worker_sid=worker.sid,
        workspace_sid=state.workspace.sid,
    )


def task_payload(state: State, then: TaskDetails, now_ms: int) -> TaskPayload:
    """A task."""
    live = state.tasks.get(then.sid)
    queue, workflow = then.task_queue, then.workflow
    return TaskPayload(
        account_sid=state.workspace.account_sid,
        addons="{}",
        age=max(0, now_ms - then.created_ms) // 1000,
        assignment_status=then.status,
        attributes=then.attributes,
        date_created=then.created_ms // 1000,
        date_updated=(now_ms if live is None else live.updated_ms) // 1000,
        priority=then.priority,
        queue_name=None if queue is None else queue.friendly_name,
        queue_sid=None if queue is None else queue.sid,
        reason=then.reason,
        routing_target=then.routing_target,
        sid=then.sid,
        task_channel_sid=then.task_channel.sid,
        task_channel_unique_name=then.task_channel.unique_name,
        timeout=then.timeout_s,
        version=then.version,
        virtual_start_time=then.virtual_start_ms // 1000,
        workflow_name=None if workflow is None else workflow.friendly_name,
        workflow_sid=None if workflow is None else workflow.sid,
        workspace_sid=state.workspace.sid,
    )


def reservation_payload(
    state: State, details: EventDetails, now_ms: int
) -> ReservationPayload | None:
    """A reservation with its task; None where its worker is no more."""
    then = details.reservation
    if details.task is None or then is None or then.status is None or details.worker is None:
        return None
    return ReservationPayload(
        account_sid=state.workspace.account_sid,
        date_created=then.created_ms // 1000,
        date_updated=now_ms // 1000,
        reservation_status=ReservationStatus(then.status),
        reservation_timeout=_timeout_s(state, then, details.task),
        sid=then.sid,
        task=task_payload(state, details.task, now_ms),
        task_sid=details.task.sid,
        version=then.version,
        worker_sid=details.worker.sid,
        workspace_sid=state.workspace.sid,
        task_transfer=_transfer_or_unset(state, details.transfer),
        active_outgoing_task_transfer=_transfer_or_unset(state, details.outgoing_transfer),
    )


def transfer_payload(state: State, then: TransferDetails) -> TransferPayload:
    """A transfer."""
    return TransferPayload(
        account_sid=state.workspace.account_sid,
        date_created=then.created_ms // 1000,
        date_updated=then.updated_ms // 1000,
        initiating_queue_sid=then.initiating_task_queue_sid,
        initiating_reservation_sid=then.initiating_reservation_sid,
        initiating_worker_sid=then.initiating_worker_sid,
        initiating_workflow_sid=then.initiating_workflow_sid,
        sid=then.sid,
        task_sid=then.task_sid,
        transfer_mode=then.mode,
        transfer_status=then.status,
        transfer_to=then.to,
        transfer_type=then.type,
        workspace_sid=state.workspace.sid,
        transfer_failed_reason=UNSET if then.failed_reason is None else then.failed_reason,
    )


def _transfer_or_unset(state: State, then: TransferDetails | None) -> TransferPayload | UnsetType:
    return UNSET if then is None else transfer_payload(state, then)


def _timeout_s(state: State, then: ReservationDetails, task: TaskDetails) -> int:
    """How long the offer stood; of one that is over with its task, as long as one would now."""
    live = state.reservations.get(then.sid)
    if live is not None and live.expires_ms:
        return (live.expires_ms - live.created_ms) // 1000
    workflow = None if task.workflow is None else state.workflows.get(task.workflow.sid)
    return _TIMEOUT_WITHOUT_WORKFLOW_S if workflow is None else workflow.task_reservation_timeout_s
