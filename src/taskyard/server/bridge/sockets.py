"""The websocket endpoint of the event bridge: who may listen, and what a connection begins with."""

import sys
from collections.abc import Callable
from urllib.parse import parse_qs

import msgspec

from taskyard.engine import Directory
from taskyard.server.api.application import PREFIX, Receive, Scope, Send, base_of
from taskyard.server.api.problems import Problem, body_of, problem_of
from taskyard.server.forwarding import Forwarding
from taskyard.server.tokens import Bearer, Tokens, may_connect

from .channels import check_token, engine_of, forbidden, is_there, named_by
from .departures import RETURN_WITHIN_S, Departures, Leaver
from .frames import Frames
from .holding import Holding
from .sessions import GONE, Session, Sessions, known_by
from .wire import WIRE, WireProtocol, text_frame


class Init(msgspec.Struct, gc=False):
    """What the first frame of dialect B says; `token_lifetime` is in milliseconds."""

    channel_id: str
    account_sid: str
    workspace_sid: str
    token_lifetime: int


class InitFrame(msgspec.Struct, gc=False):
    """The first frame of dialect B, without which a client never becomes ready."""

    event_type: str
    payload: Init


class Sockets:
    """Listens to workspaces for whoever connects."""

    def __init__(
        self,
        directory: Directory,
        tokens: Tokens,
        holding: Holding,
        *,
        clock: Callable[[], int],
        loop_time: Callable[[], float],
        later: Callable[..., object],
        public_url: str | None,
        unavailable: tuple[type[Exception], ...],
        forwarding: Forwarding | None = None,
    ) -> None:
        """Nobody is connected.

        Args:
            directory: Whose workspaces are listened to.
            tokens: Who may.
            holding: What waits for the answer to a request.
            clock: The engines' clock, in milliseconds since the epoch.
            loop_time: The loop's clock, in seconds.
            later: Calls after so many seconds, as `loop.call_later`.
            public_url: The address that callers use; None for the one that each connection names.
            unavailable: Failures that pass.
            forwarding: Leads to the nodes that serve the workspaces; None if there is only this.
        """
        self.sessions = Sessions(clock, loop_time)
        self._directory = directory
        self._tokens = tokens
        self._clock = clock
        self._base = None if public_url is None else public_url + PREFIX
        self._unavailable = unavailable
        self._departures = Departures(directory, self.sessions, unavailable, forwarding)
        directory.follow(Frames(self.sessions, holding, later).note)

    def stop(self) -> None:
        """The server is about to hang up on everybody, which says nothing about any worker."""
        self._departures.stop()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one connection for as long as it lasts."""
        await receive()  # that it wants to connect
        leaver = None
        try:
            session, leaver = await self._admitted(scope)
        except Exception as error:
            path = scope["path"][len(PREFIX) :]
            await _refuse(problem_of(error, path, self._unavailable), send)
            return
        wire: WireProtocol = scope["extensions"][WIRE]
        try:
            await send({"type": "websocket.accept"})
            wire.forget_handshake()
            session.open(self._greeting(session))
            await receive()  # that it has ended: nothing else is ever received
        finally:
            self.sessions.remove(session)
        if leaver is not None:
            patience_s = RETURN_WITHIN_S if session.ended_by_server else 0.0
            await self._departures.left(leaver, patience_s=patience_s)

    async def _admitted(self, scope: Scope) -> tuple[Session, Leaver | None]:
        """A session that hears of everything from now on, and what becomes of its worker.

        Raises:
            Problem: The token does not open this channel, or there is none.
        """
        query = parse_qs(scope["query_string"].decode("latin-1"))

        def asked(name: str) -> str | None:
            return query[name][0] if name in query else None

        token = asked("token") or ""
        named = named_by(scope["path"])
        bearer = await self._tokens.verify(token)
        check_token(bearer, named)
        channel_sid = _listened_to(bearer)
        engine = await engine_of(self._directory, bearer)
        session = Session(
            self.sessions,
            scope["extensions"][WIRE],
            workspace_sid=bearer.workspace_sid,
            channel_sid=channel_sid,
            base=self._base_of(scope) if bearer.kind == "capability" else None,
            expires_ms=bearer.expires_ms,
            token=known_by(token),
            since=engine.turns_begun,
        )
        self.sessions.add(session, alone=asked("closeExistingSessions") == "true")
        if not is_there(engine, channel_sid):
            # Deleted since it was looked up, by a turn that this session does not hear of.
            session.end_after(GONE, "what this session listens to was deleted")
        activity_sid = asked("disconnectActivitySid")
        goes_offline = asked("setWorkerOfflineIfDisconnected") == "true"
        if not channel_sid.startswith("WK") or not (activity_sid or goes_offline):
            return session, None
        client = scope.get("client")
        leaver = Leaver(
            bearer=bearer,
            workspace_sid=bearer.workspace_sid,
            worker_sid=channel_sid,
            activity_sid=activity_sid,
            ip_address=None if client is None else client[0],
        )
        return session, leaver

    def _base_of(self, scope: Scope) -> str:
        if self._base is not None:
            return self._base
        scheme = "https" if scope["scheme"] == "wss" else "http"
        base = base_of({**scope, "scheme": scheme}, dict(scope["headers"]))
        return sys.intern(base + PREFIX)  # thousands of sessions came by the same address

    def _greeting(self, session: Session) -> bytes | None:
        if session.base is not None:
            return None
        payload = Init(
            channel_id=session.channel_sid,
            account_sid=self._directory.account.sid,
            workspace_sid=session.workspace_sid,
            token_lifetime=session.expires_ms - self._clock(),
        )
        return text_frame(msgspec.json.encode(InitFrame("init", payload)))


def _listened_to(bearer: Bearer) -> str:
    """The channel of a token.

    Raises:
        Problem: 403: it has none, or may not listen to it.
    """
    if bearer.channel_sid is None:
        raise forbidden("the token names no worker, and so no channel to listen to")
    if not may_connect(bearer):
        raise forbidden("the token does not grant GET on its channel")
    return bearer.channel_sid


async def _refuse(problem: Problem, send: Send) -> None:
    """Answer the handshake with an error of the usual form."""
    body = body_of(problem)
    headers = [
        (b"content-type", b"application/json; charset=utf-8"),
        (b"content-length", b"%d" % len(body)),
        *problem.headers,
    ]
    await send(
        {"type": "websocket.http.response.start", "status": problem.status, "headers": headers}
    )
    await send({"type": "websocket.http.response.body", "body": body})
