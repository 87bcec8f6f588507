"""The journals of all workspaces as their engines see them: turns in, turns out."""

import asyncio
import logging
from collections.abc import AsyncIterator, Sequence

import msgspec

from taskyard.core.causes import Caused
from taskyard.core.event_details import EventDetails
from taskyard.core.events import Event
from taskyard.stores import Append, JournalRow, KeptAnswer, Store, StoreError, WorkspaceEntry
from taskyard.stores.codec import CODEC_VERSION, decode_turn, encode

from .counters import Counters

_EVENTS_BEFORE_YIELDING = 2_000

logger = logging.getLogger(__name__)


class TurnRecord(msgspec.Struct, frozen=True, kw_only=True):
    """What one turn of one workspace led to.

    `causes` says which of the events were asked for, and by whom. `details` has an entry for each
    event (None for one that is shown to nobody) where the turn was witnessed, and is empty where it
    was only read.
    """

    workspace_sid: str
    first_position: int
    last_position: int
    at_ms: int
    events: list[Event]
    causes: list[Caused] = []
    details: list[EventDetails | None] = []


class Journal:
    """The store's one writer, shared by every engine.

    While the store appends, the turns of other workspaces gather; the next append takes them all.
    So the cost of a durable write is shared by workspaces, as a turn shares it among commands.
    """

    def __init__(self, store: Store, counters: Counters | None = None) -> None:
        self._store = store
        self._counters = counters or Counters()
        self._waiting: list[tuple[Append, asyncio.Future[StoreError | None]]] = []
        self._running: asyncio.Task[None] | None = None

    async def append(
        self,
        turn: TurnRecord,
        *,
        lists: WorkspaceEntry | None = None,
        unlists: bool = False,
        answers: Sequence[KeptAnswer] = (),
        node_sid: str | None = None,
        epoch: int | None = None,
    ) -> None:
        """Keep a turn. A workspace has one turn under way at a time.

        Args:
            turn: Begins right after the last one of its workspace.
            lists: With this turn the workspace enters the directory.
            unlists: With this turn the workspace leaves the directory.
            answers: What is kept with it, for those who repeat a request.
            node_sid: Who decided it, where nodes share the store.
            epoch: By which lease; None for the first turn of a workspace, which makes one.

        Raises:
            StoreError: It is not known to be kept.
        """
        row = JournalRow(
            workspace_sid=turn.workspace_sid,
            first_position=turn.first_position,
            last_position=turn.last_position,
            at_ms=turn.at_ms,
            codec_version=CODEC_VERSION,
            body=encode(turn.events, turn.causes),
        )
        loop = asyncio.get_running_loop()
        kept: asyncio.Future[StoreError | None] = loop.create_future()
        append = Append(
            row=row,
            lists=lists,
            unlists=unlists,
            answers=tuple(answers),
            node_sid=node_sid,
            epoch=epoch,
        )
        self._waiting.append((append, kept))
        if self._running is None:
            self._running = loop.create_task(self._run())
        failure = await kept
        if failure is not None:
            raise failure

    async def keep_answers(self, answers: Sequence[KeptAnswer]) -> None:
        """Keep the answers of a turn that led to no events.

        Raises:
            StoreError: They are not known to be kept.
        """
        await self._store.keep_answers(answers)

    async def turns(self, workspace_sid: str, after_position: int) -> AsyncIterator[TurnRecord]:
        """The turns that were kept after this position, in order, without a gap.

        Raises:
            StoreError: They cannot be read, or one is missing.
        """
        position = after_position
        unyielding = 0
        async for row in self._store.rows(workspace_sid, after_position):
            if row.first_position != position + 1 and position == 0:
                raise StoreError(
                    f"workspace {workspace_sid}: its journal begins at position "
                    f"{row.first_position}, what came before was pruned, and there is no good "
                    "snapshot to begin with"
                )
            turn = next_turn(row, position)
            position = row.last_position
            yield turn
            # A store may give many rows without waiting; others want the loop too.
            unyielding += len(turn.events)
            if unyielding >= _EVENTS_BEFORE_YIELDING:
                unyielding = 0
                await asyncio.sleep(0)

    async def turns_since(
        self, workspace_sid: str, after_position: int, from_ms: int
    ) -> AsyncIterator[TurnRecord]:
        """The turns that are still kept after this position and not older than an instant.

        Raises:
            StoreError: They cannot be read.
        """
        passed = 0
        async for row in self._store.rows(workspace_sid, after_position):
            if row.at_ms >= from_ms:
                yield _turn_of(row)
            passed += 1
            if passed % _EVENTS_BEFORE_YIELDING == 0:
                await asyncio.sleep(0)

    async def probe(self) -> None:
        """Find out whether turns could be kept now.

        Raises:
            StoreError: They could not.
        """
        await self._store.probe()

    async def _run(self) -> None:
        try:
            while self._waiting:
                gathered, self._waiting = self._waiting, []
                failures: dict[str, StoreError] = {}
                stopped = StoreError(
                    "the append was broken off: the journal may or may not have it"
                )
                everywhere: StoreError | None = stopped
                counters = self._counters
                began = counters.seconds()
                try:
                    failures = await self._store.append([append for append, _ in gathered])
                    everywhere = None
                except Exception as error:
                    logger.exception("the store failed to append")
                    everywhere = StoreError(f"the store failed to append: {error}")
                finally:
                    counters.append_s.observe(counters.seconds() - began)
                    counters.appends_failed += len(gathered if everywhere else failures)
                    for append, kept in gathered:
                        if not kept.done():
                            kept.set_result(everywhere or failures.get(append.row.workspace_sid))
        finally:
            self._running = None


def next_turn(row: JournalRow, position: int) -> TurnRecord:
    """What a row holds that has to follow this position.

    Raises:
        StoreError: It does not, or cannot be read.
    """
    if row.first_position != position + 1:
        raise StoreError(
            f"workspace {row.workspace_sid}: the journal row after position {position} "
            f"is missing; the next one begins at {row.first_position}"
        )
    return _turn_of(row)


def _turn_of(row: JournalRow) -> TurnRecord:
    events, causes = decode_turn(row)
    return TurnRecord(
        workspace_sid=row.workspace_sid,
        first_position=row.first_position,
        last_position=row.last_position,
        at_ms=row.at_ms,
        events=events,
        causes=causes,
    )
