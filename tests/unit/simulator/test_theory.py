"""The real core does what theory expects, and a core with other rules is found out."""

from collections.abc import Sequence

import pytest
from msgspec.structs import replace

from taskyard.core.commands import (
    Command,
    CreateTask,
    CreateTaskQueue,
    CreateWorkflow,
)
from taskyard.core.machine import Decided, Machine
from taskyard.simulator.theory import (
    MODELS,
    Model,
    Size,
    ordered_hunt,
    patience,
    priorities,
    report,
    waiting,
)
from taskyard.simulator.world import Arrivals, World

SIZE = Size(runs=6, tasks=1_200, warm_up=200)
LARGER = Size(runs=12, tasks=1_200, warm_up=200)
SEED = 31


class InAnotherOrder(Machine):
    """Takes the youngest task first, and workers as they come."""

    def handle(self, command: Command, now_ms: int) -> Decided:
        if isinstance(command, CreateTaskQueue):
            command = replace(command, task_order="LIFO")
        elif isinstance(command, CreateWorkflow):
            rules = command.configuration.replace("order_by", "no_order_by")
            command = replace(command, configuration=rules)
        return super().handle(command, now_ms)


class WithoutPriorities(Machine):
    def handle(self, command: Command, now_ms: int) -> Decided:
        if isinstance(command, CreateTask):
            command = replace(command, priority=0)
        return super().handle(command, now_ms)


class WithMorePatience(Machine):
    def handle(self, command: Command, now_ms: int) -> Decided:
        if isinstance(command, CreateTask):
            command = replace(command, timeout_s=300)
        return super().handle(command, now_ms)


def disagreeing(models: Sequence[Model], core: type[Machine], size: Size) -> set[str]:
    return {one.figure for one in report(SEED, size, core, models) if not one.agrees}


def test_the_core_agrees_with_every_formula() -> None:
    assert disagreeing(MODELS, Machine, SIZE) == set()


@pytest.mark.parametrize(
    ("model", "core", "noticed"),
    [
        (waiting, InAnotherOrder, {"share taken within 20 s"}),
        (ordered_hunt, InAnotherOrder, {"share of time busy, worker 1"}),
        (priorities, WithoutPriorities, {"mean wait, urgent"}),
        (patience, WithMorePatience, {"share given up"}),
    ],
)
def test_a_core_with_other_rules_is_found_out(
    model: Model, core: type[Machine], noticed: set[str]
) -> None:
    assert noticed <= disagreeing([model], core, LARGER)


def test_what_was_simulated_is_the_same_for_the_same_seed() -> None:
    def told() -> list[float]:
        world = World(3)
        queue = world.queue("all")
        world.workflow({"filters": [], "default_filter": {"queue": queue}})
        world.worker("Ann")
        kind = Arrivals(
            name="call", between_s=lambda dice: dice.random(), handling_s=lambda dice: dice.random()
        )
        world.run([kind], 200, 0)
        return world.seen["call"].waits_s

    assert told() == told()
    assert len(told()) == 200


def test_every_task_that_came_in_was_taken_or_lost() -> None:
    world = World(4)
    queue = world.queue("all")
    world.workflow({"filters": [], "default_filter": {"queue": queue}})
    world.worker("Ann")
    kind = Arrivals(
        name="call", between_s=lambda dice: 1.0, handling_s=lambda dice: 3.0, timeout_s=10
    )
    world.run([kind], 100, 0)
    seen = world.seen["call"]
    assert seen.lost > 0
    assert len(seen.waits_s) + seen.lost == 100
    assert max(seen.waits_s) <= 10
