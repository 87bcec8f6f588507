"""The event index follows the journals: everything once, in order, whatever fails on the way."""

import asyncio
import logging
import random
from collections.abc import AsyncIterator, Sequence
from typing import Any

import pytest

from taskyard.core.causes import Cause
from taskyard.core.commands import CreateTask, CreateWorkspace, DeleteTask
from taskyard.core.event_details import EventRecord
from taskyard.core.events import TaskCreated, TaskDeleted, WorkflowCreated, WorkspaceCreated
from taskyard.engine import Directory, WorkspaceEngine
from taskyard.engine import views as feed
from taskyard.engine.event_index import EventIndex, EventQuery
from taskyard.engine.journal import Journal, TurnRecord
from taskyard.stores import BlockSearch, StoreError
from taskyard.stores.memory import MemoryStore

ACCOUNT = "AC" + "a" * 32
CALLER = Cause("account", ACCOUNT, "203.0.113.7")
EPOCH_MS = 1_700_000_000_000


class Place:
    """A store, and one directory after another on it."""

    def __init__(self) -> None:
        self.store = FragileStore()
        self.dice = random.Random(7)
        self.now_ms = EPOCH_MS
        self.directories: list[Directory] = []
        self.engine: WorkspaceEngine

    @property
    def directory(self) -> Directory:
        return self.directories[-1]

    async def begin(self) -> "Place":
        await self._open()
        command = CreateWorkspace(account_sid=ACCOUNT, friendly_name="place", template="FIFO")
        sid = await self.directory.create_workspace(command, lambda state, _: state.workspace.sid)
        self.engine = await self.directory.engine(sid)
        return self

    async def after_a_kill(self) -> None:
        """The workspace after an end at which the views had kept only what they had kept."""
        self.store.lets_blocks_in = False
        await self.directory.close()
        self.store.lets_blocks_in = True
        await self._open()
        self.engine = await self.directory.engine(self.engine.workspace_sid)

    async def task(self, cause: Cause | None = None) -> str:
        self.now_ms += 1_000
        command = CreateTask(timeout_s=60_000)
        return await self.engine.ask(command, lambda _, decided: decided.sid, cause=cause)

    async def found(self, *names: str, **asked: Any) -> list[EventRecord]:
        query = EventQuery(workspace_sid=self.engine.workspace_sid, names=names, **asked)
        return [one async for one in self.directory.find_events(query)]

    async def told(self) -> list[int]:
        """The positions in the journal of every event that is told of."""
        turns = Journal(self.store).turns(self.engine.workspace_sid, 0)
        return [
            turn.first_position + offset
            async for turn in turns
            for offset, event in enumerate(turn.events)
            if not str(event.__struct_config__.tag).startswith("taskyard.")
        ]

    async def _open(self) -> None:
        directory = Directory(self.store, lambda: self.now_ms, self.dice.randbytes)
        await directory.open(ACCOUNT, "token")
        self.directories.append(directory)


class FragileStore(MemoryStore):
    lets_blocks_in = True

    async def keep_event_blocks(self, *blocks: Any, **also: Any) -> None:
        if not self.lets_blocks_in:
            raise StoreError("the disk is full")
        await super().keep_event_blocks(*blocks, **also)


@pytest.fixture
async def place() -> AsyncIterator[Place]:
    place = await Place().begin()
    yield place
    place.store.lets_blocks_in = True
    await place.directory.close()


async def test_every_event_is_found_once_the_newest_first(place: Place) -> None:
    for _ in range(3):
        await place.task()
    records = await place.found()
    assert [one.position for one in reversed(records)] == await place.told()
    assert isinstance(records[-1].event, WorkspaceCreated)


async def test_what_a_caller_has_just_done_is_found_at_once(place: Place) -> None:
    sid = await place.task()
    (created,) = await place.found("task.created")
    assert isinstance(created.event, TaskCreated)
    assert created.event.task_sid == sid
    assert created.at_ms == place.now_ms
    assert created.details.task is not None
    assert created.details.task.task_queue is not None


async def test_events_are_found_by_all_names_together(place: Place) -> None:
    first, second = await place.task(), await place.task()
    both = await place.found(first)
    assert {one.details.task.sid for one in both if one.details.task} == {first}
    assert len(both) == len(await place.found(second)) > 2
    (only,) = await place.found(first, "task.created")
    assert isinstance(only.event, TaskCreated)
    assert await place.found(first, "task.deleted") == []
    assert await place.found("WT" + "f" * 32) == []


async def test_events_are_found_by_their_time_both_ends_included(place: Place) -> None:
    await place.task()
    at_ms = place.now_ms
    await place.task()
    await place.task()
    assert len(await place.found("task.created", from_ms=at_ms, to_ms=at_ms)) == 1
    assert len(await place.found("task.created", from_ms=at_ms + 1)) == 2
    assert len(await place.found("task.created", to_ms=at_ms - 1)) == 0


async def test_a_page_goes_on_before_a_position(place: Place) -> None:
    for _ in range(3):
        await place.task()
    everything = await place.found()
    assert await place.found(before_position=everything[4].position) == everything[5:]


async def test_what_was_asked_for_names_the_caller(place: Place) -> None:
    sid = await place.task(CALLER)
    assert {one.cause for one in await place.found(sid)} == {CALLER}
    assert {one.cause for one in await place.found("workspace.created")} == {None}


async def test_after_a_crash_nothing_is_missing_and_nothing_is_there_twice(place: Place) -> None:
    await place.task()
    await place.directory.views.caught_up()
    place.store.lets_blocks_in = False
    first = await place.task(CALLER)
    await place.engine.ask(DeleteTask(task_sid=first), lambda state, decided: None, cause=CALLER)
    await place.after_a_kill()
    second = await place.task()
    records = await place.found()
    assert [one.position for one in reversed(records)] == await place.told()
    (deleted,) = await place.found(first, "task.deleted")
    assert isinstance(deleted.event, TaskDeleted)
    assert deleted.details.task is not None
    assert deleted.cause == CALLER
    assert len(await place.found(second, "task.created")) == 1


async def test_a_journal_from_before_there_was_an_index_is_indexed_from_its_start(
    place: Place,
) -> None:
    place.store.lets_blocks_in = False
    await place.task()
    await place.after_a_kill()
    assert [one.position for one in reversed(await place.found())] == await place.told()
    assert isinstance((await place.found("workflow.created"))[0].event, WorkflowCreated)


async def test_a_view_that_cannot_keep_what_it_heard_says_so_and_tries_again(
    place: Place, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(feed, "_REST_S", 0.01)
    place.store.lets_blocks_in = False
    with caplog.at_level(logging.WARNING):
        await place.task()
        with pytest.raises(StoreError, match="the disk is full"):
            await place.found()
    assert "view events cannot keep what it has heard: the disk is full" in caplog.text
    place.store.lets_blocks_in = True
    assert [one.position for one in reversed(await place.found())] == await place.told()


async def test_events_are_read_on_from_a_position_in_their_order(place: Place) -> None:
    for _ in range(3):
        await place.task()
        await place.found()  # so that there are several blocks
    everything = (await place.found())[::-1]
    for after in (0, 1, everything[3].position, everything[-1].position):
        later = [one for one in everything if one.position > after]
        assert await place.found(after_position=after, oldest_first=True) == later


async def test_blocks_put_together_while_somebody_reads_show_nothing_twice(place: Place) -> None:
    for _ in range(5):
        await place.task()
        await place.found()
    everything = await place.found()
    for oldest_first in (False, True):
        query = EventQuery(workspace_sid=place.engine.workspace_sid, oldest_first=oldest_first)
        seen = []
        async for record in place.directory.find_events(query):
            seen.append(record)
            if len(seen) == 1:
                await place.directory._event_index._put_together(place.engine.workspace_sid)
        assert seen == (everything[::-1] if oldest_first else everything)


async def test_where_the_kept_events_begin_is_known(place: Place) -> None:
    sid = place.engine.workspace_sid
    assert await place.directory.events_begin_at(sid) == 1
    await place.store.drop_event_blocks(place.now_ms + 1, 1_000)
    assert await place.directory.events_begin_at(sid) is None
    end = place.engine.position
    await place.task()
    assert await place.directory.events_begin_at(sid) == end + 1


async def test_a_bug_in_a_view_holds_up_nobody(
    place: Place, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    async def follow(self: EventIndex, turns: Sequence[TurnRecord]) -> None:
        raise ZeroDivisionError

    with monkeypatch.context() as broken:
        broken.setattr(EventIndex, "follow", follow)
        await place.task()
        assert await place.found("task.created") == []
    assert "events are left out because of a bug" in caplog.text
    sid = await place.task()
    assert len(await place.found("task.created", sid)) == 1


async def test_a_workspace_waits_for_a_view_that_is_far_behind(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(feed, "_REST_S", 0.01)
    monkeypatch.setattr(feed, "_EVENTS_WAITING_MAX", 5)
    await place.directory.views.caught_up()
    place.store.lets_blocks_in = False
    asking = [asyncio.create_task(place.task()) for _ in range(3)]
    await asyncio.wait(asking[:1])
    later = asyncio.create_task(place.task())
    for _ in range(20):
        await asyncio.sleep(0.005)
    assert not later.done()
    place.store.lets_blocks_in = True
    await asyncio.gather(*asking, later)
    assert place.directory.events_feed.events_waiting <= 10


async def test_many_small_blocks_become_a_few_large_ones(place: Place) -> None:
    for _ in range(70):
        await place.task()
        await place.directory.views.caught_up()
    search = BlockSearch(workspace_sid=place.engine.workspace_sid)
    blocks = [one async for one in place.store.event_blocks(search)]
    assert len(blocks) < 10
    assert [one.position for one in reversed(await place.found())] == await place.told()


async def test_a_clean_stop_leaves_nothing_for_the_next_start_to_tell(place: Place) -> None:
    await place.task()
    await place.directory.close()
    position = await place.store.view_position("events", place.engine.workspace_sid)
    assert position == place.engine.position
