"""The rules that choose a task queue."""

from msgspec import UNSET

from taskyard.core.commands import CreateWorkflow, DeleteWorkflow, UpdateWorkflow
from taskyard.core.errors import Conflict, Invalid, LimitReached, NotFound
from taskyard.core.events import WorkflowCreated, WorkflowDeleted, WorkflowUpdated
from taskyard.core.ids import WorkflowSid
from taskyard.core.json_text import compact
from taskyard.core.model import Workflow
from taskyard.core.state import State
from taskyard.core.workflow_document import DocumentProblem, read_document

from . import checks
from .turn import Turn


def create(turn: Turn, command: CreateWorkflow) -> str:
    """Add a workflow."""
    state, limits = turn.state, turn.limits
    name = checks.friendly_name(command.friendly_name, limits.long_friendly_name_characters)
    configuration = _configuration(turn, command.configuration)
    timeout_s = checks.whole_number(
        "TaskReservationTimeout",
        command.task_reservation_timeout_s,
        1,
        limits.reservation_timeout_s,
    )
    url = checks.callback_url("AssignmentCallbackUrl", command.assignment_callback_url, limits)
    fallback_url = checks.callback_url(
        "FallbackAssignmentCallbackUrl", command.fallback_assignment_callback_url, limits
    )
    if len(state.workflows) >= limits.workflows:
        raise LimitReached(f"a workspace holds at most {limits.workflows} workflows")
    sid = WorkflowSid(turn.mint("WW"))
    turn.emit(WorkflowCreated(sid, name, configuration, url, fallback_url, timeout_s))
    return sid


def update(turn: Turn, command: UpdateWorkflow) -> str:
    """Change a workflow.

    Tasks inside keep the rules they entered under, unless they are to be evaluated again: then
    those that are pending enter anew, and those that are reserved do so when they come back.
    """
    limits = turn.limits
    workflow = _find(turn.state, command.workflow_sid)
    checks.version("workflow", workflow.sid, workflow.version, command.expected_version)
    name = checks.kept(command.friendly_name, workflow.friendly_name)
    checks.friendly_name(name, limits.long_friendly_name_characters)
    configuration = None
    if command.configuration is not UNSET:
        configuration = _configuration(turn, command.configuration)
        if configuration == workflow.configurations[workflow.configuration_version]:
            configuration = None
    timeout_s = checks.kept(command.task_reservation_timeout_s, workflow.task_reservation_timeout_s)
    checks.whole_number("TaskReservationTimeout", timeout_s, 1, limits.reservation_timeout_s)
    url = workflow.assignment_callback_url
    if command.assignment_callback_url is not UNSET:
        url = checks.callback_url("AssignmentCallbackUrl", command.assignment_callback_url, limits)
    fallback_url = workflow.fallback_assignment_callback_url
    if command.fallback_assignment_callback_url is not UNSET:
        fallback_url = checks.callback_url(
            "FallbackAssignmentCallbackUrl", command.fallback_assignment_callback_url, limits
        )
    after = WorkflowUpdated(
        workflow.sid, name, configuration, url, fallback_url, timeout_s, command.re_evaluate_tasks
    )
    before = WorkflowUpdated(
        workflow.sid,
        workflow.friendly_name,
        None,
        workflow.assignment_callback_url,
        workflow.fallback_assignment_callback_url,
        workflow.task_reservation_timeout_s,
        False,
    )
    if after != before:
        turn.emit(after)
    return workflow.sid


def delete(turn: Turn, command: DeleteWorkflow) -> str:
    """Remove a workflow that routes no pending or reserved task."""
    state = turn.state
    workflow = _find(state, command.workflow_sid)
    checks.version("workflow", workflow.sid, workflow.version, command.expected_version)
    routed = sum(count for (sid, _), count in state.routed_by.items() if sid == workflow.sid)
    if routed:
        raise Conflict(
            f"workflow {workflow.sid} cannot be deleted:"
            f" it controls {routed} pending or reserved tasks"
        )
    turn.emit(WorkflowDeleted(workflow.sid))
    turn.rulebook.forget(workflow.sid)
    return workflow.sid


def _find(state: State, sid: str) -> Workflow:
    workflow = state.workflows.get(WorkflowSid(sid))
    if workflow is None:
        raise NotFound("workflow", sid)
    return workflow


def _configuration(turn: Turn, text: str) -> str:
    """A workflow document as it is stored: checked, and without insignificant white space."""
    size = len(text.encode("utf-8", "surrogatepass"))
    if size > turn.limits.configuration_bytes:
        raise Invalid(
            f"Configuration has {size} bytes: at most {turn.limits.configuration_bytes} are allowed"
        )
    try:
        read_document(text, turn.state.task_queues.__contains__)
        return compact(text)
    except DocumentProblem as problem:
        raise Invalid(f"Configuration: {problem}") from problem
