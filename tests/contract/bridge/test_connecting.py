"""Who may listen, and what a connection begins with."""

import asyncio

import aiohttp
import pytest
from yarl import URL

from contract.api.caller import SID, Caller, Centre

from .clients import GUARD_S, SECRET, Bridge, access_token, capability_token, quiet, signed

NOBODY = "WK" + "0" * 32


def workspace_of(centre: Centre) -> str:
    return centre.path.rpartition("/")[2]


async def test_dialect_b_begins_with_init_on_every_connection(
    bridge: Bridge, centre: Centre
) -> None:
    worker = await centre.worker("alice", "Offline")
    token = access_token(workspace_of(centre), worker["sid"], lasts_s=100)
    for _ in range(2):
        async with bridge.raw("", f"token={token}&closeExistingSessions=false") as client:
            (init,) = await client.expect("init")
        lifetime = init.pop("token_lifetime")
        assert 90_000 < lifetime <= 100_000
        assert init == {
            "channel_id": worker["sid"],
            "account_sid": SID,
            "workspace_sid": workspace_of(centre),
        }


async def test_dialect_a_begins_with_nothing(bridge: Bridge, centre: Centre) -> None:
    worker = await centre.worker("alice", "Offline")
    async with bridge.a(workspace_of(centre), worker["sid"]) as client:
        await client.expect_nothing()


async def test_queues_and_workspaces_may_listen_and_hear_nothing(
    bridge: Bridge, centre: Centre
) -> None:
    workspace = workspace_of(centre)
    worker = await centre.worker("alice")
    async with (
        bridge.a(workspace, centre.queue["sid"]) as queue,
        bridge.a(workspace, workspace) as whole,
        bridge.a(workspace, worker["sid"]) as alice,
    ):
        await centre.task()
        await alice.expect("reservation.created")
        await queue.expect_nothing()
        await whole.expect_nothing()


async def test_a_token_that_is_none_is_refused_before_the_upgrade(
    bridge: Bridge, centre: Centre
) -> None:
    worker = await centre.worker("alice")
    workspace, sid = workspace_of(centre), worker["sid"]
    good = capability_token(workspace, sid)
    for token, status in (
        ("", 400),
        ("rubbish", 400),
        (good[:-2] + "AA", 403),
        (capability_token(workspace, sid, lasts_s=-1), 401),
    ):
        got, body = await bridge.refused(f"/{SID}/{sid}", f"token={token}")
        assert (got, body["status"]) == (status, status), body
        assert body["message"]


async def test_an_expired_access_token_is_refused(bridge: Bridge, centre: Centre) -> None:
    worker = await centre.worker("alice")
    token = access_token(workspace_of(centre), worker["sid"], lasts_s=-1)
    status, body = await bridge.refused("", f"token={token}")
    assert (status, body["code"]) == (401, 20104)


async def test_a_token_opens_its_own_channel_only(bridge: Bridge, centre: Centre) -> None:
    alice, bob = await centre.worker("alice"), await centre.worker("bob")
    token = capability_token(workspace_of(centre), alice["sid"])
    status, body = await bridge.refused(f"/{SID}/{bob['sid']}", f"token={token}")
    assert (status, body["code"]) == (403, 20403)


async def test_a_workers_token_may_have_the_workspace_as_its_channel(
    bridge: Bridge, centre: Centre
) -> None:
    workspace, worker = workspace_of(centre), await centre.worker("alice")
    token = capability_token(workspace, workspace, worker_sid=worker["sid"])
    async with (
        bridge.a(workspace, workspace, token=token) as one,
        bridge.a(workspace, worker["sid"], token=token) as other,
    ):
        await centre.task()
        for client in (one, other):
            (offer,) = await client.expect("reservation.created")
            assert offer["worker_sid"] == worker["sid"]
    status, body = await bridge.refused(f"/{SID}/{'WK' + 'f' * 32}", f"token={token}")
    assert (status, body["code"]) == (403, 20403)


@pytest.mark.parametrize("kind", ["capability", "access"])
async def test_each_dialect_takes_its_own_kind_of_token(
    bridge: Bridge, centre: Centre, kind: str
) -> None:
    worker = await centre.worker("alice")
    workspace, sid = workspace_of(centre), worker["sid"]
    if kind == "access":
        path, token = f"/{SID}/{sid}", access_token(workspace, sid)
    else:
        path, token = "", capability_token(workspace, sid)
    status, _ = await bridge.refused(path, f"token={token}")
    assert status == 403


async def test_an_admin_has_no_channel_to_listen_to(bridge: Bridge, centre: Centre) -> None:
    token = access_token(workspace_of(centre), None, role="admin")
    status, _ = await bridge.refused("", f"token={token}")
    assert status == 403


async def test_a_policy_that_denies_the_channel_keeps_its_socket_shut(
    bridge: Bridge, centre: Centre
) -> None:
    worker = await centre.worker("alice")
    url = f"https://event-bridge.twilio.com/v1/wschannels/{SID}/{worker['sid']}"
    token = capability_token(
        workspace_of(centre),
        worker["sid"],
        policies=[{"url": url, "method": "GET", "allow": False}],
    )
    status, body = await bridge.refused(f"/{SID}/{worker['sid']}", f"token={token}")
    assert (status, body["code"]) == (403, 20403)


async def test_a_channel_that_is_not_there_is_not_found(bridge: Bridge, centre: Centre) -> None:
    token = capability_token(workspace_of(centre), NOBODY)
    status, body = await bridge.refused(f"/{SID}/{NOBODY}", f"token={token}")
    assert (status, body["code"]) == (404, 20404)


async def test_any_other_path_is_not_found(bridge: Bridge, centre: Centre) -> None:
    worker = await centre.worker("alice")
    token = capability_token(workspace_of(centre), worker["sid"])
    for path in (f"/{SID}", f"{SID}/{worker['sid']}", f"//{SID}/{worker['sid']}", "x", "//"):
        status, body = await bridge.refused(path, f"token={token}")
        assert (status, body["code"]) == (404, 20404), path


async def test_a_token_as_large_as_a_post_may_carry_connects(
    bridge: Bridge, centre: Centre
) -> None:
    worker = await centre.worker("alice", "Offline")
    workspace, sid = workspace_of(centre), worker["sid"]
    large = capability_token(workspace, sid, friendly_name="x" * 11_500)
    assert 16_000 < len(large) <= 16_384
    async with bridge.a(workspace, sid, token=large) as client:
        await client.expect_nothing()
    too_large = capability_token(workspace, sid, friendly_name="x" * 12_000)
    for path in (f"/{SID}/{sid}", ""):
        status, body = await bridge.refused(path, f"token={too_large}")
        assert (status, body["code"]) == (400, 20001)
        assert "16384 bytes" in body["message"]


@pytest.mark.parametrize(
    ("line", "status"),
    [
        ("Content-Length: 3", 400),
        ("Transfer-Encoding: chunked", 400),
        *((f"X-Filler: {'x' * 20_000}", 101), ("X: y\r\n" * 150 + "X: y", 101)),
        *(("Sec-WebSocket-Key: zzz", 400), ("Sec-WebSocket-Version: 8", 400)),
    ],
)
async def test_every_handshake_is_answered(
    bridge: Bridge, centre: Centre, line: str, status: int
) -> None:
    worker = await centre.worker("alice", "Offline")
    token = access_token(workspace_of(centre), worker["sid"])
    answer = await shake_hands(bridge, f"/v1/wschannels?token={token}", line)
    assert answer.startswith(b"HTTP/1.1 %d " % status)
    async with bridge.b(workspace_of(centre), worker["sid"]):
        pass  # others go on


async def shake_hands(bridge: Bridge, target: str, line: str) -> bytes:
    """The head of the answer to a handshake that has one header line more."""
    address = URL(bridge.caller.url)
    reader, writer = await asyncio.open_connection(address.host, address.port)
    head = (
        f"GET {target} HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
        "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
    )
    writer.write(f"{head}{line}\r\n\r\n".encode())
    async with asyncio.timeout(GUARD_S):
        answer = await reader.readuntil(b"\r\n\r\n")
    writer.close()
    return answer


async def test_a_client_that_says_too_much_is_closed_with_1009(
    bridge: Bridge, centre: Centre
) -> None:
    worker = await centre.worker("alice")
    async with bridge.a(workspace_of(centre), worker["sid"]) as client:
        await client.socket.send_str("x" * 70_000)
        assert await client.closed() == 1009


async def test_what_a_client_says_is_ignored(bridge: Bridge, centre: Centre) -> None:
    worker = await centre.worker("alice")
    async with bridge.a(workspace_of(centre), worker["sid"]) as client:
        for _ in range(100):
            await client.socket.send_str('{"event_type": "ready"}')
            await client.socket.send_bytes(b"\x00\xff")
        await centre.task()
        await client.expect("reservation.created")


async def test_frames_are_text(bridge: Bridge, centre: Centre) -> None:
    worker = await centre.worker("alice")
    async with bridge.a(workspace_of(centre), worker["sid"]) as client:
        await centre.task()
        assert (await client.socket.receive()).type is aiohttp.WSMsgType.TEXT


async def test_no_token_reaches_the_log(
    bridge: Bridge, centre: Centre, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("DEBUG")
    worker = await centre.worker("alice")
    token = capability_token(workspace_of(centre), worker["sid"])
    async with bridge.a(workspace_of(centre), worker["sid"], token=token):
        await quiet()
    forged = signed({"iss": SID}, SECRET)
    await bridge.refused(f"/{SID}/{worker['sid']}", f"token={forged}")
    mine = [one for one in caplog.records if not one.name.startswith(("aiohttp", "asyncio"))]
    assert not [one for one in mine if token in one.getMessage() or forged in one.getMessage()]
    # An expired token may knock every half minute, and that is no fault of the server.
    assert not [one.getMessage() for one in mine if one.levelname == "ERROR"]


async def test_the_metrics_count_sessions_and_frames(
    bridge: Bridge, centre: Centre, caller: Caller
) -> None:
    worker = await centre.worker("alice")
    async with bridge.a(workspace_of(centre), worker["sid"]) as client:
        await centre.task()
        await client.expect("reservation.created")
        async with caller.session.get(f"{caller.url}/metrics") as response:
            page = await response.text()
    assert "\ntaskyard_bridge_sessions 1\n" in page
    assert "\ntaskyard_bridge_frames_total 1\n" in page
    assert "\ntaskyard_bridge_slow_sessions_total 0\n" in page
