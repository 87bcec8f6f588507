"""What a client is made of below its face: token, requests, socket, listeners. Both faces own one.

Everything here runs on one loop: the program's own with `aio`, that of a background thread with
`sync`.
"""

import asyncio
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from taskyard.client.errors import (
    ApiError,
    BadAnswer,
    ClientClosed,
    TaskyardError,
    TokenExpired,
)
from taskyard.client.requests import Request

from .emitter import Emitter, Listener
from .stream import Stream
from .transport import Transport

Deliver = Callable[[Listener, tuple[Any, ...]], None]


class Disconnected(NamedTuple):
    """What listeners of `disconnected` are given."""

    message: str


class Connection:
    """One client's line to its server.

    Args:
        transport: Sends requests, and has the token.
        own_path: What follows the workspace in the address of the client's own resource.
        query: What the socket's address says besides the token.
        deliver: How a listener is called.
        entity: What a listener is given for a payload.
        own: Told of every payload of the client's own resource.
    """

    def __init__(
        self,
        transport: Transport,
        own_path: str,
        query: Mapping[str, str],
        deliver: Deliver,
        entity: Callable[[Any], Any],
        own: Callable[[dict[str, Any]], object],
    ) -> None:
        self.transport = transport
        self.token = transport.token
        self.log = transport.log
        self.emitter = Emitter(deliver)
        self._own_path = own_path
        self._entity = entity
        self._own = own
        self._stream = Stream(transport, query, self)
        self._tasks: set[asyncio.Task[None]] = set()
        self._is_ready = False
        self._refusal: TaskyardError | None = None
        self._settled = asyncio.Event()
        self._is_retired = False
        self._is_closed = False
        self._closed = asyncio.Event()

    # --- from connect to close ---

    def connect(self) -> None:
        """Begin to connect, and keep at it. Does nothing the second time.

        Raises:
            ClientClosed: It was closed.
        """
        if self._is_closed:
            raise ClientClosed("the client is closed: make another")
        if not self._tasks:
            self._start(self._stream.run())
            self._start(self._warn_of_the_end())

    async def close(self) -> None:
        """Say goodbye. For good; the second time it does nothing."""
        if self._is_closed:
            return
        self._is_closed = True
        self._is_ready = False
        here = asyncio.current_task()
        tasks = [task for task in self._tasks if task is not here]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await self.transport.close()
        self._refusal = ClientClosed("the client is closed")
        self._settled.set()
        self._closed.set()

    @property
    def is_ready(self) -> bool:
        """Whether the socket is open and the own resource known."""
        return self._is_ready

    async def wait_until_ready(self, timeout_s: float | None) -> None:
        """Wait for the first `ready`, or for the next one after a loss.

        Raises:
            TimeoutError: It took longer.
            ApiError: The server refused the token or the resource.
            TokenExpired: The token is past its end.
            ClientClosed: It was closed.
        """
        try:
            await asyncio.wait_for(self._settled.wait(), timeout_s)
        except TimeoutError:
            channel = self.token.claims.channel
            raise TimeoutError(f"{channel} did not become ready within {timeout_s} s") from None
        if self._refusal is not None:
            raise self._refusal

    async def wait_until_closed(self) -> None:
        """Wait for `close`."""
        await self._closed.wait()

    def renew(self, token: str) -> None:
        """Use another token for every request and connection from now on.

        Raises:
            TokenProblem: It is no token, or not one for the same channel.
        """
        self.token.renew(token)
        if self._refusal is not None and not self._is_closed:
            self._refusal = None
            self._settled.clear()

    def retire(self) -> None:
        """Come back no more when the connection ends: the own resource was deleted."""
        self._is_retired = True
        self._stream.retire()

    def _start(self, work: Any) -> asyncio.Task[None]:
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._ended)
        return task

    def _ended(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        if not task.cancelled() and (error := task.exception()) is not None:
            self.log.failed("the connection", error)

    async def _warn_of_the_end(self) -> None:
        while True:
            await self.token.near_its_end()
            ending = self.token.claims
            self.emitter.emit("token.expired")
            while self.token.claims is ending:  # a listener may have renewed it at once
                await self.token.renewed()

    # --- what the stream tells ---

    async def opened(self) -> None:
        """Ask for the own resource, which makes the client ready."""
        self.emitter.emit("connected")
        payload = await self.transport.send(Request("GET", self._own_path, event_type="ready"))
        if not isinstance(payload, dict):
            raise BadAnswer("the answer to ready holds no resource")
        self._is_ready = True
        self._refusal = None
        self.emit("ready", payload)
        self._settled.set()
        await self.became_ready()

    async def became_ready(self) -> None:
        """What a kind of client does then."""

    async def heard(self, event_type: str, payload: Any) -> None:
        """Hand a frame on to its listeners."""
        if event_type not in {"init", "ready"}:  # these two are between the client and the server
            self.emit(event_type, payload)

    def lost(self, message: str) -> None:
        """Say so; the stream connects again."""
        if self._is_ready:
            self._is_ready = False
            self._settled.clear()
        if self._is_retired:
            self._refusal = ClientClosed(f"{self.token.claims.channel} was deleted")
            self._settled.set()
        self.emitter.emit("disconnected", Disconnected(message))

    def went_wrong(self, error: TaskyardError) -> None:
        """Tell the listeners of `error`, or the log if there are none."""
        is_final = isinstance(error, TokenExpired) or (
            isinstance(error, ApiError) and error.status in {400, 401, 403, 404}
        )
        if is_final and not self._is_ready:
            self._refusal = error
            self._settled.set()
        if not self.emitter.emit("error", error):
            self.log.warn("%s", error)

    def emit(self, event: str, payload: Any) -> None:
        """Deliver a payload as an entity."""
        if isinstance(payload, dict) and payload.get("sid") == self.token.claims.channel:
            self._own(payload)
        self.emitter.emit(event, self._entity(payload))
