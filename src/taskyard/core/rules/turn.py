"""One turn of one workspace: what a rule may read, and the one way in which it changes anything."""

from collections.abc import Callable, Iterable
from typing import TypeVar

from taskyard.core.events import Event
from taskyard.core.ids import Mint, TaskSid
from taskyard.core.limits import Limits
from taskyard.core.rulebook import Rulebook
from taskyard.core.state import State

Watch = tuple[type[Event], Callable[[Event], None]]
"""Who keeps an index of the state hears of the events of a kind, after they are applied."""

_E = TypeVar("_E", bound=Event)


def watch(kind: type[_E], hear: Callable[[_E], None]) -> Watch:
    """One entry of the watchers: whom to tell of one kind of event."""
    return kind, hear  # type: ignore[return-value]  # it is told of that kind alone


class Turn:
    """A command, or the timers of one instant, on its way into events.

    Attributes:
        events: What has been emitted, in order; each is applied at once.
        newly_placed: Tasks that in this turn entered a step with a `skip_if`, or came back to it,
            in no particular order; nobody has been looked for since.
    """

    __slots__ = (
        "_apply",
        "_hearers",
        "events",
        "limits",
        "mint",
        "newly_placed",
        "now_ms",
        "rulebook",
        "state",
    )

    def __init__(
        self,
        *,
        state: State,
        apply: Callable[[Event, int], None],
        rulebook: Rulebook,
        mint: Mint,
        limits: Limits,
        watches: Iterable[Watch],
    ) -> None:
        self.state = state
        self._apply = apply
        self.rulebook = rulebook
        self.mint = mint
        self.limits = limits
        self._hearers: dict[type[Event], list[Callable[[Event], None]]] = {}
        for kind, hear in watches:
            self._hearers.setdefault(kind, []).append(hear)
        self.begin(0)

    def begin(self, now_ms: int) -> None:
        """Start anew at this instant. One workspace has one turn at a time: it is used again."""
        self.now_ms = now_ms
        self.events: list[Event] = []
        self.newly_placed: dict[TaskSid, None] = {}

    def emit(self, event: Event) -> None:
        """Let something have happened. A refusal after the first of these is a bug."""
        self._apply(event, self.now_ms)
        self.events.append(event)
        for hear in self._hearers.get(type(event), ()):
            hear(event)
