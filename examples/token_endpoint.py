"""The part of an application that pages need: who is here, and what may they do?

It furnishes a small bakery in Taskyard, serves `supervisor.html` and `agent.html`, hands out
capability tokens and takes orders. Set TASKYARD_ACCOUNT_SID and TASKYARD_AUTH_TOKEN, as for the
server. A real application asks who is logged in before it gives anybody a token.
"""
# ruff: noqa: T201  # an example prints

import asyncio
import json
import os
import sys
from collections.abc import AsyncIterator
from contextlib import suppress
from pathlib import Path

from aiohttp import ClientSession, encode_basic_auth, web

from taskyard.client import TaskQueueCapability, WorkerCapability

ACCOUNT_SID = os.environ["TASKYARD_ACCOUNT_SID"]
AUTH_TOKEN = os.environ["TASKYARD_AUTH_TOKEN"]
DEFAULT_URL = "http://127.0.0.1:8080"
TASKYARD = os.environ.get("TASKYARD_URL", DEFAULT_URL).rstrip("/")
WORKERS = {"Ada": ["cake", "bread"], "Grace": ["bread"]}
TTL_S = 60  # so short that anybody can watch a token being replaced


class Bakery:
    """A workspace with a task queue, a workflow and two workers."""

    def __init__(self, session: ClientSession) -> None:
        self._session = session

    async def furnish(self) -> None:
        """Make it; each start makes a new one."""
        self.sid = (await self._make("/Workspaces", FriendlyName="Bakery"))["sid"]
        self._path = f"/Workspaces/{self.sid}"
        queue = {"FriendlyName": "Cakes", "TargetWorkers": "skills HAS 'cake'"}
        self.queue_sid = (await self._make(f"{self._path}/TaskQueues", **queue))["sid"]
        routing = {"task_routing": {"default_filter": {"queue": self.queue_sid}}}
        rules = {"FriendlyName": "Orders", "Configuration": json.dumps(routing)}
        self._workflow_sid = (await self._make(f"{self._path}/Workflows", **rules))["sid"]
        self.worker_sids = {}
        for name, skills in WORKERS.items():
            about = {"FriendlyName": name, "Attributes": json.dumps({"skills": skills})}
            self.worker_sids[name] = (await self._make(f"{self._path}/Workers", **about))["sid"]

    async def order(self, what: str) -> str:
        """The SID of a new task."""
        attributes = json.dumps({"order": what})
        form = {"WorkflowSid": self._workflow_sid, "Attributes": attributes}
        return (await self._make(f"{self._path}/Tasks", **form))["sid"]

    async def _make(self, path: str, **form: str) -> dict[str, str]:
        async with self._session.post(f"{TASKYARD}/v1{path}", data=form) as answer:
            answer.raise_for_status()
            return await answer.json()


BAKERY = web.AppKey("BAKERY", Bakery)


def supervisor_token(bakery: Bakery, ttl: int) -> str:
    """May see the task queue and all that is known about it, change it and delete it."""
    token = TaskQueueCapability(ACCOUNT_SID, AUTH_TOKEN, bakery.sid, bakery.queue_sid, ttl=ttl)
    return token.allow_fetch_subresources().allow_updates().allow_delete().to_jwt()


def agent_token(bakery: Bakery, name: str, ttl: int) -> str:
    """May do what an agent does: change the own activity, answer offers, complete tasks."""
    sid = bakery.worker_sids[name]
    token = WorkerCapability(ACCOUNT_SID, AUTH_TOKEN, bakery.sid, sid, ttl=ttl)
    return token.allow_activity_updates().allow_reservation_updates().to_jwt()


async def give_token(request: web.Request) -> web.Response:
    """`/token/supervisor`, or `/token/agent/Ada`; `?ttl=10` for one that holds for ten seconds."""
    bakery = request.app[BAKERY]
    ttl = request.query.get("ttl", str(TTL_S))
    if not ttl.isdecimal() or not 1 <= int(ttl) <= 3_600:
        raise web.HTTPBadRequest(text=f"ttl must be 1 to 3600 seconds, not '{ttl}'\n")
    name = request.match_info.get("name")
    if name is None:
        token = supervisor_token(bakery, int(ttl))
    elif name in bakery.worker_sids:
        token = agent_token(bakery, name, int(ttl))
    else:
        raise web.HTTPNotFound(text=f"nobody here is called '{name}'\n")
    return web.Response(text=token, headers={"Cache-Control": "no-store"})


async def take_order(request: web.Request) -> web.Response:
    """Make a task of the text that was posted."""
    sid = await request.app[BAKERY].order((await request.text())[:200])
    return web.Response(text=sid, status=201)


async def show_page(request: web.Request) -> web.Response:
    """One of the two pages, with the address of the server that there is."""
    page = Path(__file__).with_name(request.match_info.get("page", "supervisor") + ".html")
    text = page.read_text(encoding="utf-8").replace(DEFAULT_URL, TASKYARD)
    return web.Response(text=text, content_type="text/html")


async def furnished(app: web.Application) -> AsyncIterator[None]:
    """The bakery, for as long as the program runs."""
    credentials = encode_basic_auth(ACCOUNT_SID, AUTH_TOKEN)
    async with ClientSession(headers={"Authorization": credentials}) as session:
        app[BAKERY] = Bakery(session)
        await app[BAKERY].furnish()
        yield


async def serve(port: int) -> None:
    """Serve until somebody stops the program; port 0 is any that is free."""
    app = web.Application()
    app.cleanup_ctx.append(furnished)
    app.router.add_get("/", show_page)
    app.router.add_get("/{page:supervisor|agent}.html", show_page)
    app.router.add_get("/token/supervisor", give_token)
    app.router.add_get("/token/agent/{name}", give_token)
    app.router.add_post("/orders", take_order)
    runner = web.AppRunner(app)
    await runner.setup()
    try:
        await web.TCPSite(runner, "127.0.0.1", port).start()
        print(f"open http://127.0.0.1:{runner.addresses[0][1]}/", flush=True)
        await asyncio.Event().wait()
    finally:
        await runner.cleanup()


if __name__ == "__main__":
    with suppress(KeyboardInterrupt):
        asyncio.run(serve(int(sys.argv[1]) if len(sys.argv) > 1 else 8000))
