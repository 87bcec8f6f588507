"""A real server in a thread of its own, with a bakery in it, and tokens for it."""

import asyncio
import json
import threading
from base64 import b64encode
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from urllib.parse import urlencode
from urllib.request import Request, urlopen

from contract.api.caller import SID, TOKEN
from taskyard import TaskQueueCapability, WorkerCapability, Workspace, WorkspaceCapability
from taskyard.server.app import running
from taskyard.server.config import Config


@contextmanager
def served() -> Iterator[str]:
    """The address of a server that forgets everything when it stops."""
    config = Config(database="memory://", port=0, account_sid=SID, auth_token=TOKEN)
    urls: list[str] = []
    started = threading.Event()
    loop = asyncio.new_event_loop()
    stop = asyncio.Event()

    async def serve() -> None:
        async with running(config) as server:
            urls.append(server.url)
            started.set()
            await stop.wait()

    def run() -> None:
        try:
            loop.run_until_complete(serve())
        finally:
            started.set()
            loop.close()

    thread = threading.Thread(target=run)
    thread.start()
    started.wait()
    try:
        yield urls[0]
    finally:
        loop.call_soon_threadsafe(stop.set)
        thread.join()


class Bakery:
    """A workspace with Ada, who bakes, a task queue and a workflow; furnished by the SDK."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.sid = _new_workspace(url)
        self.workspace = Workspace(self.workspace_token(), base_url=url, connect=False)
        activities = {one.friendly_name: one.sid for one in self.workspace.activities}
        self.available, self.offline = activities["Available"], activities["Offline"]
        self.queue = self.workspace.task_queues.create(
            friendly_name="Cakes", target_workers="skills HAS 'cake'"
        )
        routing = {"filters": [], "default_filter": {"queue": self.queue.sid}}
        self.workflow = self.workspace.workflows.create(
            friendly_name="Orders", configuration={"task_routing": routing}
        )
        self.ada = self.workspace.workers.create(
            friendly_name="Ada", attributes={"skills": ["cake"]}, activity_sid=self.available
        )

    def workspace_token(self) -> str:
        token = WorkspaceCapability(SID, TOKEN, self.sid)
        token.allow_fetch_subresources().allow_updates().allow_updates_subresources()
        return token.allow_delete().allow_delete_subresources().to_jwt()

    def worker_token(self, ttl: int = 3600) -> str:
        token = WorkerCapability(SID, TOKEN, self.sid, self.ada.sid, ttl=ttl)
        token.allow_fetch_subresources().allow_activity_updates().allow_reservation_updates()
        return token.to_jwt()

    def queue_token(self) -> str:
        token = TaskQueueCapability(SID, TOKEN, self.sid, self.queue.sid)
        return token.allow_fetch_subresources().allow_updates().to_jwt()

    def order(self, tiers: int = 3) -> Any:
        return self.workspace.tasks.create(attributes={"tiers": tiers})


def _new_workspace(url: str) -> str:
    request = Request(f"{url}/v1/Workspaces", urlencode({"FriendlyName": "Bakery"}).encode())
    request.add_header("Authorization", "Basic " + b64encode(f"{SID}:{TOKEN}".encode()).decode())
    with urlopen(request, timeout=60) as answer:
        return str(json.load(answer)["sid"])
