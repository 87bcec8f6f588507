"""Transfers as the second browser client asks for them."""

from typing import Any

import pytest

from contract.api.caller import Centre

from .poster import Poster, Posters

TRANSFER = {
    "account_sid",
    "workspace_sid",
    "date_created",
    "date_updated",
    "initiating_reservation_sid",
    "initiating_worker_sid",
    "initiating_queue_sid",
    "initiating_workflow_sid",
    "sid",
    "transfer_mode",
    "transfer_to",
    "transfer_type",
    "transfer_status",
    "task_sid",
}


class Handover:
    """Ann has accepted a task; Bob is there to take it over."""

    def __init__(self, centre: Centre, posters: Posters) -> None:
        self.path = centre.path
        self.centre = centre
        self.posters = posters

    async def open(self) -> "Handover":
        centre = self.centre
        self.ann_sid = (await centre.worker("Ann"))["sid"]
        self.task = await centre.task()
        self.bob_sid = (await centre.worker("Bob"))["sid"]
        self.ann, self.bob = self.posters.b(self.ann_sid), self.posters.b(self.bob_sid)
        (self.held,) = await self.offers(self.ann, self.ann_sid)
        await self.ann.post(self.of(self.ann_sid, self.held), ReservationStatus="accepted")
        return self

    def of(self, worker_sid: str, reservation: dict[str, Any]) -> str:
        return f"{self.path}/Workers/{worker_sid}/Reservations/{reservation['sid']}"

    async def offers(self, poster: Poster, worker_sid: str) -> list[dict[str, Any]]:
        at = f"{self.path}/Workers/{worker_sid}/Reservations"
        contents = (await poster.get(at, {"Active": "true"}))["contents"]
        assert isinstance(contents, list)
        return contents

    async def begin(self, **more: Any) -> dict[str, Any]:
        form = {"ReservationSid": self.held["sid"], "TaskSid": self.task["sid"], "To": self.bob_sid}
        payload = await self.ann.post(
            f"{self.path}/Workers/{self.ann_sid}/Transfers", **form, **more
        )
        assert isinstance(payload, dict)
        return payload


@pytest.fixture
async def handover(centre: Centre, posters: Posters) -> Handover:
    return await Handover(centre, posters).open()


async def test_a_transfer_has_every_key_and_names_its_task(handover: Handover) -> None:
    transfer = await handover.begin(Attributes={"note": 1}, Priority=3, Mode="COLD")
    assert transfer.keys() >= TRANSFER
    assert "transfer_failed_reason" not in transfer
    assert transfer["task_sid"] == handover.task["sid"]
    assert (transfer["transfer_mode"], transfer["transfer_type"]) == ("COLD", "WORKER")
    assert transfer["transfer_status"] == "initiated"
    assert transfer["transfer_to"] == handover.bob_sid
    assert transfer["initiating_worker_sid"] == handover.ann_sid


async def test_a_transfer_is_warm_unless_it_is_said(handover: Handover) -> None:
    assert (await handover.begin())["transfer_mode"] == "WARM"


async def test_reservations_show_their_transfers_when_read_and_not_when_changed(
    handover: Handover,
) -> None:
    begun = await handover.begin()
    (offer,) = await handover.offers(handover.bob, handover.bob_sid)
    assert offer["task_transfer"]["sid"] == begun["sid"]
    assert offer["task"]["assignment_status"] == "reserved"
    (held,) = await handover.offers(handover.ann, handover.ann_sid)
    assert held["active_outgoing_task_transfer"]["sid"] == begun["sid"]
    assert "task_transfer" not in held
    answer = await handover.bob.post(
        handover.of(handover.bob_sid, offer), ReservationStatus="accepted"
    )
    assert "task_transfer" not in answer
    assert "active_outgoing_task_transfer" not in answer
    fetched = await handover.bob.get(handover.of(handover.bob_sid, offer))
    assert fetched["task_transfer"]["transfer_status"] == "complete"


async def test_a_rejected_transfer_says_why_it_failed(handover: Handover) -> None:
    await handover.begin()
    (offer,) = await handover.offers(handover.bob, handover.bob_sid)
    at = handover.of(handover.bob_sid, offer)
    await handover.bob.post(at, ReservationStatus="rejected")
    transfer = (await handover.bob.get(at))["task_transfer"]
    assert transfer["transfer_status"] == "failed"
    assert transfer["transfer_failed_reason"]


async def test_a_transfer_is_canceled_once(handover: Handover) -> None:
    begun = await handover.begin()
    at = f"{handover.path}/Workers/{handover.ann_sid}/Transfers/{begun['sid']}"
    form = {"TaskSid": handover.task["sid"], "TransferStatus": "canceled"}
    canceled = await handover.ann.post(at, **form)
    assert canceled.keys() >= TRANSFER
    assert canceled["transfer_status"] == "canceled"
    message = (await handover.ann.send("POST", at, form)).refused(400, 20001)
    assert message == f"Transfer {begun['sid']} is already canceled . Cannot cancel transfer."
    other = {**form, "TransferStatus": "complete"}
    assert "TransferStatus" in (await handover.ann.send("POST", at, other)).refused(400, 20001)
    missing = at.replace(begun["sid"], "TT" + "0" * 32)
    (await handover.ann.send("POST", missing, form)).refused(404, 20404)


async def test_nobody_hands_on_what_another_worker_has(handover: Handover) -> None:
    form = {"ReservationSid": handover.held["sid"], "To": handover.bob_sid}
    own = f"{handover.path}/Workers/{handover.bob_sid}/Transfers"
    (await handover.bob.send("POST", own, form)).refused(404, 20404)
    anns = f"{handover.path}/Workers/{handover.ann_sid}/Transfers"
    (await handover.bob.send("POST", anns, form)).refused(403, 20403)
