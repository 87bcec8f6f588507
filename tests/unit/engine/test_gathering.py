"""One question for all who have one."""

import asyncio
from collections.abc import Mapping

import pytest

from taskyard.engine.gathering import Gathering
from taskyard.stores import StoreError

from .bench import settle


class Library:
    """Answers with twice the number; each call waits until the test lets it go."""

    def __init__(self) -> None:
        self.calls: list[dict[str, int]] = []
        self.gate = asyncio.Semaphore(0)
        self.failure: Exception | None = None

    async def look(self, asked: Mapping[str, int]) -> Mapping[str, int | StoreError]:
        self.calls.append(dict(asked))
        await self.gate.acquire()
        if self.failure is not None:
            raise self.failure
        return {key: 2 * given for key, given in asked.items() if given}


async def test_while_one_call_is_under_way_the_others_gather_for_the_next() -> None:
    library = Library()
    gathering = Gathering(library.look, 10)
    first = asyncio.create_task(gathering.ask("a", 1))
    await settle()
    others = [
        asyncio.create_task(gathering.ask(key, given))
        for key, given in (("b", 2), ("c", 3), ("d", 0))
    ]
    others += [asyncio.create_task(gathering.ask("a", 5))]
    await settle()
    assert library.calls == [{"a": 1}]
    library.gate.release()
    library.gate.release()
    assert await first == 2
    assert await asyncio.gather(*others) == [4, 6, None, 10]
    assert library.calls == [{"a": 1}, {"b": 2, "c": 3, "d": 0, "a": 5}]


async def test_those_who_ask_for_the_same_share_its_answer_and_may_give_up_alone() -> None:
    library = Library()
    gathering = Gathering(library.look, 10)
    asked = [asyncio.create_task(gathering.ask("a", 1)) for _ in range(3)]
    await settle()
    asked[0].cancel()
    await asyncio.wait(asked[:1])
    library.gate.release()
    assert await asyncio.gather(*asked[1:]) == [2, 2]
    assert library.calls == [{"a": 1}]


async def test_no_call_is_for_more_than_it_may_be() -> None:
    library = Library()
    gathering = Gathering(library.look, 2)
    asked = [asyncio.create_task(gathering.ask(key, 1)) for key in "abcde"]
    for _ in range(3):
        library.gate.release()
    await asyncio.gather(*asked)
    assert [len(call) for call in library.calls] == [2, 2, 1]


async def test_a_call_that_fails_fails_for_its_own_and_for_nobody_after() -> None:
    library = Library()
    gathering = Gathering(library.look, 10)
    library.failure = StoreError("gone")
    failing = asyncio.create_task(gathering.ask("a", 1))
    await settle()
    library.gate.release()
    with pytest.raises(StoreError, match="gone"):
        await failing
    library.failure = None
    library.gate.release()
    assert await gathering.ask("a", 1) == 2


async def test_who_waits_when_it_is_closed_is_told_so() -> None:
    library = Library()
    gathering = Gathering(library.look, 1)
    asked = [asyncio.create_task(gathering.ask(key, 1)) for key in "ab"]
    await settle()
    await gathering.close()
    for one in asked:
        with pytest.raises(StoreError, match="not asked to the end"):
            await one
