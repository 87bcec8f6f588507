"""The first to end ends the others."""

import asyncio
from typing import NoReturn

import pytest

from taskyard.demo.races import first_of


async def forever(left: list[str] | None = None) -> NoReturn:
    try:
        await asyncio.Event().wait()
    finally:
        if left is not None:
            left.append("left")
    raise AssertionError


async def at_once(value: int) -> int:
    return value


async def fails() -> NoReturn:
    raise ValueError("fell")


async def test_the_first_to_end_gives_the_result_and_the_others_are_cancelled() -> None:
    left: list[str] = []
    assert await first_of(asyncio.Event(), forever(left), at_once(3)) == 3
    assert left == ["left"]


async def test_the_event_ends_everything_without_a_result() -> None:
    left: list[str] = []
    end = asyncio.Event()
    asyncio.get_running_loop().call_soon(end.set)
    assert await first_of(end, forever(left)) is None
    assert left == ["left"]


async def test_what_the_first_to_end_raised_is_raised() -> None:
    with pytest.raises(ValueError, match="fell"):
        await first_of(asyncio.Event(), forever(), fails())
