"""`/taskyard/v1/Workspaces/{WorkspaceSid}/EventStream`: what happens, as server-sent events.

The id of each is its event's position, so whoever comes back with the last one misses nothing and
gets nothing twice.
"""

import asyncio
import contextlib
import re
from collections.abc import Callable

import msgspec

from taskyard.core.errors import Invalid
from taskyard.core.event_details import EventRecord
from taskyard.core.events import event_type
from taskyard.engine.directory import Directory
from taskyard.engine.following import Follower, Piece, Tails
from taskyard.server.api.addresses import addresses_of
from taskyard.server.api.application import Receive, Send
from taskyard.server.api.forms import Fields
from taskyard.server.api.problems import Headers, Problem
from taskyard.server.events.resource import event_body

STREAMS_MAX = 1_000
HEARTBEAT_S = 15.0
RETRY_MS = 1_000
GAP = "taskyard.gap"
_FAREWELL_S = 1.0
_POSITION = re.compile(r"[0-9]{1,15}")
_RENDERED_MAX = 2_000
_HEADERS: Headers = (
    (b"content-type", b"text/event-stream; charset=utf-8"),
    (b"cache-control", b"no-store"),
    (b"x-accel-buffering", b"no"),  # or a proxy in between would gather what is to come at once
)


class GapBody(msgspec.Struct, gc=False):
    """What a receiver that was away too long has missed."""

    missing_from: int
    resumes_after: int
    message: str


class EventStream:
    """Serves every stream; see `serve`.

    Attributes:
        events_sent: How many events were told, once for each reader.
        failed: How many streams were ended because the store could not be read.
    """

    def __init__(
        self,
        directory: Directory,
        tails: Tails,
        *,
        clock: Callable[[], int],
        unavailable: tuple[type[Exception], ...],
        heartbeat_s: float = HEARTBEAT_S,
        streams_max: int = STREAMS_MAX,
    ) -> None:
        """Nobody listens yet.

        Args:
            directory: Where the workspaces are.
            tails: What is followed.
            clock: The instant, in milliseconds since the epoch.
            unavailable: Failures that pass: a stream that meets one ends, and its reader comes
                back.
            heartbeat_s: After so long a silence something is sent.
            streams_max: So many may be open at once.
        """
        self._directory = directory
        self._tails = tails
        self._clock = clock
        self._unavailable = unavailable
        self._heartbeat_s = heartbeat_s
        self._streams_max = streams_max
        self.events_sent = 0
        self.failed = 0
        self._told: dict[Follower, int] = {}
        """Up to where the reader of each open stream has been sent what there is."""
        self._stopping = asyncio.Event()
        self._rendered: dict[tuple[str, str, int], bytes] = {}

    @property
    def open(self) -> int:
        """How many streams are open."""
        return len(self._told)

    @property
    def behind(self) -> int:
        """How many durable events have not been sent, summed over the streams."""
        return sum(max(0, one.durable - told) for one, told in self._told.items())

    def stop(self) -> None:
        """End every stream: the server is stopping."""
        self._stopping.set()

    async def serve(
        self,
        workspace_sid: str,
        query: Fields,
        last_event_id: bytes | None,
        base: str,
        cors: Headers,
        receive: Receive,
        send: Send,
        *,
        ends_ms: int | None = None,
    ) -> None:
        """Answer one request with what happens until either side ends it, or it is `ends_ms`.

        Raises:
            NotFound: There is no such workspace.
            Invalid: The position is none, or so much has not happened.
            Problem: 429 for too many streams.
        """
        after = _asked_position(query, last_event_id)
        if self.open >= self._streams_max:
            raise Problem(
                429, 20429, f"Too many requests: {self._streams_max} event streams are open"
            )
        try:
            follower = await self._tails.follow(workspace_sid, after)
        except ValueError as error:
            raise Invalid(
                f"the last event of workspace {workspace_sid} is {error}: "
                f"there is nothing after {after}"
            ) from None
        self._told[follower] = follower.position
        try:
            await send(
                {"type": "http.response.start", "status": 200, "headers": [*_HEADERS, *cors]}
            )
            await self._until_an_end(follower, workspace_sid, base, receive, send, ends_ms)
        finally:
            del self._told[follower]
            self._tails.leave(follower)

    async def _until_an_end(
        self,
        follower: Follower,
        workspace_sid: str,
        base: str,
        receive: Receive,
        send: Send,
        ends_ms: int | None,
    ) -> None:
        lasts_s = None if ends_ms is None else max(0, ends_ms - self._clock()) / 1000
        telling = asyncio.create_task(self._tell(follower, workspace_sid, base, send))
        gone = asyncio.create_task(_gone(receive))
        ends = [telling, gone, asyncio.create_task(_wait(self._stopping))]
        try:
            await asyncio.wait(ends, timeout=lasts_s, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for one in ends:
                one.cancel()
            await asyncio.wait(ends)
        error = None if telling.cancelled() else telling.exception()
        if error is not None and not isinstance(error, self._unavailable):
            raise error
        self.failed += error is not None
        if gone.cancelled():
            # Whoever does not read does not read this either, and the server may be stopping.
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(_FAREWELL_S):
                    await send({"type": "http.response.body", "body": b""})

    async def _tell(self, follower: Follower, workspace_sid: str, base: str, send: Send) -> None:
        told = follower.position
        text = f"retry: {RETRY_MS}\nid: {told}\n\n".encode()
        is_last = False
        count = 0
        while True:
            if text:
                await send({"type": "http.response.body", "body": text, "more_body": True})
            self._told[follower] = follower.position
            self.events_sent += count
            if is_last:
                return
            piece = await follower.next(self._heartbeat_s)
            count = 0 if piece is None else len(piece.records)
            if piece is None:
                text = b": still here\n\n"
                if follower.position > told:
                    # What is told to nobody moves the position too: a month in which only such
                    # things happened is no gap for a reader who was there to its end.
                    told = follower.position
                    text = b"id: %d\n\n" % told
                continue
            text, is_last = self._text_of(piece, workspace_sid, base), piece.is_last
            if piece.records:
                told = piece.records[-1].position

    def _text_of(self, piece: Piece, workspace_sid: str, base: str) -> bytes:
        texts: list[bytes] = []
        if piece.missing_from is not None:
            before = piece.records[0].position - 1 if piece.records else piece.position
            body = GapBody(
                missing_from=piece.missing_from,
                resumes_after=before,
                message=(
                    f"events from {piece.missing_from} to {before} are no longer kept; "
                    "what is kept follows"
                ),
            )
            texts.append(_message(before, GAP, msgspec.json.encode(body)))
        texts += [self._message_of(record, workspace_sid, base) for record in piece.records]
        return b"".join(texts)

    def _message_of(self, record: EventRecord, workspace_sid: str, base: str) -> bytes:
        """An event as a message; the readers of a moment share what is made for one."""
        key = workspace_sid, base, record.position
        text = self._rendered.get(key)
        if text is None:
            body = event_body(
                record,
                self._directory.account.sid,
                workspace_sid,
                addresses_of(base, workspace_sid),
                self._clock(),
            )
            text = _message(record.position, event_type(record.event), msgspec.json.encode(body))
            if len(self._rendered) >= _RENDERED_MAX:
                self._rendered.clear()
            self._rendered[key] = text
        return text


def _message(position: int, name: str, data: bytes) -> bytes:
    return b"id: %d\nevent: %s\ndata: %s\n\n" % (position, name.encode(), data)


def _asked_position(query: Fields, last_event_id: bytes | None) -> int | None:
    """Where to begin; the header is of a reader that comes back, and so the later word."""
    text = query.text("after", None)
    name = "after"
    if last_event_id:
        text, name = last_event_id.decode("latin-1"), "Last-Event-ID"
    if text is None:
        return None
    if _POSITION.fullmatch(text) is None:
        raise Invalid(f"{name} must be the id of an event in the stream, a whole number from 0")
    return int(text)


async def _gone(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass


async def _wait(event: asyncio.Event) -> None:
    await event.wait()
