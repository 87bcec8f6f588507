"""An engine on the bench: a small machine, a store that obeys, and time that stands still."""

import asyncio
from collections.abc import AsyncIterator, Callable, Iterable, Sequence
from typing import Any

from taskyard.core.commands import Command, CreateActivity, CreateWorkspace, DeleteWorkspace
from taskyard.core.errors import Conflict
from taskyard.core.events import (
    ActivityCreated,
    ActivityDeleted,
    Event,
    WorkspaceCreated,
    WorkspaceDeleted,
)
from taskyard.core.machine import Decided
from taskyard.core.steps import Steps
from taskyard.engine import TurnRecord, WorkspaceEngine
from taskyard.engine.counters import Counters
from taskyard.engine.journal import Journal
from taskyard.stores import Append, JournalRow, StoreError
from taskyard.stores.memory import MemoryStore

WS = "WS" + "0" * 31 + "1"
ACCOUNT = "AC" + "a" * 32
EPOCH_MS = 1_700_000_000_000

CREATE_WORKSPACE = CreateWorkspace(account_sid=ACCOUNT, friendly_name="bench")


class NamesState:
    def __init__(self) -> None:
        self.created = False
        self.deleted = False
        self.names: list[str] = []


class NamesMachine:
    """Keeps a list of names. Some have a meaning.

    A name that is there already is refused; "bug" breaks the machine half-way; "lapses 20" is taken
    away again 20 ms later, one name for each call of `advance`; "bomb 20" breaks it then.
    """

    made = 0

    def __init__(self) -> None:
        type(self).made += 1
        self.state = NamesState()
        self.lapses: dict[str, int] = {}
        self.resumed = False
        self.advances = 0

    def decide(self, command: Command, now_ms: int) -> Decided:
        match command:
            case CreateWorkspace():
                events: list[Event] = [
                    WorkspaceCreated(
                        WS, ACCOUNT, command.friendly_name, "", None, True, "FIFO", "WA1", "WA1"
                    )
                ]
            case DeleteWorkspace():
                events = [WorkspaceDeleted()]
            case CreateActivity(friendly_name="bug"):
                self.state.names.append("half a bug")
                raise RuntimeError("a rule is wrong")
            case CreateActivity(friendly_name=name):
                if name in self.state.names:
                    raise Conflict(f"{name} is there already")
                events = [ActivityCreated(name, name, True)]
            case _:
                raise AssertionError(command)
        self._apply(events, now_ms)
        return Decided(sid=getattr(command, "friendly_name", WS), events=events)

    def advance(self, now_ms: int) -> list[Event]:
        self.advances += 1
        for name, deadline_ms in self.lapses.items():
            if deadline_ms <= now_ms:
                if name.startswith("bomb"):
                    self.state.names.append("half a bomb")
                    raise RuntimeError("a timer is wrong")
                events: list[Event] = [ActivityDeleted(name)]
                self._apply(events, now_ms)
                return events
        return []

    def next_deadline_ms(self) -> int | None:
        return min(self.lapses.values(), default=None)

    def is_due(self, now_ms: int) -> bool:
        deadline_ms = self.next_deadline_ms()
        return deadline_ms is not None and deadline_ms <= now_ms

    def replay(self, events: Iterable[Event], now_ms: int) -> None:
        assert not self.resumed
        self._apply(events, now_ms)

    def replay_witnessed(self, events: Iterable[Event], now_ms: int) -> list[None]:
        told = [*events]
        self.replay(told, now_ms)
        return [None] * len(told)

    def take_details(self) -> list[None]:
        return []

    def resuming(self) -> Steps[None]:
        yield
        self.resumed = True

    def _apply(self, events: Iterable[Event], now_ms: int) -> None:
        for event in events:
            match event:
                case WorkspaceCreated():
                    self.state.created = True
                case WorkspaceDeleted():
                    self.state.deleted = True
                case ActivityCreated(friendly_name=name):
                    self.state.names.append(name)
                    if name.startswith(("lapses ", "bomb ")):
                        self.lapses[name] = now_ms + int(name.split()[1])
                case ActivityDeleted(activity_sid=name):
                    self.state.names.remove(name)
                    del self.lapses[name]
                case _:
                    raise AssertionError(event)


class ObedientStore(MemoryStore):
    """A memory store whose appends wait, fail, or are kept but said to have failed.

    What it is told holds for the appends that begin after.
    """

    def __init__(self) -> None:
        super().__init__()
        self.appends: list[list[str]] = []
        self.fails = False
        self.tears = False
        self.pretends = False
        """Whether a probe finds nothing although appends fail."""
        self.probes = 0
        self.unreadable = False
        self._open = asyncio.Event()
        self._open.set()

    def hold(self) -> None:
        self._open.clear()

    def let_go(self) -> None:
        self._open.set()

    async def append(self, appends: Sequence[Append]) -> dict[str, StoreError]:
        self.appends.append([one.row.workspace_sid for one in appends])
        fails, tears = self.fails, self.tears
        await self._open.wait()
        failure = StoreError("the disk is full")
        if fails:
            return {one.row.workspace_sid: failure for one in appends}
        failures = await super().append(appends)
        if tears:
            return {one.row.workspace_sid: failure for one in appends}
        return failures

    async def probe(self) -> None:
        self.probes += 1
        if self.fails and not self.pretends:
            raise StoreError("the disk is full")

    async def rows(self, workspace_sid: str, after_position: int) -> AsyncIterator[JournalRow]:
        if self.unreadable:
            raise StoreError("the disk is gone")
        async for one in super().rows(workspace_sid, after_position):
            yield one


class StillLoop:
    """The running loop, but its clock and ours move only when a test says so."""

    def __init__(self) -> None:
        self.now_ms = EPOCH_MS
        self.ahead_ms = 0
        """How far our clock was set from the loop's, which nobody can set."""
        self._loop = asyncio.get_running_loop()
        self._timers: list[StillTimer] = []

    def clock(self) -> int:
        return self.now_ms + self.ahead_ms

    def time(self) -> float:
        return self.now_ms / 1000

    def create_task(self, coroutine: Any) -> "asyncio.Task[Any]":
        return self._loop.create_task(coroutine)

    def create_future(self) -> "asyncio.Future[Any]":
        return self._loop.create_future()

    def call_at(self, when: float, callback: Callable[[], None]) -> "StillTimer":
        timer = StillTimer(when, callback)
        self._timers.append(timer)
        return timer

    @property
    def timers(self) -> list[float]:
        """How many seconds from now each timer is set."""
        return [round(one.when() - self.time(), 3) for one in self._timers if not one.cancelled]

    async def pass_ms(self, ms: int) -> None:
        self.now_ms += ms
        for timer in [*self._timers]:
            if timer.when() <= self.time():
                self._timers.remove(timer)
                if not timer.cancelled:
                    timer.callback()
        await settle()


class StillTimer:
    def __init__(self, when: float, callback: Callable[[], None]) -> None:
        self.callback = callback
        self.cancelled = False
        self._when = when

    def when(self) -> float:
        return self._when

    def cancel(self) -> None:
        self.cancelled = True


class Bench:
    """One engine, what it sits on, and what a listener heard."""

    def __init__(self, store: ObedientStore | None = None, **bounds: int) -> None:
        self.store = store or ObedientStore()
        self.loop = StillLoop()
        self.heard: list[TurnRecord] = []
        self.counters = Counters(seconds=self.loop.time)
        self.engine = WorkspaceEngine(
            WS,
            journal=Journal(self.store),
            new_machine=NamesMachine,
            clock=self.loop.clock,
            loop=self.loop,
            counters=self.counters,
            **bounds,
        )
        self.engine.subscribe(self.heard.append)

    async def start(self) -> "Bench":
        await self.engine.start()
        if self.engine.position == 0:
            await self.engine.ask(CREATE_WORKSPACE, lambda state, decided: None)
        self.heard.clear()
        self.store.appends.clear()
        return self

    def ask(self, name: str) -> "asyncio.Task[tuple[str, ...]]":
        """Ask for a name; the answer is the names as they were right after it."""
        return asyncio.create_task(
            self.engine.ask(CreateActivity(friendly_name=name), lambda s, d: (*s.names,))
        )

    def delete(self) -> "asyncio.Task[str]":
        return asyncio.create_task(
            self.engine.ask(DeleteWorkspace(), lambda state, decided: "deleted")
        )

    def read(self) -> "asyncio.Task[tuple[str, ...]]":
        return asyncio.create_task(self.engine.read(lambda state, now_ms: (*state.names,)))

    async def journal(self) -> list[list[str]]:
        """The names of the events of each row, but for the first."""
        turns = [turn async for turn in Journal(self.store).turns(WS, 1)]
        return [[spoken(event) for event in turn.events] for turn in turns]

    @property
    def told(self) -> list[list[str]]:
        return [[spoken(event) for event in turn.events] for turn in self.heard]


def spoken(event: Event) -> str:
    match event:
        case ActivityCreated(friendly_name=name):
            return name
        case ActivityDeleted(activity_sid=name):
            return f"no {name}"
        case _:
            return type(event).__name__


async def settle() -> None:
    """Let everything happen that can."""
    for _ in range(50):
        await asyncio.sleep(0)
