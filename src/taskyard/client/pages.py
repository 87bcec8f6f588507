"""One page of a list, as values."""

from collections.abc import Callable, Iterator, Mapping
from typing import Any, Generic, TypeVar

from .published_names import PublishedNames

T = TypeVar("T")


class PageOfValues(PublishedNames, Generic[T]):
    """The items of one page, in the list's order.

    Attributes:
        data: The items.
        page: Its number, from 0.
        page_size: How many items a page has at most.
    """

    def __init__(self, payload: Mapping[str, Any], read: Callable[[Any], T]) -> None:
        meta = payload["meta"]
        self.data: list[T] = [read(item) for item in payload[meta["key"]]]
        self.page: int = meta["page"]
        self.page_size: int = meta["page_size"]
        self._read = read
        self._next_url: str | None = meta["next_page_url"]
        self._previous_url: str | None = meta["previous_page_url"]

    @property
    def has_next(self) -> bool:
        """Whether a page follows."""
        return self._next_url is not None

    @property
    def has_previous(self) -> bool:
        """Whether a page comes before."""
        return self._previous_url is not None

    def __iter__(self) -> Iterator[T]:
        return iter(self.data)

    def __len__(self) -> int:
        return len(self.data)

    def __getitem__(self, number: int) -> T:
        return self.data[number]

    def __repr__(self) -> str:
        return f"<Page {self.page}: {self.data!r}{', and more' if self.has_next else ''}>"
