"""The server, as a process of its own."""

import asyncio
import os
import sys
from collections import deque
from pathlib import Path
from types import TracebackType
from typing import NoReturn, Self

READY = "taskyard: listening on "
STARTS_WITHIN_S = 30.0
STOPS_WITHIN_S = 5.0
LAST_WORDS = 15  # lines


class ServerFailed(Exception):
    """The server did not start, or ended by itself. Its last output is part of the message."""


class ServerProcess:
    """A server on a port of its own choice. An asynchronous context manager that ends it."""

    def __init__(self, database: Path, account_sid: str, auth_token: str) -> None:
        self._database = database
        self._account_sid = account_sid
        self._auth_token = auth_token
        self._output: deque[str] = deque(maxlen=LAST_WORDS)
        self._address: asyncio.Future[str] = asyncio.get_running_loop().create_future()
        self._is_meant_to_die = False
        self._is_back = asyncio.Event()

    async def __aenter__(self) -> Self:
        await self._start(port="0")
        return self

    async def _start(self, port: str) -> None:
        self._process = await asyncio.create_subprocess_exec(
            sys.executable,
            *("-m", "taskyard", "serve"),
            *("--port", port, "--database", f"sqlite:///{self._database}"),
            env=self._environment(),
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
            # Ctrl-C in the terminal is for the demo, which then ends the server itself.
            start_new_session=True,
        )
        self._listening = asyncio.create_task(self._listen(self._process))

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._process.returncode is None:
            self._process.terminate()
            try:
                await asyncio.wait_for(self._process.wait(), STOPS_WITHIN_S)
            except TimeoutError:
                self._process.kill()
                await self._process.wait()
        await self._listening
        self._address.cancel()

    @property
    def pid(self) -> int:
        """The id of the process, for those who measure what it takes."""
        return self._process.pid

    def _environment(self) -> dict[str, str]:
        # Settings of a server that the user runs elsewhere are none of the demo's business.
        kept = {name: value for name, value in os.environ.items() if name[:9] != "TASKYARD_"}
        return {
            **kept,
            "PYTHONUNBUFFERED": "1",
            "TASKYARD_CONFIG": os.devnull,
            "TASKYARD_ACCOUNT_SID": self._account_sid,
            "TASKYARD_AUTH_TOKEN": self._auth_token,
        }

    async def _listen(self, process: asyncio.subprocess.Process) -> None:
        """Read all that the server prints, so that it never waits for a reader."""
        assert process.stdout is not None
        while line := await process.stdout.readline():
            text = line.decode(errors="replace").rstrip()
            self._output.append(text)
            if text.startswith(READY) and not self._address.done():
                self._address.set_result(text.removeprefix(READY).strip().rstrip("/"))

    async def address(self) -> str:
        """Where the server listens, as soon as it does.

        Raises:
            ServerFailed: It took too long.
        """
        try:
            return await asyncio.wait_for(asyncio.shield(self._address), STARTS_WITHIN_S)
        except TimeoutError as error:
            what = f"the server did not listen within {STARTS_WITHIN_S:.0f} s"
            raise ServerFailed(self._obituary(what)) from error

    async def restart(self) -> None:
        """Kill the server without warning, and start it on the same port and database.

        It is not up when this returns: wait for its `address`, which stays the same.
        """
        port = (await self.address()).rpartition(":")[2]
        self._is_meant_to_die = True
        try:
            self._process.kill()
            await self._process.wait()
            await self._listening
            self._address = asyncio.get_running_loop().create_future()
            await self._start(port)
        finally:
            self._is_meant_to_die = False
            self._is_back.set()
            self._is_back.clear()

    async def ended(self) -> NoReturn:
        """Wait for the server to end by itself, which it never should.

        Raises:
            ServerFailed: It has ended.
        """
        status = await self._process.wait()
        while self._is_meant_to_die:
            await self._is_back.wait()
            status = await self._process.wait()
        await asyncio.wait({self._listening})
        raise ServerFailed(self._obituary(f"the server ended by itself with status {status}"))

    def _obituary(self, what: str) -> str:
        if not self._output:
            return f"{what}, and printed nothing"
        return "\n  ".join([f"{what}; the last that it printed:", *self._output])
