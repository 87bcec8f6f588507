"""How programs say what they listen to; the same with a loop and without."""

from collections.abc import Callable
from typing import Any, TypeVar, overload

from .connection import Connection

L = TypeVar("L", bound=Callable[..., Any])


class Listening:
    """A client's `on`, `once` and `off`."""

    _connection: Connection

    @overload
    def on(self, event: str, callback: L) -> L: ...
    @overload
    def on(self, event: str) -> Callable[[L], L]: ...
    def on(self, event: str, callback: L | None = None) -> Any:
        """Listen to an event: `on("ready", f)`, or as a decorator, `@client.on("ready")`."""
        return self._listening(event, callback, once=False)

    @overload
    def once(self, event: str, callback: L) -> L: ...
    @overload
    def once(self, event: str) -> Callable[[L], L]: ...
    def once(self, event: str, callback: L | None = None) -> Any:
        """Listen to an event until it happens; in both forms of `on`."""
        return self._listening(event, callback, once=True)

    def off(self, event: str, callback: Callable[..., Any] | None = None) -> None:
        """Listen no more: this callback, or all of the event's."""
        self._connection.emitter.forget(event, callback)

    def _listening(self, event: str, callback: L | None, *, once: bool) -> Any:
        def listen(callback: L) -> L:
            self._connection.emitter.listen(event, callback, once=once)
            return callback

        return listen if callback is None else listen(callback)
