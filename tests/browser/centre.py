"""What pages are about: a workspace, made over REST, and tokens for what is in it."""

import asyncio
import contextlib
import json
import secrets
from typing import Any

import aiohttp

from taskyard.client.tokens import TaskRouterCapability

from .conftest import ACCOUNT_SID, AUTH_TOKEN


class Centre:
    """A workspace with a task queue for everybody and one worker, made over REST."""

    def __init__(self, url: str) -> None:
        self.url = url

    async def __aenter__(self) -> "Centre":
        credentials = aiohttp.encode_basic_auth(ACCOUNT_SID, AUTH_TOKEN)
        self._session = aiohttp.ClientSession(
            f"{self.url}/v1/", headers={"Authorization": credentials}
        )
        self.sid = (await self.make("Workspaces", FriendlyName="Bakery"))["sid"]
        self.below = f"Workspaces/{self.sid}"
        activities = await self.see(f"{self.below}/Activities")
        self.activities = {one["friendly_name"]: one["sid"] for one in activities["activities"]}
        self.queue = await self.make(f"{self.below}/TaskQueues", FriendlyName="Cakes")
        routing = {"task_routing": {"default_filter": {"queue": self.queue["sid"]}}}
        await self.make(
            f"{self.below}/Workflows", FriendlyName="Orders", Configuration=json.dumps(routing)
        )
        self.ada = await self.make(
            f"{self.below}/Workers", FriendlyName="Ada", Attributes='{"skills":["cake"]}'
        )
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._session.close()

    async def make(self, path: str, **form: str) -> dict[str, Any]:
        async with self._session.post(path, data=form) as answer:
            body: dict[str, Any] = await answer.json()
            assert answer.status in {200, 201}, body
            return body

    async def make_at_last(self, path: str, **form: str) -> dict[str, Any]:
        """The same where a node may be dying: asked with one key until somebody answers."""
        headers = {"Idempotency-Key": secrets.token_hex(8)}
        while True:
            with contextlib.suppress(aiohttp.ClientConnectionError):
                async with self._session.post(path, data=form, headers=headers) as answer:
                    body: dict[str, Any] = await answer.json()
                    if answer.status != 503:
                        assert answer.status in {200, 201}, body
                        return body
            await asyncio.sleep(0.1)

    async def see(self, path: str) -> dict[str, Any]:
        async with self._session.get(path) as answer:
            body: dict[str, Any] = await answer.json()
            assert answer.status == 200, body
            return body

    def token(self, channel_sid: str, ttl: int = 600, *, may_delete: bool = False) -> str:
        token = TaskRouterCapability(ACCOUNT_SID, AUTH_TOKEN, self.sid, channel_sid, ttl=ttl)
        below = f"https://taskrouter.twilio.com/v1/Workspaces/{self.sid}"
        token.allow_updates().allow_fetch_subresources()
        for method in ("GET", "POST"):
            token.allow(f"{below}/Tasks/**", method)
        token.allow(f"{below}/Activities", "GET").allow(f"{below}/Tasks", "POST")
        if may_delete:
            token.allow_delete()
        return token.to_jwt()
