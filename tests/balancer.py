"""A load balancer as it stands in front of several nodes, in a thread of its own.

It knows TCP and one page: it asks a node's `/readyz` before it brings a connection there.
"""

import asyncio
import contextlib
import threading
from collections.abc import Callable, Iterator, Sequence
from urllib.parse import urlsplit

ANSWERS_WITHIN_S = 1.0
_QUESTION = b"GET /readyz HTTP/1.1\r\nHost: node\r\nConnection: close\r\n\r\n"
_LOOKS_AGAIN_AFTER_S = 0.05
_GIVES_UP_AFTER_S = 20.0


@contextlib.contextmanager
def balanced(nodes: Callable[[], Sequence[str]]) -> Iterator[str]:
    """The address in front of the nodes; the first that is ready gets each connection.

    Args:
        nodes: The URLs of those that may be there just now, the preferred one first.
    """
    urls: list[str] = []
    started = threading.Event()
    loop = asyncio.new_event_loop()
    stop = asyncio.Event()

    async def serve() -> None:
        async with _Balancer(nodes) as balancer:
            urls.append(balancer.url)
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


class _Balancer:
    def __init__(self, nodes: Callable[[], Sequence[str]]) -> None:
        self.url = ""
        self._nodes = nodes
        self._connections: set[asyncio.Task[None]] = set()

    async def __aenter__(self) -> "_Balancer":
        self._server = await asyncio.start_server(self._accepted, "127.0.0.1", 0)
        self.url = f"http://127.0.0.1:{self._server.sockets[0].getsockname()[1]}"
        return self

    async def __aexit__(self, *_: object) -> None:
        self._server.close()
        for connection in self._connections:
            connection.cancel()
        await asyncio.gather(*self._connections, return_exceptions=True)
        await self._server.wait_closed()

    def _accepted(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        connection = asyncio.get_running_loop().create_task(self._bring(reader, writer))
        self._connections.add(connection)
        connection.add_done_callback(self._connections.discard)

    async def _bring(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        async with contextlib.AsyncExitStack() as ends:
            ends.push_async_callback(_closed, writer)
            with contextlib.suppress(OSError, TimeoutError):
                async with asyncio.timeout(_GIVES_UP_AFTER_S):
                    there, back = await self._connected()
                ends.push_async_callback(_closed, back)
                both = {
                    asyncio.ensure_future(_poured(reader, back)),
                    asyncio.ensure_future(_poured(there, writer)),
                }
                try:
                    # Whichever side hangs up first: it is over for the other one too.
                    await asyncio.wait(both, return_when=asyncio.FIRST_COMPLETED)
                finally:
                    for one in both:
                        one.cancel()
                    await asyncio.wait(both)

    async def _connected(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        while True:
            for url in self._nodes():
                with contextlib.suppress(OSError, TimeoutError):
                    if await _is_ready(url):
                        return await _connect(url)
            await asyncio.sleep(_LOOKS_AGAIN_AFTER_S)


async def _is_ready(url: str) -> bool:
    async with asyncio.timeout(ANSWERS_WITHIN_S):
        reader, writer = await _connect(url)
        try:
            writer.write(_QUESTION)
            return (await reader.readline()).split()[1:2] == [b"200"]
        finally:
            await _closed(writer)


async def _connect(url: str) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    address = urlsplit(url)
    return await asyncio.open_connection(address.hostname, address.port)


async def _poured(source: asyncio.StreamReader, into: asyncio.StreamWriter) -> None:
    with contextlib.suppress(OSError):
        while data := await source.read(65536):
            into.write(data)
            await into.drain()


async def _closed(writer: asyncio.StreamWriter) -> None:
    writer.close()
    with contextlib.suppress(OSError):
        await writer.wait_closed()
