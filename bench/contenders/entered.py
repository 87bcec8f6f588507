"""Contexts that a contender is in for as long as it takes part."""

import contextlib
from types import TracebackType


class Entered:
    """A base for contenders: what `contexts` has entered ends with it."""

    def __init__(self) -> None:
        self.contexts = contextlib.AsyncExitStack()

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self.contexts.__aexit__(kind, error, trace)
