"""What the second browser client needs of an answer; a key that is missing makes it throw."""

import json
import time
from datetime import datetime
from typing import Any

import pytest

from contract.api.caller import Centre

from .poster import Poster, Posters

WORKER = {
    "account_sid",
    "activity_name",
    "activity_sid",
    "attributes",
    "available",
    "date_created",
    "date_status_changed",
    "date_updated",
    "friendly_name",
    "sid",
    "workspace_sid",
    "version",
}
ACTIVITY = {
    "account_sid",
    "available",
    "date_created",
    "date_updated",
    "friendly_name",
    "sid",
    "workspace_sid",
}
WORKER_CHANNEL = {
    "account_sid",
    "assigned_tasks",
    "available",
    "available_capacity_percentage",
    "configured_capacity",
    "date_created",
    "date_updated",
    "last_reserved_time",
    "sid",
    "task_channel_sid",
    "task_channel_unique_name",
    "worker_sid",
    "workspace_sid",
}
RESERVATION = {
    "account_sid",
    "date_created",
    "date_updated",
    "reservation_status",
    "sid",
    "task",
    "reservation_timeout",
    "worker_sid",
    "workspace_sid",
    "version",
}
TASK = {
    "addons",
    "age",
    "attributes",
    "date_created",
    "date_updated",
    "priority",
    "queue_name",
    "queue_sid",
    "reason",
    "routing_target",
    "sid",
    "assignment_status",
    "task_channel_unique_name",
    "task_channel_sid",
    "timeout",
    "workflow_name",
    "workflow_sid",
    "version",
    "virtual_start_time",
}
TASK_QUEUE = {
    "friendly_name",
    "reservation_activity_name",
    "assignment_activity_name",
    "target_workers",
    "max_reserved_workers",
    "task_order",
    "reservation_activity_sid",
    "assignment_activity_sid",
    "workspace_sid",
    "account_sid",
    "sid",
    "date_created",
    "date_updated",
    "lifo_queue",
}
DATES = ("date_created", "date_updated", "date_status_changed", "virtual_start_time")


def expect_keys(payload: dict[str, Any], keys: set[str]) -> None:
    assert keys <= payload.keys()
    for name in DATES:
        if name in payload:
            assert type(payload[name]) is int
            assert abs(payload[name] - time.time()) < 3_600  # seconds, not milliseconds


@pytest.fixture
async def ann(centre: Centre) -> str:
    return str((await centre.worker("Ann", Attributes='{"a":1}'))["sid"])


@pytest.fixture
def b(posters: Posters, ann: str) -> Poster:
    return posters.b(ann)


@pytest.fixture
def admin(posters: Posters) -> Poster:
    return posters.b(None, "admin")


async def offer_of(b: Poster, at: str) -> dict[str, Any]:
    (offer,) = (await b.get(f"{at}/Reservations", {"Active": "true"}))["contents"]
    assert isinstance(offer, dict)
    return offer


async def test_a_worker_has_every_key_and_their_version_is_a_number(
    b: Poster, centre: Centre, ann: str
) -> None:
    at = f"{centre.path}/Workers/{ann}"
    worker = await b.get(at)
    expect_keys(worker, WORKER)
    assert worker["attributes"] == '{"a":1}'
    assert worker["version"] == 0
    changed = await b.post(
        at,
        ActivitySid=centre.activities["Offline"],
        RejectPendingReservations=True,
        Attributes={"b": [2]},
    )
    expect_keys(changed, WORKER)
    assert (changed["activity_name"], changed["available"]) == ("Offline", False)
    assert json.loads(changed["attributes"]) == {"b": [2]}
    assert changed["version"] > 0


async def test_dates_are_those_of_rest_in_seconds(b: Poster, centre: Centre, ann: str) -> None:
    at = f"{centre.path}/Workers/{ann}"
    rest, here = await centre.caller.see(at), await b.get(at)
    for name in ("date_created", "date_updated", "date_status_changed"):
        assert here[name] == datetime.fromisoformat(rest[name]).timestamp()


async def test_what_a_client_fetches_at_its_start_has_every_key(
    b: Poster, centre: Centre, ann: str
) -> None:
    await centre.task()
    at = f"{centre.path}/Workers/{ann}"
    page = {"PageSize": 1_000}
    activities = await b.get(f"{centre.path}/Activities", page)
    for one in activities["contents"]:
        expect_keys(one, ACTIVITY)
    channels = (await b.get(f"{at}/WorkerChannels", page))["contents"]
    assert {one["task_channel_unique_name"] for one in channels} >= {"default", "voice"}
    for one in channels:
        expect_keys(one, WORKER_CHANNEL)
    (reserved,) = [one for one in channels if one["last_reserved_time"]]
    assert abs(reserved["last_reserved_time"] / 1_000 - time.time()) < 3_600
    offer = await offer_of(b, at)
    expect_keys(offer, RESERVATION)
    expect_keys(offer["task"], TASK)
    assert offer["task"]["queue_sid"] == centre.queue["sid"]
    assert offer["task"]["queue_name"] == "Everybody"
    assert offer["task"]["workflow_name"] == "To everybody"
    assert offer["reservation_timeout"] == 120
    for absent in ("task_transfer", "active_outgoing_task_transfer", "canceled_reason_code"):
        assert absent not in offer


async def test_active_reservations_are_the_live_ones(b: Poster, centre: Centre, ann: str) -> None:
    at = f"{centre.path}/Workers/{ann}"
    await centre.task()
    for status in ("accepted", "wrapping", "completed"):
        offer = await offer_of(b, at)
        changed = await b.post(f"{at}/Reservations/{offer['sid']}", ReservationStatus=status)
        expect_keys(changed, RESERVATION)
        assert changed["reservation_status"] == status
        assert changed["version"] == offer["version"] + 1
    assert (await b.get(f"{at}/Reservations", {"Active": "true"}))["contents"] == []
    (past,) = (await b.get(f"{at}/Reservations"))["contents"]
    assert past["task"]["assignment_status"] == "completed"


async def test_one_reservation_and_one_task_can_be_fetched_again(
    b: Poster, centre: Centre, ann: str
) -> None:
    task = await centre.task()
    at = f"{centre.path}/Workers/{ann}"
    offer = await offer_of(b, at)
    again = await b.get(f"{at}/Reservations/{offer['sid']}")
    expect_keys(again, RESERVATION)
    expect_keys(again["task"], TASK)
    fetched = await b.get(f"{centre.path}/Tasks/{task['sid']}")
    expect_keys(fetched, TASK)
    assert fetched["version"] == again["task"]["version"] > 0
    assert fetched["assignment_status"] == again["task"]["assignment_status"] == "reserved"


async def test_a_task_is_updated_and_completed(b: Poster, centre: Centre, ann: str) -> None:
    task = await centre.task()
    at = f"{centre.path}/Workers/{ann}"
    offer = await offer_of(b, at)
    await b.post(f"{at}/Reservations/{offer['sid']}", ReservationStatus="accepted")
    url = f"{centre.path}/Tasks/{task['sid']}"
    changed = await b.post(url, Attributes={"x": 1}, VirtualStartTime="2020-01-02T03:04:05Z")
    assert changed["virtual_start_time"] == 1_577_934_245
    assert changed["attributes"] == '{"x":1}'
    future = await b.send("POST", url, {"VirtualStartTime": "2199-01-01T00:00:00Z"})
    assert "future" in future.refused(400, 20001)
    done = await b.post(url, AssignmentStatus="completed", Reason="because")
    assert done.keys() >= TASK
    assert (done["assignment_status"], done["reason"]) == ("completed", "because")


async def test_tasks_are_created_with_either_name_of_their_task_channel(
    b: Poster, centre: Centre, ann: str
) -> None:
    at = f"{centre.path}/Tasks"
    channels = await centre.caller.every(f"{centre.path}/TaskChannels", "channels")
    (chat,) = (one["sid"] for one in channels if one["unique_name"] == "chat")
    for name, value in (("TaskChannelUniqueName", "chat"), ("TaskChannelSid", chat)):
        task = await b.post(
            at,
            WorkflowSid=centre.workflow["sid"],
            TaskQueueSid=centre.queue["sid"],
            RoutingTarget=ann,
            Attributes={"outbound_to": "+1", "from": "+2"},
            VirtualStartTime=None,
            **{name: value},
        )
        expect_keys(task, TASK)
        assert task["task_channel_unique_name"] == "chat"
        assert (task["routing_target"], task["version"]) == (ann, 0)
        assert task["assignment_status"] == "pending"


async def test_a_malformed_workflow_of_a_routed_task_is_told_in_both_wordings(
    b: Poster, centre: Centre, ann: str, posters: Posters
) -> None:
    form = {"WorkflowSid": "WWbad", "RoutingTarget": ann, "Attributes": {}}
    message = (await b.send("POST", f"{centre.path}/Tasks", form)).refused(400, 20001)
    assert "Value 'WWbad' provided for WorkflowSid has an invalid format" in message
    assert (
        "Value 'WWbad' provided for WorkflowSid as RoutingTarget has an invalid format."
        f" WorkspaceSid: {posters.workspace_sid}, AccountSid: AC"
    ) in message
    form = {"TaskQueueSid": "WQbad", "RoutingTarget": ann, "WorkflowSid": centre.workflow["sid"]}
    (await b.send("POST", f"{centre.path}/Tasks", form)).refused(400, 20001)


async def test_an_unordered_list_goes_on_after_its_last_sid(admin: Poster, centre: Centre) -> None:
    made = [(await centre.worker(name))["sid"] for name in ("C", "A", "B")]
    at = f"{centre.path}/Workers"
    seen, after = [], None
    for number in range(3):
        page = await admin.get(at, {"PageSize": 1, **({"AfterSid": after} if after else {})})
        (one,) = page["contents"]
        expect_keys(one, WORKER)
        seen.append(one["sid"])
        after = page["after_sid"]
        assert after == (one["sid"] if number < 2 else None)
        assert (page["page"], page["start"], page["end"], page["total"]) == (
            number,
            number,
            number + 1,
            3,
        )
        assert page["meta"]["list_key"] == "contents"
    assert seen == made


@pytest.mark.parametrize("after", ["WKnone", "WK" + "0" * 32, "WT" + "0" * 32, "activity"])
async def test_a_list_goes_on_after_nothing_that_is_not_in_it(
    admin: Poster, centre: Centre, after: str
) -> None:
    after = centre.activities["Offline"] if after == "activity" else after
    reply = await admin.send("GET", f"{centre.path}/Workers", {"AfterSid": after})
    assert "AfterSid" in reply.refused(400, 20001)


async def test_what_has_left_a_filtered_list_still_says_where_it_goes_on(
    admin: Poster, centre: Centre
) -> None:
    sids = [(await centre.worker(name))["sid"] for name in ("A", "B", "C")]
    at = f"{centre.path}/Workers"
    await centre.caller.change(f"{at}/{sids[1]}", ActivitySid=centre.activities["Offline"])
    page = await admin.get(at, {"ActivityName": "Available", "AfterSid": sids[1]})
    assert sids[2] in [one["sid"] for one in page["contents"]]
    assert sids[0] not in [one["sid"] for one in page["contents"]]


async def test_an_ordered_list_goes_on_with_its_token(admin: Poster, centre: Centre) -> None:
    for name in ("C", "A", "B"):
        await centre.worker(name)
    at, order = f"{centre.path}/Workers", {"Ordering": "FriendlyName:desc", "PageSize": 2}
    first = await admin.get(at, order)
    second = await admin.get(at, {**order, "NextToken": first["meta"]["next_token"]})
    names = [one["friendly_name"] for one in first["contents"] + second["contents"]]
    assert names == ["C", "B", "A"]
    assert second["meta"]["next_token"] is None
    refused = await admin.send("GET", at, {**order, "NextToken": "x"})
    assert "NextToken" in refused.refused(400, 20001)


async def test_a_page_may_have_a_thousand_items(admin: Poster, centre: Centre) -> None:
    for number in range(60):
        await centre.worker(f"W{number}")
    page = await admin.get(f"{centre.path}/Workers", {"PageSize": 1_000})
    assert len(page["contents"]) == 60
    assert page["after_sid"] is None


async def test_an_admin_reads_workers_task_queues_and_tasks(
    admin: Poster, centre: Centre, ann: str
) -> None:
    task = await centre.task()
    at = f"{centre.path}/TaskQueues"
    queues = await admin.get(at, {"WorkerSid": ann})
    for one in (
        *queues["contents"],
        await admin.get(f"{at}/{centre.queue['sid']}"),
    ):
        expect_keys(one, TASK_QUEUE)
        assert one["lifo_queue"] is False
    found = await admin.get(f"{centre.path}/Workers", {"ActivityName": "Available"})
    assert [one["sid"] for one in found["contents"]] == [ann]
    expect_keys(await admin.get(f"{centre.path}/Tasks/{task['sid']}"), TASK)
    expect_keys(await admin.get(f"{centre.path}/Workers/{ann}"), WORKER)


async def test_a_supervisor_changes_another_worker_and_a_worker_does_not(
    posters: Posters, centre: Centre, ann: str
) -> None:
    other = (await centre.worker("Bob"))["sid"]
    at, form = f"{centre.path}/Workers/{other}", {"Attributes": {"x": 1}}
    supervisor = posters.b(ann, "supervisor")
    expect_keys((await supervisor.send("POST", at, form)).expect(200)["payload"], WORKER)
    (await posters.b(ann).send("POST", at, form)).refused(403, 20403)


@pytest.mark.parametrize(
    "name",
    ["CustomerParticipant", "WorkerParticipant", "HoldWorkerParticipant", "KickWorkerParticipant"],
)
async def test_a_conference_call_is_refused_without_a_voice_adapter(
    b: Poster, posters: Posters, centre: Centre, ann: str, name: str
) -> None:
    at = f"{centre.path}/Workers/{ann}/{name}"
    message = (await b.send("POST", at, {"TaskSid": "x"})).refused(400, 20001)
    assert message == f"{name} needs a voice adapter, and none is installed"
    (await posters.a(ann).send("POST", at)).refused(404, 20404)
