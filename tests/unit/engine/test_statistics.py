"""Statistics follow the journals: nothing twice, nothing missing, whatever fails on the way."""

import random
from collections.abc import AsyncIterator
from typing import Any

import pytest

from taskyard.core.commands import CreateTask, CreateWorkspace
from taskyard.core.statistics import FactKind
from taskyard.engine import Directory, Window, WorkspaceEngine
from taskyard.engine.retention import Retention
from taskyard.engine.time_windows import DAY_MS, HOUR_MS, MINUTE_MS
from taskyard.stores import StoreError
from taskyard.stores.memory import MemoryStore

ACCOUNT = "AC" + "a" * 32
EPOCH_MS = 1_700_000_000_000 // HOUR_MS * HOUR_MS


class FragileStore(MemoryStore):
    lets_statistics_in = True
    searches = 0

    async def keep_statistics(self, *rows: Any, **also: Any) -> None:
        if not self.lets_statistics_in:
            raise StoreError("the disk is full")
        await super().keep_statistics(*rows, **also)

    async def statistics(self, search: Any) -> Any:
        self.searches += 1
        return await super().statistics(search)


class Place:
    """A store, and one directory after another on it."""

    def __init__(self) -> None:
        self.store = FragileStore()
        self.dice = random.Random(7)
        self.now_ms = EPOCH_MS
        self.directory: Directory
        self.engine: WorkspaceEngine

    async def begin(self) -> "Place":
        await self._open()
        command = CreateWorkspace(account_sid=ACCOUNT, friendly_name="place", template="FIFO")
        sid = await self.directory.create_workspace(command, lambda state, _: state.workspace.sid)
        self.engine = await self.directory.engine(sid)
        return self

    async def after_a_kill(self) -> None:
        """The workspace after an end at which the views had kept only what they had kept."""
        self.store.lets_statistics_in = False
        await self.directory.close()
        self.store.lets_statistics_in = True
        await self._open()
        self.engine = await self.directory.engine(self.engine.workspace_sid)

    async def tasks(self, number: int, *, apart_ms: int = 1_000) -> None:
        for _ in range(number):
            self.now_ms += apart_ms
            await self.engine.ask(CreateTask(timeout_s=1_000_000), lambda _, decided: decided.sid)

    async def created(self, start_ms: int = 0, end_ms: int | None = None) -> int:
        window = Window(start_ms, self.now_ms + 1 if end_ms is None else end_ms)
        sums = await self.directory.statistics.tasks(self.engine.workspace_sid, window, "", None)
        return sums.counts[FactKind.TASK_CREATED]

    async def kept(self) -> None:
        await self.directory.views.caught_up()

    def rows(self, span_ms: int) -> int:
        return len(self.store._statistics.get((self.engine.workspace_sid, span_ms), {}))

    async def _open(self) -> None:
        self.directory = Directory(self.store, lambda: self.now_ms, self.dice.randbytes)
        await self.directory.open(ACCOUNT, "token")


@pytest.fixture
async def place() -> AsyncIterator[Place]:
    place = await Place().begin()
    yield place
    place.store.lets_statistics_in = True
    await place.directory.close()


async def test_what_has_just_happened_is_counted_before_it_is_kept(place: Place) -> None:
    await place.tasks(3)
    assert place.rows(MINUTE_MS) == 0
    assert await place.created() == 3
    await place.kept()
    assert place.rows(MINUTE_MS) == 1
    assert await place.created() == 3


async def test_after_a_crash_nothing_is_missing_and_nothing_is_counted_twice(place: Place) -> None:
    await place.tasks(2)
    await place.kept()
    await place.tasks(3)
    await place.after_a_kill()
    assert await place.created() == 5
    await place.tasks(1)
    await place.kept()
    assert await place.created() == 6


async def test_what_cannot_be_kept_now_is_counted_and_kept_later(place: Place) -> None:
    await place.tasks(2)
    place.store.lets_statistics_in = False
    statistics = place.directory.statistics
    with pytest.raises(StoreError):
        await statistics.follow([_turn(place)])
    await place.tasks(1)
    assert await place.created() == 3
    place.store.lets_statistics_in = True
    await place.kept()
    assert await place.created() == 3
    await place.after_a_kill()
    assert await place.created() == 3


def _turn(place: Place) -> Any:
    class Turn:
        workspace_sid = place.engine.workspace_sid

    return Turn()


async def test_an_hour_that_is_over_is_summed_up_once_and_reads_look_at_it_alone(
    place: Place,
) -> None:
    for _ in range(60):
        await place.tasks(1, apart_ms=MINUTE_MS)
        await place.kept()
    # The one at the hour itself belongs to the next.
    assert place.rows(HOUR_MS) == 1
    assert await place.created(EPOCH_MS, EPOCH_MS + HOUR_MS) == 59
    minutes = place.store._statistics[place.engine.workspace_sid, MINUTE_MS]
    for start_ms, position in [*minutes]:
        if start_ms < EPOCH_MS + HOUR_MS:
            del minutes[start_ms, position]
    place.now_ms += HOUR_MS
    fresh = Directory(place.store, lambda: place.now_ms, place.dice.randbytes).statistics
    window = Window(EPOCH_MS, EPOCH_MS + HOUR_MS)
    sums = await fresh.tasks(place.engine.workspace_sid, window, "", None)
    assert sums.counts[FactKind.TASK_CREATED] == 59


async def test_borders_within_a_minute_are_exact_to_the_millisecond(place: Place) -> None:
    await place.tasks(5)
    await place.kept()
    at_ms = EPOCH_MS + 3_000
    place.now_ms += HOUR_MS
    assert await place.created(at_ms) == 3
    assert await place.created(at_ms + 1) == 2
    assert await place.created(EPOCH_MS, at_ms) == 2
    assert await place.created(at_ms, at_ms + 1) == 1


async def test_what_is_over_is_read_from_the_store_once(place: Place) -> None:
    await place.tasks(3, apart_ms=MINUTE_MS)
    await place.kept()
    place.now_ms += 10 * MINUTE_MS
    window = EPOCH_MS, EPOCH_MS + 5 * MINUTE_MS
    assert await place.created(*window) == 3
    place.store.searches = 0
    assert await place.created(*window) == 3
    assert place.store.searches == 0


async def test_what_is_older_than_the_retention_goes(place: Place) -> None:
    await place.tasks(1)
    await place.kept()
    place.now_ms += 3 * DAY_MS
    await place.tasks(1)
    await place.kept()
    await Retention(place.store, lambda: place.now_ms, 2 * DAY_MS).sweep()
    assert place.rows(MINUTE_MS) == 1
    await place.after_a_kill()
    assert await place.created() == 1


async def test_real_time_counts_go_on_after_the_workspace_was_loaded_again(place: Place) -> None:
    sid = place.engine.workspace_sid
    await place.tasks(2)
    view = await place.directory.real_time(sid)
    await place.tasks(1)

    async def total() -> int:
        await view.ready()
        return await place.engine.read(lambda state, _: view.of(state).counts("").unfinished)

    assert await total() == 3
    place.engine._machine = None
    assert await total() == 3
    await place.tasks(1)
    assert await total() == 4
