"""The turns that are news to those who listen, found while a journal is folded."""

import logging

from taskyard.stores import StoreError

from .journal import TurnRecord
from .views import Feeds

_EVENTS_AT_ONCE = 4_000

logger = logging.getLogger(__name__)


class Unheard:
    """Collects them; at a first load the views are told as it goes on, a slice at a time.

    A view that is new, or was long away, has a whole journal to hear of: what was told of it need
    not be in memory at once. Others who listen hear of the last slice alone, as they hear of
    nothing where the views have heard of everything.
    """

    def __init__(self, after_position: int, views: Feeds | None) -> None:
        """Nothing is found yet.

        Args:
            after_position: What comes after it is news.
            views: Who are told slice by slice; None if all is to be told in the end.
        """
        self.after_position = after_position
        self._views = views
        self.turns: list[TurnRecord] = []
        self._events = 0

    def begin_anew(self) -> None:
        """The journal is folded from another place: the same turns come again."""
        self.turns = []
        self._events = 0

    async def add(self, turn: TurnRecord) -> None:
        """One more turn; it waits while the views are too far behind."""
        if self._views is not None and self._events >= _EVENTS_AT_ONCE:
            for one in self.turns:
                self._views.note(one)
            self.begin_anew()
            await self._room(self._views)
        self.turns.append(turn)
        self._events += len(turn.events)

    async def _room(self, views: Feeds) -> None:
        if not views.is_full:
            return
        try:
            await views.caught_up()
        except StoreError as error:
            # The workspace can be read all the same, and the views come to it later.
            logger.warning("a load goes on although its views are behind: %s", error)
