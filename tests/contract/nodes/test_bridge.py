"""The event bridge on a node that does not serve the workspace."""

import asyncio

import pytest

from contract.api.caller import Caller, Centre
from contract.bridge.clients import Bridge, access_token
from contract.bridge.posts.poster import Poster, everything


@pytest.fixture
def bridge(centre: Centre) -> Bridge:
    return Bridge(centre.caller)


@pytest.mark.parametrize("dialect", ["a", "b"])
@pytest.mark.parametrize("through", ["the following node", "the serving node"])
async def test_the_answer_comes_before_the_frames_whichever_node_is_asked(
    centre: Centre, at_first: Caller, bridge: Bridge, dialect: str, through: str
) -> None:
    workspace = centre.path.rpartition("/")[2]
    ann = (await centre.worker("Ann"))["sid"]
    asked = at_first if through == "the serving node" else centre.caller
    if dialect == "a":
        poster = Poster(asked.url, asked.session, everything(workspace, ann), ann)
    else:
        poster = Poster(asked.url, asked.session, access_token(workspace, ann), None)
    connect = bridge.a if dialect == "a" else bridge.b
    async with connect(workspace, ann) as client:
        listening = asyncio.create_task(client.frame())
        changed = await poster.post(f"{centre.path}/Workers/{ann}", Attributes={"x": 1})
        assert changed["attributes"] in ({"x": 1}, '{"x":1}', '{"x": 1}')
        await asyncio.sleep(0.05)
        assert not listening.done()
        assert (await listening)["event_type"] == "worker.attributes.update"


async def test_a_frame_waits_for_an_answer_that_takes_long(
    centre: Centre, bridge: Bridge, monkeypatch: pytest.MonkeyPatch
) -> None:
    from taskyard.server.forwarding import Forwarding

    told = Forwarding._sent

    async def late(*args: object) -> object:
        answer = await told(*args)  # type: ignore[arg-type]
        await asyncio.sleep(0.5)
        return answer

    workspace = centre.path.rpartition("/")[2]
    ann = (await centre.worker("Ann"))["sid"]
    poster = Poster(centre.caller.url, centre.caller.session, access_token(workspace, ann), None)
    monkeypatch.setattr(Forwarding, "_sent", late)
    async with bridge.b(workspace, ann) as client:
        listening = asyncio.create_task(client.frame())
        await poster.post(f"{centre.path}/Workers/{ann}", Attributes={"x": 1})
        assert not listening.done()
        assert (await listening)["event_type"] == "worker.attributes.update"


async def test_an_offer_is_seen_and_answered_through_a_following_node(
    centre: Centre, bridge: Bridge
) -> None:
    workspace = centre.path.rpartition("/")[2]
    ann = (await centre.worker("Ann"))["sid"]
    poster = Poster(centre.caller.url, centre.caller.session, access_token(workspace, ann), None)
    async with bridge.b(workspace, ann) as client:
        await centre.task()
        [offer] = await client.expect("reservation.created")
        at = f"{centre.path}/Workers/{ann}/Reservations/{offer['sid']}"
        await poster.post(at, ReservationStatus="accepted")
        await client.expect("reservation.accepted")


async def test_what_a_token_does_not_open_is_refused_by_the_serving_node(centre: Centre) -> None:
    workspace = centre.path.rpartition("/")[2]
    ann, bob = (await centre.worker("Ann"))["sid"], (await centre.worker("Bob"))["sid"]
    poster = Poster(centre.caller.url, centre.caller.session, access_token(workspace, ann), None)
    reply = await poster.send("POST", f"{centre.path}/Workers/{bob}", {"Attributes": "{}"})
    reply.refused(403, 20403)


async def test_a_worker_who_leaves_a_following_node_goes_offline(
    centre: Centre, bridge: Bridge
) -> None:
    workspace = centre.path.rpartition("/")[2]
    ann = (await centre.worker("Ann"))["sid"]
    query = "closeExistingSessions=false&setWorkerOfflineIfDisconnected=true"
    async with bridge.b(workspace, ann, query):
        pass
    async with asyncio.timeout(30):  # against a hang only
        while True:
            seen = await centre.caller.see(f"{centre.path}/Workers/{ann}")
            if seen["activity_name"] == "Offline":
                return
            await asyncio.sleep(0.02)
