"""Statistics of any window of any history are those of a plain recount of its events."""

import asyncio
import os
from collections import Counter
from random import Random

import pytest

from property.recount import Journal, Recount, Tally, recount
from property.storyteller import EVERYTHING, create_workspace, next_command, next_instant, opening
from property.trial import Step, Trial
from taskyard.core.ids import mint_from
from taskyard.core.machine import Machine
from taskyard.core.model import TaskStatus, Worker
from taskyard.core.state import State
from taskyard.core.statistics import FactKind, RealTime, TaskSums
from taskyard.core.statistics.cumulative import merged_counts
from taskyard.core.statistics.presence import PresenceTimes, presence_of, times_of
from taskyard.core.statistics.spells import Durations, durations_by_activity
from taskyard.core.steps import at_once
from taskyard.engine import Statistics, Window
from taskyard.engine.journal import TurnRecord
from taskyard.engine.time_windows import DAY_MS, HOUR_MS
from taskyard.stores.memory import MemoryStore

START_MS = 1_700_006_310_250
HISTORIES = min(40, int(os.environ.get("TASKYARD_PROPERTY_EXAMPLES", "16")))
GROUPS = 4
LENGTH = 120
WS = "WS" + "0" * 32
KINDS = {
    "created": (FactKind.TASK_CREATED,),
    "workflow entered": (FactKind.WORKFLOW_ENTERED,),
    "queue entered": (FactKind.TASK_QUEUE_ENTERED,),
    "moved": (FactKind.TASK_MOVED,),
    "workflow timed out": (FactKind.WORKFLOW_TIMED_OUT,),
    "canceled": (FactKind.TASK_CANCELED,),
    "completed": (FactKind.TASK_COMPLETED,),
    "deleted": (FactKind.TASK_DELETED,),
    "offered": (FactKind.RESERVATION_CREATED,),
    "accepted": (FactKind.RESERVATION_ACCEPTED, FactKind.RESERVATION_ACCEPTED_AGAIN),
    "rejected": (FactKind.RESERVATION_REJECTED,),
    "timed out": (FactKind.RESERVATION_TIMED_OUT,),
    "reservation canceled": (FactKind.RESERVATION_CANCELED,),
    "rescinded": (FactKind.RESERVATION_RESCINDED,),
}


def told(seed: int) -> Trial:
    """A random history, with the real-time counts compared at every step."""
    random, trial = Random(seed), Trial()
    counted: RealTime | None = None
    heard = 0

    def live(step: Step) -> None:
        nonlocal counted, heard
        trial.live(step)
        state = trial.machine.state
        if counted is None or counted.state is not state:
            counted = RealTime(state)
            at_once(counted.filling())
        for events, _ in trial.journal[heard:]:
            counted.hear(events)
        heard = len(trial.journal)
        assert_counts(counted, state)

    live(Step(START_MS, create_workspace(random)))
    world = trial.twin.world
    for maker in opening(random):
        live(Step(world.now_ms, maker(random, world)))
    for _ in range(LENGTH):
        if random.random() < 0.3:
            live(Step(next_instant(random, world, trial.twin.next_deadline_ms())))
        elif random.random() < 0.02:
            live(Step(world.now_ms, restart=True))
        else:
            live(Step(world.now_ms, next_command(random, world, EVERYTHING)))
    return trial


def assert_counts(counted: RealTime, state: State) -> None:
    for scope in ("", *state.task_queues, *state.workflows):
        for channel in (None, *state.task_channels):
            tasks = [
                task
                for task in state.tasks.values()
                if scope in ("", task.task_queue_sid, task.workflow_sid)
                and channel in (None, task.task_channel_sid)
            ]
            found = counted.counts(scope, channel)
            assert found.by_status == {
                status: sum(task.status is status for task in tasks) for status in TaskStatus
            }
            assert found.by_priority == Counter(one.priority for one in tasks if not one.ended)
            waiting = [
                task for task in tasks if task.status in (TaskStatus.PENDING, TaskStatus.RESERVED)
            ]
            longest = min(waiting, key=lambda one: (one.created_ms, one.number), default=None)
            assert found.longest_sid == (longest and longest.sid)
            in_queue = [task for task in waiting if task.task_queue_sid == scope]
            if in_queue:
                since_ms = min(one.task_queue_entered_ms or one.created_ms for one in in_queue)
                assert found.longest_in_queue_since_ms == since_ms
                assert found.longest_in_queue_sid in {one.sid for one in in_queue}
            else:
                assert found.longest_in_queue_sid is None


class View:
    """Statistics that follow a history, are started anew now and then, and are looked at."""

    def __init__(self, seed: int, journal: Journal) -> None:
        self.random = Random(seed)
        # Only instants matter here: a history of minutes may as well be one of days.
        slow = self.random.choice((1, 1, 7, 60))
        self.journal = [
            (events, START_MS + slow * (at_ms - START_MS)) for events, at_ms in journal if events
        ]
        self.followed = 0
        self.store = MemoryStore()
        self.now_ms = START_MS
        self.machine = Machine(mint=mint_from(self.random.randbytes), witnessed=True)
        self.statistics = self.anew()

    def anew(self) -> Statistics:
        return Statistics(self.store, lambda _: self.now_ms, 30 * DAY_MS)

    async def follow(self) -> None:
        position, turns = 0, []
        unkept: list[TurnRecord] = []
        for events, at_ms in self.journal:
            self.now_ms = at_ms
            self.followed += 1
            turn = TurnRecord(
                workspace_sid=WS,
                first_position=position + 1,
                last_position=position + len(events),
                at_ms=at_ms,
                events=events,
                details=self.machine.replay_witnessed(events, at_ms),
            )
            position = turn.last_position
            turns.append(turn)
            unkept.append(turn)
            self.statistics.hear(turn)
            if self.random.random() < 0.2:
                await self.statistics.follow(unkept)
                unkept = []
            if self.random.random() < 0.05:
                kept = await self.store.view_position("statistics", WS)
                self.statistics = self.anew()
                for old in turns:
                    if old.first_position > kept:
                        self.statistics.hear(old)
            if self.random.random() < 0.03:
                await self.compare(self.window())
        self.now_ms += self.random.choice((0, 1, 30_000, 5 * HOUR_MS))
        for _ in range(6):
            await self.compare(self.window())
        await self.halves_add_up(self.window())

    def window(self) -> Window:
        """Somewhere in the history so far, or until now."""
        border = self.random.choice((1, 1_000, 60_000, HOUR_MS))
        one, other = (self.random.randint(START_MS - 60_000, self.now_ms + 1) for _ in range(2))
        start_ms, end_ms = sorted((one // border * border, other // border * border))
        if self.random.random() < 0.4:
            end_ms = self.now_ms + 1
        return Window(start_ms, end_ms)

    async def compare(self, window: Window) -> None:
        past = self.journal[: self.followed]
        plain = recount(past, window.start_ms, window.end_ms)
        state = self.machine.state
        await self.compare_tasks(window, plain, state)
        everybody = [*state.workers]
        for workers in (None, frozenset(everybody[:1]), frozenset(everybody[::2])):
            counts = await self.statistics.workers(WS, window, workers, None)
            expected: Counter[str] = Counter()
            for sid, one in plain.workers.items():
                # One who is no more is named by no fact of theirs that comes after.
                if sid in (state.workers if workers is None else workers):
                    expected += one
            if workers is not None or len(state.workers) == state.workers_made:
                assert named(counts) == expected
        await self.compare_activities(window, state, past)

    async def compare_tasks(self, window: Window, plain: Recount, state: State) -> None:
        scopes = ["", *state.task_queues, *state.workflows]
        for channel in (None, *state.task_channels):
            all_sums = await self.statistics.tasks_of(WS, window, scopes, channel)
            for scope, sums in zip(scopes, all_sums, strict=True):
                tallies = [
                    tally
                    for (one, other), tally in plain.scopes.items()
                    if one == scope and channel in (None, other)
                ]
                assert seen(sums) == added(tallies), (window, scope, channel)

    async def compare_activities(self, window: Window, state: State, past: Journal) -> None:
        end_ms = min(window.end_ms, self.now_ms)
        plain = recount(past, window.start_ms, end_ms)
        assert await self.durations(window, state) == {
            sid: Durations(len(spells), sum(spells), min(spells), max(spells))
            for sid, spells in plain.activities.items()
        }
        await self.compare_presence(window, plain, state)

    async def compare_presence(self, window: Window, plain: Recount, state: State) -> None:
        end_ms = min(window.end_ms, self.now_ms)
        workers = [*state.workers.values()]
        for some in (workers, workers[:1], workers[1::2], workers[1:]):
            times = await self.presence(window, state, some)
            assert times == PresenceTimes(
                sum(plain.available[one.sid] for one in some),
                sum(plain.handling[one.sid] for one in some),
            ), (window, end_ms)

    async def presence(self, window: Window, state: State, some: list[Worker]) -> PresenceTimes:
        end_ms = min(window.end_ms, self.now_ms)
        sids = {one.sid for one in some}
        within = await self.statistics.presence(WS, window, sids)
        after = await self.statistics.presence(WS, Window(window.end_ms, self.now_ms + 1), sids)
        assert within is not None
        assert after is not None
        now = Counter(presence_of(state, one) for one in some)
        return times_of(within, after, now, window.start_ms, end_ms)

    async def durations(self, window: Window, state: State) -> dict[str, Durations]:
        sids = self.random.choice((None, frozenset(state.workers)))
        within = await self.statistics.spells(WS, window, sids)
        after = None
        if window.end_ms <= self.now_ms:
            after = await self.statistics.spells(WS, Window(window.end_ms, self.now_ms + 1), sids)
        now_in = {
            one.sid: (one.activity_sid, one.status_changed_ms) for one in state.workers.values()
        }
        return durations_by_activity(within, after, now_in, min(window.end_ms, self.now_ms))

    async def halves_add_up(self, window: Window) -> None:
        middle_ms = self.random.randint(window.start_ms, window.end_ms)
        one, other = Window(window.start_ms, middle_ms), Window(middle_ms, window.end_ms)
        state = self.machine.state
        whole, first, second = [
            await self.statistics.tasks(WS, part, "", None) for part in (window, one, other)
        ]
        first.merge(second)
        assert seen(first) == seen(whole)
        workers = [await self.statistics.workers(WS, part, None, None) for part in (one, other)]
        assert merged_counts(workers) == await self.statistics.workers(WS, window, None, None)
        everybody = [*state.workers.values()]
        some = [await self.presence(part, state, everybody) for part in (one, other, window)]
        assert some[0].handling_ms + some[1].handling_ms == some[2].handling_ms
        assert some[0].available_ms + some[1].available_ms == some[2].available_ms
        totals: Counter[str] = Counter()
        for part in (one, other):
            totals.update({s: d.total_ms for s, d in (await self.durations(part, state)).items()})
        assert totals == {s: d.total_ms for s, d in (await self.durations(window, state)).items()}


Seen = tuple[Counter[str], Counter[int], Counter[int], Counter[int], Counter[int]]


def named(counts: list[int]) -> Counter[str]:
    return +Counter({name: sum(counts[kind] for kind in kinds) for name, kinds in KINDS.items()})


def seen(sums: TaskSums) -> Seen:
    return (
        named(sums.counts),
        Counter(sums.accepted),
        Counter(sums.accepted_again),
        Counter(sums.canceled),
        Counter(sums.in_queue),
    )


def added(tallies: list[Tally]) -> Seen:
    """The sums of some tallies; waits in a task queue are those of all its acceptances."""
    return (
        sum((one.counts for one in tallies), Counter()),
        Counter(wait for one in tallies for wait in one.first_waits),
        Counter(wait for one in tallies for wait in one.later_waits),
        Counter(wait for one in tallies for wait in one.canceled_waits),
        Counter(wait for one in tallies for wait in one.queue_waits),
    )


@pytest.mark.parametrize("group", range(GROUPS))
def test_statistics_are_those_of_a_plain_recount(group: int) -> None:
    first = int(os.environ.get("TASKYARD_PROPERTY_SEED", "0"))
    for seed in range(first + group, first + HISTORIES, GROUPS):
        trial = told(seed)
        try:
            asyncio.run(View(seed, trial.journal).follow())
        except AssertionError as error:
            pytest.fail(f"seed {seed}: {error}")
