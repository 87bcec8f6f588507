"""Tasks whose workflow has changed under them, on their way into the new rules.

There may be a hundred thousand. They are looked for, put in order and sent in steps that each take
a few milliseconds, so that nobody waits for all of it.
"""

from collections.abc import Callable, Iterator
from heapq import merge
from itertools import islice

from .ids import TaskSid
from .matching.lanes import Place
from .model import NO_FILTER, Task
from .state import State

LOOKED_AT_ONCE = 1000
"""Tasks in one step of the search."""


class ReEvaluation:
    """Pending tasks that follow older rules than they should. An index: made anew after a load."""

    def __init__(self, state: State, standing: Callable[[Task], Place]) -> None:
        """Find what a workspace that was just loaded has left to do.

        Args:
            state: Where the tasks are.
            standing: Says where a waiting task stands among all.
        """
        self._state = state
        self._standing = standing
        behind = any(
            tasks and version < state.workflows[workflow_sid].re_evaluated_version
            for (workflow_sid, version), tasks in state.routed_by.items()
        )
        self._search(list(state.tasks) if behind else [])

    @property
    def under_way(self) -> bool:
        """Whether there is more to do."""
        return bool(self._unseen) or self._in_order is not None

    def begin(self) -> None:
        """Look at all tasks, from the start: some rules have changed."""
        self._search(list(self._state.tasks))

    def _search(self, sids: list[TaskSid]) -> None:
        self._unseen = sids
        self._runs: list[list[Place]] = []
        self._in_order: Iterator[Place] | None = None

    def next_tasks(self, most: int) -> list[Task]:
        """Take one step; the tasks whose turn has come, in order: none while still searching."""
        if self._unseen:
            step, self._unseen[-LOOKED_AT_ONCE:] = self._unseen[-LOOKED_AT_ONCE:], []
            tasks = self._state.tasks
            behind = [task for sid in step if (task := tasks.get(sid)) and self._is_behind(task)]
            self._runs.append(sorted(self._standing(task) for task in behind))
            if self._unseen:
                return []
            self._in_order, self._runs = merge(*map(_taken_from, self._runs)), []
        if self._in_order is None:
            return []
        sids: list[TaskSid] = [place[4] for place in islice(self._in_order, most)]
        if len(sids) < most:
            self._in_order = None
        found = (self._state.tasks.get(sid) for sid in sids)
        return [task for task in found if task is not None and self._is_behind(task)]

    def _is_behind(self, task: Task) -> bool:
        if not task.waiting or task.workflow_sid is None or task.filter_index == NO_FILTER:
            return False
        if task.transferring:
            return False
        workflow = self._state.workflows[task.workflow_sid]
        return task.workflow_version < workflow.re_evaluated_version


def _taken_from(run: list[Place]) -> Iterator[Place]:
    """Each place, let go of at once: to let go of 100,000 together takes long."""
    run.reverse()
    while run:
        yield run.pop()
