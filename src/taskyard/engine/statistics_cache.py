"""Rows of statistics as they were read, for those who ask again."""

from collections import OrderedDict
from collections.abc import Iterable
from typing import Any, NamedTuple

_BYTES_MAX = 64 << 20
_ENTRIES_MAX = 50_000

Span = tuple[str, str, int, int]
"""A workspace, a part of its rows, how long a span is and when it begins; lengths in ms."""


class Read(NamedTuple):
    """What was read of a span.

    Attributes:
        bodies: Of its rows, in their order.
        size: Of how many bytes they were.
        position: What there is more of the span ends after it.
        settled: Whether nothing more comes to it.
    """

    bodies: list[Any]
    size: int
    position: int
    settled: bool


NOTHING = Read([], 0, -1, False)
"""Of a span that nobody has read."""


class StatisticsCache:
    """What was read of spans of time; the least used go first."""

    def __init__(self) -> None:
        """Nothing was read yet."""
        self._entries: OrderedDict[Span, Read] = OrderedDict()
        self._bytes = 0

    def get(self, span: Span) -> Read:
        """What was read of a span; there may be more, unless it is settled."""
        found = self._entries.get(span)
        if found is None:
            return NOTHING
        self._entries.move_to_end(span)
        return found

    def reopen(self, spans: Iterable[Span]) -> None:
        """Look the next time whether there is more of these."""
        for span in spans:
            found = self._entries.get(span)
            if found is not None:
                self._entries[span] = found._replace(settled=False)

    def put(self, span: Span, read: Read) -> None:
        """Remember what was read of a span."""
        before = self._entries.pop(span, NOTHING)
        self._bytes += read.size - before.size
        self._entries[span] = read
        while self._bytes > _BYTES_MAX or len(self._entries) > _ENTRIES_MAX:
            _, gone = self._entries.popitem(last=False)
            self._bytes -= gone.size
