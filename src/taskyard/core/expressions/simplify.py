"""Normal form: a condition in the least number of spellings, with what is already decided folded.

Two conditions that say the same in different words should come to the same tree as often as it is
cheap: tasks whose remaining conditions are equal wait in one line. So the reference stands on the
left, arrays are sorted and without repeats, and `x IN ["a"]` is `x == "a"`. No rewriting may change
what holds, whatever the values, and that is subtle where null, arrays and objects meet: each rule
below says why it is safe.
"""

from collections.abc import Callable, Iterable
from typing import Final, TypeAlias

from .facts import Json
from .scopes import Scope, Source, resolve
from .syntax import (
    BOUND_NULL,
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
    Reference,
    Scalar,
    Truth,
    Values,
    literal_text,
)
from .values import OPERATIONS

_MIRRORED: Final = {
    Operator.EQUAL: Operator.EQUAL,
    Operator.UNEQUAL: Operator.UNEQUAL,
    Operator.LESS: Operator.GREATER,
    Operator.AT_MOST: Operator.AT_LEAST,
    Operator.GREATER: Operator.LESS,
    Operator.AT_LEAST: Operator.AT_MOST,
}


def settle(node: Node, scope: Scope) -> Node:
    """The condition in normal form, with the names that mean nothing in this scope made null.

    There is no Truth in it any more, and a Constant only if it is all there is.
    """
    match node:
        case Comparison(operator, left, right):
            return comparison(operator, _settle_operand(left, scope), _settle_operand(right, scope))
        case And(items):
            return conjunction([settle(item, scope) for item in items])
        case Or(items):
            return disjunction([settle(item, scope) for item in items])
        case Not(condition):
            return negation(settle(condition, scope))
        case Truth(operand):
            # A bare operand holds if it is the boolean true, and so it does if it equals that.
            return comparison(Operator.EQUAL, _settle_operand(operand, scope), Literal(True))
        case Constant():
            return node


def comparison(operator: Operator, left: Operand, right: Operand) -> Node:
    """The simplest condition that holds when the comparison of these operands does.

    Arrays among the operands are as `array_of` makes them.
    """
    return _RULES[operator](operator, left, right)


def conjunction(items: Iterable[Node]) -> Node:
    """All of them: nested ones taken in, repeats and constants left out."""
    kept: dict[Node, None] = {}
    for item in items:
        if isinstance(item, And):
            kept.update(dict.fromkeys(item.items))
        elif not isinstance(item, Constant):
            kept[item] = None
        elif not item.value:
            return FALSE
    if len(kept) > 1:
        return And(tuple(kept))
    return next(iter(kept), TRUE)


def disjunction(items: Iterable[Node]) -> Node:
    """Any of them: nested ones taken in, repeats and constants left out."""
    kept: dict[Node, None] = {}
    for item in items:
        if isinstance(item, Or):
            kept.update(dict.fromkeys(item.items))
        elif not isinstance(item, Constant):
            kept[item] = None
        elif item.value:
            return TRUE
    if len(kept) > 1:
        return Or(tuple(kept))
    return next(iter(kept), FALSE)


def negation(node: Node) -> Node:
    """Not that. A comparison keeps its operator: where types mismatch, both `<` and `>=` fail."""
    if isinstance(node, Not):
        return node.condition
    if isinstance(node, Constant):
        return FALSE if node.value else TRUE
    return Not(node)


def array_of(scalars: Iterable[Scalar]) -> Values:
    """The array in normal form: only ever asked for its elements, it needs no order or repeats."""
    literals = [Literal(scalar) for scalar in scalars]
    if len(literals) > 1:
        literals = [one for _, one in sorted({literal_text(one): one for one in literals}.items())]
    return Values(tuple(literals))


def _settle_operand(operand: Operand, scope: Scope) -> Operand:
    if isinstance(operand, Reference):
        return BOUND_NULL if resolve(operand, scope)[0] is Source.NOTHING else operand
    if isinstance(operand, Values):
        items = [_settle_operand(item, scope) for item in operand.items]
        literals = [item.value for item in items if isinstance(item, Literal)]
        references = [item for item in items if isinstance(item, Reference)]
        array = array_of(literals)
        return Values(array.items + tuple(dict.fromkeys(references))) if references else array
    return operand


def _equal(operator: Operator, left: Operand, right: Operand) -> Node:
    if isinstance(left, Values) or isinstance(right, Values):
        return FALSE  # an array equals nothing
    if isinstance(left, Literal):
        if isinstance(right, Literal):
            return _decided(operator, left.value, right.value)
        left, right = right, left
    if isinstance(right, Literal) and right.value is None:
        right = _NULL  # for `==` the two nulls are one
    return Comparison(operator, left, right)


def _unequal(operator: Operator, left: Operand, right: Operand) -> Node:
    if isinstance(left, Literal) and (not isinstance(right, Literal) or left == _NULL):
        left, right = right, left
    if right == _NULL:
        # Against the written null everything counts, arrays and objects too.
        if isinstance(left, Literal):
            return _constant(left.value is not None)
        return TRUE if isinstance(left, Values) else Comparison(operator, left, right)
    if isinstance(left, Values) or isinstance(right, Values):
        return FALSE  # an array is unequal to nothing else
    if isinstance(left, Literal) and isinstance(right, Literal):
        return _decided(operator, left.value, right.value)
    return Comparison(operator, left, right)


def _relational(operator: Operator, left: Operand, right: Operand) -> Node:
    if _has_no_order(left) or _has_no_order(right):
        return FALSE
    if isinstance(left, Literal):
        if isinstance(right, Literal):
            return _decided(operator, left.value, right.value)
        return Comparison(_MIRRORED[operator], right, left)
    return Comparison(operator, left, right)


def _has(operator: Operator, left: Operand, right: Operand) -> Node:
    if isinstance(left, Literal) or isinstance(right, Values):
        return FALSE  # the left is no array, or the right no scalar
    if isinstance(right, Literal) and right.value is None:
        return FALSE  # null is never had
    if isinstance(left, Values) and all(isinstance(item, Literal) for item in left.items):
        # As null is never had but can be IN, it leaves the array when the two change sides.
        items = tuple([item for item in left.items if item != _NULL])
        return _in(Operator.IN, right, Values(items))
    return Comparison(operator, left, right)


def _in(operator: Operator, left: Operand, right: Operand) -> Node:
    if isinstance(right, Literal) or isinstance(left, Values):
        return FALSE
    if isinstance(right, Values):
        if all(isinstance(item, Literal) for item in right.items):
            return _in_literals(left, right)
    elif isinstance(left, Literal) and left.value is not None:
        return Comparison(Operator.HAS, right, left)  # the same but for null
    return Comparison(operator, left, right)


def _in_literals(left: Literal | Reference, right: Values) -> Node:
    if isinstance(left, Literal):
        return _decided(Operator.IN, left.value, _list_of(right))
    if not right.items:
        return FALSE
    if len(right.items) == 1:
        # Arrays and objects fail both; null is IN [null] just as it equals null.
        return Comparison(Operator.EQUAL, left, right.items[0])
    return Comparison(Operator.IN, left, right)


def _not_in(operator: Operator, left: Operand, right: Operand) -> Node:
    if isinstance(right, Literal) or isinstance(left, Values):
        return FALSE
    if isinstance(right, Values) and all(isinstance(item, Literal) for item in right.items):
        if isinstance(left, Literal):
            return _decided(operator, left.value, _list_of(right))
        if len(right.items) == 1:
            # Arrays and objects fail both, which the written null would not make them.
            only = right.items[0]
            return Comparison(Operator.UNEQUAL, left, BOUND_NULL if only == _NULL else only)
    return Comparison(operator, left, right)


def _contains(operator: Operator, left: Operand, right: Operand) -> Node:
    if not (_may_be_string(left) and _may_be_string(right)):
        return FALSE
    if isinstance(left, Literal) and isinstance(right, Literal):
        return _decided(operator, left.value, right.value)
    return Comparison(operator, left, right)


_NULL: Final = Literal(None)
_Rule: TypeAlias = Callable[[Operator, Operand, Operand], Node]
_RULES: Final[dict[Operator, _Rule]] = {
    Operator.EQUAL: _equal,
    Operator.UNEQUAL: _unequal,
    Operator.LESS: _relational,
    Operator.AT_MOST: _relational,
    Operator.GREATER: _relational,
    Operator.AT_LEAST: _relational,
    Operator.HAS: _has,
    Operator.IN: _in,
    Operator.NOT_IN: _not_in,
    Operator.CONTAINS: _contains,
}


def _constant(value: bool) -> Constant:
    return TRUE if value else FALSE


def _decided(operator: Operator, left: Json, right: Json) -> Constant:
    return _constant(OPERATIONS[operator](left, right))


def _list_of(values: Values) -> list[Json]:
    return [item.value for item in values.items if isinstance(item, Literal)]


def _has_no_order(operand: Operand) -> bool:
    if isinstance(operand, Literal):
        return operand.value is None or isinstance(operand.value, bool)
    return isinstance(operand, Values)


def _may_be_string(operand: Operand) -> bool:
    if isinstance(operand, Literal):
        return isinstance(operand.value, str)
    return isinstance(operand, Reference)
