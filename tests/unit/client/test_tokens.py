"""The tokens that we make: what they say, and that the server believes them."""

import time
from collections.abc import Callable
from typing import Any

import jwt
import pytest

import taskyard
import taskyard.client
from documentation import REFERENCE, blocks_of
from taskyard.client import (
    AccessToken,
    TaskQueueCapability,
    TaskRouterCapability,
    WorkerCapability,
    WorkspaceCapability,
)

AC, SK, WS, WK, WQ = (prefix + "0" * 31 + "1" for prefix in ("AC", "SK", "WS", "WK", "WQ"))
SECRET = "s" * 32
T = f"https://taskrouter.twilio.com/v1/Workspaces/{WS}"
E = f"https://event-bridge.twilio.com/v1/wschannels/{AC}"


def worker(**keys: Any) -> WorkerCapability:
    return WorkerCapability(AC, SECRET, WS, WK, **keys)


def claims_of(token: str) -> dict[str, Any]:
    claims: dict[str, Any] = jwt.decode(token, SECRET, algorithms=["HS256"])
    return claims


def said(capability: TaskRouterCapability) -> list[tuple[str, str]]:
    """Method and address of each policy of the token; all allow, and filter nothing."""
    policies = claims_of(capability.to_jwt())["policies"]
    assert all(one["allow"] is True for one in policies)
    assert all(one["query_filter"] == {} for one in policies)
    return [(one["method"], one["url"]) for one in policies]


# --- capability tokens ---


def test_a_workers_token_says_whose_it_is() -> None:
    token = worker().to_jwt()
    assert jwt.get_unverified_header(token) == {"typ": "JWT", "alg": "HS256"}
    claims = claims_of(token)
    assert claims.pop("exp") - claims.pop("nbf") == 3600
    del claims["policies"]
    assert claims == {
        "iss": AC,
        "account_sid": AC,
        "workspace_sid": WS,
        "channel": WK,
        "worker_sid": WK,
        "version": "v1",
        "friendly_name": WK,
    }


def test_a_task_queues_token_has_taskqueue_sid_and_a_workspaces_neither() -> None:
    queue = claims_of(TaskQueueCapability(AC, SECRET, WS, WQ).to_jwt())
    assert (queue["channel"], queue["taskqueue_sid"]) == (WQ, WQ)
    workspace = claims_of(WorkspaceCapability(AC, SECRET, WS).to_jwt())
    assert workspace["channel"] == WS
    assert not {"worker_sid", "taskqueue_sid"} & workspace.keys()


def test_a_worker_begins_with_the_six_policies_that_the_libraries_give() -> None:
    assert said(worker()) == [
        ("GET", f"{E}/{WK}"),
        ("POST", f"{E}/{WK}"),
        ("GET", f"{T}/Workers/{WK}"),
        ("GET", f"{T}/Activities"),
        ("GET", f"{T}/Tasks/**"),
        ("GET", f"{T}/Workers/{WK}/Reservations/**"),
    ]


@pytest.mark.parametrize(
    ("capability", "channel", "own"),
    [
        (TaskQueueCapability(AC, SECRET, WS, WQ), WQ, f"{T}/TaskQueues/{WQ}"),
        (WorkspaceCapability(AC, SECRET, WS), WS, T),
        (TaskRouterCapability(AC, SECRET, WS, WK), WK, f"{T}/Workers/{WK}"),
    ],
)
def test_every_other_token_begins_with_three(
    capability: TaskRouterCapability, channel: str, own: str
) -> None:
    assert said(capability) == [
        ("GET", f"{E}/{channel}"),
        ("POST", f"{E}/{channel}"),
        ("GET", own),
    ]


@pytest.mark.parametrize(
    ("names", "method", "below"),
    [
        (["allow_fetch_subresources"], "GET", "/**"),
        (["allow_updates", "allow_update_self"], "POST", ""),
        (["allow_updates_subresources", "allow_update_subresources"], "POST", "/**"),
        (["allow_delete", "allow_delete_self"], "DELETE", ""),
        (["allow_delete_subresources"], "DELETE", "/**"),
    ],
)
def test_each_method_adds_its_policy_under_both_names(
    names: list[str], method: str, below: str
) -> None:
    for name in names:
        for made, own in (
            (worker(), f"{T}/Workers/{WK}"),
            (TaskQueueCapability(AC, SECRET, WS, WQ), f"{T}/TaskQueues/{WQ}"),
            (WorkspaceCapability(AC, SECRET, WS), T),
        ):
            assert getattr(made, name)() is made
            assert said(made)[-1] == (method, own + below)


@pytest.mark.parametrize("name", ["allow_activity_updates", "allow_update_activities"])
def test_activity_updates_are_filtered(name: str) -> None:
    made = getattr(worker(), name)()
    assert claims_of(made.to_jwt())["policies"][-1] == {
        "url": f"{T}/Workers/{WK}",
        "method": "POST",
        "allow": True,
        "query_filter": {},
        "post_filter": {"ActivitySid": {"required": True}},
    }


@pytest.mark.parametrize("name", ["allow_reservation_updates", "allow_update_reservations"])
def test_reservation_updates_are_two_policies(name: str) -> None:
    assert said(getattr(worker(), name)())[-2:] == [
        ("POST", f"{T}/Tasks/**"),
        ("POST", f"{T}/Workers/{WK}/Reservations/**"),
    ]


def test_any_address_can_be_allowed_and_denied() -> None:
    made = worker().allow("/a", "GET", query_filter={"A": "x"}).deny("/b", "POST")
    assert claims_of(made.to_jwt())["policies"][-2:] == [
        {
            "url": "/a",
            "method": "GET",
            "allow": True,
            "query_filter": {"A": "x"},
            "post_filter": {},
        },
        {"url": "/b", "method": "POST", "allow": False, "query_filter": {}, "post_filter": {}},
    ]


def test_another_address_can_stand_in_front_of_the_paths() -> None:
    made = worker(base_url="https://a.example/", bridge_url="https://b.example")
    assert said(made)[1:3] == [
        ("POST", f"https://b.example/v1/wschannels/{AC}/{WK}"),
        ("GET", f"https://a.example/v1/Workspaces/{WS}/Workers/{WK}"),
    ]


def test_the_time_can_be_given_to_the_token_or_when_it_is_made() -> None:
    for token, seconds in ((worker(ttl=60).to_jwt(), 60), (worker(ttl=60).to_jwt(ttl=7), 7)):
        assert claims_of(token)["exp"] == claims_of(token)["nbf"] + seconds


def test_a_token_begins_when_it_is_made() -> None:
    made = worker()
    before = int(time.time())
    assert before <= claims_of(made.to_jwt())["nbf"] <= time.time()


# --- access tokens ---


def test_an_access_token_has_a_grant() -> None:
    token = AccessToken(AC, SK, SECRET, WS, WK, "supervisor", identity="alice").to_jwt()
    assert jwt.get_unverified_header(token) == {
        "typ": "JWT",
        "alg": "HS256",
        "cty": "twilio-fpa;v=1",
    }
    claims = claims_of(token)
    assert claims.pop("exp") - claims["nbf"] == 3600
    assert claims.pop("jti") == f"{SK}-{claims.pop('nbf')}"
    assert claims == {
        "iss": SK,
        "sub": AC,
        "grants": {
            "identity": "alice",
            "task_router": {"workspace_sid": WS, "worker_sid": WK, "role": "supervisor"},
        },
    }


def test_what_an_access_token_is_not_told_it_leaves_out() -> None:
    claims = claims_of(AccessToken(AC, SK, SECRET, WS, role="admin").to_jwt())
    assert claims["grants"] == {"task_router": {"workspace_sid": WS, "role": "admin"}}


@pytest.mark.parametrize("example", blocks_of(REFERENCE / "tokens.md", "python"))
def test_the_documented_examples_print_a_token(
    example: str, capsys: pytest.CaptureFixture[str]
) -> None:
    exec(example, {})
    assert capsys.readouterr().out.count(".") == 2


# --- what cannot be made ---


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: WorkerCapability("SK1", SECRET, WS, WK), "account_sid must be an account SID"),
        (lambda: WorkerCapability(AC, "", WS, WK), "auth_token must not be empty"),
        (lambda: WorkerCapability(AC, SECRET, WK, WK), "workspace_sid must be a workspace SID"),
        (lambda: WorkerCapability(AC, SECRET, WS, WQ), "worker_sid must be a worker SID"),
        (lambda: WorkerCapability(AC, SECRET, WS, "WK1"), "WK and 32 hex digits.*not 'WK1'"),
        (lambda: WorkerCapability(AC, SECRET, WS, WK + "0"), "worker_sid must be"),
        (lambda: TaskQueueCapability(AC, SECRET, WS, WK), "task_queue_sid must be a task queue"),
        (
            lambda: TaskRouterCapability(AC, SECRET, WS, AC),
            "channel_sid must be a worker SID .* or",
        ),
        (lambda: TaskRouterCapability(AC, SECRET, WS, "WS" + "f" * 32), "another workspace"),
        (lambda: worker(ttl=0), "ttl must be a whole number of seconds from 1, not 0"),
        (lambda: worker().to_jwt(ttl=-5), "ttl must be"),
        (lambda: worker(ttl=1.5), "ttl must be"),
        (lambda: worker().allow("/a", "PUT"), "method must be GET, POST or DELETE, not 'PUT'"),
        (lambda: AccessToken(AC, AC, SECRET, WS, WK), "api_key_sid must be an API key SID"),
        (lambda: AccessToken(AC, SK, "", WS, WK), "api_key_secret must not be empty"),
        (lambda: AccessToken(AC, SK, SECRET, WS), "role worker needs a worker_sid"),
        (lambda: AccessToken(AC, SK, SECRET, WS, WK, "x"), "role must be"),  # type: ignore[arg-type]
        (lambda: AccessToken(AC, SK, SECRET, WS, WK, ttl=86_401), "at most 86400 seconds"),
    ],
)
def test_what_cannot_be_made_is_said_with_its_name(
    make: Callable[[], object], message: str
) -> None:
    with pytest.raises(ValueError, match=message):
        make()


def test_no_token_shows_its_secret() -> None:
    for made in (worker(), AccessToken(AC, SK, SECRET, WS, WK)):
        assert SECRET not in repr(made) + str(made)


def test_the_package_has_whatever_makes_tokens() -> None:
    for name in taskyard.client.__all__:
        assert getattr(taskyard, name) is getattr(taskyard.client, name)
    with pytest.raises(AttributeError, match="has no attribute 'nothing'"):
        taskyard.nothing  # noqa: B018
