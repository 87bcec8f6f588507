"""The two threads of one client."""

import asyncio
import queue
import threading
from collections.abc import Callable, Coroutine
from concurrent.futures import CancelledError
from typing import Any, TypeVar

from taskyard.client.aio.emitter import Listener
from taskyard.client.aio.log import Log
from taskyard.client.errors import ClientClosed

T = TypeVar("T")

LISTENERS_S = 5.0


class Background:
    """A loop in a thread of its own, for what other threads wait for.

    The thread is a daemon: a client that nobody closed does not keep the program alive.
    """

    def __init__(self, name: str) -> None:
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(
            target=self._loop.run_forever, name=f"{name} connection", daemon=True
        )
        self._thread.start()

    def run(self, work: Coroutine[Any, Any, T]) -> T:
        """Do it on the loop, and wait for it. An interrupt of the wait cancels it.

        Raises:
            ClientClosed: The loop was stopped before or meanwhile.
        """
        if self._loop.is_closed() or not self._thread.is_alive():
            work.close()
            raise ClientClosed("the client is closed")
        future = asyncio.run_coroutine_threadsafe(work, self._loop)
        try:
            return future.result()
        except CancelledError:
            raise ClientClosed("the client was closed meanwhile") from None
        except BaseException:
            future.cancel()
            raise

    def do(self, work: Callable[[], None]) -> None:
        """Do what takes no time on the loop, and wait for it.

        Raises:
            ClientClosed: The loop was stopped before or meanwhile.
        """

        async def done() -> None:
            work()

        self.run(done())

    def stop(self) -> None:
        """End the thread; what others still wait for is canceled."""
        if self._thread.is_alive():
            asyncio.run_coroutine_threadsafe(self._cancel_all(), self._loop).result()
            self._loop.call_soon_threadsafe(self._loop.stop)
            self._thread.join()
            self._loop.close()

    async def _cancel_all(self) -> None:
        others = asyncio.all_tasks() - {asyncio.current_task()}
        for task in others:
            task.cancel()
        await asyncio.gather(*others, return_exceptions=True)


class Calls:
    """A thread on which listeners are called, one after the other in the order of the events.

    So a listener may use the client, and wait for it: the loop goes on meanwhile. What a listener
    raises is logged.
    """

    def __init__(self, log: Log) -> None:
        self._log = log
        self._waiting: queue.SimpleQueue[tuple[Listener, tuple[Any, ...]] | None] = (
            queue.SimpleQueue()
        )
        self._thread = threading.Thread(target=self._run, name="taskyard listeners", daemon=True)
        self._thread.start()

    def call(self, listener: Listener, arguments: tuple[Any, ...]) -> None:
        """Call one when those before it have returned."""
        self._waiting.put((listener, arguments))

    def stop(self) -> None:
        """End the thread when all that waits is done; wait for that unless a listener asks."""
        self._waiting.put(None)
        if threading.current_thread() is not self._thread:
            self._thread.join(LISTENERS_S)

    def _run(self) -> None:
        while (next_one := self._waiting.get()) is not None:
            listener, arguments = next_one
            try:
                listener(*arguments)
            except Exception as error:
                self._log.failed(f"the listener {listener!r}", error)
