"""How the objects of one client ask, and how they become what they are."""

from collections.abc import Callable, Coroutine, Mapping
from inspect import isawaitable
from typing import Any, TypeVar, cast

from taskyard.client.errors import TaskyardError
from taskyard.client.parameters import Callback
from taskyard.client.requests import Request

from .transport import Transport

T = TypeVar("T")
Source = Callable[[Request], Coroutine[Any, Any, Any]]


class Link:
    """The line to the server that all objects of a client share, with its one token.

    Args:
        transport: Sends requests.
        kinds: The class of an entity by the first two letters of its sid.
        otherwise: The class of everything else that has a sid.
    """

    def __init__(self, transport: Transport, kinds: Mapping[str, type], otherwise: type) -> None:
        self.transport = transport
        self._kinds = kinds
        self._otherwise = otherwise

    def entity(self, payload: Any) -> Any:
        """What a payload stands for; what is no resource stays as it is."""
        if not isinstance(payload, dict) or not isinstance(payload.get("sid"), str):
            return payload
        return self._kinds.get(payload["sid"][:2], self._otherwise)(payload, self)

    async def ask(
        self,
        request: Request,
        read: Callable[[Any], T],
        callback: Callback[T] | None = None,
        source: Source | None = None,
    ) -> T:
        """Send a request and read its answer.

        With a callback, that is told the result or the error, and nothing is raised: after an
        error the result is then None, whatever the annotations of those who call this say.
        """
        try:
            result = read(await (source or self.transport.send)(request))
        except TaskyardError as error:
            if callback is None:
                raise
            await _told(callback(error, None))
            return cast(T, None)
        if callback is not None:
            await _told(callback(None, result))
        return result


async def _told(answer: Any) -> None:
    if isawaitable(answer):
        await answer
