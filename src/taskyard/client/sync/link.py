"""How the objects of one client ask, and wait for the answer."""

from collections.abc import Callable, Mapping
from typing import Any, TypeVar, cast

from taskyard.client.aio.link import Source
from taskyard.client.aio.transport import Transport
from taskyard.client.errors import TaskyardError
from taskyard.client.parameters import Callback
from taskyard.client.requests import Request

from .background import Background

T = TypeVar("T")


class Link:
    """The line to the server that all objects of a client share, with its one token.

    Args:
        background: Where requests are sent.
        transport: Sends them.
        kinds: The class of an entity by the first two letters of its sid.
        otherwise: The class of everything else that has a sid.
    """

    def __init__(
        self,
        background: Background,
        transport: Transport,
        kinds: Mapping[str, type],
        otherwise: type,
    ) -> None:
        self.transport = transport
        self._background = background
        self._kinds = kinds
        self._otherwise = otherwise

    def entity(self, payload: Any) -> Any:
        """What a payload stands for; what is no resource stays as it is."""
        if not isinstance(payload, dict) or not isinstance(payload.get("sid"), str):
            return payload
        return self._kinds.get(payload["sid"][:2], self._otherwise)(payload, self)

    def ask(
        self,
        request: Request,
        read: Callable[[Any], T],
        callback: Callback[T] | None = None,
        source: Source | None = None,
    ) -> T:
        """Send a request, wait for its answer, and read it.

        With a callback, that is told the result or the error on this very thread, and nothing is
        raised: after an error the result is then None, whatever the annotations of those who call
        this say.
        """
        try:
            result = read(self._background.run((source or self.transport.send)(request)))
        except TaskyardError as error:
            if callback is None:
                raise
            callback(error, None)
            return cast(T, None)
        if callback is not None:
            callback(None, result)
        return result
