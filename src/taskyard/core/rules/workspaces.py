"""The workspace itself."""

from msgspec import UNSET

from taskyard.core.commands import CreateWorkspace, DeleteWorkspace, UpdateWorkspace
from taskyard.core.errors import Conflict
from taskyard.core.events import (
    ActivityCreated,
    TaskChannelCreated,
    TaskQueueCreated,
    WorkflowCreated,
    WorkspaceCreated,
    WorkspaceDeleted,
    WorkspaceUpdated,
)
from taskyard.core.ids import (
    AccountSid,
    ActivitySid,
    TaskChannelSid,
    TaskQueueSid,
    WorkflowSid,
    WorkspaceSid,
)
from taskyard.core.model import TaskOrder, Template

from . import checks
from .turn import Turn

DEFAULT_ACTIVITIES = (("Offline", False), ("Available", True), ("Unavailable", False))
DEFAULT_TASK_CHANNELS = (
    ("default", "Default"),
    ("voice", "Voice"),
    ("chat", "Programmable Chat"),
    ("sms", "SMS"),
    ("video", "Video"),
)


def create(turn: Turn, command: CreateWorkspace) -> str:
    """Furnish a new workspace. Source: TaskRouter, what a new workspace contains."""
    if turn.state.created:
        raise Conflict(f"workspace {turn.state.workspace.sid} exists already")
    name = checks.friendly_name(command.friendly_name, turn.limits.friendly_name_characters)
    url = checks.callback_url("EventCallbackUrl", command.event_callback_url, turn.limits)
    events_filter = _events_filter(turn, command.events_filter or "")
    order = checks.choice("PrioritizeQueueOrder", command.prioritize_queue_order, TaskOrder)
    template = checks.choice("Template", command.template, Template)
    sid = WorkspaceSid(turn.mint("WS"))
    activities = [ActivitySid(turn.mint("WA")) for _ in DEFAULT_ACTIVITIES]
    turn.emit(
        WorkspaceCreated(
            workspace_sid=sid,
            account_sid=AccountSid(command.account_sid),
            friendly_name=name,
            event_callback_url=url,
            events_filter=events_filter,
            multi_task_enabled=command.multi_task_enabled,
            prioritize_queue_order=order,
            default_activity_sid=activities[0],
            timeout_activity_sid=activities[0],
        )
    )
    for activity_sid, (friendly_name, available) in zip(
        activities, DEFAULT_ACTIVITIES, strict=True
    ):
        turn.emit(ActivityCreated(activity_sid, friendly_name, available))
    for unique_name, friendly_name in DEFAULT_TASK_CHANNELS:
        channel_sid = TaskChannelSid(turn.mint("TC"))
        turn.emit(TaskChannelCreated(channel_sid, unique_name, friendly_name, False))
    if template is Template.FIFO:
        _furnish_fifo(turn)
    return sid


def _events_filter(turn: Turn, text: str) -> str | None:
    """Names of events with commas between them and nothing else; None for all events.

    Source: choice: white space round the commas is tolerated, and does not stay.
    """
    checks.characters("EventsFilter", text, turn.limits.events_filter_characters)
    return ",".join(name for part in text.split(",") if (name := part.strip())) or None


def _furnish_fifo(turn: Turn) -> None:
    queue_sid = TaskQueueSid(turn.mint("WQ"))
    turn.emit(TaskQueueCreated(queue_sid, "Sample Queue", "1==1", 1, TaskOrder.FIFO, None, None))
    configuration = '{"task_routing":{"filters":[],"default_filter":{"queue":"' + queue_sid + '"}}}'
    workflow_sid = WorkflowSid(turn.mint("WW"))
    turn.emit(WorkflowCreated(workflow_sid, "Default Fifo Workflow", configuration, "", "", 120))


def update(turn: Turn, command: UpdateWorkspace) -> str:
    """Change settings; a new queue order matches everything anew."""
    workspace = turn.state.workspace
    name = checks.kept(command.friendly_name, workspace.friendly_name)
    checks.friendly_name(name, turn.limits.friendly_name_characters)
    order = workspace.prioritize_queue_order
    if command.prioritize_queue_order is not UNSET:
        order = checks.choice("PrioritizeQueueOrder", command.prioritize_queue_order, TaskOrder)
    url, events_filter = workspace.event_callback_url, workspace.events_filter
    if command.event_callback_url is not UNSET:
        url = checks.callback_url("EventCallbackUrl", command.event_callback_url, turn.limits)
    if command.events_filter is not UNSET:
        events_filter = _events_filter(turn, command.events_filter)
    default_activity = workspace.default_activity_sid
    if command.default_activity_sid is not UNSET:
        default_activity = checks.activity(
            turn.state, "DefaultActivitySid", command.default_activity_sid
        ).sid
    timeout_activity = workspace.timeout_activity_sid
    if command.timeout_activity_sid is not UNSET:
        timeout_activity = checks.activity(
            turn.state, "TimeoutActivitySid", command.timeout_activity_sid
        ).sid
    after = WorkspaceUpdated(
        friendly_name=name,
        event_callback_url=url,
        events_filter=events_filter,
        multi_task_enabled=checks.kept(command.multi_task_enabled, workspace.multi_task_enabled),
        prioritize_queue_order=order,
        default_activity_sid=default_activity,
        timeout_activity_sid=timeout_activity,
    )
    before = WorkspaceUpdated(
        friendly_name=workspace.friendly_name,
        event_callback_url=workspace.event_callback_url,
        events_filter=workspace.events_filter,
        multi_task_enabled=workspace.multi_task_enabled,
        prioritize_queue_order=workspace.prioritize_queue_order,
        default_activity_sid=workspace.default_activity_sid,
        timeout_activity_sid=workspace.timeout_activity_sid,
    )
    if after != before:
        turn.emit(after)
    return workspace.sid


def delete(turn: Turn, command: DeleteWorkspace) -> str:
    """Remove the workspace and everything in it."""
    turn.emit(WorkspaceDeleted())
    return turn.state.workspace.sid
