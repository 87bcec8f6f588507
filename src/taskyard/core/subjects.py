"""How expressions see the nouns: attributes are parsed when the first of them is asked for."""

from collections.abc import Callable, Mapping

import msgspec

from .dates import date, date_or_none
from .expressions.facts import Json
from .model import Task, Worker
from .state import State

_decode: Callable[[str], dict[str, Json]] = msgspec.json.Decoder().decode


class TaskSubject:
    """A task as of one instant.

    Source: choice: an attribute of the same name wins, so only what is asked for is looked up here.
    """

    __slots__ = ("_attributes", "_now_ms", "_state", "_task")

    def __init__(self, state: State, task: Task, now_ms: int) -> None:
        self._state = state
        self._task = task
        self._now_ms = now_ms
        self._attributes: Mapping[str, Json] | None = None

    @property
    def attributes(self) -> Mapping[str, Json]:
        """The parsed attributes."""
        if self._attributes is None:
            self._attributes = _decode(self._task.attributes)
        return self._attributes

    def field(self, name: str) -> Json:
        """The task's own property of the name that REST gives it."""
        look_up = _TASK_FIELDS.get(name)
        return None if look_up is None else look_up(self._state, self._task, self._now_ms)


_TASK_FIELDS: dict[str, Callable[[State, Task, int], Json]] = {
    "sid": lambda _, task, __: task.sid,
    "account_sid": lambda state, _, __: state.workspace.account_sid,
    "workspace_sid": lambda state, _, __: state.workspace.sid,
    "priority": lambda _, task, __: task.priority,
    "age": lambda _, task, now_ms: (now_ms - task.created_ms) // 1000,
    "assignment_status": lambda _, task, __: str(task.status),
    "attributes": lambda _, task, __: task.attributes,
    "addons": lambda _, __, ___: "{}",
    "date_created": lambda _, task, __: date(task.created_ms),
    "date_updated": lambda _, task, __: date(task.updated_ms),
    "task_queue_entered_date": lambda _, task, __: date_or_none(task.task_queue_entered_ms),
    "virtual_start_time": lambda _, task, __: date(task.virtual_start_ms),
    "reason": lambda _, task, __: task.reason,
    "timeout": lambda _, task, __: task.timeout_s,
    "routing_target": lambda _, task, __: task.routing_target,
    "ignore_capacity": lambda _, task, __: task.ignore_capacity,
    "task_channel_sid": lambda _, task, __: task.task_channel_sid,
    "task_channel_unique_name": lambda state, task, __: (
        channel.unique_name if (channel := state.task_channels.get(task.task_channel_sid)) else None
    ),
    "task_queue_sid": lambda _, task, __: task.task_queue_sid,
    "task_queue_friendly_name": lambda state, task, __: (
        queue.friendly_name
        if task.task_queue_sid and (queue := state.task_queues.get(task.task_queue_sid))
        else None
    ),
    "workflow_sid": lambda _, task, __: task.workflow_sid,
    "workflow_friendly_name": lambda state, task, __: (
        workflow.friendly_name
        if task.workflow_sid and (workflow := state.workflows.get(task.workflow_sid))
        else None
    ),
}


class WorkerSubject:
    """A worker as they are whenever somebody looks; kept as long as the worker is."""

    __slots__ = ("_attributes", "_parsed", "_state", "worker")

    def __init__(self, state: State, worker: Worker) -> None:
        self._state = state
        self.worker = worker
        self._parsed = ""
        self._attributes: Mapping[str, Json] = {}

    @property
    def attributes(self) -> Mapping[str, Json]:
        """The parsed attributes, parsed again when they have been replaced."""
        text = self.worker.attributes
        if text is not self._parsed:
            self._attributes = _decode(text)
            self._parsed = text
        return self._attributes

    def field(self, name: str) -> Json:
        """The worker's own property; None when there is none of that name."""
        look_up = _WORKER_FIELDS.get(name)
        return None if look_up is None else look_up(self._state, self.worker)

    def channel(self, unique_name: str, item: str) -> Json:
        """What the worker's channel of that name says; None when there is no such thing."""
        task_channel = self._state.task_channel_named(unique_name)
        if task_channel is None or task_channel.unique_name != unique_name:
            return None
        channel = self.worker.channels[task_channel.sid]
        if item == "assigned_tasks":
            return channel.assigned
        if item == "available_capacity_percentage":
            return channel.available_capacity_percentage
        if item == "configured_capacity":
            return channel.capacity
        return channel.available if item == "available" else None


_WORKER_FIELDS: dict[str, Callable[[State, Worker], Json]] = {
    "sid": lambda _, worker: worker.sid,
    "friendly_name": lambda _, worker: worker.friendly_name,
    "activity_sid": lambda _, worker: worker.activity_sid,
    "activity_name": lambda state, worker: state.activities[worker.activity_sid].friendly_name,
    "available": lambda state, worker: state.activities[worker.activity_sid].available,
    "assigned_tasks": lambda _, worker: sum(c.assigned for c in worker.channels.values()),
}
