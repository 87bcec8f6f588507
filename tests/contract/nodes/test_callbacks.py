"""Callbacks are sent by the node that serves the workspace, and by its successor."""

import asyncio
import json
from collections.abc import AsyncIterator

import pytest
from aiohttp import web

from contract.api.caller import SID, TOKEN, Caller, Centre, session_of
from contract.api.receiver import Receiver, receiving
from taskyard.server.app import running
from taskyard.server.config import Config
from taskyard.stores.memory_sharing import SharedMemoryStore


@pytest.fixture
async def receiver() -> AsyncIterator[Receiver]:
    async with receiving() as receiver:
        yield receiver


async def test_every_event_is_told_once_although_two_nodes_hear_of_it(
    at_first: Caller, at_second: Caller, receiver: Receiver
) -> None:
    centre = await Centre(at_first).open(EventCallbackUrl=receiver.url)
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
            centre = await Centre(Caller(first.url, session)).open(EventCallbackUrl=receiver.url)
            centre.caller = at_second
            await centre.task()
        await centre.worker("Ann")
        await receiver.until(
            lambda got: any(one["EventType"] == "reservation.created" for one in got)
        )
        shown = await at_second.every(f"{centre.path}/Events?PageSize=1000", "events")
    told = list(dict.fromkeys(form["Sid"] for form in receiver.got))
    assert told == [one["sid"] for one in shown][::-1]


async def test_an_offer_whose_answer_was_lost_with_its_node_is_asked_about_by_the_next(
    store: SharedMemoryStore, config: Config, receiver: Receiver
) -> None:
    never = asyncio.Event()

    async def hang(form: dict[str, str]) -> web.StreamResponse:
        await never.wait()
        raise AssertionError

    async def accept(form: dict[str, str]) -> web.StreamResponse:
        return web.json_response({"instruction": "accept"})

    receiver.answer = hang
    async with session_of(SID, TOKEN) as session, running(config) as second:
        at_second = Caller(second.url, session)
        async with running(config) as first:
            centre = await Centre(Caller(first.url, session)).open()
            queue = centre.queue["sid"]
            routing = {"task_routing": {"filters": [], "default_filter": {"queue": queue}}}
            workflow = await centre.caller.make(
                f"{centre.path}/Workflows",
                FriendlyName="Asks",
                Configuration=json.dumps(routing),
                AssignmentCallbackUrl=receiver.url,
            )
            centre.caller = at_second
            await centre.worker("Ann")
            task = await centre.task(WorkflowSid=workflow["sid"])
            await receiver.until(lambda got: len(got) == 1)
            receiver.answer = accept
        await receiver.until(lambda got: len(got) == 2)
        async with asyncio.timeout(30):  # against a hang only
            while (await centre.offers(task))[0]["reservation_status"] != "accepted":
                await asyncio.sleep(0.02)
    assert receiver.got[0]["ReservationSid"] == receiver.got[1]["ReservationSid"]
