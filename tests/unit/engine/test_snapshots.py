"""Snapshots over the real machine: when they are made, and what a start makes of them."""

import asyncio
import logging
import random
from collections.abc import AsyncIterator, Awaitable, Callable
from functools import partial

import msgspec
import pytest

from snapshot_trip import whole
from taskyard.core.commands import CreateActivity, CreateTask, CreateWorkspace
from taskyard.core.events import ActivityCreated, Event
from taskyard.core.snapshot import Snapshot
from taskyard.core.state import State
from taskyard.core.steps import Steps
from taskyard.engine import Directory, Snapshots, WorkspaceEngine
from taskyard.engine.snapshots import keep_snapshot
from taskyard.stores import Append, JournalRow, SnapshotRow, Store, StoreError
from taskyard.stores.codec import CODEC_VERSION, encode

from .bench import ACCOUNT, EPOCH_MS, ObedientStore, settle

BETWEEN = 40


class Place:
    """A store, and one directory after another that lives on it."""

    def __init__(self, store: Store) -> None:
        self.store = store
        self.now_ms = EPOCH_MS
        self.dice = random.Random(7)
        self.write: Callable[[str], Awaitable[None]] = partial(keep_snapshot, store)
        self.directory: Directory | None = None
        self.killed: list[Directory] = []

    async def open(self, *, between: int = BETWEEN) -> Directory:
        if self.directory is not None:
            await self.directory.close()
        snapshots = Snapshots(self.store, lambda sid: self.write(sid), events_between=between)
        self.directory = Directory(
            self.store, lambda: self.now_ms, self.dice.randbytes, snapshots=snapshots
        )
        await self.directory.open(ACCOUNT, "token")
        return self.directory

    async def begin(self) -> WorkspaceEngine:
        """A new workspace."""
        directory = await self.open()
        command = CreateWorkspace(account_sid=ACCOUNT, friendly_name="place", template="FIFO")
        sid = await directory.create_workspace(command, lambda state, _: state.workspace.sid)
        return await directory.engine(sid)

    async def after_a_kill(self) -> WorkspaceEngine:
        """The workspace after an end that nobody could prepare for."""
        assert self.directory is not None
        await self.directory.views.caught_up()
        self.killed.append(self.directory)
        self.directory = None
        return await self.again()

    async def again(self, *, between: int = BETWEEN) -> WorkspaceEngine:
        """The workspace after a restart."""
        directory = await self.open(between=between)
        return await directory.engine(directory.workspaces()[0].sid)


@pytest.fixture
async def place(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Place]:
    monkeypatch.setattr("taskyard.engine.snapshots._REST_PER_WRITE", 0)  # no test waits for time
    place = Place(ObedientStore())
    yield place
    for directory in (place.directory, *place.killed):
        assert directory is not None
        await directory.close()


async def work(engine: WorkspaceEngine, events: int) -> None:
    """Let so many events happen, or a few more."""
    until = engine.position + events
    while engine.position < until:
        await engine.ask(CreateTask(timeout_s=600), lambda state, decided: None)
    await settle()


async def state_of(engine: WorkspaceEngine) -> bytes:
    return await engine.read(lambda state, now_ms: whole(state))


async def positions(store: Store, sid: str) -> list[int]:
    return [row.position async for row in store.snapshots(sid)]


async def damage(store: ObedientStore, sid: str, *at: int) -> None:
    """Spoil the body of these, counted from the newest."""
    kept = store._snapshots[sid]
    for index in at:
        position = sorted(kept, reverse=True)[index]
        kept[position] = msgspec.structs.replace(kept[position], body=b"dust")


def reads_of(store: ObedientStore, monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """The positions after which the journal is read from now on."""
    reads: list[int] = []
    rows = store.rows

    def spy(sid: str, after: int) -> AsyncIterator[JournalRow]:
        reads.append(after)
        return rows(sid, after)

    monkeypatch.setattr(store, "rows", spy)
    return reads


# --- when ---


async def test_every_so_many_events_there_is_a_snapshot(place: Place) -> None:
    engine = await place.begin()
    await work(engine, BETWEEN)
    first = await positions(place.store, engine.workspace_sid)
    assert len(first) == 1
    await work(engine, BETWEEN // 2)
    assert await positions(place.store, engine.workspace_sid) == first
    await work(engine, 3 * BETWEEN)
    newest, before = await positions(place.store, engine.workspace_sid)
    assert newest - before >= BETWEEN
    assert before > first[0]


async def test_the_next_snapshot_goes_on_from_the_last(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    engine = await place.begin()
    await work(engine, BETWEEN)
    (first,) = await positions(place.store, engine.workspace_sid)
    reads = reads_of(place.store, monkeypatch)  # type: ignore[arg-type]
    await work(engine, BETWEEN)
    assert reads == [first]


async def test_a_clean_close_leaves_a_snapshot_if_there_is_much_to_fold(place: Place) -> None:
    engine = await place.begin()
    sid = engine.workspace_sid
    await place.open(between=1_000)
    assert await positions(place.store, sid) == [engine.position]
    engine = await place.again(between=1_000)
    await work(engine, 2)
    before = await positions(place.store, sid)
    await place.open(between=1_000)
    assert await positions(place.store, sid) == before, "a few events are folded fast enough"


async def test_a_snapshot_that_cannot_be_made_is_said_in_a_line_and_tried_again_later(
    place: Place, caplog: pytest.LogCaptureFixture
) -> None:
    attempts: list[str] = []

    async def fail(sid: str) -> None:
        attempts.append(sid)
        raise StoreError("the disk is full")

    place.write = fail
    engine = await place.begin()
    with caplog.at_level(logging.WARNING):
        await work(engine, BETWEEN + BETWEEN // 2)
    assert len(attempts) == 1
    assert [record.getMessage() for record in caplog.records] == [
        f"workspace {engine.workspace_sid}: no snapshot was made: the disk is full"
    ]
    await work(engine, BETWEEN)
    assert len(attempts) == 2


async def test_snapshots_of_several_workspaces_are_written_one_after_another(
    place: Place,
) -> None:
    under_way: set[str] = set()
    written: list[str] = []

    async def write(sid: str) -> None:
        assert not under_way
        under_way.add(sid)
        await asyncio.sleep(0)
        under_way.remove(sid)
        written.append(sid)

    place.write = write
    engines = [await place.begin()]
    assert place.directory is not None
    command = CreateWorkspace(account_sid=ACCOUNT, friendly_name="other", template="FIFO")
    other = await place.directory.create_workspace(command, lambda state, _: state.workspace.sid)
    engines.append(await place.directory.engine(other))
    await asyncio.gather(*(work(engine, BETWEEN) for engine in engines))
    await settle()
    assert sorted(written) == sorted(engine.workspace_sid for engine in engines)


async def test_a_close_breaks_off_the_snapshot_that_is_being_written(place: Place) -> None:
    broken_off = asyncio.Event()

    async def write(sid: str) -> None:
        try:
            await asyncio.Event().wait()
        finally:
            broken_off.set()

    place.write = write
    engine = await place.begin()
    await work(engine, BETWEEN)
    assert place.directory is not None
    await place.directory.close()
    assert broken_off.is_set()


async def test_a_deleted_workspace_leaves_no_snapshot(place: Place) -> None:
    engine = await place.begin()
    sid = engine.workspace_sid
    await place.open()
    assert await positions(place.store, sid)
    assert place.directory is not None
    await place.directory.delete_workspace(sid)
    await keep_snapshot(place.store, sid)
    assert await positions(place.store, sid) == []


# --- what a start makes of them ---


async def test_a_start_folds_only_what_follows_the_newest_snapshot(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    engine = await place.begin()
    await work(engine, BETWEEN + 3)
    before = await state_of(engine)
    (position,) = await positions(place.store, engine.workspace_sid)
    reads = reads_of(place.store, monkeypatch)  # type: ignore[arg-type]
    again = await place.after_a_kill()
    assert reads == [position]
    assert again.position == engine.position > position
    assert await state_of(again) == before


async def test_what_is_due_after_a_start_from_a_snapshot_happens(place: Place) -> None:
    engine = await place.begin()
    await work(engine, BETWEEN)
    again = await place.again()
    place.now_ms += 600_000
    statuses = await again.read(lambda s, now_ms: {task.status for task in s.tasks.values()})
    assert statuses == {"canceled"}


async def test_time_does_not_run_backwards_after_a_start_from_a_snapshot_alone(
    place: Place,
) -> None:
    engine = await place.begin()
    await work(engine, BETWEEN)
    again = await place.again()
    assert (await positions(place.store, again.workspace_sid))[0] == again.position
    place.now_ms -= 5_000
    assert await (await place.again()).read(lambda state, now_ms: now_ms) == EPOCH_MS


@pytest.mark.parametrize("damaged", [(0,), (1,), (0, 1)])
async def test_a_damaged_snapshot_is_passed_over_in_a_line_of_the_log(
    place: Place,
    damaged: tuple[int, ...],
    caplog: pytest.LogCaptureFixture,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    engine = await place.begin()
    await work(engine, 3 * BETWEEN)
    before = await state_of(engine)
    sid = engine.workspace_sid
    assert place.directory is not None
    await place.directory.close()
    newest, older = await positions(place.store, sid)
    await damage(place.store, sid, *damaged)  # type: ignore[arg-type]
    reads = reads_of(place.store, monkeypatch)  # type: ignore[arg-type]
    with caplog.at_level(logging.WARNING):
        again = await place.again()
    assert reads == [{(0,): older, (1,): newest, (0, 1): 0}[damaged]]
    assert await state_of(again) == before
    # A sound newest one is enough: nobody looks at the one before.
    looked_at = [newest, older] if 0 in damaged else [newest]
    expected = [at for index, at in enumerate(looked_at) if index in damaged]
    said = [record.getMessage() for record in caplog.records]
    assert len(said) == len(expected)
    for line, at in zip(said, expected, strict=True):
        assert f"the snapshot at position {at} is damaged" in line


async def test_snapshots_that_cannot_be_read_leave_the_journal(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    engine = await place.begin()
    await work(engine, BETWEEN)
    before = await state_of(engine)

    async def unreadable(sid: str) -> AsyncIterator[SnapshotRow]:
        raise StoreError("a page is damaged")
        yield

    monkeypatch.setattr(place.store, "snapshots", unreadable)
    assert await state_of(await place.again()) == before


async def test_a_snapshot_that_nothing_goes_on_from_leaves_the_journal(
    place: Place, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    engine = await place.begin()
    await work(engine, BETWEEN + 9)
    before = await state_of(engine)

    class OldState(State):
        """As if an older release had made something else of the same events."""

        def apply(self, event: Event, now_ms: int) -> None:
            raise KeyError("a task that the snapshot lacks")

    def restoring(_snapshot: Snapshot) -> Steps[State]:
        yield
        return OldState()

    monkeypatch.setattr("taskyard.engine.snapshots.restoring", restoring)
    with caplog.at_level(logging.WARNING):
        again = await place.after_a_kill()
    assert await state_of(again) == before
    assert "nothing goes on from the snapshot at position" in caplog.text


async def test_a_snapshot_that_nothing_goes_on_from_leaves_the_one_before(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    engine = await place.begin()
    await work(engine, 2 * BETWEEN + 9)
    before = await state_of(engine)
    newest, older = await positions(place.store, engine.workspace_sid)
    reads = reads_of(place.store, monkeypatch)  # type: ignore[arg-type]
    rows = place.store.rows

    def missing_a_row(sid: str, after: int) -> AsyncIterator[JournalRow]:
        return rows(sid, after + 1 if after == newest else after)

    monkeypatch.setattr(place.store, "rows", missing_a_row)
    again = await place.after_a_kill()
    assert await state_of(again) == before
    assert reads == [newest + 1, older]


async def test_a_reload_tells_of_turns_that_a_snapshot_holds_already(place: Place) -> None:
    engine = await place.begin()
    await work(engine, BETWEEN)
    heard: list[int] = []
    engine.subscribe(lambda turn: heard.append(turn.last_position))
    position = engine.position
    # Somebody else appends, and makes a snapshot of it, before our engine knows.
    row = JournalRow(
        workspace_sid=engine.workspace_sid,
        first_position=position + 1,
        last_position=position + 1,
        at_ms=EPOCH_MS,
        codec_version=CODEC_VERSION,
        body=encode([ActivityCreated("WA" + "9" * 32, "theirs", True)]),
    )
    assert await place.store.append([Append(row=row)]) == {}
    await keep_snapshot(place.store, engine.workspace_sid)
    with pytest.raises(StoreError):
        await engine.ask(CreateActivity(friendly_name="ours"), lambda state, decided: None)
    await engine.ask(CreateActivity(friendly_name="ours"), lambda state, decided: None)
    assert heard == [position + 1, position + 2]


# --- what is told of them ---


async def test_the_age_of_a_snapshot_is_that_of_the_state_it_holds(place: Place) -> None:
    engine = await place.begin()
    sid = engine.workspace_sid
    assert place.directory is not None
    assert place.directory.snapshot_age_s(sid) is None
    await work(engine, BETWEEN)
    assert place.directory.snapshot_age_s(sid) == 0
    place.now_ms += 7_000
    assert place.directory.snapshot_age_s(sid) == 7
    await place.after_a_kill()
    assert place.directory.snapshot_age_s(sid) == 7
