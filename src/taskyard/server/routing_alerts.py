"""Alerts about routing: a step of a workflow wants a worker who cannot be the one.

Source: TaskRouter errors 40152, 40154 and 40155.
"""

from collections.abc import Callable

from taskyard.core.events import WorkflowTargetMatched
from taskyard.engine import Alert, Directory, TurnRecord, WorkspaceEngine


class RoutingAlerts:
    """Looks at the steps that tasks come to, in all workspaces that this node serves."""

    def __init__(self, directory: Directory, *, clock: Callable[[], int]) -> None:
        """Nothing is looked at yet: call `start`.

        Args:
            directory: Where the workspaces are, and the alerts.
            clock: The instant, in milliseconds since the epoch.
        """
        self._directory = directory
        self._clock = clock

    def start(self) -> None:
        """Look at every turn from now on."""
        self._directory.follow(self._note)

    def _note(self, engine: WorkspaceEngine, turn: TurnRecord) -> None:
        if not engine.serves:
            return
        for event in turn.events:
            if isinstance(event, WorkflowTargetMatched):
                self._look_at(engine, event)

    def _look_at(self, engine: WorkspaceEngine, matched: WorkflowTargetMatched) -> None:
        machine = engine.machine
        problem = None if machine is None else machine.known_worker_problem(matched)
        if problem is None:
            return
        self._directory.alerts.add(
            Alert(
                at_ms=self._clock(),
                code=problem.code,
                level="error",
                message=problem.message,
                account_sid=self._directory.account.sid,
                workspace_sid=engine.workspace_sid,
                task_sid=matched.task_sid,
            )
        )
