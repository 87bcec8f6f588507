"""`/Workspaces/{WorkspaceSid}/TaskQueues`."""

from collections.abc import Iterator

import msgspec

from taskyard.core.commands import CreateTaskQueue, DeleteTaskQueue, UpdateTaskQueue
from taskyard.core.dates import date
from taskyard.core.errors import NotFound
from taskyard.core.expressions import WorkerFacts
from taskyard.core.ids import ActivitySid, TaskQueueSid, WorkerSid
from taskyard.core.machine import Decided
from taskyard.core.model import TaskOrder, TaskQueue
from taskyard.core.state import State
from taskyard.core.subjects import WorkerSubject

from .addresses import Addresses
from .calls import Answer, Call, no_content
from .conditions import serves, stranger
from .forms import Fields
from .operations import operation
from .orderings import asked_order
from .page_tokens import Sort
from .pages import page_of
from .parameters import choice, integer, ordering, sid, sid_filter, text

FILTERS = ("FriendlyName", "WorkerSid", "EvaluateWorkerAttributes", "Ordering")
SORTS: dict[str, Sort[TaskQueue]] = {
    "DateCreated": Sort(lambda queue: queue.created_ms, of_time=True),
    "DateUpdated": Sort(lambda queue: queue.updated_ms, of_time=True),
    "FriendlyName": Sort(lambda queue: queue.friendly_name),
}


class TaskQueueLinks(msgspec.Struct, gc=False):
    """Where a task queue leads."""

    assignment_activity: str | None
    reservation_activity: str | None
    workspace: str
    statistics: str
    real_time_statistics: str
    cumulative_statistics: str
    list_statistics: str
    bulk_real_time_statistics: str


class TaskQueueBody(msgspec.Struct, gc=False):
    """A task queue on the wire."""

    account_sid: str
    assignment_activity_sid: str | None
    assignment_activity_name: str | None
    date_created: str
    date_updated: str
    friendly_name: str
    max_reserved_workers: int
    reservation_activity_sid: str | None
    reservation_activity_name: str | None
    sid: str
    target_workers: str
    task_order: str
    url: str
    workspace_sid: str
    links: TaskQueueLinks


def task_queue_body(state: State, queue: TaskQueue, at: Addresses) -> TaskQueueBody:
    """A task queue as callers see it, with the names of its activities as they are now."""
    url = f"{at.task_queues}/{queue.sid}"
    assignment, reservation = queue.assignment_activity_sid, queue.reservation_activity_sid
    return TaskQueueBody(
        account_sid=state.workspace.account_sid,
        assignment_activity_sid=assignment,
        assignment_activity_name=_activity_name(state, assignment),
        date_created=date(queue.created_ms),
        date_updated=date(queue.updated_ms),
        friendly_name=queue.friendly_name,
        max_reserved_workers=queue.max_reserved_workers,
        reservation_activity_sid=reservation,
        reservation_activity_name=_activity_name(state, reservation),
        sid=queue.sid,
        target_workers=queue.target_workers,
        task_order=queue.task_order,
        url=url,
        workspace_sid=state.workspace.sid,
        links=TaskQueueLinks(
            assignment_activity=None if assignment is None else f"{at.activities}/{assignment}",
            reservation_activity=None if reservation is None else f"{at.activities}/{reservation}",
            workspace=at.workspace,
            statistics=f"{url}/Statistics",
            real_time_statistics=f"{url}/RealTimeStatistics",
            cumulative_statistics=f"{url}/CumulativeStatistics",
            list_statistics=f"{at.task_queues}/Statistics",
            bulk_real_time_statistics=f"{at.task_queues}/RealTimeStatistics",
        ),
    )


def _activity_name(state: State, sid: ActivitySid | None) -> str | None:
    return None if sid is None else state.activities[sid].friendly_name


def _shown(state: State, sid: str, call: Call, status: int = 200) -> Answer:
    queue = state.task_queues.get(TaskQueueSid(sid))
    if queue is None:
        raise NotFound("task queue", sid)
    shown = call.shape(task_queue_body)(state, queue, call.addresses)
    return Answer(status, msgspec.json.encode(shown), queue.version)


@operation(
    "CreateTaskQueue",
    TaskQueueBody,
    form=(
        text(
            "FriendlyName",
            "Its name.",
            required=True,
            limit="long_friendly_name_characters",
            filled=True,
        ),
        text(
            "TargetWorkers",
            "Which workers it is for, as an expression; an empty one matches nobody.",
            absent="1==1",
        ),
        integer(
            "MaxReservedWorkers",
            "How many workers a task is offered to at once.",
            1,
            limit="max_reserved_workers",
            absent=1,
        ),
        choice("TaskOrder", "Which end is served first.", TaskOrder, TaskOrder.FIFO),
        sid("ReservationActivitySid", "The activity of workers who are offered a task.", "WA"),
        sid("AssignmentActivitySid", "The activity of workers who have accepted a task.", "WA"),
    ),
    has_etag=True,
)
async def create(call: Call) -> Answer:
    """Add a task queue."""
    form = call.form
    command = CreateTaskQueue(
        friendly_name=form.required("FriendlyName"),
        target_workers=form.text("TargetWorkers", "1==1"),
        max_reserved_workers=form.integer("MaxReservedWorkers", 1),
        task_order=form.filled("TaskOrder", TaskOrder.FIFO),
        reservation_activity_sid=form.filled("ReservationActivitySid", None),
        assignment_activity_sid=form.filled("AssignmentActivitySid", None),
    )

    def render(state: State, decided: Decided) -> Answer:
        return _shown(state, decided.sid, call, 201)

    return await call.ask(command, render)


@operation("FetchTaskQueue", TaskQueueBody, has_etag=True)
async def fetch(call: Call) -> Answer:
    """Show a task queue."""
    sid = call.sids[1]
    return await (await call.engine()).read(lambda state, _: _shown(state, sid, call))


@operation(
    "UpdateTaskQueue",
    TaskQueueBody,
    form=(
        text("FriendlyName", "Its name.", limit="long_friendly_name_characters", filled=True),
        text(
            "TargetWorkers",
            "Which workers it is for, as an expression; an empty one matches nobody.",
        ),
        integer(
            "MaxReservedWorkers",
            "How many workers a task is offered to at once.",
            1,
            limit="max_reserved_workers",
        ),
        choice("TaskOrder", "Which end is served first.", TaskOrder),
        sid(
            "ReservationActivitySid",
            "The activity of workers who are offered a task; empty for none.",
            "WA",
            clears=True,
        ),
        sid(
            "AssignmentActivitySid",
            "The activity of workers who have accepted a task; empty for none.",
            "WA",
            clears=True,
        ),
    ),
    has_etag=True,
    honours_if_match=True,
)
async def update(call: Call) -> Answer:
    """Change a task queue. An empty activity SID takes the activity away."""
    form, sid = call.form, call.sids[1]
    command = UpdateTaskQueue(
        task_queue_sid=sid,
        friendly_name=form.text("FriendlyName", msgspec.UNSET),
        target_workers=form.text("TargetWorkers", msgspec.UNSET),
        max_reserved_workers=form.integer("MaxReservedWorkers", msgspec.UNSET),
        task_order=form.text("TaskOrder", msgspec.UNSET),
        reservation_activity_sid=form.clearable("ReservationActivitySid"),
        assignment_activity_sid=form.clearable("AssignmentActivitySid"),
        expected_version=call.expected_version,
    )
    return await call.ask(
        command,
        lambda state, _: _shown(state, sid, call),
    )


@operation("DeleteTaskQueue", honours_if_match=True)
async def delete(call: Call) -> Answer:
    """Remove a task queue that nothing uses."""
    command = DeleteTaskQueue(task_queue_sid=call.sids[1], expected_version=call.expected_version)
    return await call.ask(command, no_content)


@operation(
    "ListTaskQueue",
    TaskQueueBody,
    key="task_queues",
    query=(
        text("FriendlyName", "Only those of this name."),
        sid_filter("WorkerSid", "Only those that serve this worker.", "WK"),
        text(
            "EvaluateWorkerAttributes",
            "Only those that would serve a worker of these attributes.",
            media_type="application/json",
        ),
        ordering(SORTS),
    ),
)
async def list_(call: Call) -> Answer:
    """Show the task queues."""
    query, at, shape = call.query, call.addresses, call.shape(task_queue_body)
    asked, order = call.dialect.asked_page(query), asked_order(query, SORTS)

    def render(state: State, now_ms: int) -> Answer:
        found = page_of(_filtered(state, query), order, asked, state.task_queues)
        shown = [shape(state, queue, at) for queue in found.items]
        return Answer(
            200,
            call.dialect.listed(at.task_queues, "task_queues", query, FILTERS, asked, found, shown),
        )

    return await (await call.engine()).read(render)


def _filtered(state: State, query: Fields) -> Iterator[TaskQueue]:
    name = query.text("FriendlyName", None)
    worker_sid = query.sid("WorkerSid", "WK", None)
    attributes = query.filled("EvaluateWorkerAttributes", None)
    workers: list[WorkerFacts] = []
    if worker_sid is not None:
        worker = state.workers.get(WorkerSid(worker_sid))
        if worker is None:
            return
        workers.append(WorkerSubject(state, worker))
    if attributes is not None:
        workers.append(stranger(attributes, "EvaluateWorkerAttributes"))
    for queue in state.task_queues.values():
        if name is not None and queue.friendly_name != name:
            continue
        if all(serves(queue, one) for one in workers):
            yield queue
