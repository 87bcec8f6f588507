"""Callbacks to one destination fill their own compartment and nobody else's."""

import asyncio

from taskyard.server.webhooks.bulkheads import Bulkheads


class Work:
    def __init__(self) -> None:
        self.begun: list[str] = []
        self.go_on = asyncio.Event()

    async def serve(self, what: str) -> None:
        self.begun.append(what)
        await self.go_on.wait()


async def settled() -> None:
    for _ in range(50):
        await asyncio.sleep(0)


async def test_no_more_of_one_destination_is_under_way_than_is_allowed() -> None:
    work = Work()
    bulkheads = Bulkheads(work.serve, at_once=2)
    for number in range(5):
        assert bulkheads.put("a", f"a{number}")
    assert bulkheads.put("b", "b0")
    await settled()
    assert sorted(work.begun) == ["a0", "a1", "b0"]
    assert (bulkheads.in_flight, bulkheads.waiting) == (3, 3)
    work.go_on.set()
    await settled()
    assert work.begun[3:] == ["a2", "a3", "a4"]
    assert (bulkheads.in_flight, bulkheads.waiting) == (0, 0)
    await bulkheads.close()


async def test_closing_cuts_what_is_under_way_and_begins_nothing() -> None:
    work = Work()
    bulkheads = Bulkheads(work.serve, at_once=1)
    for what in ("a0", "a1"):
        bulkheads.put("a", what)
    await settled()
    await bulkheads.close()
    await settled()
    assert work.begun == ["a0"]
    assert bulkheads.in_flight == 0
