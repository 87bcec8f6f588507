"""Who listens: the websocket sessions of every channel, and what each of them is owed.

A session gets its frames in the order of the journal. Frames that are held back make all later
ones of the same session queue up behind them, and of no other. What a client has not read is
bounded: one that reads too slowly is let go, and finds the state as it is when it comes back.
"""

import asyncio
import hashlib
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from typing import Protocol

from .holding import Hold
from .wire import text_frame

BEAT_AFTER_S = 15.0
"""Clients give up after 30 seconds of silence, and pings of the protocol do not reach them."""
UNREAD_BYTES_MAX = 1_048_576
UNREAD_FRAMES_MAX = 2_000
_LOOK_EVERY_S = 1.0
_PLACES = 17
"""One more second than the longest time between two looks at a session."""
_EVICTED_MAX = 10_000
_BEAT = text_frame(b" ")

# Of RFC 6455, section 7.4.1, and the registry that it set up.
REPLACED, EXPIRED, GONE, TOO_SLOW, COME_AGAIN = 1000, 1008, 1001, 1013, 1012


class Wire(Protocol):
    """What frames are written to."""

    @property
    def unread(self) -> int:
        """How many bytes wait for the client to read on."""
        ...

    def write(self, frame: bytes) -> None:
        """Send a whole frame."""
        ...

    def end(self, code: int, reason: str) -> None:
        """Say farewell and hang up."""
        ...


class Session:
    """One client that listens to a channel."""

    __slots__ = (
        "_farewell",
        "_held",
        "_held_bytes",
        "_opened",
        "_sessions",
        "_wire",
        "_written",
        "base",
        "channel_sid",
        "ended_by_server",
        "expires_ms",
        "since",
        "token",
        "workspace_sid",
        "wrote_s",
    )

    def __init__(
        self,
        sessions: "Sessions",
        wire: Wire,
        *,
        workspace_sid: str,
        channel_sid: str,
        base: str | None,
        expires_ms: int,
        token: bytes,
        since: int,
    ) -> None:
        """It gets nothing before it is opened.

        Args:
            sessions: Those that it is one of.
            wire: Its connection.
            workspace_sid: Whose events it hears.
            channel_sid: The worker, task queue or workspace.
            base: The address ending in `/v1` that links in its frames begin with; None for a client
                of dialect B, whose frames have none.
            expires_ms: When its token ends.
            token: What its token is known by.
            since: The number of the last turn that it does not hear of.
        """
        self._sessions = sessions
        self._wire = wire
        self.workspace_sid = workspace_sid
        self.channel_sid = channel_sid
        self.base = base
        self.expires_ms = expires_ms
        self.token = token
        self.since = since
        self.wrote_s = 0.0
        self.ended_by_server = False
        self._opened = False
        self._held: deque[tuple[bytes, Hold | None]] | None = deque()
        self._held_bytes = 0
        self._written = 0
        self._farewell: tuple[int, str] | None = None

    def open(self, greeting: bytes | None) -> None:
        """Send the greeting, then all that was to be sent since the session was added."""
        self._opened = True
        if greeting is not None:
            self._write(greeting)
        self.flush()

    def send(self, frame: bytes, hold: Hold | None = None) -> None:
        """Send a frame after all earlier ones, and not before its hold is over."""
        if self.ended_by_server or self._farewell is not None:
            return
        if hold is not None and not hold.over:
            hold.notify(self)
            if self._held is None:
                self._held = deque()
        if self._held is None:
            self._write(frame)
            return
        self._held.append((frame, hold))
        self._held_bytes += len(frame)
        if self._held_bytes > UNREAD_BYTES_MAX or len(self._held) > UNREAD_FRAMES_MAX:
            self._too_slow()

    def flush(self) -> None:
        """Send what is no longer held, in its order."""
        held = self._held
        if held is None or not self._opened:
            return
        while held:
            frame, hold = held[0]
            if hold is not None and not hold.over:
                return
            held.popleft()
            self._held_bytes -= len(frame)
            self._write(frame)
        self._held = None
        if self._farewell is not None:
            self.end(*self._farewell)

    def end_after(self, code: int, reason: str) -> None:
        """Take no more frames, and end the session once those that are held have gone."""
        if self._farewell is None:
            self._farewell = code, reason
            if self._held is None:
                self.end(code, reason)

    def end(self, code: int, reason: str) -> None:
        """End the session from this side, at once."""
        self.ended_by_server = True
        self._held = None
        self._wire.end(code, reason)
        self._sessions.remove(self)

    def beat(self, now_s: float) -> None:
        """Break the silence, if anything may be sent at all."""
        if self._held is None:
            self._wire.write(_BEAT)
        self.wrote_s = now_s

    def _write(self, frame: bytes) -> None:
        if self.ended_by_server or self._sessions.now_ms() >= self.expires_ms:
            return
        wire = self._wire
        unread = wire.unread
        self._written = self._written + 1 if unread else 0
        if unread + len(frame) > UNREAD_BYTES_MAX or self._written > UNREAD_FRAMES_MAX:
            self._too_slow()
            return
        wire.write(frame)
        self.wrote_s = self._sessions.now_s()
        self._sessions.frames_sent += 1

    def _too_slow(self) -> None:
        self._sessions.closed_slow += 1
        self.end(TOO_SLOW, "too much is unread: come back and read the state")


class Sessions:
    """The sessions of all channels.

    One timer looks after all of them: each stands in the place of the second at which it may have
    to be looked at next, for a heart beat or because its token ends.
    """

    def __init__(self, now_ms: Callable[[], int], now_s: Callable[[], float]) -> None:
        """Nobody listens.

        Args:
            now_ms: The wall clock, in milliseconds since the Unix epoch.
            now_s: The loop's clock.
        """
        self.now_ms = now_ms
        self.now_s = now_s
        self.frames_sent = 0
        self.closed_slow = 0
        self.open = 0
        self._by_workspace: dict[str, dict[str, list[Session]]] = {}
        self._evicted: dict[bytes, int] = {}
        """When the tokens end whose sessions had to give way to a newer one."""
        self._places: list[list[Session]] = [[] for _ in range(_PLACES)]
        self._looked_s = 0
        self._timer: asyncio.TimerHandle | None = None

    def of(self, workspace_sid: str) -> dict[str, list[Session]] | None:
        """The sessions of a workspace by their channels; None if there are none."""
        return self._by_workspace.get(workspace_sid)

    def listens(self, workspace_sid: str, channel_sid: str) -> bool:
        """Whether a channel has a session."""
        return channel_sid in self._by_workspace.get(workspace_sid, ())

    def add(self, session: Session, *, alone: bool) -> None:
        """Let a session hear of all that happens from now on.

        Args:
            session: The new one.
            alone: Whether the channel's other sessions are to give way. One that had to give way
                itself comes back a second later with the same wish; granted, the two would drive
                each other out for ever.
        """
        channels = self._by_workspace.setdefault(session.workspace_sid, {})
        others = channels.setdefault(session.channel_sid, [])
        giving_way = [*others] if alone and session.token not in self._evicted else []
        others.append(session)
        self.open += 1
        for other in giving_way:
            self._remember(other)
            other.end(REPLACED, "another session of this channel has taken over")
        if self._timer is None:
            self._looked_s = int(self.now_s())
            self._places = [[] for _ in range(_PLACES)]
            self._timer = asyncio.get_running_loop().call_later(_LOOK_EVERY_S, self._look)
        session.wrote_s = self.now_s()
        self._place(session)

    def remove(self, session: Session) -> bool:
        """Have a session hear no more; does nothing for one that was removed before.

        Returns:
            Whether it was the last one of its channel.
        """
        channels = self._by_workspace.get(session.workspace_sid, {})
        others = channels.get(session.channel_sid, [])
        if session not in others:
            return False
        others.remove(session)
        self.open -= 1
        if others:
            return False
        del channels[session.channel_sid]
        if not channels:
            del self._by_workspace[session.workspace_sid]
        return True

    def listening(self, workspace_sid: str, channel_sids: Iterable[str]) -> Iterator[Session]:
        """The sessions of these channels."""
        channels = self._by_workspace.get(workspace_sid, {})
        for sid in channel_sids:
            yield from channels.get(sid, ())

    def _remember(self, session: Session) -> None:
        now_ms = self.now_ms()
        if len(self._evicted) >= _EVICTED_MAX:
            live = {token: ends for token, ends in self._evicted.items() if ends > now_ms}
            # The oldest half goes where many tokens live for long.
            self._evicted = dict([*live.items()][-_EVICTED_MAX // 2 :])
        self._evicted[session.token] = session.expires_ms

    def _place(self, session: Session) -> None:
        left_s = (session.expires_ms - self.now_ms()) / 1000
        due_s = min(session.wrote_s + BEAT_AFTER_S, self.now_s() + max(0.0, left_s))
        second = min(max(int(due_s) + 1, self._looked_s + 1), self._looked_s + _PLACES - 1)
        self._places[second % _PLACES].append(session)

    def _look(self) -> None:
        """Look at the sessions whose second has come."""
        now_s = self.now_s()
        now_ms = self.now_ms()
        # After a pause of the loop no place may be left out.
        for second in range(max(self._looked_s + 1, int(now_s) - _PLACES + 1), int(now_s) + 1):
            self._looked_s = second
            here = self._places[second % _PLACES]
            self._places[second % _PLACES] = []
            for session in here:
                if session not in self._by_workspace.get(session.workspace_sid, {}).get(
                    session.channel_sid, ()
                ):
                    continue
                if now_ms >= session.expires_ms:
                    session.end(EXPIRED, "the token has expired: come back with a newer one")
                    continue
                if now_s - session.wrote_s >= BEAT_AFTER_S:
                    session.beat(now_s)
                self._place(session)
        self._timer = None
        if self.open:
            self._timer = asyncio.get_running_loop().call_later(_LOOK_EVERY_S, self._look)


def known_by(token: str) -> bytes:
    """What a token is remembered by: sixteen bytes that open nothing."""
    return hashlib.blake2b(token.encode(), digest_size=16).digest()
