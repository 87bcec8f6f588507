import os
from random import Random

import pytest

from property.core_picture import canonical_of
from property.repeatable_mint import RepeatableMint
from property.storyteller import EVERYTHING, HANDING_ON, Maker
from property.test_seeded_histories import live_through
from property.trial import LIMITS, Trial
from taskyard.core.machine import Machine

HISTORIES = int(os.environ.get("TASKYARD_PROPERTY_EXAMPLES", "100")) // 4
GROUPS = 4


def what_is_asked_of(machine: Machine) -> dict[str, object]:
    """What real-time statistics and gauges look at beside the state."""
    state, matcher = machine.state, machine.matcher
    asked: dict[str, object] = {"waiting": matcher.waiting}
    for sid in state.task_queues:
        staffing = matcher.staffing(sid)
        names = ["available", "unavailable", *state.activities]
        asked[sid] = [staffing.count(name) for name in names], sorted(matcher.serving(sid))
    names = ["available", "unavailable", *state.activities]
    asked["everybody"] = [matcher.everybody().count(name) for name in names]
    return asked


def resumed(trial: Trial, turns: int) -> Machine:
    machine = Machine(mint=RepeatableMint(), limits=LIMITS, witnessed=True)
    for events, at_ms in trial.journal[:turns]:
        machine.replay(events, at_ms)
    machine.resume()
    return machine


@pytest.mark.parametrize("makers", [EVERYTHING, HANDING_ON], ids=["everything", "handing on"])
@pytest.mark.parametrize("group", range(GROUPS))
def test_a_machine_that_follows_knows_what_one_knows_that_is_loaded(
    group: int, makers: dict[Maker, float]
) -> None:
    for seed in range(group, HISTORIES, GROUPS):
        trial = Trial()
        live_through(trial, Random(seed), makers)
        if not trial.journal:
            continue
        began = 1 + Random(seed).randrange(len(trial.journal))
        follower = resumed(trial, began)
        for number, (events, at_ms) in enumerate(trial.journal[began:], began + 1):
            details = follower.follow(events, at_ms)
            assert len(details) == len(events)
            if number % 10 == 0 or number == len(trial.journal):
                loaded = resumed(trial, number)
                assert canonical_of(follower.state) == canonical_of(loaded.state), (
                    f"seed {seed}, turn {number}"
                )
                if not loaded.state.deleted:
                    loaded.follow([], at_ms)  # where tasks stand by the clock, an instant decides
                    assert what_is_asked_of(follower) == what_is_asked_of(loaded)
