"""A lane gives its tasks in order, however many have left it, and tidies up a little at a time."""

from random import Random
from typing import Any

from taskyard.core.ids import TaskChannelSid, TaskSid
from taskyard.core.matching.lanes import Lane, Place


class Waiting(dict[TaskSid, Place]):
    def __init__(self) -> None:
        super().__init__()
        self.looks = 0

    def get(self, *key: Any) -> Any:
        self.looks += 1
        return super().get(*key)


def make_lane(waiting: dict[TaskSid, Place]) -> Lane:
    return Lane(
        number=1,
        key=(None, TaskChannelSid("TC"), (), (), None),
        steady=(),
        lively=(),
        uses_clock=False,
        narrowed=False,
        waiting=waiting,
    )


def a_place(start_ms: int, number: int) -> Place:
    return (0, 0, start_ms, number, TaskSid(f"WT{number}"))


def test_whoever_comes_and_goes_the_first_task_is_the_one_with_the_smallest_place() -> None:
    dice, waiting = Random(7), Waiting()
    lane = make_lane(waiting)
    for number in range(6_000):
        lane.add(a_place(dice.randrange(1_000), number))
        leaving = dice.choice((0, 0, 1, 3)) if number % 2_000 < 1_000 else 2 * (number % 2)
        for sid in dice.sample(sorted(waiting), min(leaving, len(waiting))):
            first = min(waiting.values())
            entry = waiting.pop(sid)
            assert lane.remove(entry) is (entry is first)
            assert lane.first() is (min(waiting.values()) if waiting else None)
    assert lane.live == len(waiting)


def test_whoever_comes_and_goes_a_lane_can_be_ordered_anew() -> None:
    dice, waiting = Random(7), Waiting()
    lane = make_lane(waiting)
    for number in range(3_000):
        lane.add(a_place(dice.randrange(1_000), number))
        leaving = dice.choice((0, 0, 1, 3)) if number % 1_000 < 500 else 2 * (number % 2)
        for sid in dice.sample(sorted(waiting), min(leaving, len(waiting))):
            lane.remove(waiting.pop(sid))
        if number % 100 == 0:
            here = sorted(waiting)
            lane.rearrange(lambda sid: a_place(dice.randrange(1_000), int(sid[2:])))
            assert sorted(waiting) == here
            assert lane.live == len(here)
        assert lane.first() is (min(waiting.values()) if waiting else None)


def test_a_task_that_joins_never_waits_for_all_that_have_left() -> None:
    waiting = Waiting()
    lane = make_lane(waiting)
    for number in range(2_000):
        lane.add(a_place(0, number))
    for number in range(1, 1_900):
        lane.remove(waiting.pop(TaskSid(f"WT{number}")))
    looks = []
    for number in range(2_000, 2_300):
        before = waiting.looks
        lane.add(a_place(1, number))
        looks.append(waiting.looks - before)
    assert 0 < max(looks) < 20
    assert sum(looks) >= 2_000
