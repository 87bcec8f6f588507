"""Event callbacks: tells the address that a workspace names what happens in it.

Each workspace is told strictly in the order of its events, one at a time unless the operator wants
more, from a place that is kept: a restart goes on there. `event_telling.py` tells one workspace.
"""

import asyncio
import contextlib
import logging
from collections.abc import Callable

from taskyard.core.errors import NotFound
from taskyard.engine import Directory, TurnRecord, WorkspaceEngine
from taskyard.engine.following import Tails

from .event_telling import Tally, Telling
from .sender import Sender

_PATIENCE_S = 1.0

logger = logging.getLogger(__name__)


class EventCallbacks:
    """Looks after all workspaces that want callbacks.

    Attributes:
        tally: How many were told.
        seconds: What each took.
    """

    def __init__(
        self,
        directory: Directory,
        tails: Tails,
        sender: Sender,
        *,
        clock: Callable[[], int],
        unavailable: tuple[type[Exception], ...],
        at_once: int = 1,
    ) -> None:
        """Nothing is sent yet: call `start`.

        Args:
            directory: Where the workspaces are.
            tails: What is followed.
            sender: Sends each callback.
            clock: The instant, in milliseconds since the epoch.
            unavailable: Failures that pass: after one it is tried again.
            at_once: How many callbacks of one workspace may be under way.
        """
        self._at_once = at_once
        self._directory = directory
        self._tails = tails
        self._sender = sender
        self._clock = clock
        self._unavailable = unavailable
        self.tally = Tally()
        self.seconds = sender.seconds
        self._tellings: dict[str, Telling] = {}
        self._telling: dict[str, asyncio.Task[None]] = {}
        self._looking: asyncio.Task[None] | None = None
        self._waking: set[asyncio.Task[None]] = set()
        self._closed = False

    @property
    def in_flight(self) -> int:
        """How many are under way."""
        return self._sender.in_flight

    @property
    def behind(self) -> int:
        """How many durable events have not been told, or passed over, yet."""
        return sum(one.behind for one in self._tellings.values())

    def start(self) -> None:
        """Look after the workspaces that there are, and those to come."""
        self._directory.follow(self._note)
        if self._directory.cluster is not None:
            self._directory.cluster.on_change(self._hand_over)
        self._looking = asyncio.get_running_loop().create_task(self._look())

    async def close(self) -> None:
        """Tell nothing more. What is under way is cut, and told again after the next start."""
        self._closed = True
        looking = [self._looking] if self._looking else []
        tasks = [*self._telling.values(), *self._waking, *looking]
        for task in tasks:
            task.cancel()
        if tasks:
            await asyncio.wait(tasks)
        await self._sender.close()

    async def _look(self) -> None:
        await self._directory.awake()
        for engine in self._directory.engines():
            self._look_after(engine)

    def _hand_over(self, workspace_sid: str, serves: bool) -> None:
        """Begin where another node has left off, or leave off: only one node tells a receiver."""
        if not serves:
            if workspace_sid in self._telling:
                self._telling[workspace_sid].cancel()
        elif not self._closed:
            waking = asyncio.get_running_loop().create_task(self._look_once(workspace_sid))
            self._waking.add(waking)
            waking.add_done_callback(self._waking.discard)

    async def _look_once(self, workspace_sid: str) -> None:
        # What cannot be woken now is looked after when it tells of its first turn.
        with contextlib.suppress(NotFound, *self._unavailable):
            self._look_after(await self._directory.engine(workspace_sid))

    def _note(self, engine: WorkspaceEngine, turn: TurnRecord) -> None:
        if engine.workspace_sid not in self._telling:
            self._look_after(engine)

    def _look_after(self, engine: WorkspaceEngine) -> None:
        sid = engine.workspace_sid
        if self._closed or sid in self._telling or not engine.serves:
            return
        if engine.sees(lambda state: state.created and bool(state.workspace.event_callback_url)):
            telling = asyncio.get_running_loop().create_task(self._tell(engine))
            self._telling[sid] = telling
            telling.add_done_callback(lambda done: self._left(engine, done))

    def _left(self, engine: WorkspaceEngine, telling: asyncio.Task[None]) -> None:
        self._telling.pop(engine.workspace_sid, None)
        self._tellings.pop(engine.workspace_sid, None)
        if telling.cancelled():
            self._look_after(engine)  # it may have been handed back since

    async def _tell(self, engine: WorkspaceEngine) -> None:
        while True:
            try:
                telling = self._tellings[engine.workspace_sid] = Telling(
                    self._directory,
                    self._tails,
                    self._sender,
                    engine,
                    self._clock,
                    self.tally,
                    self._at_once,
                )
                await telling.run()
                return
            except NotFound:
                return
            except self._unavailable as error:
                if not engine.serves:
                    return  # whoever does goes on, and be it this node a little later
                logger.warning(
                    "event callbacks of workspace %s rest: %s", engine.workspace_sid, error
                )
            except Exception:
                logger.exception("event callbacks of workspace %s failed", engine.workspace_sid)
            await asyncio.sleep(_PATIENCE_S)
