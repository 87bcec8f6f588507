"""How much simulated work one processor core gets through: `python bench/simulator.py [--quick]`.

Ten workers, one queue, a load of eight: create, offer, accept, complete, and waits measured. Beside
it the same life cycles by the core alone, asked for one after the other.
"""

import argparse
import statistics
import time

import figures
from floor import Floor, texts

from taskyard.simulator.centre import Centre
from taskyard.simulator.distributions import Arrivals, Duration
from taskyard.simulator.scenario import Group, Queue, Run, Scenario, Source, Workflow
from taskyard.simulator.world import Arrivals as Kind
from taskyard.simulator.world import World, exponential


def simulated(tasks: int, seed: int) -> float:
    """Life cycles in a second of processor time."""
    world = World(seed)
    queue = world.queue("all")
    world.workflow({"filters": [], "default_filter": {"queue": queue}})
    for number in range(10):
        world.worker(f"worker {number}")
    kind = Kind(name="call", between_s=exponential(12.5), handling_s=exponential(100))
    began = time.process_time()
    world.run([kind], tasks, 0)
    return world.cycles / (time.process_time() - began)


def from_a_scenario(tasks: int, seed: int) -> float:
    """The same as a scenario, with all that one counts: life cycles in a second, once furnished."""
    scenario = Scenario(
        name="bench",
        run=Run(hours=tasks * 12.5 / 3600, warm_up_hours=0, seed=seed),
        task_queues=(Queue(name="all"),),
        workflow=Workflow(
            configuration={"task_routing": {"filters": [], "default_filter": {"queue": "all"}}}
        ),
        tasks=(
            Source(
                name="call",
                arrivals=Arrivals(per_hour=3600 / 12.5),
                handling_s=Duration(exponential=100.0),
            ),
        ),
        staff=(Group(name="desk", workers=10),),
    )
    replication = Centre(scenario, 0).run()
    return replication.life_cycles / replication.seconds


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
    measured = [
        (simulated(tasks, seed), from_a_scenario(tasks, seed), by_the_core_alone(tasks))
        for seed in range(rounds)
    ]
    rate = statistics.median(one for one, _, _ in measured)
    alone = statistics.median(one for _, _, one in measured)
    ratio = statistics.median(one / other for one, _, other in measured)
    scenario = statistics.median(one for _, one, _ in measured)
    scenario_ratio = statistics.median(one / other for _, one, other in measured)
    says = "simulated life cycles a second, one core"
    print(f"{says:<64}{rate:>12,.0f}")
    print(f"{'by the core alone':<64}{alone:>12,.0f}")
    print(f"{'simulated against the core alone':<64}{ratio:>12.2f}")
    scenario_says = "life cycles of a scenario a second, one core"
    print(f"{scenario_says:<64}{scenario:>12,.0f}")
    print(f"{'a scenario against the core alone':<64}{scenario_ratio:>12.2f}")
    figures.note("scenario_cycles", scenario_says, scenario, "1/s", "up")
    figures.note(
        "scenario_ratio", "a scenario against the core alone", scenario_ratio, "ratio", "up"
    )
    figures.note("cycles", says, rate, "1/s", "up")
    figures.note("core_ratio", "simulated against the core alone", ratio, "ratio", "up")
    figures.write(asked.json)


if __name__ == "__main__":
    main()
