"""When everything is compared: not in the midst of what becomes due in that very moment."""

import asyncio
from random import Random
from types import SimpleNamespace
from typing import cast

import pytest

from taskyard.simulator.ordeal import checkpoint
from taskyard.simulator.ordeal.judge import Judge
from taskyard.simulator.ordeal.ledger import Ledger
from taskyard.simulator.ordeal.server import Server
from taskyard.simulator.ordeal.violation import Violation


class Scene:
    """A server at work, and a judge who reads the store of it."""

    def __init__(self) -> None:
        self.way = SimpleNamespace(is_appending=False)
        self.ledgers = {"WS1": Ledger("WS1")}
        self.counts = {"checkpoints": 0}
        self.kept = 0
        self.looks = 0

    def catch_up(self) -> None:
        self.ledgers["WS1"].position = self.kept

    async def look(self) -> checkpoint.Pictures:
        return await checkpoint.look(cast(Server, self), cast(Judge, self), Random(1))


async def test_what_is_just_being_written_is_waited_for() -> None:
    scene = Scene()
    scene.way.is_appending = True
    waiting = asyncio.create_task(checkpoint.nothing_is_written(cast(Server, scene)))
    await asyncio.sleep(0.01)
    assert not waiting.done()
    scene.way.is_appending = False
    await waiting


@pytest.mark.parametrize("goes_on", [True, False])
async def test_a_difference_counts_only_where_nothing_happened_meanwhile(
    monkeypatch: pytest.MonkeyPatch, goes_on: bool
) -> None:
    scene = Scene()

    async def look_at(*_: object) -> tuple[int, bytes]:
        scene.looks += 1
        if scene.looks == 1:
            scene.kept += goes_on
            raise Violation("the engine is ahead of the judge")
        return scene.kept, b""

    monkeypatch.setattr(checkpoint, "_look_at", look_at)
    if goes_on:
        assert await scene.look() == {"WS1": (1, b"")}
    else:
        with pytest.raises(Violation):
            await scene.look()
    assert scene.looks == 1 + goes_on
