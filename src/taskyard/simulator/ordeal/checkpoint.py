"""Everything that can be read of a server, held against the second model while nobody asks.

Nothing goes wrong for a while and nobody wants anything. By then whatever was due has happened, and
every way to look shows the same.
"""

import asyncio
from collections import Counter
from random import Random

import msgspec

from taskyard.core.model import TaskStatus
from taskyard.core.state import State
from taskyard.core.statistics import FactKind
from taskyard.engine import EventQuery, Window

from .judge import Judge
from .ledger import Ledger
from .messages import all_nouns_in
from .server import RETENTION_MS, Server
from .violation import Violation, expect

_LESS_THAN_AN_APPEND_S = 0.0003
"""None begins and ends within it."""
_OVERDUE_MS = 2_000
"""Tasks that have ended are forgotten at full seconds."""
_WALL_CLOCK_JUMPS_MS = 24 * 3_600_000
"""What was let go while the clock was ahead is missed now."""
_WINDOW_MS = 20 * 3_600_000
_FACTS = {
    "created": FactKind.TASK_CREATED,
    "workflow entered": FactKind.WORKFLOW_ENTERED,
    "queue entered": FactKind.TASK_QUEUE_ENTERED,
    "moved": FactKind.TASK_MOVED,
    "workflow timed out": FactKind.WORKFLOW_TIMED_OUT,
    "canceled": FactKind.TASK_CANCELED,
    "completed": FactKind.TASK_COMPLETED,
    "deleted": FactKind.TASK_DELETED,
    "offered": FactKind.RESERVATION_CREATED,
    "accepted": FactKind.RESERVATION_ACCEPTED,
    "accepted again": FactKind.RESERVATION_ACCEPTED_AGAIN,
    "rejected": FactKind.RESERVATION_REJECTED,
    "timeout": FactKind.RESERVATION_TIMED_OUT,
    "canceled offer": FactKind.RESERVATION_CANCELED,
    "rescinded": FactKind.RESERVATION_RESCINDED,
}
"""What the plain tallies call a kind of fact."""
_FIRST_OF_WORKERS = int(FactKind.RESERVATION_CREATED)
_NOUNS = (
    "activities",
    "task_channels",
    "task_queues",
    "workflows",
    "workers",
    "tasks",
    "reservations",
    "transfers",
)

Pictures = dict[str, tuple[int, bytes]]
"""Of each workspace its position, and everything that its state holds."""


async def look(server: Server, judge: Judge, dice: Random) -> Pictures:
    """Look at everything, from within the server.

    Raises:
        Violation: Something is not as it has to be.
    """
    await nothing_is_written(server)
    judge.catch_up()
    pictures: Pictures = {}
    for sid, ledger in list(judge.ledgers.items()):  # the judge may hear of another meanwhile
        if not ledger.is_deleted:
            pictures[sid] = await _look_until_still(server, judge, ledger, dice)
            judge.counts["checkpoints"] += 1
    return pictures


async def nothing_is_written(server: Server) -> None:
    """Wait until the engine knows of all that is in the store: some things become due just now."""
    is_quiet = False
    while not is_quiet:
        was_appending = server.way.is_appending
        await asyncio.sleep(_LESS_THAN_AN_APPEND_S)
        is_quiet = not (was_appending or server.way.is_appending)


async def _look_until_still(
    server: Server, judge: Judge, ledger: Ledger, dice: Random
) -> tuple[int, bytes]:
    """What differs because something became due between two looks is looked at once more."""
    while True:
        await nothing_is_written(server)
        judge.catch_up()
        position = ledger.position
        try:
            return await _look_at(server, judge, ledger, dice)
        except Violation:
            await nothing_is_written(server)
            judge.catch_up()
            if ledger.position == position:
                raise


async def _look_at(server: Server, judge: Judge, ledger: Ledger, dice: Random) -> tuple[int, bytes]:
    engine = await server.directory.engine(ledger.sid)
    position, now_ms, whole, nouns = await engine.read(
        lambda state, now_ms: (engine.position, now_ms, whole_of(state), all_nouns_in(state))
    )
    expect(position == ledger.position, f"{ledger.sid} is at {position}, not {ledger.position}")
    overdue = ledger.overdue(now_ms - _OVERDUE_MS)
    expect(overdue is None, f"workspace {ledger.sid}, {ledger.position}, {now_ms}: {overdue}")
    _same_nouns(ledger, nouns)
    await _same_counts(server, ledger)
    await _same_events(server, judge, ledger, now_ms)
    await _same_statistics(server, ledger, dice, now_ms)
    return position, whole


def whole_of(state: State) -> bytes:
    """Every field of every noun."""
    everything = {name: dict(sorted(getattr(state, name).items())) for name in _NOUNS}
    return msgspec.json.encode([state.workspace, everything])


def _same_nouns(ledger: Ledger, nouns: list[dict[str, object]]) -> None:
    there = {str(one["sid"]): one for one in nouns}
    known = (ledger.activities, ledger.queues, ledger.flows, ledger.people, ledger.jobs)
    expected = {sid for some in (*known, ledger.offers, ledger.transfers) for sid in some}
    different = sorted(expected ^ there.keys())
    expect(not different, f"workspace {ledger.sid}: {different[:5]} are there or are not")
    for sid, picture in there.items():
        expect(
            picture == ledger.picture(sid),
            f"workspace {ledger.sid}, {ledger.position}: {picture}, and not {ledger.picture(sid)}",
        )


async def _same_counts(server: Server, ledger: Ledger) -> None:
    view = await server.directory.real_time(ledger.sid)
    engine = await server.directory.engine(ledger.sid)
    expected = Counter(job.status for job in ledger.jobs.values())
    seen = await engine.read(lambda state, _: view.of(state).counts("", None).by_status)
    expect(
        all(seen[status] == expected[status] for status in TaskStatus),
        f"workspace {ledger.sid} counts {seen}, and not {expected}",
    )


async def _same_events(server: Server, judge: Judge, ledger: Ledger, now_ms: int) -> None:
    begins = await server.directory.events_begin_at(ledger.sid)
    told = judge.told_events[ledger.sid]
    kept_from_ms = now_ms - RETENTION_MS + _WALL_CLOCK_JUMPS_MS
    oldest = next((position for position, at_ms in told if at_ms >= kept_from_ms), None)
    if begins is None:
        expect(oldest is None, f"workspace {ledger.sid}: no event can be found")
        return
    expect(
        oldest is None or begins <= oldest,
        f"workspace {ledger.sid}: events begin at {begins}, although {oldest} is young",
    )
    judge.told_events[ledger.sid] = told = [one for one in told if one[0] >= begins]
    query = EventQuery(workspace_sid=ledger.sid, after_position=begins - 1, oldest_first=True)
    found = [record.position async for record in server.directory.find_events(query)]
    missing = sorted({position for position, _ in told} ^ set(found))
    expect(
        found == [position for position, _ in told],
        f"workspace {ledger.sid}: of the events from {begins} on {missing[:5]} are amiss",
    )


async def _same_statistics(server: Server, ledger: Ledger, dice: Random, now_ms: int) -> None:
    scopes = ["", *ledger.queues, *ledger.flows]
    start_ms = now_ms - dice.randrange(_WINDOW_MS)
    for window in (
        Window(start_ms, start_ms + dice.randrange(now_ms - start_ms + 1)),
        Window(now_ms - _WINDOW_MS, now_ms + 1),
    ):
        found = await server.directory.statistics.tasks_of(ledger.sid, window, scopes, None)
        for scope, sums in zip(scopes, found, strict=True):
            expected = ledger.tallies.window(scope, window.start_ms, window.end_ms)
            told = f"workspace {ledger.sid}, {window}, {scope or 'all'}"
            for name, kind in _FACTS.items():
                count = sums.count(kind)
                expect(
                    count == expected.counts[name],
                    f"{told}: {count} times {name}, not {expected.counts[name]}",
                )
            if scope == "":
                workers = await server.directory.statistics.workers(ledger.sid, window, None, None)
                expect(
                    workers[_FIRST_OF_WORKERS:] == sums.counts[_FIRST_OF_WORKERS:],
                    f"{told}: workers add up to {workers}, tasks to {sums.counts}",
                )
            waits = (sums.accepted, sums.canceled, sums.in_queue)
            expect(
                waits == (expected.accepted, expected.canceled, expected.in_queue),
                f"{told}: waits of {waits}, not {expected}",
            )
