"""Lists in pages that stay in place while others create and delete.

A page token holds where a page begins or ends: the sort key and the SID of the last item seen, not
a count. So what is inserted or deleted before it shifts nothing.

Source: TaskRouter REST conventions, pagination.
"""

import base64
import binascii
from bisect import bisect_left
from collections.abc import Callable, Iterable, Sequence
from typing import Any, Generic, Protocol, TypeVar
from urllib.parse import urlencode

import msgspec

from taskyard.core.errors import Invalid

from .forms import Fields
from .problems import Problem

PAGE_SIZE = 50
PAGE_SIZE_MAX = 1_000
_MAX_TOKEN_CHARACTERS = 2_048


class Listed(Protocol):
    """What can stand in a list."""

    @property
    def sid(self) -> str:
        """Tells apart what has the same sort key."""

    @property
    def created_ms(self) -> int:
        """The last part of every sort key."""


N = TypeVar("N", bound=Listed)
T = TypeVar("T")


class Sort(msgspec.Struct, Generic[N], frozen=True):
    """One part of an order: what to compare, and which end comes first.

    Where the last part is `of_time` and descending, what compares equal is turned round too: a busy
    workspace makes several of a kind within a millisecond, and the newest is wanted first.
    """

    value: Callable[[N], int | str]
    descending: bool = False
    of_time: bool = False


class Mark(msgspec.Struct, frozen=True, array_like=True):
    """A place in a list, as a page token carries it."""

    page: int
    backward: bool
    key: list[int | str]
    sid: str


class Asked(msgspec.Struct, frozen=True):
    """Which page a caller wants."""

    size: int
    page: int
    mark: Mark | None


class Meta(msgspec.Struct, gc=False):
    """What stands beside the items of every list."""

    first_page_url: str
    previous_page_url: str | None
    url: str
    next_page_url: str | None
    key: str
    page: int
    page_size: int


class Found(msgspec.Struct, Generic[T], gc=False):
    """The items of one page, and the tokens of its neighbours where there are any."""

    items: Sequence[T]
    previous: str | None
    next: str | None


def asked_page(query: Fields) -> Asked:
    """Read PageSize, Page and PageToken.

    Raises:
        Invalid: A value has the wrong type or range, or the token is not ours.
        Problem: 40153 for a page that was counted instead of reached.
    """
    size = query.integer("PageSize", PAGE_SIZE)
    if size < 1:
        raise Invalid(f"PageSize must be from 1 to {PAGE_SIZE_MAX}, not {size}")
    page = query.integer("Page", None)
    if page is not None and page < 0:
        raise Invalid(f"Page must not be negative, but is {page}")
    token = query.filled("PageToken", None)
    mark = None if token is None else _mark_of(token)
    reached = 0 if mark is None else mark.page
    if page is not None and page != reached:
        raise Problem(
            400, 40153, "Page cannot be chosen: follow next_page_url, which carries a PageToken"
        )
    return Asked(min(size, PAGE_SIZE_MAX), reached, mark)


def page_of(items: Iterable[N], order: Sequence[Sort[N]], asked: Asked) -> Found[N]:
    """The page that was asked for.

    Args:
        items: All that pass the filters, in the order of their creation.
        order: How to sort them; what compares equal stays in the order of creation, or in its
            reverse, as `Sort` says.
        asked: Which page.

    Raises:
        Invalid: The token belongs to a list in another order.
    """
    key = _key_function(order)
    ordered = list(items)
    if _newest_first(order):
        ordered.reverse()
    if order:
        ordered.sort(key=key)
    size, page, mark = asked.size, asked.page, asked.mark
    if mark is None:
        begin = 0
    elif mark.backward:
        begin = max(0, _index_of(ordered, order, key, mark) - size)
    else:
        begin = _index_of(ordered, order, key, mark)
        # The item that the token names was the last one shown, if it is still there.
        begin += begin < len(ordered) and ordered[begin].sid == mark.sid
    shown = ordered[begin : begin + size]
    before = page > 1 and shown
    after = begin + size < len(ordered)
    return Found(
        shown,
        _token(page - 1, True, order, shown[0]) if before else None,
        _token(page + 1, False, order, shown[-1]) if after else None,
    )


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


class _Descending:
    """Turns the comparison of two texts round; a number is negated instead."""

    __slots__ = ("text",)

    def __init__(self, text: str) -> None:
        self.text = text

    def __lt__(self, other: "_Descending") -> bool:
        return self.text > other.text

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Descending) and self.text == other.text

    __hash__ = None  # type: ignore[assignment]  # never kept in a set


_Key = tuple[Any, ...]  # of numbers, texts and _Descending, comparable place by place


def _newest_first(order: Sequence[Sort[N]]) -> bool:
    return bool(order) and order[-1].of_time and order[-1].descending


def _key_function(order: Sequence[Sort[N]]) -> Callable[[N], _Key]:
    def key(item: N) -> _Key:
        return _comparable([*(sort.value(item) for sort in order), item.created_ms], order)

    return key


def _comparable(values: Sequence[int | str], order: Sequence[Sort[N]]) -> _Key:
    parts: list[object] = list(values)
    for place, sort in enumerate(order):
        value = values[place]
        if sort.descending:
            parts[place] = -value if isinstance(value, int) else _Descending(value)
    created = values[-1]
    if _newest_first(order) and isinstance(created, int):
        parts[-1] = -created
    return tuple(parts)


def _index_of(
    ordered: Sequence[N], order: Sequence[Sort[N]], key: Callable[[N], _Key], mark: Mark
) -> int:
    """Where the mark's item is, or, when it is gone, the first of those with its key or after.

    So a page may repeat an item of the same instant after a deletion, but never leaves one out.
    """
    if len(mark.key) != len(order) + 1:
        raise Invalid("PageToken belongs to a list in another order")
    wanted = _comparable(mark.key, order)
    try:
        start = bisect_left(ordered, wanted, key=key)
    except TypeError:  # a number where the other order has a text
        raise Invalid("PageToken belongs to a list in another order") from None
    at = start
    while at < len(ordered) and key(ordered[at]) == wanted:
        if ordered[at].sid == mark.sid:
            return at
        at += 1
    return start


def _token(page: int, backward: bool, order: Sequence[Sort[N]], item: N) -> str:
    key = [*(sort.value(item) for sort in order), item.created_ms]
    return token_of(Mark(page, backward, key, item.sid))


def token_of(mark: Mark) -> str:
    """The page token that carries a place in a list."""
    return base64.urlsafe_b64encode(msgspec.json.encode(mark)).rstrip(b"=").decode()


def _mark_of(token: str) -> Mark:
    try:
        if len(token) > _MAX_TOKEN_CHARACTERS:
            raise ValueError
        padded = token.encode("ascii") + b"=" * (-len(token) % 4)
        mark = msgspec.json.decode(base64.b64decode(padded, b"-_", validate=True), type=Mark)
    except (ValueError, binascii.Error, msgspec.DecodeError):
        raise Invalid("PageToken is not one that this server gave") from None
    return mark
