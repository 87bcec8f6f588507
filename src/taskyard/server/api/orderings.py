"""The `Ordering` parameter of lists: `Priority:desc,DateCreated:asc`."""

from collections.abc import Mapping, Sequence
from typing import TypeVar

import msgspec

from taskyard.core.errors import Invalid

from .forms import Fields
from .page_tokens import Listed, Sort

N = TypeVar("N", bound=Listed)


def asked_order(query: Fields, sorts: Mapping[str, Sort[N]]) -> Sequence[Sort[N]]:
    """The order that a caller wants; nothing for the order of creation.

    Args:
        query: Where `Ordering` may be.
        sorts: By what the list can be ordered; a name without a direction means ascending.

    Raises:
        Invalid: A name or direction is unknown, or a name comes twice.
    """
    order: list[Sort[N]] = []
    seen: set[str] = set()
    for part in query.all("Ordering"):
        name, colon, direction = (text.strip() for text in part.partition(":"))
        sort = sorts.get(name)
        if sort is None:
            raise Invalid(f"Ordering can be by {', '.join(sorts)}, not by {name[:60]!r}")
        if name in seen:
            raise Invalid(f"Ordering names {name} twice")
        if colon and direction.lower() not in ("asc", "desc"):
            raise Invalid(f"Ordering has the directions asc and desc, not {direction[:60]!r}")
        seen.add(name)
        order.append(msgspec.structs.replace(sort, descending=direction.lower() == "desc"))
    return order
