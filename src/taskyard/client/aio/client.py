"""What the three clients have in common."""

from types import TracebackType
from typing import ClassVar, Self

from taskyard.client.parameters import Callback
from taskyard.client.requests import Request

from .calls import Calls
from .connection import Connection
from .link import Link
from .listening import Listening
from .resources import KINDS, Entity
from .token import token_for
from .transport import Options, Transport


class Client(Listening, Entity):
    """A resource that hears of its events as they happen.

    Made without a loop; `connect`, or `async with`, begins. Requests need no connection.
    Listeners are called on the loop in the order of the events; those that are coroutine functions
    run as tasks of their own, begun in that order.

    Args:
        token: A capability token for this kind of resource.
        base_url: Where the server is; else TASKYARD_URL, else http://127.0.0.1:8080.
        debug: Log what happens, without the token, to the logger `taskyard.client`.
        region: Ignored: there is no other region than the server's.
        max_retries: How often a request is repeated where that is safe.
        timeout_s: How long a request may take, in seconds.

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
    ) -> None:
        del region
        options = Options(
            base_url=base_url, debug=debug, max_retries=max_retries, timeout_s=timeout_s
        )
        transport = Transport(token_for(self._prefix, token), options)
        claims = transport.token.claims
        named = {"account_sid": claims.account_sid, "workspace_sid": claims.workspace_sid}
        super().__init__({**named, "sid": claims.channel}, Link(transport, KINDS, Entity))
        self._calls = Calls(transport.log)
        self._connection = self._connection_of(transport)

    async def delete(self, callback: Callback[None] | None = None) -> None:
        """Delete it. The server ends the connection then, and there is none after it.

        Raises:
            TaskyardError: The server refused, or gave no answer.
        """

        def gone(_: object) -> None:
            self._connection.retire()

        await self._link.ask(Request("DELETE", self.path), gone, callback)

    def _connection_of(self, transport: Transport) -> Connection:
        return Connection(
            transport, self.path, {}, self._calls.call, self._link.entity, self._refreshed
        )

    # --- from connect to close ---

    async def connect(self) -> None:
        """Begin to connect, and keep at it, without waiting for it. Again, it does nothing.

        Raises:
            ClientClosed: It was closed.
        """
        self._connection.connect()

    async def close(self) -> None:
        """Disconnect for good; what is asked from now on is refused. Again, it does nothing."""
        await self._connection.close()

    async def __aenter__(self) -> Self:
        await self.connect()
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self.close()

    @property
    def is_ready(self) -> bool:
        """Whether it is connected, and its own resource known."""
        return self._connection.is_ready

    async def wait_until_ready(self, timeout: float | None = None) -> None:  # noqa: ASYNC109
        """Wait until it is connected and its own resource known; at most so many seconds.

        Raises:
            TimeoutError: It took longer.
            ApiError: The server refused the token or the resource.
            TokenExpired: The token is past its end.
            ClientClosed: It was closed.
        """
        await self._connection.wait_until_ready(timeout)

    async def wait_until_closed(self) -> None:
        """Wait until `close` is called: what a program does that only listens."""
        await self._connection.wait_until_closed()

    def update_token(self, token: str) -> None:
        """Use another token from now on, for requests as for the next connection.

        Raises:
            TokenProblem: It is no token, or not one for the same channel: the old one stays.
        """
        self._connection.renew(token)
