"""What has to be so after a death: asked of the journal that was left, and of the next server."""

import asyncio
import json
import shutil
from collections import Counter
from pathlib import Path
from typing import Any

from contract.api.caller import Caller
from property.core_picture import canonical_of
from property.invariants import counters_equal_a_recount, statuses_agree
from taskyard.core.events import event_type
from taskyard.core.ids import Mint
from taskyard.core.lifecycles import RESERVATION, TASK
from taskyard.core.machine import Machine
from taskyard.engine.counters import Counters
from taskyard.engine.event_index import EventIndex, EventQuery
from taskyard.engine.journal import Journal
from taskyard.engine.loading import Loader
from taskyard.engine.snapshots import Snapshots, newest_good
from taskyard.engine.views import Feed
from taskyard.stores import Store, open_store

from .ledger import Ledger, follows


def no_mint(prefix: str) -> str:
    raise AssertionError(f"a fold mints nothing, not even {prefix}")


async def fold(store: Store, workspace_sid: str, mint: Mint = no_mint) -> Machine:
    """The whole journal; of a pruned one, what follows its newest snapshot that comes before."""
    rows = [row async for row in store.rows(workspace_sid, 0)]
    if rows[0].first_position == 1:
        return await fold_from(store, workspace_sid, None, mint)
    return (await folds(store, workspace_sid, mint))[0]


async def folds(store: Store, workspace_sid: str, mint: Mint = no_mint) -> list[Machine]:
    """What follows each snapshot, the newest first. None is damaged, and each is gone on from."""
    positions = [row.position async for row in store.snapshots(workspace_sid)]
    return [await fold_from(store, workspace_sid, position, mint) for position in positions]


async def fold_from(
    store: Store, workspace_sid: str, position: int | None, mint: Mint = no_mint
) -> Machine:
    machine = Machine(mint=mint)
    if position is not None:
        folded = await newest_good(store, workspace_sid, position + 1)
        assert folded is not None
        assert folded.position == position
        machine.state = folded.state
    async for turn in Journal(store).turns(workspace_sid, position or 0):
        machine.replay(turn.events, turn.at_ms)
    machine.resume()
    return machine


async def the_index_misses_nothing(
    store: Store, workspace_sid: str, *, forgets: bool = False
) -> None:
    """Let the event index catch up as a start does, and compare it with the journal.

    Where both forget what is old, each by its own pieces, what either still has is compared.
    """
    snapshots = [row.position async for row in store.snapshots(workspace_sid)]
    heard = await store.view_position(EventIndex.name, workspace_sid)
    index = EventIndex(store)
    feed = Feed(store, index)
    loader = Loader(
        workspace_sid,
        journal=Journal(store),
        new_machine=lambda: Machine(mint=no_mint),
        counters=Counters(),
        snapshots=Snapshots(store, nobody_writes),
        views=feed,
    )
    for turn in (await loader.load(None)).unheard:
        feed.note(turn)
    await feed.caught_up()
    await feed.close()
    query = EventQuery(workspace_sid=workspace_sid)
    found = [record.position async for record in index.find(query)][::-1]
    assert found == sorted(set(found))
    turns = [
        turn
        async for turn in Journal(store).turns(workspace_sid, await begins(store, workspace_sid))
    ]
    told = [
        turn.first_position + offset
        for turn in turns
        for offset, event in enumerate(turn.events)
        if not event_type(event).startswith("taskyard.")
    ]
    start = turns[0].first_position
    if forgets:
        start = max(start, found[0] if found else told[-1] + 1)
    missing = sorted(set(told) - set(found))
    assert [one for one in found if one >= start] == [one for one in told if one >= start], (
        f"missing {missing[:3]} … {missing[-3:]}, heard up to {heard}, snapshots at {snapshots}, "
        f"journal from {turns[0].first_position} to {turns[-1].last_position}, "
        f"{await store._reader.call(lambda c: c.execute('PRAGMA integrity_check').fetchall())}"
    )


async def begins(store: Store, workspace_sid: str) -> int:
    """The position before a journal's first row."""
    async for row in store.rows(workspace_sid, 0):
        return row.first_position - 1
    raise AssertionError(f"{workspace_sid} has no journal")


async def nobody_writes(workspace_sid: str) -> None:
    raise AssertionError("a load makes no snapshot")


def copy(database: Path, aside: Path) -> None:
    shutil.rmtree(aside, ignore_errors=True)
    aside.mkdir()
    for file in database.parent.glob(f"{database.name}*"):
        if not file.name.endswith("-shm"):
            shutil.copy(file, aside / file.name)


async def judge_the_journal(database: Path, aside: Path, ledgers: list[Ledger]) -> None:
    """Look at a copy of what the dead server left, so that the next one has to recover it."""
    await asyncio.to_thread(copy, database, aside)
    store = await open_store(f"sqlite:///{aside / database.name}", create=False)
    try:
        listed = {entry.sid for entry in await store.workspaces()}
        for ledger in ledgers:
            assert ledger.workspace_sid in listed
            machine = await fold(store, ledger.workspace_sid)
            again = await fold(store, ledger.workspace_sid)
            assert canonical_of(machine.state) == canonical_of(again.state)
            counters_equal_a_recount(machine)
            statuses_agree(machine)
            nothing_acknowledged_is_missing(machine, ledger)
            await the_index_misses_nothing(store, ledger.workspace_sid)
    finally:
        await store.close()


def nothing_acknowledged_is_missing(machine: Machine, ledger: Ledger) -> None:
    state = machine.state
    for sid, (version, status) in ledger.task_seen.items():
        if ledger.may_be_gone(sid):
            continue
        task = state.tasks[sid]
        assert task.version >= version, (sid, version, task)
        assert follows(TASK, status, task.status), (sid, status, task)
    for sid, (version, status) in ledger.offer_seen.items():
        if ledger.may_be_gone(ledger.task_of[sid]):
            continue
        offer = state.reservations[sid]
        assert offer.version >= version, (sid, version, offer)
        assert follows(RESERVATION, status, offer.status), (sid, status, offer)
        assert offer.version > version or offer.status == status, (sid, status, offer)
    judge_tasks(
        [{"sid": one.sid, "attributes": one.attributes} for one in state.tasks.values()], ledger
    )


async def judge_the_server(caller: Caller, ledger: Ledger) -> None:
    """Ask the server that came after."""
    tasks = await caller.every(f"{ledger.path}/Tasks?PageSize=1000", "tasks")
    judge_tasks(tasks, ledger)
    statuses = {one["sid"]: one["assignment_status"] for one in tasks}
    for sid, (_, status) in ledger.task_seen.items():
        if not ledger.may_be_gone(sid):
            assert follows(TASK, status, statuses[sid]), (sid, status, statuses[sid])
    found: dict[str, str] = {}
    for worker in ledger.workers:
        address = f"{ledger.path}/Workers/{worker}"
        offers = await caller.every(f"{address}/Reservations?PageSize=1000", "reservations")
        for one in offers:
            assert one["sid"] not in found, one
            found[one["sid"]] = one["reservation_status"]
        # Nobody accepts anything now, so that this number stands still.
        channel = await caller.see(f"{address}/Channels/default")
        accepted = Counter(one["reservation_status"] for one in offers)["accepted"]
        assert channel["assigned_tasks"] == accepted, worker
    for sid, (_, status) in ledger.offer_seen.items():
        if not ledger.may_be_gone(ledger.task_of[sid]):
            assert follows(RESERVATION, status, found[sid]), (sid, status, found[sid])


def judge_tasks(tasks: list[dict[str, Any]], ledger: Ledger) -> None:
    """Every task that was acknowledged is there, none twice, and none that nobody asked for."""
    sids = [one["sid"] for one in tasks]
    assert len(set(sids)) == len(sids)
    by_key = {json.loads(one["attributes"])["key"]: one for one in tasks}
    assert len(by_key) == len(tasks)
    assert by_key.keys() <= ledger.keys
    for key, sid in ledger.tasks.items():
        if sid in ledger.deleted:
            assert sid not in sids, sid
        elif sid not in ledger.deletions_sent:
            assert by_key[key]["sid"] == sid, key
            counted = json.loads(by_key[key]["attributes"])["count"]
            assert ledger.counts_kept[sid] <= counted <= ledger.counts_sent[sid], key
