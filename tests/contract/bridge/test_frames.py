"""What is told, to whom, in which order and how: section by section of the wire contract."""

import json
from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack

from contract.api.caller import Caller, Centre

from .clients import Bridge, Client, Json
from .test_connecting import workspace_of

RESERVATION_B = {
    *("account_sid", "date_created", "date_updated", "reservation_status", "sid", "task"),
    *("reservation_timeout", "worker_sid", "workspace_sid", "version"),
}
TASK_B = {
    *("addons", "age", "attributes", "date_created", "date_updated", "priority", "queue_name"),
    *("queue_sid", "reason", "routing_target", "sid", "assignment_status"),
    *("task_channel_unique_name", "task_channel_sid", "timeout", "workflow_name", "workflow_sid"),
    *("version", "virtual_start_time"),
}
WORKER_B = {
    *("account_sid", "activity_name", "activity_sid", "attributes", "available", "date_created"),
    *("date_status_changed", "date_updated", "friendly_name", "sid", "workspace_sid", "version"),
}
WORKER_CHANNEL_B = {
    *("account_sid", "assigned_tasks", "available", "available_capacity_percentage"),
    *("configured_capacity", "date_created", "date_updated", "last_reserved_time", "sid"),
    *("task_channel_sid", "task_channel_unique_name", "worker_sid", "workspace_sid"),
}
SECOND_2020 = 1_577_836_800
FAR_SECOND = 10 * SECOND_2020


def is_epoch_second(value: object) -> bool:
    return isinstance(value, int) and SECOND_2020 < value < FAR_SECOND


class Desk:
    """Workers of a centre who listen, and calls that change what they are told of."""

    def __init__(self, bridge: Bridge, centre: Centre, stack: AsyncExitStack) -> None:
        self.bridge = bridge
        self.centre = centre
        self.stack = stack

    async def worker(
        self, name: str, activity: str = "Available", dialect: str = "b", **form: str
    ) -> tuple[Json, Client]:
        worker = await self.centre.worker(name, activity, **form)
        connect = self.bridge.b if dialect == "b" else self.bridge.a
        opened = connect(workspace_of(self.centre), worker["sid"])
        return worker, await self.stack.enter_async_context(opened)

    async def offered(self, client: Client, **form: str) -> Json:
        """A task of which the client hears; what it is told of the reservation."""
        await self.centre.task(**form)
        (told,) = await client.expect("reservation.created")
        return told

    async def move(self, worker: Json, reservation_sid: str, status: str) -> Json:
        return await self.centre.caller.change(
            f"{self.centre.path}/Workers/{worker['sid']}/Reservations/{reservation_sid}",
            ReservationStatus=status,
        )


Story = Callable[[Desk], Awaitable[None]]


async def told(bridge: Bridge, centre: Centre, story: Story) -> None:
    async with AsyncExitStack() as stack:
        await story(Desk(bridge, centre, stack))


async def test_a_reservation_of_dialect_b_has_every_key_and_its_task_inside(
    bridge: Bridge, centre: Centre
) -> None:
    async def story(desk: Desk) -> None:
        worker, client = await desk.worker("alice")
        attributes = json.dumps({"language": "fr"})
        payload = await desk.offered(client, Attributes=attributes, Priority="7", Timeout="300")
        assert payload.keys() >= RESERVATION_B
        assert not payload.keys() & {"task_transfer", "active_outgoing_task_transfer"}
        task = payload["task"]
        assert task.keys() >= TASK_B
        assert all(is_epoch_second(payload[key]) for key in ("date_created", "date_updated"))
        for key in ("date_created", "date_updated", "virtual_start_time"):
            assert is_epoch_second(task[key])
        assert payload["worker_sid"] == worker["sid"]
        assert payload["reservation_status"] == "pending"
        assert payload["reservation_timeout"] == 120
        assert payload["version"] == 0
        assert json.loads(task["attributes"]) == {"language": "fr"}
        assert (task["priority"], task["timeout"], task["addons"]) == (7, 300, "{}")
        assert (task["queue_name"], task["queue_sid"]) == ("Everybody", centre.queue["sid"])
        assert (task["workflow_name"], task["workflow_sid"]) == (
            "To everybody",
            centre.workflow["sid"],
        )
        assert (task["assignment_status"], task["version"]) == ("reserved", 1)

    await told(bridge, centre, story)


async def test_a_reservation_of_dialect_a_is_its_task_with_the_reservation_s_sid_beside_it(
    bridge: Bridge, centre: Centre
) -> None:
    async def story(desk: Desk) -> None:
        worker, client = await desk.worker("alice", dialect="a")
        payload = await desk.offered(client)
        shown = await centre.caller.see(f"{centre.path}/Tasks/{payload['sid']}")
        offer = await centre.caller.see(
            f"{centre.path}/Tasks/{payload['sid']}/Reservations/{payload['reservation_sid']}"
        )
        assert payload.pop("reservation_sid") == offer["sid"]
        assert payload.pop("reservation_status") == offer["reservation_status"] == "pending"
        assert payload.pop("reservation_date_created") == offer["date_created"]
        assert payload.pop("reservation_date_updated") == offer["date_updated"]
        assert payload.pop("worker_sid") == offer["worker_sid"] == worker["sid"]
        assert payload.pop("worker_name") == offer["worker_name"] == "alice"
        payload["age"] = shown["age"]
        assert payload == shown

    await told(bridge, centre, story)


async def test_worker_frames_go_to_that_worker_alone(bridge: Bridge, centre: Centre) -> None:
    async def story(desk: Desk) -> None:
        alice, a = await desk.worker("alice", dialect="a")
        _, bob = await desk.worker("bob")
        path = f"{centre.path}/Workers/{alice['sid']}"
        shown = await centre.caller.change(path, ActivitySid=centre.activities["Unavailable"])
        assert await a.expect("worker.activity.update") == [shown]
        shown = await centre.caller.change(path, Attributes='{"floor":3}')
        assert await a.expect("worker.attributes.update") == [shown]
        channel = await centre.caller.change(f"{path}/Channels/default", Capacity="3")
        assert await a.expect("worker.capacity.update") == [channel]
        channel = await centre.caller.change(f"{path}/Channels/default", Available="false")
        assert await a.expect("worker.channel.availability.update") == [channel]
        await bob.expect_nothing()

    await told(bridge, centre, story)


async def test_worker_frames_of_dialect_b_have_every_key(bridge: Bridge, centre: Centre) -> None:
    async def story(desk: Desk) -> None:
        alice, client = await desk.worker("alice")
        path = f"{centre.path}/Workers/{alice['sid']}"
        await centre.caller.change(path, ActivitySid=centre.activities["Unavailable"])
        await centre.caller.change(path, Attributes='{"floor":3}')
        await centre.caller.change(f"{path}/Channels/default", Capacity="3")
        activity, attributes, channel = await client.expect(
            "worker.activity.update", "worker.attributes.update", "worker.capacity.update"
        )
        assert activity.keys() >= WORKER_B
        assert (activity["activity_name"], activity["available"]) == ("Unavailable", False)
        assert is_epoch_second(activity["date_status_changed"])
        assert (activity["version"], attributes["version"]) == (1, 2)
        assert attributes["attributes"] == '{"floor":3}'
        assert channel.keys() >= WORKER_CHANNEL_B
        assert (channel["configured_capacity"], channel["worker_sid"]) == (3, alice["sid"])
        assert is_epoch_second(channel["date_created"])

    await told(bridge, centre, story)


async def test_accepting_wrapping_and_completing_by_the_reservation(
    bridge: Bridge, centre: Centre
) -> None:
    async def story(desk: Desk) -> None:
        alice, client = await desk.worker("alice")
        offer = await desk.offered(client)
        await desk.move(alice, offer["sid"], "accepted")
        (accepted,) = await client.expect("reservation.accepted")
        assert accepted["task"]["assignment_status"] == "assigned"
        await desk.move(alice, offer["sid"], "wrapping")
        wrapup, task = await client.expect("reservation.wrapup", "task.wrapup")
        assert (wrapup["reservation_status"], task["assignment_status"]) == (
            "wrapping",
            "wrapping",
        )
        await desk.move(alice, offer["sid"], "completed")
        completed, task = await client.expect("reservation.completed", "task.completed")
        assert completed["version"] == 3
        assert task["assignment_status"] == "completed"

    await told(bridge, centre, story)


async def test_completing_by_the_task_tells_of_the_task_first(
    bridge: Bridge, centre: Centre
) -> None:
    async def story(desk: Desk) -> None:
        alice, client = await desk.worker("alice")
        offer = await desk.offered(client)
        await desk.move(alice, offer["sid"], "accepted")
        path = f"{centre.path}/Tasks/{offer['task']['sid']}"
        await centre.caller.change(path, AssignmentStatus="completed", Reason="sold")
        _, task, completed = await client.expect(
            "reservation.accepted", "task.completed", "reservation.completed"
        )
        assert (task["assignment_status"], task["reason"]) == ("completed", "sold")
        nested = completed["task"]
        assert (nested["assignment_status"], nested["reason"]) == ("completed", "sold")

    await told(bridge, centre, story)


async def test_cancelling_a_task_tells_of_the_task_first(bridge: Bridge, centre: Centre) -> None:
    async def story(desk: Desk) -> None:
        _, client = await desk.worker("alice")
        offer = await desk.offered(client)
        path = f"{centre.path}/Tasks/{offer['task']['sid']}"
        await centre.caller.change(path, AssignmentStatus="canceled", Reason="hung up")
        task, canceled = await client.expect("task.canceled", "reservation.canceled")
        assert (task["sid"], task["reason"]) == (offer["task"]["sid"], "hung up")
        assert canceled["task"]["assignment_status"] == "canceled"

    await told(bridge, centre, story)


async def test_deleting_a_task_ends_its_reservation_with_all_keys_there(
    bridge: Bridge, centre: Centre
) -> None:
    async def story(desk: Desk) -> None:
        alice, client = await desk.worker("alice")
        offer = await desk.offered(client, Timeout="77")
        await centre.caller.delete(f"{centre.path}/Tasks/{offer['task']['sid']}")
        (canceled,) = await client.expect("reservation.canceled")
        assert canceled.keys() >= RESERVATION_B
        assert canceled["task"].keys() >= TASK_B
        assert canceled["task"]["timeout"] == 77
        assert canceled["date_created"] == offer["date_created"]
        offer = await desk.offered(client)
        await desk.move(alice, offer["sid"], "accepted")
        await centre.caller.delete(f"{centre.path}/Tasks/{offer['task']['sid']}")
        await client.expect("reservation.accepted", "reservation.completed")

    await told(bridge, centre, story)


async def test_an_activity_with_reject_pending_reservations_rejects_each(
    bridge: Bridge, centre: Centre
) -> None:
    async def story(desk: Desk) -> None:
        alice, client = await desk.worker("alice")
        await desk.offered(client)
        await centre.caller.change(
            f"{centre.path}/Workers/{alice['sid']}",
            ActivitySid=centre.activities["Unavailable"],
            RejectPendingReservations="true",
        )
        types = {(await client.frame())["event_type"] for _ in range(2)}
        assert types == {"reservation.rejected", "worker.activity.update"}

    await told(bridge, centre, story)


async def test_a_changed_task_is_told_to_who_holds_it_and_to_nobody_who_let_it_go(
    bridge: Bridge, centre: Centre
) -> None:
    async def story(desk: Desk) -> None:
        alice, a = await desk.worker("alice")
        offer = await desk.offered(a)
        bob, b = await desk.worker("bob")
        await desk.move(alice, offer["sid"], "rejected")
        await a.expect("reservation.rejected")
        (again,) = await b.expect("reservation.created")
        path = f"{centre.path}/Tasks/{offer['task']['sid']}"
        await centre.caller.change(path, Attributes='{"vip":true}')
        (task,) = await b.expect("task.updated")
        assert task.keys() >= TASK_B
        assert task["attributes"] == '{"vip":true}'
        await desk.move(bob, again["sid"], "accepted")
        await b.expect("reservation.accepted")
        await a.expect_nothing()

    await told(bridge, centre, story)


async def test_an_offer_that_another_took_is_rescinded(bridge: Bridge, centre: Centre) -> None:
    async def story(desk: Desk) -> None:
        await centre.caller.change(
            f"{centre.path}/TaskQueues/{centre.queue['sid']}", MaxReservedWorkers="2"
        )
        alice, a = await desk.worker("alice")
        _, b = await desk.worker("bob", dialect="a")
        offer = await desk.offered(a)
        await b.expect("reservation.created")
        await desk.move(alice, offer["sid"], "accepted")
        await a.expect("reservation.accepted")
        (rescinded,) = await b.expect("reservation.rescinded")
        assert rescinded["reservation_status"] == "rescinded"

    await told(bridge, centre, story)


async def test_a_worker_who_could_not_be_reserved_hears_so_in_dialect_b(
    bridge: Bridge, centre: Centre
) -> None:
    async def story(desk: Desk) -> None:
        alice, client = await desk.worker("alice", "Offline")
        sid = alice["sid"]
        task = await centre.task(RoutingTarget=sid, IgnoreCapacity="false", Timeout="1")
        (failed,) = await client.expect("reservation.failed")
        assert failed["sid"] == task["sid"]
        assert failed["routing_target"] == sid

    await told(bridge, centre, story)


async def test_names_and_statuses_are_those_of_the_event_not_of_later(
    bridge: Bridge, centre: Centre, caller: Caller
) -> None:
    async def story(desk: Desk) -> None:
        _, client = await desk.worker("alice")
        first = await centre.task()
        path = f"{centre.path}/Tasks/{first['sid']}"
        await caller.change(path, AssignmentStatus="canceled")
        created, task, canceled = await client.expect(
            "reservation.created", "task.canceled", "reservation.canceled"
        )
        assert created["task"]["assignment_status"] == "reserved"
        assert created["reservation_status"] == "pending"
        assert task["assignment_status"] == "canceled"
        assert canceled["version"] == 1

    await told(bridge, centre, story)
