"""Forms as clients really send them."""

import json

from yarl import URL

from .caller import Centre


async def test_every_character_survives(centre: Centre) -> None:
    attributes = {
        "text": "+ & = % \\ \\x41 ; \" ' / \n\t 100%25",
        "name": "Zoë 雪 🎉",
        "ключ": ["é", "\u0000"],
    }
    task = await centre.task(Attributes=json.dumps(attributes))
    assert json.loads(task["attributes"]) == attributes
    again = await centre.caller.see(f"{centre.path}/Tasks/{task['sid']}")
    assert again["attributes"] == task["attributes"]
    worker = await centre.worker("Zoë & 雪 = 100%")
    assert worker["friendly_name"] == "Zoë & 雪 = 100%"
    found = await centre.caller.see(
        f"{centre.path}/Workers?FriendlyName=Zo%C3%AB+%26+%E9%9B%AA+%3D+100%25"
    )
    assert [one["sid"] for one in found["workers"]] == [worker["sid"]]


async def test_bytes_may_be_escaped_or_not(centre: Centre) -> None:
    caller, at = centre.caller, f"{centre.path}/Activities"
    for body in (
        "FriendlyName=Pause+caf%C3%A9",
        "FriendlyName=Pause%20caf%c3%a9",
        "FriendlyName=Pause café".encode(),
        "%46riendly%4eame=Pause+caf\u00e9".encode(),
    ):
        activity = (await caller.post(at, body)).expect(201)
        assert activity["friendly_name"] == "Pause café"


async def test_broken_percent_encoding_is_refused_wherever_it_is_and_changes_nothing(
    centre: Centre,
) -> None:
    caller, at = centre.caller, f"{centre.path}/Activities"
    before = await caller.every(at, "activities")
    for broken in ("FriendlyName=100%", "FriendlyName=a%zz", "FriendlyName=%u2615", "%=x"):
        message = (await caller.post(at, broken)).refused(400, 20001)
        assert "has a % without two hex digits" in message
    # A client that is careful with addresses would mend this one.
    url = URL(f"{caller.url}/v1{at}?FriendlyName=%4", encoded=True)
    async with caller.session.get(url) as response:
        assert (response.status, (await response.json())["code"]) == (400, 20001)
    large = b"FriendlyName=" + b"%zz" * 300_000
    (await caller.post(at, large)).refused(400, 20001)
    assert await caller.every(at, "activities") == before


async def test_what_is_not_utf_8_is_refused(centre: Centre) -> None:
    reply = await centre.caller.post(f"{centre.path}/Activities", "FriendlyName=%ff%fe")
    assert reply.refused(400, 20001) == "FriendlyName is not valid UTF-8"


async def test_a_nul_character_is_refused_wherever_it_is(centre: Centre) -> None:
    caller, at = centre.caller, f"{centre.path}/Activities"
    message = (await caller.post(at, "FriendlyName=a%00b")).refused(400, 20001)
    assert message == "FriendlyName has a NUL character in it"
    (await caller.post(at, b"FriendlyName=a\x00b")).refused(400, 20001)
    (await caller.get(f"{at}?FriendlyName=%00")).refused(400, 20001)


async def test_half_a_character_is_refused_wherever_it_is(centre: Centre) -> None:
    caller, at = centre.caller, centre.path
    for field in ("Attributes=%7B%22a%22:%22%5Cud800%22%7D", "Attributes=%7B%22%ED%A0%80%22:1%7D"):
        (await caller.post(f"{at}/Tasks", field)).refused(400, 20001)
    (await caller.post(f"{at}/Activities", "FriendlyName=%ED%A0%80")).refused(400, 20001)


async def test_of_repeated_keys_the_first_counts(centre: Centre) -> None:
    form = [("FriendlyName", "First"), ("FriendlyName", "Second")]
    activity = (await centre.caller.post(f"{centre.path}/Activities", form)).expect(201)
    assert activity["friendly_name"] == "First"


async def test_keys_that_nobody_knows_are_ignored_and_case_counts(centre: Centre) -> None:
    form = {"FriendlyName": "Tea", "friendlyname": "Lower", "RequiredAttention": "1", "": "x"}
    activity = (await centre.caller.post(f"{centre.path}/Activities", form)).expect(201)
    assert activity["friendly_name"] == "Tea"
    await centre.task(RequiredAttention="1", OperatingUnitSid="OU1")


async def test_empty_optional_values_mean_the_default(centre: Centre) -> None:
    task = await centre.task(Attributes="", WorkflowSid="", TaskChannel="", RoutingTarget="")
    assert task["attributes"] == "{}"
    assert task["task_channel_unique_name"] == "default"
    assert task["routing_target"] is None
    empty = {"PrioritizeQueueOrder": "", "Template": "", "EventCallbackUrl": ""}
    workspace = await centre.caller.make("/Workspaces", FriendlyName="New", **empty)
    assert workspace["prioritize_queue_order"] == "FIFO"
    queue = await centre.caller.make(
        f"{centre.path}/TaskQueues", FriendlyName="New", TaskOrder="", ReservationActivitySid=""
    )
    assert (queue["task_order"], queue["reservation_activity_sid"]) == ("FIFO", None)


async def test_an_empty_callback_address_takes_it_away(centre: Centre) -> None:
    caller = centre.caller
    workspace = await caller.change(centre.path, EventCallbackUrl="https://example.com/events")
    assert workspace["event_callback_url"] == "https://example.com/events"
    workspace = await caller.change(centre.path, EventCallbackUrl="")
    assert workspace["event_callback_url"] == ""


async def test_an_empty_events_filter_is_none(centre: Centre) -> None:
    caller = centre.caller
    changed = await caller.change(centre.path, EventsFilter=" task.created , task.canceled,")
    assert changed["events_filter"] == "task.created,task.canceled"
    assert (await caller.change(centre.path, EventsFilter=""))["events_filter"] is None
    made = await caller.make("/Workspaces", FriendlyName="New", EventsFilter="")
    assert made["events_filter"] is None


async def test_an_update_with_nothing_in_it_changes_nothing(centre: Centre) -> None:
    worker = await centre.worker("Ann", Attributes='{"a": 1}')
    path = f"{centre.path}/Workers/{worker['sid']}"
    assert await centre.caller.change(path) == worker
    assert (await centre.caller.get(path)).headers["ETag"] == '"0"'


async def test_links_lead_to_the_host_that_the_caller_used(centre: Centre) -> None:
    caller = centre.caller
    for host in ("tasks.example.com:81", "[::1]:81", "x" * 253):
        reply = await caller.call("GET", centre.path, headers={"Host": host})
        assert reply.expect(200)["url"] == f"http://{host}/v1{centre.path}"
    # Sixty kilobytes would come back in every link of every item.
    for no_host in ('evil.example"><b>', "x" * 254, "[::1", "x" * 60_000):
        reply = await caller.call("GET", centre.path, headers={"Host": no_host})
        assert reply.expect(200)["url"] == f"{caller.url}/v1{centre.path}"
