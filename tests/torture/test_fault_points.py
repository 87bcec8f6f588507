"""A process that dies at a named point of keeping a turn, many times at each."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from taskyard.engine.collector import reclaim

from .deaths import Doomed, Told, doomed_process, judge
from .fault_points import OF_THE_PAST, Point
from .rounds import ROUNDS, dice

DEATHS = 2 * ROUNDS
DEATHS_PER_FILE = 10


@pytest.fixture(scope="module")
def doomed() -> Iterator[Doomed]:
    with doomed_process() as process:
        yield process


@pytest.mark.parametrize("point", list(Point), ids=lambda one: one.replace(" ", "-"))
async def test_a_turn_is_kept_whole_or_not_at_all_and_always_if_it_was_acknowledged(
    point: Point, doomed: Doomed, tmp_path: Path, tally: Callable[..., None]
) -> None:
    rolls = dice(point)
    told = Told()
    pruned = 0
    for death in range(DEATHS):
        if death % DEATHS_PER_FILE == 0:
            told = Told()
            reclaim()  # what was loaded to judge the file before was left alone by the collector
        database = f"sqlite:///{tmp_path}/{death // DEATHS_PER_FILE}.db"
        ended = doomed.die(database, point, rolls.randrange(1 << 60), told)
        assert ended == ("SIGXFSZ" if point is Point.WITHIN_THE_LOG else "SIGKILL")
        pruned += await judge(database, point, told)
    assert (pruned > 0) == (point in OF_THE_PAST), "a death beside nothing shows nothing"
    tally(f"SQLite: process killed at {len(Point)} named points", times=DEATHS)
