"""From the journal to a machine that is ready to decide."""

import logging
from collections.abc import Callable

import msgspec

from taskyard.core.machine import Machine
from taskyard.stores import StoreError

from .collector import leave_alone, reclaim, spared
from .counters import Counters
from .journal import Journal, TurnRecord
from .pace import unhurried
from .snapshots import Folded, Snapshots
from .unheard import Unheard
from .views import Feeds

_MAX_POSITION = 2**63 - 1
_MANY_EVENTS = 5_000
"""With fewer, a workspace is too small for the collector to be told of."""

logger = logging.getLogger(__name__)


class Loaded(msgspec.Struct, frozen=True, kw_only=True):
    """What a workspace's journal comes to.

    Attributes:
        machine: Ready to decide, unless the journal is empty.
        position: Of the last event; 0 if there is none.
        kept_ms: The instant of the last turn.
        unheard: The turns after the position that was known before, but for those that the views
            were told of already.
    """

    machine: Machine
    position: int
    kept_ms: int
    unheard: list[TurnRecord]


class Loader:
    """Folds the journal of one workspace, after its newest snapshot if there is one."""

    def __init__(
        self,
        workspace_sid: str,
        *,
        journal: Journal,
        new_machine: Callable[[], Machine],
        counters: Counters,
        snapshots: Snapshots | None,
        views: Feeds | None,
    ) -> None:
        """Nothing is read yet; see `WorkspaceEngine` for the arguments."""
        self._workspace_sid = workspace_sid
        self._journal = journal
        self._new_machine = new_machine
        self._counters = counters
        self._snapshots = snapshots
        self._views = views
        self._has_loaded = False
        """Whether a machine was made, and none has been tried to make since."""

    async def load(self, known: int | None) -> Loaded:
        """Fold the journal into a new machine.

        Args:
            known: The position up to which the turns are known to whoever listens; None if nobody
                has listened yet: then it is what the views have kept.

        Raises:
            StoreError: It cannot be read, or not be folded.
        """
        # Once for a machine that was forgotten, not at each attempt at the next one.
        if known is not None and known >= _MANY_EVENTS and self._has_loaded:
            reclaim()
        self._has_loaded = False
        if known is None:
            unheard = Unheard(await self._kept_by_views(), self._views)
        else:
            unheard = Unheard(known, None)
        with spared():
            loaded = await self._fold(unheard)
            if loaded.position >= _MANY_EVENTS:
                leave_alone()
        self._has_loaded = True
        return loaded

    async def _kept_by_views(self) -> int:
        if self._views is None:
            return _MAX_POSITION
        return await self._views.heard_position(self._workspace_sid)

    async def _fold(self, unheard: Unheard) -> Loaded:
        heard = unheard.after_position
        # What listeners have not heard has to be folded turn by turn, to be told as it was.
        try:
            return await self._fold_from(heard + 1, unheard)
        except StoreError as error:
            later = await self._newest(None, after=heard)
            if later is None:
                raise
            logger.warning(
                "workspace %s begins at position %d, after what its views have heard: what lies "
                "between is missing from them: %s",
                self._workspace_sid,
                later.position,
                error,
            )
        return await self._fold_from(None, unheard)

    async def _fold_from(self, before: int | None, unheard: Unheard) -> Loaded:
        """Fold what follows the newest snapshot before a position that the journal goes on from."""
        while (found := await self._newest(before)) is not None:
            before = found.position
            try:
                return await self._fold_after(found, unheard)
            except StoreError as error:
                logger.warning(
                    "workspace %s: nothing goes on from the snapshot at position %d, so it begins "
                    "further back: %s",
                    self._workspace_sid,
                    found.position,
                    error,
                )
        return await self._fold_after(None, unheard)

    async def _newest(self, before: int | None, after: int = 0) -> Folded | None:
        if self._snapshots is None:
            return None
        return await self._snapshots.newest(self._workspace_sid, before, after)

    async def _fold_after(self, begun: Folded | None, unheard: Unheard) -> Loaded:
        began = self._counters.seconds()
        machine = self._new_machine()
        position = kept_ms = 0
        if begun is not None:
            machine.state = begun.state
            position, kept_ms = begun.position, begun.at_ms
        unheard.begin_anew()
        try:
            async for turn in self._journal.turns(self._workspace_sid, position):
                if turn.first_position > unheard.after_position:
                    details = machine.replay_witnessed(turn.events, turn.at_ms)
                    await unheard.add(msgspec.structs.replace(turn, details=details))
                else:
                    machine.replay(turn.events, turn.at_ms)
                position, kept_ms = turn.last_position, turn.at_ms
            if position > 0:
                await unhurried(machine.resuming(), self._counters.seconds)
        except StoreError:
            raise
        except Exception as bug:
            logger.exception("workspace %s cannot be folded", self._workspace_sid)
            raise StoreError(
                f"workspace {self._workspace_sid}: the journal cannot be folded after "
                f"position {position}: {bug}"
            ) from bug
        if position > 0:
            self._counters.loads += 1
            logger.info(
                "workspace loaded",
                extra={
                    "workspace_sid": self._workspace_sid,
                    "events": position,
                    "ms": round((self._counters.seconds() - began) * 1000),
                },
            )
        return Loaded(machine=machine, position=position, kept_ms=kept_ms, unheard=unheard.turns)
