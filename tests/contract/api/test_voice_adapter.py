"""The voice adapter: who places calls is told of every instruction, signed, and once."""

import asyncio
import json
import logging
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import msgspec
import pytest
from aiohttp import web

from taskyard.server.app import running
from taskyard.server.config import Config
from taskyard.server.webhooks import voice_adapter

from .caller import SID, TOKEN, Caller, Centre, session_of
from .receiver import Receiver, receiving
from .test_assignment_callbacks import alerts, asking, saying

CALL_SID = "CA" + "0" * 32


@pytest.fixture
async def adapter() -> AsyncIterator[Receiver]:
    async with receiving() as adapter:
        yield adapter


@pytest.fixture
def config(tmp_path: Path, adapter: Receiver) -> Config:
    return Config(
        database=f"sqlite:///{tmp_path}/taskyard.db",
        port=0,
        account_sid=SID,
        auth_token=TOKEN,
        voice_adapter_url=f"{adapter.url}/calls?from=taskyard#rt=1000&tt=1000",
    )


@pytest.fixture
async def caller() -> AsyncIterator[Caller]:
    async with session_of(SID, TOKEN) as session:
        yield Caller("", session)


async def opened(caller: Caller, url: str) -> Centre:
    caller.url = url
    return await Centre(caller).open()


async def offered(centre: Centre) -> str:
    """The path of an offer of a task that has a call."""
    await centre.worker("Zoë", Attributes='{"contact_uri":"client:zoë"}')
    task = await centre.task(Attributes=json.dumps({"call_sid": CALL_SID, "to": "+15550100"}))
    (offer,) = await centre.offers(task)
    return f"{centre.path}/Tasks/{task['sid']}/Reservations/{offer['sid']}"


async def call(centre: Centre, at: str, number: int) -> None:
    await centre.caller.change(
        at, Instruction="call", CallFrom=f"+{number}", CallUrl="https://a.example/x"
    )


async def test_an_instruction_over_rest_is_told_with_everything_that_was_said(
    config: Config, caller: Caller, adapter: Receiver
) -> None:
    async with running(config) as server:
        centre = await opened(caller, server.url)
        at = await offered(centre)
        form = [
            ("Instruction", "dequeue"),
            ("DequeueFrom", "+15550111"),
            ("DequeueTimeout", "30"),
            ("DequeueStatusCallbackEvent", "answered"),
            ("DequeueStatusCallbackEvent", "completed"),
        ]
        offer = (await caller.post(at, form)).expect(200)
        await adapter.until(lambda got: len(got) == 1)
    (told,) = adapter.got
    sid, age = told.pop("Sid"), told.pop("TaskAge")
    assert sid.startswith("EV")
    assert age.isdigit()
    assert told.pop("TimestampMs")[:10] == told.pop("Timestamp")
    assert json.loads(told.pop("TaskAttributes"))["call_sid"] == CALL_SID
    assert told == {
        "AccountSid": SID,
        "WorkspaceSid": offer["workspace_sid"],
        "WorkflowSid": centre.workflow["sid"],
        "TaskQueueSid": centre.queue["sid"],
        "WorkerSid": offer["worker_sid"],
        "WorkerAttributes": '{"contact_uri":"client:zoë"}',
        "TaskSid": offer["task_sid"],
        "TaskPriority": "0",
        "ReservationSid": offer["sid"],
        "ReservationStatus": "accepted",
        "Instruction": "dequeue",
        "DequeueFrom": "+15550111",
        "DequeueTimeout": "30",
        "DequeueStatusCallbackEvent": "answered,completed",
    }


async def test_an_instruction_in_an_answer_is_told_as_well(
    config: Config, caller: Caller, adapter: Receiver
) -> None:
    async with running(config) as server, receiving() as application:
        application.answer = saying(instruction="conference", end_conference_on_exit=True)
        centre = await opened(caller, server.url)
        await asking(centre, application.url + "/")
        await offered(centre)
        await adapter.until(lambda got: len(got) == 1)
    assert adapter.got[0]["Instruction"] == "conference"
    assert adapter.got[0]["EndConferenceOnExit"] == "true"
    assert adapter.got[0]["ReservationStatus"] == "accepted"


async def test_those_of_one_reservation_come_one_after_another(
    config: Config, caller: Caller, adapter: Receiver
) -> None:
    async def slow(form: dict[str, str]) -> web.StreamResponse:
        await asyncio.sleep(0.02)
        return web.Response()

    adapter.answer = slow
    async with running(config) as server:
        centre = await opened(caller, server.url)
        at = await offered(centre)
        for number in range(10):
            await call(centre, at, number)
        await adapter.until(lambda got: len(got) == 10)
    assert [form["CallFrom"] for form in adapter.got] == [f"+{n}" for n in range(10)]
    assert adapter.most_at_once == 1


async def test_a_restart_tells_what_was_under_way_again_and_nothing_else(
    config: Config, caller: Caller, adapter: Receiver
) -> None:
    held = asyncio.Event()

    async def hold(form: dict[str, str]) -> web.StreamResponse:
        if form["CallFrom"] == "+2" and not held.is_set():
            held.set()
            await asyncio.Event().wait()
        return web.Response()

    adapter.answer = hold
    async with running(config) as server:
        centre = await opened(caller, server.url)
        at = await offered(centre)
        for number in (1, 2, 3):
            await call(centre, at, number)
        await held.wait()
    for number in (4, 5):  # the second time there is nothing to tell
        async with running(config) as server:
            caller.url = server.url
            await adapter.until(lambda got: len(got) >= 4)
            # What would be told wrongly, would be told before this.
            await call(centre, at, number)
            last = f"+{number}"
            await adapter.until(lambda got, last=last: got[-1]["CallFrom"] == last)  # type: ignore[misc]
        assert [form["CallFrom"] for form in adapter.got][:4] == ["+1", "+2", "+2", "+3"]
        assert adapter.got[1]["Sid"] == adapter.got[2]["Sid"]
    assert [form["CallFrom"] for form in adapter.got][4:] == ["+4", "+5"]


async def test_what_was_told_is_kept_while_the_server_runs(
    config: Config, caller: Caller, adapter: Receiver
) -> None:
    async with running(config) as server:
        centre = await opened(caller, server.url)
        await call(centre, await offered(centre), 1)
        sid = centre.path.rpartition("/")[2]
        position = (await server.directory.engine(sid)).position
        async with asyncio.timeout(60):  # against a hang only
            kept = None
            while kept != position:
                await asyncio.sleep(0.1)
                kept = await server.directory.callback_position(f"{sid}/voice")
    assert len(adapter.got) == 1


async def test_what_was_said_while_nobody_looked_is_told_at_the_start(
    config: Config, caller: Caller, adapter: Receiver
) -> None:
    async with running(msgspec.structs.replace(config, voice_adapter_url=None)) as server:
        centre = await opened(caller, server.url)
        at = await offered(centre)
        await call(centre, at, 1)
    async with running(config):
        await adapter.until(lambda got: len(got) == 1)
    assert adapter.got[0]["CallFrom"] == "+1"


async def test_what_comes_too_late_is_not_told_but_alerted_of(
    config: Config, caller: Caller, adapter: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with running(config) as server:
        centre = await opened(caller, server.url)
        at = await offered(centre)
        monkeypatch.setattr(voice_adapter, "STALE_MS", -1)
        await call(centre, at, 1)
        (found,) = await alerts(centre, 1)
    assert found["code"] == 11200
    assert "ten minutes" in found["message"]
    assert found["reservation_sid"] == at.rpartition("/")[2]
    assert adapter.got == []


async def test_nobody_is_called_for_a_reservation_that_is_over(
    config: Config, caller: Caller, adapter: Receiver
) -> None:
    held, go_on = asyncio.Event(), asyncio.Event()

    async def hold(form: dict[str, str]) -> web.StreamResponse:
        held.set()
        await go_on.wait()
        return web.Response()

    adapter.answer = hold
    async with running(config) as server:
        centre = await opened(caller, server.url)
        at = await offered(centre)
        await call(centre, at, 1)
        await held.wait()
        await call(centre, at, 2)
        await caller.change(at, ReservationStatus="rejected")
        go_on.set()
        (found,) = await alerts(centre, 1)
    assert "over before" in found["message"]
    assert [form["CallFrom"] for form in adapter.got] == ["+1"]


@pytest.mark.parametrize(
    ("status", "said"), [(500, "status 500"), (302, "redirects are not followed")]
)
async def test_an_adapter_that_fails_is_alerted_of(
    config: Config, caller: Caller, adapter: Receiver, status: int, said: str
) -> None:
    async def refuse(form: dict[str, str]) -> web.StreamResponse:
        return web.Response(status=status, headers={"Location": "http://169.254.169.254/"})

    adapter.answer = refuse
    async with running(config) as server:
        centre = await opened(caller, server.url)
        at = await offered(centre)
        await call(centre, at, 1)
        (found,) = await alerts(centre, 1)
    assert found["code"] == 11200
    assert found["message"].startswith("voice adapter: call: ")
    assert said in found["message"]
    assert found["event_sid"] == adapter.got[0]["Sid"]
    assert found["task_sid"] == adapter.got[0]["TaskSid"]


async def test_with_an_adapter_the_log_does_not_miss_one(
    config: Config, caller: Caller, adapter: Receiver, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.WARNING):
        async with running(config) as server:
            centre = await opened(caller, server.url)
            await call(centre, await offered(centre), 1)
            await adapter.until(lambda got: len(got) == 1)
    said: list[Any] = [one for one in caplog.records if "no voice adapter" in one.message]
    assert said == []
