"""All pools, and what is asked of them for one worker: what waits for them, where they wait."""

from collections.abc import Callable

from taskyard.core.expressions import Facts, OrderClause, compile_condition
from taskyard.core.ids import TaskChannelSid
from taskyard.core.model import TaskChannel
from taskyard.core.state import State

from .first_lanes import FirstLanes
from .lanes import Lane, Place
from .pools import Lively, Pool, PoolKey
from .ranking import ByClauses, ByIdleTime, Ranking
from .seats import Seat, Seats

FEW = 8
"""So many pools are gone through one by one without a thought of a shorter way."""


class PoolIndex:
    """The pools by what they are made of, and as bits: a set of pools is one integer.

    Attributes:
        first_lanes: The first tasks of all lanes, whatever their pool.
        lively: The pools whose order or conditions look at the work in hand, as bits.
    """

    def __init__(self, state: State, seats: Seats) -> None:
        self._state = state
        self._seats = seats
        self._by_key: dict[PoolKey, Pool] = {}
        self._by_index: list[Pool | None] = []
        self._unused_indices: list[int] = []
        self._of_channel: dict[TaskChannelSid, int] = {}
        self._waiting = 0
        self._growing = 0
        self.lively = 0
        self.first_lanes = FirstLanes()
        self._rankings: dict[tuple[TaskChannelSid, tuple[OrderClause, ...]], Ranking] = {}
        self._own_circle: dict[TaskChannelSid, bool] = {}
        """Whether the rankings of a channel were made for a circle of its own."""
        self._facts = Facts()

    def __len__(self) -> int:
        return len(self._by_key)

    def __contains__(self, key: PoolKey) -> bool:
        return key in self._by_key

    def begin(self, now_ms: int) -> None:
        """Ask lively conditions as of this instant from now on."""
        self._facts.now_ms = now_ms

    def using_clock(self) -> list[Pool]:
        """The pools with waiting tasks that the clock may set free."""
        return [pool for pool in self._by_key.values() if pool.uses_clock and pool.waiting]

    # --- which pools there are ---

    def pool(self, key: PoolKey, *, uses_clock: bool) -> Pool:
        """The pool of these members, order and conditions; made if there is none."""
        pool = self._by_key.get(key)
        if pool is not None:
            return pool
        if self._unused_indices:
            index = self._unused_indices.pop()
        else:
            index = len(self._by_index)
            self._by_index.append(None)
        pool = Pool(
            index=index,
            key=key,
            ranking=self._ranking(key[1], key[2]),
            holds=self.test(key[3]),
            uses_clock=uses_clock,
            seats=self._seats,
            is_free=self._is_free,
        )
        self._by_index[index] = self._by_key[key] = pool
        if pool.ranking.grows:
            self._growing |= pool.bit
        if key[3] or not pool.ranking.grows:
            self.lively |= pool.bit
        self._of_channel[pool.channel_sid] = self._of_channel.get(pool.channel_sid, 0) | pool.bit
        return pool

    def disband(self, pool: Pool) -> None:
        """Do without a pool."""
        pool.disband()
        del self._by_key[pool.key]
        self._by_index[pool.index] = None
        self._unused_indices.append(pool.index)
        self._growing &= ~pool.bit
        self.lively &= ~pool.bit
        self._of_channel[pool.channel_sid] &= ~pool.bit

    def change_members(self, pool: Pool, key: PoolKey) -> None:
        """Let a pool consist of other workers; there is none of those yet."""
        del self._by_key[pool.key]
        pool.change_members(key[0])
        self._by_key[key] = pool

    def count_waiting(self, pool: Pool, change: int) -> None:
        """So many more tasks wait in a pool, or fewer."""
        pool.waiting += change
        if pool.waiting:
            self._waiting |= pool.bit
        else:
            self._waiting &= ~pool.bit

    def is_spread_otherwise(self, channel: TaskChannel) -> bool:
        """Whether work on a channel goes round in another way than when its pools were made."""
        optimized = channel.channel_optimized_routing
        return self._own_circle.get(channel.sid, optimized) != optimized

    def test(self, lively: Lively) -> Callable[[Seat], bool] | None:
        """What asks all of these of a worker; None if there are none."""
        if not lively:
            return None
        tests = [compile_condition(node, scope) for node, scope in lively]
        facts = self._facts

        def holds(seat: Seat) -> bool:
            facts.worker = seat.subject
            return all(test(facts) for test in tests)

        return holds

    # --- one worker ---

    def first_for(self, seat: Seat) -> tuple[Place, Lane] | None:
        """The first waiting task that this worker is free for."""
        pools = seat.pools & self._waiting
        if not pools or not (pools := pools & self._free_pools(seat)):
            return None
        many = pools.bit_count()
        if many > FEW and many * many > self._waiting.bit_count():
            # Most of what waits is for them: the first of all tasks are a shorter way.
            found, told = self.first_lanes.search(seat, pools, 2 * many)
            if told:
                return found
        best: tuple[Place, Lane] | None = None
        while pools:
            lowest = pools & -pools
            pools ^= lowest
            pool = self._by_index[lowest.bit_length() - 1]
            assert pool is not None
            if pool.holds(seat):
                found = pool.first_for(seat)
                if found is not None and (best is None or found[0] < best[0]):
                    best = found
        return best

    def settle(self, seat: Seat) -> None:
        """Let a worker who has changed stand among the free ones of their pools."""
        pools = seat.pools & ~(seat.queued & self._growing)
        if pools:
            pools &= self._free_pools(seat)
        while pools:
            lowest = pools & -pools
            pools ^= lowest
            pool = self._by_index[lowest.bit_length() - 1]
            assert pool is not None
            pool.let_in(seat)

    def _free_pools(self, seat: Seat) -> int:
        """The pools, of whatever members, on whose channel one more offer fits for the worker."""
        if not seat.available:
            return 0
        if not self._state.workspace.multi_task_enabled:
            return 0 if seat.worker.reservations else -1
        free = 0
        channels = seat.worker.channels
        for channel_sid, pools in self._of_channel.items():
            channel = channels[channel_sid]
            if channel.used < channel.capacity and channel.available:
                free |= pools
        return free

    def _is_free(self, seat: Seat, task_channel_sid: TaskChannelSid) -> bool:
        """Whether one more offer on this channel fits. Source: TaskRouter, multi-tasking."""
        if not seat.available:
            return False
        if self._state.workspace.multi_task_enabled:
            channel = seat.worker.channels[task_channel_sid]
            return channel.available and channel.used < channel.capacity
        return not seat.worker.reservations

    def _ranking(self, channel_sid: TaskChannelSid, clauses: tuple[OrderClause, ...]) -> Ranking:
        ranking = self._rankings.get((channel_sid, clauses))
        if ranking is None:
            channel = self._state.task_channels[channel_sid]
            self._own_circle[channel_sid] = channel.channel_optimized_routing
            idle_time = ByIdleTime(channel_sid if channel.channel_optimized_routing else None)
            ranking = ByClauses(clauses, idle_time) if clauses else idle_time
            self._rankings[channel_sid, clauses] = ranking
        return ranking
