"""Finds the offers that a turn has made possible, and no others.

The rule, in its plain form: of all waiting tasks that have a candidate, the first in the order of
tasks is offered to the first of its candidates; and again, until no waiting task has one. Between
turns that is so. A turn moves some tasks and changes some workers; only the lanes that those tasks
joined, and the pools of those workers, can hold a new candidate. They are kept on an agenda by the
first task that each could serve.
"""

from collections.abc import Callable, Iterable
from heapq import heappop, heappush

from taskyard.core import routing
from taskyard.core.events import (
    ActivityUpdated,
    ReservationAccepted,
    ReservationCanceled,
    ReservationCompleted,
    ReservationCreated,
    ReservationRejected,
    ReservationRescinded,
    ReservationTimeout,
    ReservationWrapup,
    TaskCanceled,
    TaskChannelDeleted,
    TaskChannelUpdated,
    TaskCreated,
    TaskDeleted,
    TaskQueueDeleted,
    TaskQueueEntered,
    TaskQueueExpressionUpdated,
    TaskQueueUpdated,
    TaskUpdated,
    WorkerActivityUpdated,
    WorkerAttributesUpdated,
    WorkerCapacityUpdated,
    WorkerChannelAvailabilityUpdated,
    WorkerCreated,
    WorkerDeleted,
    WorkflowDeleted,
    WorkflowTargetMatched,
    WorkflowUpdated,
    WorkspaceCreated,
    WorkspaceUpdated,
)
from taskyard.core.expressions import Facts, OrderClause, Scope, Staffing, compile_condition
from taskyard.core.ids import (
    ActivitySid,
    TaskChannelSid,
    TaskQueueSid,
    TaskSid,
    WorkerSid,
    WorkflowSid,
    is_sid,
)
from taskyard.core.model import NO_FILTER, Task, TaskOrder
from taskyard.core.rulebook import Rulebook
from taskyard.core.rules import reservations
from taskyard.core.rules.turn import Turn, Watch, watch
from taskyard.core.state import State
from taskyard.core.subjects import TaskSubject

from .conditions import Conditions, User
from .first_lanes import FirstLanes
from .lanes import Lane, LaneKey, Place, place
from .membership import ANYBODY, QueueMembers, Step, Wanted, routed_to
from .pools import Lively, Pool, PoolKey
from .ranking import ByClauses, ByIdleTime, Ranking
from .seats import Seat, Seats

EMPTY_LANES_KEPT = 1024
NARROW_POOLS = 128
"""So many lanes that single tasks have narrowed down get a pool of just their workers, for each
task queue and channel; further ones share the pool of the whole queue, and are walked past."""
FEW = 8
"""Lanes for so few workers always get a pool of their own: in a large one they would be walked past
too often."""

_Item = tuple[Place, int, Lane, Seat | None, int]
"""On the agenda: a task, its lane, for whom it was found (None: the lane), offers until then."""

_Route = tuple[WorkflowSid, int, int, int]


class Matcher:
    """The index of who waits and who is free in one workspace."""

    def __init__(self, state: State, rulebook: Rulebook) -> None:
        self._state = state
        self._rulebook = rulebook
        self.rebuild()

    def rebuild(self) -> None:
        """Make the whole index from the state; every waiting task is looked at again."""
        state = self._state
        self._seats = Seats(state)
        self._conditions = Conditions(self._seats)
        self._queues: dict[TaskQueueSid, QueueMembers] = {}
        self._steps: dict[_Route, Step] = {}
        self._waiting: dict[TaskSid, tuple[Place, Lane]] = {}
        self._lanes: dict[LaneKey, Lane] = {}
        self._lanes_made = 0
        self._empty_lanes: dict[Lane, None] = {}
        self._lanes_by_name: dict[Lane, None] = {}
        self._narrow_pools: dict[tuple[TaskQueueSid | None, TaskChannelSid], int] = {}
        self._pools: list[Pool | None] = []
        self._free_pool_indices: list[int] = []
        self._pool_of: dict[PoolKey, Pool] = {}
        self._waiting_pools = 0
        self._growing_pools = 0
        self._lively_pools = 0
        self._pools_of_channel: dict[TaskChannelSid, int] = {}
        self._first_lanes = FirstLanes()
        self._rankings: dict[tuple[TaskChannelSid, tuple[OrderClause, ...]], Ranking] = {}
        self._facts = Facts()
        # What this turn has to look at.
        self._unplaced: dict[TaskSid, None] = {}
        self._stirred: dict[Seat, None] = {}
        self._unsettled: dict[Seat, None] = {}
        self._alert_lanes: list[Lane] = []
        # What the clock can change.
        self._ageing: dict[TaskSid, None] = {}
        self._waiting_by_clock = 0
        self._minute = 0
        if state.created:
            workspace = state.workspace
            self._arranged_by = workspace.multi_task_enabled, workspace.prioritize_queue_order
        for worker in state.workers.values():
            seat = self._seats.add(worker)
            self._conditions.add(seat)
        self._unplaced.update((task.sid, None) for task in state.tasks.values() if task.waiting)

    def watches(self) -> list[Watch]:
        """The events that change the index."""
        return [
            watch(WorkspaceCreated, lambda _: self.rebuild()),
            watch(WorkspaceUpdated, self._workspace_updated),
            watch(ActivityUpdated, self._activity_updated),
            watch(TaskChannelUpdated, lambda _: self.rebuild()),
            watch(TaskChannelDeleted, lambda _: self.rebuild()),
            watch(TaskQueueUpdated, self._task_queue_updated),
            watch(TaskQueueExpressionUpdated, lambda e: self._forget_queue(e.task_queue_sid)),
            watch(TaskQueueDeleted, lambda e: self._forget_queue(e.task_queue_sid)),
            watch(WorkflowUpdated, lambda e: self._forget_steps(e.workflow_sid)),
            watch(WorkflowDeleted, lambda e: self._forget_steps(e.workflow_sid)),
            watch(WorkerCreated, self._worker_created),
            watch(WorkerActivityUpdated, self._worker_activity_updated),
            watch(WorkerAttributesUpdated, self._worker_attributes_updated),
            watch(WorkerCapacityUpdated, lambda e: self._stir(e.worker_sid)),
            watch(WorkerChannelAvailabilityUpdated, lambda e: self._stir(e.worker_sid)),
            watch(WorkerDeleted, self._worker_deleted),
            watch(TaskCreated, self._task_moved),
            watch(TaskUpdated, self._task_moved),
            watch(WorkflowTargetMatched, self._task_moved),
            watch(TaskQueueEntered, self._task_moved),
            watch(TaskCanceled, lambda e: self._leave(e.task_sid)),
            watch(TaskDeleted, lambda e: self._leave(e.task_sid)),
            watch(ReservationCreated, self._reservation_created),
            watch(ReservationAccepted, self._reservation_counted),
            watch(ReservationWrapup, self._reservation_counted),
            watch(ReservationCompleted, self._reservation_completed),
            watch(ReservationRejected, self._reservation_closed),
            watch(ReservationTimeout, self._reservation_closed),
            watch(ReservationCanceled, self._reservation_closed),
            watch(ReservationRescinded, self._reservation_closed),
        ]

    # --- figures ---

    @property
    def waiting(self) -> int:
        """How many tasks wait."""
        return len(self._waiting)

    @property
    def lanes(self) -> int:
        """How many lanes there are, empty ones that are kept included."""
        return len(self._lanes)

    @property
    def pools(self) -> int:
        """How many pools there are."""
        return len(self._pool_of)

    # --- one turn ---

    def match(self, turn: Turn) -> None:
        """Make every offer that this turn has made possible, first tasks first."""
        self._facts.now_ms = turn.now_ms
        for sid in self._unplaced:
            self._place(sid, turn.now_ms)
        self._unplaced.clear()
        if not self._stirred and not self._alert_lanes:
            return
        agenda: list[_Item] = []
        offers = 0
        while True:
            self._add_to(agenda, offers)
            if not agenda:
                break
            entry, number, lane, seat, offers_then = heappop(agenda)
            if offers_then != offers:  # what was first for them may be somebody else's now
                if seat is None:
                    first = lane.first()
                else:
                    first, lane = self._first_for(seat) or (None, lane)
                if first is not entry:
                    if first is not None:
                        heappush(agenda, (first, number, lane, seat, offers))
                    elif seat is None:
                        lane.alert = False
                    continue
            offered = self._offer_first(turn, lane, entry)
            offers += offered
            if seat is None:
                following = lane.first()
                if offered and following is not None:
                    heappush(agenda, (following, number, lane, None, offers))
                else:
                    self._calm(lane, following)
        for seat in self._unsettled:
            self._settle(seat)
        self._unsettled.clear()

    def _add_to(self, agenda: list[_Item], offers: int) -> None:
        """Put what was changed since the last look on the agenda."""
        if len(self._stirred) > 4:
            for seat in self._unsettled:
                self._settle(seat)
            self._unsettled.clear()
        for seat in self._stirred:
            found = self._first_for(seat)
            if found is not None:
                heappush(agenda, (found[0], -seat.index - 1, found[1], seat, offers))
        self._stirred.clear()
        for lane in self._alert_lanes:
            first = lane.first()
            if first is not None:
                heappush(agenda, (first, lane.number, lane, None, offers))
            else:
                lane.alert = False
        self._alert_lanes.clear()

    def _offer_first(self, turn: Turn, lane: Lane, entry: Place) -> bool:
        assert lane.pool is not None
        task = self._state.tasks[entry[4]]
        chosen = lane.pool.choose(lane, self._most_reserved(lane), self._unsettled)
        if chosen:
            sids = [seat.worker.sid for seat in chosen]
            known = lane.key[4] is not None and lane.task_queue_sid is not None
            reservations.offer(turn, task, sids, known_worker=known)
        return bool(chosen)

    def _most_reserved(self, lane: Lane) -> int:
        if lane.task_queue_sid is None:
            return 1
        return self._state.task_queues[lane.task_queue_sid].max_reserved_workers

    def _first_for(self, seat: Seat) -> tuple[Place, Lane] | None:
        """The first waiting task that this worker is free for."""
        pools = seat.pools & self._waiting_pools
        if not pools or not (pools := pools & self._free_pools(seat)):
            return None
        many = pools.bit_count()
        if many > FEW and many * many > self._waiting_pools.bit_count():
            # Most of what waits is for them: the first of all tasks are a shorter way.
            found, told = self._first_lanes.search(seat, pools, 2 * many)
            if told:
                return found
        best: tuple[Place, Lane] | None = None
        while pools:
            lowest = pools & -pools
            pools ^= lowest
            pool = self._pools[lowest.bit_length() - 1]
            assert pool is not None
            if pool.holds(seat):
                found = pool.first_for(seat)
                if found is not None and (best is None or found[0] < best[0]):
                    best = found
        return best

    def _settle(self, seat: Seat) -> None:
        """Let a worker who has changed stand among the free ones of their pools."""
        pools = seat.pools & ~(seat.queued & self._growing_pools)
        if pools:
            pools &= self._free_pools(seat)
        while pools:
            lowest = pools & -pools
            pools ^= lowest
            pool = self._pools[lowest.bit_length() - 1]
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
        for channel_sid, pools in self._pools_of_channel.items():
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

    # --- what events change ---

    def _workspace_updated(self, event: WorkspaceUpdated) -> None:
        if self._arranged_by != (event.multi_task_enabled, event.prioritize_queue_order):
            self.rebuild()

    def _activity_updated(self, event: ActivityUpdated) -> None:
        for seat in self._seats.of(self._seats.by_activity.get(event.activity_sid, 0)):
            self._stir_seat(seat)
            self._reconsider(self._conditions.worker_changed(seat, activity=True))

    def _task_queue_updated(self, event: TaskQueueUpdated) -> None:
        queue = self._queues.get(event.task_queue_sid)
        if queue and (queue.order, queue.friendly_name) != (event.task_order, event.friendly_name):
            self._forget_queue(event.task_queue_sid)

    def _forget_queue(self, task_queue_sid: TaskQueueSid) -> None:
        """Let the tasks of a queue be placed anew, as if they had just come to it."""
        queue = self._queues.pop(task_queue_sid, None)
        if queue is None:
            return
        placed = [sid for sid, (_, lane) in self._waiting.items() if lane in queue.lanes]
        for sid in placed:
            self._leave(sid)
            self._unplaced[sid] = None
        for lane in list(queue.lanes):
            self._drop_lane(lane)
        self._conditions.release(queue.steady, Scope.QUEUE, queue)

    def _forget_steps(self, workflow_sid: WorkflowSid) -> None:
        workflow = self._state.workflows.get(workflow_sid)
        in_force = workflow.configurations if workflow else {}
        for route in [r for r in self._steps if r[0] == workflow_sid and r[1] not in in_force]:
            del self._steps[route]

    def _worker_created(self, event: WorkerCreated) -> None:
        seat = self._seats.add(self._state.workers[event.worker_sid])
        before = self._conditions.sid_is_an_attribute
        self._conditions.add(seat)
        if before != self._conditions.sid_is_an_attribute:
            return self.rebuild()
        self._reconsider_all()
        return self._stir_seat(seat)

    def _worker_activity_updated(self, event: WorkerActivityUpdated) -> None:
        seat = self._seats.by_sid[event.worker_sid]
        self._seats.change_activity(seat)
        self._reconsider(self._conditions.worker_changed(seat, activity=True))
        self._stir_seat(seat)

    def _worker_attributes_updated(self, event: WorkerAttributesUpdated) -> None:
        seat = self._seats.by_sid[event.worker_sid]
        before = self._conditions.sid_is_an_attribute
        concerned = self._conditions.worker_changed(seat, attributes=True)
        if before != self._conditions.sid_is_an_attribute:
            return self.rebuild()
        concerned.update((lane, None) for lane in self._lanes_by_name)
        self._reconsider(concerned)
        return self._stir_seat(seat)

    def _worker_deleted(self, event: WorkerDeleted) -> None:
        seat = self._seats.remove(event.worker_sid)
        self._stirred.pop(seat, None)
        self._unsettled.pop(seat, None)
        before = self._conditions.sid_is_an_attribute
        self._conditions.remove(seat)
        if before != self._conditions.sid_is_an_attribute:
            return self.rebuild()
        return self._reconsider_all()

    def _task_moved(
        self, event: TaskCreated | TaskUpdated | WorkflowTargetMatched | TaskQueueEntered
    ) -> None:
        self._unplaced[event.task_sid] = None

    def _reservation_created(self, event: ReservationCreated) -> None:
        self._leave(event.task_sid)
        self._stir(event.worker_sid)

    def _reservation_counted(self, event: ReservationAccepted | ReservationWrapup) -> None:
        """The work in hand is counted otherwise: that sets nobody free, but some look at it."""
        seat = self._seats.by_sid[self._state.reservations[event.reservation_sid].worker_sid]
        if seat.pools & self._lively_pools:
            self._stir_seat(seat)

    def _reservation_completed(self, event: ReservationCompleted) -> None:
        self._stir(self._state.reservations[event.reservation_sid].worker_sid)

    def _reservation_closed(
        self,
        event: ReservationRejected
        | ReservationTimeout
        | ReservationCanceled
        | ReservationRescinded,
    ) -> None:
        reservation = self._state.reservations[event.reservation_sid]
        self._unplaced[reservation.task_sid] = None
        self._stir(reservation.worker_sid)

    def _stir(self, worker_sid: WorkerSid) -> None:
        self._stir_seat(self._seats.by_sid[worker_sid])

    def _stir_seat(self, seat: Seat) -> None:
        """Look at a worker before this turn is over: they may be free for something now."""
        self._stirred[seat] = None
        self._unsettled[seat] = None

    # --- where tasks stand ---

    def _place(self, sid: TaskSid, now_ms: int) -> None:
        """Let a task stand in the lane that is its own now; look at that lane."""
        self._leave(sid)
        task = self._state.tasks.get(sid)
        if task is None or not task.waiting:
            return
        wanted, queue_sid, order = self._wanted(task, now_ms)
        lane = self._lane(queue_sid, task.task_channel_sid, wanted)
        entry = place(task, order, self._arranged_by[1])
        pool = lane.pool
        assert pool is not None
        if lane.live == 0:
            self._empty_lanes.pop(lane, None)
        lane.add(entry)
        self._count_waiting(pool, 1)
        self._alert(lane)
        if lane.uses_clock or wanted.ages:
            minute = now_ms // _MINUTE_MS
            if not self._waiting_by_clock and not self._ageing:
                self._minute = minute
            pool.look_at_clock(minute)
            self._waiting_by_clock += lane.uses_clock
        if wanted.ages:
            self._ageing[sid] = None

    def _wanted(self, task: Task, now_ms: int) -> tuple[Wanted, TaskQueueSid | None, TaskOrder]:
        if routing.for_one_worker(task):
            return routed_to(task), None, TaskOrder.FIFO
        queue_sid = task.task_queue_sid
        assert queue_sid is not None
        order = self._state.task_queues[queue_sid].task_order
        if task.workflow_sid is None or task.filter_index == NO_FILTER:
            return ANYBODY, queue_sid, order
        route = task.workflow_sid, task.workflow_version, task.filter_index, task.target_index
        step = self._steps.get(route)
        if step is None:
            target = self._rulebook.target(task)
            assert target is not None
            step = self._steps[route] = Step(target)
        return step.wanted(TaskSubject(self._state, task, now_ms)), queue_sid, order

    def _leave(self, sid: TaskSid) -> None:
        """Let a task stand nowhere."""
        found = self._waiting.pop(sid, None)
        if found is None:
            return
        entry, lane = found
        pool = lane.pool
        assert pool is not None
        if lane.remove(entry) and not lane.alert:
            self._announce(lane.first(), lane)
        self._count_waiting(pool, -1)
        self._waiting_by_clock -= lane.uses_clock
        self._ageing.pop(sid, None)
        if lane.live == 0:
            self._empty_lanes[lane] = None
            while len(self._empty_lanes) > EMPTY_LANES_KEPT:
                self._drop_lane(next(iter(self._empty_lanes)))

    def _announce(self, first: Place | None, lane: Lane) -> None:
        """Note who is the first of a lane now.

        One that is on the agenda is only noted when it is off it again: until then it is looked at
        itself, and what is offered at once is never noted at all.
        """
        if first is not None and first is not lane.announced:
            assert lane.pool is not None
            lane.pool.first_lanes.note(first, lane)
            self._first_lanes.note(first, lane)
            lane.announced = first

    def _calm(self, lane: Lane, first: Place | None) -> None:
        """Nobody can be found for a lane any more: let it wait for a worker to change."""
        lane.alert = False
        self._announce(first, lane)

    def _count_waiting(self, pool: Pool, change: int) -> None:
        pool.waiting += change
        if pool.waiting:
            self._waiting_pools |= pool.bit
        else:
            self._waiting_pools &= ~pool.bit

    def _alert(self, lane: Lane) -> None:
        if not lane.alert:
            lane.alert = True
            self._alert_lanes.append(lane)

    # --- lanes ---

    def _lane(
        self, queue_sid: TaskQueueSid | None, channel_sid: TaskChannelSid, wanted: Wanted
    ) -> Lane:
        conditions = wanted.steady + wanted.lively
        key = (queue_sid, channel_sid, conditions, wanted.order_by, wanted.known)
        lane = self._lanes.get(key)
        if lane is None:
            lane = self._lanes[key] = self._new_lane(key, wanted)
        return lane

    def _new_lane(self, key: LaneKey, wanted: Wanted) -> Lane:
        queue = self._queue(key[0])
        lively = tuple((node, Scope.TARGET) for node in wanted.lively)
        uses_clock = wanted.uses_clock
        if queue is not None:
            lively = tuple((node, Scope.QUEUE) for node in queue.lively) + lively
            uses_clock = uses_clock or queue.uses_clock
        self._lanes_made += 1
        lane = Lane(
            number=self._lanes_made,
            key=key,
            steady=wanted.steady,
            lively=lively,
            uses_clock=uses_clock,
            narrowed=wanted.narrowed,
            waiting=self._waiting,
        )
        self._conditions.use(wanted.steady, Scope.TARGET, lane)
        if queue is not None:
            queue.lanes[lane] = None
        if wanted.known is not None and wanted.known.startswith("name:"):
            self._lanes_by_name[lane] = None
        lane.members = self._members(lane)
        self._join(lane)
        return lane

    def _drop_lane(self, lane: Lane) -> None:
        self._empty_lanes.pop(lane, None)
        self._part(lane)
        self._conditions.release(lane.steady, Scope.TARGET, lane)
        queue = self._queues.get(lane.task_queue_sid) if lane.task_queue_sid else None
        if queue is not None:
            queue.lanes.pop(lane, None)
        self._lanes_by_name.pop(lane, None)
        del self._lanes[lane.key]

    def _queue(self, queue_sid: TaskQueueSid | None) -> QueueMembers | None:
        if queue_sid is None:
            return None
        queue = self._queues.get(queue_sid)
        if queue is None:
            queue = self._queues[queue_sid] = QueueMembers(self._state.task_queues[queue_sid])
            self._conditions.use(queue.steady, Scope.QUEUE, queue)
            queue.members = self._conditions.members(queue.steady, Scope.QUEUE)
        return queue

    def _members(self, lane: Lane) -> int:
        """The workers who will do for a lane, as things stand."""
        queue = self._queue(lane.task_queue_sid)
        members = self._seats.everybody if queue is None else queue.members
        known = lane.key[4]
        if known is not None:
            members &= self._known(known)
        if lane.steady and members:
            members &= self._conditions.members(lane.steady, Scope.TARGET)
        return members

    def _known(self, known: str) -> int:
        by, _, name = known.partition(":")
        sid: str | None = name
        if by == "name":
            worker = self._state.worker_named(name)
            sid = worker.sid if worker else None
        seat = self._seats.by_sid.get(WorkerSid(sid)) if sid else None
        return seat.bit if seat else 0

    # --- pools ---

    def _join(self, lane: Lane) -> None:
        """Let the lane be served by a pool of just its workers, or walked past in a wider one."""
        queue = self._queue(lane.task_queue_sid)
        family = lane.task_queue_sid, lane.key[1]
        members = lane.members
        wide = lane.narrowed and queue is not None and members.bit_count() > FEW
        if (
            wide
            and self._narrow_pools.get(family, 0) >= NARROW_POOLS
            and self._pool_key(lane, members) not in self._pool_of
        ):
            assert queue is not None
            lane.only = members
            pool = self._pool(self._pool_key(lane, queue.members), lane)
        else:
            lane.only = None
            if wide:
                self._narrow_pools[family] = self._narrow_pools.get(family, 0) + 1
            pool = self._pool(self._pool_key(lane, members), lane)
        lane.counted = wide and lane.only is None
        lane.pool = pool
        pool.lanes[lane] = None
        self._count_waiting(pool, lane.live)
        first = lane.first()
        lane.announced = None
        if first is not None:
            self._alert(lane)

    def _part(self, lane: Lane) -> None:
        """Let the lane belong to no pool; one that serves no lane any more is disbanded."""
        pool = lane.pool
        assert pool is not None
        if lane.counted:
            self._narrow_pools[lane.task_queue_sid, lane.key[1]] -= 1
        lane.pool = None
        del pool.lanes[lane]
        self._count_waiting(pool, -lane.live)
        if not pool.lanes:
            pool.disband()
            del self._pool_of[pool.key]
            self._pools[pool.index] = None
            self._growing_pools &= ~pool.bit
            self._lively_pools &= ~pool.bit
            self._pools_of_channel[pool.channel_sid] &= ~pool.bit
            self._free_pool_indices.append(pool.index)

    def _pool_key(self, lane: Lane, members: int) -> PoolKey:
        return (members, lane.key[1], lane.key[3], lane.lively)

    def _pool(self, key: PoolKey, lane: Lane) -> Pool:
        pool = self._pool_of.get(key)
        if pool is not None:
            return pool
        if self._free_pool_indices:
            index = self._free_pool_indices.pop()
        else:
            index = len(self._pools)
            self._pools.append(None)
        pool = Pool(
            index=index,
            key=key,
            ranking=self._ranking(key[1], key[2]),
            holds=self._test(key[3]),
            uses_clock=lane.uses_clock,
            seats=self._seats,
            is_free=self._is_free,
        )
        self._pools[index] = self._pool_of[key] = pool
        if pool.ranking.grows:
            self._growing_pools |= pool.bit
        if lane.lively or not pool.ranking.grows:
            self._lively_pools |= pool.bit
        of_channel = self._pools_of_channel.get(pool.channel_sid, 0)
        self._pools_of_channel[pool.channel_sid] = of_channel | pool.bit
        return pool

    def _ranking(self, channel_sid: TaskChannelSid, clauses: tuple[OrderClause, ...]) -> Ranking:
        ranking = self._rankings.get((channel_sid, clauses))
        if ranking is None:
            channel = self._state.task_channels[channel_sid]
            idle_time = ByIdleTime(channel_sid if channel.channel_optimized_routing else None)
            ranking = ByClauses(clauses, idle_time) if clauses else idle_time
            self._rankings[channel_sid, clauses] = ranking
        return ranking

    def _test(self, lively: Lively) -> Callable[[Seat], bool] | None:
        if not lively:
            return None
        tests = [compile_condition(node, scope) for node, scope in lively]
        facts = self._facts

        def holds(seat: Seat) -> bool:
            facts.worker = seat.subject
            return all(test(facts) for test in tests)

        return holds

    # --- who serves whom changes ---

    def _reconsider_all(self) -> None:
        concerned: dict[User, None] = dict.fromkeys(self._queues.values())
        concerned.update(dict.fromkeys(self._lanes.values()))
        self._reconsider(concerned)

    def _reconsider(self, concerned: dict[User, None]) -> None:
        """Work out anew who serves these, and what depends on them."""
        lanes: dict[Lane, None] = {}
        for user in concerned:
            if isinstance(user, Lane):
                lanes[user] = None
            elif isinstance(user, QueueMembers):
                members = self._conditions.members(user.steady, Scope.QUEUE)
                if members != user.members:
                    user.members = members
                    lanes.update(user.lanes)
        moving: dict[tuple[Pool, int], list[Lane]] = {}
        for lane in lanes:
            pool = lane.pool
            assert pool is not None
            members = self._members(lane)
            served_by = members
            if lane.only is not None:
                queue = self._queue(lane.task_queue_sid)
                assert queue is not None
                lane.only, served_by = members, queue.members
            if members != lane.members and lane.live:
                self._alert(lane)
            lane.members = members
            if served_by != pool.members:
                moving.setdefault((pool, served_by), []).append(lane)
        for (pool, members), together in moving.items():
            key = self._pool_key(together[0], members)
            if len(together) == len(pool.lanes) and key not in self._pool_of:
                del self._pool_of[pool.key]
                pool.change_members(members)
                self._pool_of[pool.key] = pool
            else:
                for lane in together:
                    self._part(lane)
                    self._join(lane)

    # --- what others ask ---

    def next_look_ms(self) -> int | None:
        """The next full minute, while tasks wait that the clock may set free."""
        if self._waiting_by_clock or self._ageing:
            return (self._minute + 1) * _MINUTE_MS
        return None

    def look_again(self, now_ms: int) -> None:
        """Look at what the clock may have set free."""
        self._minute = now_ms // _MINUTE_MS
        for pool in self._pool_of.values():
            if pool.uses_clock and pool.waiting:
                pool.look_at_clock(self._minute)
                for lane in pool.lanes:
                    if lane.live:
                        self._alert(lane)
        self._unplaced.update(self._ageing)

    def in_order(self, sids: Iterable[TaskSid]) -> list[Task]:
        """Tasks as they stand in the order of all waiting ones; ended ones are left out."""
        tasks = [task for sid in sids if (task := self._state.tasks.get(sid)) and task.waiting]
        return sorted(tasks, key=self._standing)

    def _standing(self, task: Task) -> Place:
        order = TaskOrder.FIFO
        if task.task_queue_sid is not None and not routing.for_one_worker(task):
            order = self._state.task_queues[task.task_queue_sid].task_order
        return place(task, order, self._arranged_by[1])

    def staffing(self, task_queue_sid: TaskQueueSid) -> Staffing:
        """The workers of a task queue, to be counted."""
        return _QueueStaffing(self._seats, self._members_now(task_queue_sid))

    def workers_of(self, task_queue_sid: TaskQueueSid) -> list[WorkerSid]:
        """The workers whom a task queue is for at this moment."""
        members = self._members_now(task_queue_sid)
        return [seat.worker.sid for seat in self._seats.of(members)]

    def _members_now(self, task_queue_sid: TaskQueueSid) -> int:
        queue = self._queue(task_queue_sid)
        assert queue is not None
        holds = self._test(tuple((node, Scope.QUEUE) for node in queue.lively))
        if holds is None:
            return queue.members
        members = 0
        for seat in self._seats.of(queue.members):
            if holds(seat):
                members |= seat.bit
        return members


_MINUTE_MS = 60_000


class _QueueStaffing:
    """The workers of a task queue, counted by what they are doing."""

    def __init__(self, seats: Seats, members: int) -> None:
        self._seats = seats
        self._members = members

    def count(self, name: str) -> int | None:
        """How many are `available`, `unavailable`, or in the activity of that SID."""
        if name == "available":
            return (self._members & self._seats.available).bit_count()
        if name == "unavailable":
            return (self._members & ~self._seats.available).bit_count()
        if not is_sid(name, "WA"):
            return None
        return (self._members & self._seats.by_activity.get(ActivitySid(name), 0)).bit_count()
