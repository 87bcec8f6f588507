"""Which names an expression may use depends on where it stands: here a name finds its value."""

from collections.abc import Callable, Mapping
from enum import Enum
from typing import Final, TypeAlias

from .facts import Facts, Json, TaskFacts, WorkerFacts
from .moment import BY_NAME
from .syntax import Path, Reference

Getter: TypeAlias = Callable[[Facts], Json]


class Scope(Enum):
    """Where an expression stands."""

    QUEUE = "TargetWorkers, and the expression that workers are listed by"
    FILTER = "the filter of a workflow, and the expression that tasks are listed by"
    TARGET = "the target of a workflow"
    SKIP = "skip_if"
    ORDER = "order_by"


class Source(Enum):
    """What a reference looks at."""

    WORKER = "the worker's attributes, then fields and channels"
    TASK = "the task's attributes, then fields"
    TASK_ATTRIBUTES = "the task's attributes alone"
    CLOCK = "the time of day"
    STAFFING = "the queue's workers, counted"
    NOTHING = "nothing: it is null"


# What a bare name means, and what the prefixes mean. What is no prefix is a bare name: `task.x` in
# TargetWorkers is the `x` in a worker's attribute called `task`.
_BARE: Final = {
    Scope.QUEUE: Source.WORKER,
    Scope.ORDER: Source.WORKER,
    Scope.FILTER: Source.TASK_ATTRIBUTES,
    Scope.TARGET: Source.NOTHING,
    Scope.SKIP: Source.NOTHING,
}
_PREFIXED: Final[dict[Scope, dict[str, Source]]] = {
    Scope.QUEUE: {"worker": Source.WORKER, "taskrouter": Source.NOTHING},
    Scope.ORDER: {"worker": Source.WORKER, "taskrouter": Source.NOTHING},
    Scope.FILTER: {
        "task": Source.TASK,
        "worker": Source.NOTHING,
        "taskrouter": Source.CLOCK,
    },
    Scope.TARGET: {
        "task": Source.TASK,
        "worker": Source.WORKER,
        "taskrouter": Source.CLOCK,
    },
    Scope.SKIP: {
        "task": Source.TASK,
        "workers": Source.STAFFING,
        "taskrouter": Source.CLOCK,
    },
}


def resolve(reference: Reference, scope: Scope) -> tuple[Source, Path]:
    """What the reference looks at in that scope, and the path below the prefix.

    Whatever can only be null, such as a misspelt `taskrouter.` name, is NOTHING.
    """
    path = reference.path
    # A prefix is one only before a name: `task` alone, or `task[0]`, is an attribute called task.
    if len(path) > 1 and isinstance(path[1], str):
        source = _PREFIXED[scope].get(str(path[0]))
        if source is not None:
            path = path[1:]
            if source is Source.CLOCK and (len(path) > 1 or path[0] not in BY_NAME):
                return Source.NOTHING, path
            if source is Source.STAFFING and len(path) > 1:
                return Source.NOTHING, path
            return source, path
    return _BARE[scope], path


def getter(reference: Reference, scope: Scope) -> Getter:
    """How to get the value of the reference in that scope."""
    source, path = resolve(reference, scope)
    if source is Source.WORKER:
        return _of_worker(worker_value(path))
    if source is Source.TASK:
        return _of_task(task_value(path))
    if source is Source.TASK_ATTRIBUTES:
        return _of_attributes(attribute_value(path))
    if source is Source.CLOCK:
        return _of_clock(BY_NAME[str(path[0])])
    if source is Source.STAFFING:
        return _of_staffing(str(path[0]))
    return _nothing


def worker_value(path: Path) -> Callable[[WorkerFacts], Json]:
    """How to get what lies at the path below a worker.

    An attribute wins over a field or channel of the same name, even if it is null.
    """
    if len(path) == 1:
        return _worker_name(str(path[0]))
    find = _finder(path)
    match path:
        case ("channel", str(unique_name), str(item)):

            def channel(worker: WorkerFacts) -> Json:
                value = find(worker.attributes)
                return worker.channel(unique_name, item) if value is Absent.ABSENT else value

            return channel
    return lambda worker: _or_null(find(worker.attributes))


def task_value(path: Path) -> Callable[[TaskFacts], Json]:
    """How to get what lies at the path below a task: an attribute, or else a field."""
    if len(path) == 1:
        return _task_name(str(path[0]))
    find = _finder(path)
    return lambda task: _or_null(find(task.attributes))


def attribute_value(path: Path) -> Callable[[Mapping[str, Json]], Json]:
    """How to get what lies at the path in a task's attributes, where its fields do not count."""
    if len(path) == 1:
        name = str(path[0])
        return lambda attributes: attributes.get(name)
    find = _finder(path)
    return lambda attributes: _or_null(find(attributes))


class Absent(Enum):
    """Where a path leads nowhere, as against to a null."""

    ABSENT = 1


def _or_null(value: Json | Absent) -> Json:
    return None if value is Absent.ABSENT else value


def _finder(path: Path) -> Callable[[Mapping[str, Json]], Json | Absent]:
    """Follow the path step by step: names into objects, indexes into arrays."""
    first, rest = str(path[0]), path[1:]

    def find(attributes: Mapping[str, Json]) -> Json | Absent:
        if first not in attributes:
            return Absent.ABSENT
        value = attributes[first]
        for step in rest:
            if isinstance(step, str):
                if not isinstance(value, dict) or step not in value:
                    return Absent.ABSENT
                value = value[step]
            else:
                if not isinstance(value, list) or step >= len(value):
                    return Absent.ABSENT
                value = value[step]
        return value

    return find


def _worker_name(name: str) -> Callable[[WorkerFacts], Json]:
    def get(worker: WorkerFacts) -> Json:
        attributes = worker.attributes
        return attributes[name] if name in attributes else worker.field(name)

    return get


def _task_name(name: str) -> Callable[[TaskFacts], Json]:
    def get(task: TaskFacts) -> Json:
        attributes = task.attributes
        return attributes[name] if name in attributes else task.field(name)

    return get


def _of_worker(get: Callable[[WorkerFacts], Json]) -> Getter:
    return lambda facts: None if facts.worker is None else get(facts.worker)


def _of_task(get: Callable[[TaskFacts], Json]) -> Getter:
    return lambda facts: None if facts.task is None else get(facts.task)


def _of_attributes(get: Callable[[Mapping[str, Json]], Json]) -> Getter:
    return lambda facts: None if facts.task is None else get(facts.task.attributes)


def _of_clock(say: Callable[[int], int | str]) -> Getter:
    return lambda facts: say(facts.now_ms)


def _of_staffing(name: str) -> Getter:
    return lambda facts: None if facts.staffing is None else facts.staffing.count(name)


def _nothing(facts: Facts) -> Json:
    return None
