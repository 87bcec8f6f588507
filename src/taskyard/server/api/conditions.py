"""List filters that are expressions, or that ask whom an expression matches.

Source: TaskRouter API, the list parameters TargetWorkersExpression, TaskQueueSid (of workers),
EvaluateTaskAttributes, WorkerSid and EvaluateWorkerAttributes (of task queues).
"""

from collections.abc import Callable, Iterable, Mapping

from taskyard.core.errors import Invalid
from taskyard.core.expressions import (
    Condition,
    ExpressionProblem,
    Facts,
    Json,
    Scope,
    WorkerFacts,
    compile_condition,
    parse,
)
from taskyard.core.json_text import JsonProblem, read_json
from taskyard.core.model import Task, TaskQueue, Worker
from taskyard.core.state import State
from taskyard.core.subjects import TaskSubject, WorkerSubject


class Stranger:
    """A worker who does not exist: attributes that a caller made up, and nothing else."""

    def __init__(self, attributes: Mapping[str, Json]) -> None:
        self.attributes = attributes

    def field(self, name: str) -> Json:
        """Has no fields."""
        return None

    def channel(self, unique_name: str, item: str) -> Json:
        """Has no channels."""
        return None


def condition(text: str, name: str, scope: Scope) -> Condition:
    """What an expression says.

    Raises:
        Invalid: It cannot be read; `name` is the parameter that the message blames.
    """
    try:
        return compile_condition(parse(text), scope)
    except ExpressionProblem as problem:
        raise Invalid(f"{name}: {problem}") from problem


def worker_test(state: State, conditions: Iterable[Condition]) -> Callable[[Worker], bool]:
    """Whether all of these conditions hold of a worker."""
    all_of = list(conditions)
    facts = Facts()

    def test(worker: Worker) -> bool:
        facts.worker = WorkerSubject(state, worker)
        return all(holds(facts) for holds in all_of)

    return test


def task_test(state: State, holds: Condition, now_ms: int) -> Callable[[Task], bool]:
    """Whether a condition holds of a task as of an instant."""
    facts = Facts(now_ms=now_ms)

    def test(task: Task) -> bool:
        facts.task = TaskSubject(state, task, now_ms)
        return holds(facts)

    return test


def serves(queue: TaskQueue, worker: WorkerFacts) -> bool:
    """Whether a task queue is for this worker."""
    return for_queue(queue)(Facts(worker=worker))


def for_queue(queue: TaskQueue) -> Condition:
    """Whether a worker is one whom this task queue is for; an empty expression matches nobody."""
    if not queue.target_workers.strip():
        return lambda facts: False
    return condition(queue.target_workers, "TargetWorkers", Scope.QUEUE)


def stranger(attributes: str, name: str) -> Stranger:
    """A made-up worker with these attributes, which are JSON text.

    Raises:
        Invalid: The text is no JSON object; `name` is the parameter that the message blames.
    """
    try:
        decoded = read_json(attributes)
    except JsonProblem as problem:
        raise Invalid(f"{name} {problem}") from problem
    if not isinstance(decoded, dict):
        raise Invalid(f"{name} must be a JSON object of worker attributes")
    return Stranger(decoded)
