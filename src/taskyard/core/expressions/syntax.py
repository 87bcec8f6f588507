"""The tree of an expression, and its canonical text.

A tree may be three hundred nodes deep: a hundred times NOT, OR, AND. Whoever walks it recursively
spends a frame on each and no more than one on its list, to stay clear of the interpreter's limit.

Nodes are values: frozen, comparable, hashable. Equality keeps types apart (`1`, `"1"` and `true`
are three things) but not spellings of one number (`1` and `1.0`).
"""

from decimal import Decimal
from enum import StrEnum
from functools import lru_cache
from typing import Final, TypeAlias

import msgspec

Scalar: TypeAlias = str | int | float | bool | None
Path: TypeAlias = tuple[str | int, ...]


class Operator(StrEnum):
    """The comparison operators, in one spelling each: `=`, `>-` and `<-` are read as these."""

    EQUAL = "=="
    UNEQUAL = "!="
    LESS = "<"
    AT_MOST = "<="
    GREATER = ">"
    AT_LEAST = ">="
    HAS = "HAS"
    IN = "IN"
    NOT_IN = "NOT IN"
    CONTAINS = "CONTAINS"


class Literal(msgspec.Struct, frozen=True, gc=False, eq=False):
    """A value.

    Attributes:
        value: What it is.
        written: False if it was put in the place of a reference by partial evaluation. It matters
            for null alone: `x != null` holds for an array when the null is written, and not when it
            is what a reference came to.
    """

    value: Scalar
    written: bool = True

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Literal):
            return NotImplemented
        mine, theirs = self.value, other.value
        if mine is None or theirs is None:
            return mine is theirs and self.written == other.written
        return mine == theirs and isinstance(mine, bool) == isinstance(theirs, bool)

    def __ne__(self, other: object) -> bool:
        # msgspec has one of its own, which would be found before Python's inversion of `==`.
        return not self == other

    def __hash__(self) -> int:
        return hash(self.value)


class Reference(msgspec.Struct, frozen=True, gc=False, cache_hash=True):
    """A place to look a value up: names and indexes, the prefix first if one was written."""

    path: Path


class Values(msgspec.Struct, frozen=True, gc=False, cache_hash=True):
    """An array."""

    items: "tuple[Literal | Reference, ...]"


class Constant(msgspec.Struct, frozen=True, gc=False):
    """A condition that is already decided."""

    value: bool


class Truth(msgspec.Struct, frozen=True, gc=False, cache_hash=True):
    """A bare operand: holds if its value is the boolean true."""

    operand: "Operand"


class Comparison(msgspec.Struct, frozen=True, gc=False, cache_hash=True):
    """Two operands and what is asked of them."""

    operator: Operator
    left: "Operand"
    right: "Operand"


class Not(msgspec.Struct, frozen=True, gc=False, cache_hash=True):
    """Holds if the condition does not."""

    condition: "Node"


class And(msgspec.Struct, frozen=True, gc=False, cache_hash=True):
    """Holds if all of two or more conditions do."""

    items: "tuple[Node, ...]"


class Or(msgspec.Struct, frozen=True, gc=False, cache_hash=True):
    """Holds if any of two or more conditions does."""

    items: "tuple[Node, ...]"


class OrderClause(msgspec.Struct, frozen=True, gc=False, cache_hash=True):
    """One sort key of `order_by`: the path below the worker, without the prefix `worker.`."""

    path: Path
    descending: bool


Operand: TypeAlias = Literal | Reference | Values
Node: TypeAlias = Comparison | Truth | Not | And | Or | Constant

BOUND_NULL: Final = Literal(None, written=False)
TRUE: Final = Constant(True)
FALSE: Final = Constant(False)

# Below this `str` of an integer can never meet the interpreter's limit on digits.
_SAFE_BITS: Final = 2_000


def to_text(node: Node) -> str:
    """The condition in one spelling: the same for equal conditions, different for others.

    It can be parsed again as a target expression unless it outgrew the limits of the language. A
    bound null is spelled `$null`: in a target a bare name comes to null, which is just what it is.
    """
    if isinstance(node, And):
        return " AND ".join([_part_text(item) for item in node.items])
    if isinstance(node, Or):
        return " OR ".join([_part_text(item) for item in node.items])
    return _part_text(node)


def operand_text(operand: Operand) -> str:
    """The operand in one spelling."""
    if isinstance(operand, Reference):
        return _path_text(operand.path)
    if isinstance(operand, Literal):
        return literal_text(operand)
    return "[" + ", ".join([operand_text(item) for item in operand.items]) + "]"


def literal_text(literal: Literal) -> str:
    """The literal in one spelling."""
    value = literal.value
    if isinstance(value, str):
        return _string_text(value)
    if value is None:
        return "null" if literal.written else "$null"
    if isinstance(value, bool):
        return "true" if value else "false"
    return _number_text(value)


def _part_text(node: Node) -> str:
    """A part of a larger condition: in parentheses where it has parts itself.

    Asked for every task that is routed, so by class and by concatenation, which are quickest.
    """
    if isinstance(node, Comparison):
        return operand_text(node.left) + " " + node.operator + " " + operand_text(node.right)
    if isinstance(node, And):
        return "(" + " AND ".join([_part_text(item) for item in node.items]) + ")"
    if isinstance(node, Or):
        return "(" + " OR ".join([_part_text(item) for item in node.items]) + ")"
    if isinstance(node, Not):
        return "NOT " + _part_text(node.condition)
    if isinstance(node, Truth):
        return operand_text(node.operand)
    return "true" if node.value else "false"


@lru_cache(maxsize=4096)
def _path_text(path: Path) -> str:
    first, *rest = path
    return str(first) + "".join(f"[{s}]" if isinstance(s, int) else f".{s}" for s in rest)


def _string_text(value: str) -> str:
    if "\\" in value:
        value = value.replace("\\", "\\\\")
    if '"' in value:
        value = value.replace('"', '\\"')
    return '"' + value + '"'


def _number_text(value: int | float) -> str:
    """Plain digits, as the language has no exponents: `1e-7` is `0.0000001`."""
    if isinstance(value, float):
        if not value.is_integer():
            text = repr(value)
            return format(Decimal(text), "f") if "e" in text else text
        value = int(value)
    return str(value) if value.bit_length() < _SAFE_BITS else hex(value)
