"""Those who do the work: a program for each worker, which may die and begin anew."""

import asyncio
import contextlib
from random import Random
from typing import Any

from taskyard.core import commands as ask

from .clients import Callers, Client, one_of
from .customers import is_open
from .messages import Picture

_POLL_S = 600.0
_REACTION_S = (1.0, 60.0)
_HANDLING_S = (20.0, 900.0)
_SLEEP_S = 4_000.0


class Agent(Client):
    """One worker's program.

    Attributes:
        worker: The worker's SID.
        woken: Set when an offer is pushed.
    """

    def __init__(self, callers: Callers, dice: Random, workspace: str, worker: str) -> None:
        super().__init__(callers, dice, workspace)
        self.worker = worker
        self.woken = asyncio.Event()
        self._activities: list[Picture] = []

    async def live(self) -> None:
        """Come in the morning, take what is offered, and go in the evening."""
        loop = asyncio.get_running_loop()
        while True:
            if not is_open(loop.time()):
                await self._go_home()
                await self.rest(_SLEEP_S / 2, _SLEEP_S)
                continue
            seen = await self.look(self.worker)
            if seen is not None and (not seen or "gone" in seen[0]):
                return
            if seen is not None:
                await self._be_there(seen[0])
                for offer in seen[1:]:
                    await self._work_on(offer)
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(_POLL_S):
                    await self.woken.wait()
            self.woken.clear()

    async def _go_home(self) -> None:
        offline = await self._activity("Offline")
        if offline is not None and self.dice.random() < 0.9:
            rejects = self.dice.random() < 0.5
            await self.ask(
                ask.UpdateWorker(
                    worker_sid=self.worker,
                    activity_sid=offline,
                    reject_pending_reservations=rejects,
                )
            )

    async def _be_there(self, me: Picture) -> None:
        """Be available, unless it is time for a break."""
        if self.dice.random() < 0.3:
            return
        wanted = await self._activity("Available")
        if wanted is not None and me["activity"] != wanted:
            await self.ask(ask.UpdateWorker(worker_sid=self.worker, activity_sid=wanted))

    async def _work_on(self, offer: Picture) -> None:
        sid = offer["sid"]
        if offer["status"] == "pending":
            await self.rest(*_REACTION_S)
            die = self.dice.random()
            if die < 0.12:
                await self.ask(ask.RejectReservation(reservation_sid=sid))
                return
            if die < 0.2:
                return  # nobody looked
            if await self.ask(ask.AcceptReservation(reservation_sid=sid)) is None:
                return
        if self.dice.random() < 0.01:
            return  # forgotten, until the next look
        await self.rest(*_HANDLING_S)
        if self.dice.random() < 0.08 and await self._hand_on(sid):
            return
        if self.dice.random() < 0.3:
            await self.ask(ask.WrapReservation(reservation_sid=sid))
            await self.rest(5, 120)
        if self.dice.random() < 0.9:
            await self.ask(ask.CompleteReservation(reservation_sid=sid))
        else:
            await self.ask(
                ask.UpdateTask(task_sid=offer["task"], assignment_status="completed", reason="done")
            )

    async def _hand_on(self, sid: str) -> bool:
        seen = await self.look()
        to = None if seen is None else one_of(self.dice, seen, self.dice.choice(("WQ", "WK")))
        if to is None:
            return False
        mode = self.dice.choice(("WARM", "COLD"))
        transfer = await self.ask(ask.InitiateTransfer(reservation_sid=sid, to=to, mode=mode))
        if transfer is not None and self.dice.random() < 0.2:
            await self.rest(1, 60)
            await self.ask(ask.CancelTransfer(transfer_sid=transfer["sid"]))
        return transfer is not None

    async def _activity(self, name: str) -> Any:
        if not self._activities:
            self._activities = await self.look() or []
        return next((one["sid"] for one in self._activities if one.get("name") == name), None)
