import asyncio

from taskyard.server.pauses import RecentLongest
from taskyard.server.readiness import PATIENCE_S, Readiness


class Probe:
    def __init__(self, patience_s: float = PATIENCE_S) -> None:
        self.asked = 0
        self.now_s = 100.0
        self.failure: Exception | None = None
        self.answers = asyncio.Event()
        self.answers.set()
        self.readiness = Readiness(self, patience_s=patience_s, seconds=lambda: self.now_s)

    async def __call__(self) -> None:
        self.asked += 1
        await self.answers.wait()
        if self.failure is not None:
            raise self.failure


async def test_the_store_is_asked_once_a_second_however_many_ask_us() -> None:
    probe = Probe()
    assert {await probe.readiness.obstacle() for _ in range(5)} == {None}
    assert probe.asked == 1
    probe.now_s += 1
    assert await probe.readiness.obstacle() is None
    assert probe.asked == 2


async def test_what_stands_in_the_way_is_one_line() -> None:
    probe = Probe()
    probe.failure = OSError("the disk\nis full")
    assert await probe.readiness.obstacle() == "the disk is full"


async def test_a_store_that_does_not_answer_is_asked_only_once() -> None:
    probe = Probe(patience_s=0.01)
    probe.answers.clear()
    for _ in range(3):
        assert await probe.readiness.obstacle() == "the store has not answered for 0.01 s"
        probe.now_s += 10
    assert probe.asked == 1
    probe.answers.set()
    while await probe.readiness.obstacle() is not None:
        pass


async def test_a_server_that_closes_says_so_without_asking() -> None:
    probe = Probe()
    probe.readiness.closing = True
    assert await probe.readiness.obstacle() == "the server is closing"
    assert probe.asked == 0


def test_the_longest_pause_is_that_of_one_to_two_minutes() -> None:
    now_s = [0.0]
    longest = RecentLongest(lambda: now_s[0])
    longest.note(3)
    longest.note(1)
    assert longest.longest_s == 3
    now_s[0] = 119
    longest.note(2)
    assert longest.longest_s == 3
    now_s[0] = 120
    assert longest.longest_s == 2
    now_s[0] = 500
    assert longest.longest_s == 0
