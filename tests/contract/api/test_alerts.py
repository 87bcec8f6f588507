"""The log of alerts: what it says of each, and what is told to the operator besides the caller."""

import asyncio
import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs

import pytest
from aiohttp import web

from taskyard.core.instructions import INSTRUCTIONS
from taskyard.core.limits import Limits
from taskyard.server.app import running
from taskyard.server.config import Config

from .caller import SID, TOKEN, Caller, Centre, session_of
from .receiver import receiving
from .test_assignment_callbacks import alerts, asking

CALL_SID = "CA" + "0" * 32
URL = "https://a.example/x"
SAID = {
    "call": {"CallFrom": "+15550100", "CallUrl": URL},
    "conference": {"From": "+15550100", "SipAuthPassword": "0p3n-s3s4m3", "SipAuthUsername": "ali"},
    "dequeue": {"DequeueFrom": "+15550100"},
    "redirect": {"RedirectCallSid": CALL_SID, "RedirectUrl": URL},
    "supervise": {"Supervisor": "client:sue"},
}
CODES = {
    "call": 40113,
    "conference": 40145,
    "dequeue": 40133,
    "redirect": 40122,
    "supervise": 40145,
}


@pytest.fixture
async def one_online(tmp_path: Path) -> AsyncIterator[Centre]:
    """A server on which only one worker may be available at once."""
    config = Config(
        database=f"sqlite:///{tmp_path}/taskyard.db",
        port=0,
        account_sid=SID,
        auth_token=TOKEN,
        limits=Limits(online_workers=1),
    )
    async with running(config) as server, session_of(SID, TOKEN) as session:
        yield await Centre(Caller(server.url, session)).open()


async def failing(form: dict[str, str]) -> web.StreamResponse:
    return web.Response(status=500, text="out of order")


async def test_an_alert_says_what_was_sent_and_what_came_back(centre: Centre) -> None:
    async with receiving() as receiver:
        receiver.answer = failing
        await asking(centre, receiver.url + "/hook")
        ann = await centre.worker("Ann")
        task = await centre.task()
        found = (await alerts(centre, 1))[-1]
    (offer, *_) = await centre.offers(task)
    assert (found["code"], found["level"]) == (11200, "error")
    assert found["more_info"] == "https://www.twilio.com/docs/errors/11200"
    assert found["account_sid"] == SID
    assert (found["task_sid"], found["worker_sid"]) == (task["sid"], ann["sid"])
    assert found["reservation_sid"] == offer["sid"]
    assert found["url"] == receiver.url + "/hook"
    request = parse_qs(found["request"])
    assert request["ReservationSid"] == [offer["sid"]]
    assert len(found["request"]) <= 500
    assert found["response"] == "out of order"


@pytest.mark.parametrize("instruction", [*INSTRUCTIONS])
async def test_an_instruction_that_no_adapter_carries_out_is_alerted_of(
    centre: Centre, instruction: str
) -> None:
    ann = await centre.worker("Ann", Attributes='{"contact_uri":"client:ann"}')
    task = await centre.task(Attributes=json.dumps({"call_sid": CALL_SID, "to": "+15550100"}))
    (offer,) = await centre.offers(task)
    at = f"{centre.path}/Tasks/{task['sid']}/Reservations/{offer['sid']}"
    if instruction == "supervise":
        await centre.caller.change(at, ReservationStatus="accepted")
    await centre.caller.change(at, Instruction=instruction, **SAID[instruction])
    (found,) = await alerts(centre, 1)
    assert found["code"] == CODES[instruction]
    assert found["message"].startswith(f"voice adapter: {instruction}: ")
    assert (found["task_sid"], found["worker_sid"]) == (task["sid"], ann["sid"])
    assert (found["reservation_sid"], found["url"]) == (offer["sid"], None)
    assert f"Instruction={instruction}" in found["request"] or len(found["request"]) == 500
    assert "0p3n" not in json.dumps(found)


async def online(centre: Centre, worker: dict[str, Any]) -> str:
    reply = await centre.caller.post(
        f"{centre.path}/Workers/{worker['sid']}", {"ActivitySid": centre.activities["Available"]}
    )
    return reply.refused(400, 20001)


async def test_one_more_online_than_may_be_is_refused_and_alerted_of(one_online: Centre) -> None:
    centre = one_online
    await centre.worker("Ann")
    bob = await centre.worker("Bob", "Offline")
    said = await online(centre, bob)
    (found,) = await alerts(centre, 1)
    assert (found["code"], found["message"]) == (14240, said)
    assert (found["workspace_sid"], found["worker_sid"]) == (bob["workspace_sid"], bob["sid"])
    assert found["url"] is found["request"] is found["task_sid"] is None


@pytest.mark.parametrize(
    "rejection", [{"ReservationStatus": "rejected"}, {"Instruction": "reject"}]
)
async def test_so_is_one_whom_a_rejection_would_bring_online(
    one_online: Centre, rejection: dict[str, str]
) -> None:
    centre = one_online
    ann = await centre.worker("Ann")
    (offer,) = await centre.offers(await centre.task())
    away, available = centre.activities["Unavailable"], centre.activities["Available"]
    await centre.caller.change(f"{centre.path}/Workers/{ann['sid']}", ActivitySid=away)
    await centre.worker("Bob")
    reply = await centre.caller.post(offer["url"], rejection | {"WorkerActivitySid": available})
    said = reply.refused(400, 20001)
    (found,) = await alerts(centre, 1)
    assert (found["code"], found["message"]) == (14240, said)
    assert found["reservation_sid"] == offer["sid"]


async def test_so_is_one_whom_an_answer_to_a_callback_would_bring_online(
    one_online: Centre,
) -> None:
    centre = one_online
    ann = await centre.worker("Ann")
    go_on = asyncio.Event()
    available = centre.activities["Available"]

    async def answer(form: dict[str, str]) -> web.StreamResponse:
        await go_on.wait()
        return web.json_response({"instruction": "reject", "activity_sid": available})

    async with receiving() as receiver:
        receiver.answer = answer
        await asking(centre, receiver.url + "/")
        task = await centre.task()
        away = centre.activities["Unavailable"]
        await centre.caller.change(f"{centre.path}/Workers/{ann['sid']}", ActivitySid=away)
        await centre.worker("Bob")
        go_on.set()
        (found,) = await alerts(centre, 1)
    assert (found["code"], found["worker_sid"]) == (14240, ann["sid"])
    (offer,) = await centre.offers(task)
    assert offer["reservation_status"] == "pending"
