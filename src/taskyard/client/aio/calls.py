"""How listeners are called on a loop."""

import asyncio
from inspect import iscoroutine
from typing import Any

from .emitter import Listener
from .log import Log


class Calls:
    """Calls of listeners; those that are coroutines run as tasks, begun in their order.

    What a listener raises is logged: it is not the connection's to fail of.
    """

    def __init__(self, log: Log) -> None:
        self._log = log
        self._tasks: set[asyncio.Task[Any]] = set()  # the loop itself would forget them

    def call(self, listener: Listener, arguments: tuple[Any, ...]) -> None:
        """Call one now."""
        try:
            answer = listener(*arguments)
        except Exception as error:
            self._log.failed(f"the listener {listener!r}", error)
            return
        if iscoroutine(answer):
            task = asyncio.get_running_loop().create_task(answer)
            self._tasks.add(task)
            task.add_done_callback(self._ended)

    def _ended(self, task: asyncio.Task[Any]) -> None:
        self._tasks.discard(task)
        if not task.cancelled() and (error := task.exception()) is not None:
            self._log.failed("a listener", error)
