"""HTTP/1.1 connections that cannot take what they like: memory and time have bounds.

Uvicorn's protocol over httptools bounds neither the bytes of a request's head, nor the requests
that wait behind one another, nor the time that a client takes to send or to read. What is bounded
here is bounded before any handler runs, and costs a good request next to nothing: bytes are only
counted while a request takes more than one read, and nothing keeps time but a look at every
connection once a second.
"""

import asyncio
import contextlib
import re
import sys
from collections.abc import Iterable
from http import HTTPMethod
from typing import Any, cast

from httptools import HttpParserInvalidMethodError
from uvicorn.protocols.http.httptools_impl import (
    STATUS_LINE,
    HttpToolsProtocol,
    RequestResponseCycle,
)

from .api.application import BODY_BYTES_MAX, CORS, Receive, Scope, Send
from .api.problems import (
    Problem,
    body_of,
    body_too_large,
    head_too_large,
    not_http,
    too_many_pipelined,
    too_slow,
    unknown_method,
    url_too_long,
)
from .whole_answers import WHOLE, Headers

HEAD_BYTES_MAX = 65_536
HEADER_LINES_MAX = 200
URL_BYTES_MAX = 32_768
PIPELINED_MAX = 100
_MESSAGE_BYTES_MAX = HEAD_BYTES_MAX + 2 * BODY_BYTES_MAX
"""A body in chunks has more bytes on the wire than in the end; beyond twice as many it is play."""
_SMALL_BYTES = 4 * HEADER_LINES_MAX
"""What came in fewer bytes has fewer lines than it may have, and is not looked at any closer."""
_REQUEST_LINE = re.compile(rb"([!#$%&'*+.^_`|~0-9A-Za-z-]{1,64}) /\S* HTTP/1\.[01]\r?\n")
_LINGER_S = 5.0
"""How long a refused client has to read why, before the connection is cut."""


class BoundedProtocol(HttpToolsProtocol):
    """One connection."""

    # Class attributes until they are wanted: most connections never need their own.
    _came_in = b""
    _more_bytes = 0
    """Of the request that is coming in: what came in reads after the one in which it began."""
    _may_be_large = False
    """Whether the head that is coming in could pass a bound at all."""
    _problem: Problem | None = None
    _is_refused = False
    _watched: object = None
    _watched_left = 0
    _watched_since_s = 0.0

    def data_received(self, data: bytes) -> None:
        """Take in what the client has sent."""
        if self._is_refused:
            return
        before = self.scope
        self._came_in = data
        self._may_be_large = self._more_bytes + len(data) > _SMALL_BYTES
        HttpToolsProtocol.data_received(self, data)
        self._came_in = b""  # an idle connection must not hold on to what was sent last
        if self.scope is not before:
            if self._more_bytes:
                self._more_bytes = 0
        elif not self._is_refused:
            self._more_bytes += len(data)
            if self._is_in_head:
                if self._more_bytes > HEAD_BYTES_MAX:
                    self._refuse(head_too_large(HEADER_LINES_MAX, HEAD_BYTES_MAX))
            elif len(self.headers) > HEADER_LINES_MAX:  # a body in chunks may end in more of them
                self._refuse(head_too_large(HEADER_LINES_MAX, HEAD_BYTES_MAX))
            elif self._more_bytes > _MESSAGE_BYTES_MAX:
                self._refuse(body_too_large(BODY_BYTES_MAX))

    def on_headers_complete(self) -> None:
        """Start the request, unless its head is too large or too many wait before it."""
        if self._may_be_large:
            self._check_head()
        if self.pipeline and len(self.pipeline) >= PIPELINED_MAX:
            self._stop_parsing(too_many_pipelined(PIPELINED_MAX))
        HttpToolsProtocol.on_headers_complete(self)

    def _check_head(self) -> None:
        size = sum(len(name) + len(value) + 4 for name, value in self.headers)
        if len(self.headers) > HEADER_LINES_MAX or size > HEAD_BYTES_MAX:
            self._stop_parsing(head_too_large(HEADER_LINES_MAX, HEAD_BYTES_MAX))
        if len(self.url) > URL_BYTES_MAX:
            self._stop_parsing(url_too_long(URL_BYTES_MAX))

    def _stop_parsing(self, problem: Problem) -> None:
        self._problem = problem
        raise problem  # uvicorn takes it for a parser's error, and refuses the request

    def on_message_begin(self) -> None:
        """Begin a request; its answer may come in one piece."""
        HttpToolsProtocol.on_message_begin(self)
        cast(Any, self.scope)["extensions"] = {WHOLE: self._take_whole}

    def _take_whole(self, scope: Scope, status: int, headers: Headers, body: bytes) -> bool:
        """Write a whole answer, unless it is an unusual one; see `whole_answers`.

        What remains to be done for a request that is answered is done here as uvicorn does it.
        """
        cycle = self.cycle
        if (
            cycle.scope is not scope  # another request waits behind this one
            or cycle.disconnected
            or cycle.response_started
            or not cycle.keep_alive
            or self.flow.write_paused
            or scope["method"] == "HEAD"
        ):
            return False
        cycle.response_started = True
        cycle.waiting_for_100_continue = False
        lines = [b"%b: %b\r\n" % line for line in self.server_state.default_headers]
        lines += [b"%b: %b\r\n" % line for line in headers]
        self.transport.write(b"%b%b\r\n%b" % (STATUS_LINE[status], b"".join(lines), body))
        cycle.response_complete = True
        cycle.message_event.set()
        cycle.on_response()
        return True

    def send_400_response(self, msg: str) -> None:
        """Refuse what could not be parsed, or what our callbacks did not let through."""
        self._refuse(self._problem or self._what_is_wrong(sys.exception()))

    def _what_is_wrong(self, error: BaseException | None) -> Problem:
        """Tell a method that nobody knows, in a request that is sound, from no request at all."""
        line = _REQUEST_LINE.match(self._came_in)
        method = "" if line is None else line[1].decode("ascii")
        # What comes behind a request with a method of HTTP's own is not looked at any closer.
        strange = method and method not in HTTPMethod.__members__
        if strange and isinstance(error, HttpParserInvalidMethodError):
            return unknown_method(method)
        return not_http()

    @property
    def _is_in_head(self) -> bool:
        """Whether a request has begun and its head is not complete."""
        return self.cycle is None or self.cycle.scope is not self.scope

    @property
    def _waits_for_client(self) -> bool:
        """Whether it is the client's turn to send, and no keep-alive timer says until when."""
        if self.timeout_keep_alive_task is not None:
            return False
        return self._is_in_head or self.cycle.response_complete or self.cycle.more_body

    def _refuse(self, problem: Problem) -> None:
        """Answer what came before in its order, then this, then close; ignore what still comes.

        An answer out of its order would be taken for the answer to an earlier request, which may
        well have been carried out.
        """
        self._is_refused = True
        broken = None if self._is_in_head else self.cycle
        if broken is not None and self.pipeline and self.pipeline[0][0] is broken:
            self.pipeline.popleft()
            self._answer_after_others(problem)
        elif broken is not None and broken.more_body:
            is_answered = broken.response_started
            broken.disconnected = True
            broken.message_event.set()  # who waits for the body learns that there is none
            self._close_with(None if is_answered else problem)
        elif self.cycle is not None and not self.cycle.response_complete:
            self._answer_after_others(problem)
        else:
            self._close_with(problem)

    def _answer_after_others(self, problem: Problem) -> None:
        """Queue the refusal as if it were the answer to one more request."""

        async def refuse(scope: Scope, receive: Receive, send: Send) -> None:
            cycle.disconnected = True  # it sends nothing itself
            self._close_with(problem)

        cycle = RequestResponseCycle(
            scope=self.scope,
            transport=self.transport,
            flow=self.flow,
            logger=self.logger,
            access_logger=self.access_logger,
            access_log=self.access_log,
            default_headers=self.server_state.default_headers,
            message_event=asyncio.Event(),
            expect_100_continue=False,
            keep_alive=False,
            on_response=self.on_response_complete,
        )
        self.pipeline.appendleft((cycle, cast(Any, refuse)))

    def _close_with(self, problem: Problem | None) -> None:
        """Send the answer, if there is one to send, and no more after it.

        Closing at once, with bytes unread, would make the client's kernel throw the answer away.
        """
        if problem is not None:
            self.transport.write(refusal(problem, self.server_state.default_headers))
        if self.transport.can_write_eof():
            with contextlib.suppress(OSError, RuntimeError):  # the client may be gone already
                self.transport.write_eof()
        else:
            self.transport.close()

    def look_at(self, now_s: float, patience_s: float) -> None:
        """Cut a connection whose client has had the time that a request may take.

        Args:
            now_s: By the loop's clock.
            patience_s: How long a request may take to come in, and an answer to make progress.
        """
        watched: object
        left = 0
        if self.transport.is_closing() or self.flow.write_paused:
            left, watched = self.transport.get_write_buffer_size(), self.transport
        elif self._is_refused:
            watched, patience_s = self, min(patience_s, _LINGER_S)
        elif self._waits_for_client:
            watched = self.scope or self.flow  # which is all there is before the first byte
        else:
            watched = None
        if watched is not self._watched or left != self._watched_left:
            self._watched, self._watched_left, self._watched_since_s = watched, left, now_s
        elif watched is not None and now_s - self._watched_since_s >= patience_s:
            if watched is self.scope and (self._is_in_head or self.cycle.more_body):
                self._refuse(too_slow())
            else:
                self.transport.abort()

    def shutdown(self) -> None:
        """Close as soon as nothing is under way: the server is stopping."""
        if self._is_refused:
            self.transport.close()
        else:
            super().shutdown()


def look_at_all(connections: Iterable[object], now_s: float, patience_s: float) -> None:
    """Look at every HTTP connection of a server; websockets keep time themselves."""
    for connection in list(connections):
        if isinstance(connection, BoundedProtocol):
            connection.look_at(now_s, patience_s)


def refusal(problem: Problem, default_headers: Iterable[tuple[bytes, bytes]]) -> bytes:
    """The whole answer for what never becomes a request; the connection is to be closed after it.

    Args:
        problem: What is wrong.
        default_headers: Those of every answer.
    """
    body = body_of(problem)
    lines = [
        *default_headers,
        *CORS,
        *problem.headers,
        (b"content-type", b"application/json; charset=utf-8"),
        (b"content-length", b"%d" % len(body)),
        (b"connection", b"close"),
    ]
    head = b"".join(b"%s: %s\r\n" % line for line in lines)
    return STATUS_LINE[problem.status] + head + b"\r\n" + body
