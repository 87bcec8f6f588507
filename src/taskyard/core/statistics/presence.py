"""How long workers handled tasks, and how long they were there for more: what occupancy is made of.

At every instant a worker handles tasks, or is available without one, or is neither. Of a span of
time each worker's first and last change is kept, and how long they were what in between; so spans
that follow one another can be put together, and cut at any window, exactly.
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


def times_of(
    within: Mapping[str, Course],
    after: Mapping[str, Course],
    now: Mapping[str, Presence],
    start_ms: int,
    end_ms: int,
) -> PresenceTimes:
    """The time of some workers in a window, summed up.

    Args:
        within: What changed in the window.
        after: What changed from its end until now.
        now: The workers who are meant, and what each is now.
        start_ms: When the window begins.
        end_ms: When it ends.
    """
    total = Course(start_ms, _AWAY, end_ms, _AWAY)
    for worker_sid, presence in now.items():
        course = within.get(worker_sid)
        if course is not None:
            total.spend(course.before, course.first_ms - start_ms)
            total.available_ms += course.available_ms
            total.handling_ms += course.handling_ms
            total.spend(course.after, end_ms - course.last_ms)
            continue
        later = after.get(worker_sid)
        total.spend(presence if later is None else later.before, end_ms - start_ms)
    return PresenceTimes(total.available_ms, total.handling_ms)
