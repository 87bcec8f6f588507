"""One question to the store for all who have one."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from typing import Generic, TypeVar

from taskyard.stores import StoreError

Key = TypeVar("Key")
Given = TypeVar("Given")
Found = TypeVar("Found")


class Gathering(Generic[Key, Given, Found]):
    """Asks for many at once.

    While one call is under way, those who want another gather; the next one is for all of them. So
    the busier it gets the more share a call, and there are never two at a time: a store that is
    slow is not made slower by those who wait for it.
    """

    def __init__(
        self,
        together: Callable[[Mapping[Key, Given]], Awaitable[Mapping[Key, Found | StoreError]]],
        at_once: int,
    ) -> None:
        """Nobody asks yet.

        Args:
            together: Answers for these, of whom each has its own answer, a failure, or none.
            at_once: For how many at most.
        """
        self._together = together
        self._at_once = at_once
        self._waiting: dict[Key, tuple[Given, asyncio.Future[Found | StoreError | None]]] = {}
        self._asking: asyncio.Task[None] | None = None

    async def ask(self, key: Key, given: Given) -> Found | None:
        """The answer for one, from a call that begins after this; None if there is none.

        Whoever asks for the same key before the call begins shares the answer, and what was given
        first.

        Raises:
            StoreError: That of this one, or of the whole call.
        """
        loop = asyncio.get_running_loop()
        if key not in self._waiting:
            self._waiting[key] = given, loop.create_future()
        _, answer = self._waiting[key]
        if self._asking is None:
            self._asking = loop.create_task(self._ask())
        found = await asyncio.shield(answer)  # one who gives up does not end it for others
        if isinstance(found, StoreError):
            raise found
        return found

    async def close(self) -> None:
        """Break off what is under way: whoever waits is told so."""
        if self._asking is not None:
            self._asking.cancel()
            await asyncio.wait([self._asking])

    async def _ask(self) -> None:
        some: dict[Key, tuple[Given, asyncio.Future[Found | StoreError | None]]] = {}
        try:
            while self._waiting:
                some = {key: self._waiting.pop(key) for key in [*self._waiting][: self._at_once]}
                try:
                    found = await self._together({key: given for key, (given, _) in some.items()})
                except StoreError as error:
                    found = dict.fromkeys(some, error)
                for key, (_, answer) in some.items():
                    answer.set_result(found.get(key))
        finally:
            self._asking = None
            broken = StoreError("the store was not asked to the end")
            for _, answer in [*some.values(), *self._waiting.values()]:
                if not answer.done():
                    answer.set_result(broken)
            self._waiting.clear()
