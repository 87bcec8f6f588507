"""Which page a caller wants: sizes, and the tokens that lead from one page to the next.

A page token holds where a page begins or ends: the sort key and the SID of the last item seen, not
a count. So what is inserted or deleted before it shifts nothing.

Source: TaskRouter REST conventions, pagination.
"""

import base64
import binascii
from collections.abc import Callable, Sequence
from typing import Generic, Protocol, TypeVar

import msgspec

from taskyard.core.errors import Invalid

from .forms import Fields
from .problems import Problem

PAGE_SIZE = 50
PAGE_SIZE_MAX = 1_000


class Listed(Protocol):
    """What can stand in a list."""

    @property
    def sid(self) -> str:
        """Tells apart what has the same sort key."""

    @property
    def created_ms(self) -> int:
        """The last part of every sort key."""


N = TypeVar("N", bound=Listed)


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
    """Which page a caller wants; without a mark, the one that begins after the item of a SID.

    `counted` says that the caller is told, too, how many items there are.
    """

    size: int
    page: int
    mark: Mark | None
    after_sid: str | None = None
    counted: bool = False


def asked_page(query: Fields, token_name: str = "PageToken") -> Asked:
    """Read PageSize, Page and PageToken, or however the token is called.

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
    token = query.filled(token_name, None)
    mark = None if token is None else _mark_of(token, token_name)
    reached = 0 if mark is None else mark.page
    if page is not None and page != reached:
        raise Problem(
            400, 40153, "Page cannot be chosen: follow next_page_url, which carries a PageToken"
        )
    return Asked(min(size, PAGE_SIZE_MAX), reached, mark)


def mark_of(page: int, backward: bool, order: Sequence[Sort[N]], item: N) -> Mark:
    """The place of an item, beside which a page begins or, backward, ends."""
    return Mark(page, backward, [*(sort.value(item) for sort in order), item.created_ms], item.sid)


def token_of(mark: Mark) -> str:
    """What a caller is given to come to a place."""
    return base64.urlsafe_b64encode(msgspec.json.encode(mark)).rstrip(b"=").decode()


def _mark_of(token: str, name: str) -> Mark:
    try:
        padded = token.encode("ascii") + b"=" * (-len(token) % 4)
        mark = msgspec.json.decode(base64.b64decode(padded, b"-_", validate=True), type=Mark)
        if mark.page < 1:  # the first page needs no token
            raise ValueError
    except (ValueError, binascii.Error, msgspec.DecodeError):
        raise Invalid(f"{name} is not one that this server gave") from None
    return mark
