"""What statistics cost, and what they cost routing: `python bench/statistics_reads.py [--quick]`.

Not called statistics.py: that would hide the library of that name from the benchmarks beside it.
"""

import argparse
import asyncio
import random
import statistics
import tempfile
import time
from collections.abc import Awaitable, Callable
from pathlib import Path

import figures
import msgspec
import uvloop
from engine import CALLERS, life_cycles, per_cent, show
from engine_floor import EngineFloor
from floor import START_MS, Floor

from taskyard.core.matching import Matcher
from taskyard.core.state import State
from taskyard.core.statistics import Fact, FactKind, RealTime, TakenDown
from taskyard.core.steps import at_once
from taskyard.engine import Statistics, Window
from taskyard.engine.statistics_minutes import Minute
from taskyard.engine.time_windows import DAY_MS, HOUR_MS, MINUTE_MS, UNTIL_NOW
from taskyard.server.api.statistics_blocks import tasks_past
from taskyard.server.api.statistics_parameters import Asked
from taskyard.server.api.task_queue_statistics import TaskQueueNow, _now
from taskyard.stores import open_store

WS = "WS" + "0" * 32
TASKS_A_SECOND = 50
READS_A_SECOND = 100


class Counted:
    """A workspace whose tasks are counted, as the handlers see it."""

    def __init__(self, floor: Floor) -> None:
        self.matcher: Matcher = floor.machine.matcher
        self.counts = RealTime(floor.machine.state)
        at_once(self.counts.filling())

    def of(self, state: State) -> RealTime:
        """The counts of the state."""
        return self.counts


def crowded(queues: int, workers: int, waiting: int) -> Floor:
    """Nobody is available, so that everything waits."""
    floor = Floor()
    activities = floor.machine.state.activities.values()
    floor.available = next(one.sid for one in activities if not one.available)
    for number in range(workers):
        floor.worker({"team": number % queues})
    sids = [floor.queue(f"queue {k}", f"team == {k}") for k in range(queues)]
    filters = [
        {"expression": f"team == {k}", "targets": [{"queue": sid}]} for k, sid in enumerate(sids)
    ]
    floor.workflow(filters)  # type: ignore[arg-type]
    for number in range(waiting):
        floor.task(f'{{"team": {number % queues}}}')
    return floor


def real_time(queues: int, workers: int, waiting: int, reads: int) -> None:
    """Print what a real-time read of a task queue takes, answer included."""
    floor = crowded(queues, workers, waiting)
    view = Counted(floor)
    state = floor.machine.state
    sids, times = [*state.task_queues], []
    for sid in sids:  # the first look at a task queue tests its workers
        _now(state, view, sid, None, START_MS)  # type: ignore[arg-type]
    for number in range(reads):
        began = time.perf_counter()
        now = _now(state, view, sids[number % len(sids)], None, START_MS)  # type: ignore[arg-type]
        msgspec.json.encode(TaskQueueNow(**now))  # type: ignore[arg-type]
        times.append((time.perf_counter() - began) * 1e3)
    show(f"ms of a real-time read, {waiting:,} waiting: p50", f"{per_cent(times, 50):.3f}")
    show("  p99 (bar: 5)", f"{per_cent(times, 99):.3f}")
    says = f"a real-time read, {waiting:,} tasks waiting, p99"
    figures.note("real_time_p99", says, per_cent(times, 99), "ms", "down", bound=5)


def a_minute(start_ms: int, queues: int, dice: random.Random) -> Minute:
    """What happens in a busy minute."""
    minute, down = Minute(start_ms, 1), TakenDown()

    def sid(prefix: str, number: int) -> str:
        return f"{prefix}{number:032x}"

    tasks = TASKS_A_SECOND * 60
    for number in range(tasks):
        at_ms = start_ms + number * MINUTE_MS // tasks
        queue, wait = sid("WQ", dice.randrange(queues)), min(600, int(dice.expovariate(1 / 20)))
        worker = sid("WK", dice.randrange(1_000))
        for kind in (0, 1, 2, 8, 9, 6):
            who = worker if kind >= FactKind.RESERVATION_CREATED else None
            fact = Fact(at_ms, kind, sid("TC", 1), sid("WW", 1), queue, who, wait, wait)
            down.facts.append(fact)
    minute.take(down)
    return minute


async def cumulative(folder: Path, queues: int, hours: int, reads: int) -> None:
    """Print what a read over so many hours takes, of a task queue and of the workspace."""
    store = await open_store(f"sqlite:///{folder}/cumulative.db")
    dice, now_ms = random.Random(7), START_MS // HOUR_MS * HOUR_MS + 34 * MINUTE_MS + 12_345
    ended_ms = now_ms + reads * 1_000
    followed = Statistics(store, lambda _: ended_ms, 30 * DAY_MS)
    rows = [a_minute(0, queues, dice).row(WS) for _ in range(6)]
    first_ms = now_ms // HOUR_MS * HOUR_MS - (hours + 1) * HOUR_MS
    for start_ms in range(first_ms, now_ms, MINUTE_MS):
        row = msgspec.structs.replace(dice.choice(rows), start_ms=start_ms)
        await store.keep_statistics([row], positions={WS: 1}, view="statistics")
    for hour_ms in range(first_ms, now_ms // HOUR_MS * HOUR_MS, HOUR_MS):
        await followed._sum_up(WS, hour_ms)
    for what, scope in (("task queue", None), ("workspace", "")):
        looking = Statistics(store, lambda _: ended_ms, 30 * DAY_MS)
        times = []
        for _ in range(reads):
            start_ms = now_ms // 1000 * 1000 - hours * HOUR_MS
            wanted = f"WQ{dice.randrange(queues):032x}" if scope is None else scope
            began = time.perf_counter()
            asked = Asked(Window(start_ms, UNTIL_NOW), now_ms, {"20": 20})
            sums = await looking.tasks(WS, asked.window, wanted, None)
            tasks_past(sums, asked)
            times.append((time.perf_counter() - began) * 1e3)
            now_ms += 250
        show(f"ms of {hours} hours of a {what}: the first", f"{times[0]:.1f}")
        show("  p50", f"{per_cent(times, 50):.1f}")
        show("  p99 (bar: 50)", f"{per_cent(times[1:], 99):.1f}")
        says, key = f"a read of {hours} hours of a {what}, p99", what.replace(" ", "_")
        figures.note(f"cumulative_{key}_p99", says, per_cent(times[1:], 99), "ms", "down", bound=50)
    await store.close()


async def storm(folder: Path, cycles: int, rounds: int, workers: int) -> None:
    """Print what routing gets through while statistics are read, to what it does otherwise."""
    url = f"sqlite:///{folder}/storm.db"
    floor = await (await EngineFloor(await open_store(url), url).open()).furnish(workers)
    sid = floor.engine.workspace_sid
    view = await floor.directory.real_time(sid)
    await life_cycles(floor, cycles)

    async def read() -> None:
        queue = random.choice(floor.queues)
        await floor.engine.read(lambda state, now_ms: _now(state, view, queue, None, now_ms))
        now_ms = floor.clock()
        window = Window(now_ms - DAY_MS, UNTIL_NOW)
        await floor.directory.statistics.tasks(sid, window, queue, None)

    quiet, stormy = [], []
    for _ in range(rounds):
        quiet.append((await life_cycles(floor, cycles)).a_second)
        stormy.append(await while_reading(read, lambda: life_cycles(floor, cycles)))
    ratio = statistics.median(b / a for a, b in zip(quiet, stormy, strict=True))
    show(f"life cycles a second, {CALLERS} callers", f"{statistics.median(quiet):,.0f}")
    show(f"  to that with {READS_A_SECOND} reads of each kind a second (bar: 0.8)", f"{ratio:.2f}x")
    says = f"life cycles beside {READS_A_SECOND} reads of each kind a second, against those alone"
    figures.note("storm_ratio", says, ratio, "ratio", "up", bound=0.8)
    await floor.close()


async def while_reading(
    read: Callable[[], Awaitable[None]], work: Callable[[], Awaitable[object]]
) -> float:
    """Do some work while statistics are read at a pace; how much a second was got through."""

    async def reading() -> None:
        while True:
            await read()
            await asyncio.sleep(1 / READS_A_SECOND)

    readers = asyncio.create_task(reading())
    done = await work()
    readers.cancel()
    rate: float = done.a_second  # type: ignore[attr-defined]
    return rate


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="small sizes: does it run at all?")
    figures.option(parser)
    asked = parser.parse_args()
    quick = asked.quick
    if quick:
        real_time(queues=20, workers=100, waiting=500, reads=100)
    else:
        real_time(queues=1_000, workers=15_000, waiting=100_000, reads=5_000)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder)
        uvloop.run(cumulative(path, 20, 2, 50) if quick else cumulative(path, 1_000, 24, 1_000))
        uvloop.run(storm(path, 300 if quick else 5_000, 1 if quick else 5, 100 if quick else 1_000))
    figures.write(asked.json)


if __name__ == "__main__":
    main()
