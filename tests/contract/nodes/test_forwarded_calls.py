"""Whatever is asked of a node that does not serve the workspace is done all the same."""

import asyncio
from typing import Any

import aiohttp
import pytest

from contract.api.caller import SID, TOKEN, Caller, Centre, session_of
from taskyard.server.app import Running


def sid_of(centre: Centre) -> str:
    return centre.path.rpartition("/")[2]


def serves(server: Running, centre: Centre) -> bool:
    assert server.directory.cluster is not None
    return server.directory.cluster.serves(sid_of(centre))


async def test_what_is_asked_of_a_following_node_is_decided_by_the_serving_one(
    centre: Centre, first: Running, second: Running
) -> None:
    await centre.worker("Ann")
    task = await centre.task()
    [offer] = await centre.offers(task)
    at = f"{centre.path}/Tasks/{task['sid']}"
    accepted = await centre.caller.change(
        f"{at}/Reservations/{offer['sid']}", ReservationStatus="accepted"
    )
    assert accepted["reservation_status"] == "accepted"
    completed = await centre.caller.change(at, AssignmentStatus="completed")
    assert completed["assignment_status"] == "completed"
    assert (serves(first, centre), serves(second, centre)) == (True, False)


async def test_a_caller_reads_what_they_wrote_through_the_same_node(centre: Centre) -> None:
    worker = await centre.worker("Ann")
    for number in range(20):
        name = f"Ann {number}"
        await centre.caller.change(f"{centre.path}/Workers/{worker['sid']}", FriendlyName=name)
        seen = await centre.caller.see(f"{centre.path}/Workers/{worker['sid']}")
        assert seen["friendly_name"] == name


async def test_links_lead_back_to_the_node_that_was_asked(centre: Centre, second: Running) -> None:
    worker = await centre.worker("Ann")
    assert worker["url"].startswith(f"{second.url}/v1/")
    assert all(link.startswith(f"{second.url}/v1/") for link in worker["links"].values())


async def test_a_stale_version_is_refused_through_a_following_node(centre: Centre) -> None:
    task = await centre.task()
    at = f"{centre.path}/Tasks/{task['sid']}"
    etag = (await centre.caller.get(at)).headers["ETag"]
    changed = await centre.caller.post(at, {"Priority": "5"}, If_Match=etag)
    assert changed.status == 200
    assert changed.headers["ETag"] != etag
    (await centre.caller.post(at, {"Priority": "6"}, If_Match=etag)).refused(412, 20412)


async def test_a_key_is_good_once_whichever_node_is_asked(centre: Centre, at_first: Caller) -> None:
    at = f"{centre.path}/Tasks"
    made = await centre.caller.post(at, {"Priority": "1"}, Idempotency_Key="k1")
    again = await at_first.post(at, {"Priority": "1"}, Idempotency_Key="k1")
    once_more = await centre.caller.post(at, {"Priority": "1"}, Idempotency_Key="k1")
    sids = {reply.expect(201)["sid"] for reply in (made, again, once_more)}
    assert len(sids) == 1
    assert once_more.headers["Idempotent-Replay"] == "true"


async def test_what_is_refused_is_refused_in_the_same_words(
    centre: Centre, at_first: Caller
) -> None:
    at = f"{centre.path}/Workers"
    here = (await centre.caller.post(at, {"Attributes": "1"})).refused(400, 20001)
    assert here == (await at_first.post(at, {"Attributes": "1"})).refused(400, 20001)


async def test_a_resource_that_was_deleted_through_a_node_is_gone_there(centre: Centre) -> None:
    worker = await centre.worker("Ann", activity="Offline")
    at = f"{centre.path}/Workers/{worker['sid']}"
    assert (await centre.caller.delete(at)).status == 204
    (await centre.caller.get(at)).refused(404, 20404)


async def test_a_workspace_that_was_deleted_through_a_node_is_gone_there(centre: Centre) -> None:
    assert (await centre.caller.delete(centre.path)).status == 204
    (await centre.caller.get(centre.path)).refused(404, 20404)
    (await centre.caller.post(f"{centre.path}/Tasks")).refused(404, 20404)


async def test_the_caller_behind_an_event_is_the_one_who_called_the_other_node(
    centre: Centre,
) -> None:
    task = await centre.task()
    found = await centre.caller.every(f"{centre.path}/Events?TaskSid={task['sid']}", "events")
    created = next(one for one in found if one["event_type"] == "task.created")
    assert (created["actor_sid"], created["source_ip_address"]) == (SID, "127.0.0.1")


@pytest.mark.parametrize(
    "headers",
    [
        {"Taskyard-Cluster-Secret": "guessed"},
        {"Taskyard-Forwarded": "{}"},
        {"Taskyard-Cluster-Secret": "", "Taskyard-Forwarded": '{"base":"","cause":["account",""]}'},
    ],
)
async def test_nobody_outside_can_pass_for_a_node(centre: Centre, headers: dict[str, str]) -> None:
    url = f"{centre.caller.url}/v1{centre.path}/Tasks"
    async with session_of(SID, TOKEN) as session, session.post(url, headers=headers) as reply:
        body: dict[str, Any] = await reply.json()
        assert (reply.status, body["code"]) == (403, 20403)
        assert "nodes of one cluster" in body["message"]


async def test_a_forwarded_request_is_not_forwarded_again(centre: Centre, second: Running) -> None:
    assert second.directory.cluster is not None
    headers = {
        "Taskyard-Cluster-Secret": second.directory.cluster.secret,
        "Taskyard-Forwarded": f'{{"base":"http://there/v1","cause":["account","{SID}"]}}',
    }
    url = f"{second.url}/v1{centre.path}/Tasks"
    async with aiohttp.ClientSession() as session, session.post(url, headers=headers) as reply:
        assert reply.status == 503
        assert "Taskyard-Not-Taken" in reply.headers
    assert await centre.caller.every(f"{centre.path}/Tasks", "tasks") == []


async def test_many_calls_at_once_are_each_done_once(centre: Centre) -> None:
    made = await asyncio.gather(*(centre.task() for _ in range(30)))
    assert len({one["sid"] for one in made}) == 30
