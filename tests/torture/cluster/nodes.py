"""Real servers that share a database, each to be killed, halted and started again at will."""

import asyncio
import os
import signal
import sys
from asyncio.subprocess import PIPE, Process
from collections.abc import Mapping
from pathlib import Path

from contract.api.caller import SID, TOKEN
from torture.mortal import LISTENING

STARTS_WITHIN_S = 30.0


class Node:
    """One place where a server runs; after each start the server has another address."""

    def __init__(self, name: str, database: str, log: Path, settings: Mapping[str, str]) -> None:
        self.name = name
        self.url: str | None = None
        self.log = log
        self._process: Process | None = None
        self._environment = {k: v for k, v in os.environ.items() if not k.startswith("TASKYARD_")}
        self._environment |= {
            "TASKYARD_CONFIG": os.devnull,
            "TASKYARD_ACCOUNT_SID": SID,
            "TASKYARD_AUTH_TOKEN": TOKEN,
            "TASKYARD_DATABASE": database,
            "TASKYARD_PORT": "0",
            # A finished task that is forgotten in good order could not be told from a lost one.
            "TASKYARD_LIMITS": "task_finished_s=1000000",
            **settings,
        }

    async def start(self) -> None:
        """Start it and wait until it listens, however often it has to try."""
        until = asyncio.get_running_loop().time() + STARTS_WITHIN_S
        # It ends with a clear word if the database is not there just now: as a service it would be
        # started again.
        while await self.try_to_start() is None:
            assert asyncio.get_running_loop().time() < until, f"{self.name}: {self.words()}"
            await asyncio.sleep(0.2)

    async def try_to_start(self) -> str | None:
        """Start it once; its address, or None if it ended by itself."""
        with self.log.open("ab") as log:
            process = await asyncio.create_subprocess_exec(
                *(sys.executable, "-m", "taskyard", "serve"),
                env=self._environment,
                stdout=PIPE,
                stderr=log,
            )
        self._process = process
        assert process.stdout is not None
        line = (await process.stdout.readline()).decode()
        if match := LISTENING.fullmatch(line):
            self.url = match[1]
        else:
            await process.communicate()
        return self.url

    def words(self) -> str:
        """The last that it wrote."""
        return self.log.read_text(errors="replace")[-2000:]

    async def kill(self) -> None:
        assert self._process is not None
        assert self._process.returncode is None, f"{self.name} had ended: {self.words()}"
        self.url = None
        self._process.send_signal(signal.SIGKILL)
        await self._process.communicate()

    def halt(self) -> None:
        assert self._process is not None
        self._process.send_signal(signal.SIGSTOP)

    def go_on(self) -> None:
        assert self._process is not None
        self._process.send_signal(signal.SIGCONT)

    async def end(self) -> None:
        """Whatever became of it, it is gone afterwards."""
        process, self._process = self._process, None
        if process is not None:
            if process.returncode is None:
                process.kill()
            await process.communicate()
