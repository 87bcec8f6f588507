"""Minutes at full work, to see that nothing grows: `python bench/soak.py [--seconds N] [--rate N]`.

The subject is the engine with SQLite, the event index and snapshots, in this process, without HTTP:
four thousand requests a second would measure whoever makes them. Tasks come in at a steady rate,
however long answers take; each is accepted as soon as it is offered and completed after half a
second. Memory cannot have its final size before finished tasks are forgotten (`--finished-s`); what
is judged is the second half of the time, or what comes after that. Ends with 1 if anything grew.
"""

import argparse
import asyncio
import os
import resource
import sqlite3
import sys
import tempfile
import time
from pathlib import Path

import msgspec
import uvloop
from engine_floor import EngineFloor
from stalls import Pauses, Stalls

from taskyard.core.commands import AcceptReservation, Command, CompleteReservation
from taskyard.core.errors import Refusal
from taskyard.core.events import ReservationCreated
from taskyard.core.limits import Limits
from taskyard.engine import TurnRecord
from taskyard.stores import open_store

WORKERS = 1_000
WORK_S = 0.5
LOOK_EVERY_S = 10
UNANSWERED_MAX = 5_000
"""Beyond so many that nobody has answered yet, tasks are left out and counted."""
BYTES_A_CYCLE_MAX = 4_096
LOG_MIB_MAX = 64.0
GROWTH_MAX = 0.03
"""Of the memory at the beginning of the judged time, until its end."""
MIB = 1024 * 1024


class Look(msgspec.Struct):
    """How everything stands at one moment."""

    at_s: float
    cycles: int
    resident_mib: float
    database_mib: float
    log_mib: float


class Soak:
    """Tasks at a steady rate, and what becomes of the process meanwhile."""

    def __init__(self, path: Path, rate: int, finished_s: int) -> None:
        self._path = path
        self._rate = rate
        self._finished_s = finished_s
        self._floor: EngineFloor
        self._serving: set[asyncio.Task[None]] = set()
        self._unanswered = 0
        self._answers_ms: list[float] = []
        self.cycles = 0
        self.left_out = 0
        self.looks: list[Look] = []
        self._over = False

    async def run(self, seconds: int) -> None:
        """Work for so long, and print a line every ten seconds."""
        url = f"sqlite:///{self._path}"
        limits = Limits(task_finished_s=self._finished_s)
        floor = EngineFloor(await open_store(url), url, limits)
        self._floor = await (await floor.open()).furnish(WORKERS)
        floor.engine.subscribe(self._serve_offers)
        print(
            "   s  cycles/s  RSS MiB    open  finished   db MiB  wal MiB  index lag  "
            "snapshot s  p99 ms  stall ms  gc ms",
            flush=True,
        )
        coming = asyncio.create_task(self._let_come(seconds))
        began, before = time.perf_counter(), 0
        while not coming.done():
            with Pauses() as pauses:
                async with Stalls() as stalls:
                    await asyncio.wait([coming], timeout=LOOK_EVERY_S)
            at_s = time.perf_counter() - began
            if at_s - (self.looks[-1].at_s if self.looks else 0) > LOOK_EVERY_S / 2:
                self._look(at_s, before, stalls, pauses)
                before = self.cycles
        await coming
        self._over = True
        for task in self._serving:
            task.cancel()
        await asyncio.gather(*self._serving, return_exceptions=True)
        await floor.close()

    def _look(self, at_s: float, before: int, stalls: Stalls, pauses: Pauses) -> None:
        floor = self._floor
        assert floor.engine.machine is not None
        state = floor.engine.machine.state
        look = Look(
            at_s=at_s,
            cycles=self.cycles,
            resident_mib=_resident_mib(),
            database_mib=self._path.stat().st_size / MIB,
            log_mib=Path(f"{self._path}-wal").stat().st_size / MIB,
        )
        answers = sorted(self._answers_ms)
        since_s = at_s - (self.looks[-1].at_s if self.looks else 0)
        self._answers_ms.clear()
        floor.turns.clear()
        floor.store.append_ms.clear()
        finished = len(state.finished)
        print(
            f"{at_s:4.0f} {(self.cycles - before) / since_s:9,.0f} {look.resident_mib:8.1f} "
            f"{len(state.tasks) - finished:7,} {finished:9,} {look.database_mib:8.1f} "
            f"{look.log_mib:8.1f} {floor.directory.events_feed.events_waiting:10,} "
            f"{self._snapshot_age():>11} {answers[len(answers) * 99 // 100]:7.1f} "
            f"{stalls.longest_ms:9.1f} {pauses.longest_ms:6.1f}",
            flush=True,
        )
        self.looks.append(look)

    def _snapshot_age(self) -> str:
        connection = sqlite3.connect(self._path)
        (newest_ms,) = connection.execute("SELECT max(at_ms) FROM snapshots").fetchone()
        connection.close()
        return "none" if newest_ms is None else f"{time.time() - newest_ms / 1000:.0f}"

    async def _let_come(self, seconds: int) -> None:
        began, come = time.perf_counter(), 0
        while (at_s := time.perf_counter() - began) < seconds:
            due = int(at_s * self._rate)
            for number in range(come, due):
                if self._unanswered < UNANSWERED_MAX:
                    self._keep(asyncio.create_task(self._ask(self._floor.new_task(number))))
                else:
                    self.left_out += 1
            come = due
            await asyncio.sleep(0.01)

    def _keep(self, task: asyncio.Task[None]) -> None:
        self._serving.add(task)
        task.add_done_callback(self._serving.discard)

    async def _ask(self, command: Command) -> None:
        asked = time.perf_counter()
        self._unanswered += 1
        try:
            await self._floor.ask(command)
        finally:
            self._unanswered -= 1
            self._answers_ms.append((time.perf_counter() - asked) * 1e3)

    def _serve_offers(self, turn: TurnRecord) -> None:
        for event in turn.events:
            if type(event) is ReservationCreated and not self._over:
                self._keep(asyncio.create_task(self._serve(event.reservation_sid)))

    async def _serve(self, reservation_sid: str) -> None:
        try:
            await self._ask(AcceptReservation(reservation_sid=reservation_sid))
        except Refusal:
            return  # it lapsed before its turn came
        await asyncio.sleep(WORK_S)
        await self._ask(CompleteReservation(reservation_sid=reservation_sid))
        self.cycles += 1


def _resident_mib() -> float:
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / MIB


def judge(looks: list[Look], from_s: float) -> bool:
    """Print what grew from this moment on; whether it is as it should be."""
    judged = [look for look in looks if look.at_s >= from_s]
    if len(judged) < 3:
        print(f"too short to judge: nothing has its final size before {from_s:.0f} s")
        return False
    first, last = judged[0], judged[-1]
    minutes = (last.at_s - first.at_s) / 60
    slope = _slope([look.at_s / 60 for look in judged], [look.resident_mib for look in judged])
    growth = slope * minutes / first.resident_mib
    flat = growth <= GROWTH_MAX
    print(
        f"memory: {slope:+.1f} MiB a minute over {minutes:.1f} minutes, {growth:+.1%}: "
        f"{'flat' if flat else 'NOT FLAT'} (at most {GROWTH_MAX:+.0%})"
    )
    log_mib = max(look.log_mib for look in looks)
    bounded = log_mib <= LOG_MIB_MAX
    print(
        f"write-ahead log: {log_mib:.1f} MiB at the most: "
        f"{'bounded' if bounded else 'NOT BOUNDED'} (at most {LOG_MIB_MAX:.0f})"
    )
    each = (last.database_mib - first.database_mib) * MIB / max(1, last.cycles - first.cycles)
    small = each <= BYTES_A_CYCLE_MAX
    print(
        f"database: {each:,.0f} bytes a life cycle: {'as planned' if small else 'TOO MUCH'} "
        f"(at most {BYTES_A_CYCLE_MAX:,})"
    )
    return flat and bounded and small


def _slope(xs: list[float], ys: list[float]) -> float:
    x_mean, y_mean = sum(xs) / len(xs), sum(ys) / len(ys)
    products = sum((x - x_mean) * (y - y_mean) for x, y in zip(xs, ys, strict=True))
    return products / sum((x - x_mean) ** 2 for x in xs)


def main() -> None:
    """Work, print, judge."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--seconds", type=int, default=300)
    parser.add_argument("--rate", type=int, default=1_000, help="life cycles a second")
    parser.add_argument(
        "--finished-s", type=int, default=60, help="how long finished tasks are kept"
    )
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="taskyard-soak-") as name:
        soak = Soak(Path(name) / "soak.db", asked.rate, asked.finished_s)
        print(
            f"{asked.rate:,} life cycles a second for {asked.seconds} s on {WORKERS:,} workers; "
            f"finished tasks are kept for {asked.finished_s} s"
        )
        with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
            runner.run(soak.run(asked.seconds))
    print(f"{soak.cycles:,} life cycles; {soak.left_out:,} tasks left out because it was too slow")
    children_mib = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024
    print(f"the largest snapshot process took {children_mib:.0f} MiB")
    if not judge(soak.looks, max(asked.finished_s + LOOK_EVERY_S, asked.seconds / 2)):
        sys.exit(1)


if __name__ == "__main__":
    main()
