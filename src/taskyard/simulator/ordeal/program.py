"""A process of the simulation: an event loop on virtual time, which can be killed."""

import asyncio
import contextlib
import contextvars
from collections.abc import Callable, Coroutine, Generator
from concurrent.futures import Executor
from typing import Any, TypeVar, TypeVarTuple

from .virtual_time import VirtualTime

T = TypeVar("T")
Ts = TypeVarTuple("Ts")
Unheard = Callable[[str, str], None]
"""Is told of an exception that nobody has caught: of which program, and what."""

_TASKS_BEFORE_A_LOOK = 1_000


class Program(asyncio.AbstractEventLoop):
    """What asyncio asks of a loop, without files, sockets, signals and threads.

    What would be given to a thread is done at once. A program that was killed does nothing more:
    nothing that it waited for is heard of, and what it would do on the way out comes to nothing.
    What of asyncio is not here raises `NotImplementedError`, as its base class does.
    """

    def __init__(self, time: VirtualTime, name: str, unheard: Unheard) -> None:
        self.name = name
        self._time = time
        self._unheard = unheard
        self._tasks: list[asyncio.Task[Any]] = []
        self._look_at = _TASKS_BEFORE_A_LOOK
        self._dead = False

    def kill(self) -> None:
        """End it in the midst of whatever it does; called from outside of it."""
        self._dead = True
        outside = self._time.entered
        self._time.enter(self)
        try:
            # One by one and now: left to the garbage collector they would end in no sure order.
            for task in self._tasks:
                if not task.done():
                    task._log_destroy_pending = False  # type: ignore[attr-defined]
                    coroutine = task.get_coro()
                    # What it would wait for on the way out, it does not get.
                    with contextlib.suppress(Exception):
                        coroutine.close()
        finally:
            self._time.enter(outside)
        self._tasks.clear()

    # --- what asyncio calls ---

    def time(self) -> float:
        """Seconds since the simulation began."""
        return self._time.now_s

    def call_soon(
        self,
        callback: Callable[[*Ts], object],
        *args: *Ts,
        context: contextvars.Context | None = None,
    ) -> asyncio.Handle:
        """Have something done in the next round."""
        handle = asyncio.Handle(callback, args, self, context)
        if not self._dead:
            self._time.soon(self, handle)
        return handle

    call_soon_threadsafe = call_soon

    def call_later(
        self,
        delay: float,
        callback: Callable[[*Ts], object],
        *args: *Ts,
        context: contextvars.Context | None = None,
    ) -> asyncio.TimerHandle:
        """Have something done so many seconds from now."""
        return self.call_at(self._time.now_s + delay, callback, *args, context=context)

    def call_at(
        self,
        when: float,
        callback: Callable[[*Ts], object],
        *args: *Ts,
        context: contextvars.Context | None = None,
    ) -> asyncio.TimerHandle:
        """Have something done at an instant."""
        handle = asyncio.TimerHandle(when, callback, args, self, context)
        if not self._dead:
            self._time.at(when, self, handle)
        return handle

    def create_future(self) -> asyncio.Future[Any]:
        """A future of this loop."""
        return asyncio.Future(loop=self)

    def create_task(
        self,
        coro: Generator[Any, None, T] | Coroutine[Any, Any, T],
        *,
        name: str | None = None,
        context: contextvars.Context | None = None,
    ) -> asyncio.Task[T]:
        """A task of this loop."""
        task = asyncio.Task(coro, loop=self, name=name or self.name, context=context)
        self._tasks.append(task)
        if len(self._tasks) > self._look_at:
            self._tasks = [one for one in self._tasks if not one.done()]
            self._look_at = 2 * len(self._tasks) + _TASKS_BEFORE_A_LOOK
        return task

    def run_in_executor(
        self, executor: Executor | None, func: Callable[[*Ts], T], *args: *Ts
    ) -> asyncio.Future[T]:
        """Do at once what is meant for a thread, and let it be heard in the next round."""
        future: asyncio.Future[T] = self.create_future()
        try:
            result = func(*args)
        except Exception as error:
            self.call_soon(_fail, future, error)
        else:
            self.call_soon(_succeed, future, result)
        return future

    def call_exception_handler(self, context: dict[str, Any]) -> None:
        """Nobody has caught an exception."""
        if not self._dead:
            error = context.get("exception")
            self._unheard(self.name, f"{context.get('message')}: {error!r}")

    def is_running(self) -> bool:
        """Whether it is."""
        return not self._dead

    def is_closed(self) -> bool:
        """Whether it was killed."""
        return self._dead

    def get_debug(self) -> bool:
        """Never."""
        return False

    def _timer_handle_cancelled(self, handle: asyncio.TimerHandle) -> None:
        """It is passed over when its time has come."""


def _succeed(future: asyncio.Future[T], result: T) -> None:
    if not future.done():
        future.set_result(result)


def _fail(future: asyncio.Future[T], error: Exception) -> None:
    if not future.done():
        future.set_exception(error)
