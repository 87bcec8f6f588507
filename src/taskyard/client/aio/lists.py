"""Lists of resources, and their pages."""

from collections.abc import AsyncIterator, Callable, Mapping
from typing import Any, Generic, TypeVar, overload

from taskyard.client.pages import PageOfValues
from taskyard.client.parameters import Callback, in_order, update_arguments, wire_parameters
from taskyard.client.published_names import PublishedNames
from taskyard.client.requests import Request

from .link import Link, Source

T = TypeVar("T")


class Page(PageOfValues[T]):
    """One page of a list, and the way to the next."""

    def __init__(
        self,
        payload: Mapping[str, Any],
        read: Callable[[Any], T],
        link: Link,
        source: Source | None = None,
    ) -> None:
        super().__init__(payload, read)
        self._link = link
        self._source = source

    async def next(self, callback: "Callback[Page[T]] | None" = None) -> "Page[T]":
        """The page that follows.

        Raises:
            LookupError: This is the last one.
            TaskyardError: The server refused, or gave no answer.
        """
        return await self._turn_to(self._next_url, "last", callback)

    async def previous(self, callback: "Callback[Page[T]] | None" = None) -> "Page[T]":
        """The page before.

        Raises:
            LookupError: This is the first one.
            TaskyardError: The server refused, or gave no answer.
        """
        return await self._turn_to(self._previous_url, "first", callback)

    async def _turn_to(
        self, url: str | None, which: str, callback: "Callback[Page[T]] | None"
    ) -> "Page[T]":
        if url is None:
            raise LookupError(f"this is the {which} page")
        return await self._link.ask(Request("GET", url), self._page, callback, self._source)

    def _page(self, payload: Any) -> "Page[T]":
        return Page(payload, self._read, self._link, self._source)


class Collection(PublishedNames, Generic[T]):
    """All resources of a kind in one place. `async for` goes through all of them."""

    def __init__(self, link: Link, path: str) -> None:
        self._link = link
        self._path = path
        self._read: Callable[[Any], T] = link.entity

    @overload
    async def fetch(self, sid: str, /, callback: Callback[T] | None = None) -> T: ...
    @overload
    async def fetch(
        self,
        params: Mapping[str, Any] | Callback[Page[T]] | None = None,
        /,
        callback: Callback[Page[T]] | None = None,
        **filters: Any,
    ) -> Page[T]: ...
    async def fetch(
        self,
        what: str | Mapping[str, Any] | Callback[Any] | None = None,
        /,
        callback: Callback[Any] | None = None,
        **filters: Any,
    ) -> Any:
        """One of them by its sid, or the first page of those that pass the filters.

        Raises:
            TaskyardError: The server refused, or gave no answer.
        """
        given, told = in_order(what, callback)
        if isinstance(given, str):
            request = Request("GET", f"{self._path}/{given}")
            return await self._link.ask(request, self._read, told)
        request = Request("GET", self._path, wire_parameters(given, filters))
        return await self._link.ask(request, self._page, told)

    async def iterate(
        self, params: Mapping[str, Any] | None = None, /, **filters: Any
    ) -> AsyncIterator[T]:
        """Go through all that pass the filters, page by page.

        Raises:
            TaskyardError: The server refused, or gave no answer.
        """
        page = await self.fetch(params, **filters)
        while True:
            for one in page:
                yield one
            if not page.has_next:
                return
            page = await page.next()

    def __aiter__(self) -> AsyncIterator[T]:
        return self.iterate()

    async def create(
        self,
        params: Mapping[str, Any] | None = None,
        /,
        callback: Callback[T] | None = None,
        **parameters: Any,
    ) -> T:
        """Make one. Mappings become JSON, as in `update`.

        Raises:
            TaskyardError: The server refused, or gave no answer.
        """
        request = Request("POST", self._path, wire_parameters(params, parameters))
        return await self._link.ask(request, self._read, callback)

    async def update(
        self, sid: str, /, *change: Any, callback: Callback[T] | None = None, **parameters: Any
    ) -> T:
        """Change one, given in any of the forms that an entity's `update` takes.

        Raises:
            TypeError: It is none of these forms.
            TaskyardError: The server refused, or gave no answer.
        """
        changed, callback = update_arguments(change, callback, parameters)
        request = Request("POST", f"{self._path}/{sid}", changed)
        return await self._link.ask(request, self._read, callback)

    async def delete(self, sid: str, /, callback: Callback[None] | None = None) -> None:
        """Delete one.

        Raises:
            TaskyardError: The server refused, or gave no answer.
        """
        request = Request("DELETE", f"{self._path}/{sid}")
        await self._link.ask(request, lambda _: None, callback)

    def _page(self, payload: Any) -> Page[T]:
        return Page(payload, self._read, self._link)
