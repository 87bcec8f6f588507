"""Finds the offers that a turn has made possible, and no others.

The rule, in its plain form: of all waiting tasks that have a candidate, the first in the order of
tasks is offered to the first of its candidates; and again, until no waiting task has one. Between
turns that is so. A turn moves some tasks and changes some workers; only the lanes that those tasks
joined, and the pools of those workers, can hold a new candidate. They are kept on an agenda by the
first task that each could serve.
"""

from collections.abc import Iterable, Iterator
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
    TransferCanceled,
    TransferFailed,
    TransferInitiated,
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
from taskyard.core.expressions import Scope, Staffing
from taskyard.core.ids import (
    ActivitySid,
    TaskQueueSid,
    TaskSid,
    WorkerSid,
    is_sid,
)
from taskyard.core.model import Task, TaskOrder
from taskyard.core.rulebook import Rulebook
from taskyard.core.rules import reservations
from taskyard.core.rules.turn import Turn, Watch, watch
from taskyard.core.state import State

from .conditions import Conditions
from .lane_index import LaneIndex
from .lanes import Lane, Place, place
from .pool_index import PoolIndex
from .seats import Seat, Seats

_TASKS_A_STEP = 100
"""To place so many takes half a millisecond, or some where each has a lane of its own."""
_WORKERS_A_STEP = 500

_Item = tuple[Place, int, Lane, Seat | None, int]
"""On the agenda: a task, its lane, for whom it was found (None: the lane), offers until then."""


class Matcher:
    """The index of who waits and who is free in one workspace."""

    def __init__(self, state: State, rulebook: Rulebook) -> None:
        """Nobody stands in it yet: go through `fill`."""
        self._state = state
        self._rulebook = rulebook
        self._lay_out()

    def fill(self) -> Iterator[None]:
        """Fill the empty index from the state, in small steps; the state stays as it is meanwhile.

        Every waiting task stands in its lane afterwards, but where the clock has a say: then the
        next `match`, which knows the instant, places it. Every lane is looked at again.
        """
        for number, worker in enumerate(self._state.workers.values(), 1):
            self._conditions.add(self._seats.add(worker))
            if number % _WORKERS_A_STEP == 0:
                yield
        for number, task in enumerate(self._state.tasks.values(), 1):
            if task.waiting and not self._lanes.place_for_good(task):
                self._unplaced[task.sid] = None
            if number % _TASKS_A_STEP == 0:
                yield

    def _rebuild(self) -> None:
        """Make the whole index anew, inside a turn; every waiting task is looked at again."""
        self._lay_out()
        for worker in self._state.workers.values():
            self._conditions.add(self._seats.add(worker))
        for task in self._state.tasks.values():
            if task.waiting:
                self._unplaced[task.sid] = None

    def _lay_out(self) -> None:
        """Begin with an index in which nobody stands."""
        state = self._state
        self._seats = Seats(state)
        self._conditions = Conditions(self._seats)
        self._pools = PoolIndex(state, self._seats)
        self._lanes = LaneIndex(state, self._rulebook, self._seats, self._conditions, self._pools)
        if state.created:
            workspace = state.workspace
            self._arranged_by = workspace.multi_task_enabled, workspace.prioritize_queue_order
        # What this turn has to look at.
        self._unplaced: dict[TaskSid, None] = {}
        self._stirred: dict[Seat, None] = {}
        self._unsettled: dict[Seat, None] = {}

    def watches(self) -> list[Watch]:
        """The events that change the index."""
        return [
            watch(WorkspaceCreated, lambda _: self._rebuild()),
            watch(WorkspaceUpdated, self._workspace_updated),
            watch(ActivityUpdated, self._activity_updated),
            watch(TaskChannelUpdated, self._task_channel_updated),
            watch(TaskChannelDeleted, lambda _: self._rebuild()),
            watch(TaskQueueUpdated, self._task_queue_updated),
            watch(TaskQueueExpressionUpdated, self._task_queue_expression_updated),
            watch(TaskQueueDeleted, self._task_queue_deleted),
            watch(WorkflowUpdated, self._workflow_changed),
            watch(WorkflowDeleted, self._workflow_changed),
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
            watch(TaskCanceled, lambda e: self._lanes.leave(e.task_sid)),
            watch(TaskDeleted, lambda e: self._lanes.leave(e.task_sid)),
            watch(TransferInitiated, self._task_moved),
            watch(TransferFailed, lambda e: self._lanes.leave(e.task_sid)),
            watch(TransferCanceled, lambda e: self._lanes.leave(e.task_sid)),
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
        return len(self._lanes.waiting)

    @property
    def lanes(self) -> int:
        """How many lanes there are, empty ones that are kept included."""
        return len(self._lanes)

    @property
    def pools(self) -> int:
        """How many pools there are."""
        return len(self._pools)

    # --- one turn ---

    def match(self, turn: Turn) -> None:
        """Make every offer that this turn has made possible, first tasks first."""
        self._pools.begin(turn.now_ms)
        for sid in self._unplaced:
            self._lanes.place(sid, turn.now_ms)
        self._unplaced.clear()
        if not self._stirred and not self._lanes.alert:
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
                    first, lane = self._pools.first_for(seat) or (None, lane)
                if first is not entry:
                    if first is not None:
                        heappush(agenda, (first, number, lane, seat, offers))
                    elif seat is None:
                        lane.alert = False
                    continue
            offered = self._offer_first(turn, lane, entry)
            offers += offered
            if seat is not None:
                if offered:  # perhaps to somebody who comes before them
                    self._stirred[seat] = None
            else:
                following = lane.first()
                if offered and following is not None:
                    heappush(agenda, (following, number, lane, None, offers))
                else:
                    self._lanes.calm(lane, following)
        for seat in self._unsettled:
            self._pools.settle(seat)
        self._unsettled.clear()

    def look_on(self, now_ms: int) -> None:
        """Keep the index true after events that somebody else has decided; offers nothing."""
        self._pools.begin(now_ms)
        for sid in self._unplaced:
            self._lanes.place(sid, now_ms)
        for seat in self._unsettled:
            self._pools.settle(seat)
        for lane in self._lanes.alert:
            self._lanes.calm(lane, lane.first())
        self._lanes.alert.clear()
        self._unplaced.clear()
        self._stirred.clear()
        self._unsettled.clear()

    def _add_to(self, agenda: list[_Item], offers: int) -> None:
        """Put what was changed since the last look on the agenda."""
        if len(self._stirred) > 4:
            for seat in self._unsettled:
                self._pools.settle(seat)
            self._unsettled.clear()
        for seat in self._stirred:
            found = self._pools.first_for(seat)
            if found is not None:
                heappush(agenda, (found[0], -seat.index - 1, found[1], seat, offers))
        self._stirred.clear()
        for lane in self._lanes.alert:
            first = lane.first()
            if first is not None:
                heappush(agenda, (first, lane.number, lane, None, offers))
            else:
                lane.alert = False
        self._lanes.alert.clear()

    def _offer_first(self, turn: Turn, lane: Lane, entry: Place) -> bool:
        assert lane.pool is not None
        task = self._state.tasks[entry[4]]
        chosen = lane.pool.choose(lane, self._most_reserved(lane), self._unsettled)
        if chosen:
            sids = [seat.worker.sid for seat in chosen]
            wanted = lane.key[4]
            known = wanted is not None and lane.task_queue_sid is not None and wanted[:4] != "not:"
            reservations.offer(turn, task, sids, known_worker=known)
        return bool(chosen)

    def _most_reserved(self, lane: Lane) -> int:
        if lane.task_queue_sid is None:
            return 1
        return self._state.task_queues[lane.task_queue_sid].max_reserved_workers

    # --- what events change ---

    def _workspace_updated(self, event: WorkspaceUpdated) -> None:
        multi_task_enabled, order = self._arranged_by
        if event.multi_task_enabled != multi_task_enabled:
            self._rebuild()
        elif event.prioritize_queue_order != order:
            self._arranged_by = multi_task_enabled, event.prioritize_queue_order
            self._lanes.rearrange_all()

    def _activity_updated(self, event: ActivityUpdated) -> None:
        for seat in self._seats.of(self._seats.by_activity.get(event.activity_sid, 0)):
            self._stir_seat(seat)
            self._lanes.reconsider(self._conditions.activity_changed(seat))

    def _task_channel_updated(self, event: TaskChannelUpdated) -> None:
        if self._pools.is_spread_otherwise(self._state.task_channels[event.task_channel_sid]):
            self._rebuild()

    def _task_queue_updated(self, event: TaskQueueUpdated) -> None:
        queue = self._state.task_queues[event.task_queue_sid]
        self._place_anew(self._lanes.update_queue(queue))

    def _task_queue_expression_updated(self, event: TaskQueueExpressionUpdated) -> None:
        if not self._lanes.change_workers(self._state.task_queues[event.task_queue_sid]):
            self._place_anew(self._lanes.forget_queue(event.task_queue_sid))

    def _task_queue_deleted(self, event: TaskQueueDeleted) -> None:
        self._place_anew(self._lanes.forget_queue(event.task_queue_sid))

    def _workflow_changed(self, event: WorkflowUpdated | WorkflowDeleted) -> None:
        self._place_anew(self._lanes.update_workflow(event.workflow_sid))

    def _worker_created(self, event: WorkerCreated) -> None:
        seat = self._seats.add(self._state.workers[event.worker_sid])
        before = self._conditions.sid_is_an_attribute
        self._conditions.add(seat)
        if before != self._conditions.sid_is_an_attribute:
            return self._rebuild()
        self._lanes.reconsider_all()
        return self._stir_seat(seat)

    def _worker_activity_updated(self, event: WorkerActivityUpdated) -> None:
        seat = self._seats.by_sid[event.worker_sid]
        self._seats.change_activity(seat)
        self._lanes.reconsider(self._conditions.activity_changed(seat))
        self._stir_seat(seat)

    def _worker_attributes_updated(self, event: WorkerAttributesUpdated) -> None:
        seat = self._seats.by_sid[event.worker_sid]
        before = self._conditions.sid_is_an_attribute
        concerned = self._conditions.attributes_changed(seat)
        if before != self._conditions.sid_is_an_attribute:
            return self._rebuild()
        concerned.update(self._lanes.wanting_by_name())
        self._lanes.reconsider(concerned)
        return self._stir_seat(seat)

    def _worker_deleted(self, event: WorkerDeleted) -> None:
        seat = self._seats.remove(event.worker_sid)
        self._stirred.pop(seat, None)
        self._unsettled.pop(seat, None)
        before = self._conditions.sid_is_an_attribute
        self._conditions.remove(seat)
        if before != self._conditions.sid_is_an_attribute:
            return self._rebuild()
        return self._lanes.reconsider_all()

    def _task_moved(
        self,
        event: TaskCreated
        | TaskUpdated
        | WorkflowTargetMatched
        | TaskQueueEntered
        | TransferInitiated,
    ) -> None:
        self._unplaced[event.task_sid] = None

    def _reservation_created(self, event: ReservationCreated) -> None:
        self._lanes.leave(event.task_sid)
        seat = self._seats.by_sid[event.worker_sid]
        self._seats.idle_order.offered(seat)
        self._stir_seat(seat)

    def _reservation_counted(self, event: ReservationAccepted | ReservationWrapup) -> None:
        """The work in hand is counted otherwise: that sets nobody free, but some look at it."""
        seat = self._seats.by_sid[self._state.reservations[event.reservation_sid].worker_sid]
        if seat.pools & self._pools.lively:
            self._stir_seat(seat)

    def _reservation_completed(self, event: ReservationCompleted) -> None:
        reservation = self._state.reservations[event.reservation_sid]
        state = self._state
        if reservation.task_sid in state.transfers_of and state.tasks[reservation.task_sid].waiting:
            # it is handed on by one of two who had it: the other may be asked from now on
            self._unplaced[reservation.task_sid] = None
        self._stir(reservation.worker_sid)

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

    def _place_anew(self, sids: Iterable[TaskSid]) -> None:
        """Let tasks find their lanes before this turn is over."""
        self._unplaced.update(dict.fromkeys(sids))

    def _stir(self, worker_sid: WorkerSid) -> None:
        self._stir_seat(self._seats.by_sid[worker_sid])

    def _stir_seat(self, seat: Seat) -> None:
        """Look at a worker before this turn is over: they may be free for something now."""
        self._stirred[seat] = None
        self._unsettled[seat] = None

    # --- what others ask ---

    def next_look_ms(self) -> int | None:
        """The next full minute, while tasks wait that the clock may set free."""
        return self._lanes.next_look_ms()

    def look_again(self, now_ms: int) -> None:
        """Look at what the clock may have set free."""
        self._lanes.look_again(now_ms)
        self._place_anew(self._lanes.ageing)

    def in_order(self, sids: Iterable[TaskSid]) -> list[Task]:
        """Tasks as they stand in the order of all waiting ones; ended ones are left out."""
        tasks = [task for sid in sids if (task := self._state.tasks.get(sid)) and task.waiting]
        return sorted(tasks, key=self.standing)

    def standing(self, task: Task) -> Place:
        """Where a waiting task stands among all of them."""
        order = TaskOrder.FIFO
        if task.task_queue_sid is not None and not routing.for_one_worker(task):
            order = self._state.task_queues[task.task_queue_sid].task_order
        return place(task, order, self._arranged_by[1])

    def staffing(self, task_queue_sid: TaskQueueSid) -> Staffing:
        """The workers of a task queue, to be counted."""
        return _QueueStaffing(self._seats, self._members_now(task_queue_sid))

    def everybody(self) -> Staffing:
        """All workers, to be counted."""
        return _QueueStaffing(self._seats, self._seats.everybody)

    def serving(self, task_queue_sid: TaskQueueSid) -> Iterator[WorkerSid]:
        """The workers of a task queue, whatever they are doing."""
        for seat in self._seats.of(self._members_now(task_queue_sid)):
            yield seat.worker.sid

    def belongs(self, task_queue_sid: TaskQueueSid, worker_sid: WorkerSid) -> bool:
        """Whether a worker is one of a task queue's, whatever they are doing."""
        queue = self._lanes.queue(task_queue_sid)
        assert queue is not None
        seat = self._seats.by_sid[worker_sid]
        holds = self._pools.test(tuple((node, Scope.QUEUE) for node in queue.lively))
        return bool(queue.members & seat.bit) and (holds is None or holds(seat))

    def _members_now(self, task_queue_sid: TaskQueueSid) -> int:
        queue = self._lanes.queue(task_queue_sid)
        assert queue is not None
        holds = self._pools.test(tuple((node, Scope.QUEUE) for node in queue.lively))
        if holds is None:
            return queue.members
        members = 0
        for seat in self._seats.of(queue.members):
            if holds(seat):
                members |= seat.bit
        return members


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
