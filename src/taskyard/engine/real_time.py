"""The real-time counts of one workspace, beside its engine."""

from taskyard.core.matching import Matcher
from taskyard.core.state import State
from taskyard.core.statistics import RealTime

from .journal import TurnRecord
from .pace import unhurried
from .turns import WorkspaceEngine


class RealTimeView:
    """Counts the tasks of a workspace from the first question on; until then nobody pays for it."""

    def __init__(self, engine: WorkspaceEngine) -> None:
        """Nothing is counted yet: wait for `ready`."""
        self._engine = engine
        self._counted: RealTime | None = None
        engine.subscribe(self._hear)

    async def ready(self) -> None:
        """Wait until the tasks are counted, which is so but for the first time and after a reload.

        Raises:
            StoreError: The journal cannot be read.
        """
        while True:
            state = await self._engine.read(lambda state, _: state)
            if self._counted is not None and self._counted.state is state:
                return
            counted = RealTime(state)
            self._counted = counted
            await unhurried(counted.filling(), self._engine.seconds)

    def of(self, state: State) -> RealTime:
        """The counts of the engine's state, while that is being read."""
        if self._counted is None or self._counted.state is not state:
            # It was loaded again in this very moment. That is as rare as failures are.
            self._counted = RealTime(state)
            for _ in self._counted.filling():
                pass
        return self._counted

    @property
    def matcher(self) -> Matcher:
        """Who serves which task queue, while the engine's state is being read."""
        machine = self._engine.machine
        assert machine is not None
        return machine.matcher

    def _hear(self, turn: TurnRecord) -> None:
        machine = self._engine.machine
        counted = self._counted
        # Of a state that is no longer the engine's nothing is counted any more: see `ready`.
        if counted is not None and machine is not None and machine.state is counted.state:
            counted.hear(turn.events)
