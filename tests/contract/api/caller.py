"""A caller of the API, and the small contact centre that the stories are about."""

import base64
import json
from collections.abc import Mapping, Sequence
from typing import Any

import aiohttp
import msgspec

from contract.published_api import judge

from .documented import expect_documented

SID, TOKEN = "AC" + "0a" * 16, "t" * 32
Form = Mapping[str, str] | Sequence[tuple[str, str]] | str | bytes


def session_of(sid: str | None, secret: str = "") -> aiohttp.ClientSession:
    """A session with these credentials in every call; with none for None."""
    if sid is None:
        return aiohttp.ClientSession()
    encoded = base64.b64encode(f"{sid}:{secret}".encode()).decode()
    return aiohttp.ClientSession(headers={"Authorization": f"Basic {encoded}"})


class Reply(msgspec.Struct):
    status: int
    headers: Mapping[str, str]
    text: str

    @property
    def json(self) -> dict[str, Any]:
        assert self.headers["Content-Type"] == "application/json; charset=utf-8"
        body = json.loads(self.text)
        assert isinstance(body, dict)
        return body

    def expect(self, status: int) -> dict[str, Any]:
        assert self.status == status, self.text
        return self.json

    def refused(self, status: int, code: int) -> str:
        """Expect an error answer; its message is given back."""
        body = self.expect(status)
        message = body["message"]
        assert body == {
            "code": code,
            "message": message,
            "more_info": f"https://www.twilio.com/docs/errors/{code}",
            "status": status,
        }
        assert isinstance(message, str)
        return message


class Caller:
    """Calls with the account's credentials; paths are those that follow `/v1`.

    Every answer is judged by the published document, whatever the test looks at.
    """

    def __init__(self, url: str, session: aiohttp.ClientSession) -> None:
        self.url = url
        self.session = session

    async def call(
        self,
        method: str,
        path: str,
        form: Form | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> Reply:
        raw = form is None or isinstance(form, bytes | str)
        body = form if raw else aiohttp.FormData(form)
        sent = dict(headers or {})
        if isinstance(form, bytes | str):
            sent.setdefault("Content-Type", "application/x-www-form-urlencoded")
        url = path if path.startswith("http") else f"{self.url}/v1{path}"
        async with self.session.request(method, url, data=body, headers=sent) as response:
            expect_documented(method, response.url.path.removeprefix("/v1"), response.status)
            reply = Reply(response.status, response.headers, await response.text())
        judge(method, url, reply.status, reply.headers, reply.text)
        return reply

    async def get(self, path: str, **headers: str) -> Reply:
        return await self.call("GET", path, headers=headers)

    async def post(self, path: str, form: Form | None = None, **headers: str) -> Reply:
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        return await self.call("POST", path, form or {}, named)

    async def delete(self, path: str, **headers: str) -> Reply:
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        return await self.call("DELETE", path, headers=named)

    async def make(self, path: str, **form: str) -> dict[str, Any]:
        return (await self.post(path, form)).expect(201)

    async def change(self, path: str, **form: str) -> dict[str, Any]:
        return (await self.post(path, form)).expect(200)

    async def see(self, path: str) -> dict[str, Any]:
        return (await self.get(path)).expect(200)

    async def every(self, path: str, key: str) -> list[dict[str, Any]]:
        """The items of all pages of a list."""
        items: list[dict[str, Any]] = []
        following: str | None = path
        while following is not None:
            page = await self.see(following)
            items += page[key]
            following = page["meta"]["next_page_url"]
        return items


class Centre:
    """A workspace with one worker, one task queue and one workflow."""

    def __init__(self, caller: Caller) -> None:
        self.caller = caller
        self.path = ""
        self.activities: dict[str, str] = {}
        self.queue: dict[str, Any] = {}
        self.workflow: dict[str, Any] = {}

    async def open(self, **settings: str) -> "Centre":
        workspace = await self.caller.make("/Workspaces", FriendlyName="Centre", **settings)
        self.path = f"/Workspaces/{workspace['sid']}"
        for activity in await self.caller.every(f"{self.path}/Activities", "activities"):
            self.activities[activity["friendly_name"]] = activity["sid"]
        self.queue = await self.caller.make(
            f"{self.path}/TaskQueues", FriendlyName="Everybody", TargetWorkers="1==1"
        )
        default = {"task_routing": {"filters": [], "default_filter": {"queue": self.queue["sid"]}}}
        self.workflow = await self.caller.make(
            f"{self.path}/Workflows", FriendlyName="To everybody", Configuration=json.dumps(default)
        )
        return self

    async def worker(self, name: str, activity: str = "Available", **more: str) -> dict[str, Any]:
        return await self.caller.make(
            f"{self.path}/Workers",
            FriendlyName=name,
            ActivitySid=self.activities[activity],
            **more,
        )

    async def task(self, **form: str) -> dict[str, Any]:
        return await self.caller.make(f"{self.path}/Tasks", **form)

    async def offers(self, task: Mapping[str, Any]) -> list[dict[str, Any]]:
        return await self.caller.every(
            f"{self.path}/Tasks/{task['sid']}/Reservations", "reservations"
        )
