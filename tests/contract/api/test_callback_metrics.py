"""What an operator sees of callbacks and streams: how many, how long, how far behind."""

import asyncio
from collections.abc import AsyncIterator

import pytest
from aiohttp import web

from .caller import Caller, Centre
from .receiver import Receiver, receiving
from .test_assignment_callbacks import asking, saying, until
from .test_metrics import Samples, metrics


@pytest.fixture
async def receiver() -> AsyncIterator[Receiver]:
    async with receiving() as receiver:
        yield receiver


async def metrics_until(caller: Caller, name: tuple[str, str], value: float) -> Samples:
    async with asyncio.timeout(60):  # against a hang only
        while True:
            seen = await metrics(caller)
            if seen[name] == value:
                return seen
            await asyncio.sleep(0.02)


async def test_a_held_receiver_falls_behind_and_one_that_answers_catches_up(
    caller: Caller, receiver: Receiver
) -> None:
    go_on = asyncio.Event()

    async def hold(form: dict[str, str]) -> web.StreamResponse:
        await go_on.wait()
        return web.Response(status=500 if form["EventType"] == "task.created" else 204)

    receiver.answer = hold
    centre = await Centre(caller).open(
        EventCallbackUrl=receiver.url + "/", EventsFilter="workspace.created,task.created"
    )
    await centre.task()
    held = await metrics_until(caller, ("taskyard_event_callbacks_in_flight", ""), 1)
    assert held["taskyard_event_callbacks_behind", ""] > 2
    go_on.set()
    seen = await metrics_until(caller, ("taskyard_event_callbacks_behind", ""), 0)
    assert seen["taskyard_event_callbacks_total", "told"] == 1
    assert seen["taskyard_event_callbacks_total", "failed"] == 1
    assert seen["taskyard_event_callback_seconds_count", ""] == 2
    assert seen["taskyard_event_callbacks_in_flight", ""] == 0


async def test_assignment_callbacks_are_timed(centre: Centre, receiver: Receiver) -> None:
    receiver.answer = saying(instruction="accept")
    await asking(centre, receiver.url + "/")
    await centre.worker("Ann")
    await until(centre, await centre.task(), "accepted")
    seen = await metrics(centre.caller)
    assert seen["taskyard_assignment_callbacks_total", "answered"] == 1
    assert seen["taskyard_assignment_callback_seconds_count", ""] == 1


async def test_streams_are_counted_while_they_are_open(centre: Centre) -> None:
    caller = centre.caller
    url = f"{caller.url}/taskyard/v1{centre.path}/EventStream?after=0"
    async with caller.session.get(url) as response:
        async with asyncio.timeout(60):  # against a hang only
            while b"task-queue.created" not in await response.content.readline():
                pass
        seen = await metrics_until(caller, ("taskyard_event_stream_events_behind", ""), 0)
        assert seen["taskyard_event_streams", ""] == 1
        assert seen["taskyard_event_stream_events_total", ""] > 5
        assert seen["taskyard_event_stream_failures_total", ""] == 0
    await metrics_until(caller, ("taskyard_event_streams", ""), 0)
