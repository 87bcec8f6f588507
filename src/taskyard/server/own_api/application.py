"""The plain ASGI application under `/taskyard/v1`."""

import re
from collections.abc import Callable

from taskyard.core.limits import Limits
from taskyard.engine import Directory
from taskyard.server.api.application import CORS, Receive, Scope, Send, base_of, form_body
from taskyard.server.api.application import PREFIX as REST
from taskyard.server.api.forms import parse
from taskyard.server.api.problems import (
    Headers,
    Problem,
    body_of,
    method_not_allowed,
    not_found,
    problem_of,
    unauthorized,
)
from taskyard.server.auth import Gate
from taskyard.server.tokens import Tokens, permits

from .alerts import list_alerts
from .event_stream import EventStream
from .node import show_node
from .token_making import make_token
from .validations import field_of, list_read_for, validate

PREFIX = "/taskyard/v1"
_ALERTS = "/Alerts"
_NODE = "/Node"
_TOKENS = "/Tokens"
_BEARER = b"bearer"
_NOT_STORED = (b"cache-control", b"no-store")
_STREAM = re.compile(r"/Workspaces/([^/]+)/EventStream")
_VALIDATIONS = re.compile(r"/Workspaces/([^/]+)/Validations")


class OwnApi:
    """Answers every call under `/taskyard/v1`."""

    def __init__(
        self,
        directory: Directory,
        gate: Gate,
        tokens: Tokens,
        event_stream: EventStream,
        *,
        clock: Callable[[], int],
        limits: Limits,
        public_url: str | None,
        unavailable: tuple[type[Exception], ...],
    ) -> None:
        """Serve to whom the gate admits.

        Args:
            directory: Where the workspaces are.
            gate: Who may call.
            tokens: Whose tokens open a stream and have things validated as well.
            event_stream: What happens, as it happens.
            clock: The instant, in milliseconds since the epoch.
            limits: How much there may be of everything.
            public_url: The address that callers use; None for the one that each call names.
            unavailable: Failures that pass, answered with 503.
        """
        self._directory = directory
        self._gate = gate
        self._tokens = tokens
        self._clock = clock
        self._limits = limits
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
        authorization = headers.get(b"authorization")
        stream = _STREAM.fullmatch(path)
        validations = _VALIDATIONS.fullmatch(path)
        cluster = self._directory.cluster if path == _NODE else None
        below_workspace = stream or validations
        token = None if below_workspace is None else _token_of(authorization)
        if token is None and not await self._gate.admits(authorization):
            raise unauthorized()
        if below_workspace is None and path not in (_ALERTS, _TOKENS) and cluster is None:
            raise not_found(path)
        wanted = "POST" if path == _TOKENS or validations is not None else "GET"
        if method != wanted:
            raise method_not_allowed(method, path, (wanted, "OPTIONS"))
        if cluster is not None:
            await _send(send, 200, await show_node(self._directory, cluster))
            return
        if path == _TOKENS:
            form = parse(await form_body(headers, receive))
            body = await make_token(self._directory, form, self._clock())
            await _send(send, 201, body, [_NOT_STORED])
            return
        if validations is not None:
            form = parse(await form_body(headers, receive))
            if token is not None:
                await self._may_read(token, validations[1], list_read_for(field_of(form)))
            engine = await self._directory.engine(validations[1])
            await _send(send, 200, await validate(engine, form, self._limits))
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
            # Whoever may read the events may hear them.
            ends_ms=None if token is None else await self._may_read(token, stream[1], "Events"),
        )

    async def _may_read(self, token: str, workspace_sid: str, nouns: str) -> int:
        """Until when, in milliseconds, a token permits to GET a list of a workspace.

        Raises:
            Problem: The token is not good, or does not permit it.
            NotFound: Its workspace is not there.
        """
        bearer = await self._tokens.verify(token)
        engine = await self._directory.engine(bearer.workspace_sid)
        path = f"{REST}/Workspaces/{workspace_sid}/{nouns}"
        if not permits(bearer, "GET", path, {}, {}, engine.sees):
            raise Problem(403, 20403, f"the token does not permit GET on {path}")
        return bearer.expires_ms


def _token_of(authorization: bytes | None) -> str | None:
    scheme, _, token = (authorization or b"").partition(b" ")
    return token.strip().decode("latin-1") if scheme.lower() == _BEARER else None


async def _send(send: Send, status: int, body: bytes, extra: Headers = ()) -> None:
    headers = [*CORS, *extra]
    if status != 204:
        headers.append((b"content-type", b"application/json; charset=utf-8"))
        headers.append((b"content-length", b"%d" % len(body)))
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})
