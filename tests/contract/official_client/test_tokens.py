"""The official library's tokens open ours, and it reads those that we make."""

import time
from typing import Any

import pytest
from twilio.jwt.access_token import AccessToken as OfficialAccessToken
from twilio.jwt.access_token.grants import TaskRouterGrant
from twilio.jwt.taskrouter.capabilities import (
    TaskQueueCapabilityToken,
    WorkerCapabilityToken,
    WorkspaceCapabilityToken,
)

from taskyard.client import (
    AccessToken,
    TaskQueueCapability,
    WorkerCapability,
    WorkspaceCapability,
)
from taskyard.engine.credentials import Credentials
from taskyard.server.bearers import Bearer, may_connect, may_post, permits
from taskyard.server.tokens import Tokens
from taskyard.stores import Account, ApiKey
from taskyard.stores.memory import MemoryStore

AC, SK, WS, WK, WQ = (prefix + "0" * 31 + "1" for prefix in ("AC", "SK", "WS", "WK", "WQ"))
SECRET, KEY_SECRET = "s" * 32, "k" * 32
W = f"/v1/Workspaces/{WS}"


def now_ms() -> int:
    return time.time_ns() // 1_000_000


@pytest.fixture
async def tokens() -> Tokens:
    store = MemoryStore()
    await store.keep_account(Account(AC, SECRET))
    await store.keep_api_key(ApiKey(sid=SK, account_sid=AC, secret=KEY_SECRET, created_ms=0))
    credentials = Credentials(store, now_ms, lambda n: b"\x01" * n)
    await credentials.open()
    return Tokens(credentials, now_ms, strict=True)


def may(bearer: Bearer, method: str, path: str, **form: str) -> bool:
    values = {name: [value] for name, value in form.items()}
    return permits(bearer, method, W + path, {}, values, lambda _look: False)


async def test_an_official_workers_token_opens_what_it_says(tokens: Tokens) -> None:
    made = WorkerCapabilityToken(AC, SECRET, WS, WK, allow_update_activities=True)
    bearer = await tokens.verify(made.to_jwt())
    assert (bearer.channel_sid, may_connect(bearer), may_post(bearer)) == (WK, True, True)
    worker = f"/Workers/{WK}"
    for path in (worker, worker + "/Reservations", "/Activities", "/Tasks", "/Tasks/WT1"):
        assert may(bearer, "GET", path), path
    assert may(bearer, "POST", worker, ActivitySid="WA1")
    assert not may(bearer, "POST", worker, Attributes="{}")
    assert not may(bearer, "POST", worker + "/Reservations/WR1", ReservationStatus="accepted")
    assert not may(bearer, "GET", worker + "/Channels")
    assert not may(bearer, "GET", "/Workers")


async def test_an_official_task_queues_token_opens_what_it_says(tokens: Tokens) -> None:
    made = TaskQueueCapabilityToken(AC, SECRET, WS, WQ, allow_fetch_subresources=True)
    bearer = await tokens.verify(made.to_jwt())
    assert bearer.channel_sid == WQ
    assert may(bearer, "GET", f"/TaskQueues/{WQ}/Statistics", Minutes="5")
    assert not may(bearer, "POST", f"/TaskQueues/{WQ}")


async def test_an_official_workspaces_token_opens_what_it_says(tokens: Tokens) -> None:
    made = WorkspaceCapabilityToken(AC, SECRET, WS, allow_update_subresources=True)
    bearer = await tokens.verify(made.to_jwt(ttl=60))
    assert bearer.channel_sid == WS
    assert may(bearer, "GET", "")
    assert may(bearer, "POST", "/Workers/WK1", FriendlyName="x")
    assert not may(bearer, "DELETE", "/Workers/WK1")


async def test_an_official_token_without_the_bridge_may_not_connect(tokens: Tokens) -> None:
    made = WorkerCapabilityToken(AC, SECRET, WS, WK, allow_web_sockets=False)
    assert not may_connect(await tokens.verify(made.to_jwt()))


async def test_an_official_access_token_is_believed(tokens: Tokens) -> None:
    made = OfficialAccessToken(AC, SK, KEY_SECRET, identity="alice")
    made.add_grant(TaskRouterGrant(workspace_sid=WS, worker_sid=WK, role="supervisor"))
    bearer = await tokens.verify(made.to_jwt())
    assert (bearer.kind, bearer.channel_sid, bearer.role) == ("access", WK, "supervisor")


PAIRS: dict[str, tuple[Any, Any]] = {
    "worker": (
        WorkerCapabilityToken(
            AC, SECRET, WS, WK, allow_update_activities=True, allow_update_reservations=True
        ),
        WorkerCapability(AC, SECRET, WS, WK).allow_activity_updates().allow_reservation_updates(),
    ),
    "task queue": (
        TaskQueueCapabilityToken(AC, SECRET, WS, WQ, allow_update_self=True),
        TaskQueueCapability(AC, SECRET, WS, WQ).allow_updates(),
    ),
    "workspace": (
        WorkspaceCapabilityToken(
            AC, SECRET, WS, allow_fetch_subresources=True, allow_delete_subresources=True
        ),
        WorkspaceCapability(AC, SECRET, WS).allow_fetch_subresources().allow_delete_subresources(),
    ),
}


@pytest.mark.parametrize("kind", [*PAIRS])
async def test_our_capability_tokens_say_what_the_official_ones_say(
    tokens: Tokens, kind: str
) -> None:
    official, ours = PAIRS[kind]
    theirs = type(official).from_jwt(official.to_jwt(), SECRET)
    read = type(official).from_jwt(ours.to_jwt(), SECRET)
    assert read.headers == theirs.headers
    for claims in (read.payload, theirs.payload):
        assert claims["exp"] - claims["nbf"] == 3600
        del claims["exp"], claims["nbf"]
    assert read.payload == theirs.payload
    assert (await tokens.verify(ours.to_jwt())).policies == (
        await tokens.verify(official.to_jwt())
    ).policies


async def test_our_access_tokens_are_read_and_believed(tokens: Tokens) -> None:
    token = AccessToken(AC, SK, KEY_SECRET, WS, WK, identity="alice").to_jwt()
    read = OfficialAccessToken.from_jwt(token, KEY_SECRET)
    assert read.payload["grants"] == {
        "identity": "alice",
        "task_router": {"workspace_sid": WS, "worker_sid": WK, "role": "worker"},
    }
    assert (await tokens.verify(token)).role == "worker"
