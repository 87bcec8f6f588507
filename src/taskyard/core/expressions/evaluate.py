"""From a tree to a closure: a condition is compiled once and asked many times.

The commonest comparisons have a closure of their own, which knows the operator, the type of the
literal and what the reference looks at; the others look both sides up and ask `values.py`. The two
must agree, and a property test sees that they do. Nothing here raises, whatever the data.
"""

import operator as python
from collections.abc import Callable
from typing import Final, TypeAlias, assert_never

from .facts import Facts, Json
from .scopes import Getter, Scope, Source, getter, resolve
from .simplify import settle
from .syntax import (
    And,
    Comparison,
    Constant,
    Literal,
    Node,
    Not,
    Operand,
    Operator,
    Or,
    Reference,
    Truth,
    Values,
)
from .values import OPERATIONS, contained, has, not_contained, unequal

Condition: TypeAlias = Callable[[Facts], bool]

_NUMERIC: Final[dict[Operator, Callable[[int | float, int | float], bool]]] = {
    Operator.LESS: python.lt,
    Operator.AT_MOST: python.le,
    Operator.GREATER: python.gt,
    Operator.AT_LEAST: python.ge,
}


def compile_condition(node: Node, scope: Scope) -> Condition:
    """A function that says whether the condition holds of the facts. It never raises."""
    return _condition(settle(node, scope), scope)


def _condition(node: Node, scope: Scope) -> Condition:
    match node:
        case Comparison():
            return _comparison(node, scope)
        case And(items):
            return _all([_condition(item, scope) for item in items])
        case Or(items):
            return _any([_condition(item, scope) for item in items])
        case Not(condition):
            inner = _condition(condition, scope)
            return lambda facts: not inner(facts)
        case Constant(value):
            return (lambda facts: True) if value else (lambda facts: False)
        case Truth(operand):
            get = _operand(operand, scope)
            return lambda facts: get(facts) is True
    assert_never(node)


def _all(conditions: list[Condition]) -> Condition:
    if len(conditions) == 2:
        first, second = conditions
        return lambda facts: first(facts) and second(facts)

    def every(facts: Facts) -> bool:
        # A plain loop, as `all` would make a generator for each answer.
        for condition in conditions:  # noqa: SIM110
            if not condition(facts):
                return False
        return True

    return every


def _any(conditions: list[Condition]) -> Condition:
    if len(conditions) == 2:
        first, second = conditions
        return lambda facts: first(facts) or second(facts)

    def some(facts: Facts) -> bool:
        for condition in conditions:  # noqa: SIM110
            if condition(facts):
                return True
        return False

    return some


def _comparison(node: Comparison, scope: Scope) -> Condition:
    """The closure for a comparison in normal form: if one side is a literal, it is the right one.

    (The exceptions, such as `null IN x`, go the slow way.)
    """
    left, right = node.left, node.right
    if isinstance(left, Reference):
        if isinstance(right, Literal):
            return _with_literal(left, node.operator, right, scope)
        if isinstance(right, Values) and all(isinstance(item, Literal) for item in right.items):
            literals = [item for item in right.items if isinstance(item, Literal)]
            return _among(getter(left, scope), literals, negated=node.operator is Operator.NOT_IN)
    operation = OPERATIONS[node.operator]
    get_left, get_right = _operand(left, scope), _operand(right, scope)
    return lambda facts: operation(get_left(facts), get_right(facts))


def _with_literal(
    reference: Reference, operator: Operator, literal: Literal, scope: Scope
) -> Condition:
    value = literal.value
    if isinstance(value, str) and operator is Operator.EQUAL:
        return _equals_string(reference, value, scope)
    get = getter(reference, scope)
    if operator is Operator.EQUAL:
        if value is None or isinstance(value, bool):
            return lambda facts: get(facts) is value
        return _equals_number(get, value)
    if operator is Operator.UNEQUAL:
        if value is None and literal.written:
            return lambda facts: get(facts) is not None
        return lambda facts: unequal(get(facts), value)
    if operator is Operator.HAS:
        return _has_literal(get, value)
    operation = OPERATIONS[operator]
    if isinstance(value, int | float) and operator in _NUMERIC:
        return _compares_number(get, _NUMERIC[operator], value, operation)
    return lambda facts: operation(get(facts), value)


def _equals_string(reference: Reference, text: str, scope: Scope) -> Condition:
    """The commonest comparison of all. A value of another type is never equal to a string."""
    source, path = resolve(reference, scope)
    name = str(path[0])
    if source is Source.WORKER and len(path) == 1:

        def worker_equals(facts: Facts) -> bool:
            worker = facts.worker
            if worker is None:
                return False
            attributes = worker.attributes
            return (attributes[name] if name in attributes else worker.field(name)) == text

        return worker_equals
    if source is Source.TASK_ATTRIBUTES and len(path) == 1:
        return lambda facts: facts.task is not None and facts.task.attributes.get(name) == text
    get = getter(reference, scope)
    return lambda facts: get(facts) == text


def _equals_number(get: Getter, number: str | int | float) -> Condition:
    def equals(facts: Facts) -> bool:
        value = get(facts)
        return value == number and value is not True and value is not False

    return equals


def _compares_number(
    get: Getter,
    test: Callable[[int | float, int | float], bool],
    number: int | float,
    otherwise: Callable[[Json, Json], bool],
) -> Condition:
    """By number at once if the value is one, and not by way of the strings that spell some."""

    def compares(facts: Facts) -> bool:
        value = get(facts)
        kind = type(value)
        if kind is int or kind is float:
            return test(value, number)  # type: ignore[arg-type]  # `kind` does not narrow `value`
        return otherwise(value, number)

    return compares


def _has_literal(get: Getter, item: Json) -> Condition:
    if isinstance(item, str):

        def has_string(facts: Facts) -> bool:
            array = get(facts)
            return isinstance(array, list) and item in array

        return has_string
    return lambda facts: has(get(facts), item)


def _among(get: Getter, literals: list[Literal], *, negated: bool) -> Condition:
    """IN, or NOT IN, an array of literals: strings, the usual case, are looked up by their hash."""
    array: list[Json] = [literal.value for literal in literals]
    strings = frozenset([value for value in array if isinstance(value, str)])
    test = not_contained if negated else contained

    def among(facts: Facts) -> bool:
        value = get(facts)
        if type(value) is str:
            return (value in strings) is not negated
        return test(value, array)

    return among


def _operand(operand: Operand, scope: Scope) -> Getter:
    match operand:
        case Reference():
            return getter(operand, scope)
        case Literal(value):
            return lambda facts: value
        case Values(items):
            gets = [_operand(item, scope) for item in items]
            return lambda facts: [get(facts) for get in gets]
    assert_never(operand)
