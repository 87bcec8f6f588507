"""Statistics as values.

Source: TaskRouter API, statistics of workspaces, workflows, task queues and workers. What a kind
of resource does not count is no attribute of its statistics. Durations are whole seconds.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from .fields import Field, Values


class CumulativeStatistics(Values):
    """What happened between `start_time` and `end_time`.

    `wait_duration_…` have the keys avg, min, max and total; `split_by_wait_time` has one entry for
    each threshold asked for, with above and below; `activity_durations` one for each activity.
    """

    start_time = Field[datetime]()
    end_time = Field[datetime]()
    reservations_created = Field[int]()
    reservations_accepted = Field[int]()
    reservations_rejected = Field[int]()
    reservations_timed_out = Field[int]()
    reservations_canceled = Field[int]()
    reservations_rescinded = Field[int]()
    tasks_created = Field[int]()
    tasks_entered = Field[int]()
    tasks_canceled = Field[int]()
    tasks_completed = Field[int]()
    tasks_deleted = Field[int]()
    tasks_moved = Field[int]()
    tasks_timed_out_in_workflow = Field[int]()
    avg_task_acceptance_time = Field[int]()
    wait_duration_until_accepted = Field[dict[str, int]]()
    wait_duration_until_canceled = Field[dict[str, int]]()
    wait_duration_in_queue_until_accepted = Field[dict[str, int]]()
    split_by_wait_time = Field[dict[str, dict[str, dict[str, int]]] | None]()
    activity_durations = Field[list[dict[str, Any]]]()


class RealTimeStatistics(Values):
    """How things stand. `activity_statistics` has sid, friendly_name and workers of each."""

    total_tasks = Field[int]()
    tasks_by_status = Field[dict[str, int]]()
    tasks_by_priority = Field[dict[str, int]]()
    longest_task_waiting_age = Field[int]()
    longest_task_waiting_sid = Field[str | None]()
    longest_relative_task_age_in_queue = Field[int]()
    longest_relative_task_sid_in_queue = Field[str | None]()
    total_workers = Field[int]()
    total_available_workers = Field[int]()
    total_eligible_workers = Field[int]()
    activity_statistics = Field[list[dict[str, Any]]]()


class Statistics(Values):
    """Both at once."""

    workspace_sid = Field[str]()
    workflow_sid = Field[str]()
    task_queue_sid = Field[str]()
    worker_sid = Field[str]()

    @property
    def cumulative(self) -> CumulativeStatistics:
        """What happened in the window that was asked for."""
        return CumulativeStatistics(self._values["cumulative"])

    @property
    def realtime(self) -> RealTimeStatistics | None:
        """How things stand; None for a single worker, who has none."""
        values: Mapping[str, Any] | None = self._values.get("realtime")
        return None if values is None else RealTimeStatistics(values)
