"""`/Workspaces/{WorkspaceSid}/Workers`."""

from collections.abc import Callable

import msgspec

from taskyard.core.commands import CreateWorker, DeleteWorker, UpdateWorker
from taskyard.core.dates import date
from taskyard.core.errors import NotFound
from taskyard.core.expressions import Condition, Scope
from taskyard.core.ids import WorkerSid
from taskyard.core.machine import Decided
from taskyard.core.model import Worker
from taskyard.core.state import State
from taskyard.core.steps import Steps

from .addresses import Addresses
from .calls import Answer, Call, no_content
from .conditions import condition, for_queue, worker_test
from .forms import Fields
from .operations import operation
from .orderings import asked_order
from .page_search import page_in_steps
from .page_tokens import Sort
from .pages import rendered_in_steps
from .parameters import boolean, ordering, sid, sid_filter, text

FILTERS = (
    "ActivityName",
    "ActivitySid",
    "Available",
    "FriendlyName",
    "TargetWorkersExpression",
    "TaskQueueName",
    "TaskQueueSid",
    "Ordering",
)
SORTS: dict[str, Sort[Worker]] = {
    "DateCreated": Sort(lambda worker: worker.created_ms, of_time=True),
    "DateUpdated": Sort(lambda worker: worker.updated_ms, of_time=True),
    "DateStatusChanged": Sort(lambda worker: worker.status_changed_ms, of_time=True),
    "FriendlyName": Sort(lambda worker: worker.friendly_name),
}


class WorkerLinks(msgspec.Struct, gc=False):
    """Where a worker leads."""

    channels: str
    activity: str
    workspace: str
    statistics: str
    real_time_statistics: str
    cumulative_statistics: str
    worker_statistics: str
    worker_channels: str
    reservations: str


class WorkerBody(msgspec.Struct, gc=False):
    """A worker on the wire."""

    account_sid: str
    activity_name: str
    activity_sid: str
    attributes: str
    available: bool
    date_created: str
    date_status_changed: str
    date_updated: str
    friendly_name: str
    sid: str
    workspace_sid: str
    url: str
    links: WorkerLinks


def worker_body(state: State, worker: Worker, at: Addresses) -> WorkerBody:
    """A worker as callers see it, with their activity's name and availability as they are now."""
    activity = state.activities[worker.activity_sid]
    url = f"{at.workers}/{worker.sid}"
    channels = f"{url}/Channels"
    return WorkerBody(
        account_sid=state.workspace.account_sid,
        activity_name=activity.friendly_name,
        activity_sid=worker.activity_sid,
        attributes=worker.attributes,
        available=activity.available,
        date_created=date(worker.created_ms),
        date_status_changed=date(worker.status_changed_ms),
        date_updated=date(worker.updated_ms),
        friendly_name=worker.friendly_name,
        sid=worker.sid,
        workspace_sid=state.workspace.sid,
        url=url,
        links=WorkerLinks(
            channels=channels,
            activity=f"{at.activities}/{worker.activity_sid}",
            workspace=at.workspace,
            statistics=f"{at.workers}/Statistics",
            real_time_statistics=f"{at.workers}/RealTimeStatistics",
            cumulative_statistics=f"{at.workers}/CumulativeStatistics",
            worker_statistics=f"{url}/Statistics",
            worker_channels=channels,
            reservations=f"{url}/Reservations",
        ),
    )


def _shown(state: State, sid: str, call: Call, status: int = 200) -> Answer:
    worker = state.workers.get(WorkerSid(sid))
    if worker is None:
        raise NotFound("worker", sid)
    shown = call.shape(worker_body)(state, worker, call.addresses)
    return Answer(status, msgspec.json.encode(shown), worker.version)


@operation(
    "CreateWorker",
    WorkerBody,
    form=(
        text(
            "FriendlyName",
            "Their name, which nobody else has.",
            required=True,
            limit="friendly_name_characters",
            filled=True,
        ),
        sid(
            "ActivitySid",
            "What they begin with; the default activity of the workspace if not sent.",
            "WA",
        ),
        text(
            "Attributes",
            "What is known of them, as a JSON object.",
            absent="{}",
            limit="attributes_characters",
            media_type="application/json",
        ),
    ),
    has_etag=True,
)
async def create(call: Call) -> Answer:
    """Add a worker."""
    form = call.form
    command = CreateWorker(
        friendly_name=form.required("FriendlyName"),
        activity_sid=form.filled("ActivitySid", None),
        attributes=form.filled("Attributes", "{}"),
    )

    def render(state: State, decided: Decided) -> Answer:
        return _shown(state, decided.sid, call, 201)

    return await call.ask(command, render)


@operation("FetchWorker", WorkerBody, has_etag=True)
async def fetch(call: Call) -> Answer:
    """Show a worker."""
    sid = call.sids[1]
    return await (await call.engine()).read(lambda state, _: _shown(state, sid, call))


@operation(
    "UpdateWorker",
    WorkerBody,
    form=(
        text(
            "FriendlyName",
            "Their name, which nobody else has.",
            limit="friendly_name_characters",
            filled=True,
        ),
        sid("ActivitySid", "What they are doing now.", "WA"),
        text(
            "Attributes",
            "What is known of them, as a JSON object.",
            limit="attributes_characters",
            media_type="application/json",
        ),
        boolean(
            "RejectPendingReservations",
            "Whether offers to them are rejected; only with an activity that is not available.",
            False,
        ),
    ),
    has_etag=True,
    honours_if_match=True,
)
async def update(call: Call) -> Answer:
    """Change who a worker is or what they are doing."""
    form, sid = call.form, call.sids[1]
    command = UpdateWorker(
        worker_sid=sid,
        friendly_name=form.text("FriendlyName", msgspec.UNSET),
        activity_sid=form.text("ActivitySid", msgspec.UNSET),
        attributes=form.text("Attributes", msgspec.UNSET),
        reject_pending_reservations=form.boolean("RejectPendingReservations", False),
        expected_version=call.expected_version,
    )
    return await call.ask(
        command,
        lambda state, _: _shown(state, sid, call),
    )


@operation("DeleteWorker", honours_if_match=True)
async def delete(call: Call) -> Answer:
    """Remove a worker who has no accepted work."""
    command = DeleteWorker(worker_sid=call.sids[1], expected_version=call.expected_version)
    return await call.ask(command, no_content)


@operation(
    "ListWorker",
    WorkerBody,
    key="workers",
    query=(
        text("ActivityName", "Only those in activities of this name."),
        sid_filter("ActivitySid", "Only those in this activity.", "WA"),
        boolean("Available", "Only those who may, or may not, be offered tasks."),
        text("FriendlyName", "Only the one of this name."),
        text("TargetWorkersExpression", "Only those whom this expression matches."),
        text("TaskQueueName", "Only those whom a task queue of this name is for."),
        sid_filter("TaskQueueSid", "Only those whom this task queue is for.", "WQ"),
        ordering(SORTS),
    ),
)
async def list_(call: Call) -> Answer:
    """Show the workers; the filters combine with AND."""
    query, at, shape = call.query, call.addresses, call.shape(worker_body)
    asked, order = call.dialect.asked_page(query), asked_order(query, SORTS)

    def render(state: State, now_ms: int) -> Steps[Answer]:
        workers, wanted = [*state.workers.values()], _filter(state, query)
        found = yield from page_in_steps(workers, wanted, order, asked, state.workers)
        shown = yield from rendered_in_steps(found.items, lambda worker: shape(state, worker, at))
        return Answer(
            200, call.dialect.listed(at.workers, "workers", query, FILTERS, asked, found, shown)
        )

    return await (await call.engine()).read_in_steps(render)


def _filter(state: State, query: Fields) -> Callable[[Worker], bool]:
    """Whether a worker is among those who were asked for."""
    name = query.text("FriendlyName", None)
    activity_sid = query.sid("ActivitySid", "WA", None)
    activity_name = query.text("ActivityName", None)
    available = query.boolean("Available", None)
    activities = {
        activity.sid
        for activity in state.activities.values()
        if (activity_sid is None or activity.sid == activity_sid)
        and (activity_name is None or activity.friendly_name == activity_name)
        and (available is None or activity.available is available)
    }
    conditions = _conditions(state, query)
    qualifies = None if conditions is None else worker_test(state, conditions)

    def wanted(worker: Worker) -> bool:
        return (
            worker.activity_sid in activities
            and (name is None or worker.friendly_name == name)
            and (qualifies is None or qualifies(worker))
        )

    return wanted


def _conditions(state: State, query: Fields) -> list[Condition] | None:
    """What the workers must fulfil besides; None for nothing."""
    expression = query.text("TargetWorkersExpression", None)
    queue_sid = query.sid("TaskQueueSid", "WQ", None)
    queue_name = query.text("TaskQueueName", None)
    conditions: list[Condition] = []
    if expression is not None:
        conditions.append(condition(expression, "TargetWorkersExpression", Scope.QUEUE))
    if queue_sid is not None or queue_name is not None:
        # A name may belong to several task queues, an unknown SID or name to none.
        queues = [
            for_queue(queue)
            for queue in state.task_queues.values()
            if queue_sid in (None, queue.sid) and queue_name in (None, queue.friendly_name)
        ]
        conditions.append(lambda facts: any(holds(facts) for holds in queues))
    return conditions or None
