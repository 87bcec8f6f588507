"""A server in a thread of its own, and the official client that takes it for the published host."""

import asyncio
import threading
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlsplit

import pytest
from twilio.http.http_client import TwilioHttpClient
from twilio.http.response import Response
from twilio.rest import Client

from contract.api.caller import SID, TOKEN
from contract.published_api import judge
from taskyard.server.app import running
from taskyard.server.config import Config


class RedirectedHttpClient(TwilioHttpClient):
    """The official one, but that it calls our host; it judges every answer as well."""

    def __init__(self, url: str) -> None:
        super().__init__(timeout=60)
        self.here = urlsplit(url)

    def request(self, method: str, url: str, *args: Any, **kwargs: Any) -> Response:
        wanted = urlsplit(url)
        here = wanted._replace(scheme=self.here.scheme, netloc=self.here.netloc).geturl()
        response = super().request(method, here, *args, **kwargs)
        judge(method, here, response.status_code, response.headers, response.text)
        return response


@pytest.fixture(scope="module")
def server_url() -> Iterator[str]:
    config = Config(database="memory://", port=0, account_sid=SID, auth_token=TOKEN)
    urls: list[str] = []
    started = threading.Event()
    loop = asyncio.new_event_loop()
    stop = asyncio.Event()

    async def serve() -> None:
        async with running(config) as server:
            urls.append(server.url)
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
    yield urls[0]
    loop.call_soon_threadsafe(stop.set)
    thread.join()


def client_of(url: str, sid: str, secret: str) -> Client:
    return Client(sid, secret, http_client=RedirectedHttpClient(url))


@pytest.fixture
def client(server_url: str) -> Iterator[Client]:
    client = client_of(server_url, SID, TOKEN)
    yield client
    client.http_client.session.close()
