"""Whatever goes wrong, nothing is so that must never be. `make torture` lets years pass."""

import pytest

from taskyard.simulator.ordeal.course import Course
from taskyard.simulator.ordeal.report import summary
from taskyard.stores.memory import MemoryStore

SEEDS = (1, 2, 3)
HOURS = 30


@pytest.mark.parametrize("seed", SEEDS)
def test_thirty_hours_of_faults_lead_to_no_violation(seed: int) -> None:
    result = Course(seed, MemoryStore()).run(HOURS)
    assert result.violation is None, summary([result], HOURS)
    assert result.hours >= HOURS
    assert result.counts["commands done"] > 300
    assert result.counts["answers given again"] > 5
    assert result.counts["checkpoints"] >= 4
    assert result.lives > 5
    for fault in ("killed", "append kept, answer lost", "answer lost", "request sent twice"):
        assert result.faults[fault] > 0, fault
