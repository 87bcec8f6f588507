"""What the three clients have in common."""

import atexit
import threading
from types import TracebackType
from typing import ClassVar, Self

from taskyard.client.aio.connection import Connection
from taskyard.client.aio.listening import Listening
from taskyard.client.aio.token import token_for
from taskyard.client.aio.transport import Options, Transport
from taskyard.client.parameters import Callback
from taskyard.client.requests import Request

from .background import Background, Calls
from .link import Link
from .resources import KINDS, Entity


class Client(Listening, Entity):
    """A resource that hears of its events as they happen.

    It begins to connect when it is made. Listeners are called on a thread of the client's, one
    after the other in the order of the events; they may use the client and wait for it. Leave it
    with `close`, or `with`; a program that ends without does it then.

    Args:
        token: A capability token for this kind of resource.
        base_url: Where the server is; else TASKYARD_URL, else http://127.0.0.1:8080.
        debug: Log what happens, without the token, to the logger `taskyard.client`.
        region: Ignored: there is no other region than the server's.
        max_retries: How often a request is repeated where that is safe.
        timeout_s: How long a request may take, in seconds.
        connect: False to begin only with `connect`, or `with`. Requests need no connection.

    Raises:
        TokenProblem: The token is none, or is for another kind of client.
        ValueError: The base address is none.
    """

    _prefix: ClassVar[str]

    def __init__(
        self,
        token: str,
        *,
        base_url: str | None = None,
        debug: bool = False,
        region: str | None = None,
        max_retries: int = 3,
        timeout_s: float = 15.0,
        connect: bool = True,
    ) -> None:
        del region
        options = Options(
            base_url=base_url, debug=debug, max_retries=max_retries, timeout_s=timeout_s
        )
        transport = Transport(token_for(self._prefix, token), options)
        claims = transport.token.claims
        named = {"account_sid": claims.account_sid, "workspace_sid": claims.workspace_sid}
        self._background = Background(claims.channel)
        link = Link(self._background, transport, KINDS, Entity)
        super().__init__({**named, "sid": claims.channel}, link)
        self._calls = Calls(transport.log)
        self._connection = self._connection_of(transport)
        self._closed = threading.Event()
        atexit.register(self.close)
        if connect:
            self.connect()

    def delete(self, callback: Callback[None] | None = None) -> None:
        """Delete it. The server ends the connection then, and there is none after it.

        Raises:
            TaskyardError: The server refused, or gave no answer.
        """

        def gone(_: object) -> None:
            self._background.do(self._connection.retire)

        self._link.ask(Request("DELETE", self.path), gone, callback)

    def _connection_of(self, transport: Transport) -> Connection:
        return Connection(
            transport, self.path, {}, self._calls.call, self._link.entity, self._refreshed
        )

    # --- from connect to close ---

    def connect(self) -> None:
        """Begin to connect, and keep at it, without waiting for it. Again, it does nothing.

        Raises:
            ClientClosed: It was closed.
        """
        self._background.do(self._connection.connect)

    def close(self) -> None:
        """Disconnect for good; what is asked from now on is refused. Again, it does nothing.

        A listener that is running is waited for, at most five seconds, unless it is who asks.
        """
        if self._closed.is_set():
            return
        self._closed.set()
        atexit.unregister(self.close)
        self._background.run(self._connection.close())
        self._background.stop()
        self._calls.stop()

    def __enter__(self) -> Self:
        self.connect()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    @property
    def is_ready(self) -> bool:
        """Whether it is connected, and its own resource known."""
        return self._connection.is_ready

    def wait_until_ready(self, timeout: float | None = None) -> None:
        """Wait until it is connected and its own resource known; at most so many seconds.

        Raises:
            TimeoutError: It took longer.
            ApiError: The server refused the token or the resource.
            TokenExpired: The token is past its end.
            ClientClosed: It was closed.
        """
        self._background.run(self._connection.wait_until_ready(timeout))

    def wait_until_closed(self) -> None:
        """Wait until `close` is called: what a program does that only listens."""
        self._closed.wait()

    def update_token(self, token: str) -> None:
        """Use another token from now on, for requests as for the next connection.

        Raises:
            TokenProblem: It is no token, or not one for the same channel: the old one stays.
        """
        self._background.do(lambda: self._connection.renew(token))
