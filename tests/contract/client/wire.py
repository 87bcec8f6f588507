"""A small stand-in for the event bridge, in a thread of its own: what it hears, it keeps."""

import asyncio
import base64
import json
import threading
import time
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, TypeVar

from aiohttp import WSMsgType, web

AC, WS, WQ, WK = ("AC" + "1" * 32, "WS" + "1" * 32, "WQ" + "1" * 32, "WK" + "1" * 32)
WT, WR, WA = ("WT" + "1" * 32, "WR" + "1" * 32, "WA" + "1" * 32)

T = TypeVar("T")
Answer = tuple[int, str | dict[str, Any]]


def token(channel: str, **claims: Any) -> str:
    """A capability token that nobody verifies."""
    said = {
        "account_sid": AC,
        "workspace_sid": WS,
        "channel": channel,
        "exp": time.time() + 3600,
        **claims,
    }
    parts = ({"alg": "HS256", "typ": "JWT"}, {k: v for k, v in said.items() if v is not None})
    encoded = [base64.urlsafe_b64encode(json.dumps(one).encode()).decode() for one in parts]
    return ".".join([*(one.rstrip("=") for one in encoded), "signature"])


def task_queue(**more: Any) -> dict[str, Any]:
    return {
        "sid": WQ,
        "account_sid": AC,
        "workspace_sid": WS,
        "friendly_name": "Cakes",
        "max_reserved_workers": 1,
        "date_created": "2026-01-05T09:15:00Z",
        "assignment_activity_sid": None,
        "novelty": {"start_time": 0},
        **more,
    }


def worker(**more: Any) -> dict[str, Any]:
    return {
        "sid": WK,
        "account_sid": AC,
        "workspace_sid": WS,
        "friendly_name": "Ada",
        "activity_name": "Offline",
        "activity_sid": WA,
        "attributes": '{"skills":["cake"],"start_time":5}',
        "available": False,
        "date_status_changed": 1767604500,
        **more,
    }


def task(sid: str = WT, **more: Any) -> dict[str, Any]:
    return {
        "sid": sid,
        "account_sid": AC,
        "workspace_sid": WS,
        "assignment_status": "reserved",
        "attributes": '{"tiers":3}',
        "date_created": "2026-01-05T09:15:00Z",
        **more,
    }


def reservation(sid: str = WR, **more: Any) -> dict[str, Any]:
    return {
        "sid": sid,
        "account_sid": AC,
        "workspace_sid": WS,
        "reservation_status": "pending",
        "task_sid": WT,
        "worker_sid": WK,
        "worker_name": "Ada",
        **more,
    }


def offer(sid: str = WR, status: str = "pending") -> dict[str, Any]:
    """The payload of a reservation's frame."""
    own = {
        "reservation_sid": sid,
        "reservation_status": status,
        "reservation_date_created": "2026-01-05T09:16:00Z",
        "reservation_date_updated": "2026-01-05T09:17:00Z",
    }
    return {**task(), **own, "worker_sid": WK, "worker_name": "Ada"}


def page(key: str, items: list[Any], following: str | None = None) -> dict[str, Any]:
    meta = {
        "key": key,
        "page": 0,
        "page_size": 50,
        "url": "/",
        "next_page_url": following,
        "previous_page_url": None,
    }
    return {"meta": meta, key: items}


BEHIND_S = 0.1
"""So long an answer is behind a frame that was sent meanwhile."""


class Wire:
    """What the clients of a test talk to.

    Attributes:
        answers: By method and path what is answered, one after the other; the last one stays.
        envelopes: What was posted.
        openings: The queries of the sockets that were opened.
        meanwhile: By method and path the frame that is sent while the asker waits for its answer.
        refusing: The status that sockets are refused with.
    """

    def __init__(self) -> None:
        self.answers: dict[tuple[str, str], deque[Answer]] = {}
        self.envelopes: list[dict[str, Any]] = []
        self.openings: list[dict[str, str]] = []
        self.meanwhile: dict[tuple[str, str], tuple[str, Any]] = {}
        self.refusing: int | None = None
        self.url = ""
        self._sockets: list[web.WebSocketResponse] = []
        self._loop = asyncio.new_event_loop()
        self._stop = asyncio.Event()

    def answer(self, method: str, path: str, *answers: Answer | dict[str, Any]) -> None:
        """Answer so; a payload alone goes out with 200."""
        self.answers[method, path] = deque(
            one if isinstance(one, tuple) else (200, {"payload": one}) for one in answers
        )

    def asked(self, method: str, path: str) -> list[dict[str, Any]]:
        """The envelopes that asked for this."""
        url = f"{self.url}/v1/Workspaces/{WS}{path}"
        return [e for e in self.envelopes if e["method"] == method and e["url"] == url]

    def push(self, event_type: str, payload: Any) -> None:
        """Send a frame on every open socket."""
        self.push_text(json.dumps({"event_type": event_type, "payload": payload}))

    def push_text(self, text: str) -> None:
        asyncio.run_coroutine_threadsafe(self._send(text), self._loop).result()

    async def _send(self, text: str) -> None:
        for socket in self._sockets:
            await socket.send_str(text)

    def drop(self) -> None:
        """Close every socket."""

        async def close() -> None:
            for socket in list(self._sockets):
                await socket.close()

        asyncio.run_coroutine_threadsafe(close(), self._loop).result()

    @property
    def open_sockets(self) -> int:
        return len(self._sockets)

    @contextmanager
    def running(self) -> Iterator[None]:
        started = threading.Event()
        thread = threading.Thread(target=lambda: self._loop.run_until_complete(self._run(started)))
        thread.start()
        started.wait()
        try:
            yield
        finally:
            self._loop.call_soon_threadsafe(self._stop.set)
            thread.join()
            self._loop.close()

    async def _run(self, started: threading.Event) -> None:
        application = web.Application()
        application.router.add_post("/v1/wschannels/{account}/{channel}", self._post)
        application.router.add_get("/v1/wschannels/{account}/{channel}", self._socket)
        runner = web.AppRunner(application, shutdown_timeout=1, access_log=None)
        await runner.setup()
        site = web.TCPSite(runner, "127.0.0.1", 0)
        await site.start()
        self.url = f"http://127.0.0.1:{runner.addresses[0][1]}"
        started.set()
        await self._stop.wait()
        await runner.cleanup()

    async def _post(self, request: web.Request) -> web.Response:
        envelope = json.loads(await request.read())
        self.envelopes.append(envelope)
        path = envelope["url"].partition(f"/v1/Workspaces/{WS}")[2]
        answers = self.answers.get((envelope["method"], path))
        if answers is None:
            body = {"code": 20404, "message": f"{path} was not found", "status": 404}
            return web.json_response(body, status=404)
        if (frame := self.meanwhile.pop((envelope["method"], path), None)) is not None:
            await self._send(json.dumps({"event_type": frame[0], "payload": frame[1]}))
            await asyncio.sleep(BEHIND_S)
        status, body = answers[0] if len(answers) == 1 else answers.popleft()
        if isinstance(body, str):
            return web.Response(status=status, text=body)
        if "event_type" in envelope and status == 200:
            body = {**body, "event_type": envelope["event_type"]}
        return web.json_response(body, status=status)

    async def _socket(self, request: web.Request) -> web.StreamResponse:
        self.openings.append(dict(request.query))
        if self.refusing is not None:
            return web.Response(status=self.refusing)
        socket = web.WebSocketResponse()
        await socket.prepare(request)
        self._sockets.append(socket)
        try:
            while (await socket.receive()).type is WSMsgType.TEXT:
                pass
        finally:
            self._sockets.remove(socket)
        return socket


async def until(holds: Callable[[], T]) -> T:
    """Wait until something holds; the long limit is against a hang only."""
    deadline_s = time.monotonic() + 60
    while not (value := holds()):
        assert time.monotonic() < deadline_s, "it never came about"
        await asyncio.sleep(0.005)
    return value
