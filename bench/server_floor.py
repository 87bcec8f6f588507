"""A contact centre behind a server of its own process, and who works in it over HTTP."""

import base64
import json
import os
import time
from collections.abc import Callable
from pathlib import Path
from types import TracebackType
from typing import Self
from urllib.parse import urlencode, urlsplit

import msgspec
from floor import ACCOUNT
from http_connection import Connection

from taskyard.demo.server_process import ServerProcess

QUEUES = 20
KINDS = ("create", "read", "accept", "complete")
"""The four requests of a life cycle."""
OFFER = "offer"
"""From a task's arrival to the answer in which its offer is read."""
TOKEN = "a-token-of-the-benchmark"
_TICKS = os.sysconf("SC_CLK_TCK")


class Named(msgspec.Struct):
    """What is read of a task."""

    sid: str


class Offer(msgspec.Struct):
    """What is read of a reservation."""

    sid: str
    worker_sid: str


class Offers(msgspec.Struct):
    """A page of reservations."""

    reservations: list[Offer]


class Meta(msgspec.Struct):
    """What is read of a page's place in its list."""

    next_page_url: str | None


class Page(msgspec.Struct):
    """What is read of a page."""

    meta: Meta


_page = msgspec.json.Decoder(Page).decode
_task = msgspec.json.Decoder(Named).decode
_offers = msgspec.json.Decoder(Offers).decode


class Traffic:
    """One workspace at one address; its queues each want a skill."""

    def __init__(self) -> None:
        """There is no address yet."""
        self._after_path = b""
        self._host, self._port = "", 0
        self._tasks = ""
        self._workers = ""

    def goes_to(self, address: str) -> None:
        """All that is made from now on is for the server at this URL."""
        parts = urlsplit(address)
        self._host, self._port = parts.hostname or "", parts.port or 0
        pair = base64.b64encode(f"{ACCOUNT}:{TOKEN}".encode()).decode()
        self._after_path = (
            f" HTTP/1.1\r\nhost: {parts.netloc}\r\nauthorization: Basic {pair}\r\n"
            "accept: application/json\r\nuser-agent: bench\r\n"
        ).encode()

    async def connect(self) -> Connection:
        """A connection to the server."""
        return await Connection.open(self._host, self._port)

    def get(self, path: str) -> bytes:
        """A request that reads; the path follows `/v1`."""
        return b"GET /v1%b%b\r\n" % (path.encode(), self._after_path)

    def post(self, path: str, **fields: str) -> bytes:
        """A request with a form; the path follows `/v1`."""
        body = urlencode(fields).encode()
        return (
            b"POST /v1%b%bcontent-type: application/x-www-form-urlencoded\r\n"
            b"content-length: %d\r\n\r\n%b" % (path.encode(), self._after_path, len(body), body)
        )

    async def furnish(self, workers: int, unserved: int) -> None:
        """Make the workspace, and let so many tasks wait that nobody is there for."""
        connection = await self.connect()

        async def make(path: str, **fields: str) -> str:
            return _task(await connection.ask(self.post(path, **fields))).sid

        workspace = "/Workspaces/" + await make("/Workspaces", FriendlyName="bench")
        self._tasks, self._workers = f"{workspace}/Tasks", f"{workspace}/Workers"
        queues = [
            await make(
                f"{workspace}/TaskQueues",
                FriendlyName=f"queue {k}",
                TargetWorkers=f"skills HAS 'skill{k}'",
            )
            for k in range(QUEUES + 1)
        ]
        filters = [
            {"expression": f"type == {k}", "targets": [{"queue": queue}]}
            for k, queue in enumerate(queues)
        ]
        rules = json.dumps({"task_routing": {"filters": filters}})
        await make(f"{workspace}/Workflows", FriendlyName="bench", Configuration=rules)
        page = await connection.ask(self.get(f"{workspace}/Activities?FriendlyName=Available"))
        available = json.loads(page)["activities"][0]["sid"]
        for i in range(workers):
            await make(
                self._workers,
                FriendlyName=f"worker {i}",
                ActivitySid=available,
                Attributes=json.dumps({"skills": [f"skill{i % QUEUES}"], "level": i % 7}),
            )
        for i in range(unserved):
            await connection.ask(self.new_task(QUEUES, i))
        connection.close()

    def new_task(self, type_: int, number: int) -> bytes:
        """The request that a piece of work comes in with."""
        text = f'{{"type":{type_},"customer":"c-{number}","language":"en"}}'
        return self.post(self._tasks, Attributes=text)

    async def life_cycle(
        self,
        connection: Connection,
        number: int,
        arrived_s: float,
        note: Callable[[str, float], None],
    ) -> None:
        """A task comes in, its offer is read, accepted and completed.

        The offer is looked for where whoever created the task can find it, among the pending
        reservations of the task; it is answered where its worker would answer it.

        Args:
            connection: That nobody else uses meanwhile.
            number: Of the task; it chooses the queue.
            arrived_s: When the task came in, by `time.perf_counter`.
            note: Hears how many milliseconds each of `KINDS`, and the offer, took.
        """

        async def timed(kind: str, request: bytes) -> bytes:
            began = time.perf_counter()
            answer = await connection.ask(request)
            note(kind, (time.perf_counter() - began) * 1e3)
            return answer

        task = _task(await timed("create", self.new_task(number % QUEUES, number))).sid
        reservations = f"{self._tasks}/{task}/Reservations?ReservationStatus=pending"
        found = _offers(await timed("read", self.get(reservations))).reservations
        note(OFFER, (time.perf_counter() - arrived_s) * 1e3)
        assert found, "there are more workers than callers"
        path = f"{self._workers}/{found[0].worker_sid}/Reservations/{found[0].sid}"
        await timed("accept", self.post(path, ReservationStatus="accepted"))
        await timed("complete", self.post(path, ReservationStatus="completed"))

    async def read_pages(self, note: Callable[[float], None]) -> None:
        """Read all tasks in pages of 1,000, one after another, until cancelled.

        Args:
            note: Hears how many milliseconds each page took.
        """
        connection = await self.connect()
        first = path = f"{self._tasks}?PageSize=1000"
        try:
            while True:
                began = time.perf_counter()
                answer = await connection.ask(self.get(path))
                note((time.perf_counter() - began) * 1e3)
                following = _page(answer).meta.next_page_url
                path = first if following is None else following.partition("/v1")[2]
        finally:
            connection.close()


class ServerFloor(Traffic):
    """One workspace of a server of its own. A context manager."""

    def __init__(self, database: Path, cores: set[int]) -> None:
        """Nothing is started yet.

        Args:
            database: The file that the server keeps everything in.
            cores: Where the server's threads may run.
        """
        super().__init__()
        self._cores = cores
        self._process = ServerProcess(database, ACCOUNT, TOKEN)

    async def __aenter__(self) -> Self:
        own = os.sched_getaffinity(0)
        os.sched_setaffinity(0, self._cores)  # a process inherits it, with all its threads to come
        try:
            await self._process.__aenter__()
        finally:
            os.sched_setaffinity(0, own)
        self.goes_to(await self._process.address())
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self._process.__aexit__(kind, error, trace)

    @property
    def cpu_s(self) -> float:
        """What the server has taken of its core since it began."""
        stat = Path(f"/proc/{self._process.pid}/stat").read_text()
        user, system = stat.rpartition(")")[2].split()[11:13]
        return (int(user) + int(system)) / _TICKS
