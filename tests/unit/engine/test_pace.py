import asyncio
import gc
import weakref

import pytest

from taskyard.core.steps import Steps
from taskyard.engine.collector import leave_alone, reclaim, spared
from taskyard.engine.pace import leisurely, unhurried


class Stopwatch:
    def __init__(self) -> None:
        self.now_s = 0.0

    def __call__(self) -> float:
        return self.now_s


async def looks_of_others_during(steps: int, each_s: float) -> int:
    """How often somebody else had the loop while so many steps of this length were taken."""
    watch = Stopwatch()
    looks = 0

    async def look() -> None:
        nonlocal looks
        while True:
            await asyncio.sleep(0)
            looks += 1

    def work() -> Steps[str]:
        for _ in range(steps):
            watch.now_s += each_s
            yield
        return "done"

    looking = asyncio.create_task(look())
    await asyncio.sleep(0)
    assert await unhurried(work(), watch) == "done"
    looking.cancel()
    return looks


async def test_others_have_the_loop_after_every_long_step() -> None:
    assert await looks_of_others_during(10, 0.004) == 10


async def test_short_steps_are_taken_together() -> None:
    assert await looks_of_others_during(99, 0.00075) == 33


async def test_what_nobody_waits_for_leaves_the_loop_to_others_after_every_step() -> None:
    taken: list[int] = []
    looks: list[int] = []

    def work() -> Steps[str]:
        for number in range(3):
            taken.append(number)
            yield
        return "done"

    async def look() -> None:
        while True:
            looks.append(len(taken))
            await asyncio.sleep(0)

    looking = asyncio.create_task(look())
    assert await leisurely(work()) == "done"
    looking.cancel()
    assert {1, 2, 3} <= set(looks)


async def test_what_is_raised_in_a_step_is_raised() -> None:
    def work() -> Steps[None]:
        yield
        raise KeyError("a step")

    with pytest.raises(KeyError, match="a step"):
        await unhurried(work())


def test_the_collector_runs_again_when_the_last_load_is_over() -> None:
    with spared():
        with spared():
            assert not gc.isenabled()
        assert not gc.isenabled()
    assert gc.isenabled()


def test_what_was_left_alone_and_then_forgotten_is_reclaimed() -> None:
    class Ring:
        def __init__(self) -> None:
            self.itself = self

    ring = Ring()
    left = weakref.ref(ring)
    leave_alone()
    del ring
    gc.collect()
    assert left() is not None
    reclaim()
    assert left() is None
