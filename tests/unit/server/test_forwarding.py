import asyncio
from collections.abc import Awaitable

import pytest

from taskyard.core.causes import Cause
from taskyard.engine import Lease
from taskyard.server.api.calls import Answer
from taskyard.server.api.problems import Problem
from taskyard.server.forwarded import Forwarded
from taskyard.server.forwarding import Forwarding, Relayed, Request

SID = "WS" + "1" * 32
GOOD = b"HTTP/1.1 204 No Content\r\ntaskyard-position: 7\r\n\r\n"


class Nodes:
    """One workspace, whose lease names these addresses one after another."""

    secret = "s"

    def __init__(self, *urls: str) -> None:
        self.urls = list(urls)
        self.seen: list[int] = []

    def serves(self, workspace_sid: str) -> bool:
        return False

    async def server_of(self, workspace_sid: str, *, look_again: bool = False) -> Lease | None:
        url = self.urls.pop(0) if len(self.urls) > 1 else self.urls[0]
        return Lease(workspace_sid=workspace_sid, node_sid="ND", url=url, epoch=1)

    def heard(self, workspace_sid: str, position: int) -> None:
        self.seen.append(position)


class Peer:
    """Answers each request with the next of these bytes; none breaks the connection off."""

    def __init__(self, *answers: bytes) -> None:
        self.answers = list(answers)
        self.got: list[bytes] = []

    async def take(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while self.answers:
            self.got.append((await reader.readuntil(b"\r\n\r\n")).split(b"\r\n")[0])
            answer = self.answers.pop(0)
            writer.write(answer)
            if not answer:
                break
        writer.close()

    async def start(self) -> tuple[asyncio.Server, str]:
        server = await asyncio.start_server(self.take, "127.0.0.1", 0)
        return server, f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"


async def refused_address() -> str:
    server, url = await Peer().start()
    server.close()
    await server.wait_closed()
    return url


async def no_time(seconds: float) -> None:
    return None


async def known(workspace_sid: str) -> None:
    return None


def ask(nodes: Nodes, times: int = 1) -> Awaitable[list[Answer | Relayed]]:
    request = Request(
        method="DELETE",
        path=b"/v1/Workspaces/x",
        query=b"",
        headers={},
        body=b"",
        caller=Forwarded("", Cause("account", "AC")),
    )

    async def never() -> Answer:
        raise AssertionError

    async def asked() -> list[Answer | Relayed]:
        forwarding = Forwarding(nodes, known, lease_s=0.5, sleep=no_time)  # type: ignore[arg-type]
        try:
            return [await forwarding.answer(SID, request, never) for _ in range(times)]
        finally:
            await forwarding.close()

    return asked()


async def test_a_request_that_nobody_took_goes_to_the_next_holder() -> None:
    peer = Peer(GOOD)
    server, url = await peer.start()
    nodes = Nodes(await refused_address(), url)
    [answer] = await ask(nodes)
    assert (answer.status, nodes.seen, len(peer.got)) == (204, [7], 1)
    server.close()


async def test_what_broke_off_after_it_was_sent_is_not_sent_again() -> None:
    peer = Peer(GOOD, b"", GOOD)  # on a connection that was good before, too
    server, url = await peer.start()
    with pytest.raises(Problem, match="it is not known whether it has done") as caught:
        await ask(Nodes(url), times=2)
    assert (caught.value.status, caught.value.headers) == (503, ((b"retry-after", b"1"),))
    assert peer.got == [b"DELETE /v1/Workspaces/x HTTP/1.1"] * 2
    server.close()


async def test_a_redirect_is_given_back_and_not_followed() -> None:
    peer = Peer(b"HTTP/1.1 302 Found\r\nlocation: /elsewhere\r\ncontent-length: 0\r\n\r\n", GOOD)
    server, url = await peer.start()
    [answer] = await ask(Nodes(url))
    assert (answer.status, len(peer.got)) == (302, 1)
    server.close()
