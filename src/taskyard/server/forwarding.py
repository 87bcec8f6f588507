"""Sends requests on to the node that serves their workspace, and gives its answers.

A request is sent on only while it is certain that no node has taken it: if the connection was
refused, or the other node says that it did not take it, the lease is looked up again. Whatever
breaks off after that may have been done, and only the caller can find out.
"""

import asyncio
import contextlib
import logging
import time
from collections.abc import Awaitable, Callable, Mapping
from typing import Protocol

import aiohttp
import msgspec
from yarl import URL

import taskyard
from taskyard.core.errors import NotFound
from taskyard.engine import Closed, Histogram, Lease, ServedElsewhere, WorkspaceEngine

from .api.calls import Answer
from .api.problems import Headers, Problem
from .forwarded import NOT_TAKEN, POSITION, Forwarded, headers_of

UNDER_WAY_MAX = 2_000
"""So many requests may be on their way or wait for a node."""
CONNECTIONS_MAX = 200
"""To one node."""
ANSWER_WITHIN_S = 30.0
_LOOK_AGAIN_S = 0.05
_LOOK_AGAIN_S_MAX = 0.5
_SECONDS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)
_RETRY_SOON = ((b"retry-after", b"1"),)
_PASSED_ON = (b"etag", b"idempotent-replay", b"retry-after", b"allow", b"www-authenticate")
"""Of an answer's headers: the others are made by the node that the caller reached."""
_SENT_ON = (
    b"content-type",
    b"if-match",
    b"idempotency-key",
    b"i-twilio-idempotency-token",
)
"""Of a request's headers: no handler reads any other."""

logger = logging.getLogger(__name__)


class Cluster(Protocol):
    """What forwarding needs to know of the nodes that share the store."""

    @property
    def secret(self) -> str:
        """By which the nodes know each other."""
        ...

    def serves(self, workspace_sid: str) -> bool:
        """Whether this node decides for a workspace."""
        ...

    async def server_of(self, workspace_sid: str, *, look_again: bool = False) -> Lease | None:
        """Who serves a workspace of the directory; None if this node does."""
        ...

    def heard(self, workspace_sid: str, position: int) -> None:
        """A client of this node has seen the journal up to here, and is to find it so."""
        ...


class Request(msgspec.Struct, frozen=True, kw_only=True):
    """A request as it came, but for what says who sends it.

    Attributes:
        method: Of HTTP.
        path: All of it, percent-encoded as it came.
        query: What stood behind the path.
        headers: All that came; only those that mean something to a handler are sent on.
        body: All of it.
        caller: Who sends it.
    """

    method: str
    path: bytes
    query: bytes
    headers: Mapping[bytes, bytes]
    body: bytes
    caller: Forwarded


class Relayed(msgspec.Struct, frozen=True, kw_only=True):
    """The answer of another node: status, body, and the headers that concern the caller."""

    status: int
    body: bytes
    headers: Headers


class _NotTaken(Exception):
    """The other node has not taken the request: nothing has changed."""


class Forwarding:
    """Has requests answered where their workspace is served.

    Attributes:
        answered: How many requests other nodes have answered, whatever they said.
        failed: How many were sent in vain, or broken off.
        seconds: How long the answers of other nodes took.
    """

    def __init__(
        self,
        cluster: Cluster,
        engine_of: Callable[[str], Awaitable[WorkspaceEngine]],
        *,
        lease_s: float,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
        seconds: Callable[[], float] = time.monotonic,
        answer_within_s: float = ANSWER_WITHIN_S,
    ) -> None:
        """Nothing is sent yet.

        Args:
            cluster: The nodes.
            engine_of: That of a workspace on this node, as `Directory.engine`.
            lease_s: How long a node counts as alive after it was last heard of; a request waits
                twice as long for somebody to serve its workspace.
            sleep: Waits for so many seconds.
            seconds: The stopwatch.
            answer_within_s: How long another node may take.
        """
        self.answered = 0
        self.failed = 0
        self.seconds = Histogram(*_SECONDS)
        self._cluster = cluster
        self._engine_of = engine_of
        self._lease_s = lease_s
        self._sleep = sleep
        self._clock_s = seconds
        self._answer_within_s = answer_within_s
        self._under_way = 0
        self._session: aiohttp.ClientSession | None = None

    @property
    def secret(self) -> str:
        """By which the nodes know each other."""
        return self._cluster.secret

    async def close(self) -> None:
        """Cut what is under way."""
        if self._session is not None:
            await self._session.close()

    async def answer(
        self, workspace_sid: str, request: Request, here: Callable[[], Awaitable[Answer]]
    ) -> Answer | Relayed:
        """Have a request answered by the node that serves a workspace.

        Args:
            workspace_sid: The workspace.
            request: What to send on.
            here: Answers it on this node. Called again only if it raised `ServedElsewhere`.

        Raises:
            Problem: 503: too many are on their way, no node has taken it in time, or nobody knows
                what became of it.
            Exception: Whatever `here` raises.
        """
        if self._cluster.serves(workspace_sid):
            with contextlib.suppress(ServedElsewhere):
                return await here()
        try:
            await self._engine_of(workspace_sid)
        except NotFound:
            return await here()  # which says so, or gives an answer again
        until_s: float | None = None
        pause_s = _LOOK_AGAIN_S
        while True:
            look_again = until_s is not None
            lease = await self._cluster.server_of(workspace_sid, look_again=look_again)
            try:
                if lease is None:
                    return await here()
                return await self._relayed(lease, request)
            except ServedElsewhere as error:
                why = str(error)
            except _NotTaken as error:
                why = str(error)
            now_s = self._clock_s()
            until_s = now_s + 2 * self._lease_s if until_s is None else until_s
            if now_s + pause_s > until_s:
                logger.warning("a request found no node that serves its workspace: %s", why)
                raise Problem(
                    503,
                    20503,
                    f"no node has taken the request within {2 * self._lease_s:g} s, and nothing"
                    f" has changed: {why}",
                    _RETRY_SOON,
                )
            await self._sleep(pause_s)
            pause_s = min(2 * pause_s, _LOOK_AGAIN_S_MAX)

    async def arrived(
        self,
        workspace_sid: str,
        here: Callable[[], Awaitable[Answer]],
        extra: list[tuple[bytes, bytes]],
    ) -> Answer:
        """Answer a request that another node has sent on, or say that it was not taken.

        Args:
            workspace_sid: Whose it is.
            here: Answers it on this node.
            extra: Where headers for the other node are put.

        Raises:
            ServedElsewhere: This node does not serve it either.
            Exception: Whatever `here` raises.
        """
        engine = None
        try:
            with contextlib.suppress(NotFound):  # an answer may be given again all the same
                engine = await self._engine_of(workspace_sid)
            lease = None if engine is None else await self._cluster.server_of(workspace_sid)
            if lease is not None:
                raise ServedElsewhere(workspace_sid, lease)
            return await here()
        except (ServedElsewhere, Closed):
            extra.append((NOT_TAKEN, b"true"))
            raise
        finally:
            if engine is not None:
                # A refusal too may rest on what its caller is to find when they look.
                extra.append((POSITION, b"%d" % engine.position))

    async def _relayed(self, lease: Lease, request: Request) -> Relayed:
        if self._under_way >= UNDER_WAY_MAX:
            self.failed += 1
            raise Problem(
                503,
                20503,
                f"{UNDER_WAY_MAX} requests are on their way to other nodes already, and this one"
                " was not sent",
                _RETRY_SOON,
            )
        self._under_way += 1
        began_s = self._clock_s()
        try:
            relayed, position = await self._sent(lease, request)
        except _NotTaken:
            self.failed += 1
            raise
        except (aiohttp.ClientError, TimeoutError, OSError) as error:
            self.failed += 1
            logger.warning("the node at %s did not answer a request: %s", lease.url, _reason(error))
            raise Problem(
                503,
                20503,
                f"the node at {lease.url} did not answer, and it is not known whether it has done"
                f" what was asked: {_reason(error)}",
                _RETRY_SOON,
            ) from error
        finally:
            self._under_way -= 1
        self.answered += 1
        self.seconds.observe(self._clock_s() - began_s)
        if position is not None:
            self._cluster.heard(lease.workspace_sid, position)
        return relayed

    async def _sent(self, lease: Lease, request: Request) -> tuple[Relayed, int | None]:
        query = b"?" + request.query if request.query else b""
        target = URL(lease.url + (request.path + query).decode("latin-1"), encoded=True)
        headers = headers_of(request.caller, self._cluster.secret)
        headers["User-Agent"] = f"Taskyard/{taskyard.__version__}"
        headers |= {
            name.decode(): request.headers[name].decode("latin-1")
            for name in _SENT_ON
            if name in request.headers
        }
        try:
            async with self._open_session().request(
                request.method,
                target,
                data=request.body,
                headers=headers,
                allow_redirects=False,
                skip_auto_headers=("Content-Type",),
            ) as response:
                body = await response.read()
                found = response.headers
        except (aiohttp.ClientConnectorError, aiohttp.ConnectionTimeoutError) as error:
            raise _NotTaken(
                f"the node at {lease.url} cannot be reached: {_reason(error)}"
            ) from error
        if NOT_TAKEN.decode() in found:
            raise _NotTaken(f"the node at {lease.url} does not serve {lease.workspace_sid}")
        position = found.get(POSITION.decode(), "")
        passed = [
            (name, found[name.decode()].encode("latin-1"))
            for name in _PASSED_ON
            if name.decode() in found
        ]
        relayed = Relayed(status=response.status, body=body, headers=passed)
        return relayed, int(position) if position.isdecimal() else None

    def _open_session(self) -> aiohttp.ClientSession:
        if self._session is None:
            self._session = aiohttp.ClientSession(
                connector=aiohttp.TCPConnector(limit=0, limit_per_host=CONNECTIONS_MAX),
                timeout=aiohttp.ClientTimeout(
                    total=self._answer_within_s, connect=min(self._lease_s, self._answer_within_s)
                ),
                cookie_jar=aiohttp.DummyCookieJar(),
                trust_env=False,
            )
            # aiohttp would send what it knows as idempotent a second time by itself, and a DELETE
            # that was done would be answered with 404. It has no public way to say so.
            self._session._retry_connection = False
        return self._session


def _reason(error: BaseException) -> str:
    return " ".join(str(error).split())[:200] or type(error).__name__
