"""The plain ASGI application under `/v1`.

Written against ASGI itself: the request and response objects of a framework would cost more than
everything else that a call does here.
"""

import re
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

from taskyard.core.causes import Cause
from taskyard.core.errors import Invalid
from taskyard.core.ids import mint_from
from taskyard.engine import Directory
from taskyard.server.auth import Gate
from taskyard.server.forwarded import Forwarded, read_forwarded
from taskyard.server.forwarding import Forwarding, Relayed, Request
from taskyard.server.responses import Responses
from taskyard.server.whole_answers import send_whole

from .calls import Answer, Call, Handler
from .dispatch import carry_out
from .idempotency import AGAIN, KEY_NAME, TOKEN_NAME, keyed_request
from .problems import (
    Headers,
    body_of,
    body_too_large,
    method_not_allowed,
    not_found,
    problem_of,
    too_many_requests,
    unauthorized,
)
from .rate_limits import RateLimiter
from .routes import ROUTES, TAKE_JSON, RouteTable
from .versions import etag

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]

PREFIX = "/v1"
BODY_BYTES_MAX = 3_276_800
"""The largest workflow configuration fits, even where every byte of it is percent-encoded."""

_FORM = b"application/x-www-form-urlencoded"
_JSON_TYPE = b"application/json"
_HOST = re.compile(r"([A-Za-z0-9._~\-]{1,253}|\[[0-9A-Fa-f:.]{2,45}\])(:[0-9]{1,5})?")
"""No longer than a name can be: it comes back a dozen times in each of a thousand items."""

# Captured from the published API, the wider set of its two; and the idempotency keys.
CORS: Headers = (
    (b"access-control-allow-origin", b"*"),
    (b"access-control-allow-credentials", b"true"),
    (b"access-control-allow-methods", b"GET, POST, DELETE, OPTIONS"),
    (
        b"access-control-allow-headers",
        b"Accept, Authorization, Content-Type, If-Match, If-Modified-Since, If-None-Match, "
        b"If-Unmodified-Since, I-Twilio-Idempotency-Token, Idempotency-Key, Last-Event-ID",
    ),
    (b"access-control-expose-headers", b"ETag, Idempotent-Replay"),
)
_JSON = (b"content-type", b"application/json; charset=utf-8")


class RestApplication:
    """Answers every call under `/v1`."""

    def __init__(
        self,
        directory: Directory,
        gate: Gate,
        *,
        clock: Callable[[], int],
        random_bytes: Callable[[int], bytes],
        public_url: str | None,
        unavailable: tuple[type[Exception], ...],
        responses: Responses | None = None,
        rates: RateLimiter | None = None,
        forwarding: Forwarding | None = None,
    ) -> None:
        """Serve what the directory holds to whom the gate admits.

        Args:
            directory: Where the workspaces are.
            gate: Who may call.
            clock: The engines' clock, in milliseconds since the epoch.
            random_bytes: What request ids are cut from.
            public_url: The address that callers use; None for the one that each call names.
            unavailable: Failures that pass, answered with 503.
            responses: Where the answers are counted; nobody looks if None.
            rates: How often the workspaces may be called; without bound if None.
            forwarding: Leads to the nodes that serve the workspaces; None if there is only this.
        """
        self._directory = directory
        self._gate = gate
        self._clock = clock
        self._mint = mint_from(random_bytes)
        self._base = None if public_url is None else public_url + PREFIX
        self._unavailable = unavailable
        self._responses = responses or Responses()
        self._rates = rates
        self._forwarding = forwarding
        self._secret = None if forwarding is None else forwarding.secret
        self._routes = RouteTable(ROUTES)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one HTTP request."""
        extra: list[tuple[bytes, bytes]] = []
        path = scope["path"][len(PREFIX) :]
        if scope["method"] == "OPTIONS":
            answer = Answer(204, b"")
        else:
            try:
                answer = await self._answer(scope, path, receive, extra)
            except Exception as error:
                problem = problem_of(error, path, self._unavailable)
                answer = Answer(problem.status, body_of(problem))
                extra += problem.headers
        await self._send(answer, extra, scope, send)

    async def _answer(
        self, scope: Scope, path: str, receive: Receive, extra: list[tuple[bytes, bytes]]
    ) -> Answer:
        headers: dict[bytes, bytes] = dict(scope["headers"])
        forwarded = read_forwarded(headers, self._secret)
        authorization = headers.get(b"authorization")
        if forwarded is None and not (
            self._gate.knows(authorization) or await self._gate.admits(authorization)
        ):
            raise unauthorized()
        route = self._routes.find(path)
        if route is None:
            raise not_found(path)
        methods, sids = route
        method = scope["method"]
        # HTTP has HEAD wherever there is GET; the server leaves the body of its answer out.
        handler = methods.get("GET" if method == "HEAD" else method)
        if handler is None:
            head = ("HEAD",) if "GET" in methods else ()
            raise method_not_allowed(method, path, (*methods, *head, "OPTIONS"))
        if self._rates is not None and forwarded is None:
            rate = self._rates.take(method, path, scope["query_string"])
            extra += rate.headers
            if not rate.allowed:
                raise too_many_requests(rate.key, rate.limit)
        caller = None
        if method in ("POST", "DELETE"):
            caller = forwarded or Forwarded(
                self._base or base_of(scope, headers) + PREFIX, self._cause(scope)
            )
        call = Call(
            directory=self._directory,
            clock=self._clock,
            base=caller.base if caller else self._base or base_of(scope, headers) + PREFIX,
            path=path,
            sids=sids,
            query_string=scope["query_string"],
            body=(
                await form_body(headers, receive, may_be_json=handler in TAKE_JSON)
                if method == "POST"
                else b""
            ),
            if_match=headers.get(b"if-match"),
            cause=caller.cause if caller else None,
        )

        def handle() -> Awaitable[Answer]:
            if method == "POST" and (KEY_NAME in headers or TOKEN_NAME in headers):
                return self._answer_once(scope, call, handler)
            return handler(call)

        def here() -> Awaitable[Answer]:
            return carry_out(call, method, methods, handle, self._unavailable)

        forwarding = self._forwarding
        if forwarding is None or caller is None or not sids:
            return await here()
        if forwarded is not None:
            return await forwarding.arrived(sids[0], here, extra)
        request = Request(
            method=method,
            path=scope["raw_path"],
            query=scope["query_string"],
            headers=headers,
            body=call.body,
            caller=caller,
        )
        answer = await forwarding.answer(sids[0], request, here)
        if isinstance(answer, Relayed):
            extra += answer.headers
            return Answer(answer.status, answer.body)
        return answer

    def _cause(self, scope: Scope) -> Cause:
        """Who calls: the account, whichever of its credentials it used."""
        client = scope.get("client")
        address = None if client is None else client[0]
        return Cause("account", self._directory.account.sid, address)

    async def _answer_once(self, scope: Scope, call: Call, handler: Handler) -> Answer:
        """Answer a request with an idempotency key, or give its first answer again."""
        request = keyed_request(
            scope["headers"],
            self._directory.account.sid,
            method=scope["method"],
            path=call.path,
            query=call.query_string,
            body=call.body,
        )
        call.keep = request.keep
        given = await self._directory.answers.give(request, lambda: handler(call))
        answer = given.rendered
        return Answer(answer.status, answer.body, answer.version, given.again)

    async def _send(self, answer: Answer, extra: Headers, scope: Scope, send: Send) -> None:
        self._responses.count(answer.status)
        headers = [*CORS, (b"twilio-request-id", self._mint("RQ").encode()), *extra]
        if answer.version is not None:
            headers.append((b"etag", etag(answer.version)))
        if answer.again:
            headers.append(AGAIN)
        if answer.status != 204:
            headers.append(_JSON)
            headers.append((b"content-length", b"%d" % len(answer.body)))
        await send_whole(scope, answer.status, headers, answer.body, send)


async def form_body(
    headers: dict[bytes, bytes], receive: Receive, *, may_be_json: bool = False
) -> bytes:
    """The body of a POST, read whole.

    Raises:
        Invalid: It is neither a form nor the JSON that it may be, or not whole.
        Problem: 413 for one that is too large.
    """
    body = await read_body(headers, receive)
    if body:
        kind = headers.get(b"content-type", _FORM).partition(b";")[0].strip().lower()
        if kind != _FORM and not (may_be_json and kind == _JSON_TYPE):
            raise Invalid(f"the body must be {_FORM.decode()}, not {kind.decode('latin-1')[:100]}")
    return body


async def read_body(headers: dict[bytes, bytes], receive: Receive) -> bytes:
    """The body of a POST, read whole.

    Raises:
        Invalid: The caller has gone before its end.
        Problem: 413 for one that is too large.
    """
    length = headers.get(b"content-length", b"0")
    if length.isdigit() and int(length[:18]) > BODY_BYTES_MAX:
        raise body_too_large(BODY_BYTES_MAX)
    body = b""
    more = True
    while more:
        message = await receive()
        if message["type"] == "http.disconnect":
            # Half a body must not become a command; nobody is left to read the answer.
            raise Invalid("the connection was closed before the body was complete")
        body += message.get("body", b"")
        if len(body) > BODY_BYTES_MAX:
            raise body_too_large(BODY_BYTES_MAX)
        more = message.get("more_body", False)
    return body


def base_of(scope: Scope, headers: dict[bytes, bytes]) -> str:
    """The address that this caller used, so that the links in the answer lead back here."""
    host = headers.get(b"host", b"").decode("latin-1")
    if _HOST.fullmatch(host) is None:
        server_host, port = scope["server"] or ("127.0.0.1", None)
        host = server_host if port is None else f"{server_host}:{port}"
    return f"{scope['scheme']}://{host}"
