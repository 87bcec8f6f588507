"""Posts envelopes to the event bridge, as the two published browser clients do."""

import json
from collections.abc import Mapping
from io import BytesIO
from typing import Any

import aiohttp

from contract.api.caller import SID, TOKEN, Centre, Reply
from taskyard.client.tokens import (
    AccessToken,
    TaskQueueCapability,
    TaskRouterCapability,
    WorkerCapability,
    WorkspaceCapability,
)

KEY, SECRET = "SK" + "1f" * 16, "s" * 32
ELSEWHERE = "https://taskrouter.twilio.com"

Json = dict[str, Any]


def capability(workspace_sid: str, channel_sid: str) -> TaskRouterCapability:
    """What the helper libraries make for this channel; no test shares one."""
    if channel_sid.startswith("WK"):
        return WorkerCapability(SID, TOKEN, workspace_sid, channel_sid)
    if channel_sid.startswith("WQ"):
        return TaskQueueCapability(SID, TOKEN, workspace_sid, channel_sid)
    return WorkspaceCapability(SID, TOKEN, workspace_sid)


def everything(workspace_sid: str, channel_sid: str) -> str:
    """A capability token that opens its whole workspace."""
    token = capability(workspace_sid, channel_sid)
    url = f"{ELSEWHERE}/v1/Workspaces/{workspace_sid}"
    for method in ("GET", "POST", "DELETE"):
        token.allow(url, method).allow(f"{url}/**", method)
    return token.to_jwt()


def access(workspace_sid: str, worker_sid: str | None, role: str = "worker", **more: Any) -> str:
    return AccessToken(SID, KEY, SECRET, workspace_sid, worker_sid, role=role, **more).to_jwt()


class Poster:
    """One browser: a token, and the dialect that goes with it."""

    def __init__(
        self,
        base: str,
        session: aiohttp.ClientSession,
        token: str,
        channel_sid: str | None,
        account_sid: str = SID,
    ) -> None:
        self.session = session
        self.token = token
        self.is_a = channel_sid is not None
        tail = f"/{account_sid}/{channel_sid}" if self.is_a else ""
        self.address = f"{base}/v1/wschannels{tail}"

    async def raw(self, body: bytes | BytesIO, method: str = "POST", **headers: str) -> Reply:
        sent = {name.replace("_", "-"): value for name, value in headers.items()}
        async with self.session.request(method, self.address, data=body, headers=sent) as response:
            assert response.reason, "the first client shows users the reason phrase"
            assert response.headers["Access-Control-Allow-Origin"] == "*"
            return Reply(response.status, response.headers, await response.text())

    async def send(
        self, method: str, path: str, params: Mapping[str, Any] | None = None, **headers: str
    ) -> Reply:
        """Post an envelope for a path that begins with `/Workspaces`."""
        url = f"{ELSEWHERE}/v1{path}" if self.is_a else path[1:]
        return await self.envelope(
            {"url": url, "method": method, "params": params or {}}, **headers
        )

    async def envelope(self, envelope: Json, **headers: str) -> Reply:
        headers.setdefault("Content_Type", "text/plain;charset=UTF-8")
        return await self.raw(json.dumps({"token": self.token, **envelope}).encode(), **headers)

    async def get(self, path: str, params: Mapping[str, Any] | None = None) -> Any:
        return (await self.send("GET", path, params)).expect(200)["payload"]

    async def post(self, path: str, **params: Any) -> Any:
        return (await self.send("POST", path, params)).expect(200)["payload"]


class Posters:
    """Makes browsers for a contact centre."""

    def __init__(self, centre: Centre) -> None:
        self.centre = centre
        self.workspace_sid = centre.path.rpartition("/")[2]

    def a(self, channel_sid: str, token: str | None = None) -> Poster:
        """With the first client; by default its token opens all of the workspace."""
        token = token or everything(self.workspace_sid, channel_sid)
        return Poster(self.centre.caller.url, self.centre.caller.session, token, channel_sid)

    def b(self, worker_sid: str | None, role: str = "worker", token: str | None = None) -> Poster:
        """With the second client."""
        token = token or access(self.workspace_sid, worker_sid, role)
        return Poster(self.centre.caller.url, self.centre.caller.session, token, None)
