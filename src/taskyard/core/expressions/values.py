"""What each operator makes of two values: the tables of types, mismatches and nulls.

The rules, for values that were looked up or written alike:

- a number is an int or a float, one type; a boolean is no number; equality converts nothing;
- an array satisfies no scalar operator, not even `!=`; a scalar is no array for HAS, IN, NOT IN;
- an object satisfies nothing at all, on either side;
- null equals null, is unequal to any other scalar, and may be an element of an array for IN.

One rule is not here, because values cannot tell: `!=` with a null that was *written* is true for
arrays and objects as well. `simplify.py` and `evaluate.py` see to it.

Source: TaskRouter expression syntax; where that is silent, our own choices.
"""

import operator as python
import re
from collections.abc import Callable
from typing import Final

from .facts import Json
from .syntax import Operator

_NUMERIC: Final = re.compile(r"-?[0-9]+(\.[0-9]+)?")
# Below this `int` can never meet the interpreter's limit on digits.
_SAFE_DIGITS: Final = 600


def equal(left: Json, right: Json) -> bool:
    """Both scalars of one type, and the same."""
    if isinstance(left, bool) or isinstance(right, bool):
        return left is right
    return not isinstance(left, list | dict) and left == right


def unequal(left: Json, right: Json) -> bool:
    """Both scalars, and not the same; of two types they never are."""
    if isinstance(left, list | dict) or isinstance(right, list | dict):
        return False
    if isinstance(left, bool) or isinstance(right, bool):
        return left is not right
    return left != right


def has(array: Json, item: Json) -> bool:
    """An array with such an element. Null is never had, though it can be IN: see `contained`."""
    return isinstance(array, list) and item is not None and _is_element(item, array)


def contained(item: Json, array: Json) -> bool:
    """A scalar, null among them, that is an element of the array."""
    return isinstance(array, list) and _is_element(item, array)


def not_contained(item: Json, array: Json) -> bool:
    """A scalar, null among them, and an array of which it is no element."""
    return (
        isinstance(array, list)
        and not isinstance(item, list | dict)
        and not _is_element(item, array)
    )


def contains(text: Json, part: Json) -> bool:
    """Two strings, the second somewhere within the first."""
    return isinstance(text, str) and isinstance(part, str) and part in text


def less(left: Json, right: Json) -> bool:
    """By number, or two strings of which neither is numeric by code point."""
    return _compare(python.lt, left, right)


def at_most(left: Json, right: Json) -> bool:
    """As `less`, or the same."""
    return _compare(python.le, left, right)


def greater(left: Json, right: Json) -> bool:
    """As `less`, the other way round."""
    return _compare(python.gt, left, right)


def at_least(left: Json, right: Json) -> bool:
    """As `greater`, or the same."""
    return _compare(python.ge, left, right)


OPERATIONS: Final[dict[Operator, Callable[[Json, Json], bool]]] = {
    Operator.EQUAL: equal,
    Operator.UNEQUAL: unequal,
    Operator.LESS: less,
    Operator.AT_MOST: at_most,
    Operator.GREATER: greater,
    Operator.AT_LEAST: at_least,
    Operator.HAS: has,
    Operator.IN: contained,
    Operator.NOT_IN: not_contained,
    Operator.CONTAINS: contains,
}


def as_number(value: Json) -> int | float | None:
    """The number that it is or, for a numeric string, that it spells; None if neither."""
    if isinstance(value, bool):
        return None
    if isinstance(value, int | float):
        return value
    if not isinstance(value, str) or _NUMERIC.fullmatch(value) is None:
        return None
    return float(value) if "." in value or len(value) > _SAFE_DIGITS else int(value)


def _compare(
    test: Callable[[int | float | str, int | float | str], bool], left: Json, right: Json
) -> bool:
    a, b = as_number(left), as_number(right)
    if a is not None and b is not None:
        return test(a, b)
    if a is None and b is None and isinstance(left, str) and isinstance(right, str):
        return test(left, right)
    return False  # one numeric and one that is not: no order between them


def _is_element(item: Json, array: list[Json]) -> bool:
    if item is None or isinstance(item, str):
        return item in array  # equal to nothing of another type, so Python's own search will do
    if isinstance(item, bool):
        return any(element is item for element in array)
    if isinstance(item, list | dict):
        return False
    return any(element == item and not isinstance(element, bool) for element in array)
