"""Sessions of one channel beside one another, and how each of them ends."""

import asyncio
import json
import socket
from collections.abc import Iterator
from contextlib import AsyncExitStack, contextmanager

import pytest

from contract.api.caller import SID, TOKEN, Caller, Centre, session_of
from taskyard.server import listening
from taskyard.server.app import running
from taskyard.server.bridge import sessions as sessions_module
from taskyard.server.config import Config

from .clients import GUARD_S, Bridge, Client, Json, access_token, capability_token, posting, quiet
from .test_connecting import workspace_of

ALONE = "closeExistingSessions=true"


@contextmanager
def deaf_socket(url: str, path: str) -> Iterator[socket.socket]:
    """A connection that takes the handshake's answer and then reads nothing more."""
    host, port = url.removeprefix("http://").split(":")
    with socket.socket() as deaf:
        deaf.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 2_048)
        deaf.connect((host, int(port)))
        lines = [
            f"GET /v1/wschannels{path} HTTP/1.1",
            f"Host: {host}",
            "Connection: Upgrade",
            "Upgrade: websocket",
            "Sec-WebSocket-Version: 13",
            "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==",
        ]
        deaf.sendall("\r\n".join([*lines, "", ""]).encode())
        yield deaf


async def activity_of(centre: Centre, sid: str) -> str:
    worker = await centre.caller.see(f"{centre.path}/Workers/{sid}")
    assert isinstance(worker["activity_name"], str)
    return worker["activity_name"]


async def becomes(centre: Centre, sid: str, activity: str) -> None:
    async with asyncio.timeout(GUARD_S):
        while await activity_of(centre, sid) != activity:
            await quiet()


async def test_every_session_of_a_worker_hears_every_event(bridge: Bridge, centre: Centre) -> None:
    worker = await centre.worker("alice")
    workspace = workspace_of(centre)
    async with bridge.a(workspace, worker["sid"]) as a, bridge.b(workspace, worker["sid"]) as b:
        await centre.task()
        (mash_up,) = await a.expect("reservation.created")
        (nested,) = await b.expect("reservation.created")
        assert mash_up["reservation_sid"] == nested["sid"]
        assert mash_up["sid"] == nested["task"]["sid"]


async def test_a_session_that_wants_to_be_alone_ends_the_others_of_its_channel(
    bridge: Bridge, centre: Centre
) -> None:
    alice, bob = await centre.worker("alice"), await centre.worker("bob", "Offline")
    workspace = workspace_of(centre)
    async with (
        bridge.a(workspace, alice["sid"]) as first,
        bridge.a(workspace, bob["sid"]) as other,
        bridge.a(
            workspace, alice["sid"], ALONE, token=capability_token(workspace, alice["sid"], n=2)
        ) as second,
    ):
        assert await first.closed() == 1000
        await centre.task()
        await second.expect("reservation.created")
        await other.expect_nothing()


async def test_a_session_that_was_evicted_does_not_evict_its_successor(
    bridge: Bridge, centre: Centre
) -> None:
    worker = await centre.worker("alice")
    workspace, sid = workspace_of(centre), worker["sid"]
    old, new = (access_token(workspace, sid, n=n) for n in (1, 2))
    async with (
        bridge.b(workspace, sid, ALONE, token=old) as first,
        bridge.b(workspace, sid, ALONE, token=new) as second,
    ):
        await first.closed()
        async with bridge.b(workspace, sid, ALONE, token=old) as again:
            await centre.task()
            await again.expect("reservation.created")
            await second.expect("reservation.created")


async def test_the_last_session_takes_its_worker_to_the_disconnect_activity(
    bridge: Bridge, centre: Centre
) -> None:
    worker = await centre.worker("alice")
    workspace, sid = workspace_of(centre), worker["sid"]
    wish = f"closeExistingSessions=false&disconnectActivitySid={centre.activities['Unavailable']}"
    token = capability_token(workspace, sid, posting(workspace, sid))
    async with bridge.a(workspace, sid, wish, token=token) as first:
        async with bridge.a(workspace, sid, wish, token=token):
            pass
        await quiet()
        assert await activity_of(centre, sid) == "Available"
        await first.expect_nothing()
    await becomes(centre, sid, "Unavailable")


@pytest.mark.parametrize(
    "filters",
    [{"allow": False}, {"post_filter": {"ActivitySid": {"required": True, "value": "WA"}}}],
)
async def test_leaving_changes_nothing_that_the_token_does_not_permit(
    bridge: Bridge, centre: Centre, caplog: pytest.LogCaptureFixture, filters: Json
) -> None:
    worker = await centre.worker("alice")
    workspace, sid = workspace_of(centre), worker["sid"]
    wish = f"disconnectActivitySid={centre.activities['Unavailable']}"
    token = capability_token(workspace, sid, posting(workspace, sid, **filters))
    with caplog.at_level("WARNING"):
        async with bridge.a(workspace, sid, wish, token=token):
            pass
        async with asyncio.timeout(GUARD_S):
            while not any(hasattr(one, "worker_sid") for one in caplog.records):
                await quiet()
    (told,) = [one for one in caplog.records if hasattr(one, "worker_sid")]
    assert vars(told)["reason"] == "their token does not permit them to change it"
    assert await activity_of(centre, sid) == "Available"


async def test_a_socket_that_just_dies_counts_as_a_session_that_ends(
    bridge: Bridge, centre: Centre
) -> None:
    worker = await centre.worker("alice")
    wish = f"closeExistingSessions=false&disconnectActivitySid={centre.activities['Unavailable']}"
    workspace, sid = workspace_of(centre), worker["sid"]
    token = capability_token(workspace, sid, posting(workspace, sid))
    async with bridge.a(workspace, sid, wish, token=token) as client:
        response = client.socket._response
        assert response.connection is not None
        assert response.connection.transport is not None
        response.connection.transport.abort()
    await becomes(centre, worker["sid"], "Unavailable")


async def test_a_client_that_answers_no_ping_is_noticed_and_has_left(
    config: Config, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(listening, "_PING_EVERY_S", 2.0)
    monkeypatch.setattr(listening, "_PONG_WITHIN_S", 0.2)
    monkeypatch.setattr(sessions_module, "UNREAD_BYTES_MAX", 2**26)
    async with running(config) as server, session_of(SID, TOKEN) as session:
        centre = await Centre(Caller(server.url, session)).open()
        worker = await centre.worker("alice")
        workspace, sid = workspace_of(centre), worker["sid"]
        wish = f"disconnectActivitySid={centre.activities['Unavailable']}"
        token = capability_token(workspace, sid, posting(workspace, sid))
        path = f"/{SID}/{sid}?token={token}&{wish}"
        with deaf_socket(server.url, path):
            # What waits for a client who reads nothing must not keep the connection open.
            for number in range(300):
                filler = "\N{GRINNING FACE}" * 3_900 + str(number)
                text = json.dumps({"filler": filler}, ensure_ascii=False)
                await centre.caller.change(f"{centre.path}/Workers/{sid}", Attributes=text)
            await becomes(centre, sid, "Unavailable")


@pytest.mark.parametrize(("has_offline", "activity"), [(True, "Offline"), (False, "Away")])
async def test_going_offline_is_the_activity_of_that_name_or_else_the_timeout_activity(
    bridge: Bridge, centre: Centre, has_offline: bool, activity: str
) -> None:
    if not has_offline:
        path = f"{centre.path}/Activities/{centre.activities['Offline']}"
        await centre.caller.change(path, FriendlyName="Away")
        await centre.caller.change(centre.path, TimeoutActivitySid=centre.activities["Offline"])
    worker = await centre.worker("alice")
    wish = "closeExistingSessions=false&setWorkerOfflineIfDisconnected=true"
    async with bridge.b(workspace_of(centre), worker["sid"], wish):
        pass
    await becomes(centre, worker["sid"], activity)


async def test_who_asks_for_nothing_keeps_their_activity(bridge: Bridge, centre: Centre) -> None:
    worker = await centre.worker("alice")
    async with bridge.b(workspace_of(centre), worker["sid"]):
        pass
    await quiet()
    assert await activity_of(centre, worker["sid"]) == "Available"


async def test_a_server_that_stops_changes_nobodys_activity(config: Config) -> None:
    async with AsyncExitStack() as clients:
        async with running(config) as server, session_of(SID, TOKEN) as session:
            caller = Caller(server.url, session)
            centre = await Centre(caller).open()
            worker = await centre.worker("alice")
            wish = "closeExistingSessions=false&setWorkerOfflineIfDisconnected=true"
            opened = Bridge(caller).b(workspace_of(centre), worker["sid"], wish)
            client = await clients.enter_async_context(opened)
        assert await client.closed() == 1012
    async with running(config) as server, session_of(SID, TOKEN) as session:
        centre.caller = Caller(server.url, session)
        assert await activity_of(centre, worker["sid"]) == "Available"


async def test_a_deleted_worker_s_sockets_are_closed_and_come_back_to_nothing(
    bridge: Bridge, centre: Centre, caller: Caller
) -> None:
    worker = await centre.worker("alice", "Offline")
    workspace, sid = workspace_of(centre), worker["sid"]
    async with bridge.a(workspace, sid) as client:
        reply = await caller.delete(f"{centre.path}/Workers/{sid}")
        assert reply.status == 204
        assert await client.closed() == 1001
    token = capability_token(workspace, sid)
    status, _ = await bridge.refused(f"/{SID}/{sid}", f"token={token}")
    assert status == 404


async def test_a_deleted_queue_s_and_workspace_s_sockets_are_closed(
    bridge: Bridge, centre: Centre, caller: Caller
) -> None:
    workspace = workspace_of(centre)
    queue = await caller.make(f"{centre.path}/TaskQueues", FriendlyName="Nobody")
    worker = await centre.worker("alice", "Offline")
    async with (
        bridge.a(workspace, queue["sid"]) as of_queue,
        bridge.a(workspace, workspace) as of_workspace,
        bridge.b(workspace, worker["sid"]) as of_worker,
    ):
        await caller.delete(f"{centre.path}/TaskQueues/{queue['sid']}")
        assert await of_queue.closed() == 1001
        await of_worker.expect_nothing()
        await caller.delete(centre.path)
        assert await of_workspace.closed() == 1001
        assert await of_worker.closed() == 1001


async def test_nothing_is_sent_after_the_token_s_end_and_the_socket_is_closed(
    bridge: Bridge, centre: Centre
) -> None:
    worker = await centre.worker("alice")
    token = access_token(workspace_of(centre), worker["sid"], lasts_s=2)
    async with bridge.b(workspace_of(centre), worker["sid"], token=token) as client:
        assert await client.closed() == 1008


async def test_an_idle_session_hears_a_blank_from_time_to_time(
    bridge: Bridge, centre: Centre, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sessions_module, "BEAT_AFTER_S", 0.5)
    worker = await centre.worker("alice")
    async with bridge.a(workspace_of(centre), worker["sid"]) as client:
        beats = [await client.socket.receive_str(timeout=GUARD_S) for _ in range(2)]
    assert beats == [" ", " "]


async def test_a_hundred_sockets_go_on_while_one_of_them_reads_nothing(
    bridge: Bridge, centre: Centre, caller: Caller, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sessions_module, "UNREAD_BYTES_MAX", 65_536)
    events = 250  # four megabytes: the kernel takes some of them for the one who reads nothing
    worker = await centre.worker("alice", Attributes=json.dumps({"filler": ""}))
    workspace, sid = workspace_of(centre), worker["sid"]
    token = capability_token(workspace, sid)
    path = f"{centre.path}/Workers/{sid}"
    async with AsyncExitStack() as stack:
        opened = [
            await stack.enter_async_context(bridge.a(workspace, sid, token=token))
            for _ in range(99)
        ]
        stack.enter_context(deaf_socket(caller.url, f"/{SID}/{sid}?token={token}"))

        async def read_on(client: Client) -> list[int]:
            frames = await client.expect(*["worker.attributes.update"] * events)
            return [json.loads(frame["attributes"])["number"] for frame in frames]

        reading = [asyncio.create_task(read_on(client)) for client in opened]
        for number in range(events):
            attributes = {"number": number, "filler": "\N{GRINNING FACE}" * 3_900}
            text = json.dumps(attributes, ensure_ascii=False)
            await caller.change(path, Attributes=text)
        for heard in await asyncio.gather(*reading):
            assert heard == list(range(events))
        async with caller.session.get(f"{caller.url}/metrics") as response:
            page = await response.text()
        assert "\ntaskyard_bridge_slow_sessions_total 1\n" in page
        assert "\ntaskyard_bridge_sessions 99\n" in page
