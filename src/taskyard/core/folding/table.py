"""Which function applies which event."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, TypeVar

from taskyard.core.events import Event

if TYPE_CHECKING:
    from taskyard.core.state import State

_Apply = TypeVar("_Apply", bound=Callable[..., None])

APPLY: dict[type[Event], Callable[[State, Event, int], None]] = {}
"""State, event, instant."""


def applies(kind: type[Event]) -> Callable[[_Apply], _Apply]:
    """Name the function that applies one kind of event."""

    def register(apply: _Apply) -> _Apply:
        APPLY[kind] = apply
        return apply

    return register
