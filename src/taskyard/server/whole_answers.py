"""Answers that are whole from the first: head and body go to the connection in one write.

ASGI takes an answer in two messages, and uvicorn writes each to the socket: the client is woken
twice. It also looks at every header's spelling, and ours are spelled by us. So a connection of ours
has an extension of the scope, under `WHOLE`, that takes the whole answer. Where there is none, or
the connection cannot take one now, ASGI's own messages say the same.
"""

from collections.abc import Awaitable, Callable, MutableMapping, Sequence
from typing import Any

WHOLE = "taskyard.whole"

Scope = MutableMapping[str, Any]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]
Headers = Sequence[tuple[bytes, bytes]]
"""Names in small letters and values, free of line ends; with the length of the body, if any."""
TakeWhole = Callable[[Scope, int, Headers, bytes], bool]
"""Writes the answer to this request, or says that it has to come in messages."""


async def send_whole(scope: Scope, status: int, headers: Headers, body: bytes, send: Send) -> None:
    """Answer a request.

    Args:
        scope: The request's.
        status: The answer's.
        headers: The answer's.
        body: The answer's.
        send: The request's.
    """
    extensions = scope.get("extensions")
    take: TakeWhole | None = None if extensions is None else extensions.get(WHOLE)
    if take is None or not take(scope, status, headers, body):
        await send({"type": "http.response.start", "status": status, "headers": headers})
        await send({"type": "http.response.body", "body": body})
