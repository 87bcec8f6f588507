"""The front door of one workspace: a command and an instant go in, events come out.

It has no clock, no dice and no input or output: the same commands at the same instants, with the
same mint, lead to the same events.
"""

from collections.abc import Callable, Iterable
from typing import TypeVar

import msgspec

from . import routing
from .commands import (
    AcceptReservation,
    CancelReservation,
    CancelTransfer,
    Command,
    CompleteReservation,
    CreateActivity,
    CreateTask,
    CreateTaskChannel,
    CreateTaskQueue,
    CreateWorker,
    CreateWorkflow,
    CreateWorkspace,
    DeleteActivity,
    DeleteTask,
    DeleteTaskChannel,
    DeleteTaskQueue,
    DeleteWorker,
    DeleteWorkflow,
    DeleteWorkspace,
    InitiateTransfer,
    InstructReservation,
    NoteCallbackDone,
    RejectReservation,
    UpdateActivity,
    UpdateTask,
    UpdateTaskChannel,
    UpdateTaskQueue,
    UpdateWorker,
    UpdateWorkerChannel,
    UpdateWorkflow,
    UpdateWorkspace,
    WrapReservation,
)
from .errors import NotFound, Refusal
from .event_details import EventDetails
from .events import Event, TasksForgotten, WorkflowTargetMatched
from .ids import Mint, ReservationSid, TaskSid
from .known_workers import KnownWorkerProblem, problem_of
from .limits import Limits
from .matching import Matcher
from .re_evaluation import ReEvaluation
from .rulebook import Rulebook
from .rules import (
    activities,
    instructions,
    reservations,
    task_channels,
    task_queues,
    tasks,
    transfers,
    workers,
    workflows,
    workspaces,
)
from .rules.turn import Turn
from .state import State
from .steps import Steps, at_once
from .subjects import TaskSubject
from .timers import Due, Timers
from .witness import Witness

SLICE = 128
"""So many timers, or tasks of a re-evaluation, are worked off at once; the rest is due at once."""
FORGOTTEN_AT_ONCE = 500
"""Finished tasks that one event lets go of, in about half a millisecond."""


class Decided(msgspec.Struct, frozen=True):
    """What a command led to.

    Attributes:
        sid: The resource that was made, changed or removed.
        events: What has happened, in order: first whatever else was due by then.
    """

    sid: str
    events: list[Event]


class Machine:
    """One workspace at work."""

    def __init__(
        self, *, mint: Mint, limits: Limits | None = None, witnessed: bool = False
    ) -> None:
        """An empty workspace.

        Args:
            mint: Makes the SIDs of what is created.
            limits: How much there may be of everything; the published limits if None.
            witnessed: Whether `take_details` is to know what the events were about.
        """
        self._mint = mint
        self._limits = limits or Limits()
        self._witnessed = witnessed
        self._witness: Witness | None = None
        self.state = State()
        self.resume()

    def handle(self, command: Command, now_ms: int) -> Decided:
        """Decide a command, after whatever else is due by then.

        Args:
            command: What is asked; the first of all is `CreateWorkspace`.
            now_ms: The instant, never before that of the call before.

        Raises:
            Refusal: It cannot be done, and has changed nothing. What was due before has happened
                all the same: the refusal carries it.
        """
        if not self.may_be_due(now_ms):
            return self.decide(command, now_ms)
        before = self._catch_up(now_ms)
        try:
            decided = self.decide(command, now_ms)
        except Refusal as refusal:
            refusal.happened_before = tuple(before)
            raise
        return Decided(decided.sid, before + decided.events)

    def decide(self, command: Command, now_ms: int) -> Decided:
        """Decide a command, and leave what else is due for later.

        For whoever lets very much happen in slices, by `advance`, and takes commands in between.
        What is due but has not happened binds all the same: an offer whose time is over can no
        longer be accepted.

        Raises:
            Refusal: It cannot be done, and has changed nothing.
        """
        if type(command) is not CreateWorkspace and (not self.state.created or self.state.deleted):
            raise NotFound("workspace", self.state.workspace.sid if self.state.deleted else "")
        turn = self._turn
        turn.begin(now_ms)
        sid = _RULES[type(command)](turn, command)
        if isinstance(command, UpdateWorkflow) and command.re_evaluate_tasks:
            self._re_evaluation.begin()
            self._re_evaluate(turn)
        self._settle(turn)
        return Decided(sid, turn.events)

    def advance(self, now_ms: int) -> list[Event]:
        """Let happen what is due by this instant: a slice of it, if it is very much.

        Call again while `next_deadline_ms()` is not after the instant.
        """
        if self.state.deleted:
            return []
        turn = self._turn
        turn.begin(now_ms)
        for due, sid in self._timers.pop_due(now_ms, SLICE):
            self._let_happen(turn, due, sid)
        up_to_ms = self._timers.forget_up_to(now_ms)
        if up_to_ms is not None:
            turn.emit(TasksForgotten(up_to_ms, FORGOTTEN_AT_ONCE))
        look_ms = self._matcher.next_look_ms()
        if look_ms is not None and look_ms <= now_ms:
            self._matcher.look_again(now_ms)
        self._re_evaluate(turn)
        self._settle(turn)
        return turn.events

    def next_deadline_ms(self) -> int | None:
        """The next instant at which `advance` has something to do; None if there is none."""
        if self.state.deleted:
            return None
        return 0 if self._re_evaluation.under_way else self._next_by_clock_ms()

    def is_due(self, now_ms: int) -> bool:
        """Whether `advance` has something to do by this instant."""
        if self.state.deleted:
            return False
        if self._re_evaluation.under_way:
            return True
        if not self.may_be_due(now_ms):
            return False
        deadline_ms = self._next_by_clock_ms()
        return deadline_ms is not None and deadline_ms <= now_ms

    def replay(self, events: Iterable[Event], now_ms: int) -> None:
        """Fold events that have happened at an instant, without deciding anything."""
        for event in events:
            self.state.apply(event, now_ms)

    def replay_witnessed(self, events: Iterable[Event], now_ms: int) -> list[EventDetails | None]:
        """Fold events as `replay` does, and tell what they were about; see `Witness.take`."""
        if self._witness is None or self._witness.state is not self.state:
            self._witness = Witness(self.state)
        for event in events:
            self._witness.apply(event, now_ms)
        return self._witness.take()

    def follow(self, events: Iterable[Event], now_ms: int) -> list[EventDetails | None]:
        """Fold what another machine of this workspace has decided, and tell what it was about.

        Unlike `replay`, for a machine that has been resumed: what can be asked of it stays true.
        Nothing that is due happens, and whoever wants to decide from here resumes it first.
        """
        turn = self._turn
        turn.begin(now_ms)
        for event in events:
            turn.emit(event)
        self._matcher.look_on(now_ms)
        return self.take_details()

    def take_details(self) -> list[EventDetails | None]:
        """What the events since the last time were about, in their order; see `Witness.take`.

        Only of a machine that is witnessed.
        """
        assert self._witness is not None
        return self._witness.take()

    def resume(self) -> None:
        """Get ready to decide, after the last replay.

        Rules may have been improved since: the next turn matches everything anew.
        """
        at_once(self.resuming())

    def resuming(self) -> Steps[None]:
        """Do what `resume` does, in steps. Nothing may be asked of the machine before the last."""
        self._rulebook = Rulebook(self.state)
        self._timers = Timers(self.state, self._limits)
        yield from self._timers.fill()
        self._matcher = Matcher(self.state, self._rulebook)
        yield from self._matcher.fill()
        self._witness = Witness(self.state, self._rulebook) if self._witnessed else None
        self._turn = Turn(
            state=self.state,
            apply=self.state.apply if self._witness is None else self._witness.apply,
            rulebook=self._rulebook,
            mint=self._mint,
            limits=self._limits,
            watches=(*self._timers.watches(), *self._matcher.watches()),
        )
        self._re_evaluation = ReEvaluation(self.state, self._matcher.standing)

    def known_worker_problem(self, matched: WorkflowTargetMatched) -> KnownWorkerProblem | None:
        """What is wrong with the one worker whom a step wants that a task came to in the last turn.

        None if nothing is, or if no workflow routes the task any more.
        """
        task = self.state.tasks.get(matched.task_sid)
        if task is None or task.ended or task.live_reservations:
            return None
        target = self._rulebook.target_at(task, matched.filter_index, matched.target_index)
        if target is None or target.known_worker is None:
            return None
        attributes = TaskSubject(self.state, task, 0).attributes
        return problem_of(self.state, target, attributes, self._matcher.belongs)

    @property
    def matcher(self) -> Matcher:
        """The index of who waits and who is free, for those who read from it."""
        return self._matcher

    @property
    def timers(self) -> Timers:
        """The clocks, for those who count them."""
        return self._timers

    def may_be_due(self, now_ms: int) -> bool:
        """Whether `advance` may have something to do by then, told without looking closely."""
        look_ms = self._matcher.next_look_ms()
        return self._timers.may_be_due(now_ms) or (look_ms is not None and look_ms <= now_ms)

    def _next_by_clock_ms(self) -> int | None:
        timer_ms, look_ms = self._timers.next_ms(), self._matcher.next_look_ms()
        if timer_ms is None or look_ms is None:
            return timer_ms if look_ms is None else look_ms
        return min(timer_ms, look_ms)

    def _catch_up(self, now_ms: int) -> list[Event]:
        """Let everything happen that is due by the clock."""
        happened: list[Event] = []
        while not self.state.deleted:
            due_ms = self._next_by_clock_ms()
            if due_ms is None or due_ms > now_ms:
                break
            happened += self.advance(now_ms)
        return happened

    def _let_happen(self, turn: Turn, due: Due, sid: str) -> None:
        if due is Due.RESERVATION_TIMEOUT:
            reservations.time_out(turn, self.state.reservations[ReservationSid(sid)])
            return
        task = self.state.tasks[TaskSid(sid)]
        if due is Due.TASK_TIMEOUT:
            tasks.exceed_time_to_live(turn, task)
        elif due is Due.ASSIGNED_TOO_LONG:
            tasks.exceed_time_assigned(turn, task)
        elif task.waiting:  # while it is reserved its step is over only when it comes back
            routing.leave_by_time(turn, task)

    def _settle(self, turn: Turn) -> None:
        """Make what offers can be made, and let tasks go on whose step is skipped, until it rests.

        Source: choice: one match over all at the end of a command, then `skip_if` for those that
        got nobody, then again until nothing moves.
        """
        self._matcher.match(turn)
        while turn.newly_placed:
            looked_at, turn.newly_placed = turn.newly_placed, {}
            moved = False
            for task in self._matcher.in_order(looked_at):
                if task.task_queue_sid is not None:
                    staffing = self._matcher.staffing(task.task_queue_sid)
                    moved = routing.leave_if_skipped(turn, task, staffing) or moved
            if moved:
                self._matcher.match(turn)

    def _re_evaluate(self, turn: Turn) -> None:
        """Let the next slice of the tasks whose rules have changed enter their workflow again."""
        for task in self._re_evaluation.next_tasks(SLICE):
            assert task.workflow_sid is not None
            routing.enter(turn, task, task.workflow_sid, re_evaluated=True)


_C = TypeVar("_C", bound=Command)
_Rule = Callable[[Turn, Command], str]


def _rule(kind: type[_C], decide: Callable[[Turn, _C], str]) -> tuple[type[Command], _Rule]:
    return kind, decide  # type: ignore[return-value]  # it is given commands of that kind alone


_RULES: dict[type[Command], _Rule] = dict(
    [
        _rule(CreateWorkspace, workspaces.create),
        _rule(UpdateWorkspace, workspaces.update),
        _rule(DeleteWorkspace, workspaces.delete),
        _rule(CreateActivity, activities.create),
        _rule(UpdateActivity, activities.update),
        _rule(DeleteActivity, activities.delete),
        _rule(CreateTaskChannel, task_channels.create),
        _rule(UpdateTaskChannel, task_channels.update),
        _rule(DeleteTaskChannel, task_channels.delete),
        _rule(CreateTaskQueue, task_queues.create),
        _rule(UpdateTaskQueue, task_queues.update),
        _rule(DeleteTaskQueue, task_queues.delete),
        _rule(CreateWorkflow, workflows.create),
        _rule(UpdateWorkflow, workflows.update),
        _rule(DeleteWorkflow, workflows.delete),
        _rule(CreateWorker, workers.create),
        _rule(UpdateWorker, workers.update),
        _rule(DeleteWorker, workers.delete),
        _rule(UpdateWorkerChannel, workers.update_channel),
        _rule(CreateTask, tasks.create),
        _rule(UpdateTask, tasks.update),
        _rule(DeleteTask, tasks.delete),
        _rule(AcceptReservation, reservations.accept),
        _rule(RejectReservation, reservations.reject),
        _rule(WrapReservation, reservations.wrap),
        _rule(CompleteReservation, reservations.complete),
        _rule(CancelReservation, reservations.cancel),
        _rule(NoteCallbackDone, reservations.note_callback_done),
        _rule(InstructReservation, instructions.instruct),
        _rule(InitiateTransfer, transfers.initiate),
        _rule(CancelTransfer, transfers.cancel),
    ]
)
