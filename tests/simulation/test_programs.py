"""Programs on virtual time: what asyncio promises, without waiting, until they are killed."""

import asyncio
import time
from collections.abc import Coroutine
from typing import Any

import pytest

from taskyard.simulator.ordeal.program import Program
from taskyard.simulator.ordeal.virtual_time import Standstill, VirtualTime


class Stage:
    def __init__(self) -> None:
        self.time = VirtualTime()
        self.unheard: list[tuple[str, str]] = []
        self.world = self.program("world")

    def program(self, name: str) -> Program:
        return Program(self.time, name, lambda *what: self.unheard.append(what))

    def play(self, act: Coroutine[Any, Any, None]) -> None:
        task = self.world.create_task(act)
        self.time.run_until(task)
        task.result()


def test_a_day_passes_in_no_time() -> None:
    stage = Stage()
    began = time.monotonic()
    stage.play(asyncio.sleep(86_400))
    assert stage.time.now_s == 86_400
    assert time.monotonic() - began < 60


def test_what_is_due_first_happens_first_and_what_is_due_together_in_the_order_of_asking() -> None:
    stage = Stage()
    seen: list[str] = []

    async def act() -> None:
        loop = asyncio.get_running_loop()
        loop.call_later(2, seen.append, "late")
        loop.call_later(1, seen.append, "first")
        loop.call_later(1, seen.append, "second")
        loop.call_later(1, seen.append, "never").cancel()
        await asyncio.sleep(3)

    stage.play(act())
    assert seen == ["first", "second", "late"]


def test_what_is_meant_for_a_thread_is_done_without_one() -> None:
    stage = Stage()

    async def act() -> None:
        assert await asyncio.to_thread(sum, (1, 2)) == 3
        with pytest.raises(ZeroDivisionError):
            await asyncio.to_thread(divmod, 1, 0)
        async with asyncio.timeout(5):
            await asyncio.gather(asyncio.sleep(1), asyncio.sleep(2))

    stage.play(act())
    assert stage.time.now_s == 2


def test_a_program_that_is_killed_does_nothing_more_and_lets_go_of_nobody_else() -> None:
    stage = Stage()
    server = stage.program("server")
    done: list[str] = []

    async def serve() -> None:
        try:
            await asyncio.sleep(10)
            done.append("served")
        finally:
            asyncio.get_running_loop().call_soon(done.append, "cleaned up")

    async def act() -> None:
        server.create_task(serve())
        await asyncio.sleep(5)
        server.kill()
        await asyncio.sleep(60)
        done.append("went on")

    stage.play(act())
    assert done == ["went on"]
    assert stage.unheard == []


def test_an_exception_that_nobody_catches_is_told_of() -> None:
    stage = Stage()

    async def act() -> None:
        asyncio.get_running_loop().call_soon(divmod, 1, 0)
        await asyncio.sleep(1)

    stage.play(act())
    assert len(stage.unheard) == 1
    assert "ZeroDivisionError" in stage.unheard[0][1]


def test_programs_that_wait_for_each_other_for_ever_are_found_out() -> None:
    stage = Stage()

    async def act() -> None:
        await asyncio.get_running_loop().create_future()

    with pytest.raises(Standstill):
        stage.play(act())
    stage.world.kill()
