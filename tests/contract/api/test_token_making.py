"""Tokens that the server makes: what each role opens, and what is refused."""

import asyncio
import base64
import json
from typing import Any

import aiohttp
import pytest

from .caller import SID, Caller, Centre, Reply
from .stream_reader import reading

NOBODY = "WK" + "f" * 32


def sid_of(centre: Centre) -> str:
    return centre.path.rpartition("/")[2]


async def ask(caller: Caller, **form: str) -> Reply:
    async with caller.session.post(f"{caller.url}/taskyard/v1/Tokens", data=form) as answer:
        return Reply(answer.status, answer.headers, await answer.text())


async def token(centre: Centre, role: str, **form: str) -> str:
    reply = await ask(centre.caller, WorkspaceSid=sid_of(centre), Role=role, **form)
    text = reply.expect(201)["token"]
    assert isinstance(text, str)
    return text


async def over_the_bridge(
    centre: Centre, text: str, method: str, path: str, channel: str | None = None, **params: str
) -> int:
    envelope = {
        "url": f"Workspaces/{sid_of(centre)}{path}",
        "method": method,
        "params": params,
        "token": text,
    }
    url = f"{centre.caller.url}/v1/wschannels/{SID}/{channel or sid_of(centre)}"
    async with aiohttp.ClientSession() as browser, browser.post(url, json=envelope) as answer:
        return answer.status


def claims(text: str) -> dict[str, Any]:
    part = text.split(".")[1]
    found: dict[str, Any] = json.loads(base64.urlsafe_b64decode(part + "=" * (-len(part) % 4)))
    return found


async def test_a_token_says_whom_it_is_for_and_until_when(centre: Centre) -> None:
    worker = (await centre.worker("Ann"))["sid"]
    reply = await ask(
        centre.caller, WorkspaceSid=sid_of(centre), Role="agent", WorkerSid=worker, Ttl="600"
    )
    body = reply.expect(201)
    assert reply.headers["Cache-Control"] == "no-store"
    said = claims(body.pop("token"))
    assert said["exp"] - said["nbf"] == 600
    assert body.pop("date_expires").endswith("Z")
    assert body == {
        "role": "agent",
        "account_sid": SID,
        "workspace_sid": sid_of(centre),
        "worker_sid": worker,
        "channel_sid": worker,
        "ttl": 600,
    }


async def test_a_viewer_reads_everything_and_changes_nothing(centre: Centre) -> None:
    worker = (await centre.worker("Ann"))["sid"]
    text = await token(centre, "viewer")
    for path in ("", "/Workers", f"/Workers/{worker}", "/TaskQueues/Statistics", "/Events"):
        assert await over_the_bridge(centre, text, "GET", path) == 200
    assert await over_the_bridge(centre, text, "POST", "/Tasks") == 403
    assert await over_the_bridge(centre, text, "POST", "", FriendlyName="x") == 403
    assert await over_the_bridge(centre, text, "DELETE", f"/Workers/{worker}") == 403


async def test_a_supervisor_does_everything_but_delete_the_workspace(centre: Centre) -> None:
    worker = (await centre.worker("Ann"))["sid"]
    text = await token(centre, "supervisor")
    path = f"/Workers/{worker}"
    assert await over_the_bridge(centre, text, "POST", path, FriendlyName="Anna") == 200
    assert await over_the_bridge(centre, text, "DELETE", path) == 200
    assert await over_the_bridge(centre, text, "DELETE", "") == 403


async def test_an_agent_has_their_own_worker_and_the_tasks_it_holds_and_no_others(
    centre: Centre,
) -> None:
    own, other = [(await centre.worker(name))["sid"] for name in ("Ann", "Ben")]
    task = (await centre.task())["sid"]
    path = f"{centre.path}/Tasks/{task}/Reservations"
    (reservation,) = (await centre.caller.get(path)).expect(200)["reservations"]
    holder, stranger = (own, other) if reservation["worker_sid"] == own else (other, own)
    texts = {one: await token(centre, "agent", WorkerSid=one) for one in (own, other)}

    async def as_worker(one: str, method: str, path: str, **params: str) -> int:
        return await over_the_bridge(centre, texts[one], method, path, one, **params)

    below = f"/Tasks/{task}"
    assert await as_worker(holder, "GET", f"/Workers/{holder}") == 200
    assert await as_worker(holder, "GET", f"/Workers/{stranger}/Reservations") == 403
    assert await as_worker(stranger, "GET", below) == 403
    accept = {"ReservationStatus": "accepted"}
    answer = f"{below}/Reservations/{reservation['sid']}"
    assert await as_worker(stranger, "POST", answer, **accept) == 403
    assert await as_worker(holder, "POST", answer, **accept) == 200
    assert await as_worker(stranger, "POST", below, AssignmentStatus="completed") == 403
    assert await as_worker(holder, "POST", below, AssignmentStatus="completed") == 200
    assert await as_worker(holder, "POST", "/Tasks") == 403


async def test_a_token_that_may_read_events_opens_the_stream_until_it_expires(
    centre: Centre,
) -> None:
    worker = (await centre.worker("Ann"))["sid"]
    headers = {"Authorization": f"Bearer {await token(centre, 'viewer', Ttl='2')}"}
    async with (
        aiohttp.ClientSession() as browser,
        reading(browser, centre.caller.url, centre.path, "?after=0", **headers) as reader,
    ):
        first = await reader.event()
        assert first is not None
        async with asyncio.timeout(60):  # against a hang only
            while await reader.message() is not None:
                pass
    agent = await token(centre, "agent", WorkerSid=worker)
    url = f"{centre.caller.url}/taskyard/v1{centre.path}/EventStream"
    async with aiohttp.ClientSession() as browser:
        for text, status in ((agent, 403), ("none", 400)):
            answer = await browser.get(url, headers={"Authorization": f"Bearer {text}"})
            assert answer.status == status


@pytest.mark.parametrize(
    ("form", "says"),
    [
        ({"WorkspaceSid": ""}, "WorkspaceSid must be a SID that begins with WS"),
        ({"WorkspaceSid": "WS" + "f" * 32}, "there is no workspace WSf"),
        ({"Role": "owner"}, "Role must be supervisor, agent or viewer, not 'owner'"),
        ({"Role": "agent"}, "WorkerSid field is required for the role agent"),
        ({"Role": "agent", "WorkerSid": "Ann"}, "WorkerSid must be a SID"),
        ({"Role": "agent", "WorkerSid": NOBODY}, f"there is no worker {NOBODY}"),
        ({"Role": "viewer", "WorkerSid": NOBODY}, "for the role agent alone, not for viewer"),
        ({"Ttl": "0"}, "Ttl must be from 1 to 43200 seconds, not 0"),
        ({"Ttl": "43201"}, "Ttl must be from 1 to 43200 seconds, not 43201"),
        ({"Ttl": "soon"}, "Ttl must be a whole number"),
    ],
)
async def test_what_no_token_is_made_for(centre: Centre, form: dict[str, str], says: str) -> None:
    asked = {"WorkspaceSid": sid_of(centre), "Role": "viewer"} | form
    reply = await ask(centre.caller, **asked)
    assert says in reply.refused(400, 20001)


@pytest.mark.parametrize("missing", ["WorkspaceSid", "Role"])
async def test_a_field_that_is_missing_is_named(centre: Centre, missing: str) -> None:
    form = {"WorkspaceSid": sid_of(centre), "Role": "viewer"}
    del form[missing]
    message = (await ask(centre.caller, **form)).refused(400, 20001)
    assert message == f"{missing} field is required"


async def test_tokens_are_made_for_credentials_alone(centre: Centre) -> None:
    url = f"{centre.caller.url}/taskyard/v1/Tokens"
    form = {"WorkspaceSid": sid_of(centre), "Role": "supervisor"}
    headers = {"Authorization": f"Bearer {await token(centre, 'supervisor')}"}
    async with aiohttp.ClientSession() as browser:
        assert (await browser.post(url, data=form)).status == 401
        assert (await browser.post(url, data=form, headers=headers)).status == 401
    async with centre.caller.session.get(url) as answer:
        assert answer.status == 405
        assert answer.headers["Allow"] == "POST, OPTIONS"
