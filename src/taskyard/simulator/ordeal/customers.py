"""Those from whom work comes: many while it is open, few while it is not."""

import asyncio
import json
from random import Random

from taskyard.core import commands as ask

from .clients import Client, one_of
from .messages import Picture
from .phrases import LANGS, LEVELS, SKILLS

_PER_HOUR_OPEN = 5.0
_PER_HOUR_CLOSED = 0.1
_OPEN_H = (8, 19)
_OPEN_DAYS = (0, 1, 3)
_CHANNELS = ("default", "default", "voice", "chat")
_TTL_S = (60, 600, 3_600, 86_400, 86_400)
_LOOK_UP_S = 3_600.0
_CHANGES_MIND = 0.25


def is_open(now_s: float) -> bool:
    """Whether people are at work: some hours of some days of the week."""
    day, hour = divmod(now_s / 3600, 24)
    return day % 7 in _OPEN_DAYS and _OPEN_H[0] <= hour < _OPEN_H[1]


def attributes_of_a_task(dice: Random) -> str:
    """What a task is about, in the words of the phrases."""
    return json.dumps(
        {"kind": dice.choice(SKILLS), "lang": dice.choice(LANGS), "level": dice.choice(LEVELS)},
        separators=(",", ":"),
    )


class Customers(Client):
    """All customers of a workspace."""

    async def live(self) -> None:
        """Have tasks come in, one after another and some of them together."""
        loop = asyncio.get_running_loop()
        known: list[Picture] = []
        while True:
            rate = _PER_HOUR_OPEN if is_open(loop.time()) else _PER_HOUR_CLOSED
            wait_s = self.dice.expovariate(rate / 3600)
            await asyncio.sleep(min(_LOOK_UP_S, wait_s))
            if wait_s > _LOOK_UP_S:
                continue
            if not known or self.dice.random() < 0.1:
                known = await self.look() or known
            if known:
                together = 1 if self.dice.random() < 0.9 else self.dice.randint(2, 6)
                await asyncio.gather(*(self._one_task(known) for _ in range(together)))

    async def _one_task(self, known: list[Picture]) -> None:
        dice = self.dice
        target = None
        if dice.random() < 0.06:
            target = one_of(dice, known, dice.choice(("WK", "WQ")))
        task = await self.ask(
            ask.CreateTask(
                attributes=attributes_of_a_task(dice),
                workflow_sid=None if target else one_of(dice, known, "WW"),
                routing_target=target,
                ignore_capacity=dice.choice((None, False)) if target else None,
                priority=dice.choice((None, None, 0, 5)),
                timeout_s=dice.choice(_TTL_S),
                task_channel=dice.choice(_CHANNELS),
            )
        )
        if task is not None and dice.random() < _CHANGES_MIND:
            await self.rest(1, 600)
            await self._changes_mind(task["sid"])

    async def _changes_mind(self, sid: str) -> None:
        dice = self.dice
        match dice.randrange(5):
            case 0 | 1:
                await self.ask(
                    ask.UpdateTask(task_sid=sid, assignment_status="canceled", reason="hung up")
                )
            case 2:
                await self.ask(ask.UpdateTask(task_sid=sid, attributes=attributes_of_a_task(dice)))
            case 3:
                await self.ask(ask.UpdateTask(task_sid=sid, priority=dice.randint(0, 9)))
            case _:
                await self.ask(ask.DeleteTask(task_sid=sid))
