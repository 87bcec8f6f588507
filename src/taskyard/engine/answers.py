"""Idempotency keys: a request that is repeated with its key gets the first answer again."""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from typing import Protocol

import msgspec

from taskyard.core.errors import Invalid
from taskyard.stores import ANSWER_KEPT_MS, KeptAnswer, Store, StoreError

_DROPPED_AT_ONCE = 200
_PAUSE_S = 0.05
"""Between two such drops, which stand in the way of appends: 4,000 answers a second are dropped."""
_SWEEP_EVERY_S = 300.0

logger = logging.getLogger(__name__)


class Rendered(Protocol):
    """An answer as it goes out."""

    @property
    def status(self) -> int:
        """The HTTP status."""
        ...

    @property
    def body(self) -> bytes:
        """What is sent."""
        ...

    @property
    def version(self) -> int | None:
        """That of the resource, where it has one."""
        ...


Keep = Callable[[Rendered, int], KeptAnswer]
"""Makes what is kept of an answer, of the answer and the turn's instant."""


class KeyedRequest(msgspec.Struct, frozen=True, kw_only=True):
    """A request that may be repeated: its key, and a digest by which another one is known."""

    account_sid: str
    key: str
    digest: bytes

    def keep(self, rendered: Rendered, now_ms: int) -> KeptAnswer:
        """What is to be kept of its answer; for `WorkspaceEngine.ask`."""
        return KeptAnswer(
            account_sid=self.account_sid,
            key=self.key,
            request=self.digest,
            at_ms=now_ms,
            status=rendered.status,
            version=rendered.version,
            body=rendered.body,
        )


class Given(msgspec.Struct, frozen=True):
    """An answer, and whether it is given again."""

    rendered: Rendered
    again: bool


class _InFlight(msgspec.Struct, frozen=True):
    digest: bytes
    outcome: "asyncio.Task[Given]"


class Answers:
    """The answers that were given to requests with a key, and the requests that still wait.

    An answer is kept by the turn that decided its command, in the same transaction, and found in
    the store from then on. Until then its request is in flight, and whoever repeats it waits with
    the first caller. A refusal is not kept: it has changed nothing, so that a repetition is decided
    anew.
    """

    def __init__(self, store: Store, clock: Callable[[], int]) -> None:
        """Nothing is read yet.

        Args:
            store: Where the answers are kept.
            clock: The instant, in milliseconds since the Unix epoch.
        """
        self._store = store
        self._clock = clock
        self._in_flight: dict[tuple[str, str], _InFlight] = {}
        self._sweeping: asyncio.Task[None] | None = None

    async def give(self, request: KeyedRequest, act: Callable[[], Awaitable[Rendered]]) -> Given:
        """Give the first answer to a request again, or act and give its answer.

        Args:
            request: What is asked, with its key.
            act: Does it and has the answer kept with it. Called at most once at a time for a key,
                and goes on when its caller gives up, because others may wait for the same.

        Raises:
            Invalid: The key belongs to another request.
            StoreError: The answers cannot be read; nothing was done.
            Exception: Whatever `act` raises, to all who wait for it.
        """
        name = (request.account_sid, request.key)
        flight = self._in_flight.get(name)
        if flight is None:
            outcome = asyncio.get_running_loop().create_task(self._first(request, act))
            self._in_flight[name] = _InFlight(request.digest, outcome)
            outcome.add_done_callback(lambda task: self._land(name, task))
            return await asyncio.shield(outcome)
        _expect_same(request, flight.digest)
        return Given((await asyncio.shield(flight.outcome)).rendered, again=True)

    def start_sweeping(self) -> None:
        """Drop what is too old, now and then, until the close."""
        self._sweeping = asyncio.get_running_loop().create_task(self._sweep())

    async def stop_sweeping(self) -> None:
        """Begin no other drop."""
        if self._sweeping is not None:
            self._sweeping.cancel()
            await asyncio.wait([self._sweeping])

    async def drain(self) -> None:
        """Wait until nothing is in flight."""
        while self._in_flight:
            await asyncio.wait([one.outcome for one in self._in_flight.values()])
            await asyncio.sleep(0)

    async def drop_old(self) -> None:
        """Drop whatever is too old to be given again, little by little.

        Raises:
            StoreError: The store cannot be written.
        """
        until_ms = self._clock() - ANSWER_KEPT_MS
        while True:
            if await self._store.drop_answers(until_ms, _DROPPED_AT_ONCE) < _DROPPED_AT_ONCE:
                return
            await asyncio.sleep(_PAUSE_S)

    async def _first(self, request: KeyedRequest, act: Callable[[], Awaitable[Rendered]]) -> Given:
        kept = await self._store.answer(
            request.account_sid, request.key, self._clock() - ANSWER_KEPT_MS
        )
        if kept is None:
            return Given(await act(), again=False)
        _expect_same(request, kept.request)
        return Given(kept, again=True)

    def _land(self, name: tuple[str, str], outcome: "asyncio.Task[Given]") -> None:
        del self._in_flight[name]
        if not outcome.cancelled():
            outcome.exception()  # looked at, because perhaps nobody waits any more

    async def _sweep(self) -> None:
        while True:
            try:
                await self.drop_old()
            except StoreError as error:
                logger.warning("old answers to idempotency keys were not dropped: %s", error)
            await asyncio.sleep(_SWEEP_EVERY_S)


def _expect_same(request: KeyedRequest, digest: bytes) -> None:
    if request.digest != digest:
        raise Invalid(
            f"the idempotency key '{request.key}' belongs to another request of the last 24 hours: "
            "method, path, query and body have to be the same as then"
        )
