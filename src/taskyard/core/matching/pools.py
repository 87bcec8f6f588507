"""A pool: the lanes that the same workers serve, and those of the workers who are free."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from heapq import heapify, heappop, heappush, heapreplace

from taskyard.core.expressions import Node, OrderClause, Scope
from taskyard.core.ids import TaskChannelSid

from .first_lanes import FirstLanes
from .lanes import Lane, Place
from .ranking import Rank, Ranking
from .seats import Seat, Seats

Lively = tuple[tuple[Node, Scope], ...]
"""Conditions to ask of a worker at the moment of the offer."""

PoolKey = tuple[int, TaskChannelSid, tuple[OrderClause, ...], Lively]
"""Members, task channel, order of workers, lively conditions."""

FEW_FALLEN_BACK = 4
"""So many members who have fallen back are put right before others are looked for elsewhere."""
LOOKED_AT_ONCE = 16
"""Workers who are looked at elsewhere for each further member who is put right: that takes about as
long."""

IsFree = Callable[[Seat, TaskChannelSid], bool]
Holds = Callable[[Seat], bool]


class Pool:
    """Who serves some lanes.

    The heap of free workers has an entry for every member who is free, and perhaps some for members
    who no longer are: whoever takes the first one looks. Where a worker can only fall back in the
    order, an outdated entry stands too far in front and is put right when it is met; where they can
    also gain, a new entry is made with every change and outdated ones are thrown away.

    Attributes:
        bit: The pool among all pools.
        first_lanes: The first tasks of its lanes; a lane that has moved on stands there no longer.
        waiting: How many tasks wait in its lanes.
        irregular: Whether some member's place cannot be told without looking at all of them.
    """

    __slots__ = (
        "_free",
        "_holds",
        "_is_free",
        "_minute",
        "_seats",
        "bit",
        "channel_sid",
        "first_lanes",
        "index",
        "irregular",
        "key",
        "lanes",
        "ranking",
        "uses_clock",
        "waiting",
    )

    def __init__(
        self,
        *,
        index: int,
        key: PoolKey,
        ranking: Ranking,
        holds: Holds | None,
        uses_clock: bool,
        seats: Seats,
        is_free: IsFree,
    ) -> None:
        self.index = index
        self.bit = 1 << index
        self.key = key
        self.channel_sid = key[1]
        self.ranking = ranking
        self.uses_clock = uses_clock
        self.lanes: dict[Lane, None] = {}
        self.waiting = 0
        self.irregular = False
        self._minute: int | None = None
        self._holds = holds
        self._seats = seats
        self._is_free = is_free
        self.first_lanes = FirstLanes()
        self._free: list[tuple[Rank, int]] = []
        for seat in seats.of(key[0]):
            seat.pools |= self.bit
            self.let_in(seat)

    @property
    def members(self) -> int:
        """The workers who serve it, but for the lively conditions."""
        return self.key[0]

    def disband(self) -> None:
        """Let nobody belong to it any more."""
        for seat in self._seats.of(self.members & self._seats.everybody):
            seat.pools &= ~self.bit
        for _, index in self._free:
            seat_then = self._seats.by_index[index]
            if seat_then is not None:
                seat_then.queued &= ~self.bit

    def change_members(self, members: int) -> None:
        """Serve the same lanes with other workers."""
        before = self.members & self._seats.everybody
        self.key = (members, *self.key[1:])
        for seat in self._seats.of(before & ~members):
            seat.pools &= ~self.bit
        for seat in self._seats.of(members & ~before):
            seat.pools |= self.bit
            self.let_in(seat)

    def holds(self, seat: Seat) -> bool:
        """Whether its lively conditions hold for the worker at this moment."""
        return self._holds is None or self._holds(seat)

    def serves(self, seat: Seat) -> bool:
        """Whether the member is free for it, and its lively conditions hold for them."""
        return self._is_free(seat, self.channel_sid) and self.holds(seat)

    def look_at_clock(self, minute: int) -> None:
        """Put every free member among the free ones, once a minute: others may do now."""
        if self.uses_clock and minute != self._minute:
            self._minute = minute
            for seat in self._seats.of(self.members):
                self.let_in(seat)

    def first_for(self, seat: Seat) -> tuple[Place, Lane] | None:
        """The first task that waits for this member among others."""
        return self.first_lanes.search(seat, self.bit)[0]

    def let_in(self, seat: Seat) -> None:
        """Put a member among the free ones if they are free, and not there already."""
        if (seat.queued & self.bit and self.ranking.grows) or not self._is_free(
            seat, self.channel_sid
        ):
            return
        rank = self._rank(seat)
        if rank is not None:
            heappush(self._free, (rank, seat.index))
            seat.queued |= self.bit
        if not self.ranking.grows and len(self._free) > 4 * self.members.bit_count() + 64:
            self._free = [entry for entry in self._free if self._is_current(entry)]
            heapify(self._free)

    def choose(self, lane: Lane, most: int, unsettled: dict[Seat, None]) -> list[Seat]:
        """The first free members who will do for a lane.

        Args:
            lane: One of this pool's.
            most: How many at the most.
            unsettled: Workers who have changed and may have no entry here yet.
        """
        for changed in unsettled:
            if changed.pools & self.bit:
                self.let_in(changed)
        if self.irregular:
            return self._choose_among_all(lane, most)
        free, only = self._free, lane.only
        chosen: list[Seat] = []
        passed: list[tuple[Rank, int]] = []
        fallen_back = 0
        elsewhere: Iterator[list[Seat] | None] | None = None
        while free and len(chosen) < most:
            entry = free[0]
            seat = self._seats.by_index[entry[1]]
            if seat is None:
                heappop(free)
                continue
            if not seat.pools & self.bit or not self.serves(seat):
                heappop(free)
                seat.queued &= ~self.bit
                continue
            rank = self.ranking.rank(seat)
            if rank != entry[0]:
                if not self.ranking.grows or rank is None:
                    heappop(free)
                    continue
                heapreplace(free, (rank, entry[1]))
                fallen_back += 1
                if fallen_back > FEW_FALLEN_BACK and self.ranking.by_last_offer:
                    elsewhere = elsewhere or self._choose_in_idle_order(lane, most)
                    found = next(elsewhere)
                    if found is not None:
                        chosen = found
                        break
                continue
            heappop(free)
            if only is None or only & seat.bit:
                if seat not in chosen:
                    chosen.append(seat)
                    seat.queued &= ~self.bit
            else:
                passed.append(entry)
        for entry in passed:
            heappush(free, entry)
        return chosen

    def _choose_in_idle_order(self, lane: Lane, most: int) -> Iterator[list[Seat] | None]:
        """Find the same members among all workers, longest idle first, some at a time.

        Yields:
            None until they are found.
        """
        bit, only = self.bit, lane.only
        chosen: list[Seat] = []
        for number, seat in enumerate(self._seats.idle_order, 1):
            # Those of one instant stand in no order yet: only behind the last of them it is told.
            offered_ms = seat.worker.last_offer_ms
            if len(chosen) >= most and offered_ms != chosen[-1].worker.last_offer_ms:
                break
            if seat.pools & bit and (only is None or only & seat.bit) and self.serves(seat):
                chosen.append(seat)
            if number % LOOKED_AT_ONCE == 0:
                yield None
        yield self.ranking.sort(chosen)[:most]

    def _choose_among_all(self, lane: Lane, most: int) -> list[Seat]:
        candidates = [seat for seat in self._seats.of(lane.members) if self.serves(seat)]
        return self.ranking.sort(candidates)[:most]

    def _rank(self, seat: Seat) -> Rank | None:
        rank = self.ranking.rank(seat)
        if rank is None:
            self.irregular = True
        return rank

    def _is_current(self, entry: tuple[Rank, int]) -> bool:
        seat = self._seats.by_index[entry[1]]
        return (
            seat is not None
            and bool(seat.pools & self.bit)
            and self._is_free(seat, self.channel_sid)
            and self.ranking.rank(seat) == entry[0]
        )
