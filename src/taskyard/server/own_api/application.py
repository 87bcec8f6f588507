"""The plain ASGI application under `/taskyard/v1`."""

import re

from taskyard.engine import Directory
from taskyard.server.api.application import CORS, Receive, Scope, Send, base_of
from taskyard.server.api.forms import parse
from taskyard.server.api.problems import (
    Headers,
    body_of,
    method_not_allowed,
    not_found,
    problem_of,
    unauthorized,
)
from taskyard.server.auth import Gate

from .alerts import list_alerts
from .event_stream import EventStream
from .node import show_node

PREFIX = "/taskyard/v1"
_ALERTS = "/Alerts"
_NODE = "/Node"
_STREAM = re.compile(r"/Workspaces/([^/]+)/EventStream")


class OwnApi:
    """Answers every call under `/taskyard/v1`."""

    def __init__(
        self,
        directory: Directory,
        gate: Gate,
        event_stream: EventStream,
        *,
        public_url: str | None,
        unavailable: tuple[type[Exception], ...],
    ) -> None:
        """Serve to whom the gate admits.

        Args:
            directory: Where the workspaces are.
            gate: Who may call.
            event_stream: What happens, as it happens.
            public_url: The address that callers use; None for the one that each call names.
            unavailable: Failures that pass, answered with 503.
        """
        self._directory = directory
        self._gate = gate
        self._event_stream = event_stream
        self._public_url = public_url
        self._unavailable = unavailable

    def stop(self) -> None:
        """End what would go on for ever: the server is stopping."""
        self._event_stream.stop()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one HTTP request."""
        path = scope["path"][len(PREFIX) :]
        started = False

        async def watched(message: Scope) -> None:
            nonlocal started
            started = True
            await send(message)

        try:
            await self._answer(scope, path, receive, watched)
        except Exception as error:
            if started:
                raise
            problem = problem_of(error, path, self._unavailable)
            await _send(send, problem.status, body_of(problem), problem.headers)

    async def _answer(self, scope: Scope, path: str, receive: Receive, send: Send) -> None:
        method = scope["method"]
        if method == "OPTIONS":
            await _send(send, 204, b"")
            return
        headers: dict[bytes, bytes] = dict(scope["headers"])
        if not await self._gate.admits(headers.get(b"authorization")):
            raise unauthorized()
        stream = _STREAM.fullmatch(path)
        cluster = self._directory.cluster if path == _NODE else None
        if stream is None and path != _ALERTS and cluster is None:
            raise not_found(path)
        if method != "GET":
            raise method_not_allowed(method, path, ("GET", "OPTIONS"))
        if cluster is not None:
            await _send(send, 200, await show_node(self._directory, cluster))
            return
        query = parse(scope["query_string"], keep_empty=False)
        if stream is None:
            await _send(send, 200, await list_alerts(self._directory, query))
            return
        await self._event_stream.serve(
            stream[1],
            query,
            headers.get(b"last-event-id"),
            (self._public_url or base_of(scope, headers)) + "/v1",
            CORS,
            receive,
            send,
        )


async def _send(send: Send, status: int, body: bytes, extra: Headers = ()) -> None:
    headers = [*CORS, *extra]
    if status != 204:
        headers.append((b"content-type", b"application/json; charset=utf-8"))
        headers.append((b"content-length", b"%d" % len(body)))
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})
