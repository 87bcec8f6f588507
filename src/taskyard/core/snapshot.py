"""A state as one value, to be kept, and the state again.

Only what does not follow from something else is captured; counts and look-ups are worked out anew.
"""

from collections import deque
from typing import cast

import msgspec

from .finished import FinishedReservation, FinishedTask
from .ids import TaskSid
from .model import (
    Activity,
    Reservation,
    Task,
    TaskChannel,
    TaskQueue,
    TaskStatus,
    Transfer,
    Worker,
    Workflow,
    Workspace,
)
from .sharing import sharing_equal_values
from .state import State
from .steps import Steps, at_once

_NOUNS_A_STEP = 500


class Snapshot(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """Everything that a state knows, each kind of noun in the order of creation."""

    workspace: Workspace
    deleted: bool
    activities: list[Activity]
    task_channels: list[TaskChannel]
    task_queues: list[TaskQueue]
    workflows: list[Workflow]
    workers: list[Worker]
    tasks: list[Task | FinishedTask]
    reservations: list[Reservation | FinishedReservation]
    workers_made: int
    tasks_made: int
    reservations_made: int
    finished: list[TaskSid]
    """Not all of these are among the tasks: some were deleted before it was time to forget them."""
    finished_ms: list[int]
    transfers: list[Transfer] = []
    """None in a snapshot of a release that knew no transfers."""


def capture(state: State) -> Snapshot:
    """The state as it is now. The nouns are shared: encode it before the state goes on."""
    return Snapshot(
        workspace=state.workspace,
        deleted=state.deleted,
        activities=list(state.activities.values()),
        task_channels=list(state.task_channels.values()),
        task_queues=list(state.task_queues.values()),
        workflows=list(state.workflows.values()),
        workers=list(state.workers.values()),
        tasks=list(state.tasks.values()),
        reservations=list(state.reservations.values()),
        workers_made=state.workers_made,
        tasks_made=state.tasks_made,
        reservations_made=state.reservations_made,
        finished=list(state.finished),
        finished_ms=list(state.finished_ms),
        transfers=list(state.transfers.values()),
    )


def restore(snapshot: Snapshot) -> State:
    """The state that was captured. It takes the nouns over: restore a snapshot once."""
    return at_once(restoring(snapshot))


def restoring(snapshot: Snapshot) -> Steps[State]:
    """Do what `restore` does, in steps."""
    state = State()
    state.created = True
    state.deleted = snapshot.deleted
    state.workspace = snapshot.workspace
    state.activities = {one.sid: one for one in snapshot.activities}
    state.task_channels = {one.sid: one for one in snapshot.task_channels}
    state.task_queues = {one.sid: one for one in snapshot.task_queues}
    state.workflows = {one.sid: one for one in snapshot.workflows}
    state.workers = {one.sid: one for one in snapshot.workers}
    state.workers_made = snapshot.workers_made
    state.tasks_made = snapshot.tasks_made
    state.reservations_made = snapshot.reservations_made
    state.finished = deque(snapshot.finished)
    state.finished_ms = deque(snapshot.finished_ms)
    _count_workers(state)
    yield
    for start in range(0, len(snapshot.reservations), _NOUNS_A_STEP):
        some = cast(list[Reservation], snapshot.reservations[start : start + _NOUNS_A_STEP])
        state.reservations.update((one.sid, one) for one in some)
        yield
    for start in range(0, len(snapshot.tasks), _NOUNS_A_STEP):
        _add_tasks(state, cast(list[Task], snapshot.tasks[start : start + _NOUNS_A_STEP]))
        yield
    for start in range(0, len(snapshot.transfers), _NOUNS_A_STEP):
        _add_transfers(state, snapshot.transfers[start : start + _NOUNS_A_STEP])
        yield
    yield from sharing_equal_values(state)
    return state


def _count_workers(state: State) -> None:
    state.worker_by_name = {
        worker.friendly_name.casefold(): worker.sid for worker in state.workers.values()
    }
    available = {sid for sid, activity in state.activities.items() if activity.available}
    state.online_workers = sum(
        worker.activity_sid in available for worker in state.workers.values()
    )


def _add_tasks(state: State, tasks: list[Task]) -> None:
    state.tasks.update((task.sid, task) for task in tasks)
    unfinished = [task for task in tasks if not task.ended]
    state.unfinished_in_queue.update(
        task.task_queue_sid for task in unfinished if task.task_queue_sid is not None
    )
    state.unfinished_in_channel.update(task.task_channel_sid for task in unfinished)
    for task in unfinished:
        if (
            task.workflow_sid is not None
            and not task.live_reservations
            and (task.status is TaskStatus.PENDING or task.status is TaskStatus.RESERVED)
        ):
            rules = task.workflow_sid, task.workflow_version
            state.routed_by[rules] = state.routed_by.get(rules, 0) + 1


def _add_transfers(state: State, transfers: list[Transfer]) -> None:
    for transfer in transfers:
        state.transfers[transfer.sid] = transfer
        state.transfers_of.setdefault(transfer.task_sid, []).append(transfer)
        before = transfer.initiating_task_queue_sid
        if transfer.running and before is not None:
            # the task counts where it came from too, so that it can go back
            elsewhere = state.tasks[transfer.task_sid].task_queue_sid != before
            state.unfinished_in_queue[before] += elsewhere
