"""Tokens that are not good open nothing, by either way in, whichever kind they are of."""

import base64
import json
from collections.abc import Callable

import pytest

from contract.api.caller import SID, TOKEN, Centre

from .clients import SECRET, Bridge, access_token, capability_token, signed
from .posts.poster import Poster

OTHER = "AC" + "9" * 32
KINDS = ("worker", "task queue", "workspace", "access")


def tampered(token: str) -> str:
    """The same signature under a claim that lets it live longer."""
    head, claims, signature = token.split(".")
    said = json.loads(base64.urlsafe_b64decode(claims + "=="))
    said["exp"] += 1
    changed = base64.urlsafe_b64encode(json.dumps(said).encode()).rstrip(b"=").decode()
    return f"{head}.{changed}.{signature}"


def resigned(token: str, secret: str, **header: str) -> str:
    head, claims, _ = token.split(".")
    parts = [json.loads(base64.urlsafe_b64decode(one + "==")) for one in (head, claims)]
    return signed(parts[1], secret, **{**parts[0], **header})


class Maker:
    """Makes tokens of one kind for one channel, and knows their addresses."""

    def __init__(self, kind: str, centre: Centre, worker_sid: str) -> None:
        self.workspace_sid = centre.path.rpartition("/")[2]
        self.is_access = kind == "access"
        self.secret = SECRET if self.is_access else TOKEN
        queue_sid = centre.queue["sid"]
        self.channel_sid = {"task queue": queue_sid, "workspace": self.workspace_sid}.get(
            kind, worker_sid
        )
        self.path = "" if self.is_access else f"/{SID}/{self.channel_sid}"

    def make(self, **more: object) -> str:
        url = f"https://x.invalid/v1/Workspaces/{self.workspace_sid}/**"
        if self.is_access:
            return access_token(self.workspace_sid, self.channel_sid, **more)  # type: ignore[arg-type]
        policies = [{"url": url, "method": "POST", "allow": True}]
        return capability_token(
            self.workspace_sid,
            self.channel_sid,
            **{"policies": policies, **more},  # type: ignore[arg-type]
        )

    def of_another_account(self) -> str:
        if self.is_access:
            return self.make(sub=OTHER)
        return self.make(iss=OTHER, account_sid=OTHER)


BAD: dict[str, tuple[Callable[[Maker], str], tuple[int, int], tuple[int, int]]] = {
    "tampered": (lambda maker: tampered(maker.make()), (403, 20403), (401, 20107)),
    "forged": (lambda maker: resigned(maker.make(), "f" * 32), (403, 20403), (401, 20107)),
    "unsigned": (
        lambda maker: maker.make().rpartition(".")[0] + ".",
        (403, 20403),
        (401, 20107),
    ),
    "alg none": (
        lambda maker: resigned(maker.make(), maker.secret, alg="none").rpartition(".")[0] + ".",
        (403, 20403),
        (401, 20102),
    ),
    "alg none, signed": (
        lambda maker: resigned(maker.make(), maker.secret, alg="none"),
        (403, 20403),
        (401, 20102),
    ),
    "expired": (lambda maker: maker.make(lasts_s=-1), (401, 20104), (401, 20104)),
    "another account's": (lambda maker: maker.of_another_account(), (403, 20403), (401, 20103)),
    "too large": (lambda maker: maker.make(filler="x" * 13_000), (400, 20001), (400, 20001)),
}


@pytest.mark.parametrize("kind", KINDS)
async def test_a_good_token_of_each_kind_creates_a_task_and_listens(
    bridge: Bridge, centre: Centre, kind: str
) -> None:
    maker = Maker(kind, centre, (await centre.worker("Ann", "Offline"))["sid"])
    assert (await _create_task(bridge, centre, maker, maker.make())) == (200, None)
    async with bridge.raw(maker.path, f"token={maker.make()}") as client:
        if maker.is_access:
            await client.expect("init")


@pytest.mark.parametrize("fault", BAD)
@pytest.mark.parametrize("kind", KINDS)
async def test_a_bad_token_is_refused_before_anything_is_done(
    bridge: Bridge, centre: Centre, kind: str, fault: str
) -> None:
    ann = await centre.worker("Ann", "Offline")
    maker = Maker(kind, centre, ann["sid"])
    spoil, of_capability, of_access = BAD[fault]
    expected = of_access if maker.is_access else of_capability
    token = spoil(maker)
    async with bridge.b(maker.workspace_sid, ann["sid"]) as other:
        assert await _create_task(bridge, centre, maker, token) == expected
        wishes = "closeExistingSessions=true&setWorkerOfflineIfDisconnected=true"
        status, body = await bridge.refused(maker.path, f"token={token}&{wishes}")
        assert (status, body["code"]) == expected
        assert body["message"]
        await other.expect_nothing()
    assert not await centre.caller.every(f"{centre.path}/Tasks", "tasks")


async def _create_task(
    bridge: Bridge, centre: Centre, maker: Maker, token: str
) -> tuple[int, int | None]:
    """The status and code of the answer to a POST."""
    channel_sid = None if maker.is_access else maker.channel_sid
    poster = Poster(bridge.caller.url, bridge.caller.session, token, channel_sid)
    reply = await poster.send("POST", f"{centre.path}/Tasks", {"Attributes": {}})
    return reply.status, reply.json.get("code")
