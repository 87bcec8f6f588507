"""Rows of statistics as they were read, for those who ask again."""

from collections import OrderedDict
from collections.abc import Iterable
from typing import Any

_BYTES_MAX = 64 << 20
_ENTRIES_MAX = 50_000

Span = tuple[str, str, int, int]
"""A workspace, a part of its rows, how long a span is and when it begins; lengths in ms."""


class StatisticsCache:
    """What was read of spans of time that nothing more comes to; the least used go first."""

    def __init__(self) -> None:
        """Nothing was read yet."""
        self._entries: OrderedDict[Span, tuple[list[Any], int]] = OrderedDict()
        self._bytes = 0

    def get(self, span: Span) -> list[Any] | None:
        """The rows of a span; None if it is not known whether there are any."""
        found = self._entries.get(span)
        if found is None:
            return None
        self._entries.move_to_end(span)
        return found[0]

    def forget(self, spans: Iterable[Span]) -> None:
        """Read these anew the next time."""
        for span in spans:
            found = self._entries.pop(span, None)
            if found is not None:
                self._bytes -= found[1]

    def put(self, span: Span, bodies: list[Any], size: int) -> None:
        """Remember the rows of a span, which are of so many bytes."""
        before = self._entries.pop(span, None)
        self._bytes += size - (0 if before is None else before[1])
        self._entries[span] = bodies, size
        while self._bytes > _BYTES_MAX or len(self._entries) > _ENTRIES_MAX:
            _, (_, gone) = self._entries.popitem(last=False)
            self._bytes -= gone
