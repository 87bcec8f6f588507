"""A server in a thread of its own, and a contact centre in it, for callers without a loop."""

import asyncio
import contextlib
import json
import threading
from collections.abc import Iterator
from typing import Any

import requests

from taskyard.server.app import running
from taskyard.server.config import Config

SID, TOKEN = "AC" + "0a" * 16, "t" * 32
KEY, KEY_SECRET = "SK" + "1f" * 16, "s" * 32
GUARD_S = 60  # against a hang only


@contextlib.contextmanager
def served() -> Iterator[str]:
    """The address of a server that keeps everything in memory."""
    config = Config(
        database="memory://",
        port=0,
        account_sid=SID,
        auth_token=TOKEN,
        api_key_sid=KEY,
        api_key_secret=KEY_SECRET,
    )
    started = threading.Event()
    addresses: list[str] = []
    stops: list[tuple[asyncio.AbstractEventLoop, asyncio.Event]] = []

    async def serve() -> None:
        async with running(config) as server:
            stop = asyncio.Event()
            stops.append((asyncio.get_running_loop(), stop))
            addresses.append(server.url)
            started.set()
            await stop.wait()

    thread = threading.Thread(target=lambda: asyncio.run(serve()))
    thread.start()
    assert started.wait(GUARD_S)
    try:
        yield addresses[0]
    finally:
        loop, stop = stops[0]
        loop.call_soon_threadsafe(stop.set)
        thread.join(GUARD_S)


class Furnished:
    """A workspace that has one of everything."""

    def __init__(self, url: str) -> None:
        self._session = requests.Session()
        self._session.auth = (SID, TOKEN)
        workspace = self._make(f"{url}/v1/Workspaces", FriendlyName="Fuzzed")
        at = workspace["url"]
        activities = self._see(f"{at}/Activities")["activities"]
        ready = next(one["sid"] for one in activities if one["available"])
        queue = self._make(f"{at}/TaskQueues", FriendlyName="Everybody")
        rules = {"task_routing": {"filters": [], "default_filter": {"queue": queue["sid"]}}}
        workflow = self._make(
            f"{at}/Workflows", FriendlyName="To everybody", Configuration=json.dumps(rules)
        )
        worker = self._make(f"{at}/Workers", FriendlyName="Ann", ActivitySid=ready)
        channel = self._make(f"{at}/TaskChannels", FriendlyName="Fax", UniqueName="fax")
        task = self._make(f"{at}/Tasks", Attributes='{"kind":"call"}')
        (event, *_) = self._see(f"{at}/Events")["events"]
        (offer,) = self._see(f"{at}/Tasks/{task['sid']}/Reservations")["reservations"]
        self.parents = {
            "WorkspaceSid": workspace["sid"],
            "TaskSid": task["sid"],
            "WorkerSid": worker["sid"],
            "TaskQueueSid": queue["sid"],
            "WorkflowSid": workflow["sid"],
        }
        self._by_collection = {
            "Workspaces": workspace["sid"],
            "Activities": next(one["sid"] for one in activities if not one["available"]),
            "TaskChannels": channel["sid"],
            "TaskQueues": queue["sid"],
            "Workflows": workflow["sid"],
            "Workers": worker["sid"],
            "Channels": "fax",
            "Tasks": task["sid"],
            "Reservations": offer["sid"],
            "Events": event["sid"],
            "Transfers": "TT" + "0" * 32,
        }
        self._named = {
            "ActivitySid": ready,
            "WorkerActivitySid": ready,
            "WorkflowSid": workflow["sid"],
            "TaskQueueSid": queue["sid"],
            "WorkerSid": worker["sid"],
            "RoutingTarget": worker["sid"],
            "Configuration": json.dumps(rules),
            "Attributes": '{"kind":"chat"}',
            "TaskChannel": "fax",
            "SplitByWaitTime": "5,30",
        }

    def path_parameters(self, path: str) -> dict[str, str]:
        """What there is, for the variables of a path."""
        found = {name: sid for name, sid in self.parents.items() if "{" + name + "}" in path}
        if path.endswith("/{Sid}"):
            found["Sid"] = self._by_collection[path.split("/")[-2]]
        return found

    def make_valid(self, fields: dict[str, Any]) -> None:
        """Put what there is into the fields that were sent and would else never be right."""
        fields.update({name: value for name, value in self._named.items() if name in fields})

    def close(self) -> None:
        self._session.close()

    def _make(self, url: str, **form: str) -> dict[str, Any]:
        answer = self._session.post(url, data=form)
        assert answer.status_code == 201, answer.text
        made: dict[str, Any] = answer.json()
        return made

    def _see(self, url: str) -> dict[str, Any]:
        seen: dict[str, Any] = self._session.get(url).json()
        return seen
