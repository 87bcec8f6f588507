"""Who was last offered something longest ago, among all workers at once.

An offer lets its worker fall back in every pool they belong to, and each of these finds out when it
next meets them in front. For a worker in hundreds of pools that is hundreds of findings for one
offer. Here it is known at once: so a pool that meets nothing but such workers looks here as well.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterator
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .seats import Seat


class IdleOrder:
    """All workers by their last offer; those of one instant in no particular order."""

    def __init__(self) -> None:
        self._seats: OrderedDict[Seat, None] = OrderedDict()
        self._sorted = True

    def __iter__(self) -> Iterator[Seat]:
        """The workers, longest without an offer first. Nobody may come, go or be offered meanwhile.

        After a start, when they come in another order, the first look sorts them.
        """
        if not self._sorted:
            seats = sorted(self._seats, key=lambda seat: seat.worker.last_offer_ms)
            self._seats = OrderedDict.fromkeys(seats)
            self._sorted = True
        return iter(self._seats)

    def add(self, seat: Seat) -> None:
        """Take a worker in."""
        self._seats[seat] = None
        if seat.worker.last_offer_ms:
            self._sorted = False
        else:
            self._seats.move_to_end(seat, last=False)

    def remove(self, seat: Seat) -> None:
        """Let a worker go."""
        del self._seats[seat]

    def offered(self, seat: Seat) -> None:
        """Note that a worker was offered something, after everybody else or at the same instant."""
        self._seats.move_to_end(seat)
