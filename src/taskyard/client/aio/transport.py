"""How a client asks: one POST for each request, an envelope that says what it would be over REST.

Source: the event bridge's POST, for tokens with policies. `docs/sdk/python.md` tells what users
have to know of it.
"""

import asyncio
import os
from http import HTTPStatus
from itertools import count
from typing import Any
from urllib.parse import urlsplit

import aiohttp
import msgspec

from taskyard.client.errors import (
    ApiError,
    BadAnswer,
    ClientClosed,
    ConnectionFailed,
    TaskyardError,
)
from taskyard.client.requests import Request

from .back_off import retry_delay_s
from .log import Log
from .token import HeldToken

DEFAULT_URL = "http://127.0.0.1:8080"
# An idle connection is closed here before the server closes it under a request.
IDLE_S = 2.0


def base_url_from(given: str | None) -> str:
    """Where the server is: the argument, else TASKYARD_URL, else this machine.

    Raises:
        ValueError: It is no address of the kind http://host or https://host.
    """
    url = (given or os.environ.get("TASKYARD_URL") or DEFAULT_URL).rstrip("/").removesuffix("/v1")
    parts = urlsplit(url)
    if parts.scheme not in {"http", "https"} or not parts.netloc or parts.query or parts.fragment:
        raise ValueError(f"base_url is {url!r}: expected an address such as {DEFAULT_URL}")
    return url


class Options(msgspec.Struct, frozen=True, kw_only=True):
    """What the constructors of all clients take besides the token; see there."""

    base_url: str | None = None
    debug: bool = False
    max_retries: int = 3
    timeout_s: float = 15.0


class Transport:
    """The HTTP side of one client.

    Raises:
        ValueError: The base address is none.
    """

    def __init__(self, token: HeldToken, options: Options) -> None:
        self.token = token
        self.log = Log(token.claims.channel, debug=options.debug)
        self._url = base_url_from(options.base_url)
        self._max_retries = options.max_retries
        self._timeout_s = options.timeout_s
        self._session: aiohttp.ClientSession | None = None
        self._is_closed = False

    @property
    def channel_url(self) -> str:
        """Where envelopes go, and where the socket is."""
        claims = self.token.claims
        return f"{self._url}/v1/wschannels/{claims.account_sid}/{claims.channel}"

    @property
    def session(self) -> aiohttp.ClientSession:
        """Made at first use, because it belongs to the running loop.

        Raises:
            ClientClosed: It was closed.
        """
        if self._is_closed:
            raise ClientClosed("the client is closed")
        if self._session is None:
            self._session = aiohttp.ClientSession(
                timeout=aiohttp.ClientTimeout(total=self._timeout_s),
                connector=aiohttp.TCPConnector(keepalive_timeout=IDLE_S),
            )
        return self._session

    async def close(self) -> None:
        """Let go of every connection. What is asked from now on is refused."""
        self._is_closed = True
        if self._session is not None:
            await self._session.close()

    async def send(self, request: Request) -> Any:
        """Ask, and ask again where that is safe.

        Returns:
            The payload of the answer; None for a delete.

        Raises:
            ApiError: The server said no.
            ConnectionFailed: There was no answer.
            BadAnswer: There was one that nobody can read.
        """
        for attempt in count(1):
            try:
                return await self._send_once(request)
            except TaskyardError as error:
                if attempt > self._max_retries or not may_be_repeated(request, error):
                    raise
                asked_s = error.retry_after_s if isinstance(error, _Postponed) else None
                self.log.say("%s %s: %s; once more", request.method, request.path, error)
            await asyncio.sleep(retry_delay_s(attempt, asked_s))
        raise AssertionError("the loop above ends by itself")

    async def _send_once(self, request: Request) -> Any:
        named = f"{request.method} {request.path or 'the workspace'}"
        address = self._address(request.path)
        envelope: dict[str, Any] = {"url": address, "method": request.method}
        envelope |= {"params": request.parameters} if request.parameters else {}
        envelope |= {"event_type": request.event_type} if request.event_type else {}
        body = msgspec.json.encode({**envelope, "token": self.token.text})
        headers = {"Content-Type": "text/plain;charset=UTF-8"}
        session = self.session
        try:
            async with session.post(self.channel_url, data=body, headers=headers) as response:
                text = await response.read()
        except (aiohttp.ClientError, TimeoutError, OSError) as error:
            failure = failed(named, error)
        except RuntimeError as error:
            if not self._is_closed:  # aiohttp says so when a session is closed under a request
                raise
            raise ClientClosed(f"{named}: the client was closed") from error
        else:
            self.log.say("%s: %s", named, response.status)
            return _payload_of(named, response.status, response.headers.get("Retry-After"), text)
        # Outside of the except clause: what aiohttp raises may quote an address with the token.
        raise failure

    def _address(self, path: str) -> str:
        if "://" in path:
            return path
        workspace = f"{self._url}/v1/Workspaces/{self.token.claims.workspace_sid}"
        return f"{workspace}/{path}" if path else workspace


class _Postponed(ApiError):
    """Refused for now, with the server's own idea of when to come back."""

    retry_after_s: float | None = None


def failed(named: str, error: BaseException) -> ConnectionFailed:
    """What went wrong on the way, without the addresses that some of aiohttp's messages quote."""
    match error:
        case aiohttp.ClientConnectorError():
            why, sent = f"cannot connect to {error.host}:{error.port}: {error.os_error}", False
        case aiohttp.ConnectionTimeoutError():
            why, sent = "no connection within the time limit", False
        case TimeoutError():
            why, sent = "no answer within the time limit", True
        case _:
            why, sent = f"the connection was lost ({type(error).__name__})", True
    return ConnectionFailed(f"{named}: {why}", sent=sent)


def may_be_repeated(request: Request, error: TaskyardError) -> bool:
    """Whether asking again can neither hurt nor be in vain.

    A read may always be repeated; anything else only if the server certainly did nothing.
    """
    match error:
        case ConnectionFailed():
            return request.method == "GET" or not error.sent
        case ApiError():
            return error.status == 429 or (request.method == "GET" and error.status >= 500)
    return False


def _payload_of(named: str, status: int, retry_after: str | None, text: bytes) -> Any:
    try:
        answer = msgspec.json.decode(text) if text else None
    except ValueError:
        answer = text
    if not 200 <= status < 300:
        raise _refused(status, retry_after, answer)
    if answer is None:
        return None
    if not isinstance(answer, dict):
        raise BadAnswer(f"{named}: {status}, but the body is no JSON object")
    return answer.get("payload")


def _refused(status: int, retry_after: str | None, answer: Any) -> ApiError:
    said = answer if isinstance(answer, dict) else {}
    message = said.get("message")
    if not isinstance(message, str) or not message:
        names = {one.value: one.phrase for one in HTTPStatus}
        message = names.get(status, f"HTTP status {status}")
    code, more_info = said.get("code"), said.get("more_info")
    error = _Postponed if status in {429, 503} else ApiError
    refused = error(
        status,
        message,
        code if isinstance(code, int) else None,
        more_info if isinstance(more_info, str) else None,
    )
    if isinstance(refused, _Postponed) and retry_after is not None and retry_after.isdecimal():
        refused.retry_after_s = float(retry_after)
    return refused
