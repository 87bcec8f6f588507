"""A request by POST is answered before the frames that it led to reach the channel that asked."""

import asyncio
from pathlib import Path

import pytest

from contract.api.caller import SID, TOKEN, Centre
from taskyard.server.config import Config

from .clients import KEY, SECRET, Bridge, access_token
from .posts.poster import Poster, everything


@pytest.fixture
def config(tmp_path: Path) -> Config:
    return Config(
        database=f"sqlite:///{tmp_path}/taskyard.db",
        port=0,
        account_sid=SID,
        auth_token=TOKEN,
        api_key_sid=KEY,
        api_key_secret=SECRET,
        bridge_hold_ms=300,
    )


@pytest.mark.parametrize("dialect", ["a", "b"])
async def test_the_answer_to_a_post_comes_before_its_frames(
    centre: Centre, bridge: Bridge, dialect: str
) -> None:
    workspace = centre.path.rpartition("/")[2]
    ann = (await centre.worker("Ann"))["sid"]
    at, base, session = f"{centre.path}/Workers/{ann}", centre.caller.url, centre.caller.session
    if dialect == "a":
        poster = Poster(base, session, everything(workspace, ann), ann)
    else:
        poster = Poster(base, session, access_token(workspace, ann), None)
    connect = bridge.a if dialect == "a" else bridge.b
    async with connect(workspace, ann) as client:
        listening = asyncio.create_task(client.frame())
        await poster.post(at, Attributes={"x": 1})
        assert not listening.done()
        await asyncio.sleep(0.05)
        assert not listening.done()
        assert (await listening)["event_type"] == "worker.attributes.update"


async def test_what_others_do_meanwhile_keeps_its_place_behind(
    centre: Centre, bridge: Bridge
) -> None:
    workspace = centre.path.rpartition("/")[2]
    ann = (await centre.worker("Ann"))["sid"]
    poster = Poster(centre.caller.url, centre.caller.session, access_token(workspace, ann), None)
    async with bridge.b(workspace, ann) as client:
        await poster.post(f"{centre.path}/Workers/{ann}", Attributes={"x": 1})
        await centre.task()
        # The order of a socket is kept: what is not held waits behind what is.
        await client.expect("worker.attributes.update", "reservation.created")
