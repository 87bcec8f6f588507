"""Partial evaluation: what a target expression still asks of a worker once the task is known.

The law, which a property test holds us to: for every expression, task and worker,

    compile_condition(node, TARGET)(task and worker)
        == compile_condition(bind(node, task), TARGET)(worker alone)

Tasks whose residuals are equal can be served by the same workers, and wait in one line.
"""

from collections.abc import Callable
from functools import lru_cache
from typing import Final, TypeAlias, assert_never

import msgspec

from .facts import Json, TaskFacts
from .scopes import Scope, Source, resolve, task_value
from .simplify import array_of, comparison, conjunction, disjunction, negation, settle
from .syntax import (
    FALSE,
    TRUE,
    And,
    Comparison,
    Constant,
    Literal,
    Node,
    Not,
    Operand,
    Operator,
    Or,
    Path,
    Reference,
    Truth,
    Values,
)

_Bind: TypeAlias = Callable[[TaskFacts], Node]
_Value: TypeAlias = Callable[[TaskFacts], Json]

_TASK_SOURCES: Final = {Source.TASK, Source.TASK_ATTRIBUTES}
_ACTIVITY: Final = {"activity_sid", "activity_name", "available"}
_IDENTITY: Final = {"sid", "friendly_name"}
_COUNTERS: Final = {"assigned_tasks"}


class Dependencies(msgspec.Struct, frozen=True, kw_only=True):
    """What may change the answer of a condition on workers.

    An attribute stands before a field of its name, so whoever reads a field reads attributes too.

    Attributes:
        attributes: The attributes of the worker.
        activity: What the worker is doing.
        identity: The SID and the friendly name of the worker.
        counters: How many tasks the worker has, and of how many: on a channel or in all.
        clock: The time of day.
    """

    attributes: bool = False
    activity: bool = False
    identity: bool = False
    counters: bool = False
    clock: bool = False


def bind(node: Node, facts: TaskFacts) -> Node:
    """What is left of a target expression for this task: it names workers and the clock alone."""
    return _binder(node)(facts)


def references(node: Node) -> frozenset[Reference]:
    """All references in the tree."""
    found: set[Reference] = set()
    waiting: list[Node | Operand] = [node]
    while waiting:
        one = waiting.pop()
        match one:
            case Reference():
                found.add(one)
            case And(items) | Or(items) | Values(items):
                waiting.extend(items)
            case Comparison(_, left, right):
                waiting += (left, right)
            case Not(inner) | Truth(inner):
                waiting.append(inner)
            case Literal() | Constant():
                pass
            case _:
                assert_never(one)
    return frozenset(found)


def names_task(node: Node, scope: Scope) -> frozenset[Path]:
    """The paths, below the task, that the condition looks at. Without any, binding changes nothing.

    (It still brings the condition into normal form.)
    """
    resolved = [resolve(reference, scope) for reference in references(node)]
    return frozenset([path for source, path in resolved if source in _TASK_SOURCES])


def worker_dependencies(node: Node, scope: Scope) -> Dependencies:
    """What has to change about a worker, or the clock, before the answer can."""
    attributes = activity = identity = counters = clock = False
    for reference in references(node):
        source, path = resolve(reference, scope)
        if source is Source.CLOCK:
            clock = True
        if source is not Source.WORKER:
            continue
        attributes = True
        if len(path) == 1:
            activity = activity or path[0] in _ACTIVITY
            identity = identity or path[0] in _IDENTITY
            counters = counters or path[0] in _COUNTERS
        elif path[0] == "channel" and len(path) == 3:
            counters = True
    return Dependencies(
        attributes=attributes,
        activity=activity,
        identity=identity,
        counters=counters,
        clock=clock,
    )


@lru_cache(maxsize=4096)
def _binder(node: Node) -> _Bind:
    """The binding of one expression, prepared: what names no task is settled once for all."""
    settled = settle(node, Scope.TARGET)
    return _bind_node(settled) or (lambda task: settled)


def _bind_node(node: Node) -> _Bind | None:
    """How to bind a settled condition to a task; None if it names none."""
    match node:
        case Comparison():
            return _bind_comparison(node)
        case And(items):
            parts = [(item, _bind_node(item)) for item in items]
            return _bind_all(parts, conjunction, decided_by=FALSE)
        case Or(items):
            parts = [(item, _bind_node(item)) for item in items]
            return _bind_all(parts, disjunction, decided_by=TRUE)
        case Not(condition):
            inner = _bind_node(condition)
            return inner and (lambda task: negation(inner(task)))
        case Constant():
            return None
        case Truth():
            raise AssertionError("a settled condition has no bare operands")
    assert_never(node)


def _bind_all(
    parts: list[tuple[Node, _Bind | None]],
    join: Callable[[list[Node]], Node],
    decided_by: Constant,
) -> _Bind | None:
    """How to bind what is joined by AND or OR, up to the first part that decides it."""
    if not any(bind for _, bind in parts):
        return None

    def bind_all(task: TaskFacts) -> Node:
        rest: list[Node] = []
        for part, bind in parts:
            if bind is not None:
                part = bind(task)
                if part is decided_by:
                    return part
            rest.append(part)
        return join(rest)

    return bind_all


def _bind_comparison(node: Comparison) -> _Bind | None:
    operator, left, right = node.operator, node.left, node.right
    left_value, right_value = _task_value(left), _task_value(right)
    if left_value and right_value:
        return lambda task: _with_values(operator, left_value(task), right_value(task))
    if left_value:
        bind_right = _bind_array(right)
        return lambda task: _with_left(
            operator, left_value(task), bind_right(task) if bind_right else right
        )
    if right_value:
        bind_left = _bind_array(left)
        return lambda task: _with_right(
            operator, bind_left(task) if bind_left else left, right_value(task)
        )
    bind_left, bind_right = _bind_array(left), _bind_array(right)
    if bind_left is None and bind_right is None:
        return None
    return lambda task: comparison(
        operator,
        bind_left(task) if bind_left else left,
        bind_right(task) if bind_right else right,
    )


def _with_values(operator: Operator, left: Json, right: Json) -> Node:
    """The comparison of two values of the task. Neither null, if there is one, was written."""
    if isinstance(left, dict) or isinstance(right, dict):
        return FALSE
    return comparison(operator, _operand_of(left), _operand_of(right))


def _with_left(operator: Operator, left: Json, right: Operand) -> Node:
    if isinstance(left, dict):
        return _object_with(operator, right)
    return comparison(operator, _operand_of(left), right)


def _with_right(operator: Operator, left: Operand, right: Json) -> Node:
    if isinstance(right, dict):
        return _object_with(operator, left)
    return comparison(operator, left, _operand_of(right))


def _object_with(operator: Operator, other: Operand) -> Node:
    """An object satisfies nothing but `!=` with the null that was written."""
    return TRUE if operator is Operator.UNEQUAL and other == Literal(None) else FALSE


def _operand_of(value: Json) -> Operand:
    """The operand that stands for a value of the task, which is no object."""
    if isinstance(value, list):
        # Elements that are arrays or objects are equal to nothing, so nobody can miss them.
        return array_of([item for item in value if not isinstance(item, list | dict)])
    assert not isinstance(value, dict)
    return Literal(value, False)


def _task_value(operand: Operand) -> _Value | None:
    """How to get the value of an operand that is a task reference; None if it is none."""
    if not isinstance(operand, Reference):
        return None
    source, path = resolve(operand, Scope.TARGET)
    return task_value(path) if source is Source.TASK else None


def _bind_array(operand: Operand) -> Callable[[TaskFacts], Operand] | None:
    """How to bind an array some of whose items are task references; None if it is no such."""
    if not isinstance(operand, Values):
        return None
    values = [value for value in map(_task_value, operand.items) if value]
    if not values:
        return None
    literals = [item.value for item in operand.items if isinstance(item, Literal)]
    others = tuple(
        [i for i in operand.items if isinstance(i, Reference) and _task_value(i) is None]
    )

    def bind_array(task: TaskFacts) -> Values:
        found = [value(task) for value in values]
        scalars = [one for one in found if not isinstance(one, list | dict)]
        return Values(array_of(literals + scalars).items + others)

    return bind_array
