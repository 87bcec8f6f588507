"""The socket: becoming ready, hearing, coming back."""

import asyncio
import time
from typing import Any

import pytest

from taskyard import ApiError, ClientClosed, TokenExpired

from .faces import Face, done
from .wire import (
    BEHIND_S,
    WA,
    WK,
    WQ,
    WR,
    WS,
    WT,
    Wire,
    offer,
    page,
    reservation,
    task,
    task_queue,
    token,
    until,
    worker,
)

QUEUE = f"/TaskQueues/{WQ}"
WORKER = f"/Workers/{WK}"
OFFERS = f"{WORKER}/Reservations"


class Heard:
    """Everything that a client told its listeners, in order."""

    def __init__(self, client: Any, *events: str) -> None:
        self.all: list[tuple[str, tuple[Any, ...]]] = []
        for event in events:
            client.on(event, self._hearing(event))

    def _hearing(self, event: str) -> Any:
        def heard(*arguments: Any) -> None:
            self.all.append((event, arguments))

        return heard

    @property
    def names(self) -> list[str]:
        return [name for name, _ in self.all]

    def of(self, event: str) -> list[Any]:
        return [arguments[0] for name, arguments in self.all if name == event]


async def test_it_is_connected_and_then_ready_with_its_resource(wire: Wire, face: Face) -> None:
    queue = face.make("TaskQueue", token(WQ))
    heard = Heard(queue, "connected", "ready", "disconnected")
    assert not queue.is_ready
    await done(queue.connect())
    await done(queue.connect())
    await until(lambda: "ready" in heard.names)
    assert heard.all[0] == ("connected", ())
    (entity,) = heard.of("ready")
    assert entity.friendly_name == queue.friendly_name == "Cakes"
    await done(queue.wait_until_ready(60))
    assert queue.is_ready
    (asked,) = wire.asked("GET", QUEUE)
    assert asked["event_type"] == "ready"
    assert len(wire.openings) == 1


async def test_a_lost_connection_comes_back_and_is_ready_once_more(wire: Wire, face: Face) -> None:
    queue = face.make("TaskQueue", token(WQ))
    heard = Heard(queue, "connected", "ready", "disconnected")
    await done(queue.connect())
    await until(lambda: heard.names.count("ready") == 1)
    wire.answer("GET", QUEUE, task_queue(friendly_name="Bread"))
    wire.drop()
    await until(lambda: heard.names.count("ready") == 2)
    assert heard.names == ["connected", "ready", "disconnected", "connected", "ready"]
    assert "closed" in heard.of("disconnected")[0].message
    assert queue.friendly_name == "Bread"
    await until(lambda: wire.open_sockets == 1)


async def test_who_has_deleted_their_own_resource_does_not_come_back(
    wire: Wire, face: Face
) -> None:
    queue = await face.ready("TaskQueue", token(WQ))
    heard = Heard(queue, "disconnected")
    wire.answer("DELETE", QUEUE, (403, {"code": 20403, "message": "no"}), (200, {"payload": None}))
    with pytest.raises(ApiError):
        await done(queue.delete())
    wire.drop()
    await until(lambda: len(wire.openings) == 2)
    await done(queue.wait_until_ready(60))
    await done(queue.delete())
    wire.drop()
    await until(lambda: len(heard.all) == 2)
    with pytest.raises(ClientClosed, match="was deleted"):
        await done(queue.wait_until_ready(60))
    await asyncio.sleep(1.1)  # within which it would have come back
    assert len(wire.openings) == 2


async def test_heart_beats_and_what_cannot_be_read_do_not_end_a_connection(
    wire: Wire, face: Face
) -> None:
    queue = await face.ready("TaskQueue", token(WQ))
    heard = Heard(queue, "error", "news", "disconnected")
    wire.push_text(" ")
    wire.push_text("{")
    wire.push("news", {"sid": WQ, "friendly_name": "Bread"})
    await until(lambda: heard.of("news"))
    assert heard.names == ["error", "news"]
    assert queue.friendly_name == "Bread"


async def test_listeners_come_as_decorators_once_and_go(wire: Wire, face: Face) -> None:
    queue = await face.ready("TaskQueue", token(WQ))
    heard: list[str] = []

    @queue.on("news")
    def stays(_: Any) -> None:
        heard.append("stays")

    @queue.once("news")
    def goes(_: Any) -> None:
        heard.append("goes")

    @queue.on("news")
    def forgotten(_: Any) -> None:
        heard.append("forgotten")

    queue.off("news", forgotten)
    wire.push("news", {})
    wire.push("news", {})
    await until(lambda: len(heard) == 3)
    assert heard == ["stays", "goes", "stays"]
    queue.off("news")
    queue.on("last", lambda _: heard.append("last"))
    wire.push("news", {})
    wire.push("last", {})
    await until(lambda: "last" in heard)
    assert heard == ["stays", "goes", "stays", "last"]
    with pytest.raises(TypeError, match="callable"):
        queue.on("news", 7)


async def test_what_happened_before_anybody_listened_is_handed_to_the_first_who_does(
    wire: Wire, face: Face
) -> None:
    queue = await face.ready("TaskQueue", token(WQ))
    first, second = Heard(queue, "ready"), Heard(queue, "ready")
    await until(lambda: first.names == ["ready"])
    await asyncio.sleep(0.05)
    assert second.names == []


async def test_a_listener_that_raises_harms_no_other(
    wire: Wire, face: Face, caplog: pytest.LogCaptureFixture
) -> None:
    queue = await face.ready("TaskQueue", token(WQ))

    def broken(_: Any) -> None:
        raise ZeroDivisionError("mine")

    queue.on("news", broken)
    heard = Heard(queue, "news")
    wire.push("news", {})
    wire.push("news", {})
    await until(lambda: len(heard.all) == 2)
    assert caplog.text.count("ZeroDivisionError: mine") == 2


async def test_a_refused_resource_is_raised_to_who_waits_and_told_as_an_error(
    wire: Wire, face: Face
) -> None:
    wire.answer("GET", QUEUE, (403, {"code": 20403, "message": "the token does not permit it"}))
    queue = face.make("TaskQueue", token(WQ))
    heard = Heard(queue, "error", "ready")
    await done(queue.connect())
    with pytest.raises(ApiError, match="does not permit"):
        await done(queue.wait_until_ready(60))
    await until(lambda: heard.names == ["error"])
    wire.answer("GET", QUEUE, task_queue())
    queue.update_token(token(WQ))
    await done(queue.wait_until_ready(60))


async def test_waiting_has_an_end(wire: Wire, face: Face) -> None:
    queue = face.make("TaskQueue", token(WQ))
    with pytest.raises(TimeoutError, match=WQ):
        await done(queue.wait_until_ready(0.01))


async def test_a_token_says_when_it_is_near_its_end_and_a_listener_may_renew_it(
    wire: Wire, face: Face
) -> None:
    queue = face.make("TaskQueue", token(WQ, exp=time.time() + 4.5))
    told: list[float] = []

    @queue.on("token.expired")
    def renew() -> None:
        told.append(time.time())
        queue.update_token(token(WQ, exp=time.time() + (4.5 if len(told) == 1 else 3600)))

    await done(queue.connect())
    await until(lambda: len(told) == 2)
    await done(queue.wait_until_ready(60))
    await done(queue.fetch())
    assert len(told) == 2


async def test_with_a_token_past_its_end_it_waits_for_the_next_one(wire: Wire, face: Face) -> None:
    queue = face.make("TaskQueue", token(WQ, exp=time.time() - 1))
    heard = Heard(queue, "token.expired", "error")
    await done(queue.connect())
    with pytest.raises(TokenExpired):
        await done(queue.wait_until_ready(60))
    await until(lambda: len(heard.all) == 2)
    assert set(heard.names) == {"token.expired", "error"}
    assert wire.openings == []
    newer = token(WQ)
    queue.update_token(newer)
    await done(queue.wait_until_ready(60))
    assert [one["token"] for one in wire.openings] == [newer]


async def test_a_token_that_lives_for_ever_does_not_expire(wire: Wire, face: Face) -> None:
    queue = await face.ready("TaskQueue", token(WQ, exp=None))
    heard = Heard(queue, "token.expired", "news")
    wire.push("news", {})
    await until(lambda: heard.names)
    assert heard.names == ["news"]


# --- workers ---


async def test_a_worker_says_what_its_session_shall_do(wire: Wire, face: Face) -> None:
    text = token(WK)
    await face.ready("Worker", text, disconnect_activity_sid=WA, close_existing_sessions=True)
    assert wire.openings == [
        {"closeExistingSessions": "true", "disconnectActivitySid": WA, "token": text}
    ]


async def test_an_activity_that_is_an_empty_text_is_none(wire: Wire, face: Face) -> None:
    text = token(WK)
    client = await face.ready("Worker", text, connect_activity_sid="", disconnect_activity_sid="")
    await until(lambda: wire.asked("GET", OFFERS))
    await done(client.fetch())
    assert wire.openings == [{"closeExistingSessions": "false", "token": text}]
    assert wire.asked("POST", WORKER) == []


async def test_offers_that_wait_are_announced_once_whatever_the_connection_does(
    wire: Wire, face: Face
) -> None:
    wire.answer("GET", OFFERS, page("reservations", [reservation()]))
    wire.answer("GET", f"/Tasks/{WT}", task())
    client = face.make("Worker", token(WK))
    heard = Heard(client, "ready", "reservation.created")
    await done(client.connect())
    await until(lambda: len(heard.all) == 2)
    wire.push("reservation.created", offer())
    wire.drop()
    await until(lambda: heard.names.count("ready") == 2)
    second = "WR" + "2" * 32
    await until(lambda: wire.open_sockets == 1)
    wire.push("reservation.created", offer(second))
    await until(lambda: len(heard.of("reservation.created")) == 2)
    assert heard.names == ["ready", "reservation.created", "ready", "reservation.created"]
    first, other = heard.of("reservation.created")
    assert (first.sid, other.sid) == (WR, second)
    assert first.task.attributes == other.task.attributes == {"tiers": 3}
    assert wire.asked("GET", OFFERS)[0]["params"] == {"ReservationStatus": "pending"}


async def test_offers_that_could_not_be_listed_are_looked_for_again_in_the_same_connection(
    wire: Wire, face: Face
) -> None:
    trouble = (500, {"code": 20500, "message": "out of order", "status": 500})
    wire.answer("GET", OFFERS, trouble, trouble, page("reservations", [reservation()]))
    client = face.make("Worker", token(WK), max_retries=0)
    heard = Heard(client, "error", "reservation.created")
    await done(client.connect())
    await until(lambda: heard.of("reservation.created"))
    assert heard.names == ["error", "error", "reservation.created"]
    assert wire.open_sockets == 1


async def test_an_offer_that_ends_while_it_is_looked_for_again_is_not_announced_afterwards(
    wire: Wire, face: Face
) -> None:
    trouble = (500, {"code": 20500, "message": "out of order", "status": 500})
    wire.answer("GET", OFFERS, trouble, page("reservations", [reservation()]))
    wire.answer("GET", f"/Tasks/{WT}", task())
    wire.meanwhile["GET", f"/Tasks/{WT}"] = "reservation.accepted", offer(status="accepted")
    client = face.make("Worker", token(WK), max_retries=0)
    heard = Heard(client, "reservation.accepted", "reservation.created", "news")
    await done(client.connect())
    await until(lambda: heard.of("reservation.accepted"))
    await until(lambda: wire.asked("GET", f"/Tasks/{WT}"))
    await asyncio.sleep(2 * BEHIND_S)
    wire.push("news", {})
    await until(lambda: heard.of("news"))
    assert heard.names == ["reservation.accepted", "news"]


async def test_a_frame_of_an_offer_is_a_reservation_with_its_task_and_costs_no_request(
    wire: Wire, face: Face
) -> None:
    client = await face.ready("Worker", token(WK))
    heard = Heard(client, "reservation.created", "reservation.wrapup")
    wire.push("reservation.created", offer())
    wire.push("reservation.wrapup", {k: v for k, v in offer().items() if k != "reservation_status"})
    await until(lambda: len(heard.all) == 2)
    created, wrapup = [arguments[0] for _, arguments in heard.all]
    assert (created.sid, created.task_sid, created.worker_name) == (WR, WT, "Ada")
    assert (created.reservation_status, wrapup.reservation_status) == ("pending", "wrapping")
    assert (created.date_created.minute, created.date_updated.minute) == (16, 17)
    assert created.task.date_created.minute == 15
    assert not {"reservation_date_created", "reservation_date_updated"} & {*created, *created.task}
    await until(lambda: wire.asked("GET", OFFERS))
    assert created.task.sid == WT
    assert created.task.attributes == {"tiers": 3}
    assert "worker_name" not in created.task
    assert {
        one["url"].removeprefix(f"{wire.url}/v1/Workspaces/{WS}") for one in wire.envelopes
    } == {
        WORKER,
        OFFERS,
    }


async def test_a_listener_may_answer_the_offer_it_hears_of(wire: Wire, face: Face) -> None:
    path = f"/Tasks/{WT}/Reservations/{WR}"
    wire.answer("POST", path, reservation(reservation_status="accepted"))
    client = await face.ready("Worker", token(WK))
    accepted: list[str] = []
    if face.name == "sync":

        @client.on("reservation.created")
        def take(offered: Any) -> None:
            accepted.append(offered.accept().reservation_status)
    else:

        @client.on("reservation.created")
        async def take_too(offered: Any) -> None:
            accepted.append((await offered.accept()).reservation_status)

    wire.push("reservation.created", offer())
    await until(lambda: accepted)
    assert accepted == ["accepted"]


async def test_a_listener_may_close_the_client(wire: Wire, face: Face) -> None:
    client = await face.ready("Worker", token(WK))
    client.on("news", lambda _: client.close())
    wire.push("news", {})
    if face.name == "aio":
        await client.wait_until_closed()
    await until(lambda: wire.open_sockets == 0)
    assert not client.is_ready


async def test_the_connect_activity_is_set_at_the_first_ready_only(wire: Wire, face: Face) -> None:
    wire.answer("POST", WORKER, worker(activity_sid=WA, activity_name="Available"))
    client = face.make("Worker", token(WK), connect_activity_sid=WA)
    heard = Heard(client, "ready")
    await done(client.connect())
    await until(lambda: wire.asked("POST", WORKER))
    await until(lambda: client.get("activity_name") == "Available")
    wire.drop()
    await until(lambda: len(heard.all) == 2)
    await done(client.wait_until_ready(60))
    await until(lambda: len(wire.asked("GET", OFFERS)) == 2)
    (asked,) = wire.asked("POST", WORKER)
    assert asked["params"] == {"ActivitySid": WA}


async def test_the_connect_activity_is_left_alone_while_an_offer_waits(
    wire: Wire, face: Face
) -> None:
    wire.answer("GET", OFFERS, page("reservations", [reservation()]))
    client = face.make("Worker", token(WK), connect_activity_sid=WA)
    heard = Heard(client, "reservation.created", "news")
    await done(client.connect())
    await until(lambda: heard.names == ["reservation.created"])
    wire.push("news", {})
    await until(lambda: heard.of("news"))
    assert wire.asked("POST", WORKER) == []


async def test_a_workers_own_events_lose_their_prefix_and_refresh_the_client(
    wire: Wire, face: Face
) -> None:
    client = await face.ready("Worker", token(WK))
    heard = Heard(client, "activity.update", "worker.capacity.update")
    wire.push("worker.activity.update", worker(activity_name="Busy"))
    wire.push("worker.capacity.update", {"sid": "WC1", "worker_sid": WK, "configured_capacity": 3})
    await until(lambda: len(heard.all) == 2)
    (activity,) = heard.of("activity.update")
    (capacity,) = heard.of("worker.capacity.update")
    assert activity.activity_name == client.activity_name == "Busy"
    assert capacity.configured_capacity == 3
    assert capacity.path == f"Workers/{WK}/Channels/WC1"


async def test_offers_that_cannot_be_listed_are_an_error_and_no_loss(
    wire: Wire, face: Face
) -> None:
    wire.answer("GET", OFFERS, (403, {"code": 20403, "message": "not these"}))
    client = face.make("Worker", token(WK))
    heard = Heard(client, "error", "disconnected")
    await done(client.connect())
    await until(lambda: heard.names == ["error"])
    assert client.is_ready
    assert wire.open_sockets == 1


async def test_a_workspaces_own_address_is_the_workspace(wire: Wire, face: Face) -> None:
    wire.answer("GET", "", {"sid": WS, "friendly_name": "Bakery"})
    workspace = await face.ready("Workspace", token(WS))
    assert workspace.friendly_name == "Bakery"
