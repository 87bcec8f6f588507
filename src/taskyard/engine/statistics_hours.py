"""Hours that are over, summed up: a window of days reads few rows."""

import asyncio

from taskyard.core.statistics import Courses, Spells, Sums
from taskyard.core.statistics.cumulative import merged_counts
from taskyard.core.statistics.presence import add_courses
from taskyard.stores import StatisticsRow
from taskyard.stores.statistics_codec import (
    STATISTICS_VERSION,
    decode_cell,
    decode_spells,
    decode_tasks,
    decode_workers,
    encode_spells,
    encode_tasks,
    encoding_workers,
)

from .pace import leisurely
from .statistics_rows import StatisticsRows
from .time_windows import HOUR_MS, MINUTE_MS

_WORTH_AN_HOUR = 4
"""Rows of an hour below which another one that sums them up saves nothing."""


async def hour_row(rows: StatisticsRows, workspace_sid: str, hour_ms: int) -> StatisticsRow | None:
    """The sums of the minutes of an hour; None if they are too few to be worth it.

    Raises:
        StoreError: The minutes cannot be read.
    """
    sums, spells = Sums(), Spells(hour_ms)
    courses: Courses | None = {}
    before_ms = hour_ms + HOUR_MS
    tasks = await rows.search(workspace_sid, "tasks", MINUTE_MS, hour_ms, before_ms)
    if len(tasks) < _WORTH_AN_HOUR:
        return None
    for part in tasks:
        for (scope, channel), cell in decode_tasks(part).items():
            sums.of(scope, channel).merge(decode_cell(cell))
        await asyncio.sleep(0)
    for part in await rows.search(workspace_sid, "workers", MINUTE_MS, hour_ms, before_ms):
        found = decode_workers(part)
        for cell_of, counts in found.counts.items():
            sums.workers[cell_of] = merged_counts((sums.of_worker(*cell_of), counts))
        if courses is not None and found.courses is not None:
            add_courses(courses, found.courses)
        else:
            courses = None
        await asyncio.sleep(0)
    for part in await rows.search(workspace_sid, "spells", MINUTE_MS, hour_ms, before_ms):
        spells.merge(decode_spells(part))
        await asyncio.sleep(0)
    return StatisticsRow(
        workspace_sid=workspace_sid,
        span_ms=HOUR_MS,
        start_ms=hour_ms,
        # What is kept in memory begins after the hour: the row is never taken for a part of it.
        first_position=0,
        last_position=0,
        codec_version=STATISTICS_VERSION,
        tasks=encode_tasks(sums),
        workers=await leisurely(encoding_workers(sums, courses, hour_ms)),
        spells=encode_spells(spells),
        facts=b"",
    )
