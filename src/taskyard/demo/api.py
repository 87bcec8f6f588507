"""The REST API as the demo calls it: form bodies out, typed answers in."""

import base64
from collections.abc import Mapping
from types import TracebackType
from typing import Protocol, Self, TypeVar

import aiohttp
import msgspec

from . import wire
from .outage import Outage


class Page(Protocol):
    """A page of any list."""

    @property
    def meta(self) -> wire.Meta:
        """Where the page stands in its list."""


Answer = TypeVar("Answer")
AnyPage = TypeVar("AnyPage", bound=Page)

PATIENCE = aiohttp.ClientTimeout(total=30)
CONNECTIONS = 64
# An idle connection is closed here before the server closes it under a request.
IDLE_S = 2.0


class ApiError(Exception):
    """A request that did not lead to the answer that was asked for."""


class Refused(ApiError):
    """The server said no."""

    def __init__(self, request: str, status: int, problem: wire.Problem) -> None:
        super().__init__(f"{request}: {status}, code {problem.code}: {problem.message}")
        self.status = status


class Unanswered(ApiError):
    """No answer came, or none that can be read."""


class CutOff(ApiError):
    """The server died while it created something: nobody can tell whether it did."""


class Api:
    """One account's door to a server. An asynchronous context manager.

    While the server is down on purpose, requests wait; those that it died under are repeated, but
    for creations, which might come about twice.
    """

    def __init__(self, base_url: str, account_sid: str, auth_token: str, outage: Outage) -> None:
        self.base_url = base_url
        self._outage = outage
        credentials = base64.b64encode(f"{account_sid}:{auth_token}".encode()).decode()
        self._headers = {"Authorization": f"Basic {credentials}"}

    async def __aenter__(self) -> Self:
        self._session = aiohttp.ClientSession(
            headers=self._headers,
            timeout=PATIENCE,
            connector=aiohttp.TCPConnector(limit=CONNECTIONS, keepalive_timeout=IDLE_S),
        )
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self._session.close()

    async def get(
        self, path: str, answer: type[Answer], query: Mapping[str, str] | None = None
    ) -> Answer:
        """Read one resource, or one page of a list.

        Args:
            path: What follows the version in the address, or an absolute address.
            answer: What the body is decoded as.
            query: Filters and page size.

        Raises:
            ApiError: The server refused, or gave no answer.
        """
        return await self._request("GET", path, answer, query=query)

    async def get_all(
        self, path: str, answer: type[AnyPage], query: Mapping[str, str] | None = None
    ) -> list[AnyPage]:
        """Read every page of a list, in order.

        Raises:
            ApiError: The server refused, or gave no answer.
        """
        pages = [await self.get(path, answer, {"PageSize": "1000", **(query or {})})]
        while following := pages[-1].meta.next_page_url:
            pages.append(await self.get(following, answer))
        return pages

    async def create(self, path: str, answer: type[Answer], form: Mapping[str, str]) -> Answer:
        """Create a resource.

        Raises:
            CutOff: The server died under the request.
            ApiError: The server refused, or gave no answer.
        """
        return await self._request("POST", path, answer, form=form, may_repeat=False)

    async def post(self, path: str, answer: type[Answer], form: Mapping[str, str]) -> Answer:
        """Update a resource.

        Raises:
            ApiError: The server refused, or gave no answer.
        """
        return await self._request("POST", path, answer, form=form)

    async def _request(
        self,
        method: str,
        path: str,
        answer: type[Answer],
        *,
        query: Mapping[str, str] | None = None,
        form: Mapping[str, str] | None = None,
        may_repeat: bool = True,
    ) -> Answer:
        url = path if "://" in path else f"{self.base_url}/v1/{path}"
        request = f"{method} {url}"
        while True:
            await self._outage.over()
            asked_in = self._outage.number
            try:
                async with self._session.request(method, url, params=query, data=form) as response:
                    body = await response.read()
                    status = response.status
                break
            except (aiohttp.ClientError, TimeoutError) as error:
                if self._outage.number == asked_in:
                    raise Unanswered(f"{request}: {error or type(error).__name__}") from error
                if not may_repeat and not isinstance(error, aiohttp.ClientConnectorError):
                    raise CutOff(f"{request}: the server died under it") from error
        if status >= 400:
            raise Refused(request, status, problem_of(body))
        try:
            return msgspec.json.decode(body, type=answer)
        except msgspec.MsgspecError as error:
            raise Unanswered(f"{request}: {status}, but the body is wrong: {error}") from error


def problem_of(body: bytes) -> wire.Problem:
    """What an error body says, as far as it can be read."""
    try:
        return msgspec.json.decode(body, type=wire.Problem)
    except msgspec.MsgspecError:
        return wire.Problem(message=body[:200].decode(errors="replace"))
