"""What other nodes have kept, read for all the workspaces that this node follows at once."""

from taskyard.stores.interface import JournalRow
from taskyard.stores.sharing import SharedStore

from .gathering import Gathering
from .journal import TurnRecord, next_turn

_WORKSPACES_AT_ONCE = 200


class News:
    """Reads the journals that are followed.

    Workspaces share the cost of a look, as those that are served share that of an append: a node
    whose neighbours keep a thousand turns a second need not ask a thousand times.
    """

    def __init__(self, store: SharedStore) -> None:
        """Nobody wants anything yet.

        Args:
            store: What the nodes share.
        """
        self._rows: Gathering[str, int, list[JournalRow]] = Gathering(
            store.news, _WORKSPACES_AT_ONCE
        )

    async def after(self, workspace_sid: str, position: int) -> list[TurnRecord]:
        """Some of the turns of a workspace that follow a position, in order, without a gap.

        A workspace asks for one look at a time.

        Returns:
            Those; nothing if there are none yet.

        Raises:
            StoreError: They cannot be read, or one is missing.
        """
        turns: list[TurnRecord] = []
        for row in await self._rows.ask(workspace_sid, position) or ():
            turns.append(next_turn(row, position))
            position = row.last_position
        return turns
