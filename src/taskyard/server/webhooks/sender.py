"""Sends one callback: signed, within its time, and again where its address asks for that."""

import asyncio
import contextlib
import secrets
from collections.abc import Callable, Mapping
from urllib.parse import urlencode

import aiohttp
import msgspec
from aiohttp.resolver import ThreadedResolver
from yarl import URL

import taskyard
from taskyard.engine import Histogram

from .destinations import CheckedResolver, DestinationRefused, check
from .overrides import Failure, Policy, overridden
from .signature import signature

BODY_BYTES_MAX = 65_536
"""Of an answer; what comes after that is not read."""


class Reply(msgspec.Struct, frozen=True, kw_only=True):
    """What came of a callback.

    Attributes:
        status: Of the answer; None if there was none.
        content_type: As it was said, without parameters.
        body: As much of it as is read.
        is_whole: Whether that is all of it.
        failure: Why there is no answer, in words; empty if there is one.
        attempts: How often it was sent.
    """

    status: int | None = None
    content_type: str = ""
    body: bytes = b""
    is_whole: bool = True
    failure: str = ""
    kind: Failure | None = None
    attempts: int = 1


class Sender:
    """One client for all receivers; each callback has a connection of its own.

    So a receiver that keeps its connection open, or closes it at the wrong moment, concerns
    nobody else, and no other callback waits for it.

    Attributes:
        in_flight: How many callbacks are under way.
        seconds: What each took, all its attempts together, whatever came of it.
    """

    def __init__(self, auth_token: Callable[[], str], *, to_link_local: bool = False) -> None:
        """Nothing is sent yet.

        Args:
            auth_token: The secret that callbacks are signed with, as it is now.
            to_link_local: Whether they may go where clouds tell a machine its secrets.
        """
        self.in_flight = 0
        self.seconds = Histogram(0.01, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 15)
        self._auth_token = auth_token
        self._to_link_local = to_link_local
        self._session: aiohttp.ClientSession | None = None

    async def close(self) -> None:
        """Cut what is under way."""
        if self._session is not None:
            await self._session.close()

    async def post(self, url: str, form: Mapping[str, str], policy: Policy) -> Reply:
        """Tell a receiver something.

        Args:
            url: Where, as it is configured; what stands behind its `#` may move the policy.
            form: What.
            policy: How long to wait, and what to try again.
        """
        loop = asyncio.get_running_loop()
        began = loop.time()
        self.in_flight += 1
        try:
            return await self._attempts(url, form, overridden(url, policy))
        finally:
            self.in_flight -= 1
            self.seconds.observe(loop.time() - began)

    async def _attempts(self, url: str, form: Mapping[str, str], policy: Policy) -> Reply:
        loop = asyncio.get_running_loop()
        deadline = loop.time() + policy.total_ms / 1000
        headers = {
            "Accept": "*/*",
            "Accept-Encoding": "identity",  # for what is packed would not be unpacked
            "Content-Type": "application/x-www-form-urlencoded; charset=UTF-8",
            "I-Twilio-Idempotency-Token": secrets.token_hex(16),
            "User-Agent": f"Taskyard/{taskyard.__version__}",
            "X-Twilio-Signature": signature(url, form, self._auth_token()),
        }
        body = urlencode(form).encode()
        attempts = 0
        while True:
            attempts += 1
            reply = await self._once(url, headers, body, policy, deadline - loop.time())
            again = reply.kind in policy.retried and attempts <= policy.retries
            if not again or loop.time() >= deadline:
                return msgspec.structs.replace(reply, attempts=attempts)

    async def _once(
        self, url: str, headers: Mapping[str, str], body: bytes, policy: Policy, left_s: float
    ) -> Reply:
        timeout = aiohttp.ClientTimeout(
            total=max(0.001, left_s),
            sock_connect=policy.connect_ms / 1000,
            sock_read=policy.read_ms / 1000,
        )
        try:
            target = URL(url.partition("#")[0], encoded=True)
            if not self._to_link_local:
                check(target.host or "")
            async with self._open_session().post(
                target, data=body, headers=headers, timeout=timeout, allow_redirects=False
            ) as response:
                return await _read(response)
        except DestinationRefused as error:
            return Reply(failure=str(error))
        except aiohttp.ClientConnectorError as error:
            if isinstance(error.os_error, DestinationRefused):
                return Reply(failure=str(error.os_error))
            return Reply(failure=f"it could not be connected: {error.os_error}", kind="ct")
        except aiohttp.ConnectionTimeoutError:
            return Reply(failure="it did not take the connection in time", kind="ct")
        except TimeoutError:
            return Reply(failure="it did not answer in time", kind="rt")
        except ValueError as error:
            return Reply(failure=f"its address cannot be used: {str(error)[:200]}")
        except (aiohttp.ClientError, OSError) as error:
            return Reply(failure=f"its answer cannot be read: {str(error)[:200]}", kind="rt")

    def _open_session(self) -> aiohttp.ClientSession:
        if self._session is None:
            resolver = ThreadedResolver() if self._to_link_local else CheckedResolver()
            self._session = aiohttp.ClientSession(
                connector=aiohttp.TCPConnector(
                    resolver=resolver, limit=0, force_close=True, use_dns_cache=False
                ),
                cookie_jar=aiohttp.DummyCookieJar(),
                auto_decompress=False,  # a few bytes may unpack to gigabytes
                trust_env=False,
            )
        return self._session


async def _read(response: aiohttp.ClientResponse) -> Reply:
    """The answer; the status stands once it is there, whatever becomes of the body."""
    body = b""
    is_whole = False
    with contextlib.suppress(aiohttp.ClientError, TimeoutError):
        while len(body) <= BODY_BYTES_MAX:
            part = await response.content.readany()
            if not part:
                is_whole = True
                break
            body += part
    kind: Failure | None = None
    if response.status >= 400:
        kind = "5xx" if response.status >= 500 else "4xx"
    return Reply(
        status=response.status,
        content_type=response.headers.get("Content-Type", "").partition(";")[0].strip().lower(),
        body=body[:BODY_BYTES_MAX],
        is_whole=is_whole,
        kind=kind,
    )
