"""Which filter of a workflow a task enters, without trying them all.

Most filters ask that some attribute be a certain text or number, alone or among other things. Those
are looked up by the value that the task has there; only the few that are left are evaluated.
"""

from collections.abc import Callable, Sequence
from typing import TypeAlias, TypeGuard

from .expressions import (
    And,
    Comparison,
    Facts,
    Json,
    Literal,
    Node,
    Operator,
    Path,
    Reference,
    Scope,
    Source,
    parse,
    resolve,
)
from .expressions.scopes import getter
from .workflow_document import Filter

_Value: TypeAlias = str | int | float
_Guard: TypeAlias = tuple[Reference, _Value]
_ByValue: TypeAlias = tuple[Callable[[Facts], Json], dict[_Value, list[int]]]


class FilterIndex:
    """The filters of one workflow, by what they cannot do without."""

    def __init__(self, filters: Sequence[Filter]) -> None:
        self._filters = filters
        self._others: list[int] = []
        by_path: dict[tuple[Source, Path], _ByValue] = {}
        for index, one in enumerate(filters):
            guard = _guard(parse(one.expression))
            if guard is None:
                self._others.append(index)
                continue
            reference, value = guard
            place = resolve(reference, Scope.FILTER)
            _, by_value = by_path.setdefault(place, (getter(reference, Scope.FILTER), {}))
            by_value.setdefault(value, []).append(index)
        self._by_path = list(by_path.values())

    def first_match(self, facts: Facts, after: int) -> int | None:
        """The index of the first filter below `after` that holds; -1 begins at the top."""
        indices = self._others
        for value_of, by_value in self._by_path:
            value = value_of(facts)
            if _is_plain(value) and value in by_value:
                found = by_value[value]
                indices = sorted(indices + found) if indices else found
        for index in indices:
            if index > after and self._filters[index].matches(facts):
                return index
        return None


def _guard(node: Node) -> _Guard | None:
    """What has to have a certain value for the condition to hold, and which."""
    if isinstance(node, And):
        return next((found for item in node.items if (found := _guard(item))), None)
    if not isinstance(node, Comparison) or node.operator is not Operator.EQUAL:
        return None
    for one, other in ((node.left, node.right), (node.right, node.left)):
        if isinstance(one, Reference) and isinstance(other, Literal):
            return (one, other.value) if _is_plain(other.value) else None
    return None


def _is_plain(value: Json) -> TypeGuard[_Value]:
    """Whether equal values are equal as keys too: true is not the number one."""
    return isinstance(value, str | int | float) and not isinstance(value, bool)
