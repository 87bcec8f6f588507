"""A websocket connection: uvicorn's, which bounds what one client may cost.

Frames go straight to the transport. They are encoded once for everybody who gets them, and nobody
waits for anybody: what a client has not read yet is counted, and too much of it ends the
connection. What clients say is ignored; they post what they want.
"""

import asyncio
import contextlib
import logging
from typing import Any, cast

from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol
from websockets import http11
from websockets.exceptions import InvalidState
from websockets.frames import Frame
from websockets.http11 import Request

from taskyard.server.api.problems import Problem
from taskyard.server.bounded_protocol import HEAD_BYTES_MAX, HEADER_LINES_MAX, refusal

WIRE = "taskyard.wire"
"""The extension of an ASGI scope under which the application finds the connection."""
MESSAGE_BYTES_MAX = 65_536
"""Of what a client may say at once; more ends the connection with code 1009."""
_UNREAD_PONGS_MAX = 65_536
_NO_HANDSHAKE = Problem(400, 20001, "a websocket begins with a GET that has no body")
_LINGER_S = 5.0
"""How long a client has to take in a farewell before the connection is cut."""

# At `info` uvicorn writes the address of each connection, and the token stands in it.
_quiet = logging.getLogger("uvicorn.error.websockets")
_quiet.setLevel(logging.WARNING)

# What gets here was let through by our own bounds. Those of the library are narrower: its line has
# 8 kB, and the largest token that is good for a POST would be none for a handshake.
http11.MAX_LINE_LENGTH = HEAD_BYTES_MAX
http11.MAX_NUM_HEADERS = HEADER_LINES_MAX


def text_frame(text: bytes) -> bytes:
    """A whole frame of text, as a server sends it: not masked, not compressed.

    Source: RFC 6455, section 5.2.
    """
    size = len(text)
    if size < 126:
        return b"\x81" + size.to_bytes(1, "big") + text
    if size < 65_536:
        return b"\x81\x7e" + size.to_bytes(2, "big") + text
    return b"\x81\x7f" + size.to_bytes(8, "big") + text


class WireProtocol(WebSocketsSansIOProtocol):
    """One connection, from its handshake to its end."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.logger = self.conn.logger = _quiet

    @property
    def unread(self) -> int:
        """How many bytes wait here for the client to read on."""
        return self.transport.get_write_buffer_size()

    def write(self, frame: bytes) -> None:
        """Send a whole frame, or nothing if the connection is about to end."""
        if not self.close_sent and not self.disconnected:
            self.transport.write(frame)

    def end(self, code: int, reason: str) -> None:
        """Say farewell, and cut the connection if the client does not hang up in time.

        Args:
            code: Of RFC 6455, section 7.4.
            reason: Up to 123 bytes, for whoever reads the client's log.
        """
        if self.close_sent or self.disconnected:
            return
        with contextlib.suppress(InvalidState):  # the client is saying farewell itself
            self.conn.send_close(code, reason)
            self.transport.write(b"".join(self.conn.data_to_send()))
        self.close_sent = True
        self.stop_keepalive()
        self.queue.put_nowait({"type": "websocket.disconnect", "code": code, "reason": reason})
        # A client who reads nothing would keep a connection that is merely closed for ever.
        self.close_timer = self.loop.call_later(_LINGER_S, self.transport.abort)

    def forget_handshake(self) -> None:
        """Keep nothing of the request: its token alone is larger than all that is needed."""
        self.scope.clear()  # type: ignore[attr-defined]  # the application holds it as well
        del self.request, self.response

    # --- what uvicorn calls ---

    def data_received(self, data: bytes) -> None:
        """Take in what the client has sent."""
        super().data_received(data)
        if self.conn.handshake_exc is not None and not self.handshake_initiated:
            # No handshake, as one with a body: uvicorn would wait on for a better one for ever.
            self.handshake_initiated = self.handshake_complete = self.close_sent = True
            self.transport.write(refusal(_NO_HANDSHAKE, self.default_headers))
            self.transport.close()

    async def send(self, message: Any) -> None:
        """Send what the application says."""
        await super().send(message)
        if message["type"] == "websocket.http.response.body":
            self.handshake_complete = True  # refused; else uvicorn logs that nobody answered

    def handle_connect(self, event: Request) -> None:
        """Begin, and give the application the connection itself."""
        super().handle_connect(event)
        scope = cast(dict[str, Any] | None, getattr(self, "scope", None))
        if scope is not None:  # otherwise it was no handshake
            scope["extensions"][WIRE] = self

    def handle_text(self, event: Frame) -> None:
        """Ignore it."""

    handle_bytes = handle_cont = handle_text

    def handle_ping(self) -> None:
        """Answer, unless the client reads none of the answers."""
        super().handle_ping()
        if self.unread > _UNREAD_PONGS_MAX:
            self.transport.abort()

    def keepalive_timeout(self) -> None:
        """Give up a client who no longer answers: what it has not read it never will."""
        super().keepalive_timeout()
        self.transport.abort()

    def shutdown(self) -> None:
        """Say farewell because the server is stopping, but do not wait for who reads nothing."""
        with contextlib.suppress(InvalidState):  # the client is saying farewell itself
            super().shutdown()
        if self.unread:
            asyncio.get_running_loop().call_later(_LINGER_S, self.transport.abort)
