"""The nouns of the API with what can be done with them, for programs without a loop.

An entity is what it was when the server gave it out; `fetch`, and every change made through it,
brings it up to date in place.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Self, TypeVar, overload

from taskyard.client import models, requests
from taskyard.client.fields import read_values
from taskyard.client.parameters import Callback, in_order, update_arguments
from taskyard.client.requests import Request
from taskyard.client.statistics import CumulativeStatistics, RealTimeStatistics, Statistics

from .link import Link
from .lists import Collection, Page
from .statistics import StatisticsOf, statistics_of_each

T = TypeVar("T")


class Entity(models.Resource):
    """A resource that can be asked for anew, changed and deleted."""

    def __init__(self, payload: Mapping[str, Any], link: Link) -> None:
        super().__init__(payload)
        self._link = link

    def fetch(self, callback: Callback[Self] | None = None) -> Self:
        """Bring it up to date.

        Raises:
            TaskyardError: The server refused, or gave no answer.
        """
        return self._link.ask(Request("GET", self.path), self._refreshed, callback)

    @overload
    def update(self, name: str, value: str, callback: Callback[Self] | None = None, /) -> Self: ...
    @overload
    def update(
        self, params: Mapping[str, Any], callback: Callback[Self] | None = None, /
    ) -> Self: ...
    @overload
    def update(self, *, callback: Callback[Self] | None = None, **parameters: Any) -> Self: ...
    def update(
        self, *change: Any, callback: Callback[Self] | None = None, **parameters: Any
    ) -> Self:
        """Change it: `("MaxReservedWorkers", "20")`, `({…})` or `(max_reserved_workers=20)`.

        Mappings become JSON text on the wire; they are not changed.

        Raises:
            TypeError: It is none of these forms.
            TaskyardError: The server refused, or gave no answer.
        """
        changed, callback = update_arguments(change, callback, parameters)
        return self._change(changed, callback)

    def delete(self, callback: Callback[None] | None = None) -> None:
        """Delete it.

        Raises:
            TaskyardError: The server refused, or gave no answer.
        """
        self._link.ask(Request("DELETE", self.path), lambda _: None, callback)

    def _change(self, changed: dict[str, Any], callback: Callback[Self] | None) -> Self:
        return self._link.ask(Request("POST", self.path, changed), self._refreshed, callback)

    def _refreshed(self, payload: Mapping[str, Any]) -> Self:
        self._values = read_values(payload)
        return self

    def _below(self, name: str) -> str:
        return f"{self.path}/{name}" if self.path else name


class Activity(Entity, models.Activity):
    """What a worker is doing."""


class TaskChannel(Entity, models.TaskChannel):
    """A kind of work."""


class WorkerChannel(Entity, models.WorkerChannel):
    """One worker's capacity for one kind of work."""


class Event(Entity, models.Event):
    """What has happened."""


class Counted(Entity):
    """What has all three kinds of statistics."""

    @property
    def statistics(self) -> StatisticsOf[Statistics]:
        """Both kinds at once."""
        return StatisticsOf(self._link, self._below("Statistics"), Statistics)

    @property
    def cumulative_stats(self) -> StatisticsOf[CumulativeStatistics]:
        """What happened in a window of time."""
        return StatisticsOf(self._link, self._below("CumulativeStatistics"), CumulativeStatistics)

    @property
    def realtime_stats(self) -> StatisticsOf[RealTimeStatistics]:
        """How things stand."""
        return StatisticsOf(self._link, self._below("RealTimeStatistics"), RealTimeStatistics)


class TaskQueue(Counted, models.TaskQueue):
    """Where tasks wait, and for which workers."""


class Workflow(Counted, models.Workflow):
    """The filters that choose a task queue."""


class Task(Entity, models.Task):
    """One piece of work."""

    def complete(
        self,
        reason: str | Callback[Self] | None = None,
        callback: Callback[Self] | str | None = None,
    ) -> Self:
        """Say that it is done; reason and callback in either order.

        Raises:
            TaskyardError: The server refused, or gave no answer.
        """
        given, told = in_order(reason, callback)
        return self._change(requests.complete_task(given), told)

    @property
    def reservations(self) -> "Collection[Reservation]":
        """The offers of it, past and present."""
        return Collection(self._link, self._below("Reservations"))


class Reservation(Entity, models.Reservation):
    """The offer of a task to a worker.

    Attributes:
        task: The task, as it was when the server gave out the reservation. Where that said only
            its sid, `reservation.task.fetch()` gets the rest.
    """

    def __init__(self, payload: Mapping[str, Any], link: Link) -> None:
        super().__init__({key: payload[key] for key in payload if key != "task"}, link)
        self.task = Task(payload.get("task") or {"sid": payload.get("task_sid")}, link)

    def accept(self, callback: Callback[Self] | None = None) -> Self:
        """Take the task.

        Raises:
            TaskyardError: The server refused, or gave no answer.
        """
        return self._change(requests.accept(), callback)

    def reject(
        self,
        activity_sid: str | Callback[Self] | None = None,
        callback: Callback[Self] | None = None,
    ) -> Self:
        """Decline the task, and change to this activity if one is given.

        Raises:
            TaskyardError: The server refused, or gave no answer.
        """
        given, told = in_order(activity_sid, callback)
        return self._change(requests.reject(given), told)

    def wrap(self, callback: Callback[Self] | None = None) -> Self:
        """The work is done, what comes after it is not.

        Raises:
            TaskyardError: The server refused, or gave no answer.
        """
        return self._change({"ReservationStatus": "wrapping"}, callback)

    def complete(self, callback: Callback[Self] | None = None) -> Self:
        """All is done.

        Raises:
            TaskyardError: The server refused, or gave no answer.
        """
        return self._change({"ReservationStatus": "completed"}, callback)

    def dequeue(
        self,
        from_: str | None = None,
        post_work_activity_sid: str | None = None,
        record: str | None = None,
        timeout: int | str | None = None,
        status_callback_url: str | None = None,
        status_callback_events: Sequence[str] | None = None,
        to: str | None = None,
        callback: Callback[Self] | None = None,
    ) -> Self:
        """Connect the waiting caller with the worker. The timeout is in seconds.

        Raises:
            TaskyardError: The server refused, or gave no answer.
        """
        named = {
            "from": from_,
            "post_work_activity_sid": post_work_activity_sid,
            "record": record,
            "timeout": timeout,
            "status_callback_url": status_callback_url,
            "status_callback_event": status_callback_events,
            "to": to,
        }
        return self._change(requests.dequeue(named), callback)

    def call(
        self,
        from_: str | None = None,
        url: str | None = None,
        status_callback_url: str | None = None,
        accept: bool | str | None = None,
        record: str | None = None,
        to: str | None = None,
        callback: Callback[Self] | None = None,
    ) -> Self:
        """Call the worker, and run the instructions at the address.

        Raises:
            TaskyardError: The server refused, or gave no answer.
        """
        named = {
            "from": from_,
            "url": url,
            "status_callback_url": status_callback_url,
            "accept": accept,
            "record": record,
            "to": to,
        }
        return self._change(requests.call(named), callback)

    def redirect(
        self,
        call_sid: str,
        url: str,
        accept: bool | str | None = None,
        callback: Callback[Self] | None = None,
    ) -> Self:
        """Run the instructions at the address for a call that is under way.

        Raises:
            TaskyardError: The server refused, or gave no answer.
        """
        named = {"call_sid": call_sid, "url": url, "accept": accept}
        return self._change(requests.redirect(named), callback)

    def conference(
        self,
        from_: str | None = None,
        post_work_activity_sid: str | None = None,
        timeout: int | str | None = None,
        to: str | None = None,
        callback: Callback[Self] | None = None,
        options: Mapping[str, Any] | None = None,
        **more: Any,
    ) -> Self:
        """Bring the caller and the worker together in a conference.

        Args:
            from_: Whom the worker is called by.
            post_work_activity_sid: The worker's activity after it.
            timeout: How long it rings, in seconds.
            to: Where the worker is called.
            callback: Called with (error, result) instead of raising.
            options: Any other parameter of the instruction by its name on the wire.
            more: The same by its name in Python, such as `end_conference_on_exit=True`.

        Raises:
            TaskyardError: The server refused, or gave no answer.
        """
        named = {
            "from": from_,
            "post_work_activity_sid": post_work_activity_sid,
            "timeout": timeout,
            "to": to,
        }
        return self._change(requests.conference(named, {**(options or {}), **more}), callback)


class Worker(Entity, models.Worker):
    """Who or what takes tasks."""

    @property
    def statistics(self) -> StatisticsOf[Statistics]:
        """What happened in a window of time."""
        return StatisticsOf(self._link, self._below("Statistics"), Statistics)

    @property
    def channels(self) -> Collection[WorkerChannel]:
        """The capacity for each kind of work."""
        return Collection(self._link, self._below("Channels"))

    @property
    def reservations(self) -> Collection[Reservation]:
        """The offers to this worker, past and present."""
        return Collection(self._link, self._below("Reservations"))


class TaskQueues(Collection[TaskQueue]):
    """All task queues."""

    @property
    def statistics(self) -> StatisticsOf[Page[Statistics]]:
        """A list with an entry for each task queue."""
        return statistics_of_each(self._link, f"{self._path}/Statistics")


class Workers(Collection[Worker]):
    """All workers."""

    @property
    def statistics(self) -> StatisticsOf[Statistics]:
        """Both kinds at once, of all workers together."""
        return self._counted("Statistics", Statistics)

    @property
    def cumulative_stats(self) -> StatisticsOf[CumulativeStatistics]:
        """What happened in a window of time, to all workers together."""
        return self._counted("CumulativeStatistics", CumulativeStatistics)

    @property
    def realtime_stats(self) -> StatisticsOf[RealTimeStatistics]:
        """How things stand with all workers."""
        return self._counted("RealTimeStatistics", RealTimeStatistics)

    def _counted(self, name: str, read: Callable[[Any], T]) -> StatisticsOf[T]:
        return StatisticsOf(self._link, f"{self._path}/{name}", read)


class Workspace(Counted, models.Workspace):
    """One closed world of routing, and everything in it."""

    @property
    def activities(self) -> Collection[Activity]:
        """All activities."""
        return Collection(self._link, "Activities")

    @property
    def events(self) -> Collection[Event]:
        """What has happened; filters are in `docs/sdk/python.md`."""
        return Collection(self._link, "Events")

    @property
    def task_channels(self) -> Collection[TaskChannel]:
        """All kinds of work."""
        return Collection(self._link, "TaskChannels")

    @property
    def task_queues(self) -> TaskQueues:
        """All task queues."""
        return TaskQueues(self._link, "TaskQueues")

    @property
    def tasks(self) -> Collection[Task]:
        """All tasks."""
        return Collection(self._link, "Tasks")

    @property
    def workers(self) -> Workers:
        """All workers."""
        return Workers(self._link, "Workers")

    @property
    def workflows(self) -> Collection[Workflow]:
        """All workflows."""
        return Collection(self._link, "Workflows")


KINDS: dict[str, type[Entity]] = {
    "WA": Activity,
    "WC": WorkerChannel,
    "WK": Worker,
    "WQ": TaskQueue,
    "WR": Reservation,
    "WS": Workspace,
    "WT": Task,
    "WW": Workflow,
    "TC": TaskChannel,
    "EV": Event,
}
