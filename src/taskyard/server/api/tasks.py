"""`/Workspaces/{WorkspaceSid}/Tasks`."""

from collections.abc import Callable, Sequence

import msgspec

from taskyard.core.commands import CreateTask, DeleteTask, UpdateTask
from taskyard.core.dates import date, date_or_none
from taskyard.core.errors import Invalid, NotFound
from taskyard.core.expressions import Scope
from taskyard.core.ids import TaskSid
from taskyard.core.machine import Decided
from taskyard.core.model import Task, TaskStatus
from taskyard.core.state import State
from taskyard.core.steps import Steps

from .addresses import Addresses
from .calls import Answer, Call, no_content
from .conditions import condition, task_test
from .forms import Fields
from .operations import operation
from .orderings import asked_order
from .page_search import page_in_steps
from .page_tokens import Sort
from .pages import rendered_in_steps
from .parameters import (
    boolean,
    choice,
    choices,
    instant,
    integer,
    ordering,
    sid,
    sid_filter,
    text,
)
from .statuses import asked_statuses

FILTERS = (
    "Priority",
    "AssignmentStatus",
    "WorkflowSid",
    "WorkflowName",
    "TaskQueueSid",
    "TaskQueueName",
    "EvaluateTaskAttributes",
    "RoutingTarget",
    "HasAddons",
    "Ordering",
)
SORTS: dict[str, Sort[Task]] = {
    "DateCreated": Sort(lambda task: task.created_ms, of_time=True),
    "Priority": Sort(lambda task: task.priority),
    "VirtualStartTime": Sort(lambda task: task.virtual_start_ms, of_time=True),
}


class TaskLinks(msgspec.Struct, gc=False):
    """Where a task leads."""

    task_queue: str | None
    workflow: str | None
    workspace: str
    reservations: str


class TaskBody(msgspec.Struct, gc=False):
    """A task on the wire."""

    account_sid: str
    age: int
    assignment_status: str
    attributes: str
    addons: str
    date_created: str
    date_updated: str
    task_queue_entered_date: str | None
    virtual_start_time: str
    priority: int
    reason: str | None
    sid: str
    task_queue_sid: str | None
    task_queue_friendly_name: str | None
    task_channel_sid: str
    task_channel_unique_name: str | None
    timeout: int
    workflow_sid: str | None
    workflow_friendly_name: str | None
    workspace_sid: str
    ignore_capacity: bool
    routing_target: str | None
    url: str
    links: TaskLinks


def task_body(state: State, task: Task, now_ms: int, at: Addresses) -> TaskBody:
    """A task as callers see it.

    What it refers to may have been deleted since: the SID stays, the name is null then.
    """
    queue_sid, workflow_sid = task.task_queue_sid, task.workflow_sid
    queue = None if queue_sid is None else state.task_queues.get(queue_sid)
    workflow = None if workflow_sid is None else state.workflows.get(workflow_sid)
    channel = state.task_channels.get(task.task_channel_sid)
    url = f"{at.tasks}/{task.sid}"
    return TaskBody(
        account_sid=state.workspace.account_sid,
        age=max(0, now_ms - task.created_ms) // 1000,
        assignment_status=task.status,
        attributes=task.attributes,
        addons="{}",
        date_created=date(task.created_ms),
        date_updated=date(task.updated_ms),
        task_queue_entered_date=date_or_none(task.task_queue_entered_ms),
        virtual_start_time=date(task.virtual_start_ms),
        priority=task.priority,
        reason=task.reason,
        sid=task.sid,
        task_queue_sid=queue_sid,
        task_queue_friendly_name=None if queue is None else queue.friendly_name,
        task_channel_sid=task.task_channel_sid,
        task_channel_unique_name=None if channel is None else channel.unique_name,
        timeout=task.timeout_s,
        workflow_sid=workflow_sid,
        workflow_friendly_name=None if workflow is None else workflow.friendly_name,
        workspace_sid=state.workspace.sid,
        ignore_capacity=task.ignore_capacity,
        routing_target=task.routing_target,
        url=url,
        links=TaskLinks(
            task_queue=None if queue_sid is None else f"{at.task_queues}/{queue_sid}",
            workflow=None if workflow_sid is None else f"{at.workflows}/{workflow_sid}",
            workspace=at.workspace,
            reservations=f"{url}/Reservations",
        ),
    )


def new_task_body(state: State, task: Task, at: Addresses) -> TaskBody:
    """A task as it came in, whatever has become of it in the same turn."""
    body = task_body(state, task, task.created_ms, at)
    body.assignment_status = TaskStatus.PENDING
    body.date_updated = body.date_created
    body.reason = None
    return body


def _task(state: State, sid: str) -> Task:
    task = state.tasks.get(TaskSid(sid))
    if task is None:
        raise NotFound("task", sid)
    return task


def _shown(state: State, sid: str, now_ms: int, call: Call) -> Answer:
    task = _task(state, sid)
    shown = call.shape(task_body)(state, task, now_ms, call.addresses)
    return Answer(200, msgspec.json.encode(shown), task.version)


@operation(
    "CreateTask",
    TaskBody,
    form=(
        text(
            "Attributes",
            "What is known of it, as a JSON object.",
            absent="{}",
            limit="attributes_characters",
            media_type="application/json",
        ),
        sid(
            "WorkflowSid",
            "The workflow that routes it; needless with a RoutingTarget, or if there is only one.",
            "WW",
        ),
        integer("Priority", "Higher ones come first.", 0, limit="priority", absent=0),
        integer(
            "Timeout",
            "Seconds after which it is canceled if nobody has accepted it.",
            1,
            limit="task_timeout_s",
            absent=86_400,
        ),
        text(
            "TaskChannel",
            "The kind of work: the SID or unique name of a task channel.",
            absent="default",
        ),
        instant("VirtualStartTime", "Since when it counts as waiting; not in the future."),
        sid(
            "RoutingTarget",
            "A worker, task queue or workflow to route it to, past the rules.",
            "WK",
            "WQ",
            "WW",
        ),
        boolean(
            "IgnoreCapacity",
            "Whether a worker routed to gets it even without free capacity: yes, unless false.",
        ),
        sid("TaskQueueSid", "The task queue of a task that is routed to a worker.", "WQ"),
    ),
    has_etag=True,
)
async def create(call: Call) -> Answer:
    """Add a piece of work.

    By the time of the answer it may already be offered to somebody. The answer shows it as it came
    in all the same; what happened since is for the next read.
    """
    form, at = call.form, call.addresses
    command = CreateTask(
        attributes=form.filled("Attributes", "{}"),
        workflow_sid=form.filled("WorkflowSid", None),
        priority=form.integer("Priority", None),
        timeout_s=form.integer("Timeout", 86_400),
        task_channel=form.filled("TaskChannel", "default"),
        virtual_start_ms=form.instant("VirtualStartTime", None),
        routing_target=form.filled("RoutingTarget", None),
        ignore_capacity=form.boolean("IgnoreCapacity", None),
        task_queue_sid=form.filled("TaskQueueSid", None),
    )

    def render(state: State, decided: Decided) -> Answer:
        shown = call.shape(new_task_body)(state, _task(state, decided.sid), at)
        return Answer(201, msgspec.json.encode(shown), 0)

    return await call.ask(command, render)


@operation("FetchTask", TaskBody, has_etag=True)
async def fetch(call: Call) -> Answer:
    """Show a task."""
    sid = call.sids[1]
    return await (await call.engine()).read(lambda state, now_ms: _shown(state, sid, now_ms, call))


@operation(
    "UpdateTask",
    TaskBody,
    form=(
        text(
            "Attributes",
            "What is known of it, as a JSON object.",
            limit="attributes_characters",
            media_type="application/json",
        ),
        choice(
            "AssignmentStatus", "The status to take it to.", ("canceled", "wrapping", "completed")
        ),
        text("Reason", "Why it is canceled or completed."),
        integer("Priority", "Higher ones come first.", 0, limit="priority"),
        text("TaskChannel", "The kind of work: the SID or unique name of a task channel."),
        instant("VirtualStartTime", "Since when it counts as waiting; not in the future."),
    ),
    has_etag=True,
    honours_if_match=True,
)
async def update(call: Call) -> Answer:
    """Change a task, or take it to `canceled`, `wrapping` or `completed`."""
    form, sid, clock = call.form, call.sids[1], call.clock
    command = UpdateTask(
        task_sid=sid,
        attributes=form.text("Attributes", msgspec.UNSET),
        assignment_status=form.text("AssignmentStatus", msgspec.UNSET),
        reason=form.text("Reason", msgspec.UNSET),
        priority=form.integer("Priority", msgspec.UNSET),
        task_channel=form.text("TaskChannel", msgspec.UNSET),
        virtual_start_ms=form.instant("VirtualStartTime", msgspec.UNSET),
        expected_version=call.expected_version,
    )
    return await call.ask(
        command,
        lambda state, _: _shown(state, sid, clock(), call),
    )


@operation("DeleteTask", honours_if_match=True)
async def delete(call: Call) -> Answer:
    """Remove a task in whatever state it is."""
    command = DeleteTask(task_sid=call.sids[1], expected_version=call.expected_version)
    return await call.ask(command, no_content)


@operation(
    "ListTask",
    TaskBody,
    key="tasks",
    query=(
        integer("Priority", "Only those of this priority."),
        choices("AssignmentStatus", "Only those in one of these statuses.", TaskStatus),
        sid_filter("WorkflowSid", "Only those of this workflow.", "WW"),
        text("WorkflowName", "Only those of workflows of this name."),
        sid_filter("TaskQueueSid", "Only those in this task queue.", "WQ"),
        text("TaskQueueName", "Only those in task queues of this name."),
        text("EvaluateTaskAttributes", "Only those that this expression matches."),
        sid_filter(
            "RoutingTarget",
            "Only those routed to this worker, task queue or workflow.",
            "WK",
            "WQ",
            "WW",
        ),
        boolean("HasAddons", "True finds nothing: there are no add-ons.", False),
        ordering(SORTS),
    ),
)
async def list_(call: Call) -> Answer:
    """Show the tasks; the filters combine with AND."""
    query, at, shape = call.query, call.addresses, call.shape(task_body)
    asked, order = call.dialect.asked_page(query), _order(query)

    def render(state: State, now_ms: int) -> Steps[Answer]:
        tasks, wanted = [*state.tasks.values()], _filter(state, query, now_ms)
        found = yield from page_in_steps(tasks, wanted, order, asked, state.tasks)
        shown = yield from rendered_in_steps(
            found.items, lambda task: shape(state, task, now_ms, at)
        )
        return Answer(
            200, call.dialect.listed(at.tasks, "tasks", query, FILTERS, asked, found, shown)
        )

    return await (await call.engine()).read_in_steps(render)


def _order(query: Fields) -> Sequence[Sort[Task]]:
    order = asked_order(query, SORTS)
    names = {part.partition(":")[0].strip() for part in query.all("Ordering")}
    if {"DateCreated", "VirtualStartTime"} <= names:
        raise Invalid("Ordering cannot be by DateCreated and VirtualStartTime together")
    return order


def _filter(state: State, query: Fields, now_ms: int) -> Callable[[Task], bool]:
    """Whether a task is among those that were asked for."""
    statuses = asked_statuses(query, "AssignmentStatus", TaskStatus)
    priority = query.integer("Priority", None)
    target = query.sid("RoutingTarget", ("WK", "WQ", "WW"), None)
    workflows = _wanted(
        query.sid("WorkflowSid", "WW", None),
        query.text("WorkflowName", None),
        {str(workflow.sid): workflow.friendly_name for workflow in state.workflows.values()},
    )
    queues = _wanted(
        query.sid("TaskQueueSid", "WQ", None),
        query.text("TaskQueueName", None),
        {str(queue.sid): queue.friendly_name for queue in state.task_queues.values()},
    )
    expression = query.text("EvaluateTaskAttributes", None)
    holds = None
    if expression is not None:
        filter_ = condition(expression, "EvaluateTaskAttributes", Scope.FILTER)
        holds = task_test(state, filter_, now_ms)
    if query.boolean("HasAddons", False):
        return lambda task: False  # nothing here ever has any

    def wanted(task: Task) -> bool:
        return (
            (statuses is None or task.status in statuses)
            and (priority is None or task.priority == priority)
            and (workflows is None or task.workflow_sid in workflows)
            and (queues is None or task.task_queue_sid in queues)
            and (target is None or task.routing_target == target)
            and (holds is None or holds(task))
        )

    return wanted


def _wanted(sid: str | None, name: str | None, names: dict[str, str]) -> set[str] | None:
    """The SIDs that a pair of filters allows; None when neither was given.

    A SID counts even when its resource is gone: finished tasks may still name it.
    """
    if name is None:
        return None if sid is None else {sid}
    named = {one for one, its_name in names.items() if its_name == name}
    return named if sid is None else named & {sid}
