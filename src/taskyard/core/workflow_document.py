"""The Configuration of a workflow: read, checked, and ready to route by.

Syntax is checked and names are not: an expression over attributes that nobody has is accepted, a
queue that is not there is refused. Keys the API does not know are accepted and ignored. A key whose
value is null is as good as absent, because some clients write out every key they have.

Source: TaskRouter workflow configuration; what it refuses is not published, and is our choice.
"""

import re
from collections.abc import Callable, Mapping
from typing import Final, Literal, TypeAlias, TypeVar

import msgspec

from .expressions import (
    Condition,
    ExpressionProblem,
    Json,
    Node,
    OrderClause,
    Path,
    Scope,
    attribute_value,
    compile_condition,
    parse,
    parse_order,
    parse_reference,
    printable,
    without_prefix,
)
from .ids import TaskQueueSid, is_sid
from .json_text import JsonProblem, read_json

_MAX_INTEGER: Final = 2**31 - 1
_MAX_EXACT: Final = 2**53
_MAX_SHOWN: Final = 60
_INTEGER: Final = re.compile(r"-?[0-9]{1,100}")
_NAME_KEYS: Final = ("filter_friendly_name", "friendly_name", "friendlyName")
_QUEUE_MISTAKES: Final = ("task_queue_sid", "queue_sid", "queueSid", "task_queue", "Queue")

_Object: TypeAlias = dict[str, Json]
_T = TypeVar("_T")


class DocumentProblem(ValueError):
    """The text is no Configuration that tasks could be routed by.

    Its message is one line: where in the document, what was found there, what was expected.
    """


class KnownWorker(msgspec.Struct, frozen=True, kw_only=True):
    """The one worker that a target wants, by name or by SID.

    Attributes:
        by: What the worker is named by.
        path: Where in the task's attributes the name is found; None if it is written here.
        literal: The SID, if it is written here.
    """

    by: Literal["sid", "friendly_name"]
    path: Path | None
    literal: str | None

    def named_by(self, attributes: Mapping[str, Json]) -> Json:
        """What the task says there, whatever its type; None if it says nothing."""
        return self.literal if self.path is None else attribute_value(self.path)(attributes)


class Target(msgspec.Struct, frozen=True, kw_only=True):
    """One step of a filter, or the default filter.

    Attributes:
        queue_sid: Where the task waits; that of the step before, if the document names none.
        condition: What is asked of a worker beyond the queue's own TargetWorkers.
        priority: What the task's priority becomes on entering; None leaves it as it is.
        timeout_s: What the step adds to the deadline of the one before; None is no deadline.
        order_by: The sort keys for workers, the first one first; empty for the longest idle.
        skip_if: Says whether to leave at once when nobody could be reserved.
        known_worker: The only worker to consider.
    """

    queue_sid: TaskQueueSid
    condition: Node | None
    priority: int | None
    timeout_s: int | None
    order_by: tuple[OrderClause, ...]
    skip_if: Condition | None
    known_worker: KnownWorker | None


class Filter(msgspec.Struct, frozen=True, kw_only=True):
    """Which tasks are meant, and the steps they take.

    Attributes:
        name: Its label, if it has one.
        expression: The condition on tasks, as it was written.
        matches: Says whether it holds.
        targets: The steps in their order, at least one.
    """

    name: str | None
    expression: str
    matches: Condition
    targets: tuple[Target, ...]


class Document(msgspec.Struct, frozen=True, kw_only=True):
    """A Configuration.

    Attributes:
        filters: In the order they are tried.
        default: Where a task goes that no filter matches.
        queue_sids: Every task queue that it names.
    """

    filters: tuple[Filter, ...]
    default: Target | None
    queue_sids: frozenset[TaskQueueSid]


def read_document(text: str, queue_exists: Callable[[str], bool]) -> Document:
    """Read and check a Configuration. How long it may be is for the caller to say.

    Args:
        text: The document, JSON.
        queue_exists: Says whether there is a task queue of that SID.

    Raises:
        DocumentProblem: It is refused.
    """
    try:
        value = read_json(text)
    except JsonProblem as problem:
        raise DocumentProblem(f"the document {problem}") from problem
    return _Reader(queue_exists).document(value)


class _Reader:
    """Walks down one document. A method takes a value and the place where it was found."""

    def __init__(self, queue_exists: Callable[[str], bool]) -> None:
        self._queue_exists = queue_exists
        self._queue_sids: set[TaskQueueSid] = set()

    def document(self, value: Json) -> Document:
        outer = _object(value, "the document")
        if outer.get("task_routing") is None:
            hint = _aside(outer, ("filters", "default_filter"), "belongs inside 'task_routing'")
            raise DocumentProblem(f"task_routing: missing, expected an object{hint}")
        routing = _object(outer["task_routing"], "task_routing")
        filters = self._filters(routing.get("filters"))
        default = routing.get("default_filter")
        if not filters and default is None:
            hint = _aside(outer, ("default_filter",), "belongs inside 'task_routing'")
            raise DocumentProblem(
                f"task_routing: expected at least one filter, or a default_filter{hint}"
            )
        return Document(
            filters=filters,
            default=None if default is None else self._default(default),
            queue_sids=frozenset(self._queue_sids),
        )

    def _filters(self, value: Json) -> tuple[Filter, ...]:
        place = "task_routing.filters"
        found = [] if value is None else _array(value, place)
        return tuple([self._filter(one, f"{place}[{i}]") for i, one in enumerate(found)])

    def _filter(self, value: Json, place: str) -> Filter:
        found = _object(value, place)
        expression = _string(found.get("expression"), f"{place}.expression")
        condition = _parse(parse, expression, f"{place}.expression")
        names = [found[key] for key in _NAME_KEYS if isinstance(found.get(key), str)]
        targets = _array(found.get("targets"), f"{place}.targets")
        if not targets:
            raise DocumentProblem(f"{place}.targets: empty, expected at least one target")
        return Filter(
            name=str(names[0]) if names else None,
            expression=expression,
            matches=compile_condition(condition, Scope.FILTER),
            targets=tuple(self._targets(targets, f"{place}.targets")),
        )

    def _targets(self, values: list[Json], place: str) -> list[Target]:
        targets: list[Target] = []
        queue_sid = None
        for index, value in enumerate(values):
            here = f"{place}[{index}]"
            found = _object(value, here)
            queue_sid = self._queue(found, here, inherited=queue_sid)
            timeout = found.get("timeout")
            skip_if = found.get("skip_if")
            targets.append(
                self._target(
                    found,
                    here,
                    queue_sid=queue_sid,
                    timeout_s=None if timeout is None else _timeout(timeout, f"{here}.timeout"),
                    skip_if=None if skip_if is None else _skip_if(skip_if, f"{here}.skip_if"),
                )
            )
        return targets

    def _default(self, value: Json) -> Target:
        """A target too, but tasks stay in it: its timeout and skip_if are not even looked at."""
        place = "task_routing.default_filter"
        found = _object(value, place)
        queue_sid = self._queue(found, place, inherited=None)
        return self._target(found, place, queue_sid=queue_sid, timeout_s=None, skip_if=None)

    def _target(
        self,
        found: _Object,
        place: str,
        *,
        queue_sid: TaskQueueSid,
        timeout_s: int | None,
        skip_if: Condition | None,
    ) -> Target:
        expression = found.get("expression")
        order_by = found.get("order_by")
        priority = found.get("priority")
        return Target(
            queue_sid=queue_sid,
            condition=None if expression is None else _condition(expression, f"{place}.expression"),
            priority=None if priority is None else _priority(priority, f"{place}.priority"),
            timeout_s=timeout_s,
            order_by=() if order_by is None else _order(order_by, f"{place}.order_by"),
            skip_if=skip_if,
            known_worker=_known_worker(found, place),
        )

    def _queue(self, found: _Object, place: str, *, inherited: TaskQueueSid | None) -> TaskQueueSid:
        value = found.get("queue")
        if value is None:
            # Where a queue could be inherited, one under a wrong key would be quietly overlooked;
            # but keys that are not known are accepted, so it is only where none can be.
            if inherited is not None:
                return inherited
            hint = _aside(found, _QUEUE_MISTAKES, "should be called 'queue'")
            raise DocumentProblem(f"{place}.queue: missing, expected the SID of a task queue{hint}")
        if not isinstance(value, str):
            raise _problem(f"{place}.queue", value, "the SID of a task queue")
        if value not in self._queue_sids and not self._queue_exists(value):
            raise _problem(f"{place}.queue", value, "a task queue of this workspace")
        queue_sid = TaskQueueSid(value)
        self._queue_sids.add(queue_sid)
        return queue_sid


def _timeout(value: Json, place: str) -> int:
    number = _integer(value)
    if number is None or number < 1:
        raise _problem(place, value, "a positive integer of seconds")
    return min(number, _MAX_INTEGER)  # no task lives that long, and sums of it stay small


def _priority(value: Json, place: str) -> int:
    number = _integer(value)
    if number is None or not 0 <= number <= _MAX_INTEGER:
        raise _problem(place, value, f"an integer from 0 to {_MAX_INTEGER}")
    return number


def _condition(value: Json, place: str) -> Node:
    return _parse(parse, _string(value, place), place)


def _skip_if(value: Json, place: str) -> Condition:
    return compile_condition(_condition(value, place), Scope.SKIP)


def _order(value: Json, place: str) -> tuple[OrderClause, ...]:
    return _parse(parse_order, _string(value, place), place)


def _known_worker(found: _Object, place: str) -> KnownWorker | None:
    sid = found.get("known_worker_sid")
    name = found.get("known_worker_friendly_name")
    if sid is not None and name is not None:
        raise DocumentProblem(
            f"{place}: both known_worker_sid and known_worker_friendly_name, expected one of them"
        )
    if sid is not None:
        text = _string(sid, f"{place}.known_worker_sid")
        if is_sid(text, "WK"):
            return KnownWorker(by="sid", path=None, literal=text)
        path = _task_path(text, f"{place}.known_worker_sid", " or the SID of a worker")
        return KnownWorker(by="sid", path=path, literal=None)
    if name is not None:
        text = _string(name, f"{place}.known_worker_friendly_name")
        path = _task_path(text, f"{place}.known_worker_friendly_name", "")
        return KnownWorker(by="friendly_name", path=path, literal=None)
    return None


def _task_path(text: str, place: str, alternative: str) -> Path:
    try:
        return without_prefix(parse_reference(text), "task")
    except ExpressionProblem as problem:
        expected = f"a reference to a task attribute such as 'task.agent'{alternative}"
        raise _problem(place, text, expected) from problem


def _parse(parser: Callable[[str], _T], text: str, place: str) -> _T:
    try:
        return parser(text)
    except ExpressionProblem as problem:
        raise DocumentProblem(f"{place}: {problem.message}") from problem


def _object(value: Json, place: str) -> _Object:
    if not isinstance(value, dict):
        raise _problem(place, value, "an object")
    return value


def _array(value: Json, place: str) -> list[Json]:
    if not isinstance(value, list):
        raise _problem(place, value, "an array")
    return value


def _string(value: Json, place: str) -> str:
    if not isinstance(value, str):
        raise _problem(place, value, "a string")
    return value


def _integer(value: Json) -> int | None:
    """The integer that it is or, as official samples have it, that it spells."""
    if isinstance(value, int) and not isinstance(value, bool):
        return value
    if isinstance(value, str) and _INTEGER.fullmatch(value):
        return int(value)
    return None


def _problem(place: str, value: Json, expected: str) -> DocumentProblem:
    return DocumentProblem(f"{place}: {_found(value)}, expected {expected}")


def _found(value: Json) -> str:
    """What stands there, in a few words."""
    if value is None:
        return "missing"
    if isinstance(value, dict):
        return "found an object"
    if isinstance(value, list):
        return "found an array"
    if isinstance(value, int) and abs(value) > _MAX_EXACT:
        return "found a very large number"
    text = printable(msgspec.json.encode(value).decode())
    return f"found {text if len(text) <= _MAX_SHOWN else text[: _MAX_SHOWN - 3] + '...'}"


def _aside(found: _Object, keys: tuple[str, ...], advice: str) -> str:
    """Advice, if one of these keys is where it does not belong."""
    return next((f" ('{key}' {advice})" for key in keys if key in found), "")
