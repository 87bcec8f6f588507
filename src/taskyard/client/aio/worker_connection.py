"""What a worker's connection does besides: it announces offers, each once."""

import asyncio
from collections.abc import Callable, Mapping
from itertools import count
from typing import Any

from taskyard.client.errors import TaskyardError
from taskyard.client.offers import offer_of
from taskyard.client.requests import Request

from .back_off import reconnect_delay_s
from .connection import Connection, Deliver
from .link import Source
from .transport import Transport, may_be_repeated


def with_tasks(transport: Transport) -> Source:
    """A way to ask for reservations that gives each its task; the bare sid if that is refused."""

    async def task_of(reservation: dict[str, Any]) -> dict[str, Any]:
        task_sid = reservation["task_sid"]
        try:
            task = await transport.send(Request("GET", f"Tasks/{task_sid}"))
        except TaskyardError:
            task = {"sid": task_sid}
        return {**reservation, "task": task}

    async def ask(request: Request) -> Any:
        page = await transport.send(request)
        reservations = await asyncio.gather(*(task_of(one) for one in page["reservations"]))
        return {**page, "reservations": reservations}

    return ask


def session_query(
    disconnect_activity_sid: str | None, close_existing_sessions: bool
) -> dict[str, str]:
    """What a worker's socket says of its session."""
    query = {"closeExistingSessions": "true" if close_existing_sessions else "false"}
    if disconnect_activity_sid:
        query["disconnectActivitySid"] = disconnect_activity_sid
    return query


class WorkerConnection(Connection):
    """The connection of a worker's client.

    Args:
        connect_activity_sid: The activity that the worker gets at the first `ready`, if no offer
            waits for an answer then.
    """

    def __init__(
        self,
        transport: Transport,
        own_path: str,
        query: Mapping[str, str],
        deliver: Deliver,
        entity: Callable[[Any], Any],
        own: Callable[[dict[str, Any]], object],
        connect_activity_sid: str | None,
    ) -> None:
        super().__init__(transport, own_path, query, deliver, entity, own)
        self._connect_activity_sid = connect_activity_sid or None
        self._listing = Request("GET", f"{own_path}/Reservations", {"ReservationStatus": "pending"})
        self._announced: set[str] = set()
        self._arriving_late: asyncio.Task[None] | None = None
        self._over_meanwhile: set[str] = set()

    async def became_ready(self) -> None:
        """Announce the offers that wait; at the first time change the activity.

        What goes wrong here is told to the listeners of `error`, and does not end the connection.
        """
        try:
            offers = await self._arrive()
            # What is pending no more will not be listed again: nothing grows.
            self._announced &= {offer["sid"] for offer in offers}
        except TaskyardError as error:
            self.went_wrong(error)
            if may_be_repeated(self._listing, error):
                self._arriving_late = self._start(self._arrive_late())

    def lost(self, message: str) -> None:
        """Say so; whatever is still looked for belongs to the next connection."""
        if self._arriving_late is not None:
            self._arriving_late.cancel()
        super().lost(message)

    async def _arrive(self) -> list[dict[str, Any]]:
        self._over_meanwhile.clear()
        offers = [one for one in await self._pending() if one["sid"] not in self._over_meanwhile]
        for offer in offers:
            self._announce(offer)
        if self._connect_activity_sid is not None and not offers:
            activity = {"ActivitySid": self._connect_activity_sid}
            self._own(await self.transport.send(Request("POST", self._own_path, activity)))
        self._connect_activity_sid = None
        return offers

    async def _arrive_late(self) -> None:
        """Look again, for nobody else tells of an offer that was made without a connection."""
        for attempt in count(1):
            await asyncio.sleep(reconnect_delay_s(attempt))
            try:
                await self._arrive()
                return
            except TaskyardError as error:
                self.went_wrong(error)
                if not may_be_repeated(self._listing, error):
                    return

    async def heard(self, event_type: str, payload: Any) -> None:
        """Hand a frame on; what belongs to an offer, as a reservation with its task."""
        if not event_type.startswith("reservation.") or not isinstance(payload, dict):
            await super().heard(event_type, payload)
            return
        offer = offer_of(event_type, payload)
        if event_type == "reservation.created":
            self._announce(offer)
        else:
            sid = offer.get("sid", "")
            self._announced.discard(sid)
            if self._arriving_late is not None and not self._arriving_late.done():
                self._over_meanwhile.add(sid)
            self.emit(event_type, offer)

    def _announce(self, offer: dict[str, Any]) -> None:
        sid = offer.get("sid", "")
        if sid not in self._announced:
            self._announced.add(sid)
            self.emit("reservation.created", offer)

    async def _pending(self) -> list[dict[str, Any]]:
        ask = with_tasks(self.transport)
        pending: list[dict[str, Any]] = []
        request = self._listing
        while True:
            page = await ask(request)
            pending += page["reservations"]
            following = page["meta"]["next_page_url"]
            if following is None:
                return pending
            request = Request("GET", following)
