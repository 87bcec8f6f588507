"""Answer first, then broadcast: what a bridge request caused waits, and nothing else does."""

import asyncio
from collections.abc import Awaitable

import pytest

from contract.api.caller import Centre
from taskyard.core.causes import Cause
from taskyard.core.commands import AcceptReservation, Command, DeleteWorker, UpdateWorker
from taskyard.server import asgi
from taskyard.server.app import Running
from taskyard.server.bridge.holding import Holding

from .clients import Bridge
from .test_connecting import workspace_of


@pytest.fixture(autouse=True)
def holdings(monkeypatch: pytest.MonkeyPatch) -> list[Holding]:
    """What the servers of a test hold back with, as the other half of the bridge is given it."""
    made: list[Holding] = []

    class Noted(Holding):
        def __init__(self, hold_s: float) -> None:
            super().__init__(hold_s)
            made.append(self)

    monkeypatch.setattr(asgi, "Holding", Noted)
    return made


class Asking:
    """A request over the bridge, whose answer is written when the test says so."""

    def __init__(self, server: Running, holding: Holding, workspace: str, worker: str) -> None:
        self.server = server
        self.holding = holding
        self.workspace = workspace
        self.worker = worker
        self.answered = asyncio.Event()
        self.decided = asyncio.Event()

    async def ask(self, command: Command) -> None:
        cause = Cause("worker", self.worker)
        with self.holding.of(cause, self.worker):
            engine = await self.server.directory.engine(self.workspace)
            await engine.ask(command, lambda _state, _decided: None, cause=cause)
            self.decided.set()
            await self.answered.wait()


async def during(asking: Asking, command: Command, checks: Awaitable[None]) -> None:
    """Ask, make checks while the answer is under way, and write it."""
    request = asyncio.create_task(asking.ask(command))
    await asking.decided.wait()
    await checks
    asking.answered.set()
    await request


async def test_frames_to_who_asked_follow_the_answer_and_later_ones_queue_behind(
    server: Running, bridge: Bridge, centre: Centre, holdings: list[Holding]
) -> None:
    worker = await centre.worker("alice")
    workspace, sid = workspace_of(centre), worker["sid"]
    async with bridge.b(workspace, sid) as client:
        await centre.task()
        (offer,) = await client.expect("reservation.created")
        asking = Asking(server, holdings[-1], workspace, sid)

        async def checks() -> None:
            await centre.caller.change(f"{centre.path}/Workers/{sid}", Attributes='{"later":1}')
            await client.expect_nothing()

        await during(asking, AcceptReservation(reservation_sid=offer["sid"]), checks())
        await client.expect("reservation.accepted", "worker.attributes.update")


async def test_each_of_two_requests_under_way_is_held_until_its_own_answer(
    server: Running, bridge: Bridge, centre: Centre, holdings: list[Holding]
) -> None:
    worker = await centre.worker("alice")
    workspace, sid = workspace_of(centre), worker["sid"]
    first, second = (Asking(server, holdings[-1], workspace, sid) for _ in range(2))
    async with bridge.b(workspace, sid) as client:

        async def checks() -> None:
            change = UpdateWorker(worker_sid=sid, attributes='{"number":2}')
            inner = asyncio.create_task(second.ask(change))
            await second.decided.wait()
            first.answered.set()
            (told,) = await client.expect("worker.attributes.update")
            assert told["attributes"] == '{"number":1}'
            await client.expect_nothing()
            second.answered.set()
            await inner

        await during(first, UpdateWorker(worker_sid=sid, attributes='{"number":1}'), checks())
        (told,) = await client.expect("worker.attributes.update")
        assert told["attributes"] == '{"number":2}'


async def test_frames_to_others_do_not_wait(
    server: Running, bridge: Bridge, centre: Centre, holdings: list[Holding]
) -> None:
    await centre.caller.change(
        f"{centre.path}/TaskQueues/{centre.queue['sid']}", MaxReservedWorkers="2"
    )
    alice, bob = await centre.worker("alice"), await centre.worker("bob")
    workspace = workspace_of(centre)
    async with bridge.b(workspace, alice["sid"]) as a, bridge.b(workspace, bob["sid"]) as b:
        await centre.task()
        (offer,) = await a.expect("reservation.created")
        await b.expect("reservation.created")
        asking = Asking(server, holdings[-1], workspace, alice["sid"])

        async def checks() -> None:
            await b.expect("reservation.rescinded")
            await a.expect_nothing()

        await during(asking, AcceptReservation(reservation_sid=offer["sid"]), checks())
        await a.expect("reservation.accepted")


async def test_an_equal_cause_of_another_request_holds_nothing_back(
    server: Running, bridge: Bridge, centre: Centre, holdings: list[Holding]
) -> None:
    worker = await centre.worker("alice")
    workspace, sid = workspace_of(centre), worker["sid"]
    async with bridge.b(workspace, sid) as client:
        with holdings[-1].of(Cause("worker", sid), sid):
            engine = await server.directory.engine(workspace)
            change = UpdateWorker(worker_sid=sid, attributes="{}", friendly_name="Alice")
            await engine.ask(change, lambda _s, _d: None, cause=Cause("worker", sid))
            await client.expect("worker.attributes.update")


async def test_who_deletes_their_own_channel_has_the_answer_before_the_farewell(
    server: Running, bridge: Bridge, centre: Centre, holdings: list[Holding]
) -> None:
    worker = await centre.worker("alice", "Offline")
    workspace, sid = workspace_of(centre), worker["sid"]
    async with bridge.a(workspace, sid) as client:
        asking = Asking(server, holdings[-1], workspace, sid)
        await during(asking, DeleteWorker(worker_sid=sid), client.expect_nothing())
        assert await client.closed() == 1001


async def test_a_turn_that_was_decided_before_the_session_began_is_not_told_to_it(
    server: Running, bridge: Bridge, centre: Centre, monkeypatch: pytest.MonkeyPatch
) -> None:
    worker = await centre.worker("alice")
    workspace, sid = workspace_of(centre), worker["sid"]
    engine = await server.directory.engine(workspace)
    append, decided, kept = engine._journal.append, asyncio.Event(), asyncio.Event()

    async def slowly(*args: object, **named: object) -> None:
        decided.set()
        await append(*args, **named)  # type: ignore[arg-type]
        await kept.wait()

    token_is_good = engine.read

    async def at_once(render: object) -> object:
        # As if the session had asked a moment before the turn was decided.
        return True

    monkeypatch.setattr(engine._journal, "append", slowly)
    creating = asyncio.create_task(centre.task())
    await decided.wait()
    monkeypatch.setattr(engine, "read", at_once)
    async with bridge.b(workspace, sid) as client:
        monkeypatch.setattr(engine, "read", token_is_good)
        kept.set()
        await creating
        await client.expect_nothing()
        await centre.caller.change(f"{centre.path}/Workers/{sid}", Attributes='{"later":1}')
        await client.expect("worker.attributes.update")
