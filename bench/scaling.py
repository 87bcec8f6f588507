"""What a life cycle costs over the backlog and over the workers: `python bench/scaling.py`.

In memory, on one processor core. All sizes are measured in turn, round after round, so that a line
is of one machine at one time; the ratios are medians of the rounds' ratios.
"""

import argparse
import statistics
from collections.abc import Mapping

import figures
from core import Cycle, microseconds
from floor import skilled_floor

QUEUES = 20
BACKLOGS = (100, 1_000, 10_000, 100_000)
WORKERS = (100, 1_000, 5_000, 15_000)
_FROM = 1_000
"""The largest size is told against this one."""


def in_turn(cycles: Mapping[int, Cycle], times: int, rounds: int) -> dict[int, list[float]]:
    """Microseconds of a life cycle at each size, round after round."""
    for cycle in cycles.values():
        cycle()
    costs: dict[int, list[float]] = {size: [] for size in cycles}
    for _ in range(rounds):
        for size, cycle in cycles.items():
            costs[size].append(microseconds(cycle, times))
    return costs


def tell(plot: str, along: str, costs: Mapping[int, list[float]]) -> float:
    """Print a line's points and how flat it is; the ratio of its ends."""
    points = [(size, statistics.median(taken)) for size, taken in costs.items()]
    for size, cost in points:
        print(f"{f'us of a life cycle, {size:,} {along}':<66} {cost:8.1f}")
    largest = max(costs)
    ratio = statistics.median(
        one / other for one, other in zip(costs[largest], costs[_FROM], strict=True)
    )
    says = f"a life cycle with {largest:,} {along} against one with {_FROM:,}"
    print(f"{says:<66} {ratio:7.2f}x")
    figures.note_line(plot, "a life cycle", along, points, "µs", "down")
    return ratio


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="fewer rounds, a rough table")
    figures.option(parser)
    asked = parser.parse_args()
    times, rounds = (500, 5) if asked.quick else (3_000, 9)
    backlogs = {
        waiting: skilled_floor(workers=1_000, queues=QUEUES, waiting=waiting)[1]
        for waiting in BACKLOGS
    }
    ratio = tell("backlog", "tasks waiting", in_turn(backlogs, times, rounds))
    says = "a life cycle with 100,000 tasks waiting against one with 1,000"
    figures.note("backlog_ratio", says, ratio, "ratio", "down")
    backlogs.clear()
    crowds = {
        workers: skilled_floor(workers=workers, queues=QUEUES, waiting=0)[1] for workers in WORKERS
    }
    ratio = tell("workers", "workers", in_turn(crowds, times, rounds))
    says = "a life cycle with 15,000 workers against one with 1,000"
    figures.note("workers_ratio", says, ratio, "ratio", "down")
    figures.write(asked.json)


if __name__ == "__main__":
    main()
