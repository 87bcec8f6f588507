"""Has a snapshot made by a process of its own, and writes it."""

import asyncio
import contextlib
import os
import subprocess
import sys
import tempfile
from collections.abc import Callable
from typing import IO

import msgspec

from taskyard.stores import Store

from .snapshot_process import DONE, LENGTH_BYTES, Wish

_IDLE_WITHIN_S = 15.0
"""So long a snapshot may be made with what everybody else leaves of the processor. If nobody leaves
any it is begun anew with a small share, for the journal must not become ever longer …"""
_WITHIN_S = 600.0
"""… and so long that may take: it holds up the snapshots of other workspaces."""
_NICENESS = 10

_wish: msgspec.msgpack.Decoder[Wish] = msgspec.msgpack.Decoder(Wish)


class SnapshotProcessFailed(Exception):
    """The process ended without a snapshot; the message is its last line."""


async def write_in_a_process(store: Store, database: str, workspace_sid: str) -> None:
    """Have a snapshot of a workspace made and read back, and wait for it.

    Args:
        store: Where it is kept.
        database: The address of the same store, by which other processes can open it too.
        workspace_sid: Whose journal is to be folded.

    Raises:
        SnapshotProcessFailed: It was not made, or it is not good.
        StoreError: It could not be kept.
        TimeoutError: It took far too long.
    """
    if hasattr(os, "SCHED_IDLE"):
        with contextlib.suppress(TimeoutError):
            return await _write(store, database, workspace_sid, _IDLE_WITHIN_S, only_idle=True)
    await _write(store, database, workspace_sid, _WITHIN_S, only_idle=False)


async def _write(
    store: Store, database: str, workspace_sid: str, within_s: float, *, only_idle: bool
) -> None:
    loop = asyncio.get_running_loop()

    def carry_out(wish: Wish) -> None:
        kind, row = wish
        doing = store.keep_snapshot(row) if kind == "keep" else store.mark_verified(row)
        asyncio.run_coroutine_threadsafe(doing, loop).result()

    with tempfile.TemporaryFile() as complaints:
        process = _start(complaints, only_idle=only_idle)
        # Not among the arguments, which every user of the machine can see: it may hold a password.
        order = msgspec.json.encode((database, workspace_sid)) + b"\n"
        conversation = loop.run_in_executor(None, _converse, process, order, carry_out)
        try:
            async with asyncio.timeout(within_s):
                code = await asyncio.shield(conversation)
        finally:
            process.kill()
            await asyncio.wait([conversation])
        if code != 0:
            complaints.seek(0)
            lines = complaints.read().decode(errors="replace").strip().splitlines()
            why = lines[-1] if lines else f"its process ended with status {code}"
            raise SnapshotProcessFailed(why)


def _start(complaints: IO[bytes], *, only_idle: bool) -> subprocess.Popen[bytes]:
    # Not by the event loop: uvloop forks, which copies the page tables of a large process and takes
    # 50 ms of everybody's time for each gigabyte or so.
    process = subprocess.Popen(
        # The current folder is no place to look for modules.
        [sys.executable, "-P", "-m", "taskyard.engine.snapshot_process"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=complaints,
        # Ctrl-C in the terminal is for the server, which then ends this itself.
        # A group, not a session: the scheduler gives every session a share of its own, idle or not.
        process_group=0,
    )
    with contextlib.suppress(OSError):  # it is only slower to others, or has ended already
        if only_idle:
            os.sched_setscheduler(process.pid, os.SCHED_IDLE, os.sched_param(0))
        else:
            os.setpriority(os.PRIO_PROCESS, process.pid, _NICENESS)
    return process


def _converse(
    process: subprocess.Popen[bytes], order: bytes, carry_out: Callable[[Wish], None]
) -> int:
    """Give a process its order and do what it wishes, in a thread; its status comes of it."""
    with process:
        assert process.stdin is not None
        assert process.stdout is not None
        with contextlib.suppress(BrokenPipeError):  # its status says why it has ended
            process.stdin.write(order)
            process.stdin.flush()
            while length := int.from_bytes(process.stdout.read(LENGTH_BYTES)):
                wish = process.stdout.read(length)
                if len(wish) < length:
                    break  # it has ended in the middle of it
                carry_out(_wish.decode(wish))
                process.stdin.write(DONE)
                process.stdin.flush()
    return process.returncode
