"""The real server as a process that may be killed at any moment."""

import asyncio
import os
import re
import signal
import sys
from asyncio.subprocess import PIPE, Process
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from contract.api.caller import SID, TOKEN, Caller, session_of

LISTENING = re.compile(r"taskyard: listening on (http://127\.0\.0\.1:\d+)\n")


async def born(database: Path) -> Process:
    environment = {k: v for k, v in os.environ.items() if not k.startswith("TASKYARD_")}
    environment |= {
        "TASKYARD_ACCOUNT_SID": SID,
        "TASKYARD_AUTH_TOKEN": TOKEN,
        "TASKYARD_DATABASE": f"sqlite:///{database}",
        "TASKYARD_PORT": "0",
        # A finished task that is forgotten in good order could not be told from a lost one.
        "TASKYARD_LIMITS": "task_finished_s=1000000",
    }
    return await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "taskyard", "serve"), env=environment, stdout=PIPE
    )


async def killed(process: Process) -> None:
    process.send_signal(signal.SIGKILL)
    await process.communicate()
    assert process.returncode == -signal.SIGKILL, "it had ended by itself"


@asynccontextmanager
async def alive(database: Path) -> AsyncIterator[tuple[Process, Caller]]:
    process = await born(database)
    try:
        assert process.stdout is not None
        line = (await process.stdout.readline()).decode()
        match = LISTENING.fullmatch(line)
        assert match is not None, line
        async with session_of(SID, TOKEN) as session:
            yield process, Caller(match[1], session)
    finally:
        if process.returncode is None:
            process.kill()
        await process.communicate()
