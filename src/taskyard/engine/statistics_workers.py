"""What the rows of a window say of workers: of all that there are, or of a few, looked up."""

import asyncio
from collections.abc import Iterable, Iterator, Mapping, Sequence

from taskyard.core.statistics import Course, Courses, PresenceChange
from taskyard.core.statistics.cumulative import Cell, WorkerCounts
from taskyard.core.statistics.presence import add_courses, course_of
from taskyard.stores.statistics_codec import WorkersPart

_COURSES_AT_A_STRETCH = 2_000
"""So many are put together in some milliseconds; then others get the loop."""


def counts_of(
    cells: Mapping[Cell, WorkerCounts], worker_sids: frozenset[str], task_channel_sid: str | None
) -> Iterator[WorkerCounts]:
    """The counts of these workers, in one task channel or in all."""
    channels = {channel for _, channel in cells} if task_channel_sid is None else {task_channel_sid}
    if len(worker_sids) * len(channels) < len(cells):
        for worker in worker_sids:
            for channel in channels:
                counts = cells.get((worker, channel))
                if counts is not None:
                    yield counts
        return
    for (worker, channel), counts in cells.items():
        if worker in worker_sids and channel in channels:
            yield counts


async def courses_of(
    bodies: Sequence[WorkersPart],
    changes: Iterable[PresenceChange],
    worker_sids: frozenset[str] | None,
) -> Courses | None:
    """What workers were in a window.

    Args:
        bodies: The rows of its hours and minutes; none overlaps another.
        changes: What else changed in it, in the order of time for those of an instant.
        worker_sids: Who is meant; None for all.

    Returns:
        The courses by worker; None if a row is older than courses are.
    """
    pieces: list[tuple[int, Mapping[str, Course]]] = []
    for body in bodies:
        if body.courses is None:
            return None
        courses = _some(body.courses, worker_sids)
        if courses:
            pieces.append((min(one.first_ms for one in courses.values()), courses))
    pieces += [
        (change.at_ms, {change.worker_sid: course_of(change)})
        for change in changes
        if worker_sids is None or change.worker_sid in worker_sids
    ]
    pieces.sort(key=lambda piece: piece[0])
    found: Courses = {}
    unrested = 0
    for _, courses in pieces:
        add_courses(found, courses)
        unrested += len(courses)
        if unrested >= _COURSES_AT_A_STRETCH:
            unrested = 0
            await asyncio.sleep(0)
    return found


def _some(
    courses: Mapping[str, Course], worker_sids: frozenset[str] | None
) -> Mapping[str, Course]:
    if worker_sids is None:
        return courses
    if len(worker_sids) < len(courses):
        return {sid: courses[sid] for sid in worker_sids if sid in courses}
    return {sid: one for sid, one in courses.items() if sid in worker_sids}
