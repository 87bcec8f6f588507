"""One life of a server: the real engine, and the little of an API that the simulation needs."""

import asyncio
import logging
from collections.abc import Callable, Coroutine
from hashlib import blake2b
from random import Random
from typing import Any, Protocol, TypeVar

import msgspec

from taskyard.core.causes import Cause
from taskyard.core.commands import Command, CreateWorkspace, DeleteWorkspace
from taskyard.core.errors import Conflict, Gone, Invalid, NotFound, Refusal
from taskyard.core.machine import Decided
from taskyard.core.state import State
from taskyard.engine import (
    Directory,
    Keep,
    KeyedRequest,
    Retention,
    Snapshots,
    TurnRecord,
    Unavailable,
)
from taskyard.engine.snapshots import keep_snapshot, verify_snapshots
from taskyard.stores import Store, StoreError

from .failing_store import failing
from .faults import Faults
from .messages import DONE, UNAVAILABLE, Reply, Request, everything_in, offers_of, picture_of
from .program import Program
from .virtual_time import VirtualTime

T = TypeVar("T")

ACCOUNT = "AC" + "0" * 32
RETENTION_MS = 2 * 86_400_000
_LOOK_FOR_OLD_S = 1_800.0
_EVENTS_BETWEEN_SNAPSHOTS = 400
_STATUS: dict[type[Refusal], int] = {NotFound: 404, Invalid: 400, Conflict: 409, Gone: 410}

logger = logging.getLogger(__name__)


class Witness(Protocol):
    """Who sees everything that leaves the server."""

    def arrived(self, request: Request) -> int:
        """A request, before anything is done about it. Returns up to where all is known."""
        ...

    def departing(self, request: Request, reply: Reply, since: int, *, again: bool) -> None:
        """An answer, before it is known to anybody."""
        ...

    def told(self, life: int, turn: TurnRecord) -> None:
        """A turn that listeners hear of."""
        ...


class Server:
    """A process that serves from its start until it is killed or stopped.

    Attributes:
        is_over: Whether it has ended, or could not begin.
    """

    def __init__(
        self,
        number: int,
        seed: str,
        time: VirtualTime,
        store: Store,
        faults: Faults,
        witness: Witness,
        unheard: Callable[[str, str], None],
        on_turn: Callable[[TurnRecord], None],
        on_end: Callable[[], None],
        engine_of: Callable[..., Directory] = Directory,
    ) -> None:
        """It is started, and loads what the store has.

        Args:
            number: Which life this is.
            seed: Of the SIDs that it makes.
            time: The simulation's.
            store: What outlives it.
            faults: What may go wrong between it and the store.
            witness: Who looks on.
            unheard: Is told of exceptions that nobody caught.
            on_turn: Is told of what listeners hear of.
            on_end: Is told when it ends by itself.
            engine_of: Makes the directory; another than the real one for tests of the judge.
        """
        self.number = number
        self.is_over = False
        self.program = Program(time, f"server {number}", unheard)  # type: ignore[abstract]
        self._time = time
        self._witness = witness
        self._unheard = unheard
        self._on_turn = on_turn
        self._on_end = on_end
        self._store, self.way = failing(store, faults)
        self.snapshots = Snapshots(
            self._store,
            self._write_snapshot,
            events_between=_EVENTS_BETWEEN_SNAPSHOTS,
            seconds=self.program.time,
        )
        self.directory = engine_of(
            self._store,
            time.wall_ms,
            Random(f"{seed} life {number}").randbytes,
            snapshots=self.snapshots,
            statistics_days=RETENTION_MS // 86_400_000,
            seconds=self.program.time,
            look_every_s=_LOOK_FOR_OLD_S,
        )
        self._retention = Retention(
            self._store,
            time.wall_ms,
            RETENTION_MS,
            snapshots=self.snapshots,
            views_at=self.directory.views.kept_position,
            counters=self.directory.counters,
            rest_s=_LOOK_FOR_OLD_S,
        )
        self._is_open = False
        self.program.create_task(self._begin())

    def kill(self) -> None:
        """It is gone in the midst of whatever it does."""
        self.is_over = True
        self.way.cut()
        self.program.kill()

    def stop(self) -> None:
        """Have it end as a server does that is told to; `is_over` says when it has."""
        self._is_open = False
        self.program.create_task(self._end())

    def take(self, request: Request, deliver: Callable[[Reply], None]) -> None:
        """A request has come in over the network."""
        if not self.is_over:
            self.program.create_task(self._serve(request, deliver))

    def look(self, looking: Coroutine[Any, Any, T], found: Callable[[T | Exception], None]) -> None:
        """Have somebody look at it from within, and tell what they found."""

        async def look() -> None:
            try:
                result: T | Exception = await looking
            except Exception as error:
                result = error
            found(result)

        self.program.create_task(look())

    async def answer(self, request: Request) -> tuple[Reply, bool]:
        """Do what is asked. Returns also whether the answer was given before."""
        if not self._is_open:
            return Reply(UNAVAILABLE, b"not yet"), False
        try:
            if request.key is None:
                return await self._act(request, None), False
            keyed = KeyedRequest(
                account_sid=ACCOUNT, key=request.key, digest=_digest(request.command)
            )
            given = await self.directory.answers.give(keyed, lambda: self._act(request, keyed.keep))
            return Reply(given.rendered.status, given.rendered.body), given.again
        except Refusal as refusal:
            status = next((_STATUS[one] for one in type(refusal).mro() if one in _STATUS), 400)
            return Reply(status, str(refusal).encode()), False
        except (StoreError, Unavailable) as error:
            return Reply(UNAVAILABLE, str(error).encode()), False

    async def _begin(self) -> None:
        try:
            await self.directory.open(ACCOUNT, "token")
        except StoreError as error:
            logger.info("server %d cannot start: %s", self.number, error)
            self._has_ended()
            return
        self.directory.follow(lambda _, turn: self._tell(turn))
        self._retention.start()
        self._is_open = True

    async def _end(self) -> None:
        await self._retention.close()
        await self.directory.close()
        self._has_ended()

    def _has_ended(self) -> None:
        self.is_over = True
        self.way.cut()
        self._on_end()

    def _tell(self, turn: TurnRecord) -> None:
        self._witness.told(self.number, turn)
        self._on_turn(turn)

    async def _serve(self, request: Request, deliver: Callable[[Reply], None]) -> None:
        since = self._witness.arrived(request)
        try:
            reply, again = await self.answer(request)
        except Exception as bug:
            if self.program.is_closed():
                return  # it was killed, and does not get what it would wait for on the way out
            self._unheard(self.program.name, f"{request} was answered by {bug!r}")
            return
        self._witness.departing(request, reply, since, again=again)
        deliver(reply)

    async def _act(self, request: Request, keep: Keep | None) -> Reply:
        cause = Cause("account", f"{request.number}")
        command = request.command
        if isinstance(command, CreateWorkspace):
            return await self.directory.create_workspace(command, _rendered, keep, cause)
        if isinstance(command, DeleteWorkspace):
            await self.directory.delete_workspace(request.workspace, cause)
            return Reply(DONE, b"{}")
        engine = await self.directory.engine(request.workspace)
        if command is None:
            return await engine.read(lambda state, _: _looked_at(state, request.look))
        return await engine.ask(command, _rendered, keep, cause)

    async def _write_snapshot(self, workspace_sid: str) -> None:
        """In this very process, where the real one starts another: it reads the same rows."""
        await asyncio.sleep(0.5)
        await keep_snapshot(self._store, workspace_sid, self.program.time)
        await verify_snapshots(self._store, workspace_sid, self.program.time)


def _rendered(state: State, decided: Decided) -> Reply:
    return Reply(DONE, msgspec.json.encode(picture_of(state, decided.sid)))


def _looked_at(state: State, look: str) -> Reply:
    seen = offers_of(state, look) if look else everything_in(state)
    return Reply(DONE, msgspec.json.encode(seen))


def _digest(command: Command | None) -> bytes:
    told = f"{type(command).__name__} ".encode() + msgspec.msgpack.encode(command)
    return blake2b(told, digest_size=16).digest()
