"""Callbacks are sent by the node that serves the workspace, and by its successor."""

import asyncio
from collections.abc import AsyncIterator

import pytest
from aiohttp import web

from contract.api.caller import SID, TOKEN, Caller, Centre, session_of
from contract.api.receiver import Receiver, receiving
from taskyard.server.app import running
from taskyard.server.config import Config
from taskyard.stores.memory_sharing import SharedMemoryStore


async def becomes(centre: Centre, task_sid: str, status: str) -> None:
    async with asyncio.timeout(60):  # against a hang only
        while True:
            task = await centre.caller.see(f"{centre.path}/Tasks/{task_sid}")
            if task["assignment_status"] == status:
                return
            await asyncio.sleep(0.02)


@pytest.fixture
async def receiver() -> AsyncIterator[Receiver]:
    async with receiving() as receiver:
        yield receiver


async def test_every_event_is_told_once_although_two_nodes_hear_of_it(
    at_first: Caller, at_second: Caller, receiver: Receiver
) -> None:
    centre = await Centre(at_first).open(EventCallbackUrl=receiver.url + "/")
    centre.caller = at_second
    await centre.worker("Ann")
    await centre.task()
    await receiver.until(lambda got: got[-1:] and got[-1]["EventType"] == "reservation.created")
    await asyncio.sleep(0.3)
    sids = [form["Sid"] for form in receiver.got]
    assert len(sids) == len(set(sids))
    shown = await centre.caller.every(f"{centre.path}/Events?PageSize=1000", "events")
    assert sids == [one["sid"] for one in shown][::-1]


async def test_who_takes_a_workspace_over_goes_on_telling_where_the_other_left_off(
    store: SharedMemoryStore, config: Config, receiver: Receiver
) -> None:
    async with session_of(SID, TOKEN) as session, running(config) as second:
        at_second = Caller(second.url, session)
        async with running(config) as first:
            centre = await Centre(Caller(first.url, session)).open(
                EventCallbackUrl=receiver.url + "/"
            )
            centre.caller = at_second
            await centre.task()
        await centre.worker("Ann")
        await receiver.until(
            lambda got: any(one["EventType"] == "reservation.created" for one in got)
        )
        shown = await at_second.every(f"{centre.path}/Events?PageSize=1000", "events")
    told = list(dict.fromkeys(form["Sid"] for form in receiver.got))
    assert told == [one["sid"] for one in shown][::-1]


async def test_who_takes_a_workspace_over_asks_what_to_do_with_its_offers(
    store: SharedMemoryStore, config: Config, receiver: Receiver
) -> None:
    async def accept(form: dict[str, str]) -> web.StreamResponse:
        return web.json_response({"instruction": "accept"})

    receiver.answer = accept
    async with session_of(SID, TOKEN) as session, running(config) as second:
        at_second = Caller(second.url, session)
        async with running(config) as first:
            centre = await Centre(Caller(first.url, session)).open()
            await centre.caller.change(
                f"{centre.path}/Workflows/{centre.workflow['sid']}",
                AssignmentCallbackUrl=receiver.url + "/",
            )
            await centre.worker("Ann")
            centre.caller = at_second
            offered = [(await centre.task())["sid"]]
            # Whose instruction was not carried out before the node left is asked once more.
            await becomes(centre, offered[0], "assigned")
        await centre.worker("Bob")
        offered.append((await centre.task())["sid"])
        await receiver.until(lambda got: len(got) > 1)
        await asyncio.sleep(0.3)
    assert [form["TaskSid"] for form in receiver.got] == offered
