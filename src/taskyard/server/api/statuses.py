"""Status filters of lists: one value, a list with commas, or a repeated key."""

from enum import StrEnum
from typing import TypeVar

from taskyard.core.errors import Invalid

from .forms import Fields

S = TypeVar("S", bound=StrEnum)


def asked_statuses(query: Fields, name: str, kind: type[S]) -> frozenset[S] | None:
    """The statuses that a caller wants to see; None for all.

    Raises:
        Invalid: There is no such status.
    """
    if name not in query:
        return None
    texts = query.all(name)
    try:
        return frozenset(kind(text.lower()) for text in texts) or None
    except ValueError:
        raise Invalid(f"{name} must be one or more of {', '.join(kind)}") from None
