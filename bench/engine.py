"""What a disk and its turns do to the core, without HTTP: `python bench/engine.py [--quick]`.

Everything happens in a temporary folder: set TMPDIR to a folder on the disk that is meant. Rates
are of this machine at this moment; ratios are measured in turn, and last longer.
"""

import argparse
import asyncio
import contextlib
import os
import sqlite3
import statistics
import tempfile
import time
from collections.abc import Awaitable, Callable
from itertools import count
from pathlib import Path

import figures
import uvloop
from engine_floor import EngineFloor
from floor import ACCOUNT
from many_workspaces import start_with
from restart import Restarted, restarts
from stalls import Pauses, Stalls

from taskyard.core.commands import UpdateWorkflow
from taskyard.stores import open_store

CALLERS = 64
WORKERS = 1_000
ROW_BYTES = 600
SLOW_A_SECOND = 5


def show(name: str, value: str) -> None:
    """Print one row."""
    print(f"{name:<66} {value:>19}", flush=True)


def per_cent(values: list[float], share: int) -> float:
    """The value that so many per cent do not exceed."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, len(ordered) * share // 100)]


def bare_disk(folder: Path, for_s: float) -> float:
    """Durable appends a second to a plain file, one after another."""
    descriptor = os.open(folder / "bare", os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    body, times, began = os.urandom(ROW_BYTES), 0, time.perf_counter()
    while time.perf_counter() - began < for_s:
        os.write(descriptor, body)
        os.fdatasync(descriptor)
        times += 1
    rate = times / (time.perf_counter() - began)
    os.close(descriptor)
    return rate


def bare_sqlite(folder: Path, for_s: float) -> float:
    """Commits of one row a second, with the settings of the store."""
    connection = sqlite3.connect(folder / "bare.db", isolation_level=None)
    for pragma in ("journal_mode = WAL", "synchronous = FULL", "wal_autocheckpoint = 0"):
        connection.execute(f"PRAGMA {pragma}")
    connection.execute("CREATE TABLE rows (id INTEGER PRIMARY KEY, body BLOB)")
    body, times, began = os.urandom(ROW_BYTES), 0, time.perf_counter()
    while time.perf_counter() - began < for_s:
        connection.execute("INSERT INTO rows (body) VALUES (?)", (body,))
        times += 1
    rate = times / (time.perf_counter() - began)
    connection.close()
    return rate


class Cost:
    """What so many life cycles took."""

    def __init__(self, cycles: int, wall_s: float, cpu_s: float) -> None:
        self.a_second = cycles / wall_s
        self.cpu_us = cpu_s / cycles * 1e6


async def life_cycles(floor: EngineFloor, cycles: int) -> Cost:
    """Closed-loop callers share this many life cycles."""
    numbers = iter(range(cycles))

    async def caller() -> None:
        for number in numbers:
            await floor.life_cycle(number)

    wall, cpu = time.perf_counter(), time.process_time()
    await asyncio.gather(*(caller() for _ in range(CALLERS)))
    return Cost(cycles, time.perf_counter() - wall, time.process_time() - cpu)


async def compare_stores(folder: Path, cycles: int, rounds: int, bare: float) -> None:
    """Print life cycles on disk and in memory, measured in turn."""
    path = folder / "cycles.db"
    url = f"sqlite:///{path}"
    await (await EngineFloor(await open_store(url), url).open()).close()
    before = Sizes(path)
    disk = await (await EngineFloor(await open_store(url), url).open()).furnish(WORKERS)
    memory = await (await EngineFloor(await open_store("memory://")).open()).furnish(WORKERS)
    costs: list[tuple[Cost, Cost]] = [
        (await life_cycles(disk, cycles), await life_cycles(memory, cycles)) for _ in range(rounds)
    ]
    on_disk, in_memory = [one for one, _ in costs], [one for _, one in costs]
    rate = statistics.median(one.a_second for one in on_disk)
    show(f"durable life cycles a second, {CALLERS} callers", f"{rate:,.0f}")
    show("  to each bare durable append", f"{rate / bare:.2f}x")
    slower = statistics.median(m.a_second / d.a_second for d, m in costs)
    show("  memory:// to that", f"{slower:.2f}x")
    show("  CPU of one, us", f"{statistics.median(one.cpu_us for one in on_disk):.0f}")
    dearer = statistics.median(d.cpu_us / m.cpu_us for d, m in costs)
    show("  CPU of one to that in memory", f"{dearer:.2f}x")
    says = f"durable life cycles without HTTP, {CALLERS} callers"
    figures.note("cycles", says, rate, "a second", "up")
    says = "durable life cycles without HTTP against bare durable appends, one after another"
    figures.note("append_ratio", says, rate / bare, "ratio", "up")
    says = "CPU of a durable life cycle against one in memory"
    figures.note("memory_cpu_ratio", says, dearer, "ratio", "down")
    show("  CPU of one in memory, us", f"{statistics.median(o.cpu_us for o in in_memory):.0f}")
    sizes = [float(one) for one in disk.turns]
    show(
        "  commands in a turn, median and p95",
        f"{per_cent(sizes, 50):.0f} {per_cent(sizes, 95):.0f}",
    )
    times = disk.store.append_ms
    show(
        "  ms of an append, median and p95", f"{per_cent(times, 50):.2f} {per_cent(times, 95):.2f}"
    )
    await disk.close()
    await memory.close()
    show_sizes("  bytes of one on disk", Sizes(path), cycles * rounds, before)


async def slow_pace(folder: Path, for_s: int) -> None:
    """Print what life cycles take on disk when they come one by one."""
    path = folder / "slow.db"
    url = f"sqlite:///{path}"
    await (await (await EngineFloor(await open_store(url), url).open()).furnish(WORKERS)).close()
    before = Sizes(path)
    floor = await EngineFloor(await open_store(url), url).open()
    cycles = SLOW_A_SECOND * for_s
    for number in range(cycles):
        await floor.life_cycle(number)
        await asyncio.sleep(1 / SLOW_A_SECOND)
    await floor.close()
    show_sizes(f"bytes of one on disk, {SLOW_A_SECOND} a second", Sizes(path), cycles, before)


class Sizes:
    """How large a database file is, and what its rows hold, in bytes."""

    def __init__(self, path: Path) -> None:
        self.file = path.stat().st_size
        with contextlib.closing(sqlite3.connect(path)) as connection:
            self.journal, self.index, self.snapshots = (
                connection.execute(f"SELECT coalesce(sum({size}), 0) FROM {table}").fetchone()[0]
                for table, size in (
                    ("journal", "length(body)"),
                    ("event_blocks", "length(body) + length(terms)"),
                    ("snapshots", "length(body)"),
                )
            )


def show_sizes(name: str, after: Sizes, cycles: int, before: Sizes) -> None:
    """Print the bytes on disk of each life cycle, after a checkpoint, and whose they are."""
    show(f"{name}, at most 4,096", f"{(after.file - before.file) / cycles:,.0f}")
    shares = (
        (after.journal - before.journal) / cycles,
        (after.index - before.index) / cycles,
        (after.snapshots - before.snapshots) / cycles,
    )
    show("  journal, event index, snapshots", " ".join(f"{share:,.0f}" for share in shares))


async def beside(name: str, floor: EngineFloor, load: Callable[[], Awaitable[None]]) -> None:
    """Print how long a steady caller waits for each answer while a load is worked off."""
    answers_ms: list[float] = []
    loaded = asyncio.Event()

    async def caller() -> None:
        for number in count():
            began = time.perf_counter()
            await floor.ask(floor.new_task(number))
            answers_ms.append((time.perf_counter() - began) * 1e3)
            if loaded.is_set():
                return
            await asyncio.sleep(0.002)

    async with Stalls() as stalls:
        calling = asyncio.create_task(caller())
        await asyncio.sleep(0.01)
        began = time.perf_counter()
        with Pauses() as pauses:
            await load()
        took_s = time.perf_counter() - began
        loaded.set()
        await calling
    show(f"{name}: seconds", f"{took_s:.2f}")
    shares = " ".join(f"{per_cent(answers_ms, share):.1f}" for share in (50, 99, 100))
    show(f"  ms of {len(answers_ms):,} answers beside it, p50, p99 and max", shares)
    show("  longest stall of the event loop, ms", f"{stalls.longest_ms:.1f}")
    show("  longest work of the event loop without a break, ms", f"{stalls.longest_cpu_ms:.1f}")
    show("  longest pause of the garbage collector, ms", f"{pauses.longest_ms:.1f}")


async def backlog(folder: Path, tasks: int) -> None:
    """Print what becomes of a steady caller beside very much that happens at once."""
    url = f"sqlite:///{folder / 'backlog.db'}"
    floor = await (await EngineFloor(await open_store(url), url).open()).furnish(0)

    async def nothing() -> None:
        await asyncio.sleep(1)

    async def re_evaluation() -> None:
        text = floor.rules([*range(1, len(floor.queues)), 0])
        await floor.ask(
            UpdateWorkflow(workflow_sid=floor.workflow, configuration=text, re_evaluate_tasks=True)
        )
        await floor.until_nothing_is_due()

    async def time_outs() -> None:
        floor.clock.ahead_ms += 10_000_000
        await floor.until_nothing_is_due()

    began = time.perf_counter()
    with Pauses() as pauses:
        await floor.let_wait(tasks, timeout_s=10_000)
    show(f"{tasks:,} tasks come in: seconds", f"{time.perf_counter() - began:.2f}")
    show("  longest pause of the garbage collector, ms", f"{pauses.longest_ms:.1f}")
    await beside(f"nothing, with {tasks:,} tasks waiting", floor, nothing)
    await beside(f"re-evaluation of {tasks:,} tasks", floor, re_evaluation)
    await floor.furnish(0)  # a neighbour
    await floor.close()

    floor = EngineFloor(await open_store(url), url)
    await floor.directory.open(ACCOUNT, "t" * 32)
    loaded, neighbour = (entry.sid for entry in floor.directory.workspaces())
    floor.engine = await floor.directory.engine(neighbour)
    await beside(f"another workspace of {tasks:,} tasks loads", floor, floor.directory.awake)
    floor.engine = await floor.directory.engine(loaded)
    await beside(f"{tasks:,} time-outs due at once", floor, time_outs)
    await floor.close()


def show_restart(name: str, start: Restarted) -> None:
    """Print how a start after a kill went."""
    show(f"{name}: seconds, at most 5", f"{start.ready_s:.2f}")
    says = f"{name}, {start.open_tasks:,} open tasks"
    key = "ready_without_snapshot" if "without" in name else "ready_with_snapshot"
    figures.note(key, says, start.ready_s, "s", "down", bound=5)
    show("  open tasks then", f"{start.open_tasks:,}")
    # A start may be over before anybody else was answered once.
    shares = " ".join(
        f"{per_cent(start.answers_ms, share):.1f}" for share in (50, 99, 100) if start.answers_ms
    )
    show(f"  ms of {len(start.answers_ms):,} answers of a neighbour, p50, p99 and max", shares)
    show("  longest stall of the event loop, ms", f"{start.longest_stall_ms:.1f}")


def many(folder: Path, workspaces: int) -> None:
    """Print what becomes of a start with many workspaces."""
    start = start_with(folder, workspaces)
    show(
        f"start with {workspaces:,} workspaces: ms until the first answer",
        f"{start.first_answer_ms:.0f}",
    )
    show("  seconds until all are awake", f"{start.awake_s:.2f}")
    # A start may be over before anybody else was answered once.
    shares = " ".join(
        f"{per_cent(start.answers_ms, share):.1f}" for share in (50, 99, 100) if start.answers_ms
    )
    show(f"  ms of {len(start.answers_ms):,} answers meanwhile, p50, p99 and max", shares)
    show("  longest stall of the event loop, ms", f"{start.longest_stall_ms:.1f}")
    show("  KiB of memory each", f"{start.each_kib:.0f}")
    says = f"the first answer of a start with {workspaces:,} workspaces"
    figures.note("many_first_answer", says, start.first_answer_ms, "ms", "down")
    figures.note("workspace_kib", "memory of a small workspace", start.each_kib, "KiB", "down")


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="smaller numbers, a rough table")
    figures.option(parser)
    asked = parser.parse_args()
    quick = asked.quick
    for_s, cycles, rounds = (0.3, 1_000, 2) if quick else (2.0, 5_000, 5)
    with tempfile.TemporaryDirectory(prefix="taskyard-bench-") as name:
        folder = Path(name)
        bare = bare_disk(folder, for_s)
        show(f"durable appends of {ROW_BYTES} bytes a second, bare file", f"{bare:,.0f}")
        commits = bare_sqlite(folder, for_s)
        show("commits of one such row a second, SQLite", f"{commits:,.0f}")
        figures.note("appends", "durable appends to a bare file", bare, "a second", "up")
        says = "durable commits of one row, bare SQLite"
        figures.note("commits", says, commits, "a second", "up")
        with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
            runner.run(compare_stores(folder, cycles, rounds, bare))
            runner.run(slow_pace(folder, 8 if quick else 60))
            runner.run(backlog(folder, 5_000 if quick else 100_000))
        killed = restarts(folder, 5_000 if quick else 100_000)
        show_restart("ready after a kill in mid-load, with a snapshot", killed.with_snapshot)
        show_restart("ready after a kill in mid-load, without one", killed.without)
        many(folder, 500 if quick else 5_000)
    figures.write(asked.json)


if __name__ == "__main__":
    main()
