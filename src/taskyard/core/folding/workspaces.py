"""The workspace and its furniture: activities, task channels, task queues, workflows."""

from __future__ import annotations

from typing import TYPE_CHECKING

from taskyard.core.events import (
    ActivityCreated,
    ActivityDeleted,
    ActivityUpdated,
    TaskChannelCreated,
    TaskChannelDeleted,
    TaskChannelUpdated,
    TaskQueueCreated,
    TaskQueueDeleted,
    TaskQueueExpressionUpdated,
    TaskQueueUpdated,
    WorkflowCreated,
    WorkflowDeleted,
    WorkflowUpdated,
    WorkspaceCreated,
    WorkspaceDeleted,
    WorkspaceUpdated,
)
from taskyard.core.model import Activity, TaskChannel, TaskQueue, WorkerChannel, Workflow, Workspace

from .table import applies

if TYPE_CHECKING:
    from taskyard.core.state import State


@applies(WorkspaceCreated)
def _(state: State, e: WorkspaceCreated, now_ms: int) -> None:
    state.created = True
    state.workspace = Workspace(
        sid=e.workspace_sid,
        account_sid=e.account_sid,
        friendly_name=e.friendly_name,
        event_callback_url=e.event_callback_url,
        events_filter=e.events_filter,
        multi_task_enabled=e.multi_task_enabled,
        prioritize_queue_order=e.prioritize_queue_order,
        default_activity_sid=e.default_activity_sid,
        timeout_activity_sid=e.timeout_activity_sid,
        created_ms=now_ms,
        updated_ms=now_ms,
    )


@applies(WorkspaceUpdated)
def _(state: State, e: WorkspaceUpdated, now_ms: int) -> None:
    workspace = state.workspace
    workspace.friendly_name = e.friendly_name
    workspace.event_callback_url = e.event_callback_url
    workspace.events_filter = e.events_filter
    workspace.multi_task_enabled = e.multi_task_enabled
    workspace.prioritize_queue_order = e.prioritize_queue_order
    workspace.default_activity_sid = e.default_activity_sid
    workspace.timeout_activity_sid = e.timeout_activity_sid
    workspace.updated_ms = now_ms


@applies(WorkspaceDeleted)
def _(state: State, e: WorkspaceDeleted, now_ms: int) -> None:
    state.deleted = True


@applies(ActivityCreated)
def _(state: State, e: ActivityCreated, now_ms: int) -> None:
    state.activities[e.activity_sid] = Activity(
        sid=e.activity_sid,
        friendly_name=e.friendly_name,
        available=e.available,
        created_ms=now_ms,
        updated_ms=now_ms,
    )


@applies(ActivityUpdated)
def _(state: State, e: ActivityUpdated, now_ms: int) -> None:
    activity = state.activities[e.activity_sid]
    activity.friendly_name = e.friendly_name
    activity.updated_ms = now_ms


@applies(ActivityDeleted)
def _(state: State, e: ActivityDeleted, now_ms: int) -> None:
    del state.activities[e.activity_sid]


@applies(TaskChannelCreated)
def _(state: State, e: TaskChannelCreated, now_ms: int) -> None:
    state.task_channels[e.task_channel_sid] = TaskChannel(
        sid=e.task_channel_sid,
        unique_name=e.unique_name,
        friendly_name=e.friendly_name,
        channel_optimized_routing=e.channel_optimized_routing,
        created_ms=now_ms,
        updated_ms=now_ms,
    )
    for worker in state.workers.values():
        worker.channels[e.task_channel_sid] = WorkerChannel(created_ms=now_ms, updated_ms=now_ms)


@applies(TaskChannelUpdated)
def _(state: State, e: TaskChannelUpdated, now_ms: int) -> None:
    channel = state.task_channels[e.task_channel_sid]
    channel.friendly_name = e.friendly_name
    channel.channel_optimized_routing = e.channel_optimized_routing
    channel.updated_ms = now_ms


@applies(TaskChannelDeleted)
def _(state: State, e: TaskChannelDeleted, now_ms: int) -> None:
    del state.task_channels[e.task_channel_sid]
    for worker in state.workers.values():
        del worker.channels[e.task_channel_sid]


@applies(TaskQueueCreated)
def _(state: State, e: TaskQueueCreated, now_ms: int) -> None:
    state.task_queues[e.task_queue_sid] = TaskQueue(
        sid=e.task_queue_sid,
        friendly_name=e.friendly_name,
        target_workers=e.target_workers,
        max_reserved_workers=e.max_reserved_workers,
        task_order=e.task_order,
        reservation_activity_sid=e.reservation_activity_sid,
        assignment_activity_sid=e.assignment_activity_sid,
        created_ms=now_ms,
        updated_ms=now_ms,
    )


@applies(TaskQueueUpdated)
def _(state: State, e: TaskQueueUpdated, now_ms: int) -> None:
    queue = state.task_queues[e.task_queue_sid]
    queue.friendly_name = e.friendly_name
    queue.max_reserved_workers = e.max_reserved_workers
    queue.task_order = e.task_order
    queue.reservation_activity_sid = e.reservation_activity_sid
    queue.assignment_activity_sid = e.assignment_activity_sid
    queue.updated_ms = now_ms
    queue.version += 1


@applies(TaskQueueExpressionUpdated)
def _(state: State, e: TaskQueueExpressionUpdated, now_ms: int) -> None:
    state.task_queues[e.task_queue_sid].target_workers = e.target_workers


@applies(TaskQueueDeleted)
def _(state: State, e: TaskQueueDeleted, now_ms: int) -> None:
    del state.task_queues[e.task_queue_sid]


@applies(WorkflowCreated)
def _(state: State, e: WorkflowCreated, now_ms: int) -> None:
    state.workflows[e.workflow_sid] = Workflow(
        sid=e.workflow_sid,
        friendly_name=e.friendly_name,
        configurations={1: e.configuration},
        configuration_version=1,
        re_evaluated_version=1,
        assignment_callback_url=e.assignment_callback_url,
        fallback_assignment_callback_url=e.fallback_assignment_callback_url,
        task_reservation_timeout_s=e.task_reservation_timeout_s,
        created_ms=now_ms,
        updated_ms=now_ms,
    )


@applies(WorkflowUpdated)
def _(state: State, e: WorkflowUpdated, now_ms: int) -> None:
    workflow = state.workflows[e.workflow_sid]
    workflow.friendly_name = e.friendly_name
    workflow.assignment_callback_url = e.assignment_callback_url
    workflow.fallback_assignment_callback_url = e.fallback_assignment_callback_url
    workflow.task_reservation_timeout_s = e.task_reservation_timeout_s
    if e.configuration is not None or e.re_evaluate_tasks:
        before = workflow.configuration_version
        workflow.configuration_version += 1
        workflow.configurations[before + 1] = (
            workflow.configurations[before] if e.configuration is None else e.configuration
        )
        if not state.routed_by.get((e.workflow_sid, before)):
            del workflow.configurations[before]
            state.routed_by.pop((e.workflow_sid, before), None)
    if e.re_evaluate_tasks:
        workflow.re_evaluated_version = workflow.configuration_version
    workflow.updated_ms = now_ms
    workflow.version += 1


@applies(WorkflowDeleted)
def _(state: State, e: WorkflowDeleted, now_ms: int) -> None:
    workflow = state.workflows.pop(e.workflow_sid)
    for version in (0, *workflow.configurations):
        state.routed_by.pop((e.workflow_sid, version), None)
