"""A process that dies where it is told to, and what has to be so after each death."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from property.core_picture import canonical_of
from property.invariants import counters_equal_a_recount, statuses_agree
from taskyard.stores import open_store

from .doomed_process import ACCOUNT
from .fault_points import OF_THE_PAST, Point
from .ledger import Ledger
from .verdict import fold, folds, nothing_acknowledged_is_missing, the_index_misses_nothing

TESTS = Path(__file__).resolve().parent.parent
NOTHING_OF_THE_LAST_TURN = {Point.BEFORE_THE_APPEND, Point.BEFORE_THE_COMMIT}
ALL_OF_THE_LAST_TURN = {Point.AFTER_THE_APPEND}


class Told:
    """What all processes on one file have said, and what was asked for last."""

    def __init__(self) -> None:
        self.ledger = Ledger("the first workspace")
        self.workspaces: dict[str, str] = {}
        self.last_wave: set[str] = set()
        self.keyed: set[str] = set()
        """What was asked for with an idempotency key."""


class Doomed:
    """Dies again and again, each time a new process on the same file."""

    def __init__(self, process: "subprocess.Popen[str]") -> None:
        assert process.stdin is not None
        assert process.stdout is not None
        self._orders: IO[str] = process.stdin
        self._lines: IO[str] = process.stdout

    def die(self, database: str, point: str, seed: int, told: Told, **more: int) -> str:
        """One death; what was told before it goes into the book."""
        order = {"database": database, "point": point, "seed": seed, **more}
        self._orders.write(json.dumps(order))
        self._orders.write("\n")
        self._orders.flush()
        for line in self._lines:
            match json.loads(line):
                case ["ended", how]:
                    return str(how)
                case ["wave", keys, with_keys]:
                    told.last_wave = set(keys)
                    told.keyed |= told.last_wave if with_keys else set()
                    told.ledger.keys |= told.last_wave
                case ["created", key, sid]:
                    told.ledger.created(key, sid)
                case ["listed", name, sid]:
                    told.workspaces[name] = sid
                case ["answered", sid, task_sid, version, status]:
                    offer = {"sid": sid, "task_sid": task_sid, "reservation_status": status}
                    told.ledger.saw_offer(offer, version)
                case other:
                    raise AssertionError(other)
        raise AssertionError("the program has ended")


@contextmanager
def doomed_process() -> Iterator[Doomed]:
    """A process that forks one for each death."""
    paths = os.pathsep.join([str(TESTS), *filter(None, [os.environ.get("PYTHONPATH")])])
    with subprocess.Popen(
        [sys.executable, "-m", "torture.doomed_process"],
        env=os.environ | {"PYTHONPATH": paths},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        yield Doomed(process)
        process.communicate()  # the end of its input is the end of it


async def judge(database: str, point: str, told: Told) -> bool:
    """Whether the journal was pruned, which takes nothing from what is looked for."""
    store = await open_store(database, create=False)
    try:
        listed = [entry.sid for entry in await store.workspaces()]
        machines = {sid: await fold(store, sid) for sid in listed}
        again = {sid: await fold(store, sid) for sid in listed}
        answers = {key: await store.answer(ACCOUNT, key, 0) for key in told.keyed}
        others = [machine for sid in listed for machine in await folds(store, sid)]
        for sid in listed:
            await the_index_misses_nothing(store, sid, forgets=point in OF_THE_PAST)
        (first, *_) = [row.first_position async for row in store.rows(listed[0], 0)]
    finally:
        await store.close()
    for sid, machine in machines.items():
        assert canonical_of(machine.state) == canonical_of(again[sid].state)
        counters_equal_a_recount(machine)
        statuses_agree(machine)
    for machine in others:
        its = machines[machine.state.workspace.sid]
        assert canonical_of(machine.state) == canonical_of(its.state)
    nothing_acknowledged_is_missing(machines[listed[0]], told.ledger)
    for name, sid in told.workspaces.items():
        assert machines[sid].state.workspace.friendly_name == name

    kept = {one.state.workspace.friendly_name for one in machines.values()}
    kept |= {json.loads(one.attributes)["key"] for one in machines[listed[0]].state.tasks.values()}
    # An answer is kept with what it tells of, or not at all.
    assert {key for key, answer in answers.items() if answer is not None} == told.keyed & kept
    sids = {one.state.workspace.friendly_name: sid for sid, one in machines.items()}
    for one in machines[listed[0]].state.tasks.values():
        sids[json.loads(one.attributes)["key"]] = one.sid
    for key, answer in answers.items():
        assert answer is None or answer.body.decode() == sids[key]
    if point in NOTHING_OF_THE_LAST_TURN:
        assert not told.last_wave & kept
    elif point in ALL_OF_THE_LAST_TURN:
        assert told.last_wave <= kept
        assert not told.last_wave & (told.workspaces.keys() | told.ledger.tasks.keys())
    else:
        assert told.last_wave & kept in (set(), told.last_wave)
    return first > 1
