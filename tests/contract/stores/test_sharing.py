"""What every store promises that several nodes share."""

import asyncio
from collections.abc import AsyncIterator

import pytest

from postgres import RealPostgres
from taskyard.stores import Append, StalePosition
from taskyard.stores.sharing import (
    Appended,
    LeaseLost,
    LeaseMoved,
    Node,
    SharedStore,
    Standing,
    WorkspaceListed,
)

from .rows import entry, journal, row, workspace
from .sharing import N1, N2, Ear, Nodes, begun, held, memory_nodes, postgres_nodes

W1, W2, W3 = workspace(1), workspace(2), workspace(3)


@pytest.fixture(params=["memory", "postgres"])
async def nodes(request: pytest.FixtureRequest) -> AsyncIterator[Nodes]:
    if request.param == "memory":
        opened = memory_nodes()
    else:
        server: RealPostgres = request.getfixturevalue("postgres")
        opened = postgres_nodes(server)
    async with opened as found:
        yield found


async def holders(store: SharedStore) -> dict[str, tuple[str, int]]:
    return {sid: (one.node_sid, one.epoch) for sid, one in (await store.leases(None)).items()}


async def test_a_store_that_is_shared_says_so(nodes: Nodes) -> None:
    assert isinstance(nodes.one, SharedStore)


async def test_a_beat_tells_who_is_alive_and_how_much_each_serves(nodes: Nodes) -> None:
    await nodes.alive()
    await nodes.begin(N2, W1, W2)
    assert await nodes.one.append([Append(row=row(W3, 1), lists=entry(W3))]) == {}
    pulse = await nodes.one.beat(N1, 60_000)
    assert pulse.nodes == [Standing(node=N1, held=0), Standing(node=N2, held=2)]
    assert (pulse.workspaces, pulse.unserved) == (3, 1)


async def test_who_only_looks_sees_the_nodes_that_are_alive(nodes: Nodes) -> None:
    assert await nodes.one.nodes() == []
    await nodes.one.beat(N1, 1_000)
    await nodes.two.beat(N2, 60_000)
    await nodes.begin(N2, W1)
    assert await nodes.one.nodes() == [Standing(node=N1, held=0), Standing(node=N2, held=1)]
    await nodes.pass_ms(1_000)
    assert await nodes.one.nodes() == [Standing(node=N2, held=1)]


async def test_a_beat_tells_the_instant_by_the_stores_clock(nodes: Nodes) -> None:
    earlier = (await nodes.one.beat(N1, 60_000)).store_ms
    await nodes.pass_ms(1)
    later = (await nodes.two.beat(N2, 60_000)).store_ms
    assert 1_600_000_000_000 < earlier <= later


async def test_a_beat_brings_what_a_node_says_of_itself_up_to_date(nodes: Nodes) -> None:
    await nodes.one.beat(N1, 60_000)
    moved = Node(
        sid=N1.sid, account_sid=N1.account_sid, url="http://elsewhere.example", version="2.0"
    )
    assert (await nodes.one.beat(moved, 60_000)).nodes == [Standing(node=moved, held=0)]


async def test_a_node_is_alive_up_to_its_instant_and_not_beyond(nodes: Nodes) -> None:
    await nodes.one.beat(N1, 60_000)
    await nodes.two.beat(N2, 120_000)
    await nodes.pass_ms(30_000)
    assert len((await nodes.two.beat(N2, 120_000)).nodes) == 2
    await nodes.pass_ms(31_000)
    assert [one.node for one in (await nodes.two.beat(N2, 120_000)).nodes] == [N2]


async def test_with_its_first_row_a_workspace_is_served_by_who_appended_it(nodes: Nodes) -> None:
    await nodes.alive()
    await nodes.begin(N1, W1)
    lease = (await nodes.two.leases([W1]))[W1]
    assert (lease.workspace_sid, lease.node_sid, lease.url) == (W1, N1.sid, N1.url)
    assert lease.epoch == 1


async def test_a_row_is_kept_while_the_lease_has_its_epoch(nodes: Nodes) -> None:
    await nodes.alive()
    await nodes.begin(N1, W1)
    assert await nodes.one.append([held(N1, row(W1, 2), 1)]) == {}
    assert len(await journal(nodes.two, W1)) == 2


@pytest.mark.parametrize(("node", "epoch"), [(N2, 1), (N1, 2), (N1, 0)])
async def test_a_row_of_another_node_or_epoch_is_not_kept(
    nodes: Nodes, node: Node, epoch: int
) -> None:
    await nodes.alive()
    await nodes.begin(N1, W1, W2)
    failures = await nodes.two.append([held(node, row(W1, 2), epoch), held(N1, row(W2, 2), 1)])
    assert list(failures) == [W1]
    lost = failures[W1]
    assert isinstance(lost, LeaseLost)
    assert (lost.workspace_sid, lost.epoch) == (W1, epoch)
    assert len(await journal(nodes.one, W1)) == 1
    assert len(await journal(nodes.one, W2)) == 2


async def test_a_row_of_a_node_that_is_not_alive_is_not_kept(nodes: Nodes) -> None:
    await nodes.alive(for_ms=10_000)
    await nodes.begin(N1, W1)
    await nodes.pass_ms(10_001)
    assert isinstance((await nodes.one.append([held(N1, row(W1, 2), 1)]))[W1], LeaseLost)


async def test_a_lease_does_not_make_up_for_a_stale_position(nodes: Nodes) -> None:
    await nodes.alive()
    await nodes.begin(N1, W1)
    failures = await nodes.one.append([held(N1, row(W1, 5), 1)])
    assert isinstance(failures[W1], StalePosition)


async def test_only_what_no_living_node_has_is_claimed(nodes: Nodes) -> None:
    await nodes.alive()
    await nodes.begin(N1, W1)
    assert await nodes.two.append([Append(row=row(W2, 1), lists=entry(W2))]) == {}
    [lease] = await nodes.two.claim(N2.sid, None, 10)
    assert (lease.workspace_sid, lease.node_sid, lease.url) == (W2, N2.sid, N2.url)
    assert lease.epoch == 1
    assert await holders(nodes.one) == {W1: (N1.sid, 1), W2: (N2.sid, 1)}


async def test_what_is_not_in_the_directory_is_not_claimed(nodes: Nodes) -> None:
    await nodes.alive()
    assert await nodes.one.append([Append(row=row(W1, 1), lists=entry(W1), unlists=True)]) == {}
    assert await nodes.one.claim(N1.sid, None, 10) == []
    assert await nodes.one.claim(N1.sid, [W1, W2], 10) == []


async def test_a_claim_takes_no_more_than_it_asks_for(nodes: Nodes) -> None:
    await nodes.alive()
    await nodes.begin(N1, W1, W2, W3)
    await nodes.one.leave(N1.sid)
    assert [one.workspace_sid for one in await nodes.two.claim(N2.sid, [W3], 5)] == [W3]
    assert len(await nodes.two.claim(N2.sid, None, 1)) == 1
    assert len(await nodes.two.claim(N2.sid, None, 0)) == 0
    assert len(await nodes.two.claim(N2.sid, [W1, W2, W3], 5)) == 1


async def test_a_node_that_is_not_alive_gets_nothing(nodes: Nodes) -> None:
    await nodes.alive(for_ms=10_000)
    await nodes.begin(N2, W1)
    await nodes.pass_ms(10_001)
    assert await nodes.one.claim(N1.sid, None, 5) == []
    assert await nodes.one.leases(None) == {}


async def test_leases_of_a_node_that_died_go_to_others_with_the_next_epoch(nodes: Nodes) -> None:
    await nodes.one.beat(N1, 10_000)
    await nodes.two.beat(N2, 60_000)
    await nodes.begin(N1, W1, W2)
    await nodes.pass_ms(10_001)
    assert await holders(nodes.two) == {}
    assert (await nodes.two.beat(N2, 60_000)).unserved == 2
    taken = await nodes.two.claim(N2.sid, None, 5)
    assert sorted((one.workspace_sid, one.epoch) for one in taken) == [(W1, 2), (W2, 2)]
    assert isinstance((await nodes.one.append([held(N1, row(W1, 2), 1)]))[W1], LeaseLost)
    assert await nodes.two.append([held(N2, row(W1, 2), 2)]) == {}


async def test_a_node_whose_time_had_passed_begins_anew_without_leases(nodes: Nodes) -> None:
    await nodes.alive(for_ms=10_000)
    await nodes.begin(N1, W1)
    await nodes.pass_ms(10_001)
    pulse = await nodes.one.beat(N1, 10_000)
    assert pulse.nodes == [Standing(node=N1, held=0)]
    assert pulse.unserved == 1
    assert isinstance((await nodes.one.append([held(N1, row(W1, 2), 1)]))[W1], LeaseLost)
    assert [one.epoch for one in await nodes.one.claim(N1.sid, None, 5)] == [2]


async def test_a_node_that_leaves_is_forgotten_with_its_leases(nodes: Nodes) -> None:
    await nodes.alive()
    await nodes.begin(N1, W1)
    await nodes.one.leave(N1.sid)
    await nodes.one.leave(N1.sid)
    assert await nodes.two.leases(None) == {}
    assert [one.node for one in (await nodes.two.beat(N2, 60_000)).nodes] == [N2]


async def test_what_a_node_makes_after_it_was_forgotten_can_be_claimed(nodes: Nodes) -> None:
    await nodes.alive()
    await nodes.one.leave(N1.sid)
    await nodes.begin(N1, W1)
    assert (await nodes.two.beat(N2, 60_000)).unserved == 1
    assert [one.epoch for one in await nodes.two.claim(N2.sid, None, 5)] == [2]
    assert isinstance((await nodes.one.append([held(N1, row(W1, 2), 1)]))[W1], LeaseLost)


async def test_a_node_gives_back_only_leases_of_its_own(nodes: Nodes) -> None:
    await nodes.alive()
    await nodes.begin(N1, W1, W2)
    await nodes.begin(N2, W3)
    await nodes.one.release(N1.sid, [W1, W3, workspace(9)])
    assert await holders(nodes.two) == {W2: (N1.sid, 1), W3: (N2.sid, 1)}
    assert [one.epoch for one in await nodes.two.claim(N2.sid, [W1], 1)] == [2]


async def test_leases_are_found_by_their_workspaces(nodes: Nodes) -> None:
    await nodes.alive()
    await nodes.begin(N1, W1, W2)
    assert set(await nodes.two.leases([W2, W3])) == {W2}
    assert await nodes.two.leases([]) == {}


async def test_the_end_of_a_journal_is_that_of_its_last_row(nodes: Nodes) -> None:
    await nodes.alive()
    await nodes.begin(N1, W1, W2)
    assert await nodes.one.append([held(N1, row(W1, 2, 40), 1)]) == {}
    assert await nodes.two.end_of([W1, W2, W3]) == {W1: 40, W2: 1}
    assert await nodes.two.end_of([]) == {}


async def test_news_of_many_journals_are_what_follows_a_position_in_each(nodes: Nodes) -> None:
    await nodes.alive()
    await nodes.begin(N1, W1, W2, W3)
    for position in range(2, 5):
        assert await nodes.one.append([held(N1, row(W1, position), 1)]) == {}
    assert await nodes.two.news({}) == {}
    news = await nodes.two.news({W1: 2, W2: 0, W3: 1, workspace(4): 0})
    assert news == {
        W1: [row(W1, 3), row(W1, 4)],
        W2: [row(W2, 1)],
    }


async def test_of_many_news_the_first_come_first(nodes: Nodes) -> None:
    await nodes.alive()
    await nodes.begin(N1, W1)
    for position in range(2, 200):
        assert await nodes.one.append([held(N1, row(W1, position), 1)]) == {}
    seen = [row(W1, 1)]
    while some := (await nodes.two.news({W1: seen[-1].first_position})).get(W1):
        assert isinstance(some, list)
        seen += some
    assert seen == [row(W1, position) for position in range(1, 200)]


async def test_the_secret_is_the_one_that_was_kept_first(nodes: Nodes) -> None:
    secrets = await asyncio.gather(
        nodes.one.cluster_secret("first"), nodes.two.cluster_secret("second")
    )
    assert len(set(secrets)) == 1
    assert secrets[0] in {"first", "second"}
    assert await nodes.one.cluster_secret("third") == secrets[0]


async def test_both_nodes_are_told_of_rows_and_of_the_directory(nodes: Nodes) -> None:
    await nodes.alive()
    ears = [Ear(nodes.one), Ear(nodes.two)]
    await ears[0].is_there(nodes.one)
    await ears[1].is_there(nodes.two)
    await nodes.begin(N1, W1, W2)
    assert await nodes.two.append([held(N1, row(W2, 2, 7), 1)]) == {}
    assert await nodes.two.append([Append(row=row(W1, 2), unlists=True)]) == {}
    for ear in ears:
        for change in (WorkspaceListed(W1), Appended(W1, 1), Appended(W2, 7), Appended(W1, 2)):
            await ear.until(change)
        assert ear.heard.count(WorkspaceListed(W1)) == 2


async def test_a_row_that_is_not_kept_is_not_told(nodes: Nodes) -> None:
    await nodes.alive()
    await nodes.begin(N1, W1)
    ear = Ear(nodes.two)
    await ear.is_there(nodes.two)
    await nodes.one.append([held(N1, row(W1, 9, 11), 1), begun(N1, W2)])
    await ear.until(Appended(W2, 1))
    assert Appended(W1, 11) not in ear.heard


async def test_many_rows_of_one_append_are_told_or_it_is_said_that_some_are_not(
    nodes: Nodes,
) -> None:
    await nodes.alive()
    sids = [workspace(number) for number in range(300)]
    await nodes.begin(N1, *sids)
    ear = Ear(nodes.two)
    await ear.is_there(nodes.two)
    far = 2**52
    assert await nodes.one.append([held(N1, row(sid, 2, far), 1) for sid in sids]) == {}
    for sid in sids:
        await ear.until(Appended(sid, far))


async def test_both_nodes_are_told_when_leases_move(nodes: Nodes) -> None:
    await nodes.alive()
    await nodes.begin(N1, W1, W2)
    ear = Ear(nodes.two)
    await ear.is_there(nodes.two)
    await nodes.one.release(N1.sid, [W1])
    await ear.until(LeaseMoved(W1))
    ear.heard.clear()
    await nodes.two.claim(N2.sid, [W1], 1)
    await ear.until(LeaseMoved(W1))
    await nodes.one.leave(N1.sid)
    await ear.until(LeaseMoved(None))


async def test_who_no_longer_listens_is_told_nothing(nodes: Nodes) -> None:
    await nodes.alive()
    ear, other = Ear(nodes.one), Ear(nodes.one)
    await other.is_there(nodes.one)
    ear.stop()
    ear.heard.clear()
    await nodes.begin(N1, W1)
    await other.until(Appended(W1, 1))
    assert ear.heard == []


async def test_of_two_nodes_that_claim_at_once_each_lease_goes_to_one(nodes: Nodes) -> None:
    await nodes.alive()
    sids = [workspace(number) for number in range(40)]
    await nodes.begin(N1, *sids)
    await nodes.one.release(N1.sid, sids)
    tries = [
        store.claim(node.sid, None, 3)
        for _ in range(10)
        for store, node in ((nodes.one, N1), (nodes.two, N2))
    ]
    taken = [lease.workspace_sid for leases in await asyncio.gather(*tries) for lease in leases]
    assert sorted(taken) == sids


async def test_of_two_nodes_that_append_at_one_position_one_is_kept(nodes: Nodes) -> None:
    await nodes.alive()
    for round_ in range(10):
        sids = [workspace(100 * round_ + number) for number in range(20)]
        first, second = await asyncio.gather(
            nodes.one.append([begun(N1, sid) for sid in sids]),
            nodes.two.append([begun(N2, sid) for sid in reversed(sids)]),
        )
        assert set(first) ^ set(second) == set(sids)
        assert all(isinstance(one, StalePosition) for one in (first | second).values())
        for sid in sids:
            assert len(await journal(nodes.one, sid)) == 1
            holder = N2 if sid in first else N1
            assert (await nodes.one.leases([sid]))[sid].node_sid == holder.sid


async def test_while_leases_move_every_journal_stays_without_a_gap(nodes: Nodes) -> None:
    await nodes.alive()
    sids = [workspace(number) for number in range(6)]
    await nodes.begin(N1, *sids)
    is_over = False

    async def append(store: SharedStore, node: Node) -> int:
        kept = 0
        while not is_over:
            own = {
                sid: lease.epoch
                for sid, lease in (await store.leases(None)).items()
                if lease.node_sid == node.sid
            }
            ends = await store.end_of(list(own))
            rows = [held(node, row(sid, ends[sid] + 1), epoch) for sid, epoch in own.items()]
            failures = await store.append(rows)
            assert all(isinstance(one, LeaseLost | StalePosition) for one in failures.values())
            kept += len(rows) - len(failures)
            await asyncio.sleep(0)
        return kept

    async def move() -> None:
        nonlocal is_over
        for _ in range(30):
            await nodes.one.release(N1.sid, sids[::2])
            await nodes.two.claim(N2.sid, None, 3)
            await nodes.two.release(N2.sid, sids)
            await nodes.one.claim(N1.sid, None, 6)
        is_over = True

    first, second, _ = await asyncio.gather(append(nodes.one, N1), append(nodes.two, N2), move())
    assert first > 0
    total = 0
    for sid in sids:
        rows = await journal(nodes.one, sid)
        assert [one.first_position for one in rows] == list(range(1, len(rows) + 1))
        total += len(rows) - 1
    assert total == first + second


async def test_a_node_takes_no_workspace_of_another_account_nor_counts_it(nodes: Nodes) -> None:
    stranger = Node(
        sid="ND" + "3" * 32, account_sid="AC" + "f" * 32, url="http://three.example", version="1"
    )
    await nodes.alive()
    await nodes.begin(N1, W1, W2)
    await nodes.one.release(N1.sid, [W1, W2])
    pulse = await nodes.two.beat(stranger, 60_000)
    assert (pulse.workspaces, pulse.unserved) == (0, 0)
    assert stranger in [standing.node for standing in pulse.nodes]
    assert await nodes.two.claim(stranger.sid, None, 9) == []
    assert await nodes.two.claim(stranger.sid, [W1], 9) == []
    pulse = await nodes.two.beat(N2, 60_000)
    assert (pulse.workspaces, pulse.unserved) == (2, 2)
    assert len(await nodes.two.claim(N2.sid, None, 9)) == 2
