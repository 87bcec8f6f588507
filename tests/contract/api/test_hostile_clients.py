"""Requests that no good client sends: an answer or a cut, nothing changed, others served."""

import asyncio
import base64
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from taskyard.server import bounded_protocol
from taskyard.server.api.application import BODY_BYTES_MAX
from taskyard.server.app import Running, running
from taskyard.server.bounded_protocol import (
    HEAD_BYTES_MAX,
    HEADER_LINES_MAX,
    PIPELINED_MAX,
    URL_BYTES_MAX,
)
from taskyard.server.config import Config

from .caller import SID, TOKEN, Caller, session_of

GUARD_S = 60  # against a hang only
BASIC = b"Authorization: Basic " + base64.b64encode(f"{SID}:{TOKEN}".encode()) + b"\r\n"
GET = b"GET /v1/Workspaces HTTP/1.1\r\nHost: h\r\n" + BASIC
POST = b"POST /v1/Workspaces HTTP/1.1\r\nHost: h\r\n" + BASIC
MAKE = POST + b"Content-Length: 14\r\n\r\nFriendlyName=A"


@pytest.fixture
async def impatient(tmp_path: Path) -> AsyncIterator[Running]:
    config = Config(
        database="memory://", port=0, account_sid=SID, auth_token=TOKEN, request_timeout_s=1
    )
    async with running(config) as server:
        yield server


@pytest.fixture
def without_lingering(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bounded_protocol, "_LINGER_S", 0.5)


class Wire:
    """A connection to a server, byte by byte."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader = reader
        self.writer = writer

    async def send(self, *parts: bytes) -> None:
        for part in parts:
            self.writer.write(part)
            await self.writer.drain()

    async def pour(self, chunk: bytes, pause_s: float = 0) -> None:
        while True:
            await self.send(chunk)
            await asyncio.sleep(pause_s)

    async def answer(self) -> tuple[int, dict[str, str], bytes]:
        async with asyncio.timeout(GUARD_S):
            head = (await self.reader.readuntil(b"\r\n\r\n")).decode("latin-1")
            status, *lines = head.strip().split("\r\n")
            headers = {
                name.lower(): value for name, _, value in (line.partition(": ") for line in lines)
            }
            body = await self.reader.readexactly(int(headers.get("content-length", 0)))
        return int(status.split()[1]), headers, body

    async def refused(self, status: int, expected: str) -> None:
        answered, headers, body = await self.answer()
        problem = json.loads(body)
        assert (answered, problem["status"], problem["code"]) == (status, status, 20001)
        assert expected in problem["message"]
        assert headers["connection"] == "close"

    async def is_closed(self) -> bool:
        async with asyncio.timeout(GUARD_S):
            try:
                return await self.reader.read(1) == b""
            except ConnectionError:
                return True


@asynccontextmanager
async def wire(server: Running) -> AsyncIterator[Wire]:
    address = urlsplit(server.url)
    reader, writer = await asyncio.open_connection(address.hostname, address.port)
    try:
        yield Wire(reader, writer)
    finally:
        writer.close()


async def cut(pouring: asyncio.Task[None]) -> None:
    """Wait until nothing can be poured into a connection any more."""
    async with asyncio.timeout(GUARD_S):
        with pytest.raises(ConnectionError):
            await pouring


async def names(server: Running) -> list[str]:
    """The workspaces, asked over another connection: others are served all the while."""
    async with session_of(SID, TOKEN) as session:
        every = await Caller(server.url, session).every("/Workspaces", "workspaces")
        return sorted(one["friendly_name"] for one in every)


@pytest.mark.parametrize("method", [b"BREW", b"get", b"GETX"])
async def test_a_method_that_nobody_knows_is_refused_like_one_that_a_path_does_not_have(
    server: Running, method: bytes
) -> None:
    async with wire(server) as client:
        await client.send(method + b" /v1/Workspaces HTTP/1.1\r\nHost: h\r\n" + BASIC + b"\r\n")
        status, headers, body = await client.answer()
        problem = json.loads(body)
        assert (status, problem["status"], problem["code"]) == (405, 405, 20004)
        assert problem["message"] == f"Method not allowed: {method.decode()}"
        assert headers["allow"] == "GET, POST, DELETE, HEAD, OPTIONS"
        assert await client.is_closed()


@pytest.mark.parametrize("bytes_", [b"BREW", b"\x16\x03\x01\x02\x00", b'{"a":1}\r\n\r\n'])
async def test_what_is_no_request_line_is_no_unknown_method(server: Running, bytes_: bytes) -> None:
    async with wire(server) as client:
        await client.send(bytes_, b"\r\n\r\n")
        await client.refused(400, "not valid HTTP/1.1")


async def test_a_page_of_another_origin_may_read_why_it_was_refused(server: Running) -> None:
    async with wire(server) as client:
        await client.send(GET, b"x: y\r\n" * HEADER_LINES_MAX, b"\r\n")
        _, headers, _ = await client.answer()
        assert headers["access-control-allow-origin"] == "*"


async def test_ten_thousand_header_lines_are_refused(server: Running) -> None:
    async with wire(server) as client:
        await client.send(POST, b"x: y\r\n" * 10_000, b"Content-Length: 14\r\n\r\nFriendlyName=A")
        await client.refused(431, f"at most {HEADER_LINES_MAX} header lines")
        assert await client.is_closed()
    assert await names(server) == []


async def test_a_head_may_have_so_many_lines_and_bytes_and_no_more(server: Running) -> None:
    given = GET.count(b"\r\n") - 1
    for more, status in ((HEADER_LINES_MAX - given, 200), (HEADER_LINES_MAX - given + 1, 431)):
        async with wire(server) as client:
            await client.send(GET, b"x: y\r\n" * more, b"\r\n")
            assert (await client.answer())[0] == status
    for size, status in ((HEAD_BYTES_MAX - 1_000, 200), (HEAD_BYTES_MAX, 431)):
        async with wire(server) as client:
            await client.send(GET + b"x: " + b"y" * size + b"\r\n\r\n")
            assert (await client.answer())[0] == status


@pytest.mark.parametrize(
    ("start", "filler"),
    [(GET + b"x: ", b"y" * 65_536), (GET, b"y" * 65_536), (b"", b"\r\n" * 32_768)],
)
async def test_an_endless_header_is_refused_before_it_ends(
    server: Running, without_lingering: None, start: bytes, filler: bytes
) -> None:
    async with wire(server) as client:
        await client.send(start)
        pouring = asyncio.create_task(client.pour(filler))
        await client.refused(431, f"{HEAD_BYTES_MAX} bytes")
        await cut(pouring)
    assert await names(server) == []


async def test_an_address_that_is_too_long_is_refused(server: Running) -> None:
    for size, status in ((URL_BYTES_MAX - 100, 200), (URL_BYTES_MAX, 414)):
        async with wire(server) as client:
            path = b"/v1/Workspaces?FriendlyName=" + b"x" * size
            await client.send(b"GET " + path + b" HTTP/1.1\r\nHost: h\r\n" + BASIC + b"\r\n")
            assert (await client.answer())[0] == status


async def test_trailers_after_a_chunked_body_are_bounded_too(server: Running) -> None:
    async with wire(server) as client:
        await client.send(POST, b"Transfer-Encoding: chunked\r\n\r\n")
        await client.send(b"e\r\nFriendlyName=A\r\n0\r\n", b"x: y\r\n" * 100_000)
        await client.refused(431, "header lines")
    assert await names(server) == []


async def test_a_chunked_body_without_a_length_is_read_or_refused(server: Running) -> None:
    async with wire(server) as client:
        await client.send(POST, b"Transfer-Encoding: chunked\r\n\r\n")
        await client.send(b"4\r\nFrie\r\n", b"a;x=y\r\nndlyName=B\r\n", b"0\r\n\r\n")
        assert (await client.answer())[0] == 201
    assert await names(server) == ["B"]


@pytest.mark.parametrize("chunk", [b"40000\r\n" + b"x" * 262_144 + b"\r\n", b"1\r\nx\r\n" * 40_000])
async def test_a_body_that_never_ends_is_refused_and_the_connection_cut(
    server: Running, without_lingering: None, chunk: bytes
) -> None:
    async with wire(server) as client:
        await client.send(POST, b"Transfer-Encoding: chunked\r\n\r\n")
        pouring = asyncio.create_task(client.pour(chunk))
        status, _, body = await client.answer()
        assert (status, json.loads(body)["code"]) == (413, 20001)
        assert str(BODY_BYTES_MAX) in body.decode()
        await cut(pouring)
    assert await names(server) == []


async def test_what_trickles_is_refused_after_its_time(
    impatient: Running, without_lingering: None
) -> None:
    for start in (b"GET /v1/Work", GET, POST + b"Content-Length: 1000\r\n\r\nFriendlyName="):
        async with wire(impatient) as client:
            await client.send(start)
            pouring = asyncio.create_task(client.pour(b"x", pause_s=0.2))
            await client.refused(408, "did not arrive in time")
            await cut(pouring)
    assert await names(impatient) == []


async def test_a_body_that_trickles_after_its_answer_does_not_hold_the_connection(
    impatient: Running, without_lingering: None
) -> None:
    async with wire(impatient) as client:
        await client.send(b"POST /v1/Workspaces HTTP/1.1\r\nHost: h\r\nContent-Length: 99\r\n\r\n")
        assert (await client.answer())[0] == 401
        await client.send(b"x")
        assert await client.is_closed()


async def test_who_says_nothing_at_all_is_cut(impatient: Running) -> None:
    async with wire(impatient) as client:
        assert await client.is_closed()


async def test_who_waits_between_two_requests_is_not_cut(impatient: Running) -> None:
    async with wire(impatient) as client:
        for _ in range(2):
            await client.send(GET + b"\r\n")
            assert (await client.answer())[0] == 200
            await asyncio.sleep(2.5)


async def test_a_client_that_reads_nothing_is_cut_and_holds_little(impatient: Running) -> None:
    async with wire(impatient) as client:
        client.reader._transport.pause_reading()  # type: ignore[attr-defined]
        page = b"GET /docs HTTP/1.1\r\nHost: h\r\n\r\n"
        await cut(asyncio.create_task(client.pour(page * 20, pause_s=0.05)))
    assert await names(impatient) == []


async def test_pipelined_requests_are_answered_in_their_order(server: Running) -> None:
    async with wire(server) as client:
        await client.send(MAKE + GET + b"\r\n" + MAKE.replace(b"=A", b"=B") + GET + b"\r\n")
        statuses = [await client.answer() for _ in range(4)]
        assert [status for status, _, _ in statuses] == [201, 200, 201, 200]
        shown = [len(json.loads(statuses[at][2])["workspaces"]) for at in (1, 3)]
        assert shown == [1, 2]


async def test_who_closes_or_asks_for_the_head_alone_gets_what_others_get(server: Running) -> None:
    # The answer to a usual request is written in one piece, these are not.
    usual, closing, head = GET, GET + b"Connection: close\r\n", b"HEAD" + GET[3:]
    async with wire(server) as client:
        await client.send(usual + b"\r\n")
        _, headers, body = await client.answer()
        await client.send(head + b"\r\n" + closing + b"\r\n")
        head_only = (await client.reader.readuntil(b"\r\n\r\n")).decode()
        _, at_end, same = await client.answer()
        assert await client.is_closed()
    assert same == body
    assert at_end.pop("connection") == "close"
    varying = ("date", "twilio-request-id")
    assert all(headers.pop(name) and at_end.pop(name) for name in varying)
    assert headers == at_end
    assert f"content-length: {len(body)}" in head_only


async def test_garbage_behind_a_request_is_refused_after_its_answer(server: Running) -> None:
    for garbage in (b"\x00\x01\r\n\r\n", b"GET /v1 HTTP/9.9\r\n\r\n", POST + b"bad header\r\n\r\n"):
        before = len(await names(server))
        async with wire(server) as client:
            await client.send(MAKE + MAKE + garbage + MAKE)
            assert [(await client.answer())[0] for _ in range(2)] == [201, 201]
            await client.refused(400, "not valid HTTP/1.1")
            assert await client.is_closed()
        assert len(await names(server)) == before + 2


async def test_a_broken_body_behind_a_request_is_refused_after_its_answer(server: Running) -> None:
    async with wire(server) as client:
        await client.send(MAKE + POST + b"Transfer-Encoding: chunked\r\n\r\nzz\r\n")
        assert (await client.answer())[0] == 201
        await client.refused(400, "not valid HTTP/1.1")
    assert await names(server) == ["A"]


async def test_so_many_requests_may_wait_on_one_connection_and_no_more(server: Running) -> None:
    async with wire(server) as client:
        await client.send((GET + b"\r\n") * (PIPELINED_MAX + 50))
        for _ in range(PIPELINED_MAX + 1):  # one is being answered while the others wait
            assert (await client.answer())[0] == 200
        await client.refused(400, f"at most {PIPELINED_MAX} requests")
        assert await client.is_closed()


@pytest.mark.parametrize(
    "head",
    [
        b"Content-Length: 14\r\nTransfer-Encoding: chunked\r\n",
        b"Content-Length: 14\r\nContent-Length: 15\r\n",
        b"Content-Length: -1\r\n",
        b"Content-Length: x\r\n",
        b"Content-Length : 14\r\n",
    ],
)
async def test_a_body_of_two_lengths_or_none_that_can_be_read_is_refused(
    server: Running, head: bytes
) -> None:
    async with wire(server) as client:
        await client.send(POST + head + b"\r\nFriendlyName=A")
        await client.refused(400, "not valid HTTP/1.1")
    assert await names(server) == []


async def test_percent_encoding_that_is_broken_leads_nowhere_or_is_refused(server: Running) -> None:
    for path, status in (
        (b"/v1/Workspaces/%zz", 404),
        (b"/v1/Workspaces/%", 404),
        (b"/v1/Workspaces/%ff%fe", 404),
        (b"/v1/Workspaces/%0d%0aX:%20y", 404),
        (b"/v1/Workspaces?FriendlyName=%zz", 400),
        (b"/v1/Workspaces?FriendlyName=%", 400),
        (b"/v1/Workspaces?FriendlyName=%ff", 400),
        (b"/v1/Workspaces?%ff=x", 400),
        (b"/v1/Workspaces?" + b"a=b&" * 5_000, 400),
        (b"/v1/Workspaces/\xff", 400),
    ):
        async with wire(server) as client:
            await client.send(b"GET " + path + b" HTTP/1.1\r\nHost: h\r\n" + BASIC + b"\r\n")
            answered, headers, body = await client.answer()
            assert (answered, "x" in headers) == (status, False), path
            if status >= 400:
                assert json.loads(body)["status"] == status


async def test_who_is_gone_in_the_middle_of_a_body_has_changed_nothing(server: Running) -> None:
    async with wire(server) as client:
        await client.send(POST + b"Content-Length: 99\r\n\r\nFriendlyName=A")
    async with wire(server) as client:
        await client.send(POST + b"Content-Length: 99\r\n\r\nFriendlyName=A")
        client.writer.transport.abort()
    assert await names(server) == []
