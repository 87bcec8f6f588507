"""How long answers take as more tasks come in: `python bench/load.py [--quick]`.

Over HTTP, with SQLite that flushes every turn. Tasks come in at random, at a share of what the same
server got through just before with callers who never rest; a wait counts from the instant at which
the task should have come in, whether or not anybody was free to send it.
"""

import argparse
import asyncio
import os
import tempfile
from pathlib import Path

import figures
import uvloop
from engine import per_cent, show
from server import WORKERS, closed_loop, open_loop
from server_floor import OFFER, ServerFloor

SHARES = (0.1, 0.25, 0.5, 0.7, 0.85)
_P50, _P99 = "half of the offers", "99 of 100 offers"


async def tell(folder: Path, cores: list[int], for_s: float) -> None:
    """Print the table."""
    async with ServerFloor(folder / "load.db", {cores[0]}) as floor:
        await floor.furnish(WORKERS, 0)
        await closed_loop(floor, for_s / 4, False)
        most = (await closed_loop(floor, for_s, False)).a_second
        show("life cycles a second, callers who never rest", f"{most:,.0f}")
        lines: dict[str, list[tuple[float, float]]] = {_P50: [], _P99: []}
        for share in SHARES:
            rate = most * share
            taken = (await open_loop(floor, for_s, False, rate)).answers_ms[OFFER]
            p50, p99 = per_cent(taken, 50), per_cent(taken, 99)
            show(f"  ms to an offer at {share:.0%} of that, p50 and p99", f"{p50:.1f} {p99:.1f}")
            lines[_P50].append((rate, p50))
            lines[_P99].append((rate, p99))
    for name, points in lines.items():
        figures.note_line("load", name, "tasks a second", points, "ms", "down")
    half_way = SHARES.index(0.5)
    for name, line in (("p50", _P50), ("p99", _P99)):
        says = f"from a task's arrival to its offer being read, at half load, {name}"
        figures.note(f"half_load_{name}", says, lines[line][half_way][1], "ms", "down")


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="shorter, a rough table")
    figures.option(parser)
    asked = parser.parse_args()
    cores = sorted(os.sched_getaffinity(0))
    os.sched_setaffinity(0, {cores[-1]})
    with (
        tempfile.TemporaryDirectory(prefix="taskyard-bench-") as name,
        asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner,
    ):
        runner.run(tell(Path(name), cores, 2.0 if asked.quick else 15.0))
    figures.write(asked.json)


if __name__ == "__main__":
    main()
