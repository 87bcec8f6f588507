"""`/Workspaces`."""

from collections.abc import Sequence

import msgspec

from taskyard.core.commands import CreateWorkspace, UpdateWorkspace
from taskyard.core.dates import date
from taskyard.core.errors import NotFound
from taskyard.core.machine import Decided
from taskyard.core.model import TaskOrder, Template
from taskyard.core.state import State

from .addresses import addresses_of
from .calls import NO_CONTENT, Answer, Call
from .operations import operation
from .page_tokens import Listed
from .pages import page_of
from .parameters import boolean, choice, sid, text

FILTERS = ("FriendlyName",)


class WorkspaceLinks(msgspec.Struct, gc=False):
    """Where a workspace leads."""

    activities: str
    statistics: str
    real_time_statistics: str
    cumulative_statistics: str
    task_queues: str
    tasks: str
    workers: str
    workflows: str
    task_channels: str
    events: str


class WorkspaceBody(msgspec.Struct, gc=False):
    """A workspace on the wire."""

    account_sid: str
    date_created: str
    date_updated: str
    default_activity_name: str
    default_activity_sid: str
    event_callback_url: str
    events_filter: str | None
    friendly_name: str
    multi_task_enabled: bool
    sid: str
    timeout_activity_name: str
    timeout_activity_sid: str
    prioritize_queue_order: str
    url: str
    links: WorkspaceLinks


def workspace_body(state: State, base: str) -> WorkspaceBody:
    """A workspace as callers see it, with the names of its activities as they are now."""
    workspace = state.workspace
    at = addresses_of(base, workspace.sid)
    return WorkspaceBody(
        account_sid=workspace.account_sid,
        date_created=date(workspace.created_ms),
        date_updated=date(workspace.updated_ms),
        default_activity_name=state.activities[workspace.default_activity_sid].friendly_name,
        default_activity_sid=workspace.default_activity_sid,
        event_callback_url=workspace.event_callback_url,
        events_filter=workspace.events_filter or None,
        friendly_name=workspace.friendly_name,
        multi_task_enabled=workspace.multi_task_enabled,
        sid=workspace.sid,
        timeout_activity_name=state.activities[workspace.timeout_activity_sid].friendly_name,
        timeout_activity_sid=workspace.timeout_activity_sid,
        prioritize_queue_order=workspace.prioritize_queue_order,
        url=at.workspace,
        links=WorkspaceLinks(
            activities=at.activities,
            statistics=at.statistics,
            real_time_statistics=at.real_time_statistics,
            cumulative_statistics=at.cumulative_statistics,
            task_queues=at.task_queues,
            tasks=at.tasks,
            workers=at.workers,
            workflows=at.workflows,
            task_channels=at.task_channels,
            events=at.events,
        ),
    )


@operation(
    "CreateWorkspace",
    WorkspaceBody,
    form=(
        text(
            "FriendlyName",
            "Its name.",
            required=True,
            limit="friendly_name_characters",
            filled=True,
        ),
        text(
            "EventCallbackUrl",
            "Where events are to be posted; nowhere, if it is empty.",
        ),
        text("EventsFilter", "Which events to post, as names with commas; all when empty."),
        boolean("MultiTaskEnabled", "Whether workers may hold several tasks at once.", True),
        choice(
            "PrioritizeQueueOrder",
            "Which end of mixed queues is served first.",
            TaskOrder,
            TaskOrder.FIFO,
        ),
        choice(
            "Template",
            "What it is furnished with: FIFO adds a task queue and a workflow.",
            Template,
            Template.NONE,
        ),
    ),
)
async def create(call: Call) -> Answer:
    """Found a workspace."""
    form, base = call.form, call.base
    command = CreateWorkspace(
        account_sid=call.directory.account.sid,
        friendly_name=form.required("FriendlyName"),
        event_callback_url=form.text("EventCallbackUrl", ""),
        events_filter=form.text("EventsFilter", None),
        multi_task_enabled=form.boolean("MultiTaskEnabled", True),
        prioritize_queue_order=form.filled("PrioritizeQueueOrder", TaskOrder.FIFO),
        template=form.filled("Template", Template.NONE),
    )

    def render(state: State, decided: Decided) -> Answer:
        return Answer(201, msgspec.json.encode(workspace_body(state, base)))

    return await call.directory.create_workspace(command, render, call.keep, call.cause)


@operation("FetchWorkspace", WorkspaceBody)
async def fetch(call: Call) -> Answer:
    """Show a workspace."""
    base = call.base

    def render(state: State, now_ms: int) -> Answer:
        return Answer(200, msgspec.json.encode(workspace_body(state, base)))

    return await (await call.engine()).read(render)


@operation(
    "UpdateWorkspace",
    WorkspaceBody,
    form=(
        text("FriendlyName", "Its name.", limit="friendly_name_characters", filled=True),
        text(
            "EventCallbackUrl",
            "Where events are to be posted; nowhere, if it is empty.",
        ),
        text("EventsFilter", "Which events to post, as names with commas; all when empty."),
        boolean("MultiTaskEnabled", "Whether workers may hold several tasks at once."),
        choice("PrioritizeQueueOrder", "Which end of mixed queues is served first.", TaskOrder),
        sid("DefaultActivitySid", "The activity that new workers begin in.", "WA"),
        sid("TimeoutActivitySid", "The activity of workers who let an offer lapse.", "WA"),
    ),
)
async def update(call: Call) -> Answer:
    """Change a workspace's settings."""
    form, base = call.form, call.base
    command = UpdateWorkspace(
        friendly_name=form.text("FriendlyName", msgspec.UNSET),
        event_callback_url=form.text("EventCallbackUrl", msgspec.UNSET),
        events_filter=form.text("EventsFilter", msgspec.UNSET),
        multi_task_enabled=form.boolean("MultiTaskEnabled", msgspec.UNSET),
        prioritize_queue_order=form.text("PrioritizeQueueOrder", msgspec.UNSET),
        default_activity_sid=form.text("DefaultActivitySid", msgspec.UNSET),
        timeout_activity_sid=form.text("TimeoutActivitySid", msgspec.UNSET),
    )

    def render(state: State, decided: Decided) -> Answer:
        return Answer(200, msgspec.json.encode(workspace_body(state, base)))

    return await call.ask(command, render)


@operation("DeleteWorkspace")
async def delete(call: Call) -> Answer:
    """Remove a workspace and everything in it."""
    await call.directory.delete_workspace(call.sids[0], call.cause)
    return NO_CONTENT


@operation(
    "ListWorkspace",
    WorkspaceBody,
    key="workspaces",
    query=(text("FriendlyName", "Only those of this name."),),
)
async def list_(call: Call) -> Answer:
    """Show the workspaces; those of the page, and with a filter all of them, are woken."""
    query = call.query
    asked = call.dialect.asked_page(query)
    name = query.text("FriendlyName", None)
    entries: list[Listed] = list(call.directory.workspaces())
    bodies: dict[str, WorkspaceBody] = {}
    if name is not None:
        bodies = await _bodies(call, entries)
        entries = [e for e in entries if e.sid in bodies and bodies[e.sid].friendly_name == name]
    found = page_of(entries, (), asked)
    if name is None:
        bodies = await _bodies(call, found.items)
    shown = [bodies[entry.sid] for entry in found.items if entry.sid in bodies]
    path_url = f"{call.base}/Workspaces"
    return Answer(
        200, call.dialect.listed(path_url, "workspaces", query, FILTERS, asked, found, shown)
    )


async def _bodies(call: Call, entries: Sequence[Listed]) -> dict[str, WorkspaceBody]:
    """The workspaces by SID; one that is deleted meanwhile is left out."""
    bodies: dict[str, WorkspaceBody] = {}
    for entry in entries:
        try:
            engine = await call.directory.engine(entry.sid)
            bodies[entry.sid] = await engine.read(lambda state, _: workspace_body(state, call.base))
        except NotFound:
            continue
    return bodies
