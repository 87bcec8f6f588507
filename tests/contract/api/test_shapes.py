"""What one address shows another shows alike; the caller judges the shape of every answer."""

import pytest

from contract.published_api import FACTS

from .caller import Centre


async def everything(centre: Centre) -> dict[str, tuple[str, str]]:
    """For each noun the list and one resource of it."""
    caller, at = centre.caller, centre.path
    worker = await centre.worker("Ann", Attributes='{"languages":["en"]}')
    task = await centre.task(Priority="3")
    (offer,) = await centre.offers(task)
    (channel, *_) = await caller.every(f"{at}/TaskChannels", "channels")
    (event, *_) = await caller.every(f"{at}/Events", "events")
    of_task = f"{at}/Tasks/{task['sid']}/Reservations"
    of_worker = f"{at}/Workers/{worker['sid']}/Reservations"
    return {
        "Workspace": ("/Workspaces", at),
        "Activity": (f"{at}/Activities", f"{at}/Activities/{centre.activities['Offline']}"),
        "TaskChannel": (f"{at}/TaskChannels", f"{at}/TaskChannels/{channel['sid']}"),
        "TaskQueue": (f"{at}/TaskQueues", f"{at}/TaskQueues/{centre.queue['sid']}"),
        "Workflow": (f"{at}/Workflows", f"{at}/Workflows/{centre.workflow['sid']}"),
        "Worker": (f"{at}/Workers", f"{at}/Workers/{worker['sid']}"),
        "WorkerChannel": (
            f"{at}/Workers/{worker['sid']}/Channels",
            f"{at}/Workers/{worker['sid']}/Channels/voice",
        ),
        "Task": (f"{at}/Tasks", f"{at}/Tasks/{task['sid']}"),
        "Event": (f"{at}/Events", f"{at}/Events/{event['sid']}"),
        "TaskReservation": (of_task, f"{of_task}/{offer['sid']}"),
        "WorkerReservation": (of_worker, f"{of_worker}/{offer['sid']}"),
    }


async def test_what_is_fetched_is_what_is_listed(centre: Centre) -> None:
    caller = centre.caller
    for noun, (list_at, one_at) in (await everything(centre)).items():
        fetched = await caller.see(one_at)
        page = await caller.see(list_at)
        assert fetched in page[FACTS["operations"][f"List{noun}"]["list"]], noun
        if "Reservation" not in noun and noun != "Event":
            assert (await caller.change(one_at))["url"] == fetched["url"]


async def test_an_answer_that_strays_fails_the_test_that_got_it(
    centre: Centre, monkeypatch: pytest.MonkeyPatch
) -> None:
    properties = FACTS["resources"]["activity"]["properties"]
    monkeypatch.setitem(properties, "available", "integer")
    with pytest.raises(AssertionError, match="available is False, not integer"):
        await centre.caller.get(f"{centre.path}/Activities")


async def test_every_address_in_an_answer_leads_somewhere(centre: Centre) -> None:
    caller = centre.caller
    for noun, (_, one_at) in (await everything(centre)).items():
        body = await caller.see(one_at)
        assert body["url"].startswith(f"{caller.url}/v1/"), noun
        if noun != "WorkerChannel":
            assert body["url"] == f"{caller.url}/v1{one_at}"
        assert await caller.see(body["url"]) == body
        for name, address in (body.get("links") or {}).items():
            assert address is None or address.startswith(f"{caller.url}/v1/Workspaces/")
            if address and not name.endswith("statistics"):
                assert (await caller.get(address)).status == 200, f"{noun}.links.{name}"
