"""What thousands of small workspaces do to a start."""

import asyncio
import os
import time
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path

import msgspec
import uvloop
from engine_floor import Clock
from floor import ACCOUNT
from stalls import Stalls

from taskyard.core.commands import CreateTask, CreateWorker, CreateWorkspace
from taskyard.engine import Directory
from taskyard.stores import open_store

TASKS_EACH = 5
WORKERS_EACH = 3


class Start(msgspec.Struct):
    """How a start went."""

    first_answer_ms: float
    awake_s: float
    answers_ms: list[float]
    longest_stall_ms: float
    each_kib: float


def start_with(folder: Path, workspaces: int) -> Start:
    """Make so many workspaces, and start with them; each in a process of its own."""
    url = f"sqlite:///{folder / 'many.db'}"
    _in_a_process(_make, url, workspaces)
    return _in_a_process(_start, url, workspaces)


def _in_a_process(work, url: str, workspaces: int):  # type: ignore[no-untyped-def]
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as processes:
        return processes.submit(_run, work, url, workspaces).result()


def _run(work, url: str, workspaces: int):  # type: ignore[no-untyped-def]
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        return runner.run(work(url, workspaces))


def _resident_kib() -> float:
    """The memory that the process occupies now; for Linux."""
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 1024


async def _make(url: str, workspaces: int) -> None:
    store = await open_store(url)
    directory = Directory(store, Clock(), os.urandom)
    await directory.open(ACCOUNT, "t" * 32)

    async def make() -> None:
        command = CreateWorkspace(account_sid=ACCOUNT, friendly_name="bench", template="FIFO")
        sid = await directory.create_workspace(command, lambda _, decided: decided.sid)
        engine = await directory.engine(sid)
        for k in range(WORKERS_EACH):
            await engine.ask(CreateWorker(friendly_name=f"worker {k}"), lambda *_: None)
        for _ in range(TASKS_EACH):
            await engine.ask(CreateTask(attributes='{"type":1}'), lambda *_: None)

    for _ in range(0, workspaces, 100):
        await asyncio.gather(*(make() for _ in range(100)))
    await directory.close()
    await store.close()


async def _start(url: str, workspaces: int) -> Start:
    before_kib = _resident_kib()
    began = time.perf_counter()
    store = await open_store(url)
    directory = Directory(store, Clock(), os.urandom)
    await directory.open(ACCOUNT, "t" * 32)
    sids = [entry.sid for entry in directory.workspaces()]
    engine = await directory.engine(sids[workspaces // 2])
    await engine.read(lambda state, _: len(state.tasks))
    first_answer_ms = (time.perf_counter() - began) * 1e3
    answers_ms: list[float] = []

    async def caller() -> None:
        while True:
            asked = time.perf_counter()
            if len(answers_ms) % 2:
                await engine.ask(CreateTask(attributes="{}"), lambda *_: None)
            else:
                other = await directory.engine(sids[len(answers_ms) * 37 % workspaces])
                await other.read(lambda state, _: len(state.tasks))
            answers_ms.append((time.perf_counter() - asked) * 1e3)
            await asyncio.sleep(0.005)

    async with Stalls() as stalls:
        calling = asyncio.create_task(caller())
        await directory.awake()
        awake_s = time.perf_counter() - began
        calling.cancel()
    used_kib = _resident_kib() - before_kib
    await directory.close()
    await store.close()
    return Start(first_answer_ms, awake_s, answers_ms, stalls.longest_ms, used_kib / workspaces)
