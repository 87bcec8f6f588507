"""How long workers handled tasks, and how long they were there for more: what occupancy is made of.

At every instant a worker handles tasks, or is available without one, or is neither. Of a span of
time each worker's first and last change is kept, and how long they were what in between; so spans
that follow one another can be put together, and cut at any window, exactly.

The time of many workers needs no putting together. Between two spans a worker is what they were at
the end of the first and are at the beginning of the second, so that the length of that stretch is
the later instant less the earlier one, each counted with its own span: see `Turnover`.
"""

from collections.abc import Iterable, Mapping
from enum import IntEnum

import msgspec

from taskyard.core.model import Worker
from taskyard.core.state import State


class Presence(IntEnum):
    """What a worker is to those who wait. The numbers are kept in stores."""

    AWAY = 0
    """Neither available nor handling a task."""
    AVAILABLE = 1
    """In an available activity, and handling no task."""
    HANDLING = 2
    """With at least one reservation that is accepted or wrapping, whatever the activity."""


# Plain numbers: these are looked at for every change.
_AWAY, _AVAILABLE, _HANDLING = int(Presence.AWAY), int(Presence.AVAILABLE), int(Presence.HANDLING)


class PresenceChange(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """From this instant on a worker is something else."""

    worker_sid: str
    at_ms: int
    before: int
    after: int


class Course(msgspec.Struct, array_like=True, gc=False):
    """What one worker was in a span of time, from the first change in it to the last.

    Attributes:
        first_ms: When the first change was.
        before: The presence until then.
        last_ms: When the last one was.
        after: The presence from then on.
        available_ms: How long the worker was available in between.
        handling_ms: How long they handled tasks in between.
    """

    first_ms: int
    before: int
    last_ms: int
    after: int
    available_ms: int = 0
    handling_ms: int = 0

    def merge(self, later: "Course") -> None:
        """Go on with what was kept of a span after this one."""
        self.spend(self.after, later.first_ms - self.last_ms)
        self.last_ms, self.after = later.last_ms, later.after
        self.available_ms += later.available_ms
        self.handling_ms += later.handling_ms

    def spend(self, presence: int, length_ms: int) -> None:
        """Count a stretch of time."""
        if presence == _HANDLING:
            self.handling_ms += length_ms
        elif presence == _AVAILABLE:
            self.available_ms += length_ms


Courses = dict[str, Course]
"""By worker; whoever did not change has none."""


def course_of(change: PresenceChange) -> Course:
    """The course with this change alone."""
    return Course(change.at_ms, change.before, change.at_ms, change.after)


def add_changes(courses: Courses, changes: Iterable[PresenceChange]) -> None:
    """Go on with these changes, in their order."""
    for change in changes:
        found = courses.get(change.worker_sid)
        if found is None:
            courses[change.worker_sid] = course_of(change)
        else:
            found.spend(found.after, change.at_ms - found.last_ms)
            found.last_ms, found.after = change.at_ms, change.after


def add_courses(courses: Courses, later: Mapping[str, Course]) -> None:
    """Go on with what was kept of a span that comes after; `later` stays as it is."""
    for worker_sid, course in later.items():
        found = courses.get(worker_sid)
        if found is None:
            courses[worker_sid] = msgspec.structs.replace(course)
        else:
            found.merge(course)


class PresenceTimes(msgspec.Struct, frozen=True, gc=False):
    """How long workers were available without a task, and how long they handled tasks, in ms."""

    available_ms: int
    handling_ms: int

    @property
    def occupancy(self) -> float | None:
        """The share of handling, from 0 to 1; None where there is nothing to be a share of."""
        both = self.available_ms + self.handling_ms
        return self.handling_ms / both if both else None


def presence_of(state: State, worker: Worker) -> Presence:
    """What a worker is now."""
    if state.handled_by(worker):
        return Presence.HANDLING
    available = state.activities[worker.activity_sid].available
    return Presence.AVAILABLE if available else Presence.AWAY


class Turnover:
    """The courses of many workers in spans of time, summed up in whatever order.

    Attributes:
        before: By presence, how many courses began with it.
        after: By presence, how many ended with it.
        spent_ms: By presence, how long workers were so in their courses; and the first instants of
            the courses that began with it, less the last ones of those that ended with it.
    """

    __slots__ = ("after", "before", "spent_ms")

    def __init__(self) -> None:
        """Nothing has changed."""
        self.before = [0] * len(Presence)
        self.after = [0] * len(Presence)
        self.spent_ms = [0] * len(Presence)

    def add(self, course: Course, by: int = 1) -> None:
        """Count a course; or, by -1, no longer."""
        self.before[course.before] += by
        self.after[course.after] += by
        self.spent_ms[_AVAILABLE] += by * course.available_ms
        self.spent_ms[_HANDLING] += by * course.handling_ms
        self.spent_ms[course.before] += by * course.first_ms
        self.spent_ms[course.after] -= by * course.last_ms

    def merge(self, other: "Turnover") -> None:
        """Count what another has counted."""
        for mine, others in (
            (self.before, other.before),
            (self.after, other.after),
            (self.spent_ms, other.spent_ms),
        ):
            mine[:] = [a + b for a, b in zip(mine, others, strict=True)]


def turnover_of(courses: Iterable[Course]) -> Turnover:
    """The sums of these courses."""
    found = Turnover()
    for course in courses:
        found.add(course)
    return found


def times_of(
    within: Turnover, after: Turnover, now: Mapping[Presence, int], start_ms: int, end_ms: int
) -> PresenceTimes:
    """The time of some workers in a window, summed up.

    Args:
        within: What changed of them in the window.
        after: What changed from its end until now.
        now: How many of them are what now.
        start_ms: When the window begins.
        end_ms: When it ends.
    """

    def time_of(presence: Presence) -> int:
        at_end = now.get(presence, 0) - after.after[presence] + after.before[presence]
        at_start = at_end - within.after[presence] + within.before[presence]
        return within.spent_ms[presence] + at_end * end_ms - at_start * start_ms

    return PresenceTimes(time_of(Presence.AVAILABLE), time_of(Presence.HANDLING))
