"""The part that this node plays for a workspace: it decides, or follows the node that does."""

from taskyard.stores.sharing import LeaseLost

from .tenure import Tenure
from .unavailable import OutOfTouch, ServedElsewhere


class Part:
    """Where nodes share a store, the one with the lease decides. Without others, always this one.

    The lease may begin and end at any moment; the part is changed between two turns.

    Attributes:
        decides: Whether the machine at hand was loaded to decide; else it only follows.
        epoch: By which lease; None without one.
    """

    __slots__ = ("_tenure", "_workspace_sid", "decides", "epoch")

    def __init__(self, workspace_sid: str, tenure: Tenure | None) -> None:
        """It follows, unless nobody else can decide.

        Args:
            workspace_sid: Whose part it is.
            tenure: Whether this node may decide; None if nobody else can.
        """
        self._workspace_sid = workspace_sid
        self._tenure = tenure
        self.decides = tenure is None
        self.epoch = None if tenure is None else tenure.epoch

    @property
    def node_sid(self) -> str | None:
        """This node; None if there are no others."""
        return None if self._tenure is None else self._tenure.node_sid

    @property
    def serves(self) -> bool:
        """Whether nobody but this node can be deciding at this moment."""
        return self._tenure is None or self._tenure.serves

    @property
    def in_touch(self) -> bool:
        """Whether this node hears what others decide."""
        return self._tenure is None or self._tenure.in_touch

    @property
    def is_over(self) -> bool:
        """Whether the lease has begun or ended, or is another one, since the part was taken."""
        tenure = self._tenure
        if tenure is None:
            return False
        return self.decides != tenure.serves or (self.decides and tenure.epoch != self.epoch)

    def take(self) -> None:
        """Decide from now on, or follow, as the lease has it."""
        self.decides = self.serves
        self.epoch = None if self._tenure is None else self._tenure.epoch

    def may_show(self, behind: int) -> bool:
        """Whether the state at hand may be shown.

        Args:
            behind: How many events are in the journal, as far as is known, and not in the state.
        """
        tenure = self._tenure
        if tenure is None:
            return True
        if self.decides:
            return tenure.serves and tenure.epoch == self.epoch
        return tenure.in_touch and not behind

    def expect_to_serve(self) -> None:
        """Make sure that what was found cannot rest on what another node has changed since.

        Raises:
            LeaseLost: It may.
        """
        if self._tenure is not None and not self._tenure.serves:
            raise LeaseLost(self._workspace_sid, self._tenure.epoch or 0)

    def lost(self, epoch: int) -> None:
        """The lease of this epoch has turned out to be over."""
        if self._tenure is not None:
            self._tenure.lost(epoch)

    def elsewhere(self) -> ServedElsewhere:
        """Why nothing is decided here."""
        lease = None if self._tenure is None else self._tenure.elsewhere
        return ServedElsewhere(self._workspace_sid, lease)

    def out_of_touch(self) -> OutOfTouch:
        """Why nothing is shown here."""
        return OutOfTouch(
            f"workspace {self._workspace_sid}: this node has lost touch with its database"
        )
