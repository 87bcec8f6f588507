"""Assignment callbacks: an application is asked about every offer, and its answer is followed."""

import asyncio
import itertools
import json
import socket
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web

from taskyard.server.app import running
from taskyard.server.config import Config

from .caller import SID, TOKEN, Caller, Centre, session_of
from .receiver import Receiver, receiving


@pytest.fixture
async def receiver() -> AsyncIterator[Receiver]:
    async with receiving() as receiver:
        yield receiver


def saying(**document: Any) -> Any:
    async def answer(form: dict[str, str]) -> web.StreamResponse:
        return web.json_response(document)

    return answer


async def asking(centre: Centre, url: str, fallback: str = "") -> Centre:
    await centre.caller.change(
        f"{centre.path}/Workflows/{centre.workflow['sid']}",
        AssignmentCallbackUrl=url,
        FallbackAssignmentCallbackUrl=fallback,
    )
    return centre


async def until(centre: Centre, task: dict[str, Any], status: str) -> None:
    """Until one of the task's reservations has that status."""
    async with asyncio.timeout(60):  # against a hang only
        for _ in itertools.count():
            if status in [one["reservation_status"] for one in await centre.offers(task)]:
                break
            await asyncio.sleep(0.02)


async def alerts(centre: Centre, count: int) -> list[dict[str, Any]]:
    url = f"{centre.caller.url}/taskyard/v1/Alerts"
    async with asyncio.timeout(60):  # against a hang only
        while True:
            async with centre.caller.session.get(url) as response:
                found: list[dict[str, Any]] = (await response.json())["alerts"]
            if len(found) >= count:
                return found
            await asyncio.sleep(0.02)


async def test_an_offer_is_accepted_by_the_answer(centre: Centre, receiver: Receiver) -> None:
    receiver.answer = saying(instruction="accept")
    await asking(centre, receiver.url + "/hook?a=1")
    worker = await centre.worker("Ann", Attributes='{"name":"Zoë & co"}')
    task = await centre.task(Attributes='{"n":1}', Priority="7")
    await until(centre, task, "accepted")
    (form,) = receiver.got
    (offer,) = await centre.offers(task)
    assert form.pop("Timestamp").isdigit()
    assert form == {
        "AccountSid": SID,
        "WorkspaceSid": centre.path.rpartition("/")[2],
        "WorkflowSid": centre.workflow["sid"],
        "TaskQueueSid": centre.queue["sid"],
        "WorkerSid": worker["sid"],
        "TaskSid": task["sid"],
        "ReservationSid": offer["sid"],
        "WorkerAttributes": '{"name":"Zoë & co"}',
        "TaskAttributes": '{"n":1}',
        "TaskAge": "0",
        "TaskPriority": "7",
    }


async def test_a_receiver_that_packs_its_answers_if_it_may_is_understood(
    centre: Centre, receiver: Receiver
) -> None:
    async def packing(form: dict[str, str]) -> web.StreamResponse:
        answer = web.json_response({"instruction": "accept"})
        answer.enable_compression()
        return answer

    receiver.answer = packing
    await asking(centre, receiver.url + "/hook")
    await centre.worker("Ann")
    await until(centre, await centre.task(), "accepted")


async def test_a_rejection_moves_the_worker(centre: Centre, receiver: Receiver) -> None:
    offline = centre.activities["Offline"]
    receiver.answer = saying(instruction="reject", activity_sid=offline)
    await asking(centre, receiver.url + "/")
    worker = await centre.worker("Ann")
    task = await centre.task()
    await until(centre, task, "rejected")
    shown = await centre.caller.see(f"{centre.path}/Workers/{worker['sid']}")
    assert shown["activity_sid"] == offline


async def bad_status(form: dict[str, str]) -> web.StreamResponse:
    return web.Response(status=500)


async def redirect(form: dict[str, str]) -> web.StreamResponse:
    raise web.HTTPFound("http://169.254.169.254/")


async def not_json(form: dict[str, str]) -> web.StreamResponse:
    return web.Response(text='{"instruction":"accept"}', content_type="text/html")


async def broken(form: dict[str, str]) -> web.StreamResponse:
    return web.Response(text='{"instruction":', content_type="application/json")


async def flood(form: dict[str, str]) -> web.StreamResponse:
    return web.Response(body=b" " * 3_000_000, content_type="application/json")


async def silence(form: dict[str, str]) -> web.StreamResponse:
    return await asyncio.Event().wait()  # type: ignore[return-value]


@pytest.mark.parametrize(
    ("answer", "code"),
    [
        (bad_status, 11200),
        (redirect, 11200),
        (not_json, 40000),
        (broken, 40001),
        (flood, 11200),
        (silence, 11200),
    ],
)
async def test_the_fallback_is_asked_where_the_first_is_of_no_use(
    centre: Centre, receiver: Receiver, answer: Any, code: int
) -> None:
    receiver.answer = answer
    async with receiving() as fallback:
        fallback.answer = saying(instruction="accept")
        await asking(centre, receiver.url + "/#tt=300", fallback.url + "/")
        await centre.worker("Ann")
        task = await centre.task()
        await until(centre, task, "accepted")
        assert fallback.got == receiver.got
    (found,) = await alerts(centre, 1)
    assert found["code"] == code
    assert found["reservation_sid"] == receiver.got[0]["ReservationSid"]


async def test_an_offer_that_nobody_answers_is_canceled(centre: Centre, receiver: Receiver) -> None:
    receiver.answer = bad_status
    await asking(centre, receiver.url + "/", receiver.url + "/again")
    worker = await centre.worker("Ann")
    task = await centre.task()
    await until(centre, task, "canceled")
    assert receiver.got[0]["ReservationSid"] == receiver.got[1]["ReservationSid"]
    shown = await centre.caller.see(f"{centre.path}/Workers/{worker['sid']}")
    assert shown["activity_name"] == "Available"


@pytest.mark.parametrize(
    ("document", "code"),
    [
        ({"instruction": "dance"}, 55555),
        ({"x": 1}, 40005),
        ({"instruction": "reject", "activity_sid": "WAx"}, 40100),
        ({"instruction": "call", "from": "1", "to": "2"}, 40112),
    ],
)
async def test_an_instruction_that_cannot_be_followed_leaves_the_offer_open(
    centre: Centre, receiver: Receiver, document: dict[str, Any], code: int
) -> None:
    receiver.answer = saying(**document)
    await asking(centre, receiver.url + "/")
    await centre.worker("Ann")
    task = await centre.task()
    (found,) = await alerts(centre, 1)
    assert found["code"] == code
    (offer,) = await centre.offers(task)
    assert offer["reservation_status"] == "pending"


async def test_after_a_restart_only_what_was_not_answered_is_asked_again(
    tmp_path: Path, receiver: Receiver
) -> None:
    config = Config(
        database=f"sqlite:///{tmp_path}/taskyard.db", port=0, account_sid=SID, auth_token=TOKEN
    )

    is_held = asyncio.Event()

    async def hold(form: dict[str, str]) -> web.StreamResponse:
        what = json.loads(form["TaskAttributes"])["what"]
        if what == "held" and not is_held.is_set():
            is_held.set()
            await asyncio.Event().wait()
        return web.json_response({"instruction": "accept"} if what != "open" else {})

    receiver.answer = hold
    async with session_of(SID, TOKEN) as session:
        async with running(config) as server:
            centre = await asking(
                await Centre(Caller(server.url, session)).open(), receiver.url + "/"
            )
            for name in ("Ann", "Bob", "Cy"):
                await centre.worker(name)
            taken = await centre.task(Attributes='{"what":"taken"}')
            await until(centre, taken, "accepted")
            await centre.task(Attributes='{"what":"open"}')
            await receiver.until(lambda got: len(got) == 2)
            await asyncio.sleep(0.3)
            held = await centre.task(Attributes='{"what":"held"}')
            await is_held.wait()
        async with running(config) as server:
            centre.caller.url = server.url
            await until(centre, held, "accepted")
    asked = [json.loads(form["TaskAttributes"])["what"] for form in receiver.got]
    assert asked == ["taken", "open", "held", "held"]


async def test_a_pause_after_failures_never_outlasts_the_offer(
    centre: Centre, receiver: Receiver
) -> None:
    # After seven failures in a row the pause alone would be longer than an offer's four seconds.
    async def fail_often(form: dict[str, str]) -> web.StreamResponse:
        if len(receiver.got) <= 7:
            return web.Response(status=500)
        return web.json_response({"instruction": "accept"})

    receiver.answer = fail_often
    await asking(centre, receiver.url + "/")
    await centre.caller.change(
        f"{centre.path}/Workflows/{centre.workflow['sid']}", TaskReservationTimeout="4"
    )
    worker = await centre.worker("Ann")
    task = await centre.task()
    await until(centre, task, "accepted")
    statuses = [one["reservation_status"] for one in await centre.offers(task)]
    assert statuses.count("canceled") == 7
    assert "timeout" not in statuses
    shown = await centre.caller.see(f"{centre.path}/Workers/{worker['sid']}")
    assert shown["activity_name"] == "Available"


async def test_a_dead_receiver_delays_nobody_else(caller: Caller, receiver: Receiver) -> None:
    receiver.answer = saying(instruction="accept")
    with socket.create_server(("127.0.0.1", 0)) as silent:
        dead = await Centre(caller).open()
        await asking(dead, f"http://127.0.0.1:{silent.getsockname()[1]}/#rt=15000&tt=15000")
        for number in range(6):
            worker = await dead.worker(f"Ann {number}")
            channel = f"{dead.path}/Workers/{worker['sid']}/Channels/default"
            await caller.change(channel, Capacity="20")
        for _ in range(120):
            await dead.task()
        living = await asking(await Centre(caller).open(), receiver.url + "/")
        await living.worker("Bob")
        task = await living.task()
        await until(living, task, "accepted")
        # None of the others had been given up by then.
        assert await alerts(dead, 0) == []
