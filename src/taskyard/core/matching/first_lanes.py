"""Which lanes come first: a heap of the first tasks of lanes.

An entry is not removed when its task leaves or its lane changes pools: it stands for something only
while its task is the first of its lane.
"""

from heapq import heapify, heappop, heappush

from .lanes import Lane, Place
from .seats import Seat

_Entry = tuple[Place, int, Lane]


class FirstLanes:
    """The first tasks of some lanes, in order."""

    __slots__ = ("_compact_at", "_heap")

    def __init__(self) -> None:
        self._heap: list[_Entry] = []
        self._compact_at = 64

    def note(self, entry: Place, lane: Lane) -> None:
        """A task is the first of its lane now."""
        heap = self._heap
        heappush(heap, (entry, lane.number, lane))
        if len(heap) > self._compact_at:
            heap[:] = [found for found in heap if found[2].first() is found[0]]
            heapify(heap)
            self._compact_at = 2 * len(heap) + 64

    def search(
        self, seat: Seat, pools: int, most: int | None = None
    ) -> tuple[tuple[Place, Lane] | None, bool]:
        """Look for the first task whose lane will do with this worker, in these pools.

        Args:
            seat: Who is free.
            pools: Those that the worker is free for, as bits.
            most: After so many lanes, give up.

        Returns:
            The task and its lane, and whether that is known: False if it gave up.
        """
        heap = self._heap
        while heap and heap[0][2].first() is not heap[0][0]:
            heappop(heap)
        if not heap:
            return None, True
        reached = [(heap[0], 0)]
        while reached:
            (entry, _, lane), at = heappop(reached)
            pool = lane.pool
            if (
                pool is not None
                and pool.bit & pools
                and (lane.only is None or lane.only & seat.bit)
                and lane.first() is entry
                and pool.holds(seat)
            ):
                return (entry, lane), True
            if most is not None:
                most -= 1
                if not most:
                    return None, False
            for below in (2 * at + 1, 2 * at + 2):
                if below < len(heap):
                    heappush(reached, (heap[below], below))
        return None, True
