"""A process of its own that writes one snapshot: `python -m taskyard.engine.snapshot_process`.

Started, not forked: it opens the store itself and folds the journal as any start does. So the event
loop and its memory are left alone, and every snapshot is a rehearsal of a recovery.
"""

import asyncio
import contextlib
import gc
import os
import sys

import msgspec

from taskyard.stores import StoreError, open_store

from .snapshots import keep_snapshot, verify_snapshots

_WITHIN_S = 600.0
"""It holds up the snapshots of other workspaces, so it may not hang for ever."""
_NICENESS = 10


class SnapshotProcessFailed(Exception):
    """The process ended without a snapshot; the message is its last line."""


async def write_in_a_process(database: str, workspace_sid: str) -> None:
    """Have a snapshot of a workspace written and read back, and wait for it.

    Args:
        database: The address of a store that other processes can open too.
        workspace_sid: Whose journal is to be folded.

    Raises:
        SnapshotProcessFailed: It was not written, or it is not good.
        TimeoutError: It took far too long.
    """
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        # The current folder is no place to look for modules.
        *("-P", "-m", __name__),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.DEVNULL,
        stderr=asyncio.subprocess.PIPE,
        # Ctrl-C in the terminal is for the server, which then ends this itself.
        start_new_session=True,
    )
    try:
        # Not among the arguments, which every user of the machine can see: it may hold a password.
        asked = msgspec.json.encode((database, workspace_sid))
        async with asyncio.timeout(_WITHIN_S):
            _, said = await process.communicate(asked)
    finally:
        if process.returncode is None:
            with contextlib.suppress(ProcessLookupError):
                process.kill()
            await process.wait()
    if process.returncode != 0:
        lines = said.decode(errors="replace").strip().splitlines()
        why = lines[-1] if lines else f"its process ended with status {process.returncode}"
        raise SnapshotProcessFailed(why)


async def _write(database: str, workspace_sid: str) -> None:
    store = await open_store(database, create=False)
    try:
        await keep_snapshot(store, workspace_sid)
        await verify_snapshots(store, workspace_sid)
    finally:
        await store.close()


def main() -> None:
    """Write the snapshot that standard input asks for."""
    # It lives too briefly to collect garbage, and nobody waits for it.
    gc.disable()
    os.nice(_NICENESS)
    asked = msgspec.json.decode(sys.stdin.buffer.read(), type=tuple[str, str])
    try:
        asyncio.run(_write(*asked))
    except (StoreError, ValueError) as error:
        sys.exit(str(error))


if __name__ == "__main__":
    main()
