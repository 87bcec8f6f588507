"""The Events resource: what has happened, in pages, as it was."""

import itertools
import json
from datetime import datetime, timedelta
from typing import Any

import pytest

from taskyard.core.ids import event_sid
from taskyard.server.app import Running

from .caller import Caller, Centre


async def worked(centre: Centre) -> dict[str, Any]:
    """A task that was accepted and completed by the one worker there is."""
    await centre.worker("Ann")
    task = await centre.task(Attributes='{"first":1}')
    (offer,) = await centre.offers(task)
    of_task = f"{centre.path}/Tasks/{task['sid']}"
    path = f"{of_task}/Reservations/{offer['sid']}"
    await centre.caller.change(path, ReservationStatus="accepted")
    await centre.caller.change(of_task, AssignmentStatus="completed", Reason="done")
    return task | {"reservation_sid": offer["sid"], "worker_sid": offer["worker_sid"]}


async def types_of(centre: Centre, query: str = "") -> list[str]:
    events = await centre.caller.every(f"{centre.path}/Events{query}", "events")
    return [one["event_type"] for one in events]


def iso(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")


async def test_a_life_is_told_from_its_end_to_its_beginning(centre: Centre) -> None:
    task = await worked(centre)
    assert await types_of(centre, f"?TaskSid={task['sid']}") == [
        "reservation.completed",
        "task.completed",
        "reservation.accepted",
        "reservation.created",
        "task-queue.entered",
        "workflow.target-matched",
        "workflow.entered",
        "task.created",
    ]


async def test_events_outlive_their_task_with_what_it_was(centre: Centre) -> None:
    task = await worked(centre)
    await centre.caller.delete(f"{centre.path}/Tasks/{task['sid']}")
    events = await centre.caller.every(
        f"{centre.path}/Events?TaskSid={task['sid']}&EventType=task.created", "events"
    )
    (created,) = events
    assert created["event_data"]["task_attributes"] == '{"first":1}'
    assert created["event_data"]["task_assignment_status"] == "pending"
    assert created["source"] == "api"
    assert created["actor_type"] == "account"
    assert created["source_ip_address"] == "127.0.0.1"


async def test_a_task_outlives_its_workflow_and_is_found_by_it(centre: Centre) -> None:
    await centre.worker("Ann")
    task = await centre.task()
    (offer,) = await centre.offers(task)
    await centre.caller.change(offer["url"], ReservationStatus="accepted")
    of_workflow = f"{centre.path}/Workflows/{task['workflow_sid']}"
    assert (await centre.caller.delete(of_workflow)).status == 204
    await centre.caller.change(offer["url"], ReservationStatus="completed")
    (completed,) = await centre.caller.every(
        f"{centre.path}/Events?WorkflowSid={task['workflow_sid']}&EventType=task.completed",
        "events",
    )
    assert completed["event_data"]["workflow_sid"] == task["workflow_sid"]
    assert "workflow_name" not in completed["event_data"]


async def test_a_task_outlives_its_channel_and_can_still_be_changed_and_deleted(
    centre: Centre,
) -> None:
    channel = await centre.caller.make(
        f"{centre.path}/TaskChannels", FriendlyName="Fax", UniqueName="fax"
    )
    task = await centre.task(TaskChannel="fax")
    await centre.caller.change(task["url"], AssignmentStatus="canceled")
    assert (await centre.caller.delete(channel["url"])).status == 204
    changed = await centre.caller.change(task["url"], Priority="4", Attributes='{"late":1}')
    assert (changed["priority"], changed["attributes"]) == (4, '{"late":1}')
    assert changed["task_channel_sid"] == channel["sid"]
    assert changed["task_channel_unique_name"] is None
    assert (await centre.caller.delete(task["url"])).status == 204
    late = await centre.caller.every(
        f"{centre.path}/Events?TaskSid={task['sid']}&TaskChannel={channel['sid']}", "events"
    )
    assert [one["event_type"] for one in late[:2]] == ["task.deleted", "task.updated"]
    for one in late[:2]:
        assert one["event_data"]["task_channel_sid"] == channel["sid"]
        assert "task_channel_unique_name" not in one["event_data"]


async def test_a_cancellation_is_its_callers_or_that_of_the_rules(centre: Centre) -> None:
    waiting = await centre.task()
    await centre.caller.change(waiting["url"], AssignmentStatus="canceled", Reason="gave up")
    for_nobody = {"expression": "1==0", "targets": [{"queue": centre.queue["sid"]}]}
    workflow = await centre.caller.make(
        f"{centre.path}/Workflows",
        FriendlyName="For nobody",
        Configuration=json.dumps({"task_routing": {"filters": [for_nobody]}}),
    )
    await centre.task(WorkflowSid=workflow["sid"])
    canceled = await centre.caller.every(f"{centre.path}/Events?EventType=task.canceled", "events")
    assert [(one["actor_type"], one["source"]) for one in canceled] == [
        ("workspace", "twilio"),
        ("account", "api"),
    ]


async def test_an_event_is_fetched_by_its_sid(centre: Centre) -> None:
    events = await centre.caller.every(f"{centre.path}/Events", "events")
    for event in events[:3] + events[-1:]:
        assert await centre.caller.see(event["url"]) == event
        (only,) = await centre.caller.every(f"{centre.path}/Events?Sid={event['sid']}", "events")
        assert only == event


async def test_sids_and_instants_go_down(centre: Centre) -> None:
    await worked(centre)
    events = await centre.caller.every(f"{centre.path}/Events", "events")
    order = [(one["event_date_ms"], one["sid"]) for one in events]
    assert order == sorted(order, reverse=True)
    assert len({one["sid"] for one in events}) == len(events)


async def test_an_event_of_another_place_is_not_found(centre: Centre) -> None:
    other = await Centre(centre.caller).open()
    (sid, *_) = [one["sid"] for one in await centre.caller.every(f"{other.path}/Events", "events")]
    workspace_sid = centre.path.rpartition("/")[2]
    for unknown in (sid, event_sid(workspace_sid, 10**9), event_sid(workspace_sid, 0), "nonsense"):
        reply = await centre.caller.get(f"{centre.path}/Events/{unknown}")
        reply.refused(404, 20404)
    assert await types_of(centre, f"?Sid={sid}") == []
    reply = await centre.caller.get(f"/Workspaces/WS{'9' * 32}/Events")
    reply.refused(404, 20404)


async def test_every_filter_finds_what_pertains(centre: Centre) -> None:
    task = await worked(centre)
    everything = await types_of(centre)
    of_reservation = ["reservation.completed", "reservation.accepted", "reservation.created"]
    assert await types_of(centre, f"?ReservationSid={task['reservation_sid']}") == of_reservation
    of_worker = await types_of(centre, f"?WorkerSid={task['worker_sid']}")
    assert of_worker == [
        *of_reservation[:1],
        "task.completed",
        *of_reservation[1:],
        "worker.created",
    ]
    of_queue = await types_of(centre, f"?TaskQueueSid={centre.queue['sid']}")
    assert of_queue[-1] == "task-queue.created"
    assert "task.created" in of_queue
    of_workflow = await types_of(centre, f"?WorkflowSid={centre.workflow['sid']}")
    assert of_workflow[-1] == "workflow.created"
    for channel in (task["task_channel_unique_name"], task["task_channel_sid"]):
        of_channel = await types_of(centre, f"?TaskChannel={channel}")
        assert of_channel[-1] == "task-channel.created"
        assert "reservation.accepted" in of_channel
    both = f"?TaskSid={task['sid']}&WorkerSid={task['worker_sid']}&EventType=task.completed"
    assert await types_of(centre, both) == ["task.completed"]
    assert await types_of(centre, "?EventType=task") == []
    assert await types_of(centre, "?EventType=") == everything
    assert await types_of(centre, f"?TaskSid=WT{'0' * 32}") == []


async def test_a_type_is_a_type_and_a_channel_a_channel(centre: Centre) -> None:
    task = await worked(centre)
    assert task["task_channel_unique_name"] == "default"
    for nothing in ("default", task["sid"], task["task_channel_sid"]):
        assert await types_of(centre, f"?EventType={nothing}") == [], nothing
    for nothing in ("task.created", task["sid"], task["worker_sid"]):
        assert await types_of(centre, f"?TaskChannel={nothing}") == [], nothing


async def test_the_old_name_of_an_activity_change_still_finds_it(centre: Centre) -> None:
    worker = await centre.worker("Ann")
    path = f"{centre.path}/Workers/{worker['sid']}"
    await centre.caller.change(path, ActivitySid=centre.activities["Offline"])
    assert await types_of(centre, "?EventType=worker.activity") == ["worker.activity.update"]


async def test_dates_include_the_seconds_that_they_name(centre: Centre) -> None:
    (event,) = await centre.caller.every(
        f"{centre.path}/Events?EventType=workspace.created", "events"
    )
    moment = datetime.fromisoformat(event["event_date"])
    before, after = iso(moment - timedelta(seconds=1)), iso(moment + timedelta(seconds=1))
    only = "EventType=workspace.created"
    here = event["event_date"]
    for found in (
        f"StartDate={here}",
        f"EndDate={here}",
        f"StartDate={here}&EndDate={here}",
        f"StartDate={before}&EndDate={after}",
        "Minutes=1",
        f"StartDate={iso(moment - timedelta(days=400))}",
    ):
        assert await types_of(centre, f"?{only}&{found}") == ["workspace.created"], found
    for missed in (
        f"EndDate={before}",
        f"StartDate={after}",
        f"EndDate={iso(moment + timedelta(minutes=16))}",
    ):
        assert await types_of(centre, f"?{only}&{missed}") == [], missed


@pytest.mark.parametrize(
    ("query", "said"),
    [
        ("Minutes=0", "Minutes must be from 1"),
        ("Minutes=-5", "Minutes must be from 1"),
        (f"Minutes={10**30}", "Minutes must be from 1"),
        ("Minutes=soon", "Minutes must be a whole number"),
        ("Minutes=5&StartDate=2026-01-05T09:15:00Z", "Minutes cannot be combined"),
        ("Minutes=5&EndDate=2026-01-05T09:15:00Z", "Minutes cannot be combined"),
        ("StartDate=yesterday", "StartDate must be an ISO 8601 date"),
        ("StartDate=2026-01-05&EndDate=2026-01-04", "EndDate must not be before StartDate"),
        ("TaskSid=WK" + "0" * 32, "TaskSid must be a SID that begins with WT"),
        ("Sid=12", "Sid must be a SID that begins with EV"),
        ("PageSize=0", "PageSize must be from 1"),
        ("PageToken=x", "PageToken is not one that this server gave"),
        ("PageToken=WzEsZmFsc2UsWzFdLCJFViJd", "PageToken belongs to a list in another order"),
        # at position 18446744073709551615
        (
            "PageToken=WzEsZmFsc2UsWzE4NDQ2NzQ0MDczNzA5NTUxNjE1LDAsMF0sIkVWIl0",
            "PageToken belongs to a list in another order",
        ),
    ],
)
async def test_what_cannot_be_looked_for_is_refused(centre: Centre, query: str, said: str) -> None:
    reply = await centre.caller.get(f"{centre.path}/Events?{query}")
    assert reply.refused(400, 20001).startswith(said)


async def test_pages_go_forth_and_back_while_more_happens(centre: Centre) -> None:
    await worked(centre)
    path = f"{centre.path}/Events?PageSize=4&Minutes=5"
    everything = [
        one["sid"] for one in await centre.caller.every(f"{centre.path}/Events", "events")
    ]
    pages: list[dict[str, Any]] = [await centre.caller.see(path)]
    while (following := pages[-1]["meta"]["next_page_url"]) is not None:
        await centre.task()  # it happens before what is being read
        assert "Minutes=5" in following
        pages.append(await centre.caller.see(following))
    assert [one["sid"] for page in pages for one in page["events"]] == everything
    assert [page["meta"]["page"] for page in pages] == [*range(len(pages))]
    for before, page in itertools.pairwise(pages[1:]):
        back = await centre.caller.see(page["meta"]["previous_page_url"])
        assert back["events"] == before["events"]
        assert back["meta"]["page"] == before["meta"]["page"]
        forth = await centre.caller.see(back["meta"]["next_page_url"])
        assert forth["events"] == page["events"]
    assert pages[0]["meta"]["previous_page_url"] is None
    assert pages[1]["meta"]["previous_page_url"] == pages[0]["meta"]["first_page_url"]


async def test_a_page_of_a_long_history_reads_a_few_blocks(
    server: Running, caller: Caller, monkeypatch: pytest.MonkeyPatch
) -> None:
    centre = await Centre(caller).open()
    for number in range(200):
        await centre.task(Priority=str(number))
    blocks: list[int] = []
    original = type(server.directory._event_index._store).event_blocks

    async def counted(self: Any, search: Any) -> Any:
        async for block in original(self, search):
            blocks.append(block.count)
            yield block

    monkeypatch.setattr(type(server.directory._event_index._store), "event_blocks", counted)
    assert len((await caller.see(f"{centre.path}/Events?PageSize=20"))["events"]) == 20
    read = sum(blocks)
    blocks.clear()
    assert len(await caller.every(f"{centre.path}/Events?PageSize=1000", "events")) > 800
    assert read < sum(blocks) <= 1_100
