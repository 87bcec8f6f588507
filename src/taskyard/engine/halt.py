"""Why a workspace decides nothing for a while, and when that is tried again."""

from taskyard.stores import StoreError

from .journal import Journal

_REST_S = 1.0
"""Between attempts at what failed: a load, a timer, an append …"""
_REST_IN_LOADS = 10
"""… but so many times as long as the load that each failure costs, if that is more."""


class Halt:
    """What a turn failed of, until it may be tried again.

    After a failure of the store every turn is likely to fail, each at the price of a load. Those
    who look are shown what was kept, those who ask are refused. Once may be chance, so the store is
    asked at once whether it works; if it says so and fails again, only time can tell.

    Attributes:
        why: Why nothing is decided; None while there is no reason.
        unproved: Whether the reason is the store, and it is time to ask whether it works again.
        rest_s: How long to wait before the next attempt, in seconds.
    """

    __slots__ = ("_failed_before", "rest_s", "unproved", "why")

    def __init__(self) -> None:
        self.why: Exception | None = None
        self.unproved = False
        self.rest_s = _REST_S
        self._failed_before = False
        """Whether a turn has failed and none was kept since."""

    def load_took(self, seconds: float) -> None:
        """What each failure costs."""
        self.rest_s = max(_REST_S, _REST_IN_LOADS * seconds)

    def store_failed(self, error: StoreError) -> None:
        """A turn could not be kept."""
        self.why, self.unproved = error, not self._failed_before
        self._failed_before = True

    def turn_kept(self) -> None:
        """The store works."""
        self._failed_before = False

    def rested(self) -> None:
        """It is time for the next attempt."""
        if isinstance(self.why, StoreError):
            self.unproved = True
        else:
            self.why = None

    def lift(self) -> None:
        """All begins anew, so there is no reason any more."""
        self.why, self.unproved = None, False

    async def prove(self, journal: Journal) -> None:
        """Ask the store whether it works again; if not, it is asked again after the same rest."""
        try:
            await journal.probe()
        except StoreError as error:
            self.why = error
        else:
            self.why = None
        self.unproved = False
