"""Those who wait for their turn, and for what it showed them to be durable."""

import asyncio
from collections.abc import Callable
from typing import Generic, TypeVar, cast

from taskyard.core.causes import Cause
from taskyard.core.commands import Command
from taskyard.core.machine import Decided
from taskyard.core.state import State
from taskyard.stores import KeptAnswer, StoreError

T = TypeVar("T")


class Waiting(Generic[T]):
    """A caller. The answer is found inside the turn, and given when the turn is durable."""

    __slots__ = ("_answer", "_error", "_released")

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self._released: asyncio.Future[None] = loop.create_future()
        self._answer: T | None = None
        self._error: Exception | None = None

    @property
    def gone(self) -> bool:
        """Whether the caller waits no more."""
        return self._released.done()

    def fail(self, error: Exception) -> None:
        """Whatever was found so far, the caller is to hear this."""
        self._error = error

    def release(self) -> None:
        """Let the caller hear what was found."""
        if not self._released.done():
            self._released.set_result(None)

    async def outcome(self) -> T:
        """Wait for the release."""
        await self._released
        if isinstance(self._error, StoreError):
            # One failure is told to many callers: each raises an exception of its own.
            raise StoreError(str(self._error)) from self._error
        if self._error is not None:
            raise self._error
        return cast(T, self._answer)


class Asked(Waiting[T]):
    """A caller with a command."""

    __slots__ = ("_keep", "_render", "cause", "command")

    def __init__(
        self,
        loop: asyncio.AbstractEventLoop,
        command: Command,
        render: Callable[[State, Decided], T],
        keep: Callable[[T, int], KeptAnswer] | None = None,
        cause: Cause | None = None,
    ) -> None:
        super().__init__(loop)
        self.command = command
        self.cause = cause
        self._render = render
        self._keep = keep

    def answer(self, state: State, decided: Decided, now_ms: int) -> KeptAnswer | None:
        """Render what was decided. A renderer that fails undoes no decision.

        Returns:
            What the turn has to keep of the answer.
        """
        try:
            answer = self._answer = self._render(state, decided)
        except Exception as error:
            self._error = error
            return None
        return None if self._keep is None else self._keep(answer, now_ms)


class Reading(Waiting[T]):
    """A caller who only looks.

    Attributes:
        wants: Up to which position the state has to be: where the journal ended when they came.
    """

    __slots__ = ("_render", "wants")

    def __init__(
        self, loop: asyncio.AbstractEventLoop, render: Callable[[State, int], T], wants: int
    ) -> None:
        super().__init__(loop)
        self.wants = wants
        self._render = render

    def answer(self, state: State, now_ms: int) -> None:
        """Render the state as it is now."""
        try:
            self._answer = self._render(state, now_ms)
        except Exception as error:
            self._error = error
