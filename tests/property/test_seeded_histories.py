import os
from random import Random

import pytest

from property.shortening import shortened, told
from property.storyteller import (
    EVERYTHING,
    HANDING_ON,
    Maker,
    create_workspace,
    next_command,
    next_instant,
    opening,
)
from property.trial import Step, Trial, play
from taskyard.core.matching import conditions, lane_index, membership, pool_index, pools

START_MS = 1_700_006_310_250
HISTORIES = int(os.environ.get("TASKYARD_PROPERTY_EXAMPLES", "100"))
GROUPS = 8
LENGTH = 150


def live_through(trial: Trial, random: Random, makers: dict[Maker, float]) -> None:
    trial.live(Step(START_MS, create_workspace(random)))
    world = trial.twin.world
    for maker in opening(random):
        trial.live(Step(world.now_ms, maker(random, world)))
    for _ in range(LENGTH):
        if random.random() < 0.3:
            trial.live(Step(next_instant(random, world, trial.twin.next_deadline_ms())))
        elif random.random() < 0.03:
            trial.live(Step(world.now_ms, restart=True))
        else:
            trial.live(Step(world.now_ms, next_command(random, world, makers)))
    trial.end()


def run(seed: int, makers: dict[Maker, float]) -> None:
    trial = Trial()
    try:
        live_through(trial, Random(seed), makers)
    except Exception:
        steps = shortened(trial.steps)
        try:
            play(steps)
        except Exception as shorter:
            error = shorter
        pytest.fail(f"seed {seed}: {error!r}\n{error}\nhistory:\n{told(steps)}", pytrace=False)


@pytest.mark.parametrize("group", range(GROUPS))
def test_the_core_does_what_the_twin_does(group: int) -> None:
    first = int(os.environ.get("TASKYARD_PROPERTY_SEED", "0"))
    for seed in range(first + group, first + HISTORIES, GROUPS):
        run(seed, EVERYTHING)


@pytest.mark.parametrize("group", range(GROUPS))
def test_the_core_does_what_the_twin_does_where_much_is_handed_on(group: int) -> None:
    first = int(os.environ.get("TASKYARD_PROPERTY_SEED", "0"))
    for seed in range(first + group, first + HISTORIES, GROUPS):
        run(seed, HANDING_ON)


@pytest.fixture
def little_is_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is kept for later, and what is gone through one by one, is next to nothing."""
    monkeypatch.setattr(lane_index, "EMPTY_LANES_KEPT", 1)
    monkeypatch.setattr(lane_index, "NARROW_POOLS", 1)
    monkeypatch.setattr(lane_index, "FEW", 0)
    monkeypatch.setattr(pool_index, "FEW", 0)
    monkeypatch.setattr(pools, "FEW_FALLEN_BACK", 0)
    monkeypatch.setattr(pools, "LOOKED_AT_ONCE", 1)
    monkeypatch.setattr(conditions, "UNUSED_ATOMS_KEPT", 1)
    monkeypatch.setattr(membership.Step, "_KEPT", 1)


@pytest.mark.parametrize("group", range(GROUPS))
def test_the_core_does_what_the_twin_does_however_little_it_keeps(
    group: int, little_is_kept: None
) -> None:
    first = int(os.environ.get("TASKYARD_PROPERTY_SEED", "0"))
    for seed in range(first + group, first + HISTORIES // 8, GROUPS):
        run(seed, EVERYTHING)
