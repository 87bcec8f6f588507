"""Finds the items of a page among very many, in steps that leave the event loop to others.

A page in the order of creation costs what it shows. Another order, or filters that few pass, cost a
look at every item: then too nobody else waits for longer than a step takes.
"""

from bisect import bisect_left
from collections.abc import Callable, Iterator, Sequence
from typing import Any, Generic, TypeVar

from taskyard.core.errors import Invalid
from taskyard.core.steps import Steps

from .page_tokens import Asked, Listed, Mark, Sort, token_of

N = TypeVar("N", bound=Listed)
_Key = tuple[Any, ...]
"""Of numbers, texts and _Descending, comparable place by place."""
_Entry = tuple[_Key, int, N]
"""An item with its sort key, and its place among those that compare equal."""

_ITEMS_AT_A_STEP = 500
_SORTED_AT_ONCE = 4
"""So many times as many entries as are wanted are gathered before the rest of them is dropped."""


class Found(Generic[N]):
    """The items of one page, and the tokens of its neighbours where there are any."""

    __slots__ = ("items", "next", "previous")

    def __init__(self, items: Sequence[N], previous: str | None, next_: str | None) -> None:
        self.items = items
        self.previous = previous
        self.next = next_


def page_in_steps(
    items: Sequence[N],
    wanted: Callable[[N], bool] | None,
    order: Sequence[Sort[N]],
    asked: Asked,
) -> Steps[Found[N]]:
    """The page that was asked for.

    Args:
        items: All there are, in the order of their creation. What is created, changed or deleted
            between two steps may be shown or not, like anything that happens between two pages.
        wanted: Whether an item passes the filters; all do if None.
        order: How to sort them; what compares equal stays in the order of creation, or in its
            reverse, as `Sort` says.
        asked: Which page.

    Raises:
        Invalid: The token belongs to a list in another order.
    """
    mark = asked.mark
    if mark is not None and len(mark.key) != len(order) + 1:
        raise _of_another_order()
    try:
        search = _sorted if order else _as_created
        shown, goes_on = yield from search(items, wanted, order, asked)
    except TypeError:  # a number where the other order has a text
        if mark is None:
            raise
        raise _of_another_order() from None
    page = asked.page
    before = page > 1 and shown
    return Found(
        shown,
        token_of(page - 1, True, order, shown[0]) if before else None,
        token_of(page + 1, False, order, shown[-1]) if goes_on else None,
    )


def _as_created(
    items: Sequence[N],
    wanted: Callable[[N], bool] | None,
    order: Sequence[Sort[N]],
    asked: Asked,
) -> Steps[tuple[list[N], bool]]:
    """The items of a page in the order of creation, and whether more follow."""
    size, mark = asked.size, asked.mark
    begin = 0
    if mark is not None:
        place, is_there = _place_of(items, mark)
        if mark.backward:
            before = yield from _first(items, range(place - 1, -1, -1), wanted, size)
            if len(before) == size:
                after = yield from _first(items, range(place, len(items)), wanted, 1)
                return before[::-1], bool(after)
        else:
            # The item that the token names was the last one shown, if it is still there.
            begin = place + is_there
    found = yield from _first(items, range(begin, len(items)), wanted, size + 1)
    return found[:size], len(found) > size


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
) -> Steps[tuple[list[N], bool]]:
    """The items of a page in another order, and whether more follow.

    Only as many of those before and after the token's place are held as a page needs.
    """
    size, mark = asked.size, asked.mark
    marked = None if mark is None else _comparable(mark.key, order)
    before: list[_Entry[N]] = []
    alike: list[_Entry[N]] = []
    after: list[_Entry[N]] = []
    for entries in _in_portions(items, wanted, order):
        for entry in entries:
            if marked is None or entry[0] > marked:
                after.append(entry)
            elif entry[0] == marked:
                alike.append(entry)
            else:
                before.append(entry)
        _hold_first(after, size + 1)
        _hold_last(before, size)
        yield
    after.sort(key=_rank)
    before.sort(key=_rank)
    place = 0
    if mark is not None:
        place = next((at for at, entry in enumerate(alike) if entry[2].sid == mark.sid), -1)
        is_there = place >= 0
        place = max(0, place)
        head = (before + alike[:place])[-size:]
        if mark.backward and len(head) == size:
            return _items(head), bool(alike[place:] or after)
        tail = alike[place + is_there :] + after
        chosen = before + alike + after if mark.backward else tail
    else:
        chosen = after
    return _items(chosen[:size]), len(chosen) > size


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


def _hold_first(entries: list[_Entry[N]], count: int) -> None:
    if len(entries) > _SORTED_AT_ONCE * count + _ITEMS_AT_A_STEP:
        entries.sort(key=_rank)
        del entries[count:]


def _hold_last(entries: list[_Entry[N]], count: int) -> None:
    if len(entries) > _SORTED_AT_ONCE * count + _ITEMS_AT_A_STEP:
        entries.sort(key=_rank)
        del entries[:-count]


def _rank(entry: _Entry[N]) -> tuple[_Key, int]:
    return entry[0], entry[1]


def _items(entries: Sequence[_Entry[N]]) -> list[N]:
    return [entry[2] for entry in entries]


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
