"""Statistics follow the journals: nothing twice, nothing missing, whatever fails on the way."""

import random
from collections import Counter
from collections.abc import AsyncIterator
from typing import Any

import msgspec
import pytest

from taskyard.core.commands import (
    AcceptReservation,
    Command,
    CompleteReservation,
    CreateTask,
    CreateWorker,
    CreateWorkspace,
    WrapReservation,
)
from taskyard.core.statistics import FactKind
from taskyard.core.statistics.presence import PresenceTimes, presence_of, times_of
from taskyard.engine import Directory, TurnRecord, Window, WorkspaceEngine, unheard, views
from taskyard.engine.retention import Retention
from taskyard.engine.time_windows import DAY_MS, HOUR_MS, MINUTE_MS, UNTIL_NOW
from taskyard.engine.views import Feeds
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

    async def ask(self, command: Command) -> str:
        return await self.engine.ask(command, lambda _, decided: decided.sid)

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


async def test_a_clock_that_is_set_back_hides_nothing_that_has_happened(place: Place) -> None:
    await place.tasks(3)
    place.now_ms -= 2 * HOUR_MS  # in the workspace time stands still until the clock is there again
    await place.tasks(2, apart_ms=0)
    assert await place.created(end_ms=UNTIL_NOW) == 5
    await place.kept()
    assert await place.created(end_ms=UNTIL_NOW) == 5
    await place.after_a_kill()
    assert await place.created(end_ms=UNTIL_NOW) == 5


async def test_after_a_crash_nothing_is_missing_and_nothing_is_counted_twice(place: Place) -> None:
    await place.tasks(2)
    await place.kept()
    await place.tasks(3)
    await place.after_a_kill()
    assert await place.created() == 5
    await place.tasks(1)
    await place.kept()
    assert await place.created() == 6


async def test_the_time_spent_on_tasks_is_known_to_the_millisecond_also_after_a_crash(
    place: Place,
) -> None:
    sid, began_ms = place.engine.workspace_sid, place.now_ms
    activities = await place.engine.read(lambda state, _: [*state.activities.values()])
    ready = next(one.sid for one in activities if one.available)
    worker = await place.ask(CreateWorker(friendly_name="Ann", activity_sid=ready))
    await place.tasks(1, apart_ms=70_001)
    (offer,) = await place.engine.read(lambda state, _: [*state.reservations])
    await place.kept()
    place.now_ms += 30_000
    await place.ask(AcceptReservation(reservation_sid=offer))
    place.now_ms += HOUR_MS
    await place.after_a_kill()
    await place.ask(WrapReservation(reservation_sid=offer))
    place.now_ms += 7
    await place.ask(CompleteReservation(reservation_sid=offer))
    await place.kept()
    place.now_ms += 5

    async def times(start_ms: int, end_ms: int) -> PresenceTimes:
        statistics = place.directory.statistics
        within = await statistics.presence(sid, Window(start_ms, end_ms), {worker})
        after = await statistics.presence(sid, Window(end_ms, place.now_ms + 1), {worker})
        assert within is not None
        assert after is not None
        now = await place.engine.read(
            lambda state, _: Counter(presence_of(state, one) for one in state.workers.values())
        )
        assert now.total() == 1
        return times_of(within, after, now, start_ms, end_ms)

    whole = await times(began_ms, place.now_ms)
    assert whole == PresenceTimes(100_001 + 5, HOUR_MS + 7)
    accepted_ms = began_ms + 100_001
    assert await times(accepted_ms + 20, accepted_ms + 50) == PresenceTimes(0, 30)
    assert await times(accepted_ms - 20, accepted_ms + 50) == PresenceTimes(20, 50)
    assert await times(began_ms - 50, began_ms + 50) == PresenceTimes(50, 0)


async def test_what_workers_were_is_not_known_of_rows_that_are_older(place: Place) -> None:
    await place.tasks(1)
    await place.kept()
    rows = place.store._statistics[place.engine.workspace_sid, MINUTE_MS]
    ((key, row),) = rows.items()
    counts = msgspec.msgpack.encode((b"", []))
    rows[key] = msgspec.structs.replace(row, codec_version=1, workers=counts)
    place.now_ms += MINUTE_MS
    window = Window(row.start_ms, place.now_ms)
    statistics = place.directory.statistics
    assert await statistics.presence(place.engine.workspace_sid, window, set()) is None
    later = Window(row.start_ms + MINUTE_MS, place.now_ms)
    assert await statistics.presence(place.engine.workspace_sid, later, set()) is not None


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


async def test_a_journal_that_no_view_has_heard_of_is_folded_a_slice_at_a_time(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    await place.tasks(60)
    await place.directory.close()
    place.store._view_positions.clear()
    place.store._statistics.clear()
    place.store._event_blocks.clear()
    monkeypatch.setattr(unheard, "_EVENTS_AT_ONCE", 12)
    monkeypatch.setattr(views, "_EVENTS_WAITING_MAX", 30)
    behind: list[int] = []
    told: list[int] = []
    note = Feeds.note

    def noted(feeds: Feeds, turn: TurnRecord) -> None:
        note(feeds, turn)
        behind.append(max(feed.events_waiting for feed in feeds._feeds))

    monkeypatch.setattr(Feeds, "note", noted)
    await place._open()
    place.directory.follow(lambda _, turn: told.append(turn.first_position))
    place.engine = await place.directory.engine(place.engine.workspace_sid)
    assert max(behind) <= 30 + 2 * 12
    assert len(told) <= 12
    assert await place.created() == 60
    await place.kept()
    assert await place.created() == 60


async def test_a_workspace_is_loaded_although_its_views_cannot_keep_what_they_hear(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    await place.tasks(20)
    monkeypatch.setattr(unheard, "_EVENTS_AT_ONCE", 12)
    monkeypatch.setattr(views, "_EVENTS_WAITING_MAX", 30)
    place.store.lets_statistics_in = False
    await place.directory.close()
    await place._open()
    place.engine = await place.directory.engine(place.engine.workspace_sid)
    assert await place.created() == 20
    place.store.lets_statistics_in = True
    await place.kept()
    assert await place.created() == 20
