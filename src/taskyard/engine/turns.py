"""Decide, keep, then tell: the only writer of one workspace."""

import asyncio
import logging
from collections import deque
from collections.abc import Callable, Sequence
from typing import Any, TypeVar

import msgspec

from taskyard.core.causes import Cause
from taskyard.core.commands import Command
from taskyard.core.errors import NotFound, Refusal
from taskyard.core.events import WorkspaceCreated
from taskyard.core.machine import Decided, Machine
from taskyard.core.state import State
from taskyard.core.steps import Steps
from taskyard.stores import KeptAnswer, KeyTaken, StalePosition, StoreError, WorkspaceEntry
from taskyard.stores.sharing import LeaseLost

from .alarm import Alarm
from .counters import Counters
from .halt import Halt
from .journal import Journal, TurnRecord
from .loading import Loader
from .news import News
from .pace import unhurried
from .part import Part
from .snapshots import Folded, Snapshots
from .tenure import Tenure
from .turn import Turn
from .unavailable import Closed, Overloaded
from .views import Feeds
from .waiting import Asked, Reading

T = TypeVar("T")
Listener = Callable[[TurnRecord], None]

_SLEEP_S_MAX = 30.0
"""The loop's clock stands still while the machine is suspended, and ours may be set: so look up."""
_STEPPED_DOWN_LOOK_S = 1.0
"""Between two looks whether the turn under way was the last of this node."""

logger = logging.getLogger(__name__)


class WorkspaceEngine:
    """Takes the commands of one workspace in turns.

    While a turn is being written, commands queue up; the next turn decides them all in order and
    appends once. An answer is rendered inside the turn, from the state as it is right after its
    command, and released when the append has returned. So are refusals: they may rest on an event
    that a neighbour in the turn caused. The state runs ahead of the journal by at most one turn; a
    read that sees such a state waits for that turn.

    After a failed append, or a bug, the machine is forgotten and loaded from the journal.

    Where nodes share the store, only the one with the workspace's lease decides. On every other the
    engine folds what that one has kept, tells its own listeners of it, and answers reads.
    """

    def __init__(
        self,
        workspace_sid: str,
        *,
        journal: Journal,
        new_machine: Callable[[], Machine],
        clock: Callable[[], int],
        loop: asyncio.AbstractEventLoop,
        counters: Counters | None = None,
        commands_per_turn: int = 500,
        waiting_max: int = 10_000,
        snapshots: Snapshots | None = None,
        views: Feeds | None = None,
        tenure: Tenure | None = None,
        news: News | None = None,
    ) -> None:
        """Nothing is read yet: call `start`.

        Args:
            workspace_sid: Whose engine it is.
            journal: Where its turns are kept.
            new_machine: Makes an empty machine to fold the journal with.
            clock: The instant, in milliseconds since the Unix epoch. It may jump.
            loop: Where the engine lives.
            counters: Where it counts what it does; nobody looks if None.
            commands_per_turn: How many commands share one append.
            waiting_max: How many may wait.
            snapshots: What a load may begin with; None folds the whole journal each time.
            views: Who may have missed turns when the process ended; subscribed by the caller.
            tenure: Whether this node may decide; None if nobody else can.
            news: What others have decided; needed with `tenure`.
        """
        self.workspace_sid = workspace_sid
        self._journal = journal
        self._clock = clock
        self._loop = loop
        self._counters = counters or Counters()
        self._commands_per_turn = commands_per_turn
        self._waiting_max = waiting_max
        self._snapshots = snapshots
        self._views = views
        self._part = Part(workspace_sid, tenure)
        self._news = news
        self._end = 0
        """Where the journal ends, as far as this node has heard."""
        self._loader = Loader(
            workspace_sid,
            journal=journal,
            new_machine=new_machine,
            counters=self._counters,
            snapshots=snapshots,
            views=views,
        )
        self._machine: Machine | None = None
        self._unsettled = False
        """Whether the machine was loaded and has not advanced since."""
        self._loaded = False
        """Whether it ever was: what is found in the journal from then on is news."""
        self._position = 0
        self._kept_ms = 0
        """The instant of the last turn that is durable."""
        self._last_ms = 0
        self._waiting: deque[Asked[Any] | Reading[Any]] = deque()
        self._running: asyncio.Task[None] | None = None
        self._onlookers: list[asyncio.Future[bool]] | None = None
        """Readers who have seen a turn that is being kept: was it kept? None while none is."""
        self._alarm = Alarm(loop, self._look_up)
        self._halt = Halt()
        self._listeners: list[Listener] = []
        self._deleted = False
        self._closed = False
        self._turns_begun = 0

    @property
    def seconds(self) -> Callable[[], float]:
        """The stopwatch by which long work lets others have the loop."""
        return self._counters.seconds

    @property
    def position(self) -> int:
        """How many events of the workspace are durable; 0 before it is created."""
        return self._position

    @property
    def commands_waiting(self) -> int:
        """How many wait for their turn: commands, and reads that cannot be answered at once."""
        return len(self._waiting)

    @property
    def serves(self) -> bool:
        """Whether this node decides for the workspace."""
        return self._part.serves

    @property
    def behind(self) -> int:
        """How many events are in the journal, as far as is known, that are not folded yet."""
        return max(0, self._end - self._position)

    @property
    def turns_begun(self) -> int:
        """How many turns were ever begun; the last of them may be under way.

        While listeners hear of a turn it is the number of that turn, or of a later one: so whoever
        joins at a number has joined before every turn that is told at a higher one was decided.
        """
        return self._turns_begun

    @property
    def machine(self) -> Machine | None:
        """For those who count what is in it, and change nothing; None while it is loaded again."""
        return self._machine

    async def start(self) -> None:
        """Load the machine and look after its timers from now on.

        Raises:
            StoreError: The journal cannot be read.
        """
        self._take_part()
        await self._load()
        self._look_up()

    async def ask(
        self,
        command: Command,
        render: Callable[[State, Decided], T],
        keep: Callable[[T, int], KeptAnswer] | None = None,
        cause: Cause | None = None,
    ) -> T:
        """Have a command decided, and wait until what came of it is durable.

        Args:
            command: What is asked.
            render: Makes the answer, inside the turn, of the state right after the command. It
                changes nothing and keeps no part of the state.
            keep: Makes what is kept of the answer together with what the command led to, of the
                answer and the turn's instant. See `Answers`.
            cause: Who asks.

        Raises:
            Refusal: The command was refused; nothing has changed.
            StoreError: Nobody knows yet whether it was kept; in all likelihood it was not.
            Unavailable: It was not taken.
        """
        asked = Asked(self._loop, command, render, keep, cause)
        self._queue(asked)
        return await asked.outcome()

    async def read(self, render: Callable[[State, int], T]) -> T:
        """Show the state as of now, once all that it shows is durable.

        Args:
            render: Makes the answer, at once, of the state and the instant in milliseconds.

        Raises:
            StoreError: The journal cannot be read.
            Unavailable: It was not taken.
        """
        now_ms = self.now_ms()
        machine = self._machine
        if not (
            machine is None
            or self._closed
            or self._deleted
            or self._must_advance(machine, now_ms)
            or not self._part.may_show(self.behind)
        ):
            answer = render(machine.state, now_ms)
            if self._onlookers is None:
                return answer
            was_kept = self._loop.create_future()
            self._onlookers.append(was_kept)
            if await was_kept:
                return answer
            # What it shows was not kept: it is made again of what was.
        reading = Reading(self._loop, render, self._end)
        self._queue(reading)
        return await reading.outcome()

    async def read_in_steps(self, render: Callable[[State, int], Steps[T]]) -> T:
        """Like `read`, for what takes long: others have the loop between the steps.

        The state may change meanwhile: what is shown of a noun is so at some moment of the reading.

        Args:
            render: Makes the answer of the state and the instant in milliseconds. It goes through
                no collection of the state across a step: what it needs of one, it copies first.

        Raises:
            StoreError: The journal cannot be read.
            Unavailable: It was not taken.
        """
        while True:
            read, steps = await self.read(
                lambda state, now_ms: (self._machine, render(state, now_ms))
            )
            answer = await unhurried(steps, self.seconds)
            # All that was seen is durable when this is, unless it was thrown away since.
            if read is await self.read(lambda state, now_ms: self._machine):
                return answer

    def sees(self, look: Callable[[State], bool]) -> bool:
        """Whether something is so in the state as it is at this moment, if there is one.

        What is seen may not be durable yet: it may shape a command, but be told to nobody.
        """
        machine = self._machine
        return machine is not None and look(machine.state)

    def subscribe(self, listener: Listener) -> Callable[[], None]:
        """Tell a listener of every turn, in order, each once it is durable.

        The listener is never waited for: it must return at once. It is called before the next turn
        is decided, so the state is still that of right after the turn; but turns that come to
        light when the journal is loaded again are told together.

        Returns:
            Ends the subscription.
        """
        self._listeners.append(listener)

        def unsubscribe() -> None:
            if listener in self._listeners:
                self._listeners.remove(listener)

        return unsubscribe

    def hear_of(self, position: int) -> None:
        """The journal goes on to this position: whoever reads from now on is to see it."""
        self._end = max(self._end, position)
        if self.behind and not self._closed and not self.serves:
            self._wake()

    def tenure_changed(self) -> None:
        """Look whether this node decides from now on, or no longer."""
        if not self._closed:
            self._wake()

    async def step_down(self) -> None:
        """Wait until the turn under way is over, after the lease is to be given back."""
        while self._running is not None and self._part.decides:
            await asyncio.wait([self._running], timeout=_STEPPED_DOWN_LOOK_S)

    async def close(self) -> None:
        """Finish the turn under way; whoever waits for another is refused."""
        self._closed = True
        self._dismiss(Closed(f"workspace {self.workspace_sid} is closing"))
        self._alarm.cancel()
        if self._running is not None:
            await asyncio.wait([self._running])
        if self._snapshots is None or self._machine is None or self._deleted or not self._position:
            return
        if not self._part.decides:
            return
        # Nothing is under way any more, so the state is that of the journal's end.
        folded = Folded(state=self._machine.state, position=self._position, at_ms=self._kept_ms)
        await self._snapshots.keep_at_close(self.workspace_sid, folded)

    # --- from one turn to the next ---

    def _queue(self, caller: Asked[T] | Reading[T]) -> None:
        if self._deleted:
            raise self._not_found()
        if self._closed:
            raise Closed(f"workspace {self.workspace_sid} is closed")
        if not self._part.serves and isinstance(caller, Asked):
            raise self._part.elsewhere()
        if not self._part.in_touch:
            raise self._part.out_of_touch()
        if len(self._waiting) >= self._waiting_max:
            self._counters.failed += isinstance(caller, Asked)
            raise Overloaded(
                f"workspace {self.workspace_sid}: {self._waiting_max} commands wait already"
            )
        self._waiting.append(caller)
        self._wake()

    def _wake(self) -> None:
        # A task, not a call: whoever asks in the same round of the loop shares the turn.
        if self._running is None:
            self._running = self._loop.create_task(self._run())

    def _has_work(self) -> bool:
        if self._closed or self._deleted:
            return False
        machine = self._machine
        if self._waiting or machine is None or self._halt.unproved:
            return True
        if self._part.is_over or (self.behind and not self._part.decides):
            return True
        return self._must_advance(machine, self.now_ms())

    async def _run(self) -> None:
        try:
            while self._has_work():
                if self._part.is_over:
                    self._take_part()
                elif self._machine is None:
                    await self._load()
                elif not self._part.decides:
                    await self._follow(self._machine)
                elif self._views is not None and self._views.is_full:
                    await self._views.has_room()
                elif self._halt.unproved:
                    await self._halt.prove(self._journal)
                else:
                    await self._take_turn(self._machine)
        except StoreError as error:
            # It cannot be loaded. The next command tries again, and so does the timer.
            logger.warning("workspace %s cannot be loaded: %s", self.workspace_sid, error)
            self._dismiss(error)
        except Exception as error:
            logger.exception("workspace %s: a turn failed", self.workspace_sid)
            self._machine = None
            self._dismiss(error)
        except asyncio.CancelledError:
            self._dismiss(Closed(f"workspace {self.workspace_sid} was stopped"))
            raise
        finally:
            self._running = None
            self._set_alarm()

    async def _take_turn(self, machine: Machine) -> None:
        began = self._counters.seconds()
        self._turns_begun += 1
        turn = Turn(
            self.workspace_sid,
            machine,
            self.now_ms(),
            counters=self._counters,
            unsettled=self._unsettled,
            halted=self._halt.why,
        )
        failure: StoreError | None = StoreError(
            f"workspace {self.workspace_sid}: its turn was broken off"
        )
        try:
            turn.take(self._waiting, self._commands_per_turn)
            self._unsettled = self._unsettled and not turn.advanced
            self._halt.why = turn.halted
            if not turn.sound:
                self._machine = None
            record = turn.record(after=self._position)
            if turn.events:
                await self._keep(machine, record, turn.answers)
            elif turn.answers:
                await self._journal.keep_answers(turn.answers)
            if not turn.events:
                self._part.expect_to_serve()
            failure = None
        except StoreError as error:
            failure = error
            self._note_failure(error)
        finally:
            if failure is not None:
                self._machine = None
            self._let_go(turn, failure)
            self._count(turn, began, kept=failure is None)
        if not turn.events:
            await asyncio.sleep(0)  # nothing was waited for, and others want the loop too
        elif failure is None:
            self._tell(record)
        if self._deleted:
            self._dismiss(self._not_found())

    def _note_failure(self, error: StoreError) -> None:
        """A turn could not be kept: is it the store, or was it another node?"""
        logger.warning(
            "a turn could not be kept, the workspace is loaded again",
            extra={"workspace_sid": self.workspace_sid, "reason": str(error)},
        )
        if isinstance(error, LeaseLost):
            self._part.lost(error.epoch)
        elif not isinstance(error, StalePosition | KeyTaken):
            self._halt.store_failed(error)

    def _let_go(self, turn: Turn, failure: StoreError | None) -> None:
        """Let the callers of a turn hear what was found, or why it is void."""
        callers = turn.callers
        if failure is not None and not self._closed:
            # Readers have asked for nothing that could fail: they are shown what is loaded next.
            self._waiting.extendleft(one for one in reversed(callers) if isinstance(one, Reading))
            callers = [one for one in callers if isinstance(one, Asked)]
        for caller in callers:
            if isinstance(failure, LeaseLost):
                caller.fail(self._part.elsewhere())  # nothing of it was kept: it may be sent on
            elif failure is not None:
                caller.fail(failure)
            caller.release()

    def _count(self, turn: Turn, began: float, *, kept: bool) -> None:
        """Count a turn that is over, and what came of its commands."""
        counters = self._counters
        counters.turns += 1
        counters.turn_s.observe(counters.seconds() - began)
        if turn.commands:
            counters.commands_per_turn.observe(turn.commands)
        if kept:
            counters.decided += turn.decided
            counters.refused += turn.refused
            counters.failed += turn.failed
        else:
            counters.failed += turn.commands

    async def _keep(
        self, machine: Machine, turn: TurnRecord, answers: Sequence[KeptAnswer]
    ) -> None:
        """Append a turn; until then reads of what it changed wait."""
        onlookers: list[asyncio.Future[bool]] = []
        self._onlookers = onlookers
        is_kept = False
        first = turn.events[0]
        listed = None
        if isinstance(first, WorkspaceCreated):
            listed = WorkspaceEntry(
                sid=first.workspace_sid, account_sid=first.account_sid, created_ms=turn.at_ms
            )
        try:
            await self._journal.append(
                turn,
                lists=listed,
                unlists=machine.state.deleted,
                answers=answers,
                node_sid=self._part.node_sid,
                epoch=None if listed is not None else self._part.epoch,
            )
            is_kept = True
        finally:
            self._onlookers = None
            for was_kept in onlookers:
                if not was_kept.done():
                    was_kept.set_result(is_kept)
        self._position = turn.last_position
        self._kept_ms = turn.at_ms
        self._halt.turn_kept()
        self._deleted = machine.state.deleted

    async def _load(self) -> None:
        """Begin with a new machine, made of the journal.

        Listeners hear of turns that they have not heard of: the process may have ended before a
        view kept what it had heard, an append that failed may have been kept all the same, and
        somebody else may have appended.

        Raises:
            StoreError: It cannot be read, or not be folded.
        """
        began = self._counters.seconds()
        loaded = await self._loader.load(self._position if self._loaded else None)
        self._halt.load_took(self._counters.seconds() - began)
        self._machine = loaded.machine
        self._loaded = True
        self._unsettled = loaded.position > 0 and self._part.decides
        self._position = loaded.position
        self._end = max(self._end, loaded.position)
        self._kept_ms = loaded.kept_ms
        self._last_ms = max(self._last_ms, loaded.kept_ms)
        self._deleted = loaded.machine.state.deleted
        for turn in loaded.unheard:
            self._tell(turn)
        if self._deleted:
            self._dismiss(self._not_found())

    # --- where several nodes share the store ---

    def _take_part(self) -> None:
        """Decide from now on, or follow."""
        self._part.take()
        if self._part.decides:
            # Begin from what the journal has, as after any start: there is one way to do it.
            self._machine = None
        self._halt.lift()

    async def _follow(self, machine: Machine) -> None:
        """Fold what the deciding node has kept, and answer those who read.

        Raises:
            StoreError: The journal cannot be read.
        """
        for asked in [one for one in self._waiting if isinstance(one, Asked)]:
            self._waiting.remove(asked)
            asked.fail(self._part.elsewhere())
            asked.release()
        self._show(machine, self._position)
        while (known := self._end) > self._position:
            assert self._news is not None
            turns = await self._news.after(self.workspace_sid, self._position)
            await unhurried(self._fold(machine, turns), self.seconds)
            if self._deleted:
                return self._dismiss(self._not_found())
            if not turns and self._end == known:
                # Whoever told of more than there is has told of what was not kept after all.
                self._end = self._position
            # Those who came meanwhile may have heard of more than was looked for.
            self._show(machine, self._position if turns else known)
        return None

    def _show(self, machine: Machine, up_to: int) -> None:
        """Answer those who read, and want to see no more than what there is up to a position."""
        in_touch = self._part.in_touch
        now_ms = self.now_ms()
        waiting, self._waiting = self._waiting, deque()
        for caller in waiting:
            if isinstance(caller, Asked) or caller.wants > up_to:
                self._waiting.append(caller)
                continue
            if in_touch:
                caller.answer(machine.state, now_ms)
            else:
                caller.fail(self._part.out_of_touch())
            caller.release()

    def _fold(self, machine: Machine, turns: list[TurnRecord]) -> Steps[None]:
        """Take turns that another node has decided for one's own, up to a deletion."""
        for turn in turns:
            try:
                details = machine.follow(turn.events, turn.at_ms)
            except Exception:
                self._machine = None
                raise
            self._turns_begun += 1
            self._position = turn.last_position
            self._kept_ms = turn.at_ms
            self._last_ms = max(self._last_ms, turn.at_ms)
            self._deleted = machine.state.deleted
            self._tell(msgspec.structs.replace(turn, details=details))
            if self._deleted:
                return
            yield

    def _tell(self, turn: TurnRecord) -> None:
        for listener in tuple(self._listeners):
            try:
                listener(turn)
            except Exception:
                logger.exception("workspace %s: a listener failed", self.workspace_sid)

    def _dismiss(self, error: Exception) -> None:
        """Whoever waits for a turn waits no more."""
        while self._waiting:
            caller = self._waiting.popleft()
            if isinstance(caller, Asked):
                self._counters.refused += isinstance(error, Refusal)
                self._counters.failed += not isinstance(error, Refusal)
            caller.fail(error)
            caller.release()

    def _not_found(self) -> NotFound:
        return NotFound("workspace", self.workspace_sid)

    # --- time ---

    def now_ms(self) -> int:
        """The instant, which never runs backwards within a workspace, however the clock is set."""
        self._last_ms = max(self._last_ms, self._clock())
        return self._last_ms

    def _must_advance(self, machine: Machine, now_ms: int) -> bool:
        if self._halt.why is not None or not self._part.decides:
            return False
        return self._unsettled or machine.is_due(now_ms)

    def _set_alarm(self) -> None:
        """Look up when the next timer is due, or a while after something failed."""
        if self._closed or self._deleted:
            return self._alarm.cancel()
        if self._machine is None or self._halt.why is not None:
            return self._alarm.set(self._halt.rest_s)
        deadline_ms = self._machine.next_deadline_ms() if self._part.decides else None
        if deadline_ms is None:
            return self._alarm.cancel()
        sleep_s = max(0, deadline_ms - self.now_ms()) / 1000
        return self._alarm.set(min(sleep_s, _SLEEP_S_MAX))

    def _look_up(self) -> None:
        self._halt.rested()
        if self._has_work():
            self._wake()
        else:
            self._set_alarm()
