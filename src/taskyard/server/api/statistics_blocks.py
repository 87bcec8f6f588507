"""The parts that the answers of several statistics have in common, and how they are made.

Source: TaskRouter statistics, sections 3 and 4. What stands under `taskyard` is ours alone.
"""

from collections.abc import Iterable, Mapping

import msgspec

from taskyard.core.dates import date
from taskyard.core.expressions import Staffing
from taskyard.core.model import TaskStatus
from taskyard.core.state import State
from taskyard.core.statistics import FactKind, TaskCounts, TaskSums
from taskyard.core.statistics.cumulative import (
    Spread,
    Waits,
    WorkerCounts,
    at_most,
    percentile,
    spread,
)
from taskyard.core.statistics.presence import PresenceTimes
from taskyard.core.statistics.spells import Durations

from .statistics_parameters import Asked


class WaitDuration(msgspec.Struct, gc=False):
    """Waiting times in whole seconds; all 0 where nothing waited."""

    avg: int
    min: int
    max: int
    total: int


class SplitCounts(msgspec.Struct, gc=False):
    """How many waits on one side of a threshold ended how."""

    tasks_canceled: int
    reservations_accepted: int


class Split(msgspec.Struct, gc=False):
    """The waits on both sides of a threshold."""

    above: SplitCounts
    below: SplitCounts


class ServiceLevel(msgspec.Struct, gc=False):
    """The share of tasks that were accepted in time, null where there is none to be a share of."""

    of_accepted: float | None
    of_all: float | None


class WaitPercentiles(msgspec.Struct, gc=False):
    """Waits until acceptance that so many per cent do not exceed, null where nothing waited."""

    p50: int | None
    p90: int | None
    p99: int | None


class TaskExtras(msgspec.Struct, gc=False):
    """What the published statistics do not have."""

    service_level: dict[str, ServiceLevel] | None
    wait_until_accepted: WaitPercentiles


class WorkerExtras(msgspec.Struct, gc=False):
    """Whole seconds, and the share of handling; null where not all of it is known."""

    occupancy: float | None
    handling_time: int | None
    available_time: int | None


class ActivityWorkers(msgspec.Struct, gc=False):
    """How many workers are in an activity."""

    friendly_name: str
    sid: str
    workers: int


class ActivityDuration(msgspec.Struct, gc=False):
    """The time that workers spent in an activity, in whole seconds; all 0 where nobody did."""

    sid: str
    friendly_name: str
    avg: int
    min: int
    max: int
    total: int


class TasksNow(msgspec.Struct, kw_only=True, gc=False):
    """The tasks that there are."""

    longest_task_waiting_age: int
    longest_task_waiting_sid: str | None
    tasks_by_priority: dict[str, int]
    tasks_by_status: dict[str, int]
    total_tasks: int


class ReservationsPast(msgspec.Struct, kw_only=True, gc=False):
    """What came of reservations in a window."""

    start_time: str
    end_time: str
    reservations_created: int
    reservations_accepted: int
    reservations_rejected: int
    reservations_timed_out: int
    reservations_canceled: int
    reservations_rescinded: int


class TasksPast(ReservationsPast, kw_only=True, gc=False):
    """What happened to tasks in a window."""

    avg_task_acceptance_time: int
    wait_duration_until_accepted: WaitDuration
    wait_duration_until_canceled: WaitDuration
    split_by_wait_time: dict[str, Split] | None
    tasks_canceled: int
    tasks_completed: int
    tasks_deleted: int
    tasks_moved: int
    taskyard: TaskExtras


Values = dict[str, object]
"""Of fields, by their names."""


def tasks_now(counts: TaskCounts, now_ms: int) -> Values:
    """The fields of `TasksNow`."""
    waits = counts.longest_sid is not None
    return {
        "longest_task_waiting_age": (now_ms - counts.longest_since_ms) // 1000 if waits else 0,
        "longest_task_waiting_sid": counts.longest_sid,
        "tasks_by_priority": {str(one): n for one, n in sorted(counts.by_priority.items())},
        "tasks_by_status": {status.value: n for status, n in counts.by_status.items()},
        "total_tasks": counts.unfinished,
    }


NO_TASKS = TaskCounts(by_status=dict.fromkeys(TaskStatus, 0), by_priority={})


def activity_statistics(state: State, staff: Staffing) -> list[ActivityWorkers]:
    """How many of these workers are in each activity."""
    return [
        ActivityWorkers(activity.friendly_name, activity.sid, staff.count(activity.sid) or 0)
        for activity in state.activities.values()
    ]


def reservations_past(counts: WorkerCounts, asked: Asked) -> Values:
    """The fields of `ReservationsPast`."""
    accepted = counts[FactKind.RESERVATION_ACCEPTED] + counts[FactKind.RESERVATION_ACCEPTED_AGAIN]
    return {
        "start_time": date(asked.window.start_ms),
        "end_time": date(asked.end_ms),
        "reservations_created": counts[FactKind.RESERVATION_CREATED],
        "reservations_accepted": accepted,
        "reservations_rejected": counts[FactKind.RESERVATION_REJECTED],
        "reservations_timed_out": counts[FactKind.RESERVATION_TIMED_OUT],
        "reservations_canceled": counts[FactKind.RESERVATION_CANCELED],
        "reservations_rescinded": counts[FactKind.RESERVATION_RESCINDED],
    }


def tasks_past(sums: TaskSums, asked: Asked) -> Values:
    """The fields of `TasksPast`."""
    until_accepted = spread(sums.accepted, sums.accepted_again)
    thresholds = asked.thresholds
    return reservations_past(sums.counts, asked) | {
        "avg_task_acceptance_time": until_accepted.avg,
        "wait_duration_until_accepted": _wait_duration(until_accepted),
        "wait_duration_until_canceled": _wait_duration(spread(sums.canceled)),
        "split_by_wait_time": None
        if thresholds is None
        else {text: _split(sums, seconds) for text, seconds in thresholds.items()},
        "tasks_canceled": sums.count(FactKind.TASK_CANCELED),
        "tasks_completed": sums.count(FactKind.TASK_COMPLETED),
        "tasks_deleted": sums.count(FactKind.TASK_DELETED),
        "tasks_moved": sums.count(FactKind.TASK_MOVED),
        "taskyard": TaskExtras(
            None
            if thresholds is None
            else {text: _service_level(sums, seconds) for text, seconds in thresholds.items()},
            WaitPercentiles(
                percentile(sums.accepted, 50),
                percentile(sums.accepted, 90),
                percentile(sums.accepted, 99),
            ),
        ),
    }


def wait_in_queue(waits: Waits) -> WaitDuration:
    """Waiting times from the entry into a task queue."""
    return _wait_duration(spread(waits))


def activity_durations(
    activities: Mapping[str, str], durations: Mapping[str, Durations]
) -> list[ActivityDuration]:
    """The time in each activity that there is; `activities` has their names by SID."""
    return [
        ActivityDuration(sid, name, *_seconds(durations.get(sid)))
        for sid, name in activities.items()
    ]


def worker_extras(times: PresenceTimes | None) -> WorkerExtras:
    """What the published statistics of workers do not have."""
    if times is None:
        return WorkerExtras(None, None, None)
    occupancy = times.occupancy
    return WorkerExtras(
        None if occupancy is None else round(occupancy, 4),
        times.handling_ms // 1000,
        times.available_ms // 1000,
    )


def _seconds(found: Durations | None) -> Iterable[int]:
    if found is None:
        return 0, 0, 0, 0
    return (
        found.total_ms // found.count // 1000,
        found.min_ms // 1000,
        found.max_ms // 1000,
        found.total_ms // 1000,
    )


def _wait_duration(waits: Spread) -> WaitDuration:
    return WaitDuration(waits.avg, waits.min, waits.max, waits.total)


def _split(sums: TaskSums, threshold_s: int) -> Split:
    # Waits that follow a transfer are left out: they would spoil the service level.
    accepted, canceled = at_most(sums.accepted, threshold_s), at_most(sums.canceled, threshold_s)
    return Split(
        SplitCounts(sum(sums.canceled.values()) - canceled, sum(sums.accepted.values()) - accepted),
        SplitCounts(canceled, accepted),
    )


def _service_level(sums: TaskSums, threshold_s: int) -> ServiceLevel:
    in_time = at_most(sums.accepted, threshold_s)
    accepted = sum(sums.accepted.values())
    left = accepted + sum(sums.canceled.values())
    return ServiceLevel(
        round(in_time / accepted, 4) if accepted else None,
        round(in_time / left, 4) if left else None,
    )
