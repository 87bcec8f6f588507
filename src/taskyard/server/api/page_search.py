"""Finds the items of a page among very many, in steps that leave the event loop to others.

A page in the order of creation costs what it shows. Another order, or filters that few pass, cost a
look at every item: then too nobody else waits for longer than a step takes.
"""

from bisect import bisect_left
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, Generic, TypeVar

import msgspec

from taskyard.core.errors import Invalid
from taskyard.core.steps import Steps

from .page_tokens import Asked, Listed, Mark, Sort, mark_of, token_of

N = TypeVar("N", bound=Listed)
T = TypeVar("T")
_Key = tuple[Any, ...]
"""Of numbers, texts and _Descending, comparable place by place."""
_Entry = tuple[_Key, int, N]
"""An item with its sort key, and its place among those that compare equal."""

_ITEMS_AT_A_STEP = 500
_SORTED_AT_ONCE = 4
"""So many times as many entries as are wanted are gathered before the rest of them is dropped."""


class Found(msgspec.Struct, Generic[T], gc=False):
    """The items of one page, and the tokens of its neighbours where there are any.

    `begin` is how many items of the list are before it, `total` how many there are; nobody may have
    counted them unless that was asked for.
    """

    items: Sequence[T]
    previous: str | None
    next: str | None
    begin: int = 0
    total: int = 0


class _Piece(msgspec.Struct, Generic[N], gc=False):
    """A part of a list: so many of `total` items are before it."""

    items: Sequence[N]
    begin: int
    total: int
    goes_on: bool


def page_in_steps(
    items: Sequence[N],
    wanted: Callable[[N], bool] | None,
    order: Sequence[Sort[N]],
    asked: Asked,
    known: Mapping[Any, N] | None = None,
) -> Steps[Found[N]]:
    """The page that was asked for.

    Args:
        items: All there are, in the order of their creation. What is created, changed or deleted
            between two steps may be shown or not, like anything that happens between two pages.
        wanted: Whether an item passes the filters; all do if None.
        order: How to sort them; what compares equal stays in the order of creation, or in its
            reverse, as `Sort` says.
        asked: Which page.
        known: Where an item may be looked up by its SID; among the items if None.

    Raises:
        Invalid: The token belongs to a list in another order, or nothing has the SID to begin
            after.
    """
    mark = asked.mark
    if mark is not None and len(mark.key) != len(order) + 1:
        raise _of_another_order()
    if mark is None and asked.after_sid is not None:
        asked = msgspec.structs.replace(asked, mark=_after(asked.after_sid, items, order, known))
    try:
        search = _sorted if order else _as_created
        piece = yield from search(items, wanted, order, asked)
    except TypeError:  # a number where the other order has a text
        if mark is None:
            raise
        raise _of_another_order() from None
    page, shown = asked.page, piece.items
    before = page > 1 and shown
    return Found(
        shown,
        token_of(mark_of(page - 1, True, order, shown[0])) if before else None,
        token_of(mark_of(page + 1, False, order, shown[-1])) if piece.goes_on else None,
        piece.begin,
        piece.total,
    )


def _after(
    sid: str, items: Sequence[N], order: Sequence[Sort[N]], known: Mapping[Any, N] | None
) -> Mark:
    """The place of the item that has a SID."""
    item = known.get(sid) if known is not None else None
    if item is None:
        item = next((one for one in items if one.sid == sid), None)
    if item is None:
        raise Invalid(f"AfterSid must be the SID of an item of this list, not '{sid[:64]}'")
    return mark_of(0, False, order, item)


def _as_created(
    items: Sequence[N],
    wanted: Callable[[N], bool] | None,
    order: Sequence[Sort[N]],
    asked: Asked,
) -> Steps[_Piece[N]]:
    """The items of a page in the order of creation."""
    size, mark = asked.size, asked.mark
    begin = 0
    if mark is not None:
        place, is_there = _place_of(items, mark)
        if mark.backward:
            before = yield from _first(items, range(place - 1, -1, -1), wanted, size)
            if len(before) == size:
                after = yield from _first(items, range(place, len(items)), wanted, 1)
                return _Piece(before[::-1], place - size, len(items), bool(after))
        else:
            # The item that the token names was the last one shown, if it is still there.
            begin = place + is_there
    found = yield from _first(items, range(begin, len(items)), wanted, size + 1)
    piece = _Piece(found[:size], begin, len(items), len(found) > size)
    if asked.counted and wanted is not None:
        whole = range(len(items))
        piece.begin = len((yield from _first(items, whole[:begin], wanted, begin + 1)))
        piece.total = piece.begin + len(
            (yield from _first(items, whole[begin:], wanted, len(items) + 1))
        )
    return piece


def _place_of(items: Sequence[N], mark: Mark) -> tuple[int, bool]:
    """Where the mark's item is and True, or where the first of its instant or after is.

    So a page may repeat an item of the same instant after a deletion, but never leaves one out.
    """
    instant = mark.key[0]
    start = bisect_left(items, instant, key=lambda item: item.created_ms)
    at = start
    while at < len(items) and items[at].created_ms == instant:
        if items[at].sid == mark.sid:
            return at, True
        at += 1
    return start, False


def _first(
    items: Sequence[N], places: range, wanted: Callable[[N], bool] | None, count: int
) -> Steps[list[N]]:
    """The first so many that are wanted, looked for in these places."""
    found: list[N] = []
    for start in range(0, len(places), _ITEMS_AT_A_STEP):
        for place in places[start : start + _ITEMS_AT_A_STEP]:
            if wanted is None or wanted(items[place]):
                found.append(items[place])
                if len(found) == count:
                    return found
        yield
    return found


def _sorted(
    items: Sequence[N],
    wanted: Callable[[N], bool] | None,
    order: Sequence[Sort[N]],
    asked: Asked,
) -> Steps[_Piece[N]]:
    """The items of a page in another order.

    Only as many of those before and after the token's place are held as a page needs.
    """
    size, mark = asked.size, asked.mark
    marked = None if mark is None else _comparable(mark.key, order)
    before: list[_Entry[N]] = []
    alike: list[_Entry[N]] = []
    after: list[_Entry[N]] = []
    dropped_before = dropped_after = 0
    for entries in _in_portions(items, wanted, order):
        for entry in entries:
            if marked is None or entry[0] > marked:
                after.append(entry)
            elif entry[0] == marked:
                alike.append(entry)
            else:
                before.append(entry)
        dropped_after += _hold_first(after, size + 1)
        dropped_before += _hold_last(before, size)
        yield
    before.sort(key=_rank)
    after.sort(key=_rank)
    ordered = before + alike + after
    begin = 0
    if mark is not None:
        places = (at for at, entry in enumerate(alike) if entry[2].sid == mark.sid)
        place = next(places, None)
        begin = len(before) + (place or 0)
        if mark.backward:
            begin = max(0, begin - size)
        else:
            # The item that the token names was the last one shown, if it is still there.
            begin += place is not None
    shown = [entry[2] for entry in ordered[begin : begin + size]]
    total = dropped_before + len(ordered) + dropped_after
    return _Piece(shown, dropped_before + begin, total, begin + size < len(ordered))


def _in_portions(
    items: Sequence[N], wanted: Callable[[N], bool] | None, order: Sequence[Sort[N]]
) -> Iterator[list[_Entry[N]]]:
    places = range(len(items))
    if _newest_first(order):
        places = places[::-1]
    for start in range(0, len(places), _ITEMS_AT_A_STEP):
        entries: list[_Entry[N]] = []
        for number in range(start, min(start + _ITEMS_AT_A_STEP, len(places))):
            item = items[places[number]]
            if wanted is None or wanted(item):
                values = [*(sort.value(item) for sort in order), item.created_ms]
                entries.append((_comparable(values, order), number, item))
        yield entries


def _hold_first(entries: list[_Entry[N]], count: int) -> int:
    """Drop all but the first so many now and then, and say how many were dropped."""
    excess = len(entries) - count
    if excess < (_SORTED_AT_ONCE - 1) * count + _ITEMS_AT_A_STEP:
        return 0
    entries.sort(key=_rank)
    del entries[count:]
    return excess


def _hold_last(entries: list[_Entry[N]], count: int) -> int:
    """Drop all but the last so many now and then, and say how many were dropped."""
    excess = len(entries) - count
    if excess < (_SORTED_AT_ONCE - 1) * count + _ITEMS_AT_A_STEP:
        return 0
    entries.sort(key=_rank)
    del entries[:-count]
    return excess


def _rank(entry: _Entry[N]) -> tuple[_Key, int]:
    return entry[0], entry[1]


def _newest_first(order: Sequence[Sort[N]]) -> bool:
    return order[-1].of_time and order[-1].descending


class _Descending:
    """Turns the comparison of two texts round; a number is negated instead."""

    __slots__ = ("text",)

    def __init__(self, text: str) -> None:
        self.text = text

    def __lt__(self, other: "_Descending") -> bool:
        return self.text > other.text

    def __gt__(self, other: "_Descending") -> bool:
        return self.text < other.text

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Descending) and self.text == other.text

    __hash__ = None  # type: ignore[assignment]  # never kept in a set


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


def _of_another_order() -> Invalid:
    return Invalid("PageToken belongs to a list in another order")
