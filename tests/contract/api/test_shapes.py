"""Every answer has exactly the properties that the published document names."""

import json
import re
from pathlib import Path
from typing import Any

from .caller import Centre

FACTS: dict[str, Any] = json.loads(
    Path(__file__).with_name("published_properties.json").read_text()
)
DATE = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ")
TYPES = {
    "string": str,
    "integer": int,
    "boolean": bool,
    "object": dict,
}


# Seen on the live service and not in its document.
MORE_LINKS = {"workflow": ["workspace"]}


def expect_published_shape(noun: str, body: dict[str, Any]) -> None:
    facts = FACTS[noun]
    assert set(body) == set(facts["properties"]), noun
    for name, fact in facts["properties"].items():
        value = body[name]
        if value is None:
            assert fact["nullable"], f"{noun}.{name}"
            continue
        assert type(value) is TYPES[fact["type"]], f"{noun}.{name} is {value!r}"
        if name.startswith("date_") or name in ("virtual_start_time", "task_queue_entered_date"):
            assert DATE.fullmatch(value), f"{noun}.{name} is {value!r}"
    if facts["links"] is not None:
        assert sorted(body["links"]) == sorted(facts["links"] + MORE_LINKS.get(noun, [])), noun


async def everything(centre: Centre) -> dict[str, tuple[str, str]]:
    """For each noun the list and one resource of it."""
    caller, at = centre.caller, centre.path
    worker = await centre.worker("Ann", Attributes='{"languages":["en"]}')
    task = await centre.task(Priority="3")
    (offer,) = await centre.offers(task)
    (channel, *_) = await caller.every(f"{at}/TaskChannels", "channels")
    of_task = f"{at}/Tasks/{task['sid']}/Reservations"
    of_worker = f"{at}/Workers/{worker['sid']}/Reservations"
    return {
        "workspace": ("/Workspaces", at),
        "activity": (f"{at}/Activities", f"{at}/Activities/{centre.activities['Offline']}"),
        "task_channel": (f"{at}/TaskChannels", f"{at}/TaskChannels/{channel['sid']}"),
        "task_queue": (f"{at}/TaskQueues", f"{at}/TaskQueues/{centre.queue['sid']}"),
        "workflow": (f"{at}/Workflows", f"{at}/Workflows/{centre.workflow['sid']}"),
        "worker": (f"{at}/Workers", f"{at}/Workers/{worker['sid']}"),
        "worker_channel": (
            f"{at}/Workers/{worker['sid']}/Channels",
            f"{at}/Workers/{worker['sid']}/Channels/voice",
        ),
        "task": (f"{at}/Tasks", f"{at}/Tasks/{task['sid']}"),
        "task_reservation": (of_task, f"{of_task}/{offer['sid']}"),
        "worker_reservation": (of_worker, f"{of_worker}/{offer['sid']}"),
    }


async def test_what_is_fetched_listed_and_updated_has_the_published_shape(centre: Centre) -> None:
    caller = centre.caller
    for noun, (list_at, one_at) in (await everything(centre)).items():
        fetched = await caller.see(one_at)
        expect_published_shape(noun, fetched)
        page = await caller.see(list_at)
        key = FACTS[noun]["list_key"]
        assert set(page) == {"meta", key}
        assert sorted(page["meta"]) == FACTS["meta"]
        assert page["meta"]["key"] == key
        assert fetched in page[key], noun
        if "reservation" not in noun:
            expect_published_shape(noun, await caller.change(one_at))


async def test_what_is_created_has_the_published_shape(centre: Centre) -> None:
    caller, at = centre.caller, centre.path
    named = {"FriendlyName": "New"}
    expect_published_shape("workspace", await caller.make("/Workspaces", **named))
    expect_published_shape("activity", await caller.make(f"{at}/Activities", **named))
    expect_published_shape("worker", await caller.make(f"{at}/Workers", **named))
    expect_published_shape("task_queue", await caller.make(f"{at}/TaskQueues", **named))
    expect_published_shape(
        "workflow",
        await caller.make(
            f"{at}/Workflows", **named, Configuration=centre.workflow["configuration"]
        ),
    )
    expect_published_shape(
        "task_channel", await caller.make(f"{at}/TaskChannels", **named, UniqueName="new")
    )
    expect_published_shape(
        "task", await caller.make(f"{at}/Tasks", WorkflowSid=centre.workflow["sid"])
    )


async def test_every_address_in_an_answer_leads_somewhere(centre: Centre) -> None:
    caller = centre.caller
    for noun, (_, one_at) in (await everything(centre)).items():
        body = await caller.see(one_at)
        assert body["url"].startswith(f"{caller.url}/v1/"), noun
        if noun != "worker_channel":
            assert body["url"] == f"{caller.url}/v1{one_at}"
        assert await caller.see(body["url"]) == body
        for name, address in (body.get("links") or {}).items():
            assert address is None or address.startswith(f"{caller.url}/v1/Workspaces/")
            if address and not name.endswith("statistics") and name != "events":
                assert (await caller.get(address)).status == 200, f"{noun}.links.{name}"
