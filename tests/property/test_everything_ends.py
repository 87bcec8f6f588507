"""Nobody does anything any more: what is promised to end does, and gives back what it held."""

import os
from random import Random

import pytest

from property.storyteller import (
    EVERYTHING,
    HANDING_ON,
    Maker,
    create_workspace,
    next_command,
    next_instant,
    opening,
)
from property.trial import LIMITS, Step, Trial, caught_up

START_MS = 1_700_006_310_250
HISTORIES = int(os.environ.get("TASKYARD_PROPERTY_EXAMPLES", "40"))
GROUPS = 4
LENGTH = 80
LONGEST_S = LIMITS.task_timeout_s + LIMITS.task_assigned_s
"""A task waits for so long at the most, and is in somebody's hands for so long."""


def silence_after(seed: int, makers: dict[Maker, float]) -> int:
    """Live through a history, then let time alone go on; how many reservations were live."""
    random = Random(seed)
    trial = Trial()
    trial.live(Step(START_MS, create_workspace(random)))
    world = trial.twin.world
    for maker in opening(random):
        trial.live(Step(world.now_ms, maker(random, world)))
    for _ in range(LENGTH):
        if random.random() < 0.2:
            trial.live(Step(next_instant(random, world, trial.twin.next_deadline_ms())))
        else:
            trial.live(Step(world.now_ms, next_command(random, world, makers)))
    machine, state = trial.machine, trial.machine.state
    live = sum(len(worker.reservations) for worker in state.workers.values())
    end_ms = world.now_ms + LONGEST_S * 1000
    while (due_ms := machine.next_deadline_ms()) is not None and due_ms <= end_ms:
        caught_up(machine, due_ms)
    for worker in state.workers.values():
        assert not worker.reservations, worker.sid
        for channel in worker.channels.values():
            assert (channel.used, channel.assigned) == (0, 0), worker.sid
    assert all(task.ended for task in state.tasks.values())
    return live


@pytest.mark.parametrize("group", range(GROUPS))
@pytest.mark.parametrize("makers", [EVERYTHING, HANDING_ON], ids=["everything", "handing on"])
def test_when_nobody_acts_every_reservation_ends_in_bounded_time_and_gives_its_capacity_back(
    group: int, makers: dict[Maker, float]
) -> None:
    live = [silence_after(seed, makers) for seed in range(group, HISTORIES, GROUPS)]
    assert any(live), "nothing was to end: this shows nothing"
