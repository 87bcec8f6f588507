"""A program that dies on demand, with the real directory over a real store.

Each line of standard input is a death: a JSON object with `database`, `point` and `seed`,
and for PostgreSQL `postmaster`, the process that is the database. For each
a process is forked, so that nothing has to be imported anew. It prints what it asks for and what it
is answered as it goes, a JSON array a line; the last line says how it ended.
"""

import asyncio
import json
import os
import random
import signal
import sys
import time
import traceback
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any, NoReturn

from taskyard.core.commands import (
    AcceptReservation,
    Command,
    CompleteReservation,
    CreateTask,
    CreateTaskQueue,
    CreateWorker,
    CreateWorkflow,
    CreateWorkspace,
)
from taskyard.core.model import ReservationStatus
from taskyard.core.state import State
from taskyard.engine import Directory, Retention, Snapshots, WorkspaceEngine, turn
from taskyard.engine.snapshots import keep_snapshot, verify_snapshots
from taskyard.stores import KeptAnswer
from taskyard.stores.postgres import PostgresStore
from taskyard.stores.sqlite import SqliteStore
from torture.fault_points import OF_THE_PAST, DoomedStore, Point
from torture.postgres_fault_points import DoomedPostgres

SHARE_WITH_KEYS = 0.5
"""Of waves: the others are written by one statement, as they are without idempotency keys."""
ACCOUNT, TOKEN = "AC" + "d" * 32, "t" * 32
TASKS_PER_WAVE = 5
RETENTION_MS = 20
EVENTS_BETWEEN_SNAPSHOTS = 60


def note(*words: object) -> None:
    # A short line goes into a pipe whole, and a limit on files does not touch it.
    os.write(1, json.dumps(words).encode() + b"\n")


async def use_until_death(order: dict[str, Any]) -> NoReturn:
    # However slow the machine is just now, a wave is one turn.
    turn._DECIDING_S = 60.0
    dice = random.Random(order["seed"])
    store: DoomedStore | DoomedPostgres
    if order["database"].startswith("sqlite:///"):
        path = Path(order["database"].removeprefix("sqlite:///"))
        store = DoomedStore(await SqliteStore.open(path), path, dice)
    else:
        shared = await PostgresStore.open(order["database"])
        store = DoomedPostgres(shared, dice, order["postmaster"])
    snapshots = Snapshots(
        store,  # type: ignore[arg-type]
        partial(write_and_verify, store),
        events_between=EVENTS_BETWEEN_SNAPSHOTS,
    )
    directory = Directory(store, now_ms, os.urandom, snapshots=snapshots)  # type: ignore[arg-type]
    await directory.open(ACCOUNT, TOKEN)
    if not directory.workspaces():
        await furnish(directory)
    engine = await directory.engine(directory.workspaces()[0].sid)
    of_the_past = order["point"] in OF_THE_PAST
    if of_the_past:
        retention = Retention(
            store,  # type: ignore[arg-type]
            now_ms,
            RETENTION_MS,
            snapshots=snapshots,
            views_at=directory.views.kept_position,
            rest_s=0.001,
        )
        retention.start()
    last_wave = dice.randrange(1, 5)
    doomed = False
    for wave in range(10_000):
        if not doomed and wave >= last_wave and (not of_the_past or store.has_pruned):
            store.doom(order["point"])
            doomed = True
        if order["point"] == Point.BEFORE_THE_COMMIT:
            await workspace(directory, f"{order['seed']} {wave}")
        else:
            with_keys = dice.random() < SHARE_WITH_KEYS
            await one_wave(engine, f"{order['seed']} {wave}", with_keys)
    raise AssertionError("it should have died")


def now_ms() -> int:
    return time.time_ns() // 1_000_000


async def write_and_verify(store: DoomedStore | DoomedPostgres, workspace_sid: str) -> None:
    await keep_snapshot(store, workspace_sid)  # type: ignore[arg-type]
    await verify_snapshots(store, workspace_sid)  # type: ignore[arg-type]


async def furnish(directory: Directory) -> None:
    sid = await directory.create_workspace(
        CreateWorkspace(account_sid=ACCOUNT, friendly_name="first"), lambda _, decided: decided.sid
    )
    engine = await directory.engine(sid)
    queue = await ask(engine, CreateTaskQueue(friendly_name="everybody"))
    rules = {"task_routing": {"filters": [], "default_filter": {"queue": queue}}}
    await ask(engine, CreateWorkflow(friendly_name="all", configuration=json.dumps(rules)))
    available = await engine.read(
        lambda state, _: next(one.sid for one in state.activities.values() if one.available)
    )
    for number in range(4):
        await ask(engine, CreateWorker(friendly_name=f"w{number}", activity_sid=available))


async def ask(engine: WorkspaceEngine, command: Command) -> str:
    return await engine.ask(command, lambda _, decided: decided.sid)


async def workspace(directory: Directory, name: str) -> None:
    note("wave", [name], True)
    command = CreateWorkspace(account_sid=ACCOUNT, friendly_name=name)
    sid = await directory.create_workspace(command, lambda _, made: made.sid, keep_with(name))
    note("listed", name, sid)


def keep_with(key: str) -> Callable[[str, int], KeptAnswer]:
    """Keeps a SID as the answer to an idempotency key."""
    return lambda sid, now_ms: KeptAnswer(
        account_sid=ACCOUNT,
        key=key,
        request=b"",
        at_ms=now_ms,
        status=201,
        version=None,
        body=sid.encode(),
    )


async def one_wave(engine: WorkspaceEngine, name: str, with_keys: bool) -> None:
    """Ask for all of it in the same round of the loop: it shares a turn."""
    offers = await engine.read(live_offers)
    keys = [f"{name} {number}" for number in range(TASKS_PER_WAVE)]
    note("wave", keys, with_keys)
    await asyncio.gather(
        *(create(engine, key, with_keys) for key in keys),
        *(answer(engine, sid, status) for sid, status in offers),
    )


def live_offers(state: State, _: int) -> list[tuple[str, ReservationStatus]]:
    return [
        (sid, state.reservations[sid].status)
        for worker in state.workers.values()
        for sid in worker.reservations
    ]


async def create(engine: WorkspaceEngine, key: str, with_key: bool) -> None:
    command = CreateTask(attributes=json.dumps({"key": key, "count": 0}))
    keep = keep_with(key) if with_key else None
    note("created", key, await engine.ask(command, lambda _, decided: decided.sid, keep))


async def answer(engine: WorkspaceEngine, sid: str, status: str) -> None:
    command: Command = AcceptReservation(reservation_sid=sid)
    if status != ReservationStatus.PENDING:
        command = CompleteReservation(reservation_sid=sid)

    def seen(state: State, _: object) -> tuple[str, str, int, str]:
        offer = state.reservations[sid]  # type: ignore[index]
        return sid, offer.task_sid, offer.version, offer.status

    note("answered", *await engine.ask(command, seen))


def main() -> None:
    for line in sys.stdin:
        child = os.fork()
        if child == 0:
            try:
                asyncio.run(use_until_death(json.loads(line)))
            except BaseException:
                traceback.print_exc()
            os._exit(70)
        _, status = os.waitpid(child, 0)
        ended = signal.Signals(os.WTERMSIG(status)).name if os.WIFSIGNALED(status) else "lived"
        note("ended", ended)


if __name__ == "__main__":
    main()
