"""A node that is stopped hands over what it serves before it waits for anybody."""

import asyncio
import contextlib
from base64 import b64encode

import msgspec

from contract.api.caller import SID, TOKEN, Caller, Centre, session_of
from taskyard.server.app import running
from taskyard.server.config import Config
from taskyard.stores.memory_sharing import SharedMemoryStore


async def test_others_serve_while_a_node_that_stops_still_waits_for_its_callers(
    store: SharedMemoryStore, config: Config
) -> None:
    config = msgspec.structs.replace(config, lease_s=60)  # nobody waits for it to end
    async with contextlib.AsyncExitStack() as lasting, contextlib.AsyncExitStack() as stopped:
        session = await lasting.enter_async_context(session_of(SID, TOKEN))
        second = await lasting.enter_async_context(running(config))
        first = await stopped.enter_async_context(running(config))
        centre = await Centre(Caller(first.url, session)).open()
        port = int(first.url.rpartition(":")[2])
        _, slow = await asyncio.open_connection("127.0.0.1", port)
        slow.write(
            b"POST /v1/Workspaces HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n"
            b"Content-Type: application/x-www-form-urlencoded\r\n"
            b"Authorization: Basic %b\r\n\r\nFriendly" % b64encode(f"{SID}:{TOKEN}".encode())
        )
        await slow.drain()
        await asyncio.sleep(0.1)  # it is under way
        stopping = asyncio.create_task(stopped.aclose())
        # Refused, or reset where it was still in the backlog when the server stopped listening.
        with contextlib.suppress(ConnectionRefusedError, ConnectionResetError):
            while True:  # until it takes no further caller
                _, another = await asyncio.open_connection("127.0.0.1", port)
                another.close()
                await asyncio.sleep(0.01)
        centre.caller = Caller(second.url, session)
        worker = await centre.worker("Ann")
        assert worker["friendly_name"] == "Ann"
        assert not stopping.done()
        slow.close()
        await stopping


async def test_who_stops_alone_keeps_its_workspaces_until_the_end(
    store: SharedMemoryStore, config: Config
) -> None:
    config = msgspec.structs.replace(config, lease_s=1)
    async with session_of(SID, TOKEN) as session, running(config) as only:
        centre = await Centre(Caller(only.url, session)).open()
        await only.directory.hand_over()
        await asyncio.sleep(1.2)  # longer than a lease that nobody renews
        assert (await centre.worker("Ann"))["friendly_name"] == "Ann"
