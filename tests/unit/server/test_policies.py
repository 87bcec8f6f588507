"""Each rule by which policies are matched, as a claim about one token."""

from typing import Any
from urllib.parse import parse_qs

import msgspec
import pytest

from taskyard.server.bearers import Bearer, may_connect, may_post, permits
from taskyard.server.policies import PolicyDocument, compile_policies, segments_of

AC, WS, WK, WQ = (prefix + "0" * 31 + "1" for prefix in ("AC", "WS", "WK", "WQ"))
W = f"/v1/Workspaces/{WS}"
E = f"https://event-bridge.twilio.com/v1/wschannels/{AC}/"
API = "https://taskrouter.twilio.com"
REQUIRED = {"required": True}


def bearer(*policies: dict[str, Any], channel: str = WK, strict: bool = True) -> Bearer:
    documents = msgspec.convert(
        [{"method": "GET", "allow": True} | policy for policy in policies], list[PolicyDocument]
    )
    return Bearer(
        kind="capability",
        account_sid=AC,
        workspace_sid=WS,
        channel_sid=channel,
        expires_ms=0,
        policies=compile_policies(
            documents,
            account_sid=AC,
            workspace_sid=WS,
            channel_sid=channel,
            named_channel=channel,
            strict=strict,
        ),
    )


def may(who: Bearer, method: str, path: str, form: str = "", query: str = "") -> bool:
    return permits(who, method, path, parsed(query), parsed(form), lambda _look: False)


def parsed(text: str) -> dict[str, list[str]]:
    return parse_qs(text, keep_blank_values=True)


def matches(url: str, path: str, method: str = "GET") -> bool:
    return may(bearer({"url": API + W + url, "method": method}), method, W + path)


# --- addresses ---


@pytest.mark.parametrize(
    ("pattern", "path", "fits"),
    [
        ("/Activities", "/Activities", True),
        ("/Activities", "/Activities/WA1", False),
        ("/Activities", "/activities", False),
        ("/Activities/*", "/Activities", False),
        ("/Activities/*", "/Activities/WA1", True),
        ("/Tasks/*", "/Tasks/WT1/Reservations", False),
        ("/Activities/**", "/Activities", False),
        ("/Activities/**", "/Activities/WA1", True),
        ("/Tasks/**", "/Tasks/WT1/Reservations/WR1", True),
        ("/Workers/*/Channels", "/Workers/WK1/Channels", True),
        ("/Workers/*/Channels", "/Workers/WK1/WC1/Channels", False),
        ("/Workers/**/Channels", "/Workers/WK1/Channels", False),
        ("/Tasks/*", "/TasksWT1/x", False),
    ],
)
def test_a_pattern_matches_whole_segments(pattern: str, path: str, fits: bool) -> None:
    assert matches(pattern, path) is fits


@pytest.mark.parametrize("nouns", ["Tasks", "Workers/WK1/Reservations", "Tasks/WT1/Reservations"])
def test_what_covers_all_tasks_or_reservations_covers_their_bare_list_for_get(nouns: str) -> None:
    assert matches(f"/{nouns}/**", f"/{nouns}")
    assert not matches(f"/{nouns}/**", f"/{nouns}", "POST")
    assert not matches(f"/{nouns}/*", f"/{nouns}")


@pytest.mark.parametrize("base", ["", "http://localhost:8080", "https://tasks.example.com:444"])
def test_scheme_and_host_take_no_part(base: str) -> None:
    assert may(bearer({"url": f"{base}{W}/Activities"}), "GET", f"{W}/Activities")


def test_one_slash_at_the_end_takes_no_part() -> None:
    assert matches("/Activities/", "/Activities")
    assert matches("/Activities", "/Activities/")
    assert not matches("/Activities", "/Activities//")


def test_the_query_takes_no_part_in_comparing_addresses() -> None:
    who = bearer({"url": f"{API}{W}/Workers?PageSize=5"})
    assert may(who, "GET", f"{W}/Workers", query="PageSize=50&PageToken=x")


def test_the_singular_task_queue_of_a_policy_stands_for_the_plural() -> None:
    assert matches(f"/TaskQueue/{WQ}/**", f"/TaskQueues/{WQ}/Statistics")
    assert matches(f"/TaskQueue/{WQ}", f"/TaskQueues/{WQ}")
    assert not matches(f"/TaskQueues/{WQ}", f"/TaskQueue/{WQ}")
    assert not matches("/Tasks/TaskQueue", "/Tasks/TaskQueues")


@pytest.mark.parametrize("method", ["get", "GET", "Get"])
def test_a_method_is_compared_without_its_case(method: str) -> None:
    who = bearer({"url": API + W, "method": method})
    assert may(who, "GET", W)
    assert not may(who, "POST", W)


@pytest.mark.parametrize(
    "path",
    [
        "/Tasks/../Workers",
        "/Tasks/./WT1",
        "/Tasks//WT1",
        "/Tasks/WT1/..",
        "/Tasks/WT1/../../Workers/WK1",
    ],
)
def test_dots_and_empty_segments_open_nothing(path: str) -> None:
    assert not matches("/**", path)
    assert segments_of(W + path) is None


def test_nothing_in_a_path_is_decoded() -> None:
    assert not matches("/Workers", "/%57orkers")
    assert not matches("/Tasks/WT1/**", "/Tasks%2FWT1%2FReservations")
    assert matches("/Tasks/*", "/Tasks/%2e%2e")  # the SID of no task


def test_a_policy_for_every_workspace_opens_the_own_one_only() -> None:
    who = bearer({"url": f"{API}/v1/Workspaces/**"}, {"url": f"{API}/**"})
    assert may(who, "GET", f"{W}/Workers")
    assert not may(who, "GET", f"/v1/Workspaces/{'WS' + 'f' * 32}/Workers")
    assert not may(who, "GET", "/v1/Workspaces")
    assert not may(who, "GET", f"/v2/Workspaces/{WS}/Workers")


# --- filters ---


def filtered(wanted: object, form: str) -> bool:
    who = bearer({"url": API + W, "method": "POST", "post_filter": wanted})
    return may(who, "POST", W, form)


@pytest.mark.parametrize(
    ("matcher", "absent", "other", "same"),
    [
        ("x", False, False, True),
        ({"required": True}, False, True, True),
        ({"required": False}, True, True, True),
        ({"required": True, "value": "x"}, False, False, True),
        ({"required": False, "value": "x"}, True, False, True),
        ({}, True, True, True),
    ],
)
def test_a_matcher_accepts(matcher: object, absent: bool, other: bool, same: bool) -> None:
    wanted = {"A": matcher}
    assert [filtered(wanted, form) for form in ("", "A=y", "A=x")] == [absent, other, same]


def test_a_filter_that_is_not_empty_is_closed() -> None:
    assert filtered({"ActivitySid": REQUIRED}, "ActivitySid=WA1")
    assert not filtered({"ActivitySid": REQUIRED}, "ActivitySid=WA1&RejectPendingReservations=true")


@pytest.mark.parametrize("empty", [{}, None, []])
def test_a_filter_that_is_empty_or_null_asks_for_nothing(empty: object) -> None:
    assert filtered(empty, "Attributes={}&FriendlyName=x")


def test_every_value_of_a_repeated_parameter_is_looked_at() -> None:
    assert filtered({"A": "x"}, "A=x&A=x")
    assert not filtered({"A": "x"}, "A=x&A=y")


def test_a_query_filter_looks_at_the_query() -> None:
    who = bearer({"url": API + W, "query_filter": {"Minutes": "60"}})
    assert may(who, "GET", W, query="Minutes=60")
    assert not may(who, "GET", W, query="Minutes=61")
    assert not may(who, "GET", W, form="Minutes=60")


@pytest.mark.parametrize(
    ("policy", "message"),
    [
        ({"method": "PUT"}, "policy 0: method must be GET, POST or DELETE, not 'PUT'"),
        ({"post_filter": "x"}, "policy 0: post_filter must be an object"),
        ({"query_filter": {"A": 5}}, "policy 0: query_filter.A must be a text or"),
        ({"post_filter": {"A": {"required": "yes"}}}, "policy 0: post_filter.A must be a text or"),
        ({"url": "https://[/v1"}, "policy 0: "),
    ],
)
def test_a_policy_that_cannot_be_understood_is_named(
    policy: dict[str, object], message: str
) -> None:
    with pytest.raises(ValueError, match="policy 0") as caught:
        bearer({"url": API + W} | policy)
    assert str(caught.value).startswith(message)


# --- which one decides ---


def decision(*policies: dict[str, Any], path: str = "/Tasks/WT1", form: str = "") -> set[bool]:
    """What is decided, in whatever order the policies stand."""
    made = [{"url": API + W + one["at"], **one, "method": "POST"} for one in policies]
    return {may(bearer(*order), "POST", W + path, form) for order in (made, made[::-1])}


def test_without_a_policy_that_matches_everything_is_denied() -> None:
    assert decision() == {False}
    assert decision({"at": "/Tasks/WT2"}) == {False}


def test_a_policy_that_does_not_say_allow_denies() -> None:
    who = compile_policies(
        [PolicyDocument(url=W, method="GET")],
        account_sid=AC,
        workspace_sid=WS,
        channel_sid=WK,
        named_channel=WK,
        strict=True,
    )
    assert [policy.allow for policy in who] == [False]


@pytest.mark.parametrize("allow", [True, False])
@pytest.mark.parametrize(
    ("specific", "general"),
    [
        ({"at": "/Tasks/WT1"}, {"at": "/Tasks/*"}),
        ({"at": "/Tasks/WT1"}, {"at": "/*/WT1"}),
        ({"at": "/Tasks/*"}, {"at": "/Tasks/**"}),
        ({"at": "/Tasks/**"}, {"at": "/**"}),
        ({"at": "/Tasks/WT1", "post_filter": {"A": "x"}}, {"at": "/Tasks/WT1"}),
        ({"at": "/Tasks/WT1"}, {"at": "/Tasks/*", "post_filter": {"A": "x"}}),
    ],
)
def test_the_more_specific_decides_wherever_it_stands(
    specific: dict[str, Any], general: dict[str, Any], allow: bool
) -> None:
    both = specific | {"allow": allow}, general | {"allow": not allow}
    assert decision(*both, form="A=x") == {allow}


def test_a_denial_wins_at_the_same_height() -> None:
    assert decision({"at": "/Tasks/WT1"}, {"at": "/Tasks/WT1", "allow": False}) == {False}


def test_duplicates_are_harmless() -> None:
    assert decision({"at": "/Tasks/*"}, {"at": "/Tasks/*"}) == {True}


# --- the event bridge, and what a token opens without a policy ---


def test_get_on_the_channel_is_to_listen_and_post_is_to_send() -> None:
    assert [may_connect(bearer({"url": E + WK})), may_post(bearer({"url": E + WK}))] == [
        True,
        False,
    ]
    send = bearer({"url": E + WK, "method": "POST"})
    assert [may_connect(send), may_post(send)] == [False, True]


def test_a_token_that_says_nothing_of_the_bridge_may_use_its_channel() -> None:
    who = bearer({"url": f"{API}{W}/TaskQueue/{WQ}/**"}, channel=WQ, strict=False)
    assert may_connect(who)
    assert may_post(who)


def test_a_token_that_speaks_of_any_channel_has_what_it_says() -> None:
    who = bearer({"url": E + WQ}, strict=False)
    assert not may_connect(who)
    assert not may_post(who)


@pytest.mark.parametrize(
    ("channel", "own"), [(WK, f"{W}/Workers/{WK}"), (WQ, f"{W}/TaskQueues/{WQ}"), (WS, W)]
)
def test_a_token_may_fetch_what_it_is_for(channel: str, own: str) -> None:
    who = bearer(channel=channel, strict=False)
    assert may(who, "GET", own)
    assert not may(who, "POST", own)
    assert not may(who, "GET", own + "/Channels")


@pytest.mark.parametrize("denied", [W, f"{W}/**", "/v1/**"])
def test_but_not_if_a_policy_denies_it(denied: str) -> None:
    who = bearer({"url": API + denied, "allow": False}, channel=WS, strict=False)
    assert may(who, "GET", W) is (denied == f"{W}/**")
    worker = bearer({"url": API + denied, "allow": False}, channel=WK, strict=False)
    assert may(worker, "GET", f"{W}/Workers/{WK}") is (denied == W)


def test_a_strict_server_grants_nothing_beyond_the_policies() -> None:
    who = bearer(channel=WQ, strict=True)
    assert not may_connect(who)
    assert not may_post(who)
    assert not may(who, "GET", f"{W}/TaskQueues/{WQ}")


def test_the_published_sample_of_a_task_queue_token_is_enough_for_its_client() -> None:
    singular = f"{API}{W}/TaskQueue/{WQ}"
    who = bearer(
        {"url": singular + "/**"}, {"url": singular, "method": "POST"}, channel=WQ, strict=False
    )
    queue = f"{W}/TaskQueues/{WQ}"
    assert may_connect(who)
    assert may_post(who)
    for statistics in ("Statistics", "CumulativeStatistics", "RealTimeStatistics"):
        assert may(who, "GET", f"{queue}/{statistics}", query="Minutes=60")
    assert may(who, "GET", queue)
    assert may(who, "POST", queue, "MaxReservedWorkers=5")
    assert not may(who, "DELETE", queue)
    assert not may(who, "GET", f"{W}/TaskQueues")
