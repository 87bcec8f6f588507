"""A process of its own that makes one snapshot: `python -m taskyard.engine.snapshot_process`.

Started, not forked: it opens the store itself and folds the journal as any start does. So the event
loop and its memory are left alone, and every snapshot is a rehearsal of a recovery.

It only reads. What is to be written it hands to the process that has started it, and waits until it
is: this one has the processor only when nobody else wants it, and may not hold a lock meanwhile.
"""

import asyncio
import gc
import sys
from typing import Any, Literal, cast

import msgspec

from taskyard.stores import SnapshotRow, Store, StoreError, open_store

from .snapshots import keep_snapshot, verify_snapshots

Order = tuple[str, str]
"""The address of a store, and whose journal is to be folded: a line of JSON on standard input."""
Wish = tuple[Literal["keep", "mark"], SnapshotRow]
"""Keep this snapshot, or mark it as good, for which its body is not needed."""
LENGTH_BYTES = 8
"""Each wish follows its length on standard output, in MessagePack …"""
DONE = b"\n"
"""… and is answered by this on standard input."""


class _ReadOnly:
    """A store that reads by itself, and has what is written about snapshots written for it."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def __getattr__(self, name: str) -> Any:
        return getattr(self._store, name)

    async def keep_snapshot(self, row: SnapshotRow) -> None:
        _have_done(("keep", row))

    async def mark_verified(self, row: SnapshotRow) -> None:
        _have_done(("mark", msgspec.structs.replace(row, body=b"")))


def _have_done(wish: Wish) -> None:
    encoded = msgspec.msgpack.encode(wish)
    sys.stdout.buffer.write(len(encoded).to_bytes(LENGTH_BYTES) + encoded)
    sys.stdout.buffer.flush()
    if sys.stdin.buffer.read(len(DONE)) != DONE:
        raise StoreError("the process that wanted the snapshot has ended")


async def _make(database: str, workspace_sid: str) -> None:
    store = await open_store(database, create=False, read_only=True)
    try:
        read_only = cast(Store, _ReadOnly(store))
        await keep_snapshot(read_only, workspace_sid)
        await verify_snapshots(read_only, workspace_sid)
    finally:
        await store.close()


def main() -> None:
    """Make the snapshot that standard input asks for."""
    # It lives too briefly to collect garbage, and nobody waits for it.
    gc.disable()
    order = msgspec.json.decode(sys.stdin.buffer.readline(), type=Order)
    try:
        asyncio.run(_make(*order))
    except (StoreError, ValueError, BrokenPipeError) as error:
        sys.exit(str(error))


if __name__ == "__main__":
    main()
