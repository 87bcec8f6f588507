"""The part of the REST answers that the demo reads. Keys that are not named here are ignored."""

import msgspec


class Resource(msgspec.Struct, frozen=True):
    """What is read of a resource of which only the SID matters."""

    sid: str


class Token(msgspec.Struct, frozen=True):
    """What signs somebody in to the console."""

    token: str


class Activity(msgspec.Struct, frozen=True):
    """What a worker may be doing."""

    sid: str
    friendly_name: str


class Worker(msgspec.Struct, frozen=True):
    """A worker, and what they are doing."""

    sid: str
    friendly_name: str
    activity_name: str


class Task(msgspec.Struct, frozen=True):
    """A task. `age` is in whole seconds, `attributes` is JSON text."""

    sid: str
    assignment_status: str
    age: int
    attributes: str
    priority: int
    task_channel_unique_name: str
    task_queue_friendly_name: str | None


class Reservation(msgspec.Struct, frozen=True):
    """The offer of a task to a worker."""

    sid: str
    reservation_status: str
    task_sid: str


class Meta(msgspec.Struct, frozen=True):
    """Where a page stands in its list."""

    next_page_url: str | None


class ActivityPage(msgspec.Struct, frozen=True):
    """A page of activities."""

    meta: Meta
    activities: list[Activity]


class WorkerPage(msgspec.Struct, frozen=True):
    """A page of workers."""

    meta: Meta
    workers: list[Worker]


class TaskPage(msgspec.Struct, frozen=True):
    """A page of tasks."""

    meta: Meta
    tasks: list[Task]


class ReservationPage(msgspec.Struct, frozen=True):
    """A page of reservations."""

    meta: Meta
    reservations: list[Reservation]


class Problem(msgspec.Struct, frozen=True):
    """The body of a refusal."""

    code: int = 0
    message: str = ""
