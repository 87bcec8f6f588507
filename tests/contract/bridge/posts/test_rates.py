"""Rate limits hold for the bridge as for REST: a workspace has one budget."""

import msgspec
import pytest

from contract.api.caller import Centre
from taskyard.server.config import Config

from .poster import Posters


@pytest.fixture
def config(config: Config) -> Config:
    return msgspec.structs.replace(config, rate_limits={"Task-Create": 2})


async def test_above_the_rate_nothing_is_done(centre: Centre, posters: Posters) -> None:
    ann = (await centre.worker("Ann"))["sid"]
    browsers = (posters.a(ann), posters.b(ann))
    at = f"{centre.path}/Tasks"
    replies = [await one.send("POST", at) for _ in range(12) for one in browsers]
    refused = [one for one in replies if one.status == 429]
    assert refused
    assert "Task-Create" in refused[0].refused(429, 20429)
    assert refused[0].headers["X-Rate-Limit-Limit"] == "2"
    made = [one for one in replies if one.status == 200]
    assert len(made) == len(await centre.caller.every(at, "tasks"))
    assert made[0].headers["X-Rate-Limit-Remaining"] == "1"
