"""The websocket endpoint of the event bridge: who may listen, and what a connection begins with.

The path tells the dialects apart: `/v1/wschannels/{AccountSid}/{ChannelSid}` is dialect A,
`/v1/wschannels` with nothing after it is dialect B. The worker of dialect B is named by its token.
"""

import sys
from collections.abc import Callable
from urllib.parse import parse_qs

import msgspec

from taskyard.core.errors import NotFound
from taskyard.core.state import State
from taskyard.engine import Directory
from taskyard.server.api.application import PREFIX, Receive, Scope, Send, base_of
from taskyard.server.api.problems import Problem, body_of, not_found, problem_of
from taskyard.server.tokens import Bearer, Tokens, may_connect

from .departures import RETURN_WITHIN_S, Departures, Leaver
from .frames import Frames
from .holding import Holding
from .sessions import GONE, Session, Sessions, known_by
from .wire import WIRE, WireProtocol, text_frame

CHANNELS = PREFIX + "/wschannels"


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
        """
        self.sessions = Sessions(clock, loop_time)
        self._directory = directory
        self._tokens = tokens
        self._clock = clock
        self._base = None if public_url is None else public_url + PREFIX
        self._unavailable = unavailable
        self._departures = Departures(directory, self.sessions, unavailable)
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
            Problem: The token does not open this channel.
            NotFound: There is no such channel.
        """
        query = parse_qs(scope["query_string"].decode("latin-1"))

        def asked(name: str) -> str | None:
            return query[name][0] if name in query else None

        token = asked("token") or ""
        bearer = await self._tokens.verify(token)
        channel_sid = _channel_of(scope["path"], bearer)
        engine = await self._directory.engine(bearer.workspace_sid)

        def exists(state: State) -> bool:
            return not state.deleted and (
                channel_sid == bearer.workspace_sid
                or channel_sid in state.workers
                or channel_sid in state.task_queues
            )

        if not await engine.read(lambda state, _: exists(state)):
            raise NotFound("channel", channel_sid)
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
        if not engine.sees(exists):
            # Deleted since it was read, by a turn that this session does not hear of.
            session.end_after(GONE, "what this session listens to was deleted")
        activity_sid = asked("disconnectActivitySid")
        goes_offline = asked("setWorkerOfflineIfDisconnected") == "true"
        if not channel_sid.startswith("WK") or not (activity_sid or goes_offline):
            return session, None
        client = scope.get("client")
        leaver = Leaver(
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


def _channel_of(path: str, bearer: Bearer) -> str:
    """The channel that a path and a token name together.

    Raises:
        Problem: They name none, or the token does not open it.
    """
    match path.removeprefix(CHANNELS).strip("/").split("/"):
        case [""]:
            kind, named = "access", (bearer.account_sid, bearer.channel_sid)
        case [account_sid, channel_sid]:
            kind, named = "capability", (account_sid, channel_sid)
        case _:
            raise not_found(path.removeprefix(PREFIX))
    if bearer.kind != kind:
        wants = "an access token" if kind == "access" else "a capability token"
        raise Problem(403, 20403, f"{path} takes {wants}, and this is none")
    if named != (bearer.account_sid, bearer.channel_sid):
        raise Problem(403, 20403, "the token is for another channel than the path")
    if bearer.channel_sid is None:
        raise Problem(403, 20403, "the token names no worker, and so no channel to listen to")
    if not may_connect(bearer):
        raise Problem(403, 20403, "the token's policies do not allow to listen to its channel")
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
