"""Past events, with all that is told of them, as people search for them: a view of the journals."""

import asyncio
import itertools
import logging
from collections.abc import AsyncIterator, Iterable, Iterator, Sequence

import msgspec

from taskyard.core.causes import Cause
from taskyard.core.event_details import EventRecord
from taskyard.core.steps import at_once
from taskyard.stores import BlockSearch, EventBlock, Store, StoreError
from taskyard.stores.event_blocks import decode_block, encoding_block, names_of, packed, term

from .journal import TurnRecord
from .pace import leisurely

_EVENTS_PER_BLOCK = 512
"""So many pack to about 40 kilobytes, and are unpacked in a few milliseconds."""
_EVENTS_AT_LEISURE_MAX = 2_000
"""If more come at once they keep coming, and the index must not fall behind."""
_SMALL = _EVENTS_PER_BLOCK // 2
_SMALL_BLOCKS_MAX = 64
"""Beyond so many in a row they are put together: a search opens few large ones instead."""

logger = logging.getLogger(__name__)


class EventQuery(msgspec.Struct, frozen=True, kw_only=True):
    """Which events are wanted.

    Attributes:
        workspace_sid: Whose.
        before_position: Only those before this position.
        after_position: Only those after this position.
        oldest_first: Whether they come in the order in which they happened; if not, the newest
            first.
        from_ms: Only those of this instant or later.
        to_ms: Only those of this instant or earlier.
        names: Only those that are about all of these: SIDs, an event type, a task channel's unique
            name.
    """

    workspace_sid: str
    before_position: int = 2**63 - 1
    after_position: int = 0
    oldest_first: bool = False
    from_ms: int = 0
    to_ms: int = 2**63 - 1
    names: tuple[str, ...] = ()


class EventIndex:
    """Keeps events in blocks, and finds them again."""

    name = "events"

    def __init__(self, store: Store) -> None:
        """Nothing is read yet.

        Args:
            store: Where the blocks are.
        """
        self._store = store
        self._small_blocks: dict[str, int] = {}
        """How many of a workspace's blocks are small, of those kept since the start."""

    async def follow(self, turns: Sequence[TurnRecord]) -> None:
        """Keep the events of these turns.

        Raises:
            StoreError: They could not be kept.
        """
        by_workspace: dict[str, list[TurnRecord]] = {}
        positions: dict[str, int] = {}
        after: dict[str, int] = {}
        for turn in turns:
            after.setdefault(turn.workspace_sid, turn.first_position - 1)
            by_workspace.setdefault(turn.workspace_sid, []).append(turn)
            positions[turn.workspace_sid] = turn.last_position
        blocks: list[EventBlock] = []
        in_a_hurry = sum(len(turn.events) for turn in turns) > _EVENTS_AT_LEISURE_MAX
        for workspace_sid, some in by_workspace.items():
            records = itertools.chain.from_iterable(map(records_of, some))
            blocks += await _blocks(workspace_sid, records, in_a_hurry=in_a_hurry)
        await self._store.keep_event_blocks(
            blocks, positions=positions, view=self.name, after=after
        )
        for block in blocks:
            if block.count < _SMALL:
                sid = block.workspace_sid
                self._small_blocks[sid] = self._small_blocks.get(sid, 0) + 1
        for sid in [s for s, count in self._small_blocks.items() if count >= _SMALL_BLOCKS_MAX]:
            del self._small_blocks[sid]
            try:
                await self._put_together(sid)
            except StoreError as error:
                # The turns are kept, and must not come again because of this.
                logger.warning("small blocks of past events stay small for now: %s", error)

    async def find(self, query: EventQuery) -> AsyncIterator[EventRecord]:
        """The events that are wanted, in the order that is.

        Raises:
            StoreError: They cannot be read.
        """
        wanted = frozenset(query.names)
        above, below = query.after_position, query.before_position
        search = BlockSearch(
            workspace_sid=query.workspace_sid,
            before_position=below,
            after_position=above,
            oldest_first=query.oldest_first,
            from_ms=query.from_ms,
            to_ms=query.to_ms,
            terms=tuple(term(name) for name in query.names),
        )
        async for block in self._store.event_blocks(search):
            records = decode_block(block)
            for record in records if query.oldest_first else reversed(records):
                if (
                    above < record.position < below
                    and query.from_ms <= record.at_ms <= query.to_ms
                    and wanted <= names_of(record)
                ):
                    yield record
            # Small blocks may be put together meanwhile: the next one may begin with what we had.
            if query.oldest_first:
                above = max(above, block.last_position)
            else:
                below = min(below, block.first_position)

    async def begins_at(self, workspace_sid: str) -> int | None:
        """The position of the oldest event of a workspace that is kept; None if none is.

        Raises:
            StoreError: It cannot be read.
        """
        search = BlockSearch(workspace_sid=workspace_sid, oldest_first=True)
        async for block in self._store.event_blocks(search):
            return block.first_position
        return None

    async def _put_together(self, workspace_sid: str) -> None:
        """Make a few large blocks of the small ones at a workspace's end."""
        small: list[EventBlock] = []
        async for block in self._store.event_blocks(BlockSearch(workspace_sid=workspace_sid)):
            if block.count >= _SMALL or len(small) > 2 * _SMALL_BLOCKS_MAX:
                break
            small.append(block)
        small.reverse()
        records = itertools.chain.from_iterable(map(decode_block, small))
        blocks = await _blocks(workspace_sid, records)
        await self._store.keep_event_blocks(blocks, instead_of=small, positions={}, view=self.name)


def records_of(turn: TurnRecord) -> Iterator[EventRecord]:
    """The events of a witnessed turn that are told of, each with what it was about."""
    causes: list[Cause | None] = [None] * len(turn.events)
    for run in turn.causes:
        causes[run.first : run.first + run.count] = [run.cause] * run.count
    for offset, (event, details) in enumerate(zip(turn.events, turn.details, strict=True)):
        if details is not None:
            position = turn.first_position + offset
            yield EventRecord(position, turn.at_ms, event, details, causes[offset])


async def _blocks(
    workspace_sid: str, records: Iterable[EventRecord], *, in_a_hurry: bool = False
) -> list[EventBlock]:
    """Some events of a workspace in packed blocks; others get the loop in between."""
    blocks: list[EventBlock] = []
    coming = iter(records)
    while some := list(itertools.islice(coming, _EVENTS_PER_BLOCK)):
        encoding = encoding_block(workspace_sid, some)
        block = at_once(encoding) if in_a_hurry else await leisurely(encoding)
        blocks.append(await asyncio.to_thread(packed, block))
    return blocks
