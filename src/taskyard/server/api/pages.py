"""Lists in pages: what every list answers with.

Source: TaskRouter REST conventions, pagination.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, TypeVar
from urllib.parse import urlencode

import msgspec

from taskyard.core.steps import Steps, at_once

from .forms import Fields
from .page_search import Found, page_in_steps
from .page_tokens import Asked, Listed, Sort

N = TypeVar("N", bound=Listed)

_RENDERED_AT_A_STEP = 50


class Meta(msgspec.Struct, gc=False):
    """What stands beside the items of every list."""

    first_page_url: str
    previous_page_url: str | None
    url: str
    next_page_url: str | None
    key: str
    page: int
    page_size: int


def page_of(
    items: Iterable[N],
    order: Sequence[Sort[N]],
    asked: Asked,
    known: Mapping[Any, N] | None = None,
) -> Found[N]:
    """The page that was asked for, of a list that is short; see `page_in_steps`."""
    return at_once(page_in_steps(list(items), None, order, asked, known))


def rendered_in_steps(items: Sequence[N], body: Callable[[N], object]) -> Steps[list[Any]]:
    """The items of a long page as JSON, each as it is when its turn comes."""
    shown: list[msgspec.Raw] = []
    for place, item in enumerate(items, 1):
        shown.append(msgspec.Raw(msgspec.json.encode(body(item))))
        if place % _RENDERED_AT_A_STEP == 0:
            yield
    return shown


def listed(
    path_url: str,
    key: str,
    query: Fields,
    filters: tuple[str, ...],
    asked: Asked,
    found: Found[Any],
    shown: list[Any],
) -> bytes:
    """The JSON of one page.

    Args:
        path_url: The absolute address of the list, without a query.
        key: The name of the array.
        query: What was asked; of it, the `filters` are carried along.
        filters: The names of the list's filters and of its ordering.
        asked: Which page was asked for.
        found: What `page_of` gave.
        shown: Its items as they are rendered.
    """
    carried = query.sent(filters)
    begin = f"{path_url}?" + (urlencode(carried) + "&" if carried else "")

    def url(page: int, token: str | None) -> str:
        tail = f"PageSize={asked.size}&Page={page}"
        return begin + (tail if token is None else f"{tail}&PageToken={token}")

    first = url(0, None)
    here = first if asked.mark is None else url(asked.page, query.text("PageToken", None))
    previous = None
    if found.previous is not None:
        previous = url(asked.page - 1, found.previous)
    elif asked.page > 0:
        previous = first
    following = None if found.next is None else url(asked.page + 1, found.next)
    meta = Meta(first, previous, here, following, key, asked.page, asked.size)
    return msgspec.json.encode({"meta": meta, key: shown})
