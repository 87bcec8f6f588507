"""The machine's clock is set, forwards and back, while offers and tasks are at their deadlines."""

import json
from dataclasses import dataclass, field
from random import Random

import pytest

from taskyard.core.commands import (
    AcceptReservation,
    Command,
    CreateTask,
    CreateTaskQueue,
    CreateWorker,
    CreateWorkflow,
    CreateWorkspace,
    UpdateWorkspace,
)
from taskyard.core.errors import Refusal
from taskyard.core.events import (
    ReservationAccepted,
    ReservationCanceled,
    ReservationCreated,
    ReservationTimeout,
    TaskCanceled,
    TaskCreated,
)
from taskyard.core.ids import counting_mint
from taskyard.core.machine import Machine
from taskyard.engine import TurnRecord, WorkspaceEngine
from taskyard.engine.counters import Counters
from taskyard.engine.journal import Journal

from .bench import ACCOUNT, WS, ObedientStore, StillLoop, settle

OFFER_S, TASK_S = 10, 45
JUMPS_MS = (-3_600_000, -20_000, -1_500, -1, 1, 1_500, 20_000, 3_600_000)


@dataclass
class Deadlines:
    """What was due when, and what has come of it, as a listener of turns sees it."""

    offers: dict[str, int] = field(default_factory=dict)
    tasks: dict[str, int] = field(default_factory=dict)
    over: set[str] = field(default_factory=set)
    last_ms: int = 0

    def hear(self, turn: TurnRecord) -> None:
        assert turn.at_ms >= self.last_ms, "time ran backwards"
        self.last_ms = turn.at_ms
        for event in turn.events:
            match event:
                case ReservationCreated(reservation_sid=sid, expires_ms=expires_ms):
                    assert expires_ms == turn.at_ms + OFFER_S * 1000
                    self.offers[sid] = expires_ms
                case ReservationTimeout(reservation_sid=sid):
                    self.end(sid, self.offers[sid] <= turn.at_ms)
                case ReservationCanceled(reservation_sid=sid):
                    self.end(sid, True)  # with its task, whose own time is looked at
                case ReservationAccepted(reservation_sid=sid):
                    self.end(sid, turn.at_ms < self.offers[sid])
                case TaskCreated(task_sid=sid):
                    self.tasks[sid] = turn.at_ms + TASK_S * 1000
                case TaskCanceled(task_sid=sid):
                    self.end(sid, self.tasks[sid] <= turn.at_ms)

    def end(self, sid: str, in_its_time: bool) -> None:
        assert sid not in self.over, "it had ended"
        assert in_its_time, "its time had not come, or was over"
        self.over.add(sid)


class Desk:
    """The real rules in the real engine, on clocks that a test moves."""

    def __init__(self) -> None:
        self.store, self.loop, self.due = ObedientStore(), StillLoop(), Deadlines()
        self.mint = counting_mint()
        self.engine = self._made()

    def _made(self) -> WorkspaceEngine:
        engine = WorkspaceEngine(
            WS,
            journal=Journal(self.store),
            new_machine=lambda: Machine(mint=self.mint, witnessed=True),
            clock=self.loop.clock,
            loop=self.loop,
            counters=Counters(seconds=self.loop.time),
        )
        engine.subscribe(self.due.hear)
        return engine

    async def open(self) -> "Desk":
        await self.engine.start()
        await self.ask(CreateWorkspace(account_sid=ACCOUNT, friendly_name="desk"))
        available = await self.engine.read(
            lambda state, _: next(one.sid for one in state.activities.values() if one.available)
        )
        # Whoever lets an offer lapse is asked again at once, so deadlines follow one another.
        await self.ask(UpdateWorkspace(timeout_activity_sid=available))
        queue = await self.ask(CreateTaskQueue(friendly_name="all"))
        rules = {"task_routing": {"filters": [], "default_filter": {"queue": queue}}}
        await self.ask(
            CreateWorkflow(
                friendly_name="to all",
                configuration=json.dumps(rules),
                task_reservation_timeout_s=OFFER_S,
            )
        )
        for name in ("Ann", "Bob"):
            await self.ask(CreateWorker(friendly_name=name, activity_sid=available))
        return self

    async def restart(self) -> None:
        await self.engine.close()
        self.engine = self._made()
        await self.engine.start()

    async def ask(self, command: Command) -> str:
        return await self.engine.ask(command, lambda _, decided: decided.sid)

    async def answer_one(self, dice: Random) -> None:
        pending = sorted(self.due.offers.keys() - self.due.over)
        if pending:
            try:
                await self.ask(AcceptReservation(reservation_sid=dice.choice(pending)))
            except Refusal:
                return  # it was over by the clock as it is now


@pytest.mark.parametrize("seed", range(8))
async def test_however_the_clock_is_set_nothing_fires_early_or_twice_and_all_of_it_in_the_end(
    seed: int,
) -> None:
    dice = Random(seed)
    desk = await Desk().open()
    for _ in range(250):
        fate = dice.random()
        if fate < 0.25:
            desk.loop.ahead_ms += dice.choice(JUMPS_MS)
        elif fate < 0.45:
            await desk.ask(CreateTask(timeout_s=TASK_S))
        elif fate < 0.5:
            await desk.answer_one(dice)
        elif fate < 0.53:
            await desk.restart()
        else:
            await desk.loop.pass_ms(dice.choice((1, 900, 5_000, 10_000, 45_000)))
    # A clock that was set back has the time before it once more: only then anything more is due.
    await desk.loop.pass_ms(max(0, desk.due.last_ms - desk.loop.clock()))
    for _ in range(2 * TASK_S):
        await desk.loop.pass_ms(1_000)
    accepted = await desk.engine.read(
        lambda state, _: {one.sid for one in state.tasks.values() if one.live_reservations}
    )
    assert desk.due.offers.keys() <= desk.due.over
    assert desk.due.tasks.keys() - desk.due.over == accepted
    assert len(desk.due.over) > 20, "little was due: this shows nothing"
    await desk.engine.close()


async def test_a_clock_that_is_set_back_delays_by_as_much_and_no_more() -> None:
    desk = await Desk().open()
    await desk.ask(CreateTask(timeout_s=TASK_S))
    (offer,) = desk.due.offers
    desk.loop.ahead_ms = -60_000
    await desk.loop.pass_ms(60_000 + OFFER_S * 1000 - 1)
    assert offer not in desk.due.over
    await desk.loop.pass_ms(1)
    assert offer in desk.due.over
    await desk.engine.close()


async def test_a_clock_that_is_set_forward_past_a_deadline_fires_it_once() -> None:
    desk = await Desk().open()
    task = await desk.ask(CreateTask(timeout_s=TASK_S))
    (offer,) = desk.due.offers
    desk.loop.ahead_ms = 3_600_000
    await desk.loop.pass_ms(OFFER_S * 1000)  # at the latest then somebody looks
    assert {offer, task} <= desk.due.over
    desk.loop.ahead_ms = 0
    for _ in range(100):
        await desk.loop.pass_ms(1_000)
    assert desk.due.over == {offer, task}
    await settle()
    await desk.engine.close()
