"""Idempotency keys: who repeats a POST with its key gets the first answer again."""

import asyncio
import re
import signal
from pathlib import Path

import pytest

from taskyard.server.api.idempotency import KEY_HEADERS
from taskyard.server.api.routes import ROUTES
from taskyard.server.app import Running

from .caller import Caller, Centre, Form, Reply
from .test_process import served

AGAIN = "Idempotent-Replay"


def expect_again(reply: Reply, first: Reply) -> None:
    assert (reply.status, reply.text) == (first.status, first.text)
    assert reply.headers.get("ETag") == first.headers.get("ETag")
    assert reply.headers[AGAIN] == "true"


async def tasks_of(centre: Centre) -> list[str]:
    return [one["sid"] for one in await centre.caller.every(f"{centre.path}/Tasks", "tasks")]


@pytest.mark.parametrize("header", KEY_HEADERS)
async def test_a_repeated_post_gets_the_first_answer_and_changes_nothing(
    centre: Centre, header: str
) -> None:
    caller, path = centre.caller, f"{centre.path}/Tasks"
    form = {"Attributes": '{"n":1}'}
    first = await caller.call("POST", path, form, {header: "order 1"})
    sid = first.expect(201)["sid"]
    assert AGAIN not in first.headers
    await caller.change(f"{path}/{sid}", Attributes='{"n":2}')
    for name in KEY_HEADERS:  # both mean the same
        expect_again(await caller.call("POST", path, form, {name: "order 1"}), first)
    assert await tasks_of(centre) == [sid]
    assert (await caller.see(f"{path}/{sid}"))["attributes"] == '{"n":2}'


# A POST that changes nothing is answered anew.
READS = "/Workspaces/{}/TaskQueues/RealTimeStatistics"


async def test_every_post_can_be_repeated(centre: Centre) -> None:
    caller, at = centre.caller, centre.path
    worker = await centre.worker("Ann")
    task, other = await centre.task(), await centre.task()
    await caller.change(f"{at}/Workers/{worker['sid']}/Channels/default", Capacity="2")
    offers = [*await centre.offers(task), *await centre.offers(other)]
    channel = (await caller.every(f"{at}/TaskChannels", "channels"))[0]
    document = centre.workflow["configuration"]
    accepted = {"ReservationStatus": "accepted"}
    forms: dict[str, tuple[str, Form]] = {
        "/Workspaces": ("/Workspaces", {"FriendlyName": "new"}),
        "/Workspaces/{}": (at, {"FriendlyName": "x"}),
        "/Workspaces/{}/Activities": (f"{at}/Activities", {"FriendlyName": "new"}),
        "/Workspaces/{}/Activities/{}": (
            f"{at}/Activities/{centre.activities['Offline']}",
            {"FriendlyName": "x"},
        ),
        "/Workspaces/{}/TaskChannels": (
            f"{at}/TaskChannels",
            {"FriendlyName": "new", "UniqueName": "new"},
        ),
        "/Workspaces/{}/TaskChannels/{}": (
            f"{at}/TaskChannels/{channel['sid']}",
            {"FriendlyName": "x"},
        ),
        "/Workspaces/{}/TaskQueues": (f"{at}/TaskQueues", {"FriendlyName": "new"}),
        "/Workspaces/{}/TaskQueues/{}": (
            f"{at}/TaskQueues/{centre.queue['sid']}",
            {"FriendlyName": "x"},
        ),
        "/Workspaces/{}/Workflows": (
            f"{at}/Workflows",
            {"FriendlyName": "new", "Configuration": document},
        ),
        "/Workspaces/{}/Workflows/{}": (
            f"{at}/Workflows/{centre.workflow['sid']}",
            {"FriendlyName": "x"},
        ),
        "/Workspaces/{}/Workers": (f"{at}/Workers", {"FriendlyName": "new"}),
        "/Workspaces/{}/Workers/{}": (f"{at}/Workers/{worker['sid']}", {"Attributes": '{"n":1}'}),
        "/Workspaces/{}/Workers/{}/Channels/{}": (
            f"{at}/Workers/{worker['sid']}/Channels/default",
            {"Capacity": "2"},  # as it was: nothing happens
        ),
        "/Workspaces/{}/Tasks": (
            f"{at}/Tasks",
            {"WorkflowSid": centre.workflow["sid"], "Attributes": '{"n":3}'},
        ),
        "/Workspaces/{}/Tasks/{}": (f"{at}/Tasks/{other['sid']}", {"Attributes": '{"n":1}'}),
        "/Workspaces/{}/Tasks/{}/Reservations/{}": (
            f"{at}/Tasks/{offers[0]['task_sid']}/Reservations/{offers[0]['sid']}",
            accepted,
        ),
        "/Workspaces/{}/Workers/{}/Reservations/{}": (
            f"{at}/Workers/{worker['sid']}/Reservations/{offers[1]['sid']}",
            accepted,
        ),
    }
    posts = {re.sub(r"{\w+}", "{}", path) for path, methods in ROUTES.items() if "POST" in methods}
    assert posts - {READS} == forms.keys()
    for path, form in forms.values():
        first = await caller.post(path, form, Idempotency_Key=path)
        assert first.status in (200, 201), first.text
        expect_again(await caller.post(path, form, Idempotency_Key=path), first)


async def test_repeated_while_the_first_is_under_way_it_has_one_effect(centre: Centre) -> None:
    path = f"{centre.path}/Tasks"
    replies = await asyncio.gather(
        *(centre.caller.post(path, Idempotency_Key="k") for _ in range(20))
    )
    assert {(one.status, one.text) for one in replies} == {(201, replies[0].text)}
    assert [AGAIN in one.headers for one in replies].count(False) == 1
    assert len(await tasks_of(centre)) == 1


async def test_one_key_is_for_one_request(centre: Centre) -> None:
    caller, path = centre.caller, f"{centre.path}/Tasks"
    await caller.post(path, {"Attributes": "{}"}, Idempotency_Key="k")
    before = await tasks_of(centre)
    for other, form in (
        (path, {"Attributes": '{"n":1}'}),
        (f"{path}?a=1", {"Attributes": "{}"}),
        (f"{centre.path}/Workers", {"Attributes": "{}"}),
    ):
        said = (await caller.post(other, form, Idempotency_Key="k")).refused(400, 20001)
        assert said.startswith("the idempotency key 'k' belongs to another request")
    assert await tasks_of(centre) == before


async def test_a_key_that_is_none_is_refused_and_nothing_is_done(centre: Centre) -> None:
    caller, path = centre.caller, f"{centre.path}/Tasks"
    for key in ("", "x" * 256):
        (await caller.post(path, Idempotency_Key=key)).refused(400, 20001)
    both = {KEY_HEADERS[0]: "one", KEY_HEADERS[1]: "other"}
    said = (await caller.call("POST", path, {}, both)).refused(400, 20001)
    assert said == (
        "I-Twilio-Idempotency-Token and Idempotency-Key give different keys: give one of them"
    )
    assert await tasks_of(centre) == []


async def test_a_refusal_is_not_kept(centre: Centre) -> None:
    caller, path = centre.caller, f"{centre.path}/Workers"
    await centre.worker("Ann")
    form = {"FriendlyName": "Ann"}
    for _ in range(2):
        refused = await caller.post(path, form, Idempotency_Key="k")
        refused.refused(400, 20001)
        assert AGAIN not in refused.headers
    (ann,) = await caller.every(path, "workers")
    await caller.change(f"{path}/{ann['sid']}", FriendlyName="Anna")
    assert (await caller.post(path, form, Idempotency_Key="k")).status == 201


async def test_a_get_or_delete_with_a_key_is_as_without(centre: Centre) -> None:
    path = f"{centre.path}/Tasks/{(await centre.task())['sid']}"
    for _ in range(2):
        seen = await centre.caller.get(path, **{"Idempotency-Key": "k"})
        assert AGAIN not in seen.headers
    assert (await centre.caller.delete(path, Idempotency_Key="k")).status == 204
    assert (await centre.caller.delete(path, Idempotency_Key="k")).status == 404


async def test_a_key_without_credentials_is_worth_nothing(caller: Caller, server: Running) -> None:
    await caller.post("/Workspaces", {"FriendlyName": "x"}, Idempotency_Key="k")
    headers = {"Idempotency-Key": "k", "Authorization": "Basic bm9ib2R5Om5vdGhpbmc="}
    reply = await caller.call("POST", "/Workspaces", {"FriendlyName": "x"}, headers)
    reply.refused(401, 20003)


async def test_browsers_may_send_keys_and_see_what_is_given_again(caller: Caller) -> None:
    headers = (await caller.call("OPTIONS", "/Workspaces")).headers
    for name in KEY_HEADERS:
        assert name in headers["Access-Control-Allow-Headers"]
    assert AGAIN in headers["Access-Control-Expose-Headers"]


async def test_answers_outlive_a_killed_server(tmp_path: Path) -> None:
    async with served(tmp_path) as (process, caller):
        town = await caller.post("/Workspaces", {"FriendlyName": "town"}, Idempotency_Key="town")
        centre = await Centre(caller).open()
        task = await caller.post(f"{centre.path}/Tasks", Idempotency_Key="task")
        process.send_signal(signal.SIGKILL)
        await process.wait()
        old = caller.url
    async with served(tmp_path) as (_, caller):
        again = await caller.post("/Workspaces", {"FriendlyName": "town"}, Idempotency_Key="town")
        expect_again(again, town)
        assert old in again.text, "not rendered anew: the address is that of the first server"
        expect_again(await caller.post(f"{centre.path}/Tasks", Idempotency_Key="task"), task)
        assert len(await caller.every("/Workspaces", "workspaces")) == 2
        assert len(await caller.every(f"{centre.path}/Tasks", "tasks")) == 1
