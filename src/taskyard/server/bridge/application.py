"""The plain ASGI application for POSTs under `/v1/wschannels`.

Each carries an envelope; what is in it goes to the same handlers as a REST call.
"""

from collections.abc import Awaitable, Callable
from contextlib import ExitStack
from urllib.parse import urlencode

import msgspec

from taskyard.core.causes import Cause
from taskyard.core.ids import mint_from
from taskyard.engine import Directory, WorkspaceEngine
from taskyard.server.api.application import PREFIX, Receive, Scope, Send, base_of, read_body
from taskyard.server.api.calls import REST, Answer, Call, Dialect
from taskyard.server.api.dispatch import carry_out
from taskyard.server.api.problems import (
    Headers,
    body_of,
    method_not_allowed,
    not_found,
    problem_of,
    too_many_requests,
)
from taskyard.server.api.rate_limits import RateLimiter
from taskyard.server.api.routes import RouteTable
from taskyard.server.api.versions import etag
from taskyard.server.forwarded import Forwarded, read_forwarded
from taskyard.server.forwarding import Forwarding, Relayed, Request
from taskyard.server.responses import Responses
from taskyard.server.tokens import Bearer, Tokens, may_post, permits
from taskyard.server.whole_answers import send_whole

from .channels import check_token, engine_of, forbidden, named_by
from .dialect_b import dialect_b
from .envelopes import Envelope, Values, fields_of, read_envelope, target_of, values_of
from .holding import Holding
from .phrasing import rest_form, rest_path, rest_query
from .routes import ROUTES_A, ROUTES_B

_OPEN: Headers = (
    (b"access-control-allow-origin", b"*"),
    (b"access-control-expose-headers", b"ETag, Retry-After"),
)
_PREFLIGHT: Headers = (
    *_OPEN,
    (b"access-control-allow-methods", b"POST, OPTIONS"),
    (b"access-control-allow-headers", b"apiVersion, clientVersion, Content-Type, If-Match"),
    # Without it every request of a browser would be two.
    (b"access-control-max-age", b"86400"),
)
_JSON = (b"content-type", b"application/json; charset=utf-8")


class _Speech(msgspec.Struct, frozen=True):
    """What a dialect has of its own.

    Attributes:
        routes: Where it leads.
        reading: How it shows what was asked for.
        changing: How it shows what was changed.
        path: From its path to that of REST.
        query: From its query of a path to that of REST.
        form: From its form for a path to that of REST, in an account.
    """

    routes: RouteTable
    reading: Dialect
    changing: Dialect
    path: Callable[[str], str] = lambda path: path
    query: Callable[[str, Values], Values] = lambda path, values: values
    form: Callable[[str, Values, str], Values] = lambda path, values, account_sid: values


class _Post(msgspec.Struct):
    """One request as it came over HTTP, and what goes with the answer to it.

    `forwarded` is there if another node has sent it on. The token in it is verified again, which
    costs a look at those that were verified: the policies and roles in it need not be sent along,
    and what they permit is asked of the state at hand where it is decided.
    """

    scope: Scope
    headers: dict[bytes, bytes]
    extra: list[tuple[bytes, bytes]]
    held: ExitStack
    body: bytes = b""
    forwarded: Forwarded | None = None
    is_relayed: bool = False


class BridgeApplication:
    """Answers every POST under `/v1/wschannels`."""

    def __init__(
        self,
        directory: Directory,
        tokens: Tokens,
        holding: Holding,
        *,
        clock: Callable[[], int],
        random_bytes: Callable[[int], bytes],
        public_url: str | None,
        unavailable: tuple[type[Exception], ...],
        responses: Responses,
        rates: RateLimiter | None = None,
        forwarding: Forwarding | None = None,
    ) -> None:
        """Serve what the directory holds to whom tokens speak for.

        Args:
            directory: Where the workspaces are.
            tokens: Who may ask.
            holding: Keeps frames behind the answers.
            clock: The engines' clock, in milliseconds since the epoch.
            random_bytes: What request ids are cut from.
            public_url: The address that callers use; None for the one that each call names.
            unavailable: Failures that pass, answered with 503.
            responses: Where the answers are counted.
            rates: How often the workspaces may be called; without bound if None.
            forwarding: Leads to the nodes that serve the workspaces; None if there is only this.
        """
        self._directory = directory
        self._tokens = tokens
        self._holding = holding
        self._clock = clock
        self._mint = mint_from(random_bytes)
        self._base = None if public_url is None else public_url + PREFIX
        self._unavailable = unavailable
        self._responses = responses
        self._rates = rates
        self._forwarding = forwarding
        self._secret = None if forwarding is None else forwarding.secret
        self._a = _Speech(RouteTable(ROUTES_A), REST, REST)
        self._b = _Speech(
            RouteTable(ROUTES_B),
            dialect_b(clock, shows_transfers=True),
            dialect_b(clock, shows_transfers=False),
            path=rest_path,
            query=rest_query,
            form=rest_form,
        )

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one HTTP request."""
        if scope["method"] == "OPTIONS":
            await self._send(Answer(204, b""), _PREFLIGHT, scope, send)
            return
        # What the request leads to is held back until the answer to it is written.
        with ExitStack() as held:
            post = _Post(scope, dict(scope["headers"]), [*_OPEN], held)
            try:
                answer = await self._answer(post, receive)
            except Exception as error:
                problem = problem_of(error, scope["path"][len(PREFIX) :], self._unavailable)
                answer = Answer(problem.status, body_of(problem))
                post.extra += problem.headers
            await self._send(answer, post.extra, scope, send)

    async def _answer(self, post: _Post, receive: Receive) -> Answer:
        """Find out who asks, and have done what the envelope says."""
        path, method = post.scope["path"], post.scope["method"]
        named = named_by(path)
        if method != "POST":
            raise method_not_allowed(method, path[len(PREFIX) :], ("POST", "OPTIONS"))
        post.forwarded = read_forwarded(post.headers, self._secret)
        post.body = await read_body(post.headers, receive)
        envelope = read_envelope(post.body)
        bearer = await self._tokens.verify(envelope.token)
        check_token(bearer, named)
        if not may_post(bearer):
            raise forbidden("the token does not grant POST on its channel")
        engine = await engine_of(self._directory, bearer)
        speech = self._b if named is None else self._a
        wanted, query = target_of(envelope.url)
        wanted = speech.path(wanted)
        try:
            answer = await self._done(post, envelope, bearer, engine, speech, wanted, query)
        except Exception as error:
            raise problem_of(error, wanted, self._unavailable) from error
        if post.is_relayed:
            return answer
        return Answer(200, _wrapped(answer.body, envelope.event_type), answer.version)

    async def _done(
        self,
        post: _Post,
        envelope: Envelope,
        bearer: Bearer,
        engine: WorkspaceEngine,
        speech: _Speech,
        path: str,
        query: Values,
    ) -> Answer:
        """The answer of REST to what an envelope wants, in the words of its dialect.

        Args:
            post: What carries the envelope.
            envelope: What is wanted.
            bearer: Who wants it.
            engine: That of the bearer's workspace.
            speech: The dialect.
            path: What follows `/v1` in the envelope's address.
            query: What stands in that address behind the path.
        """
        route = speech.routes.find(path)
        if route is None:
            raise not_found(path)
        methods, sids = route
        method = envelope.method
        handler = methods.get(method)
        if handler is None:
            raise method_not_allowed(method[:20], path, tuple(methods))
        params = values_of(envelope.params or {})
        posts = method == "POST"
        form = params if posts else {}
        if not posts:
            query = {**query, **params}
        is_read = method == "GET"
        decided_here = is_read or engine.serves
        if decided_here:
            await _permit(bearer, engine, method, path, query, form)
        if self._rates is not None and post.forwarded is None:
            rate = self._rates.take(method, path, urlencode(query, doseq=True).encode())
            post.extra += rate.headers
            if not rate.allowed:
                raise too_many_requests(rate.key, rate.limit)
        fields = (
            fields_of(speech.form(path, form, bearer.account_sid), keep_empty=True)
            if posts
            else fields_of(speech.query(path, query), keep_empty=False)
        )
        caller = post.forwarded or Forwarded(
            self._base or base_of(post.scope, post.headers) + PREFIX, _cause(bearer, post.scope)
        )
        call = Call(
            directory=self._directory,
            clock=self._clock,
            base=caller.base,
            path=path,
            sids=sids,
            query_string=b"",
            body=b"",
            if_match=post.headers.get(b"if-match"),
            fields=fields,
            dialect=speech.reading if is_read else speech.changing,
            cause=None if is_read else caller.cause,
        )
        channel_sid = bearer.channel_sid or bearer.workspace_sid

        async def here() -> Answer:
            if not decided_here:  # what the token permits is asked where the state is decided
                await _permit(bearer, engine, method, path, query, form)
            if not is_read:
                post.held.enter_context(self._holding.of(caller.cause, channel_sid))
            return await carry_out(call, method, methods, lambda: handler(call), self._unavailable)

        forwarding = self._forwarding
        if forwarding is None or is_read:
            return await here()
        sid = bearer.workspace_sid
        if post.forwarded is not None:
            return await forwarding.arrived(sid, here, post.extra)
        post.held.enter_context(self._holding.elsewhere(caller.cause, channel_sid))
        return await self._answered(forwarding, post, sid, caller, here)

    async def _answered(
        self,
        forwarding: Forwarding,
        post: _Post,
        workspace_sid: str,
        caller: Forwarded,
        here: Callable[[], Awaitable[Answer]],
    ) -> Answer:
        """The answer of the node that serves the workspace, which may be this one."""
        request = Request(
            method="POST",
            path=post.scope["raw_path"],
            query=post.scope["query_string"],
            headers=post.headers,
            body=post.body,
            caller=caller,
        )
        answer = await forwarding.answer(workspace_sid, request, here)
        if not isinstance(answer, Relayed):
            return answer
        post.is_relayed = True
        post.extra += answer.headers
        return Answer(answer.status, answer.body)

    async def _send(self, answer: Answer, extra: Headers, scope: Scope, send: Send) -> None:
        self._responses.count(answer.status)
        headers = [(b"twilio-request-id", self._mint("RQ").encode()), *extra]
        if answer.version is not None:
            headers.append((b"etag", etag(answer.version)))
        if answer.status != 204:
            headers.append(_JSON)
            headers.append((b"content-length", b"%d" % len(answer.body)))
        await send_whole(scope, answer.status, headers, answer.body, send)


async def _permit(
    bearer: Bearer, engine: WorkspaceEngine, method: str, path: str, query: Values, form: Values
) -> None:
    """Let a request through that the bearer may have done.

    Raises:
        Problem: 403 for any other.
    """
    asked = (bearer, method, PREFIX + path, query, form)
    if permits(*asked, engine.sees):
        return
    # What a role opens depends on what its worker holds. A refusal is told, and so has to be read.
    if bearer.role is None or not await engine.read(
        lambda state, _: permits(*asked, lambda look: look(state))
    ):
        raise forbidden(f"the token does not permit {method} on {path}")


def _cause(bearer: Bearer, scope: Scope) -> Cause:
    client = scope.get("client")
    address = None if client is None else client[0]
    if bearer.channel_sid is not None and bearer.channel_sid.startswith("WK"):
        return Cause("worker", bearer.channel_sid, address)
    return Cause("account", bearer.account_sid, address)


def _wrapped(body: bytes, event_type: str | None) -> bytes:
    payload = b'{"payload":' + (body or b"null")
    if event_type is None:
        return payload + b"}"
    return payload + b',"event_type":' + msgspec.json.encode(event_type) + b"}"
