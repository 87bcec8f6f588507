"""Receivers that answer slowly, endlessly, with rubbish or not at all cost what is allowed."""

import asyncio
import shutil
import ssl
import subprocess
import tracemalloc
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from pathlib import Path

import pytest

from taskyard.server.webhooks.assignment_answers import Problem, problem_of
from taskyard.server.webhooks.overrides import EVENTS, Policy
from taskyard.server.webhooks.sender import BODY_BYTES_MAX, Reply, Sender

Conversation = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]
PATIENCE = Policy(connect_ms=500, read_ms=500, total_ms=500, retries=0)
HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"
FLOOD = b"x" * 65_536


async def a_byte_at_a_time(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    for byte in HEAD + b"Content-Length: 1000000\r\n\r\n" + b" " * 10_000:
        writer.write(bytes([byte]))
        await writer.drain()
        await asyncio.sleep(0.02)


async def a_body_a_byte_at_a_time(
    reader: asyncio.StreamReader, writer: asyncio.StreamWriter
) -> None:
    writer.write(HEAD + b"Content-Length: 1000000\r\n\r\n")
    while True:
        writer.write(b" ")
        await writer.drain()
        await asyncio.sleep(0.02)


async def garbage(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    writer.write(b"\x00\xff\xfe not http at all\r\n\r\n" * 100)


async def nothing_and_the_end(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    writer.close()


async def silence(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    await asyncio.Event().wait()


async def endless_headers(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    writer.write(HEAD)
    while True:
        writer.write(b"X-More: and more\r\n" * 100)
        await writer.drain()


async def an_endless_header(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    writer.write(HEAD + b"X-More: ")
    while True:
        writer.write(FLOOD)
        await writer.drain()


async def an_endless_body(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    writer.write(HEAD + b"Transfer-Encoding: chunked\r\n\r\n")
    while True:
        writer.write(b"10000\r\n" + FLOOD + b"\r\n")
        await writer.drain()


async def endless_early_hints(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    while True:
        writer.write(b"HTTP/1.1 102 Processing\r\n\r\n" * 100)
        await writer.drain()
        await asyncio.sleep(0)


async def a_redirect(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    writer.write(
        b"HTTP/1.1 307 Go\r\nLocation: http://169.254.169.254/latest/\r\nContent-Length: 0\r\n\r\n"
    )


@asynccontextmanager
async def receiver(talk: Conversation) -> AsyncIterator[str]:
    """An address where somebody behaves like that; nobody is left when the context ends."""
    talking: set[asyncio.Task[None]] = set()

    async def converse(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(ConnectionError, asyncio.CancelledError):
            await talk(reader, writer)
        writer.close()

    def begin(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        talking.add(asyncio.get_running_loop().create_task(converse(reader, writer)))

    listening = await asyncio.start_server(begin, "127.0.0.1", 0)
    try:
        yield f"http://127.0.0.1:{listening.sockets[0].getsockname()[1]}/"
    finally:
        for task in talking:
            task.cancel()
        listening.close()
        await asyncio.gather(*talking)


@asynccontextmanager
async def sending() -> AsyncIterator[Sender]:
    sender = Sender(lambda: "secret")
    try:
        yield sender
    finally:
        await sender.close()


async def told(url: str, policy: Policy = PATIENCE) -> Reply:
    async with sending() as sender, asyncio.timeout(60):  # against a hang only
        return await sender.post(url, {"a": "b"}, policy)


def code(reply: Reply) -> int:
    problem = problem_of(reply)
    assert isinstance(problem, Problem)
    return problem.code


@pytest.mark.parametrize(
    "talk",
    [
        a_byte_at_a_time,
        garbage,
        nothing_and_the_end,
        silence,
        endless_headers,
        an_endless_header,
        endless_early_hints,
    ],
)
async def test_what_is_no_answer_is_a_failure_to_reach_them(talk: Conversation) -> None:
    async with receiver(talk) as url:
        reply = await told(url)
    assert reply.status is None
    assert reply.failure
    assert len(reply.failure) < 300
    assert code(reply) == 11200


@pytest.mark.parametrize("talk", [a_body_a_byte_at_a_time, an_endless_body])
async def test_the_status_of_an_endless_answer_counts_but_its_body_does_not(
    talk: Conversation,
) -> None:
    async with receiver(talk) as url:
        reply = await told(url)
    assert reply.status == 200
    assert not reply.is_whole
    assert len(reply.body) <= BODY_BYTES_MAX
    assert code(reply) == 11200


@pytest.mark.parametrize("talk", [endless_headers, an_endless_header, an_endless_body])
async def test_an_endless_answer_takes_little_memory(talk: Conversation) -> None:
    async with receiver(talk) as url, sending() as sender:
        await sender.post(url, {}, PATIENCE)  # what is made once is made now
        tracemalloc.start()
        try:
            await sender.post(url, {}, PATIENCE)
            _, most = tracemalloc.get_traced_memory()
        finally:
            tracemalloc.stop()
    assert most < 4_000_000


async def test_a_redirect_is_not_followed_wherever_it_leads() -> None:
    async with receiver(a_redirect) as url:
        reply = await told(url)
    assert (reply.status, code(reply)) == (307, 11200)


async def test_somebody_who_does_not_speak_tls_is_not_reached() -> None:
    async with receiver(garbage) as url:
        reply = await told(url.replace("http:", "https:"))
    assert reply.status is None
    assert "could not be connected" in reply.failure
    assert code(reply) == 11200


@pytest.fixture
def own_certificate(tmp_path: Path) -> ssl.SSLContext:
    """What anybody may make for themselves."""
    openssl = shutil.which("openssl")
    if openssl is None:
        pytest.skip("openssl is not installed")
    key, certificate = tmp_path / "key.pem", tmp_path / "certificate.pem"
    make = ["req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "1", "-subj", "/CN=127.0.0.1"]
    subprocess.run(
        [openssl, *make, "-keyout", key, "-out", certificate], check=True, capture_output=True
    )
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    return context


async def test_a_certificate_that_nobody_vouches_for_is_refused(
    own_certificate: ssl.SSLContext,
) -> None:
    async def converse(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(HEAD + b"Content-Length: 0\r\n\r\n")
        writer.close()

    listening = await asyncio.start_server(converse, "127.0.0.1", 0, ssl=own_certificate)
    port = listening.sockets[0].getsockname()[1]
    reply = await told(f"https://127.0.0.1:{port}/")
    listening.close()
    assert reply.status is None
    assert "certificate" in reply.failure.lower()
    assert code(reply) == 11200


async def test_a_name_that_nobody_knows_is_not_reached() -> None:
    reply = await told("http://nobody.invalid/", EVENTS)
    assert reply.status is None
    assert "could not be connected" in reply.failure
    assert code(reply) == 11200


async def test_those_who_hang_hold_up_nobody_else() -> None:
    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(HEAD + b"Content-Length: 0\r\n\r\n")
        writer.close()

    long = Policy(total_ms=15_000, retries=0)
    async with receiver(silence) as dead, receiver(answer) as living, sending() as sender:
        hanging = [asyncio.create_task(sender.post(dead, {}, long)) for _ in range(100)]
        reply = await sender.post(living, {}, long)
        assert reply.status == 200
        assert not any(one.done() for one in hanging)
        assert sender.in_flight == 100
        for one in hanging:
            one.cancel()
        await asyncio.gather(*hanging, return_exceptions=True)
