"""What a kill in the middle of the work costs: a start with very many open tasks."""

import asyncio
import os
import shutil
import signal
import sqlite3
import time
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from multiprocessing.connection import Connection
from pathlib import Path

import msgspec
import uvloop
from engine_floor import Clock, EngineFloor
from floor import ACCOUNT
from stalls import Stalls

from taskyard.core.commands import CreateTask
from taskyard.engine import Directory, Snapshots
from taskyard.stores import open_store

WORKERS = 1_000
_KILLED_AFTER_S = 0.5


class Restarted(msgspec.Struct):
    """How a start after a kill went.

    Attributes:
        ready_s: From the opening of the store to the first answer of the large workspace.
        open_tasks: How many it had then.
        answers_ms: How long a steady caller of a small workspace waited meanwhile.
        longest_stall_ms: Of the event loop meanwhile.
    """

    ready_s: float
    open_tasks: int
    answers_ms: list[float]
    longest_stall_ms: float


class Restarts(msgspec.Struct):
    """The same kill, twice started after."""

    with_snapshot: Restarted
    without: Restarted


def restarts(folder: Path, tasks: int) -> Restarts:
    """Let a process work on so many open tasks, kill it, and start again; each in a process."""
    path, bare = folder / "killed.db", folder / "killed-bare.db"
    processes = get_context("spawn")
    told, tell = processes.Pipe(duplex=False)
    working = processes.Process(target=_work_until_killed, args=(f"sqlite:///{path}", tasks, tell))
    working.start()
    assert told.recv() == "at work"
    time.sleep(_KILLED_AFTER_S)
    assert working.pid is not None
    os.kill(working.pid, signal.SIGKILL)
    working.join()
    for suffix in ("", "-wal"):
        shutil.copy(f"{path}{suffix}", f"{bare}{suffix}")
    connection = sqlite3.connect(bare, isolation_level=None)
    connection.execute("DELETE FROM snapshots")
    connection.close()
    found = []
    for database in (path, bare):
        with ProcessPoolExecutor(1, mp_context=processes) as starting:
            found.append(starting.submit(_start, f"sqlite:///{database}").result())
    return Restarts(*found)


def _work_until_killed(url: str, tasks: int, tell: Connection) -> None:
    async def work() -> None:
        floor = await (await EngineFloor(await open_store(url), url).open()).furnish(0)
        await floor.furnish(WORKERS)
        await floor.let_wait(tasks + WORKERS)
        await floor.snapshots_written()
        tell.send("at work")
        while True:
            await floor.let_wait(500)

    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(work())


def _start(url: str) -> Restarted:
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        return runner.run(_start_and_ask(url))


async def _no_snapshot(_sid: str) -> None:
    """While a start is measured none is written."""


async def _start_and_ask(url: str) -> Restarted:
    answers_ms: list[float] = []
    began = time.perf_counter()
    store = await open_store(url)
    directory = Directory(store, Clock(), os.urandom, snapshots=Snapshots(store, _no_snapshot))
    await directory.open(ACCOUNT, "t" * 32)
    small, large = (entry.sid for entry in directory.workspaces())

    async def caller() -> None:
        neighbour = await directory.engine(small)
        while True:
            asked = time.perf_counter()
            await neighbour.ask(CreateTask(attributes="{}"), lambda *_: None)
            answers_ms.append((time.perf_counter() - asked) * 1e3)
            await asyncio.sleep(0.002)

    async with Stalls() as stalls:
        calling = asyncio.create_task(caller())
        engine = await directory.engine(large)
        open_tasks = await engine.read(
            lambda state, _: sum(not task.ended for task in state.tasks.values())
        )
        ready_s = time.perf_counter() - began
        calling.cancel()
    await directory.close()
    await store.close()
    return Restarted(ready_s, open_tasks, answers_ms, stalls.longest_ms)
