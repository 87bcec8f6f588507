"""What stands between the engine and a store that works: delays, failures and torn writes."""

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from typing import Any, cast

import msgspec

from taskyard.stores import Append, SnapshotRow, Store, StoreError

from .faults import Faults

_STREAMS = frozenset({"rows", "snapshots", "event_blocks"})
_VIEW_WRITES = frozenset({"keep_event_blocks", "keep_statistics", "keep_snapshot", "mark_verified"})
_DELAY_S = (0.0002, 0.02)
_LONG_DELAY_S = (0.5, 20.0)


def failing(store: Store, faults: Faults) -> "tuple[Store, FailingStore]":
    """The way of one process to a store, as a store and as what can be cut."""
    way = FailingStore(store, faults)
    return cast(Store, way), way


class FailingStore:
    """One connection: it keeps the promises of `Store`, failures included.

    Attributes:
        is_appending: Whether a process that is killed now is killed in the midst of a write.
        on_append: Is called as a write begins.
    """

    def __init__(self, store: Store, faults: Faults) -> None:
        self._store = store
        self._faults = faults
        self._is_cut = False
        self.is_appending = False
        self.on_append: Callable[[], None] = lambda: None

    def cut(self) -> None:
        """The process on this side is dead: nothing more gets through."""
        self._is_cut = True

    async def append(self, appends: Sequence[Append]) -> dict[str, StoreError]:
        """Keep rows: all of them, or the first few if the write is torn, or none.

        Whoever is told of a failure cannot know which it was.
        """
        everywhere = {one.row.workspace_sid for one in appends}
        self.is_appending = True
        self.on_append()
        try:
            return await self._append(appends, everywhere)
        finally:
            self.is_appending = False

    async def _append(
        self, appends: Sequence[Append], everywhere: set[str]
    ) -> dict[str, StoreError]:
        faults = self._faults
        await self._delay("append slow")
        if self._is_cut or faults.outage or faults.strike("append refused"):
            return _failed(everywhere, "nothing was kept")
        if faults.strike("append torn"):
            whole = appends[: faults.dice.randrange(len(appends))]
            failures = await self._store.append(whole)
            return failures | _failed(
                everywhere - {one.row.workspace_sid for one in whole}, "the write was torn"
            )
        failures = await self._store.append(appends)
        await self._delay("append slow")
        if faults.strike("append kept, answer lost"):
            return failures | _failed(everywhere - failures.keys(), "nobody knows what was kept")
        return failures

    def __getattr__(self, name: str) -> Callable[..., Any]:
        """Everything else that a store does, as it does it, or a failure."""
        if name in _STREAMS:
            return lambda *args, **named: self._stream(name, args, named)
        return lambda *args, **named: self._call(name, args, named)

    async def _call(self, name: str, args: tuple[Any, ...], named: dict[str, Any]) -> Any:
        await self._get_through(name)
        result = await getattr(self._store, name)(*args, **named)
        if name in _VIEW_WRITES and self._faults.strike("view kept, answer lost"):
            raise StoreError(f"{name}: nobody knows what was kept")
        return result

    async def _stream(
        self, name: str, args: tuple[Any, ...], named: dict[str, Any]
    ) -> AsyncIterator[Any]:
        await self._get_through(name)
        rots = name == "snapshots" and self._faults.rot
        async for one in getattr(self._store, name)(*args, **named):
            yield self._rotten(one) if rots else one
            rots = False

    def _rotten(self, row: SnapshotRow) -> SnapshotRow:
        self._faults.counts["snapshot damaged"] += 1
        at = self._faults.dice.randrange(len(row.body))
        body = row.body[:at] + bytes([row.body[at] ^ 0xFF]) + row.body[at + 1 :]
        return msgspec.structs.replace(row, body=body)

    async def _get_through(self, name: str) -> None:
        await self._delay(None)
        faults = self._faults
        fault = "write of a view failed" if name in _VIEW_WRITES else "read failed"
        if self._is_cut or faults.outage or faults.strike(fault):
            raise StoreError(f"{name}: the store does not answer")

    async def _delay(self, slow: str | None) -> None:
        if self._is_cut:
            return
        long = slow is not None and self._faults.strike(slow)
        await asyncio.sleep(self._faults.dice.uniform(*(_LONG_DELAY_S if long else _DELAY_S)))


def _failed(workspace_sids: set[str], why: str) -> dict[str, StoreError]:
    return {sid: StoreError(f"workspace {sid}: {why}") for sid in sorted(workspace_sids)}
