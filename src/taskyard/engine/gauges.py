"""What the workspaces hold right now, summed over all that are awake."""

import asyncio
from collections import Counter

import msgspec

from taskyard.core.model import TaskStatus

from .directory import Directory

_TASKS_AT_A_TIME = 5_000
"""To count so many takes less than a millisecond; then others get the loop."""


class Gauges(msgspec.Struct, kw_only=True):
    """Sums over the workspaces that are awake; of those asleep nothing is known but their number.

    Attributes:
        tasks: By status.
        waiting_tasks: The pending tasks that stand in a lane.
        timers: Entries of the clocks' heaps, those that came to nothing included.
        journal_events: The durable positions.
        snapshot_age_s: Of the workspaces that have a snapshot, how old the oldest one's newest is.
        index_events_waiting: Durable events that the event index has not kept yet.
    """

    workspaces: int
    workspaces_awake: int
    commands_waiting: int = 0
    tasks: Counter[TaskStatus]
    waiting_tasks: int = 0
    lanes: int = 0
    pools: int = 0
    timers: int = 0
    workers: int = 0
    online_workers: int = 0
    journal_events: int = 0
    snapshot_age_s: float = 0.0
    index_events_waiting: int = 0


async def look_at(directory: Directory) -> Gauges:
    """Count what there is.

    Others go on meanwhile: tasks are counted in slices, so that a hundred thousand of them hold
    nobody up, and one that changes its status in between may be counted under either.
    """
    engines = directory.engines()
    seen = Gauges(
        workspaces=len(directory.workspaces()), workspaces_awake=len(engines), tasks=Counter()
    )
    seen.index_events_waiting = directory.events_feed.events_waiting
    for engine in engines:
        seen.snapshot_age_s = max(
            seen.snapshot_age_s, directory.snapshot_age_s(engine.workspace_sid) or 0.0
        )
        seen.commands_waiting += engine.commands_waiting
        seen.journal_events += engine.position
        machine = engine.machine
        if machine is None:
            continue  # it is being loaded again
        state, matcher = machine.state, machine.matcher
        seen.waiting_tasks += matcher.waiting
        seen.lanes += matcher.lanes
        seen.pools += matcher.pools
        seen.timers += len(machine.timers)
        seen.workers += len(state.workers)
        seen.online_workers += state.online_workers
    for engine in engines:
        if engine.machine is not None:
            tasks = list(engine.machine.state.tasks.values())
            for start in range(0, len(tasks), _TASKS_AT_A_TIME):
                seen.tasks.update(task.status for task in tasks[start : start + _TASKS_AT_A_TIME])
                await asyncio.sleep(0)
    return seen
