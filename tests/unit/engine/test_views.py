"""Which turns a feed brings to its view, and when, where another node may serve the workspace."""

import asyncio
from collections.abc import Sequence
from typing import Any

import pytest

from taskyard.engine.journal import TurnRecord
from taskyard.engine.views import Feed
from taskyard.stores import StoreError

WS = "WS1"


class Kept:
    """A view that its store remembers the position of; it can be out of reach."""

    name = "kept"

    def __init__(self) -> None:
        self.position = 0
        self.brought: list[int] = []
        self.reachable = True

    async def view_position(self, view: str, workspace_sid: str) -> int:
        if not self.reachable:
            raise StoreError("out of reach")
        return self.position

    async def follow(self, turns: Sequence[TurnRecord]) -> None:
        if not self.reachable:
            raise StoreError("out of reach")
        self.brought += [turn.first_position for turn in turns]
        self.position = turns[-1].last_position


class Place:
    def __init__(self) -> None:
        self.view = Kept()
        self.serves = True
        store: Any = self.view
        self.feed = Feed(store, self.view, gather_s=0.01, serves=lambda _: self.serves)

    def hear(self, *positions: int) -> None:
        for position in positions:
            self.feed.note(
                TurnRecord(
                    workspace_sid=WS,
                    first_position=position,
                    last_position=position,
                    at_ms=position,
                    events=[],
                )
            )


@pytest.fixture
def place() -> Place:
    return Place()


async def test_turns_stay_in_order_when_a_lease_goes_and_comes_back_between_them(
    place: Place,
) -> None:
    place.hear(1)
    place.serves = False
    place.hear(2)
    place.serves = True
    place.hear(3)
    await place.feed.caught_up(WS)
    await place.feed.close()
    assert place.view.brought == [1, 2, 3]


async def test_no_turn_is_brought_before_one_that_another_node_may_have_left(place: Place) -> None:
    place.serves = False
    place.hear(1, 2)
    place.view.reachable = False
    place.serves = True
    place.hear(3)
    await asyncio.sleep(0.05)
    place.view.reachable = True
    await place.feed.caught_up(WS)
    await place.feed.close()
    assert place.view.brought == [1, 2, 3]


async def test_who_waits_for_a_view_waits_for_what_another_node_has_left(place: Place) -> None:
    place.serves = False
    place.hear(1, 2)
    place.view.position = 1
    waiting = asyncio.create_task(place.feed.caught_up(WS))
    await asyncio.sleep(0.02)
    place.serves = True
    await waiting
    assert place.view.position == 2
    await place.feed.close()
    assert place.view.brought == [2]


async def test_who_waits_for_a_view_waits_for_the_node_that_serves_meanwhile(place: Place) -> None:
    place.hear(1)
    place.serves = False
    waiting = asyncio.create_task(place.feed.caught_up(WS))
    await asyncio.sleep(0.1)
    assert not waiting.done()
    place.view.position = 1
    await waiting
    await place.feed.close()
    assert place.view.brought == []
