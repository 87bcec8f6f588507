"""What statistics cost, and what they cost routing: `python bench/statistics_reads.py [--quick]`.

Not called statistics.py: that would hide the library of that name from the benchmarks beside it.
"""

import argparse
import asyncio
import random
import statistics
import tempfile
import time
from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path

import figures
import msgspec
import uvloop
from engine import CALLERS, Cost, life_cycles, per_cent, show
from engine_floor import EngineFloor
from floor import START_MS, Floor

from taskyard.core.commands import (
    Command,
    CreateTask,
    CreateTaskQueue,
    CreateWorker,
    CreateWorkflow,
)
from taskyard.core.limits import Limits
from taskyard.core.matching import Matcher
from taskyard.core.state import State
from taskyard.core.statistics import (
    Fact,
    FactKind,
    Presence,
    PresenceChange,
    RealTime,
    TakenDown,
)
from taskyard.core.statistics.cumulative import WORKSPACE
from taskyard.core.steps import at_once
from taskyard.engine import Statistics, Window
from taskyard.engine.statistics_minutes import Minute
from taskyard.engine.time_windows import DAY_MS, HOUR_MS, MINUTE_MS, UNTIL_NOW, hour_of
from taskyard.server.api.statistics_blocks import tasks_past
from taskyard.server.api.statistics_parameters import Asked
from taskyard.server.api.task_queue_statistics import TaskQueueNow, _now
from taskyard.stores import Store, open_store

WS = "WS" + "0" * 32
TASKS_A_SECOND = 50
READS_A_SECOND = 100
STAFF = 1_000
"""Workers who take what is routed during a storm."""


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


def a_minute(start_ms: int, queues: Sequence[str], workers: int, dice: random.Random) -> Minute:
    """What happens in a busy minute."""
    minute, down = Minute(start_ms, 0), TakenDown()
    tasks = TASKS_A_SECOND * 60
    for number in range(tasks):
        at_ms = start_ms + number * MINUTE_MS // tasks
        queue, wait = dice.choice(queues), min(600, int(dice.expovariate(1 / 20)))
        worker = sid_of("WK", dice.randrange(workers))
        for kind in (0, 1, 2, 8, 9, 6):
            who = worker if kind >= FactKind.RESERVATION_CREATED else None
            fact = Fact(at_ms, kind, sid_of("TC", 1), sid_of("WW", 1), queue, who, wait, wait)
            down.facts.append(fact)
        down.changes.append(PresenceChange(worker, at_ms, Presence.AVAILABLE, Presence.HANDLING))
        down.changes.append(PresenceChange(worker, at_ms, Presence.HANDLING, Presence.AVAILABLE))
    minute.take(down)
    return minute


def sid_of(prefix: str, number: int) -> str:
    """A SID that is easily told from others."""
    return f"{prefix}{number:032x}"


class Past:
    """Some hours at a pace, which end with the minute before an instant."""

    def __init__(self, hours: int, queues: Sequence[str], workers: int) -> None:
        self.hours = hours
        self.queues = queues
        self.workers = workers

    async def remember(self, store: Store, workspace_sid: str, now_ms: int) -> None:
        """Keep it, as the server does: each minute, and each hour that is over."""
        dice = random.Random(7)
        rows = [
            at_once(a_minute(0, self.queues, self.workers, dice).row(workspace_sid))
            for _ in range(6)
        ]
        first_ms = hour_of(now_ms) - (self.hours + 1) * HOUR_MS
        for start_ms in range(first_ms, now_ms // MINUTE_MS * MINUTE_MS, MINUTE_MS):
            row = msgspec.structs.replace(dice.choice(rows), start_ms=start_ms)
            await store.keep_statistics([row], positions={}, view="statistics")
        keeping = Statistics(store, lambda _: now_ms, 30 * DAY_MS)
        for hour_ms in range(first_ms, hour_of(now_ms), HOUR_MS):
            await keeping._sum_up(workspace_sid, hour_ms)


async def cumulative(folder: Path, queues: int, workers: int, hours: int, reads: int) -> None:
    """Print what a read over so many hours takes: of a task queue, the workspace, and workers."""
    store = await open_store(f"sqlite:///{folder}/cumulative.db")
    dice, now_ms = random.Random(7), hour_of(START_MS) + 34 * MINUTE_MS + 12_345
    past = Past(hours, [sid_of("WQ", number) for number in range(queues)], workers)
    await past.remember(store, WS, now_ms)
    ended_ms = now_ms + reads * 1_000
    everybody = {sid_of("WK", number) for number in range(workers)}

    async def of_scope(looking: Statistics, window: Window, scope: str) -> None:
        sums = await looking.tasks(WS, window, scope, None)
        tasks_past(sums, Asked(window, now_ms, {"20": 20}))

    async def of_workers(looking: Statistics, window: Window, sids: set[str]) -> None:
        few = None if sids is everybody else frozenset(sids)
        await looking.workers(WS, window, few, None)
        await looking.spells(WS, window, few)
        await looking.presence(WS, window, sids)

    def one(prefix: str, number: int) -> str:
        return sid_of(prefix, dice.randrange(number))

    kinds: dict[str, Callable[[Statistics, Window], Awaitable[None]]] = {
        "task queue": lambda looking, window: of_scope(looking, window, one("WQ", queues)),
        "workspace": lambda looking, window: of_scope(looking, window, WORKSPACE),
        "worker": lambda looking, window: of_workers(looking, window, {one("WK", workers)}),
        "team of all workers": lambda looking, window: of_workers(looking, window, everybody),
    }
    for what, read in kinds.items():
        looking = Statistics(store, lambda _: ended_ms, 30 * DAY_MS)
        times = []
        for _ in range(reads):
            window = Window(now_ms // 1000 * 1000 - hours * HOUR_MS, UNTIL_NOW)
            began = time.perf_counter()
            await read(looking, window)
            times.append((time.perf_counter() - began) * 1e3)
            now_ms += 250
        show(f"ms of {hours} hours of a {what}: the first", f"{times[0]:.1f}")
        show("  p50", f"{per_cent(times, 50):.1f}")
        show("  p99 (bar: 50)", f"{per_cent(times[1:], 99):.1f}")
        says, key = f"a read of {hours} hours of a {what}, p99", what.replace(" ", "_")
        figures.note(f"cumulative_{key}_p99", says, per_cent(times[1:], 99), "ms", "down", bound=50)
    await store.close()


async def fill(floor: EngineFloor, queues: int, workers: int, waiting: int) -> list[str]:
    """Queues whose workers are away, so that everything waits; beside those that are at work."""
    activities = await floor.engine.read(lambda state, _: [*state.activities.values()])
    away = next(one.sid for one in activities if not one.available)
    sids = [
        await floor.ask(CreateTaskQueue(friendly_name=f"crowd {k}", target_workers=f"team == {k}"))
        for k in range(queues)
    ]
    filters = [
        {"expression": f"team == {k}", "targets": [{"queue": sid}]} for k, sid in enumerate(sids)
    ]
    rules = msgspec.json.encode({"task_routing": {"filters": filters}}).decode()
    workflow = await floor.ask(CreateWorkflow(friendly_name="crowd", configuration=rules))

    def worker(number: int) -> Command:
        text = f'{{"team":{number % queues}}}'
        return CreateWorker(friendly_name=f"crowd {number}", activity_sid=away, attributes=text)

    def task(number: int) -> Command:
        text = f'{{"team":{number % queues}}}'
        return CreateTask(workflow_sid=workflow, attributes=text, timeout_s=1_209_600)

    for make, number in ((worker, workers), (task, waiting)):
        for start in range(0, number, 500):
            some = range(start, min(start + 500, number))
            await asyncio.gather(*(floor.ask(make(one)) for one in some))
    return sids


async def storm(
    folder: Path, cycles: int, rounds: int, crowd: tuple[int, int, int], hours: int
) -> None:
    """Print what routing gets through while statistics are read, to what it does otherwise.

    The reads are those that were measured alone: of so many queues, workers and waiting tasks, and
    of so many hours. Each is made at its own pace, whatever the others take.
    """
    url = f"sqlite:///{folder}/storm.db"
    limits = Limits(workers=20_000, online_workers=20_000, task_finished_s=1_000_000_000)
    floor = await EngineFloor(await open_store(url), url, limits).open()
    await floor.furnish(STAFF)
    sid = floor.engine.workspace_sid
    queues = [*floor.queues, *await fill(floor, *crowd)]
    await Past(hours, queues, STAFF).remember(floor.store, sid, floor.clock())  # type: ignore[arg-type]
    view = await floor.directory.real_time(sid)
    await life_cycles(floor, cycles)

    async def real_time() -> None:
        queue = random.choice(queues)
        await floor.engine.read(lambda state, now_ms: _now(state, view, queue, None, now_ms))

    async def cumulative() -> None:
        window = Window(floor.clock() // 1000 * 1000 - hours * HOUR_MS, UNTIL_NOW)
        await floor.directory.statistics.tasks(sid, window, random.choice(queues), None)

    quiet, stormy = [], []
    for _ in range(rounds):
        quiet.append((await life_cycles(floor, cycles)).a_second)
        reads = (real_time, cumulative)
        stormy.append(await while_reading(reads, lambda: life_cycles(floor, cycles)))
    ratio = statistics.median(b / a for a, b in zip(quiet, stormy, strict=True))
    show(f"life cycles a second, {CALLERS} callers", f"{statistics.median(quiet):,.0f}")
    show(f"  to that with {READS_A_SECOND} reads of each kind a second (bar: 0.8)", f"{ratio:.2f}x")
    says = f"life cycles beside {READS_A_SECOND} reads of each kind a second, against those alone"
    figures.note("storm_ratio", says, ratio, "ratio", "up", bound=0.8)
    await floor.close()


async def while_reading(
    reads: Sequence[Callable[[], Awaitable[None]]], work: Callable[[], Awaitable[Cost]]
) -> float:
    """Do some work while statistics are read at a pace; how much a second was got through."""

    async def reading(read: Callable[[], Awaitable[None]]) -> None:
        loop = asyncio.get_running_loop()
        due_s = loop.time()
        while True:
            await read()
            due_s += 1 / READS_A_SECOND
            await asyncio.sleep(max(0.0, due_s - loop.time()))

    readers = [asyncio.create_task(reading(read)) for read in reads]
    done = await work()
    for reader in readers:
        reader.cancel()
    return done.a_second


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="small sizes: does it run at all?")
    figures.option(parser)
    asked = parser.parse_args()
    quick = asked.quick
    crowd = (20, 100, 500) if quick else (1_000, 15_000, 100_000)
    hours = 2 if quick else 24
    queues, workers, waiting = crowd
    real_time(queues, workers, waiting, reads=100 if quick else 5_000)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder)
        uvloop.run(cumulative(path, queues, workers, hours, reads=50 if quick else 1_000))
        cycles, rounds = (300, 1) if quick else (5_000, 5)
        uvloop.run(storm(path, cycles, rounds, crowd, hours))
    figures.write(asked.json)


if __name__ == "__main__":
    main()
