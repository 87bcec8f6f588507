"""Who listens to what."""

import threading
import time
from collections import deque
from collections.abc import Callable
from typing import Any, NamedTuple

HELD_S = 30.0
HELD_EVENTS = 1000

Listener = Callable[..., Any]


def plain_name(event: str) -> str:
    """An event's name as listeners know it: `worker.activity.update` is `activity.update`."""
    return event.removeprefix("worker.")


class _Held(NamedTuple):
    at_s: float
    event: str
    arguments: tuple[Any, ...]


class Emitter:
    """Listeners by event, in the order in which they came. Any thread may call it.

    A client connects before its owner has said what to listen to. So what happens before anybody
    ever listened to its event is held for half a minute, and handed to the first who does.
    """

    def __init__(self, deliver: Callable[[Listener, tuple[Any, ...]], None]) -> None:
        self._deliver = deliver
        self._lock = threading.RLock()
        self._listeners: dict[str, list[tuple[Listener, bool]]] = {}
        self._held: deque[_Held] = deque(maxlen=HELD_EVENTS)

    def listen(self, event: str, listener: Listener, *, once: bool = False) -> None:
        """Call this listener from now on, or once only.

        Raises:
            TypeError: It cannot be called.
        """
        if not callable(listener):
            raise TypeError(f"a listener of {event} has to be callable, not {listener!r}")
        event = plain_name(event)
        with self._lock:
            is_first = event not in self._listeners
            self._listeners.setdefault(event, []).append((listener, once))
            if is_first:
                missed = [one for one in self._held if one.event == event]
                self._held = deque(
                    (one for one in self._held if one.event != event), maxlen=HELD_EVENTS
                )
                oldest_s = time.monotonic() - HELD_S
                for one in missed:
                    if one.at_s >= oldest_s:
                        self.emit(event, *one.arguments)

    def forget(self, event: str, listener: Listener | None = None) -> None:
        """Call this listener no more, or none of the event's."""
        event = plain_name(event)
        with self._lock:
            if event in self._listeners:
                self._listeners[event] = [
                    one for one in self._listeners[event] if listener not in (None, one[0])
                ]

    def emit(self, event: str, *arguments: Any) -> bool:
        """Deliver to every listener; False if there is none."""
        event = plain_name(event)
        with self._lock:
            if event not in self._listeners:
                self._held.append(_Held(time.monotonic(), event, arguments))
                return False
            listeners = self._listeners[event]
            self._listeners[event] = [one for one in listeners if not one[1]]
            for listener, _ in listeners:
                self._deliver(listener, arguments)
            return bool(listeners)
