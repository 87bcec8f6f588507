"""Plain data that two readings of the same history can be compared by."""

import json
from typing import Any

from .things import Reservation, Task, Transfer, Worker
from .world import World


def picture(world: World) -> dict[str, Any]:
    return {
        "workspace": workspace(world),
        "activities": {
            sid: [one.friendly_name, one.available] for sid, one in world.activities.items()
        },
        "task_channels": {
            sid: [one.unique_name, one.friendly_name, one.channel_optimized_routing]
            for sid, one in world.task_channels.items()
        },
        "task_queues": {sid: vars(one).copy() for sid, one in world.task_queues.items()},
        "workflows": {
            sid: {
                "friendly_name": one.friendly_name,
                "rules": json.dumps(one.rules),
                "assignment_callback_url": one.assignment_callback_url,
                "fallback_assignment_callback_url": one.fallback_assignment_callback_url,
                "task_reservation_timeout_s": one.task_reservation_timeout_s,
                "version": one.version,
            }
            for sid, one in world.workflows.items()
        },
        "workers": {sid: worker(world, one) for sid, one in world.workers.items()},
        "tasks": {sid: task(one) for sid, one in world.tasks.items()},
        "reservations": {
            sid: reservation(one, world.tasks[one.task_sid])
            for sid, one in world.reservations.items()
        },
        "transfers": {sid: transfer(world, one) for sid, one in world.transfers.items()},
    }


def workspace(world: World) -> dict[str, Any] | None:
    return None if world.workspace is None else vars(world.workspace).copy()


def worker(world: World, one: Worker) -> dict[str, Any]:
    return {
        "friendly_name": one.friendly_name,
        "activity": one.activity_sid,
        "attributes": json.dumps(one.attributes),
        "version": one.version,
        "last_offer_ms": one.last_offer_ms,
        "status_changed_ms": one.status_changed_ms,
        "channels": {
            sid: {
                "capacity": channel.capacity,
                "available": channel.available,
                "used": world.used(one, sid),
                "assigned": world.assigned(one, sid),
                "last_offer_ms": channel.last_offer_ms,
            }
            for sid, channel in one.channels.items()
        },
    }


def task(one: Task) -> dict[str, Any]:
    seen = {
        "status": one.status,
        "priority": one.priority,
        "queue": one.task_queue_sid,
        "workflow": one.workflow_sid,
        "channel": one.task_channel_sid,
        "routing_target": one.routing_target,
        "ignore_capacity": one.ignore_capacity,
        "reason": one.reason,
        "attributes": json.dumps(one.attributes),
        "version": one.version,
        "virtual_start_ms": one.virtual_start_ms,
    }
    if one.status not in ("completed", "canceled"):
        seen["assignment_count"] = one.assignment_count
    if one.status in ("pending", "reserved") and one.transfer is None:
        # once the workflow is behind a task, the step that it was at means nothing
        seen["step"] = [one.filter_index, one.target_index, one.step_deadline_ms]
        seen["rules"] = None if one.rules is None else json.dumps(one.rules)
    return seen


def reservation(one: Reservation, task: Task) -> dict[str, Any]:
    seen = {
        "task": one.task_sid,
        "worker": one.worker_sid,
        "status": one.status,
        "version": one.version,
    }
    if task.status not in ("completed", "canceled"):
        # of a task that is over nobody can ask for the rest
        seen["channel"] = one.task_channel_sid
        seen["queue"] = one.task_queue_sid
        seen["expires_ms"] = one.expires_ms
    return seen


def transfer(world: World, one: Transfer) -> dict[str, Any]:
    return {
        "task": one.task_sid,
        "mode": one.mode,
        "to": one.to,
        "status": one.status,
        "reservation": one.reservation_sid,
        "worker": one.worker_sid,
        "queue": one.queue_before,
        "failed_reason": one.failed_reason,
        "offers": [r.sid for r in world.reservations.values() if r.transfer_sid == one.sid],
    }
