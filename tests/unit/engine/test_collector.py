"""The collector walks often, and what made a walk long is left alone, but never for good."""

import gc
import weakref
from collections.abc import Iterator

import pytest

from taskyard.core.events import Event, TasksForgotten
from taskyard.engine import TurnRecord
from taskyard.engine.collector import Walks, leave_alone, reclaim, spared


class Ring:
    def __init__(self) -> None:
        self.itself = self


class SlowStopwatch:
    def __init__(self, each_s: float) -> None:
        self.now_s = 0.0
        self.each_s = each_s

    def __call__(self) -> float:
        self.now_s += self.each_s
        return self.now_s


@pytest.fixture(autouse=True)
def collector_at_rest() -> Iterator[None]:
    gc.disable()
    reclaim()
    yield
    reclaim()
    gc.enable()


def a_turn(events: int) -> TurnRecord:
    happened: list[Event] = [TasksForgotten(1, 1)] * events
    return TurnRecord(
        workspace_sid="WS1", first_position=1, last_position=events, at_ms=1, events=happened
    )


def forgotten_ring() -> weakref.ref[Ring]:
    return weakref.ref(Ring())


def test_garbage_in_a_cycle_is_found_after_five_thousand_events() -> None:
    walks, left = Walks(), forgotten_ring()
    walks.note(a_turn(4_999))
    assert left() is not None
    walks.note(a_turn(1))
    assert left() is None


def test_nothing_is_walked_over_while_a_workspace_loads() -> None:
    walks, left = Walks(), forgotten_ring()
    with spared():
        walks.note(a_turn(5_000))
        assert left() is not None
    gc.disable()
    walks.note(a_turn(1))
    assert left() is None


def test_a_short_walk_leaves_nothing_alone() -> None:
    walks = Walks(SlowStopwatch(0.001))
    for _ in range(3):
        walks.note(a_turn(5_000))
    assert gc.get_freeze_count() == 0


def test_what_made_a_walk_long_is_left_alone_with_the_next_turn() -> None:
    walks, kept = Walks(SlowStopwatch(0.005)), Ring()
    left = weakref.ref(kept)
    walks.note(a_turn(5_000))
    assert gc.get_freeze_count() == 0
    walks.note(a_turn(1))
    assert gc.get_freeze_count() > 0
    del kept
    gc.collect()
    assert left() is not None


def test_garbage_that_was_left_alone_is_found_once_there_is_much_of_it() -> None:
    walks, rings = Walks(SlowStopwatch(0.005)), [Ring() for _ in range(150_000)]
    left = weakref.ref(rings[0])
    leave_alone()
    rings.clear()
    walks.note(a_turn(5_000))
    assert left() is not None
    walks.note(a_turn(1))
    assert left() is None
    assert gc.get_freeze_count() > 0
