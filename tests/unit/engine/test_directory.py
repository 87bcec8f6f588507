"""The directory over the real machine."""

import asyncio
import random
from collections.abc import AsyncIterator

import pytest

from taskyard.core.commands import CreateActivity, CreateTask, CreateWorkspace
from taskyard.core.errors import Invalid, LimitReached, NotFound
from taskyard.core.events import Event, TaskCanceled, WorkspaceDeleted
from taskyard.core.limits import Limits
from taskyard.core.model import TaskStatus
from taskyard.engine import Closed, Directory
from taskyard.engine.journal import Journal
from taskyard.stores import JournalRow, StoreError, WorkspaceEntry

from .bench import ACCOUNT, EPOCH_MS, ObedientStore, settle

OTHER_ACCOUNT = "AC" + "b" * 32


class Clock:
    def __init__(self) -> None:
        self.now_ms = EPOCH_MS

    def __call__(self) -> int:
        return self.now_ms


# As good as random where nobody guesses.
RANDOM_BYTES = random.Random(7).randbytes


class Town:
    """A store, and directories that are opened over it one after another."""

    def __init__(self) -> None:
        self.store = ObedientStore()
        self.clock = Clock()
        self.limits = Limits()
        self.directory = self._new_directory()

    async def open(self, account_sid: str = ACCOUNT) -> Directory:
        await self.directory.close()
        self.directory = self._new_directory()
        await self.directory.open(account_sid, "token")
        return self.directory

    async def create(self, name: str = "town", template: str = "NONE") -> str:
        return await self.directory.create_workspace(
            CreateWorkspace(account_sid=ACCOUNT, friendly_name=name, template=template),
            lambda state, decided: state.workspace.sid,
        )

    async def events(self, workspace_sid: str) -> list[Event]:
        turns = Journal(self.store).turns(workspace_sid, 0)
        return [event async for turn in turns for event in turn.events]

    def _new_directory(self) -> Directory:
        return Directory(self.store, self.clock, RANDOM_BYTES, limits=self.limits)


@pytest.fixture
async def town() -> AsyncIterator[Town]:
    town = Town()
    await town.open()
    yield town
    await town.directory.close()


# --- accounts and keys ---


async def test_the_first_start_makes_an_account_and_keeps_it() -> None:
    store = ObedientStore()
    first = Directory(store, Clock(), RANDOM_BYTES)
    assert await first.open()
    assert first.account.sid.startswith("AC")
    assert len(first.account.sid) == 34
    assert len(first.account.auth_token) == 32
    second = Directory(store, Clock(), RANDOM_BYTES)
    assert not await second.open()
    assert second.account == first.account
    for directory in (first, second):
        await directory.close()


async def test_an_account_that_is_given_is_kept_nowhere(town: Town) -> None:
    assert town.directory.account.sid == ACCOUNT
    assert await town.store.accounts() == []


@pytest.mark.parametrize("given", [(ACCOUNT, None), (None, "token")])
async def test_half_an_account_is_refused(given: tuple[str | None, str | None]) -> None:
    with pytest.raises(ValueError, match="together or not at all"):
        await Directory(ObedientStore(), Clock(), RANDOM_BYTES).open(*given)


async def test_a_key_that_another_process_has_made_opens_at_once(town: Town) -> None:
    ours = town.directory.credentials
    elsewhere = Directory(town.store, Clock(), RANDOM_BYTES)
    await elsewhere.open(ACCOUNT, "token")
    key = await elsewhere.credentials.make_api_key()
    assert len(key.secret) == 32
    assert ours.secrets_of(key.sid) == ()
    await ours.look_again()
    assert ours.secrets_of(key.sid) == (key.secret,)
    await elsewhere.close()


async def test_a_key_of_another_account_opens_nothing(town: Town) -> None:
    key = await town.directory.credentials.make_api_key()
    directory = await town.open(OTHER_ACCOUNT)
    assert directory.credentials.secrets_of(key.sid) == ()


async def test_a_key_from_the_settings_is_kept_nowhere(town: Town) -> None:
    town.directory.credentials.add_api_key("SK" + "1" * 32, "secret")
    assert town.directory.credentials.secrets_of("SK" + "1" * 32) == ("secret",)
    assert await town.store.api_keys() == []


# --- workspaces ---


async def test_workspaces_are_listed_in_the_order_of_their_creation(town: Town) -> None:
    sids = [await town.create(f"town {n}") for n in range(5)]
    assert len(set(sids)) == 5
    assert town.directory.workspaces() == [
        WorkspaceEntry(sid=sid, account_sid=ACCOUNT, created_ms=EPOCH_MS) for sid in sids
    ]
    directory = await town.open()
    assert [entry.sid for entry in directory.workspaces()] == sids


async def test_a_workspace_answers_for_itself_after_a_restart(town: Town) -> None:
    sid = await town.create("old town")
    engine = await town.directory.engine(sid)
    await engine.ask(CreateActivity(friendly_name="Resting"), lambda state, decided: decided.sid)
    before = await engine.read(lambda state, now_ms: repr((state.workspace, state.activities)))
    engine = await (await town.open()).engine(sid)
    after = await engine.read(lambda state, now_ms: repr((state.workspace, state.activities)))
    assert after == before


async def test_an_unknown_workspace_is_not_found(town: Town) -> None:
    unknown = "WS" + "f" * 32
    for attempt in (town.directory.engine(unknown), town.directory.delete_workspace(unknown)):
        with pytest.raises(NotFound, match=f"workspace {unknown} was not found"):
            await attempt


async def test_a_creation_that_is_refused_leaves_nothing(town: Town) -> None:
    with pytest.raises(Invalid):
        await town.create(name="")
    assert town.directory.workspaces() == []
    assert town.store.appends == []


async def test_an_account_holds_no_more_workspaces_than_the_limit(town: Town) -> None:
    town.limits = Limits(workspaces=2)
    await town.open()
    await town.create()
    await town.create()
    with pytest.raises(LimitReached, match="at most 2 workspaces"):
        await town.create()
    assert len(town.directory.workspaces()) == 2


async def test_a_creation_that_could_not_be_kept_leaves_nothing(town: Town) -> None:
    town.store.fails = True
    with pytest.raises(StoreError):
        await town.create()
    assert town.directory.workspaces() == []
    assert await town.store.workspaces() == []


async def test_a_creation_that_was_kept_all_the_same_is_listed(town: Town) -> None:
    town.store.tears = True
    with pytest.raises(StoreError):
        await town.create()
    town.store.tears = False
    [entry] = town.directory.workspaces()
    engine = await town.directory.engine(entry.sid)
    assert await engine.read(lambda state, now_ms: state.workspace.friendly_name) == "town"


async def test_a_creation_is_not_listed_before_it_is_durable(town: Town) -> None:
    town.store.hold()
    creating = asyncio.create_task(town.create())
    await settle()
    assert town.directory.workspaces() == []
    town.store.let_go()
    sid = await creating
    assert [entry.sid for entry in town.directory.workspaces()] == [sid]


async def test_a_deleted_workspace_is_gone_and_its_journal_stays(town: Town) -> None:
    sid, other = await town.create(), await town.create("other")
    engine = await town.directory.engine(sid)
    await town.directory.delete_workspace(sid)
    with pytest.raises(NotFound):
        await town.directory.engine(sid)
    with pytest.raises(NotFound):
        await engine.read(lambda state, now_ms: None)
    assert [entry.sid for entry in town.directory.workspaces()] == [other]
    assert isinstance((await town.events(sid))[-1], WorkspaceDeleted)
    directory = await town.open()
    assert [entry.sid for entry in directory.workspaces()] == [other]


async def test_workspaces_of_other_accounts_are_not_served(town: Town) -> None:
    sid = await town.create()
    directory = await town.open(OTHER_ACCOUNT)
    assert directory.workspaces() == []
    with pytest.raises(NotFound):
        await directory.engine(sid)
    assert len((await town.open()).workspaces()) == 1


# --- waking ---


async def test_many_who_wake_a_workspace_at_once_load_it_once(
    town: Town, monkeypatch: pytest.MonkeyPatch
) -> None:
    sid = await town.create()
    loads = []
    read = town.store.rows

    def rows(workspace_sid: str, after_position: int) -> AsyncIterator[JournalRow]:
        loads.append(workspace_sid)
        return read(workspace_sid, after_position)

    monkeypatch.setattr(town.store, "rows", rows)
    directory = await town.open()
    engines = await asyncio.gather(*(directory.engine(sid) for _ in range(10)))
    await settle()
    assert loads == [sid]
    assert len(set(map(id, engines))) == 1


async def test_one_who_gives_up_waking_does_not_stop_the_others(town: Town) -> None:
    sid = await town.create()
    directory = await town.open()
    leaver = asyncio.create_task(directory.engine(sid))
    await asyncio.sleep(0)
    stayer = asyncio.create_task(directory.engine(sid))
    await asyncio.sleep(0)
    leaver.cancel()
    assert (await stayer).position > 0


async def test_what_is_due_in_a_workspace_that_nobody_asks_for_happens_after_a_start(
    town: Town,
) -> None:
    sid = await town.create(template="FIFO")
    engine = await town.directory.engine(sid)
    await engine.ask(
        CreateTask(
            workflow_sid=await engine.read(lambda state, now_ms: next(iter(state.workflows))),
            timeout_s=60,
        ),
        lambda state, decided: None,
    )
    await town.directory.close()
    town.clock.now_ms += 60_000
    await town.open()
    await settle()
    assert any(isinstance(event, TaskCanceled) for event in await town.events(sid))
    engine = await town.directory.engine(sid)
    [status] = await engine.read(lambda state, _: [task.status for task in state.tasks.values()])
    assert status is TaskStatus.CANCELED


async def test_all_are_awake_once_each_has_been_loaded_or_could_not_be(town: Town) -> None:
    one, other = await town.create("one"), await town.create("other")
    town.store._journals[one].clear()
    directory = await town.open()
    await directory.awake()
    assert [*directory._engines] == [other]


async def test_a_workspace_that_cannot_be_read_keeps_no_other_from_waking(
    town: Town, caplog: pytest.LogCaptureFixture
) -> None:
    broken, sound = await town.create("broken"), await town.create("sound")
    rows = town.store._journals[broken]
    rows[0] = JournalRow(
        workspace_sid=broken,
        first_position=1,
        last_position=rows[0].last_position,
        at_ms=EPOCH_MS,
        codec_version=1,
        body=b"\xc1",
    )
    directory = await town.open()
    await settle()
    assert f"workspace {broken} stays asleep" in caplog.text
    with pytest.raises(StoreError, match="cannot be read"):
        await directory.engine(broken)
    assert (await directory.engine(sound)).position > 0


# --- one store for all ---


async def test_the_turns_of_many_workspaces_share_an_append(town: Town) -> None:
    sids = [await town.create(f"town {n}") for n in range(4)]
    engines = [await town.directory.engine(sid) for sid in sids]
    town.store.appends.clear()
    town.store.hold()

    def ask(n: int) -> "asyncio.Task[str]":
        return asyncio.create_task(
            engines[n].ask(CreateActivity(friendly_name="Resting"), lambda s, d: d.sid)
        )

    first = ask(0)
    await settle()
    rest = [ask(n) for n in (1, 2, 3)]
    await settle()
    town.store.let_go()
    await asyncio.gather(first, *rest)
    assert town.store.appends == [[sids[0]], sids[1:]]


async def test_a_stale_workspace_fails_alone(town: Town) -> None:
    stale, sound = await town.create("stale"), await town.create("sound")
    elsewhere = Directory(town.store, town.clock, RANDOM_BYTES)
    await elsewhere.open(ACCOUNT, "token")
    theirs = await elsewhere.engine(stale)
    await theirs.ask(CreateActivity(friendly_name="Theirs"), lambda s, d: None)
    await elsewhere.close()
    ours, other = await town.directory.engine(stale), await town.directory.engine(sound)
    outcomes = await asyncio.gather(
        ours.ask(CreateActivity(friendly_name="Ours"), lambda s, d: "kept"),
        other.ask(CreateActivity(friendly_name="Ours"), lambda s, d: "kept"),
        return_exceptions=True,
    )
    assert isinstance(outcomes[0], StoreError)
    assert outcomes[1] == "kept"
    assert await ours.ask(CreateActivity(friendly_name="Ours"), lambda s, d: "kept") == "kept"


async def test_a_closed_directory_takes_nothing(town: Town) -> None:
    sid = await town.create()
    engine = await town.directory.engine(sid)
    await town.directory.close()
    for attempt in (
        town.directory.engine(sid),
        town.create(),
        engine.read(lambda state, now_ms: None),
    ):
        with pytest.raises(Closed):
            await attempt
