"""The head of a request is bounded, whoever sends it and however it arrives."""

import asyncio
import json
from urllib.parse import urlsplit

import pytest

from taskyard.server.app import Running
from taskyard.server.protocol import HEAD_BYTES_MAX

from .caller import Centre


async def answer_to(server: Running, *pieces: bytes) -> tuple[int, dict[str, object]]:
    """Send pieces one by one until the server hangs up; the status and the JSON of its answer."""
    at = urlsplit(server.url)
    reader, writer = await asyncio.open_connection(at.hostname, at.port)
    try:
        for piece in pieces:
            writer.write(piece)
            await writer.drain()
    except ConnectionError:
        pass  # it has said enough
    answer = await reader.read()
    writer.close()
    head, _, body = answer.partition(b"\r\n\r\n")
    return int(head.split(b" ")[1]), json.loads(body)


BEGIN = b"GET /v1/Workspaces HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n"


@pytest.mark.parametrize(
    "pieces",
    [
        [BEGIN, b"X-Big: " + b"x" * (HEAD_BYTES_MAX + 1), b"\r\n\r\n"],
        [BEGIN + b"X-Big: " + b"x" * (HEAD_BYTES_MAX + 1) + b"\r\n\r\n"],
        [BEGIN, *[b"X-Many: " + b"x" * 1_000 + b"\r\n"] * 100, b"\r\n"],
        [b"GET /v1/Workspaces?a=" + b"x" * HEAD_BYTES_MAX + b" HTTP/1.1\r\nHost: x\r\n\r\n"],
    ],
    ids=["in pieces", "at once", "many headers", "a long address"],
)
async def test_a_head_that_is_too_large_is_refused(server: Running, pieces: list[bytes]) -> None:
    status, body = await answer_to(server, *pieces)
    assert (status, body["status"], body["code"]) == (431, 431, 20001)
    assert "65536 bytes" in str(body["message"])


async def test_a_head_of_a_common_size_is_read(server: Running) -> None:
    big = b"X-Big: " + b"x" * 16_000 + b"\r\n"
    status, body = await answer_to(server, BEGIN, big, b"\r\n")
    assert (status, body["code"]) == (401, 20003)


async def test_what_is_no_http_is_refused_as_ever(server: Running) -> None:
    at = urlsplit(server.url)
    reader, writer = await asyncio.open_connection(at.hostname, at.port)
    writer.write(b"\x00\x01nonsense\r\n\r\n")
    assert (await reader.read()).startswith(b"HTTP/1.1 400 ")
    writer.close()


async def test_a_body_is_not_counted_as_head(centre: Centre) -> None:
    large = "x" * 900_000
    for _ in range(2):
        reply = await centre.caller.post(f"{centre.path}/Tasks", {"Attributes": large})
        assert "Attributes has 900000 characters" in reply.refused(400, 20001)
