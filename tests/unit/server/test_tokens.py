"""Which tokens are believed, for how long, and with what the others are refused."""

import base64
import hashlib
import hmac
import json
from typing import Any

import pytest

from taskyard.engine.credentials import Credentials
from taskyard.server.api.problems import Problem
from taskyard.server.bearers import Bearer, may_connect
from taskyard.server.signed_tokens import TOKEN_BYTES_MAX
from taskyard.server.tokens import Tokens
from taskyard.stores import Account, ApiKey
from taskyard.stores.memory import MemoryStore

AC, SK, WS, WK, WQ = (prefix + "0" * 31 + "1" for prefix in ("AC", "SK", "WS", "WK", "WQ"))
SECRET, KEY_SECRET = "s" * 32, "k" * 32
NOW_S = 1_767_614_400
HASHES = {"HS256": hashlib.sha256, "HS384": hashlib.sha384, "HS512": hashlib.sha512}
DEEP = b'{"a":' + b'{"a":' * 2000
FPA = "twilio-fpa;v=1"


def encoded(part: bytes) -> str:
    return base64.urlsafe_b64encode(part).rstrip(b"=").decode()


def signed(claims: object, secret: str, **header: Any) -> str:
    """A token made by hand, so that it may be as wrong as one likes."""
    head = {"typ": "JWT", "alg": "HS256"} | header
    body = ".".join(encoded(json.dumps(part).encode()) for part in (head, claims))
    made = HASHES.get(head["alg"], hashlib.sha256)
    return f"{body}.{encoded(hmac.new(secret.encode(), body.encode(), made).digest())}"


def capability(secret: str = SECRET, header: dict[str, Any] | None = None, **moved: Any) -> str:
    """A worker's token, with some claims changed; None leaves one out."""
    claims = {
        "iss": AC,
        "account_sid": AC,
        "workspace_sid": WS,
        "channel": WK,
        "worker_sid": WK,
        "version": "v1",
        "friendly_name": None,
        "exp": NOW_S + 3600,
        "policies": [],
    } | moved
    return signed({k: v for k, v in claims.items() if v is not None}, secret, **header or {})


def access(
    secret: str = KEY_SECRET,
    header: dict[str, Any] | None = None,
    grant: object = None,
    **moved: Any,
) -> str:
    task_router = {"workspace_sid": WS, "worker_sid": WK, "role": "worker"}
    claims = {
        "jti": f"{SK}-{NOW_S}",
        "iss": SK,
        "sub": AC,
        "exp": NOW_S + 3600,
        "grants": {"identity": "alice", "task_router": grant or task_router},
    } | moved
    head = {"cty": FPA} | (header or {})
    return signed({k: v for k, v in claims.items() if v is not None}, secret, **head)


class Place:
    """A store, the credentials over it, and tokens verified by a clock that is set by hand."""

    def __init__(self) -> None:
        self.now_ms = NOW_S * 1000
        self.store = MemoryStore()
        self.credentials = Credentials(self.store, lambda: self.now_ms, lambda n: b"\x01" * n)
        self.tokens = Tokens(self.credentials, lambda: self.now_ms)

    async def open(self) -> "Place":
        await self.store.keep_account(Account(AC, SECRET))
        await self.keep_key(SK, KEY_SECRET)
        await self.credentials.open()
        return self

    async def keep_key(self, sid: str, secret: str) -> None:
        await self.store.keep_api_key(
            ApiKey(sid=sid, account_sid=AC, secret=secret, created_ms=self.now_ms)
        )

    async def verified(self, token: str) -> Bearer:
        return await self.tokens.verify(token)

    async def refused(self, token: str) -> tuple[int, int]:
        with pytest.raises(Problem) as caught:
            await self.tokens.verify(token)
        assert "\n" not in str(caught.value)
        return caught.value.status, caught.value.code


@pytest.fixture
async def place() -> Place:
    return await Place().open()


# --- capability tokens ---


async def test_a_capability_token_speaks_for_its_channel(place: Place) -> None:
    bearer = await place.verified(capability())
    assert (bearer.kind, bearer.account_sid, bearer.workspace_sid) == ("capability", AC, WS)
    assert (bearer.channel_sid, bearer.expires_ms, bearer.role) == (
        WK,
        1000 * NOW_S + 3_600_000,
        None,
    )


@pytest.mark.parametrize(
    ("channel", "claims"),
    [(WQ, {"channel": WQ, "taskqueue_sid": WQ}), (WS, {"channel": WS}), (WK, {"channel": WS})],
)
async def test_the_channel_may_be_a_task_queue_or_a_workspace(
    place: Place, channel: str, claims: dict[str, str]
) -> None:
    worker_sid = WK if channel == WK else None
    token = capability(worker_sid=worker_sid, **claims)
    assert (await place.verified(token)).channel_sid == channel


async def test_a_workers_token_that_names_the_workspace_as_channel_may_speak_of_it(
    place: Place,
) -> None:
    bridge = f"https://event-bridge.twilio.com/v1/wschannels/{AC}/{WS}"
    token = capability(channel=WS, policies=[{"url": bridge, "method": "GET", "allow": True}])
    assert may_connect(await place.verified(token))


@pytest.mark.parametrize(
    "moved",
    [
        {"account_sid": "AC" + "f" * 32},
        {"version": "v2"},
        {"version": None},
        {"exp": None},
        {"exp": str(NOW_S + 60)},
        {"workspace_sid": None},
        {"channel": None},
        {"channel": "WT" + "0" * 32},
        {"channel": "WK1", "worker_sid": "WK1"},
        {"channel": "WK" + "f" * 32},
        {"channel": WQ},
        {"channel": WQ, "worker_sid": None, "taskqueue_sid": "WQ" + "f" * 32},
        {"channel": "WS" + "f" * 32, "worker_sid": None},
        {"policies": {}},
        {"policies": [{"method": "GET"}]},
        {"policies": [{"url": "/v1", "method": "PUT"}]},
    ],
)
async def test_claims_that_are_not_as_they_should_be_are_forbidden(
    place: Place, moved: dict[str, Any]
) -> None:
    assert await place.refused(capability(**moved)) == (403, 20403)


async def test_claims_that_nobody_knows_are_passed_over(place: Place) -> None:
    assert await place.verified(capability(extra={"deep": [1]}, iat=NOW_S, nbf=NOW_S))


@pytest.mark.parametrize("secret", ["", "x" * 32, KEY_SECRET])
async def test_another_secret_is_forbidden(place: Place, secret: str) -> None:
    assert await place.refused(capability(secret)) == (403, 20403)


async def test_a_changed_claim_or_signature_is_forbidden(place: Place) -> None:
    head, claims, signature = capability().split(".")
    forged = capability("x" * 32, exp=NOW_S + 10**6).split(".")[1]
    for token in (
        f"{head}.{forged}.{signature}",
        f"{head}.{claims}.{signature[::-1]}",
        f"{head}.{claims}.",
        f"{head}.{claims}.{signature}=",
        f"{head}.{claims}.{signature}!",
    ):
        assert await place.refused(token) == (403, 20403)


async def test_another_account_is_forbidden(place: Place) -> None:
    other = "AC" + "f" * 32
    assert await place.refused(capability(iss=other, account_sid=other)) == (403, 20403)


@pytest.mark.parametrize("alg", ["none", "None", "NONE", "HS384", "HS512", "RS256", "hs256", ""])
async def test_a_capability_token_of_another_algorithm_is_forbidden(place: Place, alg: str) -> None:
    token = capability(header={"alg": alg})
    assert await place.refused(token) == (403, 20403)
    assert await place.refused(token.rpartition(".")[0] + ".") == (403, 20403)


async def test_a_token_ends_at_its_instant_and_not_a_millisecond_before(place: Place) -> None:
    seen, unseen = capability(), capability(friendly_name="another")
    await place.verified(seen)
    place.now_ms += 3_599_999
    await place.verified(seen)
    place.now_ms += 1
    assert await place.refused(seen) == (401, 20104)
    assert await place.refused(unseen) == (401, 20104)


@pytest.mark.parametrize("claim", ["nbf", "iat"])
async def test_a_clock_may_be_ahead_by_thirty_seconds(place: Place, claim: str) -> None:
    await place.verified(capability(**{claim: NOW_S + 30}))
    assert await place.refused(capability(**{claim: NOW_S + 31})) == (401, 20105)


@pytest.mark.parametrize("far", [10**30, 1e308])
async def test_an_end_beyond_all_measure_is_an_end(place: Place, far: float) -> None:
    assert (await place.verified(capability(exp=far))).expires_ms > place.now_ms
    assert await place.refused(capability(exp=-far)) == (401, 20104)


# --- what is no token ---


@pytest.mark.parametrize(
    "text",
    [
        "",
        "x",
        "a.b.c",
        "....",
        "ü.ü.ü",
        "\ud800.\ud800.\ud800",
        f"{encoded(b'{}')}.{encoded(b'{}')}.\ud800",
        f"{encoded(b'{}')}.{encoded(DEEP)}.",
        f"{encoded(b'[]')}.{encoded(b'{}')}.",
        f"{encoded(b'{}')}.{encoded(b'[]')}.",
        f"{encoded(b'{}')}.{encoded(bytes([255]))}.",
        f"{encoded(b'{' + b'}')}.{encoded(b'[' * 9000)}.",
        f"{encoded(b'[' * 9000)}.{encoded(b'{}')}.",
        f"{encoded(b'{' + bytes([34, 97, 34]) + b':' + b'[' * 9000)}.{encoded(b'{}')}.",
        "a" * (TOKEN_BYTES_MAX + 1),
    ],
)
async def test_what_is_no_token_is_a_bad_request(place: Place, text: str) -> None:
    assert await place.refused(text) == (400, 20001)


async def test_a_token_is_as_large_as_may_be(place: Place) -> None:
    room = (TOKEN_BYTES_MAX - len(capability(extra=""))) * 3 // 4
    assert len(capability(extra="x" * room)) <= TOKEN_BYTES_MAX
    await place.verified(capability(extra="x" * room))
    assert await place.refused(capability(extra="x" * (room + 8))) == (400, 20001)


# --- access tokens ---


@pytest.mark.parametrize("alg", ["HS256", "HS384", "HS512"])
async def test_an_access_token_speaks_for_its_worker(place: Place, alg: str) -> None:
    bearer = await place.verified(access(header={"alg": alg}))
    assert (bearer.kind, bearer.account_sid, bearer.workspace_sid) == ("access", AC, WS)
    assert (bearer.channel_sid, bearer.role, bearer.policies) == (WK, "worker", ())


async def test_an_access_token_is_known_by_its_issuer_too(place: Place) -> None:
    assert (await place.verified(access(header={"cty": None}))).kind == "access"


async def test_without_a_role_it_is_a_workers(place: Place) -> None:
    token = access(grant={"workspace_sid": WS, "worker_sid": WK})
    assert (await place.verified(token)).role == "worker"


async def test_an_admin_needs_no_worker(place: Place) -> None:
    token = access(grant={"workspace_sid": WS, "role": "admin"})
    assert (await place.verified(token)).channel_sid is None


@pytest.mark.parametrize(
    ("token", "code"),
    [
        (access(exp=None), 20101),
        (access(sub=None), 20101),
        (access(header={"alg": "none"}), 20102),
        (access(header={"alg": "RS256"}), 20102),
        (access(iss="SK" + "f" * 32), 20103),
        (access(iss=None), 20103),
        (access(SECRET, iss=AC), 20103),
        (access(sub="AC" + "f" * 32), 20103),
        (access(exp=NOW_S), 20104),
        (access(nbf=NOW_S + 31), 20105),
        (access(grants={}), 20106),
        (access(grants={"task_router": {}}), 20106),
        (access(grant={"workspace_sid": "WS1", "worker_sid": WK}), 20106),
        (access(grant={"workspace_sid": WS, "worker_sid": WQ}), 20106),
        (access(grant={"workspace_sid": WS}), 20106),
        (access(grant={"workspace_sid": WS, "worker_sid": WK, "role": "owner"}), 20106),
        (access(SECRET), 20107),
        (access(exp=NOW_S + 86_431), 20157),
        (access(exp=NOW_S + 60, nbf=NOW_S - 86_400), 20157),
    ],
)
async def test_what_is_wrong_with_an_access_token_has_a_code(
    place: Place, token: str, code: int
) -> None:
    assert await place.refused(token) == (401, code)


async def test_an_access_token_may_hold_for_a_day(place: Place) -> None:
    await place.verified(access(exp=NOW_S + 86_400, nbf=NOW_S))


async def test_an_access_token_that_is_known_ends_as_well(place: Place) -> None:
    token = access()
    await place.verified(token)
    place.now_ms += 3_600_000
    assert await place.refused(token) == (401, 20104)


# --- secrets that change ---


async def test_the_secondary_auth_token_signs_too(place: Place) -> None:
    token = capability("t" * 32)
    assert await place.refused(token) == (403, 20403)
    place.credentials.add_secondary_token("t" * 32)
    await place.verified(token)
    await place.verified(capability())


async def test_a_new_secret_is_believed_at_once_and_the_old_one_forgotten(place: Place) -> None:
    old, new = capability(), capability("n" * 32)
    await place.verified(old)
    await place.store.keep_account(Account(AC, "n" * 32))
    await place.verified(new)
    assert await place.refused(old) == (403, 20403)


async def test_an_api_key_that_is_deleted_opens_nothing_any_more(place: Place) -> None:
    token = access()
    await place.verified(token)
    await place.store.delete_api_key(SK)
    await place.credentials.look_again()
    assert await place.refused(token) == (401, 20103)


async def test_a_new_api_key_is_looked_for(place: Place) -> None:
    other = "SK" + "f" * 32
    await place.keep_key(other, "o" * 32)
    await place.verified(access("o" * 32, iss=other))


async def test_a_token_is_verified_once(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    token = capability()
    first = await place.verified(token)
    monkeypatch.setattr("taskyard.server.tokens.take_apart", None)
    assert await place.verified(token) is first


async def test_as_many_tokens_are_remembered_as_there_is_room_for(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("taskyard.server.tokens._KEPT_TOKENS", 2)
    made = [capability(friendly_name=name) for name in "abc"]
    for token in made:
        await place.verified(token)
    assert [*place.tokens._verified] == made[1:]
