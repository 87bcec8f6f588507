"""How many HTTP responses there were, by class of status."""

from collections.abc import Iterator


class Responses:
    """One number for each of 1xx to 5xx; a list of its own so that counting is one addition."""

    __slots__ = ("_counts",)

    def __init__(self) -> None:
        self._counts = [0] * 6

    def count(self, status: int) -> None:
        """One response of this status begins."""
        self._counts[status // 100] += 1

    def by_class(self) -> Iterator[tuple[str, int]]:
        """The classes with their numbers."""
        for number in range(1, 6):
            yield f"{number}xx", self._counts[number]
