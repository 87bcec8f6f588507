"""`/taskyard/v1/Workspaces/{sid}/Validations`: what saving would say, with nothing saved.

An editor asks here while somebody types: where a mistake is, and how many workers an expression is
for. That is an answer like any other, so what is not valid is told with 200 as well.
"""

import re
from collections.abc import Sequence

import msgspec

from taskyard.core.errors import Invalid
from taskyard.core.expressions import ExpressionProblem, Scope, compile_condition, parse
from taskyard.core.limits import Limits
from taskyard.core.model import Worker
from taskyard.core.state import State
from taskyard.core.steps import Steps
from taskyard.core.workflow_document import DocumentProblem, read_document
from taskyard.engine import WorkspaceEngine
from taskyard.server.api.conditions import worker_test
from taskyard.server.api.forms import Fields

_FIELDS = ("TargetWorkers", "Configuration")
_WORKERS_AT_A_STEP = 500
_PLACED = re.compile(r"(task_routing[\w.\[\]]*): (.+)", re.DOTALL)


class ProblemBody(msgspec.Struct, gc=False):
    """What is wrong with a text."""

    message: str
    place: str | None
    """In a workflow document, such as `task_routing.filters[0].expression`; None in no part."""
    position: int | None
    """In an expression: index of the character where the problem begins, counted from 0."""


class ValidationBody(msgspec.Struct, gc=False):
    """What a field would be told on being saved."""

    field: str
    valid: bool
    problem: ProblemBody | None = None
    matching_workers: int | None = None
    """Of TargetWorkers that can be read: how many workers it is for now."""
    available_workers: int | None = None
    """How many of them are available."""


def field_of(form: Fields) -> str:
    """The one field that is to be validated.

    Raises:
        Invalid: There is none, or there are two.
    """
    sent = [name for name in _FIELDS if form.text(name, None) is not None]
    if len(sent) != 1:
        found = "both" if sent else "neither"
        raise Invalid(f"one of TargetWorkers and Configuration is required, not {found}")
    return sent[0]


def list_read_for(field: str) -> str:
    """The list below the workspace that the answer about a field tells something of."""
    return "Workers" if field == "TargetWorkers" else "TaskQueues"


async def validate(engine: WorkspaceEngine, form: Fields, limits: Limits) -> bytes:
    """The JSON of what saving one field would say.

    Args:
        engine: Of the workspace that it would be saved in.
        form: `TargetWorkers` of a task queue, or `Configuration` of a workflow.
        limits: How long a configuration may be.

    Raises:
        Invalid: There is not one field to look at.
        StoreError: The workspace cannot be read.
    """
    field = field_of(form)
    text = form.required(field)
    if field == "TargetWorkers":
        body = await engine.read_in_steps(lambda state, _: _target_workers(state, text))
    else:
        body = await engine.read(lambda state, _: _configuration(state, text, limits))
    return msgspec.json.encode(body)


def _target_workers(state: State, text: str) -> Steps[ValidationBody]:
    workers: Sequence[Worker] = ()
    matching = available = 0
    if text.strip():  # an empty one matches nobody
        try:
            qualifies = worker_test(state, [compile_condition(parse(text), Scope.QUEUE)])
        except ExpressionProblem as problem:
            said = ProblemBody(str(problem), None, problem.position)
            return ValidationBody("TargetWorkers", False, said)
        workers = [*state.workers.values()]
    for begin in range(0, len(workers), _WORKERS_AT_A_STEP):
        for worker in workers[begin : begin + _WORKERS_AT_A_STEP]:
            if worker.sid in state.workers and qualifies(worker):
                matching += 1
                available += state.activities[worker.activity_sid].available
        yield
    return ValidationBody("TargetWorkers", True, None, matching, available)


def _configuration(state: State, text: str, limits: Limits) -> ValidationBody:
    size = len(text.encode("utf-8", "surrogatepass"))
    if size > limits.configuration_bytes:
        at_most = limits.configuration_bytes
        message = f"Configuration has {size} bytes: at most {at_most} are allowed"
        return ValidationBody("Configuration", False, ProblemBody(message, None, None))
    try:
        read_document(text, state.task_queues.__contains__)
    except DocumentProblem as problem:
        found = _PLACED.fullmatch(str(problem))
        place, message = (None, str(problem)) if found is None else (found[1], found[2])
        return ValidationBody("Configuration", False, ProblemBody(message, place, None))
    return ValidationBody("Configuration", True)
