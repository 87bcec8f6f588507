"""Statistics to rows and back, by version.

SIDs are most of a row, and do not pack: each stands once in a table of 18 bytes a SID, and is named
by its place there. A released version is never taken out of `_VERSIONS`, so that the oldest row
stays readable.
"""

from collections.abc import Iterable
from typing import TypeVar

import msgspec

from taskyard.core.statistics import (
    Course,
    Courses,
    Fact,
    PresenceChange,
    Spell,
    Spells,
    Sums,
    TakenDown,
    TaskSums,
)
from taskyard.core.statistics.cumulative import Cell, WorkerCounts
from taskyard.core.statistics.spells import Durations
from taskyard.core.steps import Steps

from .interface import StatisticsPart, StoreError

STATISTICS_VERSION = 2
"""The second one has what workers were to those who wait: `Courses` and changes of it."""
_VERSIONS = frozenset({1, 2})

_T = TypeVar("_T")
_encoder = msgspec.msgpack.Encoder()
_Tasks = tuple[bytes, list[tuple[int, int, msgspec.Raw]]]
_Cells = list[tuple[int, int, list[int]]]
_Workers = tuple[bytes, _Cells, list[tuple[int, Course]] | None]
_Workers1 = tuple[bytes, _Cells]
_Inside = tuple[bytes, list[tuple[int, int, Durations]], list[tuple[int, int, int, int]]]
_Facts = tuple[
    bytes, list[list[int]], list[tuple[int, int, int, int]], list[tuple[int, int, int, int]]
]
"""SIDs; of the facts, how long after the start, kinds, places of SIDs and waits, each of which is a
column, because like beside like packs best; the spells; and the changes of presence."""
_Facts1 = tuple[bytes, list[list[int]], list[tuple[int, int, int, int]]]
_tasks = msgspec.msgpack.Decoder(_Tasks)
_cell = msgspec.msgpack.Decoder(TaskSums)
_workers = msgspec.msgpack.Decoder(_Workers)
_workers_1 = msgspec.msgpack.Decoder(_Workers1)
_inside = msgspec.msgpack.Decoder(_Inside)
_facts = msgspec.msgpack.Decoder(_Facts)
_facts_1 = msgspec.msgpack.Decoder(_Facts1)

TaskCells = dict[Cell, bytes]
"""By scope and task channel, sums that `decode_cell` reads: most are not asked for."""


class _Sids:
    """A table of SIDs; place 0 is for none."""

    def __init__(self) -> None:
        self._places: dict[str | None, int] = {None: 0, "": 0}

    def place(self, sid: str | None) -> int:
        return self._places.setdefault(sid, len(self._places) - 1)

    def column(self, sids: list[str | None]) -> list[int]:
        """The places of many; a statement for each distinct one, and none for each."""
        for sid in dict.fromkeys(sids):
            self.place(sid)
        return [*map(self._places.__getitem__, sids)]

    def table(self) -> bytes:
        return b"".join(sid[:2].encode() + bytes.fromhex(sid[2:]) for sid in self._places if sid)


def _sids(table: bytes) -> list[str]:
    return [
        "",
        *(
            table[at : at + 2].decode() + table[at + 2 : at + 18].hex()
            for at in range(0, len(table), 18)
        ),
    ]


def encode_tasks(sums: Sums) -> bytes:
    """What happened to tasks."""
    sids = _Sids()
    cells = [
        (sids.place(scope), sids.place(channel), one)
        for (scope, channel), one in sums.tasks.items()
    ]
    return _encoder.encode((sids.table(), cells))


def decode_tasks(part: StatisticsPart) -> TaskCells:
    """What `encode_tasks` was given, cell by cell.

    Raises:
        StoreError: The row is of a version that this release does not know, or is damaged.
    """
    table, cells = _decoded(_tasks, part)
    sids = _sids(table)
    return {(sids[scope], sids[channel]): bytes(one) for scope, channel, one in cells}


def decode_cell(cell: bytes) -> TaskSums:
    """The sums of one cell.

    Raises:
        StoreError: The row that it comes from is damaged.
    """
    try:
        return _cell.decode(cell)
    except msgspec.DecodeError as error:
        raise StoreError(f"a row of statistics cannot be read: {error}") from error


class WorkersPart(msgspec.Struct, frozen=True):
    """What is kept of workers.

    Attributes:
        counts: Of their reservations, by worker and task channel.
        courses: What they were to those who wait; None in a row that is older than these.
    """

    counts: dict[Cell, WorkerCounts]
    courses: Courses | None


def encoding_workers(sums: Sums, courses: Courses | None, start_ms: int) -> Steps[bytes]:
    """The reservations of workers, and what they were in a span that begins at an instant."""
    sids = _Sids()
    cells = [
        (sids.place(worker), sids.place(channel), counts)
        for (worker, channel), counts in sums.workers.items()
    ]
    yield
    placed = None
    if courses is not None:
        placed = [(sids.place(worker), _moved(one, -start_ms)) for worker, one in courses.items()]
        yield
    return _encoder.encode((sids.table(), cells, placed))


def _moved(course: Course, by_ms: int) -> Course:
    return msgspec.structs.replace(
        course, first_ms=course.first_ms + by_ms, last_ms=course.last_ms + by_ms
    )


def decode_workers(part: StatisticsPart) -> WorkersPart:
    """What `encoding_workers` was given.

    Raises:
        StoreError: The row is of a version that this release does not know, or is damaged.
    """
    courses: Courses | None = None
    if part.codec_version == 1:
        table, cells = _decoded(_workers_1, part)
        sids = _sids(table)
    else:
        table, cells, placed = _decoded(_workers, part)
        sids = _sids(table)
        if placed is not None:
            courses = {sids[worker]: _moved(one, part.start_ms) for worker, one in placed}
    counts = {(sids[worker], sids[channel]): counts for worker, channel, counts in cells}
    return WorkersPart(counts, courses)


def encode_spells(spells: Spells) -> bytes:
    """What workers did."""
    sids = _Sids()
    inside = [
        (sids.place(worker), sids.place(activity), one)
        for (worker, activity), one in spells.inside.items()
    ]
    crossing = _placed(spells.crossing, sids, spells.start_ms)
    return _encoder.encode((sids.table(), inside, crossing))


def decode_spells(part: StatisticsPart) -> Spells:
    """What `encode_spells` was given.

    Raises:
        StoreError: The row is of a version that this release does not know, or is damaged.
    """
    table, inside, crossing = _decoded(_inside, part)
    sids = _sids(table)
    spells = Spells(part.start_ms)
    spells.inside = {(sids[worker], sids[activity]): one for worker, activity, one in inside}
    spells.crossing = _unplaced(crossing, sids, part.start_ms)
    return spells


def encoding_facts(start_ms: int, down: TakenDown) -> Steps[bytes]:
    """The facts themselves, of a span that begins at an instant."""
    sids, facts = _Sids(), down.facts
    columns = [[fact.at_ms - start_ms for fact in facts], [fact.kind for fact in facts]]
    yield
    columns.append(sids.column([fact.task_channel_sid for fact in facts]))
    columns.append(sids.column([fact.workflow_sid for fact in facts]))
    yield
    columns.append(sids.column([fact.task_queue_sid for fact in facts]))
    columns.append(sids.column([fact.worker_sid for fact in facts]))
    yield
    columns += [fact.wait_s for fact in facts], [fact.in_queue_s for fact in facts]
    yield
    spells = _placed(down.spells, sids, start_ms)
    changes = [
        (sids.place(one.worker_sid), one.at_ms - start_ms, one.before, one.after)
        for one in down.changes
    ]
    yield
    return _encoder.encode((sids.table(), columns, spells, changes))


def decode_facts(part: StatisticsPart) -> TakenDown:
    """What `encoding_facts` was given.

    Raises:
        StoreError: The row is of a version that this release does not know, or is damaged.
    """
    down = TakenDown()
    if not part.body:
        return down
    if part.codec_version == 1:
        table, columns, spells = _decoded(_facts_1, part)
        changes = []
    else:
        table, columns, spells, changes = _decoded(_facts, part)
    sids, start_ms = _sids(table), part.start_ms
    down.facts = [
        Fact(
            start_ms + after_ms,
            kind,
            sids[channel],
            sids[workflow] or None,
            sids[queue] or None,
            sids[worker] or None,
            wait_s,
            in_queue_s,
        )
        for after_ms, kind, channel, workflow, queue, worker, wait_s, in_queue_s in zip(
            *columns, strict=True
        )
    ]
    down.spells = _unplaced(spells, sids, start_ms)
    down.changes = [
        PresenceChange(sids[worker], start_ms + after_ms, before, after)
        for worker, after_ms, before, after in changes
    ]
    return down


_Placed = list[tuple[int, int, int, int]]


def _placed(spells: Iterable[Spell], sids: _Sids, start_ms: int) -> _Placed:
    return [
        (
            sids.place(one.worker_sid),
            sids.place(one.activity_sid),
            one.since_ms - start_ms,
            one.until_ms - start_ms,
        )
        for one in spells
    ]


def _unplaced(placed: _Placed, sids: list[str], start_ms: int) -> list[Spell]:
    return [
        Spell(sids[worker], sids[activity], start_ms + since_ms, start_ms + until_ms)
        for worker, activity, since_ms, until_ms in placed
    ]


def _decoded(decoder: msgspec.msgpack.Decoder[_T], part: StatisticsPart) -> _T:
    where = f"the row of statistics that begins at {part.start_ms}"
    if part.codec_version not in _VERSIONS:
        raise StoreError(
            f"{where} is of version {part.codec_version}, which this release does not know"
        )
    try:
        return decoder.decode(part.body)
    except msgspec.DecodeError as error:
        raise StoreError(f"{where} cannot be read: {error}") from error
