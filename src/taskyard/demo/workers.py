"""Workers over HTTP: each looks at their own offers, answers them, and goes for a break."""

import asyncio
import time

import msgspec

from . import wire
from .api import Api
from .attempts import ANSWERING, LOOKING, NOTHING, attempt
from .contact_centre import ContactCentre
from .crowd import Answer, Habits, Reaction, handling_s
from .ledger import Ledger

LOOK_EVERY_S = 0.4


class Shift:
    """One worker at work."""

    def __init__(
        self,
        api: Api,
        centre: ContactCentre,
        ledger: Ledger,
        name: str,
        habits: Habits,
        last_agents: dict[str, str],
    ) -> None:
        self._api = api
        self._centre = centre
        self._ledger = ledger
        self._name = name
        self._habits = habits
        self._last_agents = last_agents
        self._sid = centre.worker_sids[name]
        self._path = f"{centre.path}/Workers/{self._sid}"
        self._offers: set[str] = set()
        """The offers that were pending when the worker last looked."""
        self._answered: set[str] = set()
        """The offers that the worker has seen to, or is just about to."""
        self._back_s: float | None = None
        """When the worker returns, if they are away."""
        self._pause = habits.next_pause()
        self._pause_s = time.monotonic() + self._pause.after_s

    async def work(self, first_look_s: float) -> None:
        """Work until cancelled.

        Args:
            first_look_s: Seconds until the first look, so that not all look at the same moment.
        """
        await asyncio.sleep(first_look_s)
        async with asyncio.TaskGroup() as conversations:
            while True:
                await self._look(conversations)
                await self._come_or_go()
                await asyncio.sleep(LOOK_EVERY_S)

    async def _look(self, conversations: asyncio.TaskGroup) -> None:
        query = {"ReservationStatus": "pending", "PageSize": "50"}
        page = await attempt(
            self._api.get(f"{self._path}/Reservations", wire.ReservationPage, query),
            self._ledger,
            part_of_life=NOTHING,
        )
        if page is None:
            return
        pending = {offer.sid: offer for offer in page.reservations}
        for sid, offer in pending.items():
            self._ledger.note_offer(offer, time.monotonic())
            if sid not in self._offers | self._answered:
                conversations.create_task(self._consider(offer))
        for sid in self._offers - pending.keys() - self._answered:
            await self._find_out(sid)
        self._answered &= pending.keys()
        self._offers = set(pending)

    async def _find_out(self, offer_sid: str) -> wire.Reservation | None:
        """Learn what became of an offer that the worker did not answer, or not in time."""
        request = self._api.get(f"{self._path}/Reservations/{offer_sid}", wire.Reservation)
        offer = await attempt(request, self._ledger, part_of_life=LOOKING)
        if offer is None:
            return None
        self._ledger.note_offer(offer, time.monotonic())
        if offer.reservation_status == "timeout":
            # The server has moved the worker to the workspace's timeout activity.
            self._tell("let it ring and is put Offline")
            self._back_s = time.monotonic() + self._habits.next_absence_s()
        return offer

    async def _consider(self, offer: wire.Reservation) -> None:
        answer = self._habits.next_answer()
        if self._ledger.alarm_rings:
            self._ledger.left_behind.add(offer.sid)
            return
        if answer.reaction is Reaction.IGNORE:
            return
        await asyncio.sleep(answer.think_s)
        self._answered.add(offer.sid)
        status = "accepted" if answer.reaction is Reaction.ACCEPT else "rejected"
        request = self._api.post(
            f"{self._path}/Reservations/{offer.sid}",
            wire.Reservation,
            {"ReservationStatus": status},
        )
        answered = await attempt(request, self._ledger, part_of_life=ANSWERING)
        if answered is None:
            # It may have been taken all the same, if the server died before it could say so.
            answered = await self._find_out(offer.sid)
            if answered is None or answered.reservation_status not in ("accepted", "rejected"):
                return
        self._ledger.note_offer(answered, time.monotonic())
        if answered.reservation_status == "accepted":
            await self._talk(offer.task_sid, answer)
        else:
            self._tell("rejects an offer")

    async def _talk(self, task_sid: str, answer: Answer) -> None:
        entry = self._ledger.tasks.get(task_sid)
        if entry is None:  # the answer to its creation is still under way
            task = await attempt(
                self._api.get(f"{self._centre.path}/Tasks/{task_sid}", wire.Task),
                self._ledger,
                part_of_life=LOOKING,
            )
            if task is None:
                return
            entry = self._ledger.note_task(task, time.monotonic())
        customer, subject = read(entry.attributes)
        about = ", ".join([*subject, entry.channel])
        waited_s = time.monotonic() - entry.created_s
        self._tell(f"answers {customer} ({about}) after {waited_s:.1f} s")
        await asyncio.sleep(handling_s(entry.channel, answer.handling))
        if answer.wrap_up_s is not None:
            await self._move(task_sid, "wrapping", "talk ended")
            await asyncio.sleep(answer.wrap_up_s)
        await self._move(task_sid, "completed", "served")
        self._last_agents[customer] = self._sid

    async def _move(self, task_sid: str, status: str, reason: str) -> None:
        form = {"AssignmentStatus": status, "Reason": reason}
        request = self._api.post(f"{self._centre.path}/Tasks/{task_sid}", wire.Task, form)
        task = await attempt(request, self._ledger, part_of_life=ANSWERING)
        if task is not None:
            self._ledger.note_task(task, time.monotonic())

    async def _come_or_go(self) -> None:
        now_s = time.monotonic()
        if self._back_s is not None:
            if now_s >= self._back_s and await self._be("Available"):
                self._back_s = None
                self._pause = self._habits.next_pause()
                self._pause_s = now_s + self._pause.after_s
        elif now_s >= self._pause_s and not self._offers and await self._be(self._pause.activity):
            self._tell(f"goes away: {self._pause.activity}")
            self._back_s = now_s + self._pause.lasts_s

    async def _be(self, activity: str) -> bool:
        form = {"ActivitySid": self._centre.activity_sids[activity]}
        request = self._api.post(self._path, wire.Worker, form)
        return await attempt(request, self._ledger, part_of_life=NOTHING) is not None

    def _tell(self, what: str) -> None:
        self._ledger.news.append(f"{self._name} {what}")


def read(attributes: str) -> tuple[str, list[str]]:
    """Who a task is from, and what it is about: whoever watches makes tasks of any attributes."""
    found = msgspec.json.decode(attributes)
    known = found if isinstance(found, dict) else {}
    subject = [str(known[name]) for name in ("topic", "language") if name in known]
    return str(known.get("customer", "somebody")), subject
