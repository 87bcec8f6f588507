"""How much simulated work one processor core gets through: `python bench/simulator.py [--quick]`.

Ten workers, one queue, a load of eight: create, offer, accept, complete, and waits measured. Beside
it the same life cycles by the core alone, asked for one after the other.
"""

import argparse
import statistics
import time

import figures
from floor import Floor, texts

from taskyard.simulator.world import Arrivals, World, exponential


def simulated(tasks: int, seed: int) -> float:
    """Life cycles in a second of processor time."""
    world = World(seed)
    queue = world.queue("all")
    world.workflow({"filters": [], "default_filter": {"queue": queue}})
    for number in range(10):
        world.worker(f"worker {number}")
    kind = Arrivals(name="call", between_s=exponential(12.5), handling_s=exponential(100))
    began = time.process_time()
    world.run([kind], tasks, 0)
    return world.cycles / (time.process_time() - began)


def by_the_core_alone(tasks: int) -> float:
    """The same without a clock, without chance and without measuring."""
    floor = Floor()
    queue = floor.queue("all", "1==1")
    floor.workflow([{"expression": "1==1", "targets": [{"queue": queue}]}])
    for _ in range(10):
        floor.worker({})
    cycle = floor.cycle(texts({}))
    began = time.process_time()
    for _ in range(tasks):
        cycle()
    return tasks / (time.process_time() - began)


def main() -> None:
    """Measure in turn, and print medians."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="smaller numbers, a rough table")
    figures.option(parser)
    asked = parser.parse_args()
    tasks, rounds = (5_000, 3) if asked.quick else (30_000, 7)
    pairs = [(simulated(tasks, seed), by_the_core_alone(tasks)) for seed in range(rounds)]
    rate = statistics.median(one for one, _ in pairs)
    alone = statistics.median(one for _, one in pairs)
    ratio = statistics.median(one / other for one, other in pairs)
    says = "simulated life cycles a second, one core"
    print(f"{says:<64}{rate:>12,.0f}")
    print(f"{'by the core alone':<64}{alone:>12,.0f}")
    print(f"{'simulated against the core alone':<64}{ratio:>12.2f}")
    figures.note("cycles", says, rate, "1/s", "up")
    figures.note("core_ratio", "simulated against the core alone", ratio, "ratio", "up")
    figures.write(asked.json)


if __name__ == "__main__":
    main()
