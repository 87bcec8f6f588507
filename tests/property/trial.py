"""The fast core and the slow twin live through the same history; the twin judges every step."""

import contextlib
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from property import invariants
from property.core_picture import canonical_of, picture_of
from property.repeatable_mint import RepeatableMint
from snapshot_trip import resumed
from taskyard.core.commands import Command, CreateWorkspace
from taskyard.core.errors import Refusal
from taskyard.core.events import Event
from taskyard.core.limits import Limits
from taskyard.core.machine import Machine
from twin.clock import next_alarm_ms, next_minute_ms
from twin.matching import first_match
from twin.refused import Refused
from twin.twin import Twin

LIMITS = Limits(
    activities=6,
    task_channels=6,
    task_queues=6,
    workflows=4,
    workers=6,
    tasks=25,
    assignment_count=6,
)


Journal = list[tuple[list[Event], int]]


class Disagreement(AssertionError):
    """The core did what the twin would not have done, or what it must never do."""


@dataclass
class Step:
    """At this instant something was asked (None: time passed), or the core was started anew."""

    now_ms: int
    command: Command | None = None
    restart: bool = False


@dataclass
class Trial:
    limits: Limits = LIMITS
    steps: list[Step] = field(default_factory=list)
    journal: Journal = field(default_factory=list)

    def __post_init__(self) -> None:
        self.mint = RepeatableMint()
        self.machine = Machine(mint=self.mint, limits=self.limits)
        self.twin = Twin(mint=RepeatableMint(), limits=self.limits)

    def live(self, step: Step) -> None:
        self.steps.append(step)
        self.pass_time(step.now_ms)
        if step.restart:
            self.start_anew()
            # it looks at its clocks once: some may be kept for what is over by now
            self.pass_time(step.now_ms)
        elif step.command is not None:
            self.ask(step.command, step.now_ms)
        self.compare()

    # --- what may happen ---

    def pass_time(self, now_ms: int) -> None:
        if not self.machine.state.created:
            return
        self.twin.advance(now_ms)
        for events in caught_up(self.machine, now_ms):
            self.journal.append((events, now_ms))
            invariants.check(self.machine, events)
        if self.journal[-1][0]:
            self.compare()

    def ask(self, command: Command, now_ms: int) -> None:
        before = canonical_of(self.machine.state)
        expected: Refused | None = None
        try:
            self.twin.handle(command, now_ms)
        except Refused as refused:
            expected = refused
        try:
            decided = self.machine.handle(command, now_ms)
        except Refusal as refusal:
            agree(expected is not None, f"the core alone refused: {refusal!r}")
            agree(expected and type(refusal) in expected.kinds, f"{refusal!r}, not {expected}")
            agree(canonical_of(self.machine.state) == before, "a refusal changed something")
            return
        agree(expected is None, f"the twin alone refused: {expected}")
        self.journal.append((decided.events, now_ms))
        invariants.check(self.machine, decided.events)

    def start_anew(self) -> None:
        """A machine from a snapshot goes on in place of the old one.

        When the history is told again, at its end, one folded from the journal does: both have to
        decide the same.
        """
        folded = self.folded()
        self.machine = resumed(folded.state, self.mint, self.limits)
        agree(
            self.machine.next_deadline_ms() == folded.next_deadline_ms(),
            "a snapshot and the journal differ in what is due next",
        )

    def folded(self) -> Machine:
        machine = folded(self.journal, self.mint, self.limits)
        same(canonical_of(machine.state), canonical_of(self.machine.state), "after folding")
        return machine

    # --- what must hold ---

    def compare(self) -> None:
        if not self.machine.state.created:
            return
        differ = differences(self.twin.picture(), picture_of(self.machine.state))
        agree(not differ, "twin / core:\n" + "\n".join(differ))
        agree(first_match(self.twin.world) is None, "a task waits though somebody is free")
        self.compare_deadlines()

    def compare_deadlines(self) -> None:
        mine = self.machine.next_deadline_ms()
        alarm, minute = next_alarm_ms(self.twin.world), next_minute_ms(self.twin.world)
        told = f"next: core {mine}, twin {alarm} or {minute}"
        # a full minute need not be waited for if no worker could ever satisfy the expression
        agree(mine is not None or alarm is None, told)
        if mine is not None:
            agree(mine > self.twin.world.now_ms, "something is due still")
            agree(self.machine.is_due(mine), "nothing is due at the deadline")
            agree(not self.machine.is_due(mine - 1), "something is due before the deadline")
            # it may wake for nothing: for finished tasks that were deleted since, at a full second,
            # and for the step of a task that is reserved just now
            idle = {
                task.step_deadline_ms
                for task in self.twin.world.tasks.values()
                if task.status == "reserved"
            }
            agree(mine in {alarm, minute, *idle} or mine % 1000 == 0, told)
            agree(alarm is None or mine <= alarm, told)

    def end(self) -> None:
        """The journal tells the same state and what each event was about; asked again, the same."""
        self.folded()
        again = Machine(mint=(mint := RepeatableMint()), limits=self.limits)
        journal: Journal = []
        for step in self.steps:
            if again.state.created:
                journal += [(events, step.now_ms) for events in caught_up(again, step.now_ms)]
            if step.restart:
                again = folded(journal, mint, self.limits)
                journal += [(events, step.now_ms) for events in caught_up(again, step.now_ms)]
            elif step.command is not None:
                with contextlib.suppress(Refusal):
                    events = again.handle(step.command, step.now_ms).events
                    journal.append((events, step.now_ms))
        agree(len(journal) == len(self.journal), "told again, it has another length")
        for one, other in zip(self.journal, journal, strict=True):
            same(one, other, "told again")


def folded(journal: Journal, mint: RepeatableMint, limits: Limits) -> Machine:
    machine = Machine(mint=mint, limits=limits)
    for events, at_ms in journal:
        machine.replay_witnessed(events, at_ms)
    machine.resume()
    return machine


def caught_up(machine: Machine, now_ms: int) -> list[list[Event]]:
    """The events of each look at the clock, until nothing is due any more."""
    looks = [machine.advance(now_ms)]
    while (due_ms := machine.next_deadline_ms()) is not None and due_ms <= now_ms:
        looks.append(machine.advance(now_ms))
    return looks


def play(steps: Sequence[Step]) -> None:
    """Live through a history that is known already."""
    trial = Trial()
    if not steps or not isinstance(steps[0].command, CreateWorkspace):
        return
    for step in steps:
        trial.live(step)
    trial.end()


def agree(it_holds: Any, otherwise: str) -> None:
    if not it_holds:
        raise Disagreement(otherwise)


def same(one: Any, other: Any, when: str) -> None:
    agree(one == other, f"{when}:\n{one}\n{other}")


def differences(twin: Any, core: Any, where: str = "") -> list[str]:
    """Every place where two pictures differ, one line each."""
    if isinstance(twin, dict) and isinstance(core, dict):
        lines = []
        for key in [*twin, *(key for key in core if key not in twin)]:
            if key not in twin or key not in core:
                side = "twin" if key in twin else "core"
                lines.append(f"{where}.{key}: only the {side} has {twin.get(key, core.get(key))}")
            else:
                lines += differences(twin[key], core[key], f"{where}.{key}")
        return lines
    return [] if twin == core else [f"{where}: {twin} / {core}"]
