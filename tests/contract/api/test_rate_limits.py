"""Rate limits and a second secret, as an operator sets them."""

from collections.abc import AsyncIterator

import pytest

from taskyard.server.app import Running, running
from taskyard.server.config import Config

from .caller import SID, TOKEN, Caller, Centre, session_of

NEXT_TOKEN = "n" * 32
RATES = {"Task-List-EvaluateTaskAttributes": 1, "Activity-Create": 2}


@pytest.fixture
async def server() -> AsyncIterator[Running]:
    config = Config(
        database="memory://",
        port=0,
        account_sid=SID,
        auth_token=NEXT_TOKEN,
        secondary_auth_token=TOKEN,
        rate_limits=RATES,
    )
    async with running(config) as server:
        yield server


async def test_both_secrets_are_good(server: Running) -> None:
    for token, status in ((TOKEN, 200), (NEXT_TOKEN, 200), ("other", 401)):
        async with session_of(SID, token) as session:
            assert (await Caller(server.url, session).get("/Workspaces")).status == status


async def test_above_the_rate_nothing_is_done_and_the_answer_says_why(centre: Centre) -> None:
    at = f"{centre.path}/Activities"
    answers = [await centre.caller.post(at, {"FriendlyName": f"A{n}"}) for n in range(30)]
    refused = [answer for answer in answers if answer.status == 429]
    assert refused
    message = refused[0].refused(429, 20429)
    assert message == "Too Many Requests: Activity-Create is limited to 2 a second"
    assert refused[0].headers["X-Rate-Limit-Limit"] == "2"
    assert refused[0].headers["X-Rate-Limit-Remaining"] == "0"
    assert refused[0].headers["X-Rate-Limit-Config"] == "Activity-Create"
    made = [one for one in answers if one.status == 201]
    assert made[0].headers["X-Rate-Limit-Remaining"] == "1"
    names = [one["friendly_name"] for one in await centre.caller.every(at, "activities")]
    assert names[3:] == [answer.json["friendly_name"] for answer in made]


async def test_an_expensive_filter_is_counted_apart(centre: Centre) -> None:
    at = f"{centre.path}/Tasks"
    headers = [(await centre.caller.get(at)).headers for _ in range(5)]
    assert {one["X-Rate-Limit-Config"] for one in headers} == {"Task-List"}
    assert "X-Rate-Limit-Limit" not in headers[0]
    seen = [
        (await centre.caller.get(f"{at}?EvaluateTaskAttributes=a%3D%3D1")).status for _ in range(9)
    ]
    assert seen[0] == 200
    assert 429 in seen


async def test_an_error_has_the_headers_too(centre: Centre) -> None:
    reply = await centre.caller.get(f"{centre.path}/Tasks/WT{'0' * 32}")
    reply.refused(404, 20404)
    assert reply.headers["X-Rate-Limit-Config"] == "Task-Fetch"
