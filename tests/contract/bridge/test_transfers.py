"""The sequences of frames when a task is handed on; the commands come as the bridge's POST does."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack

import pytest

from contract.api.caller import Centre
from taskyard.core.commands import CancelTransfer, InitiateTransfer, RejectReservation
from taskyard.server.app import Running
from taskyard.server.bridge.holding import Holding

from .clients import Bridge, Client, Json
from .test_connecting import workspace_of
from .test_frames import Desk
from .test_holding import Asking, during, holdings

__all__ = ["holdings"]

TRANSFER_B = {
    *("date_created", "date_updated", "initiating_reservation_sid", "initiating_worker_sid"),
    *("initiating_queue_sid", "initiating_workflow_sid", "sid", "transfer_mode", "transfer_to"),
    *("transfer_type", "transfer_status", "task_sid"),
}


class Pair:
    """Alice has accepted a task, and Bob is free."""

    def __init__(self, server: Running, desk: Desk) -> None:
        self.server = server
        self.desk = desk
        self.alice: Json
        self.bob: Json
        self.a: Client
        self.b: Client
        self.held: Json

    async def open(self) -> "Pair":
        self.alice, self.a = await self.desk.worker("alice")
        self.held = await self.desk.offered(self.a)
        await self.desk.move(self.alice, self.held["sid"], "accepted")
        await self.a.expect("reservation.accepted")
        self.bob, self.b = await self.desk.worker("bob")
        return self

    async def ask(self, command: InitiateTransfer | CancelTransfer) -> None:
        engine = await self.server.directory.engine(workspace_of(self.desk.centre))
        await engine.ask(command, lambda _state, _decided: None)

    async def transfer(self, to: str | None = None) -> tuple[Json, Json]:
        """What Alice hears of the transfer, and Bob of the offer."""
        to = to or self.bob["sid"]
        await self.ask(InitiateTransfer(reservation_sid=self.held["sid"], to=to))
        (initiated,) = await self.a.expect("task.transfer-initiated")
        (offer,) = await self.b.expect("reservation.created")
        return initiated, offer


@pytest.fixture
async def pair(server: Running, bridge: Bridge, centre: Centre) -> AsyncIterator[Pair]:
    async with AsyncExitStack() as stack:
        yield await Pair(server, Desk(bridge, centre, stack)).open()


async def test_a_transfer_is_told_to_who_began_it_and_its_offer_to_the_target(pair: Pair) -> None:
    initiated, offer = await pair.transfer()
    assert initiated.keys() >= TRANSFER_B
    assert "transfer_failed_reason" not in initiated
    assert initiated["transfer_status"] == "initiated"
    assert (initiated["transfer_mode"], initiated["transfer_type"]) == ("WARM", "WORKER")
    assert initiated["transfer_to"] == pair.bob["sid"]
    assert initiated["initiating_worker_sid"] == pair.alice["sid"]
    assert offer["task_transfer"] == initiated
    assert offer["task"]["assignment_status"] == "reserved"
    assert "active_outgoing_task_transfer" not in offer


async def test_a_transfer_that_its_target_accepts_is_complete(pair: Pair) -> None:
    _, offer = await pair.transfer()
    await pair.desk.move(pair.bob, offer["sid"], "accepted")
    (accepted,) = await pair.b.expect("reservation.accepted")
    assert accepted["task_transfer"]["sid"] == offer["task_transfer"]["sid"]
    (completed,) = await pair.a.expect("task.transfer-completed")
    assert completed["transfer_status"] == "complete"


async def test_a_transfer_that_its_worker_rejects_fails_and_the_task_is_assigned_again(
    pair: Pair,
) -> None:
    _, offer = await pair.transfer()
    await pair.desk.move(pair.bob, offer["sid"], "rejected")
    (rejected,) = await pair.b.expect("reservation.rejected")
    assert rejected["task_transfer"]["transfer_status"] == "failed"
    failed, task = await pair.a.expect("task.transfer-failed", "task.updated")
    assert failed["transfer_failed_reason"]
    assert task["assignment_status"] == "assigned"


async def test_a_transfer_that_is_canceled_takes_the_offer_back(pair: Pair) -> None:
    initiated, _ = await pair.transfer()
    await pair.ask(CancelTransfer(transfer_sid=initiated["sid"]))
    (canceled,) = await pair.a.expect("task.transfer-canceled")
    assert canceled["transfer_status"] == "canceled"
    (offer,) = await pair.b.expect("reservation.canceled")
    assert offer["task_transfer"]["transfer_status"] == "canceled"
    assert offer["task"]["assignment_status"] == "assigned"


async def test_an_attempt_in_a_queue_fails_and_the_transfer_goes_on(pair: Pair) -> None:
    _, offer = await pair.transfer(pair.desk.centre.queue["sid"])
    await pair.desk.move(pair.bob, offer["sid"], "rejected")
    (failed,) = await pair.a.expect("task.transfer-attempt-failed")
    assert failed["transfer_status"] == "initiated"


async def test_dialect_a_is_never_told_of_a_transfer(pair: Pair) -> None:
    desk = pair.desk
    listening = desk.bridge.a(workspace_of(desk.centre), pair.alice["sid"])
    also_alice = await desk.stack.enter_async_context(listening)
    _, offer = await pair.transfer()
    await desk.move(pair.bob, offer["sid"], "accepted")
    await pair.a.expect("task.transfer-completed")
    await also_alice.expect_nothing()


async def test_the_other_side_of_a_transfer_waits_for_the_answer_as_well(
    pair: Pair, holdings: list[Holding]
) -> None:
    _, offer = await pair.transfer()
    workspace = workspace_of(pair.desk.centre)
    asking = Asking(pair.server, holdings[-1], workspace, pair.bob["sid"])
    await during(asking, RejectReservation(reservation_sid=offer["sid"]), pair.a.expect_nothing())
    await pair.a.expect("task.transfer-failed", "task.updated")
    await pair.b.expect("reservation.rejected")
