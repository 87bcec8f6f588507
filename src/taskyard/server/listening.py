"""The address that is listened on, and the server that speaks HTTP there."""

import asyncio
import contextlib
import socket
from collections.abc import Generator

import uvicorn

from .asgi import Application
from .behind_proxy import BehindProxy
from .bounded_protocol import BoundedProtocol, look_at_all
from .bridge.wire import MESSAGE_BYTES_MAX, WireProtocol
from .config import Config

STOP_WITHIN_S = 10
_BACKLOG = 2_048
_PING_EVERY_S = 20.0
_PONG_WITHIN_S = 20.0
"""Whom a network has swallowed is noticed after so long, and counts as gone."""


class StartError(Exception):
    """The server cannot start; the message is one line that says why."""


def listener_at(host: str, port: int) -> socket.socket:
    """A socket that holds the address; nobody is let in before uvicorn listens on it.

    Raises:
        StartError: It is taken, or is none of this machine's.
    """
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(
            host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )[0]
        listener = socket.socket(family, kind, protocol)
    except OSError as error:
        raise StartError(f"cannot listen on host {host}: {error.strerror or error}") from error
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind(address)
        # Two servers may both bind an address that is reused; only one may listen.
        listener.listen(_BACKLOG)
    except OSError as error:
        listener.close()
        raise StartError(
            f"cannot listen on {host} port {port}: {error.strerror or error}"
        ) from error
    listener.setblocking(False)
    return listener


def url_of(host: str, listener: socket.socket) -> str:
    """Where a listener is reached."""
    port = listener.getsockname()[1]
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"


class Server(uvicorn.Server):
    """Uvicorn, started and stopped by us instead of by signals."""

    def __init__(self, app: Application, config: Config) -> None:
        super().__init__(
            uvicorn.Config(
                BehindProxy(app),
                interface="asgi3",
                proxy_headers=False,  # not at every request
                host=config.host,
                http=BoundedProtocol,
                ws=WireProtocol,
                ws_max_size=MESSAGE_BYTES_MAX,
                ws_ping_interval=_PING_EVERY_S,
                ws_ping_timeout=_PONG_WITHIN_S,
                # Its memory for each connection is more than everything else that one holds.
                ws_per_message_deflate=False,
                lifespan="off",
                access_log=False,
                log_config=None,
                server_header=False,
                backlog=_BACKLOG,
                # Longer than the idle time after which clients' pools let go of a connection: who
                # posts on one that we have just closed cannot know whether it was taken.
                timeout_keep_alive=75,
                timeout_graceful_shutdown=STOP_WITHIN_S,
                callback_notify=self._look_at_connections,
                timeout_notify=0,  # at every second
            )
        )
        self.is_up = asyncio.Event()
        self._patience_s = config.request_timeout_s

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Listen, and say that it does."""
        await super().startup(sockets)
        self.is_up.set()

    async def _look_at_connections(self) -> None:
        now_s = asyncio.get_running_loop().time()
        look_at_all(self.server_state.connections, now_s, self._patience_s)

    @contextlib.contextmanager
    def capture_signals(self) -> Generator[None, None, None]:
        """Leave signals alone."""
        # Uvicorn's own raises the signal again when it has stopped, which would end the process
        # before the store is closed.
        yield
