"""The nouns of the API as values. What can be done with them stands in `aio/` and `sync/`.

Source: TaskRouter API, the properties of each resource; `docs/reference/resources/` has them all.
"""

from datetime import datetime
from typing import Any

from .fields import Field, Values


class Resource(Values):
    """Anything that the server gives out."""

    sid = Field[str]()
    account_sid = Field[str]()
    workspace_sid = Field[str]()
    date_created = Field[datetime]()
    date_updated = Field[datetime]()

    @property
    def path(self) -> str:
        """What follows the workspace in its address; "" for the workspace itself."""
        return f"{self._folder}/{self.sid}"

    _folder = ""


class Workspace(Resource):
    """`WS…`: one closed world of routing."""

    friendly_name = Field[str]()
    default_activity_name = Field[str]()
    default_activity_sid = Field[str]()
    timeout_activity_name = Field[str]()
    timeout_activity_sid = Field[str]()
    event_callback_url = Field[str | None]()
    events_filter = Field[str | None]()
    multi_task_enabled = Field[bool]()
    prioritize_queue_order = Field[str]()

    @property
    def path(self) -> str:
        """Nothing: addresses begin with the workspace."""
        return ""


class Activity(Resource):
    """`WA…`: what a worker is doing."""

    _folder = "Activities"
    friendly_name = Field[str]()
    available = Field[bool]()


class Worker(Resource):
    """`WK…`: who or what takes tasks."""

    _folder = "Workers"
    friendly_name = Field[str]()
    activity_name = Field[str]()
    activity_sid = Field[str]()
    attributes = Field[dict[str, Any]]()
    available = Field[bool]()
    date_status_changed = Field[datetime | None]()


class WorkerChannel(Resource):
    """`WC…`: one worker's capacity for one kind of work."""

    assigned_tasks = Field[int]()
    available = Field[bool]()
    available_capacity_percentage = Field[int]()
    configured_capacity = Field[int]()
    task_channel_sid = Field[str]()
    task_channel_unique_name = Field[str]()
    worker_sid = Field[str]()

    @property
    def path(self) -> str:
        """Below its worker."""
        return f"Workers/{self.worker_sid}/Channels/{self.sid}"


class TaskChannel(Resource):
    """`TC…`: a kind of work."""

    _folder = "TaskChannels"
    friendly_name = Field[str]()
    unique_name = Field[str]()
    channel_optimized_routing = Field[bool]()


class TaskQueue(Resource):
    """`WQ…`: where tasks wait, and for which workers."""

    _folder = "TaskQueues"
    friendly_name = Field[str]()
    target_workers = Field[str]()
    max_reserved_workers = Field[int]()
    task_order = Field[str]()
    assignment_activity_name = Field[str | None]()
    assignment_activity_sid = Field[str | None]()
    reservation_activity_name = Field[str | None]()
    reservation_activity_sid = Field[str | None]()


class Workflow(Resource):
    """`WW…`: the filters that choose a task queue."""

    _folder = "Workflows"
    friendly_name = Field[str]()
    configuration = Field[dict[str, Any]]()
    assignment_callback_url = Field[str | None]()
    fallback_assignment_callback_url = Field[str | None]()
    document_content_type = Field[str | None]()
    task_reservation_timeout = Field[int]()


class Task(Resource):
    """`WT…`: one piece of work."""

    _folder = "Tasks"
    age = Field[int]()
    assignment_status = Field[str]()
    attributes = Field[dict[str, Any]]()
    addons = Field[dict[str, Any]]()
    ignore_capacity = Field[bool]()
    priority = Field[int]()
    reason = Field[str | None]()
    routing_target = Field[str | None]()
    task_channel_sid = Field[str]()
    task_channel_unique_name = Field[str]()
    task_queue_entered_date = Field[datetime | None]()
    task_queue_friendly_name = Field[str | None]()
    task_queue_sid = Field[str | None]()
    timeout = Field[int]()
    virtual_start_time = Field[datetime]()
    workflow_friendly_name = Field[str | None]()
    workflow_sid = Field[str | None]()


class Reservation(Resource):
    """`WR…`: the offer of a task to a worker."""

    reservation_status = Field[str]()
    task_sid = Field[str]()
    worker_name = Field[str]()
    worker_sid = Field[str]()

    @property
    def path(self) -> str:
        """Below its task, where every instruction is understood."""
        return f"Tasks/{self.task_sid}/Reservations/{self.sid}"


class Event(Resource):
    """`EV…`: what has happened."""

    _folder = "Events"
    actor_sid = Field[str | None]()
    actor_type = Field[str | None]()
    description = Field[str | None]()
    event_data = Field[dict[str, Any]]()
    event_date = Field[datetime]()
    event_type = Field[str]()
    resource_sid = Field[str]()
    resource_type = Field[str]()
    source = Field[str | None]()
    source_ip_address = Field[str | None]()
