"""What the whole server gets through, over HTTP and on disk: `python bench/server.py [--quick]`.

The server is a process of its own on one core, with SQLite that flushes every turn to the disk. The
load comes from this process, on another core. Everything is kept in a temporary folder: set TMPDIR
to a folder on the disk that is meant.
"""

import argparse
import asyncio
import contextlib
import os
import random
import statistics
import tempfile
import time
from collections import defaultdict
from collections.abc import AsyncIterator, Awaitable, Callable
from itertools import count
from pathlib import Path

import figures
import uvloop
from engine import per_cent, show
from server_floor import KINDS, OFFER, ServerFloor

CALLERS = 64
WORKERS = 1_000
UNSERVED = 3_000
ARRIVALS_A_SECOND = 300
_LOAD_IS_SHORT = 0.9
"""Who has used so much of its core was the bottleneck, at least at times."""


class Measured:
    """What so many life cycles took: milliseconds of each answer, and CPU on either side."""

    def __init__(self) -> None:
        self.answers_ms: dict[str, list[float]] = defaultdict(list)
        self.pages_ms: list[float] = []
        self.wall_s = 0.0
        self.server_s = 0.0
        self.load_s = 0.0

    def note(self, kind: str, ms: float) -> None:
        """An answer came after so long."""
        self.answers_ms[kind].append(ms)

    @property
    def cycles(self) -> int:
        """How many life cycles were completed."""
        return len(self.answers_ms["complete"])

    @property
    def a_second(self) -> float:
        """Life cycles a second."""
        return self.cycles / self.wall_s

    @property
    def cpu_us(self) -> float:
        """What one took of the server's core."""
        return self.server_s / self.cycles * 1e6


async def measured(
    floor: ServerFloor, load: Callable[[Measured], Awaitable[None]], reads: bool
) -> Measured:
    """Work a load off, and see what it takes; beside somebody who reads pages, if so wanted."""
    result = Measured()
    async with _reader(floor, result) if reads else contextlib.nullcontext():
        server, own, wall = floor.cpu_s, time.process_time(), time.perf_counter()
        await load(result)
        result.wall_s = time.perf_counter() - wall
        result.server_s, result.load_s = floor.cpu_s - server, time.process_time() - own
    return result


@contextlib.asynccontextmanager
async def _reader(floor: ServerFloor, result: Measured) -> AsyncIterator[None]:
    reading = asyncio.create_task(floor.read_pages(result.pages_ms.append))
    yield
    assert not reading.done(), "the reader has failed"
    reading.cancel()
    await asyncio.wait({reading})


async def closed_loop(floor: ServerFloor, for_s: float, reads: bool) -> Measured:
    """So many callers, each of whom begins a life cycle when the last one is complete."""
    connections = [await floor.connect() for _ in range(CALLERS)]
    numbers = count()

    async def load(result: Measured) -> None:
        until = time.perf_counter() + for_s

        async def caller(place: int) -> None:
            while (now := time.perf_counter()) < until:
                await floor.life_cycle(connections[place], next(numbers), now, result.note)

        await asyncio.gather(*(caller(place) for place in range(CALLERS)))

    result = await measured(floor, load, reads)
    for connection in connections:
        connection.close()
    return result


async def open_loop(
    floor: ServerFloor, for_s: float, reads: bool, a_second: float = ARRIVALS_A_SECOND
) -> Measured:
    """Tasks that come in when they come in, however the server gets on."""
    chance = random.Random(1)
    free = [await floor.connect() for _ in range(CALLERS)]

    async def load(result: Measured) -> None:
        async def one(number: int, arrived_s: float) -> None:
            connection = free.pop() if free else await floor.connect()
            await floor.life_cycle(connection, number, arrived_s, result.note)
            free.append(connection)

        arrives_s = time.perf_counter()
        async with asyncio.TaskGroup() as under_way:
            for number in range(int(for_s * a_second)):
                arrives_s += chance.expovariate(a_second)
                await asyncio.sleep(max(0.0, arrives_s - time.perf_counter()))
                under_way.create_task(one(number, arrives_s))

    result = await measured(floor, load, reads)
    for connection in free:
        connection.close()
    return result


def tell_times(result: Measured, kinds: tuple[str, ...]) -> None:
    """Print how long answers took."""
    for kind in kinds:
        taken = result.answers_ms[kind]
        show(f"  ms of {kind}, p50 and p99", f"{per_cent(taken, 50):.1f} {per_cent(taken, 99):.1f}")
    if pages := result.pages_ms:
        show("  pages of 1,000 tasks a second", f"{len(pages) / result.wall_s:.0f}")
        times = f"{per_cent(pages, 50):.1f} {per_cent(pages, 99):.1f}"
        show("  ms of a page, p50 and p99", times)


def tell_shares(result: Measured) -> None:
    """Print who was busy for how much of the time."""
    shares = result.server_s / result.wall_s, result.load_s / result.wall_s
    show("  share of its core: server, load", f"{shares[0]:.0%} {shares[1]:.0%}")
    if shares[1] > _LOAD_IS_SHORT:
        show("  THE LOAD GENERATOR WAS THE BOTTLENECK", "")


async def tell(folder: Path, cores: list[int], for_s: float, rounds: int) -> None:
    """Print the table."""
    async with ServerFloor(folder / "server.db", {cores[0]}) as floor:
        await floor.furnish(WORKERS, UNSERVED)
        await closed_loop(floor, for_s / 4, False)  # so that everything has been done once
        for reads in (False, True):
            beside = " beside a reader of pages" if reads else ""
            results = [await closed_loop(floor, for_s, reads) for _ in range(rounds)]
            rate = statistics.median(one.a_second for one in results)
            show(f"durable life cycles a second, {CALLERS} connections{beside}", f"{rate:,.0f}")
            show("  requests a second", f"{rate * len(KINDS):,.0f}")
            cpu_us = statistics.median(one.cpu_us for one in results)
            show("  CPU of one life cycle, us", f"{cpu_us:.0f}")
            result = min(results, key=lambda one: abs(one.a_second - rate))
            tell_times(result, KINDS)
            tell_shares(result)
            note = "beside_reader_" if reads else ""
            says = f"durable life cycles over HTTP, {CALLERS} connections{beside}"
            figures.note(f"{note}cycles", says, rate, "a second", "up")
            says = f"CPU of a life cycle over HTTP{beside}"
            figures.note(f"{note}cpu", says, cpu_us, "µs", "down")
        for reads in (False, True):
            beside = " beside a reader of pages" if reads else ""
            result = await open_loop(floor, for_s * rounds, reads)
            show(f"life cycles a second, as they come{beside}", f"{result.a_second:,.0f}")
            tell_times(result, (OFFER, *KINDS))
            for share in (50, 99):
                name = f"{'beside_reader_' if reads else ''}offer_p{share}"
                says = (
                    f"from arrival to offer, {ARRIVALS_A_SECOND} tasks a second{beside}, p{share}"
                )
                figures.note(name, says, per_cent(result.answers_ms[OFFER], share), "ms", "down")
            show("  CPU of one life cycle, us", f"{result.cpu_us:.0f}")
            tell_shares(result)


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="smaller numbers, a rough table")
    figures.option(parser)
    asked = parser.parse_args()
    for_s, rounds = (1.0, 2) if asked.quick else (5.0, 5)
    cores = sorted(os.sched_getaffinity(0))
    os.sched_setaffinity(0, {cores[-1]})
    if len(cores) == 1:
        show("ONE CORE FOR BOTH: THE RATES SAY LITTLE ABOUT THE SERVER", "")
    with (
        tempfile.TemporaryDirectory(prefix="taskyard-bench-") as name,
        asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner,
    ):
        runner.run(tell(Path(name), cores, for_s, rounds))
    figures.write(asked.json)


if __name__ == "__main__":
    main()
