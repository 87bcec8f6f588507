"""Tasks, and their way through a workflow."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from taskyard.core import events as happened
from taskyard.simulator.ordeal.nouns import Job
from taskyard.simulator.ordeal.phrases import Rules
from taskyard.simulator.ordeal.violation import expect

from .table import takes_down

if TYPE_CHECKING:
    from taskyard.simulator.ordeal.ledger import Ledger

TASK_ASSIGNED_MS = 86_400_000
TASK_FINISHED_MS = 300_000
TTL_EXCEEDED = "Task TTL Exceeded"


@takes_down(happened.TaskCreated)
def _(ledger: Ledger, e: happened.TaskCreated) -> None:
    expect(e.task_sid not in ledger.jobs, f"task {e.task_sid} is created twice")
    to_worker = e.routing_target is not None and e.routing_target.startswith("WK")
    job = Job(
        created_ms=ledger.at_ms,
        attributes=e.attributes,
        priority=e.priority,
        timeout_s=e.timeout_s,
        channel=e.task_channel_sid,
        workflow=e.workflow_sid,
        queue=e.task_queue_sid,
        worker=e.routing_target if to_worker else None,
        ignores_capacity=e.ignore_capacity,
    )
    ledger.jobs[e.task_sid] = job
    ledger.tallies.note("created", ledger.at_ms, job)
    ledger.touch(e.task_sid)


@takes_down(happened.TaskUpdated)
def _(ledger: Ledger, e: happened.TaskUpdated) -> None:
    job = ledger.jobs[e.task_sid]
    job.attributes = job.attributes if e.attributes is None else e.attributes
    job.priority = e.priority
    job.channel = e.task_channel_sid
    ledger.touch(e.task_sid)


@takes_down(happened.TaskCanceled)
def _(ledger: Ledger, e: happened.TaskCanceled) -> None:
    job = ledger.jobs[e.task_sid]
    expect(job.status in ("pending", "reserved"), f"task {e.task_sid}, {job.status}, is canceled")
    if e.reason == TTL_EXCEEDED:
        waited_ms = ledger.at_ms - job.created_ms
        expect(
            waited_ms >= job.timeout_s * 1000,
            f"task {e.task_sid} has {job.timeout_s} s, and is canceled after {waited_ms} ms",
        )
    ledger.end(e.task_sid, "canceled", e.reason)
    ledger.tallies.note("canceled", ledger.at_ms, job)


@takes_down(happened.TaskWrapup)
def _(ledger: Ledger, e: happened.TaskWrapup) -> None:
    job = ledger.jobs[e.task_sid]
    expect(job.status == "assigned", f"task {e.task_sid} is {job.status} and becomes wrapping")
    job.status = "wrapping"
    job.reason = job.reason if e.reason is None else e.reason
    ledger.touch(e.task_sid)


@takes_down(happened.TaskCompleted)
def _(ledger: Ledger, e: happened.TaskCompleted) -> None:
    job = ledger.jobs[e.task_sid]
    expect(job.status in ("assigned", "wrapping"), f"{e.task_sid} is {job.status}: completed")
    ledger.end(e.task_sid, "completed", e.reason)
    ledger.tallies.note("completed", ledger.at_ms, job)


@takes_down(happened.TaskDeleted)
def _(ledger: Ledger, e: happened.TaskDeleted) -> None:
    ledger.tallies.note("deleted", ledger.at_ms, ledger.jobs[e.task_sid])
    ledger.forget(e.task_sid)


@takes_down(happened.TaskSystemDeleted)
def _(ledger: Ledger, e: happened.TaskSystemDeleted) -> None:
    accepted_ms = ledger.jobs[e.task_sid].assigned_ms
    expect(
        accepted_ms is not None and ledger.at_ms >= accepted_ms + TASK_ASSIGNED_MS,
        f"task {e.task_sid}, accepted at {accepted_ms}, is deleted too early",
    )
    ledger.forget(e.task_sid)


@takes_down(happened.TasksForgotten)
def _(ledger: Ledger, e: happened.TasksForgotten) -> None:
    expect(
        e.up_to_ms + TASK_FINISHED_MS <= ledger.at_ms, f"tasks of {e.up_to_ms} are forgotten early"
    )
    due = [one for one in ledger.finished if one[0] <= e.up_to_ms][: e.most]
    del ledger.finished[: len(due)]
    for _ended_ms, sid in due:
        if sid in ledger.jobs:
            ledger.forget(sid)


@takes_down(happened.WorkflowEntered)
def _(ledger: Ledger, e: happened.WorkflowEntered) -> None:
    job = ledger.jobs[e.task_sid]
    newest = ledger.flows[e.workflow_sid].version
    expect(
        e.workflow_version == newest,
        f"task {e.task_sid} follows version {e.workflow_version} of {e.workflow_sid}, not {newest}",
    )
    job.workflow, job.version, job.step = e.workflow_sid, e.workflow_version, None
    ledger.tallies.note("workflow entered", ledger.at_ms, job)
    ledger.touch(e.task_sid)


@takes_down(happened.WorkflowTargetMatched)
def _(ledger: Ledger, e: happened.WorkflowTargetMatched) -> None:
    job = ledger.jobs[e.task_sid]
    assert job.workflow is not None
    rules = ledger.rules(job.workflow, job.version)
    step = (e.filter_index, e.target_index)
    expect(
        step in next_steps(rules, job),
        f"task {e.task_sid} goes from {job.step} to {step}: {job.attributes}",
    )
    target = rules.target(*step)
    expect(e.task_queue_sid == target["queue"], f"step {step} is not for {e.task_queue_sid}")
    priority = target.get("priority", job.priority)
    expect(e.priority == priority, f"{e.task_sid} has priority {e.priority}, not {priority}")
    time_s = rules.time_s(*step)
    deadline_ms = None if time_s is None else e.filter_entered_ms + time_s * 1000
    expect(e.step_deadline_ms == deadline_ms, f"{step} ends {e.step_deadline_ms}: {deadline_ms}")
    expect(e.filter_entered_ms <= ledger.at_ms, f"{e.task_sid} has entered its filter in future")
    job.step, job.priority, job.deadline_ms = step, e.priority, e.step_deadline_ms
    job.queue = e.task_queue_sid
    ledger.touch(e.task_sid)


def next_steps(rules: Rules, job: Job) -> list[tuple[int, int]]:
    """Where a task may go from where it is in its workflow."""
    task = json.loads(job.attributes)
    if job.step is None:
        first = rules.first_filter(task)
        return [(-2, 0)] if first is None else [(first, 0)]
    at_filter, at_target = job.step
    if at_filter < 0:
        return []
    if at_target + 1 < len(rules.filters[at_filter]["targets"]):
        return [(at_filter, at_target + 1)]
    following = rules.first_filter(task, at_filter)
    # Only a step that is skipped leads to the default filter.
    return [(-2, 0)] if following is None else [(following, 0)]


@takes_down(happened.WorkflowTimeout)
def _(ledger: Ledger, e: happened.WorkflowTimeout) -> None:
    ledger.tallies.note("workflow timed out", ledger.at_ms, ledger.jobs[e.task_sid])


@takes_down(happened.TaskQueueEntered)
def _(ledger: Ledger, e: happened.TaskQueueEntered) -> None:
    job = ledger.jobs[e.task_sid]
    expect(e.task_queue_sid in ledger.queues, f"there is no task queue {e.task_queue_sid}")
    job.queue, job.queue_entered_ms = e.task_queue_sid, ledger.at_ms
    ledger.tallies.note("queue entered", ledger.at_ms, job)
    ledger.touch(e.task_sid)


@takes_down(happened.TaskQueueTimeout)
def _(ledger: Ledger, e: happened.TaskQueueTimeout) -> None:
    deadline_ms = ledger.jobs[e.task_sid].deadline_ms
    expect(
        deadline_ms is not None and deadline_ms <= ledger.at_ms,
        f"task {e.task_sid} leaves its step, which ends at {deadline_ms}, at {ledger.at_ms}",
    )
    ledger.touch(e.task_sid)


@takes_down(happened.TaskQueueMoved)
def _(ledger: Ledger, e: happened.TaskQueueMoved) -> None:
    job, left = ledger.jobs[e.task_sid], e.previous_task_queue_sid
    expect(job.queue == left, f"task {e.task_sid} leaves {left}, and was in {job.queue}")
    ledger.tallies.note("moved", ledger.at_ms, job, queue=left)


@takes_down(happened.WorkflowSkipped)
def _(ledger: Ledger, e: happened.WorkflowSkipped) -> None:
    """The cancellation that follows says it all."""
