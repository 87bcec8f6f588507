"""Whatever goes wrong, nothing is so that must never be. `make torture` lets years pass."""

import logging

import pytest

from taskyard.simulator.ordeal.course import Course
from taskyard.simulator.ordeal.report import summary
from taskyard.stores.memory import MemoryStore

SEEDS = (1, 2, 3, 4)
HOURS = 36


@pytest.mark.parametrize("seed", SEEDS)
def test_a_day_and_a_half_of_faults_leads_to_no_violation(
    seed: int, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.CRITICAL)
    result = Course(seed, MemoryStore()).run(HOURS)
    assert result.violation is None, summary([result], HOURS)
    assert result.hours >= HOURS
    assert result.counts["commands done"] > 300
    assert result.counts["answers given again"] > 5
    assert result.counts["checkpoints"] >= 4
    assert result.lives > 5
    for fault in ("killed", "append kept, answer lost", "answer lost", "request sent twice"):
        assert result.faults[fault] > 0, fault
