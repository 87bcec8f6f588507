"""The core's state in the words of the twin's picture, and whole, for comparing bytes."""

import json
from typing import Any

import msgspec

from taskyard.core.model import Reservation, Task, TaskQueue, Transfer, Worker, Workflow
from taskyard.core.state import State

KINDS = (
    "activities",
    "task_channels",
    "task_queues",
    "workflows",
    "workers",
    "tasks",
    "reservations",
    "transfers",
)


def canonical_of(state: State) -> bytes:
    """Every field of every thing, sorted by SID."""
    everything = {"workspace": state.workspace if state.created else None} | {
        kind: dict(sorted(getattr(state, kind).items())) for kind in KINDS
    }
    return msgspec.json.encode(everything)


def picture_of(state: State) -> dict[str, Any]:
    return {
        "workspace": workspace(state),
        "activities": {
            sid: [one.friendly_name, one.available] for sid, one in state.activities.items()
        },
        "task_channels": {
            sid: [one.unique_name, one.friendly_name, one.channel_optimized_routing]
            for sid, one in state.task_channels.items()
        },
        "task_queues": {sid: task_queue(one) for sid, one in state.task_queues.items()},
        "workflows": {sid: workflow(one) for sid, one in state.workflows.items()},
        "workers": {sid: worker(one) for sid, one in state.workers.items()},
        "tasks": {sid: task(state, one) for sid, one in state.tasks.items()},
        "reservations": {
            sid: reservation(one, state.tasks[one.task_sid])
            for sid, one in state.reservations.items()
        },
        "transfers": {sid: transfer(one) for sid, one in state.transfers.items()},
    }


def fields(one: msgspec.Struct, *names: str) -> dict[str, Any]:
    return {name: getattr(one, name) for name in names}


def again(text: str) -> str:
    """The same JSON in one spelling."""
    return json.dumps(json.loads(text))


def workspace(state: State) -> dict[str, Any]:
    return fields(
        state.workspace,
        "sid",
        "friendly_name",
        "event_callback_url",
        "events_filter",
        "multi_task_enabled",
        "prioritize_queue_order",
        "default_activity_sid",
        "timeout_activity_sid",
    )


def task_queue(one: TaskQueue) -> dict[str, Any]:
    return fields(
        one,
        "sid",
        "friendly_name",
        "target_workers",
        "max_reserved_workers",
        "task_order",
        "reservation_activity_sid",
        "assignment_activity_sid",
        "version",
    )


def workflow(one: Workflow) -> dict[str, Any]:
    return {
        "friendly_name": one.friendly_name,
        "rules": again(one.configurations[one.configuration_version]),
        "assignment_callback_url": one.assignment_callback_url,
        "fallback_assignment_callback_url": one.fallback_assignment_callback_url,
        "task_reservation_timeout_s": one.task_reservation_timeout_s,
        "version": one.version,
    }


def worker(one: Worker) -> dict[str, Any]:
    return {
        "friendly_name": one.friendly_name,
        "activity": one.activity_sid,
        "attributes": again(one.attributes),
        "version": one.version,
        "last_offer_ms": one.last_offer_ms,
        "status_changed_ms": one.status_changed_ms,
        "channels": {
            sid: fields(channel, "capacity", "available", "used", "assigned", "last_offer_ms")
            for sid, channel in one.channels.items()
        },
    }


def task(state: State, one: Task) -> dict[str, Any]:
    seen = {
        "status": one.status,
        "priority": one.priority,
        "queue": one.task_queue_sid,
        "workflow": one.workflow_sid,
        "channel": one.task_channel_sid,
        "routing_target": one.routing_target,
        "ignore_capacity": one.ignore_capacity,
        "reason": one.reason,
        "attributes": again(one.attributes),
        "version": one.version,
        "virtual_start_ms": one.virtual_start_ms,
    }
    if not one.ended:
        seen["assignment_count"] = one.assignment_count
    if one.status in ("pending", "reserved") and not one.transferring:
        seen["step"] = [one.filter_index, one.target_index, one.step_deadline_ms]
        seen["rules"] = rules(state, one)
    return seen


def reservation(one: Reservation, task: Task) -> dict[str, Any]:
    seen = {
        "task": one.task_sid,
        "worker": one.worker_sid,
        "status": one.status,
        "version": one.version,
    }
    if not task.ended:
        seen["channel"] = one.task_channel_sid
        seen["queue"] = one.task_queue_sid
        seen["expires_ms"] = one.expires_ms
    return seen


def transfer(one: Transfer) -> dict[str, Any]:
    return {
        "task": one.task_sid,
        "mode": one.mode,
        "to": one.to,
        "status": one.status,
        "reservation": one.initiating_reservation_sid,
        "worker": one.initiating_worker_sid,
        "queue": one.initiating_task_queue_sid,
        "failed_reason": one.failed_reason,
        "offers": list(one.reservations),
    }


def rules(state: State, one: Task) -> str | None:
    if one.filter_index == -1 or one.workflow_sid is None:
        return None
    return again(state.workflows[one.workflow_sid].configurations[one.workflow_version])
