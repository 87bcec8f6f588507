"""The engine over a SQLite store: what was answered is still there after a restart."""
# ruff: noqa: T201  # an example prints

import asyncio
import os
import tempfile
import time

from taskyard.core import commands
from taskyard.core.machine import Decided
from taskyard.core.state import State
from taskyard.engine import Directory
from taskyard.stores import open_store


def now_ms() -> int:
    """The wall clock, as the engine wants it."""
    return time.time_ns() // 1_000_000


def sid(state: State, decided: Decided) -> str:
    """The answer to a command: here just the SID of what was made."""
    return decided.sid


async def main() -> None:
    """Make a workspace and a task, close everything, open it again."""
    with tempfile.TemporaryDirectory() as folder:
        url = f"sqlite:///{folder}/bakery.db"
        workspace_sid, task_sid = await before_the_restart(url)
        await after_the_restart(url, workspace_sid, task_sid)


async def before_the_restart(url: str) -> tuple[str, str]:
    """Each `ask` returns when what it led to is on the disk."""
    store = await open_store(url)
    directory = Directory(store, now_ms, os.urandom)
    await directory.open()  # the first time, it makes an account
    bakery = commands.CreateWorkspace(
        account_sid=directory.account.sid, friendly_name="Bakery", template="FIFO"
    )
    workspace_sid = await directory.create_workspace(bakery, sid)
    engine = await directory.engine(workspace_sid)
    task_sid = await engine.ask(commands.CreateTask(attributes='{"tiers": 3}'), sid)
    print(f"kept {engine.position} events")
    await directory.close()
    await store.close()
    return workspace_sid, task_sid


async def after_the_restart(url: str, workspace_sid: str, task_sid: str) -> None:
    """The journal is folded when the workspace is first asked for."""
    store = await open_store(url)
    directory = Directory(store, now_ms, os.urandom)
    await directory.open()
    engine = await directory.engine(workspace_sid)
    status = await engine.read(lambda state, _: state.tasks[task_sid].status)
    print(f"read {engine.position} events; the task is {status}")
    await directory.close()
    await store.close()


if __name__ == "__main__":
    asyncio.run(main())
