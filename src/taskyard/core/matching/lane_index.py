"""All lanes: where each waiting task stands, and who serves it as workers and queues change."""

from collections.abc import Iterable

from taskyard.core import routing
from taskyard.core.expressions import Scope
from taskyard.core.ids import TaskChannelSid, TaskQueueSid, TaskSid, WorkerSid, WorkflowSid
from taskyard.core.model import (
    NO_FILTER,
    ReservationStatus,
    Task,
    TaskOrder,
    TaskQueue,
    TransferType,
)
from taskyard.core.rulebook import Rulebook
from taskyard.core.state import State
from taskyard.core.subjects import TaskSubject

from .conditions import Conditions, User
from .lanes import Lane, LaneKey, Place, place
from .membership import (
    ANYBODY,
    QueueMembers,
    Step,
    Wanted,
    handed_to,
    routed_to,
    workers_meant,
)
from .pool_index import PoolIndex
from .pools import Pool, PoolKey
from .seats import Seats

EMPTY_LANES_KEPT = 1024
NARROW_POOLS = 128
"""So many lanes that single tasks have narrowed down get a pool of just their workers, for each
task queue and channel; further ones share the pool of the whole queue, and are walked past."""
FEW = 8
"""Lanes for so few workers always get a pool of their own: in a large one they would be walked past
too often."""
MINUTE_MS = 60_000

_NOWHERE: Place = (0, 0, 0, 0, TaskSid(""))

_Route = tuple[WorkflowSid, int, int, int]


class LaneIndex:
    """Where tasks stand.

    Attributes:
        waiting: The place of every task that stands somewhere.
        alert: The lanes to be looked at in this turn.
    """

    def __init__(
        self,
        state: State,
        rulebook: Rulebook,
        seats: Seats,
        conditions: Conditions,
        pools: PoolIndex,
    ) -> None:
        self._state = state
        self._rulebook = rulebook
        self._seats = seats
        self._conditions = conditions
        self._pools = pools
        self.waiting: dict[TaskSid, Place] = {}
        self._lane_of: dict[TaskSid, Lane] = {}
        self.alert: list[Lane] = []
        self._lanes: dict[LaneKey, Lane] = {}
        self._made = 0
        self._empty: dict[Lane, None] = {}
        self._by_name: dict[Lane, None] = {}
        self._queues: dict[TaskQueueSid, QueueMembers] = {}
        self._steps: dict[_Route, Step] = {}
        self._narrow: dict[tuple[TaskQueueSid | None, TaskChannelSid], int] = {}
        # What the clock can change.
        self.ageing: dict[TaskSid, None] = {}
        self._waiting_by_clock = 0
        self._minute = 0

    def __len__(self) -> int:
        return len(self._lanes)

    # --- where tasks stand ---

    def place(self, sid: TaskSid, now_ms: int) -> None:
        """Let a task stand in the lane that is its own now; look at that lane."""
        task = self._state.tasks.get(sid)
        if task is None or not task.waiting:
            self.leave(sid)
            return
        before = self.waiting.get(sid)
        if before is not None:
            # Not removed, as the next place comes at once: a hundred thousand that are removed and
            # added again make the dictionary grow, and to copy it is a pause for everybody.
            self.waiting[sid] = _NOWHERE
            self._leave_lane(sid, before, self._lane_of[sid])
        wanted, queue_sid, order = self._wanted(task, now_ms)
        lane = self._lane(queue_sid, task.task_channel_sid, wanted)
        self._stand(task, lane, order)
        if lane.uses_clock or wanted.ages:
            minute = now_ms // MINUTE_MS
            if not self._waiting_by_clock and not self.ageing:
                self._minute = minute
            assert lane.pool is not None
            lane.pool.look_at_clock(minute)
            self._waiting_by_clock += lane.uses_clock
        if wanted.ages:
            self.ageing[sid] = None

    def place_for_good(self, task: Task) -> bool:
        """Let a waiting task that stands nowhere stand in its lane, unless a clock has a say.

        Returns:
            Whether it stands there now.
        """
        wanted, queue_sid, order = self._wanted(task, 0)
        if wanted.ages:
            return False
        lane = self._lane(queue_sid, task.task_channel_sid, wanted)
        if lane.uses_clock:
            if lane.live == 0:
                self._empty[lane] = None
            return False
        self._stand(task, lane, order)
        return True

    def _stand(self, task: Task, lane: Lane, order: TaskOrder) -> None:
        entry = place(task, order, self._state.workspace.prioritize_queue_order)
        pool = lane.pool
        assert pool is not None
        if lane.live == 0:
            self._empty.pop(lane, None)
        lane.add(entry)
        self._lane_of[task.sid] = lane
        self._pools.count_waiting(pool, 1)
        self._alert(lane)

    def _wanted(self, task: Task, now_ms: int) -> tuple[Wanted, TaskQueueSid | None, TaskOrder]:
        if task.live_reservations:
            return self._wanted_by_transfer(task)
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

    def _wanted_by_transfer(self, task: Task) -> tuple[Wanted, TaskQueueSid | None, TaskOrder]:
        transfer = self._state.running_transfer(task)
        assert transfer is not None
        made = (self._state.reservations[sid] for sid in task.reservations)
        held = (ReservationStatus.ACCEPTED, ReservationStatus.WRAPPING)
        wanted = handed_to(transfer, (one.worker_sid for one in made if one.status in held))
        if transfer.type is TransferType.WORKER:
            return wanted, None, TaskOrder.FIFO
        queue_sid = task.task_queue_sid
        assert queue_sid is not None
        return wanted, queue_sid, self._state.task_queues[queue_sid].task_order

    def leave(self, sid: TaskSid) -> None:
        """Let a task stand nowhere."""
        entry = self.waiting.pop(sid, None)
        if entry is not None:
            self._leave_lane(sid, entry, self._lane_of.pop(sid))

    def _leave_lane(self, sid: TaskSid, entry: Place, lane: Lane) -> None:
        pool = lane.pool
        assert pool is not None
        if lane.remove(entry) and not lane.alert:
            self._announce(lane.first(), lane)
        self._pools.count_waiting(pool, -1)
        self._waiting_by_clock -= lane.uses_clock
        self.ageing.pop(sid, None)
        if lane.live == 0:
            self._empty[lane] = None
            while len(self._empty) > EMPTY_LANES_KEPT:
                self._drop_lane(next(iter(self._empty)))

    def _announce(self, first: Place | None, lane: Lane) -> None:
        """Note who is the first of a lane now.

        One that is on the agenda is only noted when it is off it again: until then it is looked at
        itself, and what is offered at once is never noted at all.
        """
        if first is not None and first is not lane.announced:
            assert lane.pool is not None
            lane.pool.first_lanes.note(first, lane)
            self._pools.first_lanes.note(first, lane)
            lane.announced = first

    def calm(self, lane: Lane, first: Place | None) -> None:
        """Nobody can be found for a lane any more: let it wait for a worker to change."""
        lane.alert = False
        self._announce(first, lane)

    def _alert(self, lane: Lane) -> None:
        if not lane.alert:
            lane.alert = True
            self.alert.append(lane)

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
        queue = self.queue(key[0])
        lively = tuple((node, Scope.TARGET) for node in wanted.lively)
        uses_clock = wanted.uses_clock
        if queue is not None:
            lively = tuple((node, Scope.QUEUE) for node in queue.lively) + lively
            uses_clock = uses_clock or queue.uses_clock
        self._made += 1
        lane = Lane(
            number=self._made,
            key=key,
            steady=wanted.steady,
            lively=lively,
            uses_clock=uses_clock,
            narrowed=wanted.narrowed,
            waiting=self.waiting,
        )
        self._conditions.use(wanted.steady, Scope.TARGET, lane)
        if queue is not None:
            queue.lanes[lane] = None
        if wanted.known is not None and wanted.known.startswith("name:"):
            self._by_name[lane] = None
        lane.members = self._members(lane)
        self._join(lane)
        return lane

    def _drop_lane(self, lane: Lane) -> None:
        self._empty.pop(lane, None)
        self._part(lane)
        self._conditions.release(lane.steady, Scope.TARGET, lane)
        queue = self._queues.get(lane.task_queue_sid) if lane.task_queue_sid else None
        if queue is not None:
            queue.lanes.pop(lane, None)
        self._by_name.pop(lane, None)
        del self._lanes[lane.key]

    def queue(self, queue_sid: TaskQueueSid | None) -> QueueMembers | None:
        """The workers of a task queue; None for no task queue."""
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
        queue = self.queue(lane.task_queue_sid)
        members = self._seats.everybody if queue is None else queue.members
        known = lane.key[4]
        if known is not None:
            members &= self._known(known)
        if lane.steady and members:
            members &= self._conditions.members(lane.steady, Scope.TARGET)
        return members

    def _known(self, known: str) -> int:
        by, _, name = known.partition(":")
        if by == "not":
            seats = (self._seats.by_sid.get(WorkerSid(one)) for one in name.split())
            return self._seats.everybody & ~sum(seat.bit for seat in seats if seat)
        sid: str | None = name
        if by == "name":
            worker = self._state.worker_named(name)
            sid = worker.sid if worker else None
        seat = self._seats.by_sid.get(WorkerSid(sid)) if sid else None
        return seat.bit if seat else 0

    # --- pools ---

    def _join(self, lane: Lane) -> None:
        """Let the lane be served by a pool of just its workers, or walked past in a wider one."""
        queue = self.queue(lane.task_queue_sid)
        family = lane.task_queue_sid, lane.key[1]
        members = lane.members
        wide = lane.narrowed and queue is not None and members.bit_count() > FEW
        if (
            wide
            and self._narrow.get(family, 0) >= NARROW_POOLS
            and self._pool_key(lane, members) not in self._pools
        ):
            assert queue is not None
            lane.only = members
            pool = self._pool(lane, queue.members)
        else:
            lane.only = None
            if wide:
                self._narrow[family] = self._narrow.get(family, 0) + 1
            pool = self._pool(lane, members)
        lane.counted = wide and lane.only is None
        lane.pool = pool
        pool.lanes[lane] = None
        self._pools.count_waiting(pool, lane.live)
        first = lane.first()
        lane.announced = None
        if first is not None:
            self._alert(lane)

    def _part(self, lane: Lane) -> None:
        """Let the lane belong to no pool; one that serves no lane any more is disbanded."""
        pool = lane.pool
        assert pool is not None
        if lane.counted:
            self._narrow[lane.task_queue_sid, lane.key[1]] -= 1
        lane.pool = None
        del pool.lanes[lane]
        self._pools.count_waiting(pool, -lane.live)
        if not pool.lanes:
            self._pools.disband(pool)

    def _pool(self, lane: Lane, members: int) -> Pool:
        return self._pools.pool(self._pool_key(lane, members), uses_clock=lane.uses_clock)

    def _pool_key(self, lane: Lane, members: int) -> PoolKey:
        return (members, lane.key[1], lane.key[3], lane.lively)

    # --- who serves whom changes ---

    def reconsider_all(self) -> None:
        """Work out anew who serves whom: a worker has come or gone."""
        concerned: dict[User, None] = dict.fromkeys(self._queues.values())
        concerned.update(dict.fromkeys(self._lanes.values()))
        self.reconsider(concerned)

    def reconsider(self, concerned: dict[User, None]) -> None:
        """Work out anew who serves these, and what depends on them.

        No lane is to be looked at for it: whoever serves more of them now has changed, and is
        looked at themselves.
        """
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
                queue = self.queue(lane.task_queue_sid)
                assert queue is not None
                lane.only, served_by = members, queue.members
            lane.members = members
            if served_by != pool.members:
                moving.setdefault((pool, served_by), []).append(lane)
        for (pool, members), together in moving.items():
            key = self._pool_key(together[0], members)
            if len(together) == len(pool.lanes) and key not in self._pools:
                self._pools.change_members(pool, key)
            else:
                for lane in together:
                    self._part(lane)
                    self._join(lane)

    def wanting_by_name(self) -> dict[User, None]:
        """The lanes for a worker of some name, whoever bears it."""
        return dict.fromkeys(self._by_name)

    def update_queue(self, queue: TaskQueue) -> list[TaskSid]:
        """Let the tasks of a queue stand in the order that it has now.

        Returns:
            The tasks to be placed anew, because they may ask for the name that the queue has now.
        """
        members = self._queues.get(queue.sid)
        if members is None:
            return []
        if members.order is not queue.task_order:
            members.order = queue.task_order
            self._rearrange(members.lanes, queue.task_order)
        if members.friendly_name == queue.friendly_name:
            return []
        members.friendly_name = queue.friendly_name
        if not any(step.names_queue for step in self._steps.values()):
            return []
        return [sid for sid, lane in self._lane_of.items() if lane in members.lanes]

    def rearrange_all(self) -> None:
        """Let all tasks stand as the order that the workspace prefers has it."""
        self._rearrange([one for one in self._lanes.values() if one.task_queue_sid is None])
        for queue in self._queues.values():
            self._rearrange(queue.lanes, queue.order)

    def _rearrange(self, lanes: Iterable[Lane], order: TaskOrder = TaskOrder.FIFO) -> None:
        tasks, prioritized = self._state.tasks, self._state.workspace.prioritize_queue_order
        for lane in lanes:
            if lane.live:
                lane.rearrange(lambda sid: place(tasks[sid], order, prioritized))
                self._alert(lane)

    def change_workers(self, queue: TaskQueue) -> bool:
        """Let other workers serve the lanes of a queue. No task is touched, however many wait.

        Returns:
            Whether that could be done: what is asked of a worker at the moment of the offer is a
            part of each lane, and where there is such a thing the tasks are to be placed anew.
        """
        members = self._queues.get(queue.sid)
        if members is None:
            return True
        parts = workers_meant(queue)
        if parts.lively or members.lively:
            return False
        self._conditions.release(members.steady, Scope.QUEUE, members)
        members.steady = parts.steady
        self._conditions.use(members.steady, Scope.QUEUE, members)
        self.reconsider({members: None})
        for lane in members.lanes:
            if lane.live:
                self._alert(lane)
        return True

    def forget_queue(self, task_queue_sid: TaskQueueSid) -> list[TaskSid]:
        """Let the tasks of a queue stand nowhere, to be placed anew.

        Returns:
            Those tasks.
        """
        queue = self._queues.get(task_queue_sid)
        if queue is None:
            return []
        placed = [sid for sid, lane in self._lane_of.items() if lane in queue.lanes]
        for sid in placed:
            self.leave(sid)  # which may already drop lanes: more than are kept when they are empty
        for lane in list(queue.lanes):
            self._drop_lane(lane)
        del self._queues[task_queue_sid]
        self._conditions.release(queue.steady, Scope.QUEUE, queue)
        return placed

    def update_workflow(self, workflow_sid: WorkflowSid) -> list[TaskSid]:
        """Do without the steps of rules that are no longer in force.

        Returns:
            The tasks to be placed anew, because they ask for the name that the workflow has.
        """
        workflow = self._state.workflows.get(workflow_sid)
        in_force = workflow.configurations if workflow else {}
        for route in [r for r in self._steps if r[0] == workflow_sid and r[1] not in in_force]:
            del self._steps[route]
        if not any(
            step.names_workflow for route, step in self._steps.items() if route[0] == workflow_sid
        ):
            return []
        tasks = self._state.tasks
        return [sid for sid in self.waiting if tasks[sid].workflow_sid == workflow_sid]

    # --- what the clock changes ---

    def next_look_ms(self) -> int | None:
        """The next full minute, while tasks wait that the clock may set free."""
        if self._waiting_by_clock or self.ageing:
            return (self._minute + 1) * MINUTE_MS
        return None

    def look_again(self, now_ms: int) -> None:
        """Look at what the clock may have set free."""
        self._minute = now_ms // MINUTE_MS
        for pool in self._pools.using_clock():
            pool.look_at_clock(self._minute)
            for lane in pool.lanes:
                if lane.live:
                    self._alert(lane)
