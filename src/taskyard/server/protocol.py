"""Uvicorn's HTTP protocol with a bound on what it reads before anybody is asked who they are."""

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from .api.problems import body_of, head_too_large

HEAD_BYTES_MAX = 65_536
"""Of the address and the headers of one request; the parser itself has no bound."""


class HeadTooLarge(Exception):
    """Raised within the parser to make it stop."""


class BoundedHttpProtocol(HttpToolsProtocol):
    """Answers 431 and hangs up when the head of a request is too large, read whole or not."""

    _in_head = False
    _head_bytes = 0  # of the address and the headers that are complete
    _unread_bytes = 0  # of what came since the head began, but for the piece that it began in

    def data_received(self, data: bytes) -> None:
        """Read one piece of what the caller sends."""
        if self._in_head:
            self._unread_bytes += len(data)
            if self._unread_bytes > HEAD_BYTES_MAX:
                self._refuse()
                return
        super().data_received(data)

    def on_message_begin(self) -> None:
        """Begin to count."""
        self._in_head = True
        self._head_bytes = self._unread_bytes = 0
        super().on_message_begin()

    def on_url(self, url: bytes) -> None:
        """Count the address, or a piece of it."""
        self._head_bytes += len(url)
        super().on_url(url)

    def on_header(self, name: bytes, value: bytes) -> None:
        """Count a header."""
        self._head_bytes += len(name) + len(value)
        super().on_header(name, value)

    def on_headers_complete(self) -> None:
        """Let the request through if its head is small enough."""
        if self._head_bytes > HEAD_BYTES_MAX:
            raise HeadTooLarge
        self._in_head = False
        super().on_headers_complete()

    def send_400_response(self, msg: str) -> None:
        """Answer what the parser stopped at."""
        if self._head_bytes > HEAD_BYTES_MAX:
            self._refuse()
        else:
            super().send_400_response(msg)

    def _refuse(self) -> None:
        if self.transport.is_closing():
            return
        body = body_of(head_too_large(HEAD_BYTES_MAX))
        self.transport.write(
            b"HTTP/1.1 431 Request Header Fields Too Large\r\n"
            b"content-type: application/json; charset=utf-8\r\n"
            b"content-length: %d\r\nconnection: close\r\n\r\n%b" % (len(body), body)
        )
        self.transport.close()
