"""Clients of the event bridge's websocket, as the two published ones behave on the wire."""

import asyncio
import base64
import hashlib
import hmac
import json
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import aiohttp

from contract.api.caller import SID, TOKEN, Caller

KEY, SECRET = "SK" + "1f" * 16, "s" * 32
GUARD_S = 30  # against a hang only
QUIET_S = 0.3
BRIDGE = "https://event-bridge.twilio.com/v1/wschannels"

Json = dict[str, Any]


def signed(claims: Json, secret: str, **header: str) -> str:
    parts = [{"typ": "JWT", "alg": "HS256", **header}, claims]
    text = ".".join(_encoded(json.dumps(part).encode()) for part in parts)
    return f"{text}.{_encoded(hmac.digest(secret.encode(), text.encode(), hashlib.sha256))}"


def _encoded(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def capability_token(
    workspace: str, channel: str, *further: Json, lasts_s: float = 600, **more: Any
) -> str:
    """One that permits its channel to be used, and what further policies say."""
    claims = {
        "version": "v1",
        "iss": SID,
        "account_sid": SID,
        "workspace_sid": workspace,
        "channel": channel,
        "exp": int(time.time() + lasts_s),
        "policies": [
            {"url": f"{BRIDGE}/{SID}/{channel}", "method": method, "allow": True}
            for method in ("GET", "POST")
        ]
        + [*further],
    }
    kinds = {"WK": "worker_sid", "WQ": "taskqueue_sid"}
    if channel[:2] in kinds:
        claims[kinds[channel[:2]]] = channel
    return signed(claims | more, TOKEN)


def posting(workspace: str, worker: str, **filters: Any) -> Json:
    """A policy that permits a worker to be changed."""
    url = f"https://taskrouter.twilio.com/v1/Workspaces/{workspace}/Workers/{worker}"
    return {"url": url, "method": "POST", "allow": True, **filters}


def access_token(
    workspace: str, worker: str | None, *, lasts_s: float = 600, role: str = "worker", **more: Any
) -> str:
    grant = {"workspace_sid": workspace, "role": role}
    if worker is not None:
        grant["worker_sid"] = worker
    claims = {
        "jti": f"{KEY}-1",
        "iss": KEY,
        "sub": SID,
        "exp": int(time.time() + lasts_s),
        "grants": {"identity": "somebody", "task_router": grant},
    }
    return signed(claims | more, SECRET, cty="twilio-fpa;v=1")


class Client:
    """One connection, and the frames that came over it."""

    def __init__(self, socket: aiohttp.ClientWebSocketResponse) -> None:
        self.socket = socket

    async def frame(self) -> Json:
        """The next frame that is no heart beat."""
        while True:
            message = await self.socket.receive(GUARD_S)
            assert message.type is aiohttp.WSMsgType.TEXT, message
            if message.data.strip():
                frame = json.loads(message.data)
                assert isinstance(frame, dict)
                return frame

    async def expect(self, *types: str) -> list[Json]:
        """The payloads of the next frames, which have to be of these types."""
        frames = [await self.frame() for _ in types]
        assert tuple(frame["event_type"] for frame in frames) == types
        return [frame["payload"] for frame in frames]

    async def expect_nothing(self) -> None:
        """Nothing comes for a while; what comes too late is seen by the next `expect`."""
        try:
            message = await self.socket.receive(QUIET_S)
        except TimeoutError:
            return
        raise AssertionError(f"expected nothing, got {message}")

    async def closed(self) -> int:
        """The code with which the server hangs up; frames before it are passed over."""
        async with asyncio.timeout(GUARD_S):
            while True:
                message = await self.socket.receive()
                if message.type is aiohttp.WSMsgType.CLOSE:
                    return int(message.data)
                assert message.type is aiohttp.WSMsgType.TEXT, message


class Bridge:
    """Opens connections to a server."""

    def __init__(self, caller: Caller) -> None:
        self.caller = caller
        self.url = caller.url.replace("http", "ws") + "/v1/wschannels"

    @asynccontextmanager
    async def raw(self, path: str, query: str) -> AsyncIterator[Client]:
        async with (
            aiohttp.ClientSession() as session,
            session.ws_connect(f"{self.url}{path}?{query}", max_msg_size=0) as socket,
        ):
            yield Client(socket)

    @asynccontextmanager
    async def a(
        self, workspace: str, channel: str, query: str = "", *, token: str | None = None
    ) -> AsyncIterator[Client]:
        """As the first SDK does it."""
        token = token or capability_token(workspace, channel)
        query = query or "closeExistingSessions=false"
        async with self.raw(f"/{SID}/{channel}", f"token={token}&{query}") as client:
            yield client

    @asynccontextmanager
    async def b(
        self, workspace: str, worker: str, query: str = "", *, token: str | None = None
    ) -> AsyncIterator[Client]:
        """As the second SDK does it; the frame `init` has come."""
        token = token or access_token(workspace, worker)
        query = query or "closeExistingSessions=false"
        async with self.raw("", f"token={token}&{query}&clientVersion=2.1.1") as client:
            await client.expect("init")
            yield client

    async def refused(self, path: str, query: str) -> tuple[int, Json]:
        """The status and the body with which a handshake is refused."""
        async with aiohttp.ClientSession() as session:
            headers = {
                "Connection": "Upgrade",
                "Upgrade": "websocket",
                "Sec-WebSocket-Version": "13",
                "Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ==",
            }
            url = f"{self.caller.url}/v1/wschannels{path}?{query}"
            async with session.get(url, headers=headers) as response:
                body = await response.json()
                assert isinstance(body, dict)
                return response.status, body


async def quiet() -> None:
    await asyncio.sleep(QUIET_S)
