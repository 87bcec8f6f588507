"""Event callbacks: an application is told of everything it wants, in order, whatever it does."""

import asyncio
import itertools
import json
import socket
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web

from taskyard.engine import Directory
from taskyard.server.app import Running, running
from taskyard.server.config import Config
from taskyard.server.webhooks import event_telling

from .caller import SID, TOKEN, Caller, Centre, session_of
from .receiver import Receiver, receiving


@pytest.fixture
async def receiver() -> AsyncIterator[Receiver]:
    async with receiving() as receiver:
        yield receiver


async def open_centre(caller: Caller, receiver: Receiver, path: str = "/", **more: str) -> Centre:
    return await Centre(caller).open(EventCallbackUrl=receiver.url + path, **more)


async def shown(centre: Centre) -> list[dict[str, Any]]:
    return (await centre.caller.every(f"{centre.path}/Events?PageSize=1000", "events"))[::-1]


async def alerts(centre: Centre, query: str = "") -> list[dict[str, Any]]:
    url = f"{centre.caller.url}/taskyard/v1/Alerts{query}"
    async with centre.caller.session.get(url) as response:
        assert response.status == 200, await response.text()
        found: list[dict[str, Any]] = (await response.json())["alerts"]
        return found


async def alerts_until(centre: Centre, count: int) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    async with asyncio.timeout(60):  # against a hang only
        for _ in itertools.count():
            found = await alerts(centre)
            if len(found) >= count:
                break
            await asyncio.sleep(0.05)
    return found


async def test_everything_is_told_in_order_from_the_very_first(
    caller: Caller, receiver: Receiver
) -> None:
    centre = await open_centre(caller, receiver, "/hook?a=1&b=%20")
    await centre.worker("Ann")
    await centre.task(Attributes='{"name":"Zoë & co"}')
    events = await shown(centre)
    await receiver.until(lambda got: len(got) == len(events))
    assert [form["Sid"] for form in receiver.got] == [one["sid"] for one in events]
    assert receiver.types[0] == "workspace.created"
    assert receiver.most_at_once == 1
    created = next(form for form in receiver.got if form["EventType"] == "task.created")
    assert created["TaskAttributes"] == '{"name":"Zoë & co"}'
    for form, event in zip(receiver.got, events, strict=True):
        assert form["EventDescription"] == event["description"]
    assert all(one["I-Twilio-Idempotency-Token"] for one in receiver.headers)


async def test_only_the_wanted_types_are_told_by_the_wish_of_the_moment(
    caller: Caller, receiver: Receiver
) -> None:
    centre = await open_centre(caller, receiver, EventsFilter=" task.created , nonsense")
    await centre.task()
    await caller.change(centre.path, EventsFilter="worker.created")
    await centre.task()
    await centre.worker("Ann")
    await caller.change(centre.path, EventCallbackUrl="")
    await centre.worker("Bob")
    await caller.change(centre.path, EventCallbackUrl=receiver.url + "/", EventsFilter="")
    await receiver.until(lambda got: len(got) == 3)
    assert receiver.types == ["task.created", "worker.created", "workspace.updated"]


async def test_a_telling_that_begins_late_begins_where_the_receiver_was_named(
    caller: Caller, receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    begin = asyncio.Event()
    position_of = Directory.callback_position

    async def late(self: Directory, name: str) -> int | None:
        await begin.wait()
        return await position_of(self, name)

    monkeypatch.setattr(Directory, "callback_position", late)
    centre = await open_centre(caller, receiver, EventsFilter="task.created")
    await centre.task()
    await caller.change(centre.path, EventsFilter="worker.created")
    await centre.worker("Ann")
    begin.set()
    await receiver.until(lambda got: len(got) == 2)
    assert receiver.types == ["task.created", "worker.created"]


async def test_the_old_name_of_an_activity_change_still_wants_it(
    caller: Caller, receiver: Receiver
) -> None:
    centre = await open_centre(caller, receiver, EventsFilter="worker.activity")
    ann = await centre.worker("Ann")
    at = f"{centre.path}/Workers/{ann['sid']}"
    await caller.change(at, ActivitySid=centre.activities["Offline"])
    await receiver.until(lambda got: len(got) == 1)
    assert receiver.types == ["worker.activity.update"]
    assert (await caller.see(centre.path))["events_filter"] == "worker.activity"


async def test_a_dead_receiver_is_alerted_of_and_slows_nobody(
    caller: Caller, receiver: Receiver
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        port = silent.getsockname()[1]
        dead = await Centre(caller).open(EventCallbackUrl=f"http://127.0.0.1:{port}/#rt=100&tt=100")
        living = await open_centre(caller, receiver)
        events = await shown(living)
        await receiver.until(lambda got: len(got) == len(events))
        found = await alerts_until(dead, 1)
    first = found[-1]
    assert first["code"] == 11200
    assert first["workspace_sid"] == dead.path.rpartition("/")[2]
    assert first["url"] == f"http://127.0.0.1:{port}/#rt=100&tt=100"
    assert first["message"] == "event callback: it did not answer in time"
    assert first["event_sid"].startswith("EV")
    assert await alerts(living, f"?WorkspaceSid={living.path.rpartition('/')[2]}") == []


@pytest.mark.parametrize(
    ("status", "fragment", "attempts"),
    [(500, "", 1), (500, "#rp=5xx&rc=2", 3), (404, "#rp=5xx&rc=2", 1), (404, "#rp=all&rc=1", 2)],
)
async def test_an_error_is_tried_again_as_the_address_says_and_then_given_up(
    caller: Caller, receiver: Receiver, status: int, fragment: str, attempts: int
) -> None:
    async def refuse(form: dict[str, str]) -> web.Response:
        return web.Response(status=status)

    receiver.answer = refuse
    centre = await open_centre(
        caller, receiver, "/x" + fragment, EventsFilter="workspace.created,task.created"
    )
    await centre.task()
    await receiver.until(lambda got: len(got) == 2 * attempts)
    assert receiver.types == ["workspace.created"] * attempts + ["task.created"] * attempts
    tokens = [one["I-Twilio-Idempotency-Token"] for one in receiver.headers]
    assert len(set(tokens)) == 2
    found = await alerts_until(centre, 2)
    assert {one["code"] for one in found} == {11200}
    assert f"status {status}" in found[0]["message"]


async def odd(form: dict[str, str]) -> web.StreamResponse:
    if form["EventType"] == "workspace.created":
        raise web.HTTPFound("http://169.254.169.254/")
    if form["EventType"] == "task-channel.created":
        return web.Response(body=b"\xff\xfe not json", content_type="text/html")
    return web.Response(status=500, body=b"x" * 3_000_000)


async def test_redirects_floods_and_rubbish_are_bounded(caller: Caller, receiver: Receiver) -> None:
    receiver.answer = odd
    wanted = "workspace.created,task-channel.created,task.created"
    centre = await open_centre(caller, receiver, EventsFilter=wanted)
    await centre.task()
    await receiver.until(lambda got: "task.created" in (form["EventType"] for form in got))
    # One for the workspace, one for each of its task channels, one for the task.
    channels = await caller.every(f"{centre.path}/TaskChannels", "channels")
    found = await alerts_until(centre, len(channels) + 2)
    assert "status 500" in found[0]["message"]
    assert found[-1]["message"] == "event callback: redirects are not followed"
    assert {one["code"] for one in found} == {11200, 40000}
    assert all(len(one["response"] or "") <= 500 for one in found)


async def test_a_restart_goes_on_where_it_was(tmp_path: Path, receiver: Receiver) -> None:
    config = Config(
        database=f"sqlite:///{tmp_path}/taskyard.db", port=0, account_sid=SID, auth_token=TOKEN
    )
    held = asyncio.Event()

    async def hold(form: dict[str, str]) -> web.StreamResponse:
        if form["EventType"] == "task.created" and not held.is_set():
            held.set()
            await asyncio.Event().wait()
        return web.Response(status=204)

    receiver.answer = hold
    async with session_of(SID, TOKEN) as session:
        async with running(config) as server:
            centre = await open_centre(Caller(server.url, session), receiver)
            await centre.task()
            await held.wait()
            told = len(receiver.got)

        def is_complete(got: list[dict[str, str]]) -> bool:
            return len(got) == len(events) + 1

        for _ in range(2):  # the second time there is nothing new to tell
            async with running(config) as server:
                centre.caller.url = server.url
                events = await shown(centre)
                await receiver.until(is_complete)
    sids = [form["Sid"] for form in receiver.got]
    # The one that was under way came again, and no other.
    assert sids[told] == sids[told - 1]
    assert sids[: told - 1] + sids[told:] == [one["sid"] for one in events]


async def test_several_may_be_under_way_and_a_restart_loses_none(
    tmp_path: Path, receiver: Receiver
) -> None:
    config = Config(
        database=f"sqlite:///{tmp_path}/taskyard.db",
        port=0,
        account_sid=SID,
        auth_token=TOKEN,
        event_callbacks_at_once=3,
    )
    several = asyncio.Event()

    async def hold(form: dict[str, str]) -> web.StreamResponse:
        if form["EventType"] == "task.created" and not several.is_set():
            if receiver.at_once == 3:
                several.set()
            await asyncio.Event().wait()
        return web.Response(status=204)

    receiver.answer = hold
    async with session_of(SID, TOKEN) as session:
        async with running(config) as server:
            centre = await open_centre(Caller(server.url, session), receiver)
            for _ in range(4):
                await centre.task()
            await several.wait()
            held = {one["Sid"] for one in receiver.got if one["EventType"] == "task.created"}
        async with running(config) as server:
            centre.caller.url = server.url
            events = {one["sid"] for one in await shown(centre)}
            await receiver.until(lambda got: {one["Sid"] for one in got} == events)
            await receiver.until(lambda got: sum(one["Sid"] in held for one in got) >= 6)
    assert receiver.most_at_once == 3
    assert len(held) == 3


async def test_an_event_that_could_not_be_told_for_a_day_is_told_no_more(
    server: Running, caller: Caller, receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(event_telling, "STALE_MS", 0)
    centre = await open_centre(caller, receiver)
    sid = centre.path.rpartition("/")[2]
    until = (await server.directory.engine(sid)).position
    async with asyncio.timeout(60):  # against a hang only
        for _ in itertools.count():
            if (await server.directory.callback_position(sid) or 0) >= until:
                break
            await asyncio.sleep(0.05)
    assert receiver.got == []
    monkeypatch.setattr(event_telling, "STALE_MS", 60_000)
    await centre.worker("Ann")
    await receiver.until(lambda got: len(got) == 1)
    assert receiver.types == ["worker.created"]


async def test_a_deleted_workspace_says_so_last(caller: Caller, receiver: Receiver) -> None:
    centre = await open_centre(caller, receiver, EventsFilter="workspace.deleted")
    await caller.delete(centre.path)
    await receiver.until(lambda got: len(got) == 1)
    assert receiver.types == ["workspace.deleted"]


async def test_a_workspace_that_names_a_receiver_late_is_told_from_then_on(
    server: Running, centre: Centre, receiver: Receiver
) -> None:
    await centre.task()
    await centre.caller.change(centre.path, EventCallbackUrl=receiver.url + "/")
    await centre.worker("Ann")
    await receiver.until(lambda got: any(f["EventType"] == "worker.created" for f in got))
    assert receiver.types[:2] == ["workspace.updated", "worker.created"]


@pytest.mark.parametrize("query", ["?Limit=0", "?Limit=1001", "?Before=0", "?WorkspaceSid=x"])
async def test_alerts_that_cannot_be_asked_for_are_refused(centre: Centre, query: str) -> None:
    url = f"{centre.caller.url}/taskyard/v1/Alerts{query}"
    async with centre.caller.session.get(url) as response:
        assert response.status == 400
        assert json.loads(await response.text())["code"] == 20001


async def test_an_offer_that_follows_one_in_vain_says_why_the_task_came_back(
    caller: Caller, receiver: Receiver
) -> None:
    centre = await open_centre(caller, receiver, EventsFilter="reservation.created")
    await centre.worker("Ann")
    task = await centre.task()
    (offer,) = await centre.offers(task)
    path = f"{centre.path}/Tasks/{task['sid']}/Reservations/{offer['sid']}"
    await caller.change(path, ReservationStatus="rejected")
    await receiver.until(lambda got: len(got) == 2)
    assert "TaskReEvaluatedReason" not in receiver.got[0]
    assert receiver.got[1]["TaskReEvaluatedReason"] == "reservation_rejected"
    shown_last = (await shown(centre))[-1]
    assert shown_last["event_data"]["task_re_evaluated_reason"] == "reservation_rejected"


async def test_each_event_of_an_offer_to_a_known_worker_says_who_that_was(
    caller: Caller, receiver: Receiver
) -> None:
    types = ("reservation.created", "reservation.rejected", "reservation.accepted")
    centre = await open_centre(caller, receiver, EventsFilter=",".join(types))
    ann = await centre.worker("Ann")
    queue = centre.queue["sid"]
    baker = {
        "expression": "baker != null",
        "targets": [{"queue": queue, "known_worker_friendly_name": "task.baker"}],
    }
    rules = {"task_routing": {"filters": [baker], "default_filter": {"queue": queue}}}
    path = f"{centre.path}/Workflows/{centre.workflow['sid']}"
    await caller.change(path, Configuration=json.dumps(rules))
    hers = await centre.task(Attributes='{"baker":"ann"}')
    path = f"{centre.path}/Tasks/{hers['sid']}"
    for status in ("rejected", "accepted"):
        offers = await centre.offers(hers)
        offer = next(one for one in offers if one["reservation_status"] == "pending")
        await caller.change(f"{path}/Reservations/{offer['sid']}", ReservationStatus=status)
    await caller.change(path, AssignmentStatus="completed")
    anybodys = await centre.task()
    await receiver.until(lambda got: len(got) == 5)
    *of_hers, of_anybodys = receiver.got
    assert [told["KnownWorkerSid"] for told in of_hers] == [ann["sid"]] * 4
    assert of_anybodys["TaskSid"] == anybodys["sid"]
    assert "KnownWorkerSid" not in of_anybodys
    data = [one["event_data"] for one in await shown(centre) if one["event_type"] in types]
    assert [one.get("known_worker_sid") for one in data] == [ann["sid"]] * 4 + [None]
