"""The socket of one client: opened, heard, and opened again for as long as the client lives."""

from collections.abc import Mapping
from http import HTTPStatus
from typing import Any, Protocol

import aiohttp
import msgspec
from yarl import URL

from taskyard.client.errors import (
    ApiError,
    BadAnswer,
    ClientClosed,
    TaskyardError,
    TokenExpired,
)

from .back_off import reconnect_delay_s
from .transport import Transport, failed

# The server sends something every 15 s, a blank if there is nothing to say.
SILENCE_S = 40.0
CLOSING_S = 2.0


class Hearer(Protocol):
    """Who a stream tells."""

    async def opened(self) -> None:
        """A socket is open. What it raises ends this connection like a loss of it."""

    async def heard(self, event_type: str, payload: Any) -> None:
        """A frame has come."""

    def lost(self, message: str) -> None:
        """The socket that was open is so no more."""

    def went_wrong(self, error: TaskyardError) -> None:
        """An attempt failed, a frame cannot be read, or the token is past its end."""


class Stream:
    """Connects, and after each loss again, with growing, jittered delays.

    With a token past its end it waits for the next one instead of knocking.
    """

    def __init__(
        self,
        transport: Transport,
        query: Mapping[str, str],
        hearer: Hearer,
    ) -> None:
        self._transport = transport
        self._token = transport.token
        self._log = transport.log
        self._query = query
        self._hearer = hearer
        self._is_retired = False

    def retire(self) -> None:
        """Do not connect again once this connection is lost."""
        self._is_retired = True

    async def run(self) -> None:
        """Go on until canceled, retired, or until the transport is closed."""
        attempt = 0
        while not self._is_retired:
            if self._token.is_expired:
                self._hearer.went_wrong(
                    TokenExpired("the token is past its end: waiting for update_token")
                )
                while self._token.is_expired:
                    await self._token.renewed()
                attempt = 0
            try:
                socket = await self._open()
                try:
                    attempt = 0 if await self._hear(socket) else attempt
                finally:
                    await socket.close()
            except ClientClosed:
                return
            except TaskyardError as error:
                self._hearer.went_wrong(error)
            attempt += 1
            delay_s = reconnect_delay_s(attempt)
            self._log.say("connects again in %.1f s", delay_s)
            await self._token.renewed(delay_s)

    async def _open(self) -> aiohttp.ClientWebSocketResponse:
        url = URL(self._transport.channel_url)
        url = url.with_scheme("wss" if url.scheme == "https" else "ws")
        self._log.say("opens %s", url)
        limits = aiohttp.ClientWSTimeout(ws_receive=SILENCE_S, ws_close=CLOSING_S)
        failure: TaskyardError
        try:
            return await self._transport.session.ws_connect(
                url.with_query({**self._query, "token": self._token.text}),
                timeout=limits,
                max_msg_size=0,
            )
        except aiohttp.WSServerHandshakeError as error:
            phrase = error.message
            if error.status in set(HTTPStatus):
                phrase = HTTPStatus(error.status).phrase
            failure = ApiError(error.status, f"the connection was refused: {phrase}")
        except (aiohttp.ClientError, TimeoutError, OSError) as error:
            failure = failed("connecting", error)
        # Outside of the except clause: aiohttp's own error quotes the address with the token.
        raise failure

    async def _hear(self, socket: aiohttp.ClientWebSocketResponse) -> bool:
        """Whether the connection had become ready before it was lost."""
        self._log.say("is connected")
        why = "the client was closed"
        try:
            await self._hearer.opened()
            why = await self._frames(socket)
            return True
        except TaskyardError as error:
            why = str(error)
            raise
        finally:
            self._hearer.lost(why)

    async def _frames(self, socket: aiohttp.ClientWebSocketResponse) -> str:
        """Hand on what comes; returns why nothing does any more."""
        while True:
            try:
                message = await socket.receive()
            except TimeoutError:
                return f"nothing was heard for {SILENCE_S:.0f} s"
            if message.type is aiohttp.WSMsgType.TEXT:
                await self._frame(message.data)
            elif message.type is not aiohttp.WSMsgType.BINARY:
                return f"the connection was closed (code {socket.close_code})"

    async def _frame(self, text: str) -> None:
        if not text.strip():
            return  # a heart beat
        self._log.say("heard %s", text)
        try:
            frame = msgspec.json.decode(text)
        except ValueError:
            frame = None
        if isinstance(frame, dict) and isinstance(frame.get("event_type"), str):
            await self._hearer.heard(frame["event_type"], frame.get("payload"))
        else:
            self._hearer.went_wrong(BadAnswer("a frame is no JSON object with an event_type"))
