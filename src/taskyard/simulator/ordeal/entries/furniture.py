"""The workspace, its furniture, and its workers."""

from __future__ import annotations

from typing import TYPE_CHECKING

from taskyard.core import events as happened
from taskyard.simulator.ordeal.nouns import Flow, Person, Queue
from taskyard.simulator.ordeal.violation import expect

from .table import takes_down

if TYPE_CHECKING:
    from taskyard.simulator.ordeal.ledger import Ledger


@takes_down(happened.WorkspaceCreated)
def _(ledger: Ledger, e: happened.WorkspaceCreated) -> None:
    expect(ledger.position == 1, "a workspace is created that exists")
    expect(e.workspace_sid == ledger.sid, f"{e.workspace_sid} is created instead of {ledger.sid}")
    ledger.multi_tasking = e.multi_task_enabled
    ledger.timeout_activity = e.timeout_activity_sid
    ledger.touch(e.workspace_sid)


@takes_down(happened.WorkspaceUpdated)
def _(ledger: Ledger, e: happened.WorkspaceUpdated) -> None:
    ledger.multi_tasking = e.multi_task_enabled
    ledger.timeout_activity = e.timeout_activity_sid
    ledger.touch(ledger.sid)


@takes_down(happened.WorkspaceDeleted)
def _(ledger: Ledger, e: happened.WorkspaceDeleted) -> None:
    expect(not ledger.is_deleted, "a workspace is deleted twice")
    ledger.is_deleted = True
    ledger.touch(ledger.sid)


@takes_down(happened.ActivityCreated)
def _(ledger: Ledger, e: happened.ActivityCreated) -> None:
    expect(e.activity_sid not in ledger.activities, f"{e.activity_sid} is created twice")
    ledger.activities[e.activity_sid] = (e.friendly_name, e.available)
    ledger.touch(e.activity_sid)


@takes_down(happened.ActivityUpdated)
def _(ledger: Ledger, e: happened.ActivityUpdated) -> None:
    ledger.activities[e.activity_sid] = (e.friendly_name, ledger.activities[e.activity_sid][1])
    ledger.touch(e.activity_sid)


@takes_down(happened.ActivityDeleted)
def _(ledger: Ledger, e: happened.ActivityDeleted) -> None:
    users = [sid for sid, one in ledger.people.items() if one.activity == e.activity_sid]
    expect(not users, f"activity {e.activity_sid} goes although {users} are in it")
    del ledger.activities[e.activity_sid]
    ledger.touch(e.activity_sid)


@takes_down(happened.TaskChannelCreated)
def _(ledger: Ledger, e: happened.TaskChannelCreated) -> None:
    ledger.channels.append(e.task_channel_sid)
    ledger.touch(e.task_channel_sid)


@takes_down(happened.TaskQueueCreated)
def _(ledger: Ledger, e: happened.TaskQueueCreated) -> None:
    expect(e.task_queue_sid not in ledger.queues, f"{e.task_queue_sid} is created twice")
    ledger.queues[e.task_queue_sid] = Queue(e.target_workers, e.max_reserved_workers)
    ledger.touch(e.task_queue_sid)


@takes_down(happened.TaskQueueUpdated)
def _(ledger: Ledger, e: happened.TaskQueueUpdated) -> None:
    ledger.queues[e.task_queue_sid].max_reserved = e.max_reserved_workers
    ledger.touch(e.task_queue_sid)


@takes_down(happened.TaskQueueExpressionUpdated)
def _(ledger: Ledger, e: happened.TaskQueueExpressionUpdated) -> None:
    ledger.queues[e.task_queue_sid].target_workers = e.target_workers
    ledger.touch(e.task_queue_sid)


@takes_down(happened.TaskQueueDeleted)
def _(ledger: Ledger, e: happened.TaskQueueDeleted) -> None:
    there = [
        sid
        for sid, job in ledger.jobs.items()
        if not job.ended and e.task_queue_sid in (job.queue, job.came_from[0])
    ]
    expect(not there, f"task queue {e.task_queue_sid} goes although {there} are in it")
    del ledger.queues[e.task_queue_sid]
    ledger.touch(e.task_queue_sid)


@takes_down(happened.WorkflowCreated)
def _(ledger: Ledger, e: happened.WorkflowCreated) -> None:
    expect(e.workflow_sid not in ledger.flows, f"{e.workflow_sid} is created twice")
    ledger.flows[e.workflow_sid] = Flow({1: e.configuration}, 1, e.task_reservation_timeout_s)
    ledger.touch(e.workflow_sid)


@takes_down(happened.WorkflowUpdated)
def _(ledger: Ledger, e: happened.WorkflowUpdated) -> None:
    flow = ledger.flows[e.workflow_sid]
    if e.configuration is not None:
        flow.version += 1
        flow.versions[flow.version] = e.configuration
    flow.timeout_s = e.task_reservation_timeout_s
    ledger.touch(e.workflow_sid)


@takes_down(happened.WorkflowDeleted)
def _(ledger: Ledger, e: happened.WorkflowDeleted) -> None:
    there = [
        sid
        for sid, job in ledger.jobs.items()
        if job.workflow == e.workflow_sid and not job.ended and not ledger.holders(job)
    ]
    expect(not there, f"workflow {e.workflow_sid} goes although {there} are in it")
    del ledger.flows[e.workflow_sid]
    ledger.touch(e.workflow_sid)


@takes_down(happened.WorkerCreated)
def _(ledger: Ledger, e: happened.WorkerCreated) -> None:
    expect(e.worker_sid not in ledger.people, f"{e.worker_sid} is created twice")
    expect(e.activity_sid in ledger.activities, f"there is no activity {e.activity_sid}")
    channels = {sid: [1, True] for sid in ledger.channels}
    ledger.people[e.worker_sid] = Person(e.activity_sid, e.attributes, channels)
    ledger.touch(e.worker_sid)


@takes_down(happened.WorkerActivityUpdated)
def _(ledger: Ledger, e: happened.WorkerActivityUpdated) -> None:
    expect(e.activity_sid in ledger.activities, f"there is no activity {e.activity_sid}")
    ledger.people[e.worker_sid].activity = e.activity_sid
    ledger.touch(e.worker_sid)


@takes_down(happened.WorkerAttributesUpdated)
def _(ledger: Ledger, e: happened.WorkerAttributesUpdated) -> None:
    ledger.people[e.worker_sid].attributes = e.attributes
    ledger.touch(e.worker_sid)


@takes_down(happened.WorkerCapacityUpdated)
def _(ledger: Ledger, e: happened.WorkerCapacityUpdated) -> None:
    ledger.people[e.worker_sid].channels[e.task_channel_sid][0] = e.capacity
    ledger.touch(e.worker_sid)


@takes_down(happened.WorkerChannelAvailabilityUpdated)
def _(ledger: Ledger, e: happened.WorkerChannelAvailabilityUpdated) -> None:
    ledger.people[e.worker_sid].channels[e.task_channel_sid][1] = e.available
    ledger.touch(e.worker_sid)


@takes_down(happened.WorkerDeleted)
def _(ledger: Ledger, e: happened.WorkerDeleted) -> None:
    person = ledger.people.pop(e.worker_sid)
    expect(not person.live, f"worker {e.worker_sid} goes with {[*person.live]} alive")
    ledger.touch(e.worker_sid)
