"""`/Workspaces/{WorkspaceSid}/Workflows`."""

from collections.abc import Iterator

import msgspec

from taskyard.core.commands import CreateWorkflow, DeleteWorkflow, UpdateWorkflow
from taskyard.core.dates import date
from taskyard.core.errors import NotFound
from taskyard.core.ids import WorkflowSid
from taskyard.core.machine import Decided
from taskyard.core.model import Workflow
from taskyard.core.state import State

from .addresses import Addresses
from .calls import Answer, Call, no_content
from .forms import Fields
from .operations import operation
from .pages import page_of
from .parameters import boolean, integer, text

FILTERS = ("FriendlyName",)


class WorkflowLinks(msgspec.Struct, gc=False):
    """Where a workflow leads."""

    workspace: str
    statistics: str
    real_time_statistics: str
    cumulative_statistics: str


class WorkflowBody(msgspec.Struct, gc=False):
    """A workflow on the wire."""

    account_sid: str
    assignment_callback_url: str
    configuration: str
    date_created: str
    date_updated: str
    document_content_type: str
    fallback_assignment_callback_url: str
    friendly_name: str
    sid: str
    task_reservation_timeout: int
    workspace_sid: str
    url: str
    links: WorkflowLinks


def workflow_body(state: State, workflow: Workflow, at: Addresses) -> WorkflowBody:
    """A workflow as callers see it, with its current configuration."""
    url = f"{at.workflows}/{workflow.sid}"
    return WorkflowBody(
        account_sid=state.workspace.account_sid,
        assignment_callback_url=workflow.assignment_callback_url,
        configuration=workflow.configurations[workflow.configuration_version],
        date_created=date(workflow.created_ms),
        date_updated=date(workflow.updated_ms),
        document_content_type="application/json",
        fallback_assignment_callback_url=workflow.fallback_assignment_callback_url,
        friendly_name=workflow.friendly_name,
        sid=workflow.sid,
        task_reservation_timeout=workflow.task_reservation_timeout_s,
        workspace_sid=state.workspace.sid,
        url=url,
        links=WorkflowLinks(
            workspace=at.workspace,
            statistics=f"{url}/Statistics",
            real_time_statistics=f"{url}/RealTimeStatistics",
            cumulative_statistics=f"{url}/CumulativeStatistics",
        ),
    )


def _shown(state: State, sid: str, at: Addresses, status: int) -> Answer:
    workflow = state.workflows.get(WorkflowSid(sid))
    if workflow is None:
        raise NotFound("workflow", sid)
    return Answer(status, msgspec.json.encode(workflow_body(state, workflow, at)), workflow.version)


@operation(
    "CreateWorkflow",
    WorkflowBody,
    form=(
        text(
            "FriendlyName",
            "Its name.",
            required=True,
            limit="long_friendly_name_characters",
            filled=True,
        ),
        text(
            "Configuration",
            "Its rules: a workflow document, as JSON text.",
            required=True,
            media_type="application/json",
        ),
        text(
            "AssignmentCallbackUrl",
            "Whom to ask about each offer; nobody, if it is empty.",
        ),
        text("FallbackAssignmentCallbackUrl", "Whom to ask when the first does not answer."),
        integer(
            "TaskReservationTimeout",
            "Seconds that an offer stays open.",
            1,
            limit="reservation_timeout_s",
            absent=120,
        ),
    ),
    has_etag=True,
)
async def create(call: Call) -> Answer:
    """Add a workflow."""
    form, at = call.form, call.addresses
    command = CreateWorkflow(
        friendly_name=form.required("FriendlyName"),
        configuration=form.required("Configuration"),
        assignment_callback_url=form.text("AssignmentCallbackUrl", ""),
        fallback_assignment_callback_url=form.text("FallbackAssignmentCallbackUrl", ""),
        task_reservation_timeout_s=form.integer("TaskReservationTimeout", 120),
    )

    def render(state: State, decided: Decided) -> Answer:
        return _shown(state, decided.sid, at, 201)

    return await call.ask(command, render)


@operation("FetchWorkflow", WorkflowBody, has_etag=True)
async def fetch(call: Call) -> Answer:
    """Show a workflow."""
    at, sid = call.addresses, call.sids[1]
    return await (await call.engine()).read(lambda state, _: _shown(state, sid, at, 200))


@operation(
    "UpdateWorkflow",
    WorkflowBody,
    form=(
        text("FriendlyName", "Its name.", limit="long_friendly_name_characters", filled=True),
        text(
            "Configuration",
            "Its rules: a workflow document, as JSON text.",
            media_type="application/json",
        ),
        text(
            "AssignmentCallbackUrl",
            "Whom to ask about each offer; nobody, if it is empty.",
        ),
        text("FallbackAssignmentCallbackUrl", "Whom to ask when the first does not answer."),
        integer(
            "TaskReservationTimeout",
            "Seconds that an offer stays open.",
            1,
            limit="reservation_timeout_s",
        ),
        boolean(
            "ReEvaluateTasks", "Whether the tasks that wait are sent through the new rules.", False
        ),
    ),
    has_etag=True,
    honours_if_match=True,
)
async def update(call: Call) -> Answer:
    """Change a workflow, and perhaps send its waiting tasks through the new rules."""
    form, at, sid = call.form, call.addresses, call.sids[1]
    command = UpdateWorkflow(
        workflow_sid=sid,
        friendly_name=form.text("FriendlyName", msgspec.UNSET),
        configuration=form.text("Configuration", msgspec.UNSET),
        assignment_callback_url=form.text("AssignmentCallbackUrl", msgspec.UNSET),
        fallback_assignment_callback_url=form.text("FallbackAssignmentCallbackUrl", msgspec.UNSET),
        task_reservation_timeout_s=form.integer("TaskReservationTimeout", msgspec.UNSET),
        re_evaluate_tasks=form.boolean("ReEvaluateTasks", False),
        expected_version=call.expected_version,
    )
    return await call.ask(
        command,
        lambda state, _: _shown(state, sid, at, 200),
    )


@operation("DeleteWorkflow", honours_if_match=True)
async def delete(call: Call) -> Answer:
    """Remove a workflow that holds no waiting task."""
    command = DeleteWorkflow(workflow_sid=call.sids[1], expected_version=call.expected_version)
    return await call.ask(command, no_content)


@operation(
    "ListWorkflow",
    WorkflowBody,
    key="workflows",
    query=(text("FriendlyName", "Only those of this name."),),
)
async def list_(call: Call) -> Answer:
    """Show the workflows."""
    query, at = call.query, call.addresses
    asked = call.dialect.asked_page(query)

    def render(state: State, now_ms: int) -> Answer:
        found = page_of(_filtered(state, query), (), asked, state.workflows)
        shown = [workflow_body(state, workflow, at) for workflow in found.items]
        return Answer(
            200, call.dialect.listed(at.workflows, "workflows", query, FILTERS, asked, found, shown)
        )

    return await (await call.engine()).read(render)


def _filtered(state: State, query: Fields) -> Iterator[Workflow]:
    name = query.text("FriendlyName", None)
    for workflow in state.workflows.values():
        if name is None or workflow.friendly_name == name:
            yield workflow
