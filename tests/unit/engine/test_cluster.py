"""Several nodes in one process, over one passing store, with time that stands still."""

import asyncio
import json
import random
from collections.abc import AsyncIterator, Mapping, Sequence

import pytest

from taskyard.core.commands import (
    CreateActivity,
    CreateTask,
    CreateTaskQueue,
    CreateWorkflow,
    CreateWorkspace,
    UpdateActivity,
)
from taskyard.core.errors import NotFound
from taskyard.core.state import State
from taskyard.core.statistics import FactKind
from taskyard.core.statistics.cumulative import WORKSPACE
from taskyard.engine import (
    Cluster,
    Directory,
    EventQuery,
    OutOfTouch,
    ServedElsewhere,
    TurnRecord,
    Window,
)
from taskyard.stores import StoreError
from taskyard.stores.memory_sharing import SharedMemoryStore
from taskyard.stores.sharing import Lease, Node, Pulse, Rows

from .bench import ACCOUNT, EPOCH_MS, settle

LEASE_S = 5.0
RANDOM_BYTES = random.Random(11).randbytes


class Member(Directory):
    """A node, whose clock may be wrong, and which may be stopped as a process may."""

    def __init__(self, region: "Region", number: int, wrong_by_ms: int) -> None:
        self.frozen_at_s: float | None = None
        super().__init__(
            region.store,
            lambda: self.member.now_ms(),
            RANDOM_BYTES,
            cluster=Cluster(
                region.store,
                f"http://node{number}",
                "1",
                node_sid=f"node {number}",
                lease_s=LEASE_S,
                wall_ms=lambda: region.now_ms + wrong_by_ms,
                seconds=lambda: region.now_ms / 1000,
            ),
        )
        self.told: dict[str, list[TurnRecord]] = {}
        self.follow(lambda engine, turn: self.told.setdefault(turn.workspace_sid, []).append(turn))

    @property
    def member(self) -> Cluster:
        assert self.cluster is not None
        return self.cluster

    async def serves(self, workspace_sid: str) -> bool:
        return await self.member.server_of(workspace_sid) is None

    async def names(self, workspace_sid: str) -> list[str]:
        engine = await self.engine(workspace_sid)
        return await engine.read(lambda state, _: names_in(state))

    async def add(self, workspace_sid: str, name: str) -> str:
        engine = await self.engine(workspace_sid)
        command = CreateActivity(friendly_name=name, available=False)
        return await engine.ask(command, lambda _, decided: decided.sid)

    async def add_workflow(self, workspace_sid: str) -> str:
        engine = await self.engine(workspace_sid)
        queue = await engine.ask(
            CreateTaskQueue(friendly_name="all"), lambda _, decided: decided.sid
        )
        rules = json.dumps({"task_routing": {"default_filter": {"queue": queue}}})
        command = CreateWorkflow(friendly_name="all", configuration=rules)
        return await engine.ask(command, lambda _, decided: decided.sid)

    async def make_task(self, workspace_sid: str, workflow_sid: str) -> str:
        engine = await self.engine(workspace_sid)
        command = CreateTask(workflow_sid=workflow_sid)
        return await engine.ask(command, lambda _, decided: decided.sid)


class Region:
    def __init__(self) -> None:
        self.now_ms = EPOCH_MS
        self.store = SharedMemoryStore(lambda: self.now_ms)
        self.members: list[Member] = []

    async def member(self, wrong_by_ms: int = 0) -> Member:
        member = Member(self, len(self.members), wrong_by_ms)
        await member.open(ACCOUNT, "token")
        assert member.member._beating is not None
        member.member._beating.cancel()  # it says that it is alive when the test says so
        self.members.append(member)
        return member

    def fall_silent(self) -> None:
        """Nobody is told of a change any more."""
        self.store.listeners.clear()

    async def pass_time(self, seconds: float, *, alive: list[Member]) -> None:
        """Time goes by, and those who are alive say so once at the end of it."""
        self.now_ms += round(seconds * 1000)
        for member in alive:
            await member.member.beat()
        await settle()

    async def create(self, member: Member, name: str = "region") -> str:
        sid = await member.create_workspace(
            CreateWorkspace(account_sid=ACCOUNT, friendly_name=name, template="NONE"),
            lambda state, decided: state.workspace.sid,
        )
        await settle()
        return sid


def names_in(state: State) -> list[str]:
    return [one.friendly_name for one in state.activities.values()]


@pytest.fixture
async def region() -> AsyncIterator[Region]:
    made = Region()
    yield made
    for member in made.members:
        await member.close()


async def test_a_workspace_is_served_where_it_was_made_and_followed_elsewhere(
    region: Region,
) -> None:
    one, two = await region.member(), await region.member()
    sid = await region.create(one)
    assert await one.serves(sid)
    lease = await two.member.server_of(sid)
    assert lease is not None
    assert lease.url == "http://node0"
    assert await two.names(sid) == await one.names(sid)
    await one.add(sid, "Tea")
    await settle()
    assert "Tea" in await two.names(sid)


async def test_whoever_asks_a_node_that_does_not_serve_is_told_who_does(region: Region) -> None:
    one, two = await region.member(), await region.member()
    sid = await region.create(one)
    await two.member.server_of(sid)
    with pytest.raises(ServedElsewhere) as refused:
        await two.add(sid, "Tea")
    assert refused.value.lease is not None
    assert refused.value.lease.node_sid == "node 0"
    assert "Tea" not in await one.names(sid)


async def test_a_follower_tells_of_the_same_turns_with_the_same_details(region: Region) -> None:
    one, two = await region.member(), await region.member()
    sid = await region.create(one)
    await two.engine(sid)
    for name in ("Tea", "Coffee", "Lunch"):
        await one.add(sid, name)
    await settle()
    told = two.told[sid]
    assert [(t.first_position, t.last_position, t.events, t.details) for t in told] == [
        (t.first_position, t.last_position, t.events, t.details) for t in one.told[sid]
    ]


async def test_a_client_reads_through_a_follower_what_it_has_written_through_it(
    region: Region,
) -> None:
    one, two = await region.member(), await region.member()
    sid = await region.create(one)
    engine = await two.engine(sid)
    region.fall_silent()
    await one.add(sid, "Tea")
    assert "Tea" not in await two.names(sid)
    engine.hear_of((await one.engine(sid)).position)
    assert "Tea" in await two.names(sid)


async def test_a_look_that_began_before_a_write_is_no_answer_to_who_reads_after_it(
    region: Region, monkeypatch: pytest.MonkeyPatch
) -> None:
    look, gate = region.store.news, asyncio.Event()
    looks: list[Mapping[str, int]] = []

    async def slow(positions: Mapping[str, int]) -> Mapping[str, Rows]:
        looks.append(positions)
        found = await look(positions)
        await gate.wait()
        return found

    monkeypatch.setattr(region.store, "news", slow)
    one, two = await region.member(), await region.member()
    sid = await region.create(one)
    engine = await two.engine(sid)
    region.fall_silent()
    await one.add(sid, "Coffee")
    engine.hear_of((await one.engine(sid)).position)
    await settle()
    assert len(looks) == 1
    await one.add(sid, "Tea")
    engine.hear_of((await one.engine(sid)).position)
    reading = asyncio.create_task(two.names(sid))
    await settle()
    gate.set()
    assert "Tea" in await reading


async def test_who_reads_waits_no_longer_than_for_what_was_there_when_they_came(
    region: Region, monkeypatch: pytest.MonkeyPatch
) -> None:
    look, looks = region.store.news, 0

    async def always_more(positions: Mapping[str, int]) -> Mapping[str, Rows]:
        nonlocal looks
        looks += 1
        found = await look(positions)
        if looks < 20:
            await one.add(sid, f"number {looks}")
            engine.hear_of((await one.engine(sid)).position)
        return found

    monkeypatch.setattr(region.store, "news", always_more)
    one, two = await region.member(), await region.member()
    sid = await region.create(one)
    engine = await two.engine(sid)
    region.fall_silent()
    await one.add(sid, "Tea")
    engine.hear_of((await one.engine(sid)).position)
    assert "Tea" in await two.names(sid)
    assert looks < 3


async def test_what_was_not_told_is_found_with_the_next_beat(region: Region) -> None:
    one, two = await region.member(), await region.member()
    sid = await region.create(one)
    await two.engine(sid)
    region.fall_silent()
    await one.add(sid, "Tea")
    await region.pass_time(1, alive=[one, two])
    assert "Tea" in await two.names(sid)


async def test_another_node_takes_over_when_the_lease_has_ended(region: Region) -> None:
    one, two = await region.member(), await region.member()
    sid = await region.create(one)
    await two.engine(sid)
    await region.pass_time(LEASE_S - 1, alive=[two])
    assert not await two.serves(sid)
    await region.pass_time(1.5, alive=[two])
    assert await two.serves(sid)
    await two.add(sid, "Tea")
    assert "Tea" in await two.names(sid)


async def test_a_node_that_was_away_for_too_long_shows_and_decides_nothing(
    region: Region,
) -> None:
    one, two = await region.member(), await region.member()
    sid = await region.create(one)
    await two.engine(sid)
    await region.pass_time(LEASE_S + 1, alive=[two])
    with pytest.raises(OutOfTouch):
        await one.names(sid)
    with pytest.raises(ServedElsewhere):
        await one.add(sid, "Coffee")
    assert await one.member.obstacle() is not None
    await two.add(sid, "Tea")
    await region.pass_time(1, alive=[one, two])
    assert await one.member.obstacle() is None
    assert "Tea" in await one.names(sid)
    assert not await one.serves(sid)


async def test_what_a_stale_holder_decides_is_not_kept_and_may_be_sent_on(
    region: Region,
) -> None:
    one, two = await region.member(), await region.member()
    sid = await region.create(one)
    engine = await one.engine(sid)
    # as if it had been stopped between its look at the clock and the append
    await region.store.release("node 0", [sid])
    await region.store.claim("node 1", [sid], 1)
    with pytest.raises(ServedElsewhere):
        await one.add(sid, "Tea")
    await settle()
    assert not engine.serves
    assert "Tea" not in await two.names(sid)
    assert "Tea" not in await one.names(sid)


async def test_a_holder_that_lost_its_lease_and_has_it_again_begins_from_the_journal(
    region: Region,
) -> None:
    one, two = await region.member(), await region.member()
    sid = await region.create(one)
    await two.engine(sid)
    await region.pass_time(LEASE_S + 1, alive=[two])
    await two.add(sid, "Tea")
    region.fall_silent()
    await region.store.release("node 1", [sid])
    for lease in await region.store.claim("node 0", [sid], 1):  # none: the node is forgotten
        raise AssertionError(lease)
    await region.pass_time(1, alive=[one])
    assert await one.serves(sid)
    assert "Tea" in await one.names(sid)


async def test_a_lease_that_turns_out_to_be_over_does_not_end_the_one_that_came_after_it(
    region: Region,
) -> None:
    one = await region.member()
    sid = await region.create(one)
    await region.store.release("node 0", [sid])
    [lease] = await region.store.claim("node 0", [sid], 1)
    tenure = one.member.tenure(sid)
    tenure.epoch = lease.epoch
    tenure.lost(lease.epoch - 1)
    assert await one.serves(sid)
    await one.add(sid, "Tea")
    tenure.lost(lease.epoch)
    assert not one.member.serves(sid)


async def test_many_who_ask_at_once_who_serves_share_a_look(
    region: Region, monkeypatch: pytest.MonkeyPatch
) -> None:
    one, two = await region.member(), await region.member()
    sids = [await region.create(one, f"region {number}") for number in range(3)]
    looks: list[list[str]] = []
    leases = region.store.leases

    async def counted(workspace_sids: Sequence[str] | None) -> Mapping[str, Lease]:
        looks.append(sorted(workspace_sids or ()))
        await settle()
        return await leases(workspace_sids)

    async def claimed(*_: object) -> list[Lease]:
        raise AssertionError("all of them are served")

    monkeypatch.setattr(region.store, "leases", counted)
    monkeypatch.setattr(region.store, "claim", claimed)
    asked = [two.member.server_of(sid, look_again=True) for sid in sids * 100]
    served = await asyncio.gather(*asked)
    assert {one and one.node_sid for one in served} == {"node 0"}
    assert looks == [sorted(sids)]


async def test_a_node_that_cannot_reach_the_store_has_nobody_wait_for_it(
    region: Region, monkeypatch: pytest.MonkeyPatch
) -> None:
    one, two = await region.member(), await region.member()
    sid = await region.create(one)

    async def gone(node: Node, for_ms: int, followed: Sequence[str]) -> Pulse:
        raise StoreError("nobody answers")

    async def leases(workspace_sids: Sequence[str] | None) -> Mapping[str, Lease]:
        raise AssertionError("it was asked")

    monkeypatch.setattr(region.store, "beat", gone)
    monkeypatch.setattr(region.store, "leases", leases)
    await region.pass_time(LEASE_S + 1, alive=[])
    two.member._beating = asyncio.create_task(two.member._keep_beating())
    two.member._hurry.set()
    await settle()
    with pytest.raises(StoreError, match="nobody answers"):
        await two.member.server_of(sid)


@pytest.mark.parametrize("how", ["asked", "beat"])
async def test_a_node_serves_what_the_store_says_is_its_own(region: Region, how: str) -> None:
    one, two = await region.member(), await region.member()
    sid = await region.create(one)
    one.member.tenure(sid).lost(1)  # as if the answer to a claim had never arrived
    if how == "beat":
        await one.member.beat()
        assert one.member.serves(sid)
    assert await one.serves(sid)
    assert not await two.serves(sid)
    await one.add(sid, "Tea")


async def test_a_node_whose_beat_came_too_late_begins_from_the_journal(region: Region) -> None:
    one, two = await region.member(), await region.member()
    sid = await region.create(one)
    kept = region.store.beat

    async def late(node: Node, for_ms: int, followed: Sequence[str]) -> Pulse:
        region.store.beat = kept  # type: ignore[method-assign]
        await region.pass_time(1, alive=[two])
        await two.add(sid, "Tea")
        return await kept(node, for_ms, followed)

    await region.pass_time(LEASE_S - 0.5, alive=[two])
    region.store.beat = late  # type: ignore[method-assign]
    await one.member.beat()
    assert not one.member.serves(sid)
    assert "Tea" in await one.names(sid)


async def test_a_clean_stop_hands_over_at_once(region: Region) -> None:
    one, two = await region.member(), await region.member()
    sid = await region.create(one)
    await two.engine(sid)
    await one.close()
    assert await two.serves(sid)
    await two.add(sid, "Tea")


async def test_workspaces_spread_over_the_nodes(region: Region) -> None:
    one = await region.member()
    sids = [await region.create(one, f"region {number}") for number in range(10)]
    two = await region.member()
    for _ in range(20):
        await region.pass_time(1, alive=[one, two])
    assert sorted([len(one.member.served), len(two.member.served)]) == [5, 5]
    assert sorted([*one.member.served, *two.member.served]) == sorted(sids)
    for sid in two.member.served:
        await two.add(sid, "Tea")
    for sid in one.member.served:
        await one.add(sid, "Tea")


async def test_clocks_that_are_an_hour_apart_agree_on_the_instant(region: Region) -> None:
    one = await region.member(wrong_by_ms=3_600_000)
    two = await region.member(wrong_by_ms=-3_600_000)
    sid = await region.create(one)
    await two.engine(sid)
    assert one.member.now_ms() == two.member.now_ms() == region.now_ms
    await one.close()
    assert await two.serves(sid)
    await two.add(sid, "Tea")
    turns = [turn.at_ms for turn in two.told[sid]]
    assert turns == [EPOCH_MS] * len(turns)


async def test_a_workspace_that_is_deleted_is_gone_everywhere(region: Region) -> None:
    one, two = await region.member(), await region.member()
    sid = await region.create(one)
    await two.engine(sid)
    await one.delete_workspace(sid)
    await settle()
    with pytest.raises(NotFound):
        await two.engine(sid)
    assert [entry.sid for entry in two.workspaces()] == []


async def test_a_new_workspace_is_known_to_all(region: Region) -> None:
    one, two = await region.member(), await region.member()
    sid = await region.create(one)
    await settle()
    assert [entry.sid for entry in two.workspaces()] == [sid]


async def test_a_beat_hands_on_no_workspace_that_is_just_being_made(region: Region) -> None:
    one = (await region.member()).member
    one.found("WS1")
    await one.beat()
    await settle()
    assert one.serves("WS1")
    one.forget("WS1")


async def found(member: Member, sid: str) -> list[int]:
    query = EventQuery(workspace_sid=sid, oldest_first=True)
    return [record.position async for record in member.find_events(query)]


async def test_past_events_are_the_same_everywhere_and_each_is_kept_once(region: Region) -> None:
    one, two = await region.member(), await region.member()
    sid = await region.create(one)
    await two.engine(sid)
    for number in range(5):
        await one.add(sid, f"activity {number}")
    await settle()
    expected = await found(one, sid)
    assert await found(two, sid) == expected
    await region.pass_time(LEASE_S + 1, alive=[two])
    for number in range(5, 8):
        await two.add(sid, f"activity {number}")
    await region.pass_time(1, alive=[one, two])
    late = await found(one, sid)
    assert late[: len(expected)] == expected
    assert len(late) == len(expected) + 3
    assert await found(two, sid) == late


async def test_what_a_change_of_hands_cuts_in_two_is_one_update(region: Region) -> None:
    one, two = await region.member(), await region.member()
    sid = await region.create(one)
    await two.engine(sid)
    activity = await one.add(sid, "Tea")
    both = [
        asyncio.ensure_future(
            (await one.engine(sid)).ask(
                UpdateActivity(activity_sid=activity, friendly_name=f"Tea {number}"),
                lambda _, decided: decided.sid,
            )
        )
        for number in range(20)
    ]
    await one.member._hand_on([sid])
    outcomes = await asyncio.gather(*both, return_exceptions=True)
    done = [one for one in outcomes if not isinstance(one, BaseException)]
    sent_on = [one for one in outcomes if isinstance(one, ServedElsewhere)]
    assert len(done) + len(sent_on) == 20
    await two.member.server_of(sid)
    await settle()
    updates = [event for turn in two.told[sid] for event in turn.events]
    assert sum(type(event).__name__ == "ActivityUpdated" for event in updates) == len(done)


async def tasks_created(member: Member, sid: str) -> int:
    window = Window(EPOCH_MS - 60_000, EPOCH_MS + 3_600_000)
    sums = await member.statistics.tasks(sid, window, WORKSPACE, None)
    return sums.count(FactKind.TASK_CREATED)


async def test_statistics_are_the_same_everywhere_whoever_has_kept_them(region: Region) -> None:
    one, two = await region.member(), await region.member()
    sid = await region.create(one)
    await two.engine(sid)
    workflow = await one.add_workflow(sid)
    for number in range(1, 6):
        await one.make_task(sid, workflow)
        await settle()
        assert await tasks_created(one, sid) == await tasks_created(two, sid) == number
    await one.views.caught_up()  # one has kept them …
    await two.views.look()  # … and two lets go of what it has heard
    assert await tasks_created(one, sid) == await tasks_created(two, sid) == 5
    await one.make_task(sid, workflow)
    await settle()
    await region.pass_time(LEASE_S + 61, alive=[two])
    for number in range(7, 10):
        await two.make_task(sid, workflow)
        await settle()
        assert await tasks_created(two, sid) == number
    await region.pass_time(1, alive=[one, two])
    await two.views.look()
    await two.views.caught_up()
    await one.views.look()
    assert await tasks_created(one, sid) == await tasks_created(two, sid) == 9


async def test_two_clusters_on_one_database_are_noticed_and_the_first_goes_on(
    region: Region,
) -> None:
    one = await region.member()
    sid = await region.create(one)
    stranger = Member(region, 1, 0)
    with pytest.raises(StoreError, match="node0 of account " + ACCOUNT):
        await stranger.open("AC" + "b" * 32, "token")
    await region.pass_time(1, alive=[one])
    assert [standing.node.url for standing in one.member.nodes] == ["http://node0"]
    assert await one.serves(sid)
    await one.add(sid, "Tea")


async def test_a_node_takes_no_workspace_of_another_account(region: Region) -> None:
    one = await region.member()
    sid = await region.create(one)
    await one.close()
    stranger = Member(region, 1, 0)
    await stranger.open("AC" + "b" * 32, "token")
    region.members.append(stranger)
    await region.pass_time(LEASE_S + 1, alive=[stranger])
    assert stranger.member.served == []
    with pytest.raises(NotFound):
        await stranger.engine(sid)
