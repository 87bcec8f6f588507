import os
from random import Random

from hypothesis import HealthCheck, note, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, rule

from property import storyteller as tell
from property.shortening import one_told
from property.trial import Step, Trial

START_MS = 1_700_006_310_250
EXAMPLES = int(os.environ.get("TASKYARD_PROPERTY_EXAMPLES", "60"))

dice = st.randoms(use_true_random=False)


class Desk(RuleBasedStateMachine):
    """Anything that people and the clock may do; the twin is asked after each step."""

    def __init__(self) -> None:
        super().__init__()
        self.trial = Trial()

    @property
    def now_ms(self) -> int:
        return self.trial.twin.world.now_ms

    def live(self, step: Step) -> None:
        note(one_told(step))
        self.trial.live(step)

    def ask(self, dice: Random, makers: dict[tell.Maker, float]) -> None:
        self.live(Step(self.now_ms, tell.next_command(dice, self.trial.twin.world, makers)))

    @initialize(dice=dice)
    def open(self, dice: Random) -> None:
        self.live(Step(START_MS, tell.create_workspace(dice)))
        for maker in tell.opening(dice):
            self.live(Step(START_MS, maker(dice, self.trial.twin.world)))

    @rule(dice=dice)
    def somebody_creates_a_task(self, dice: Random) -> None:
        self.ask(dice, {tell.create_task: 1})

    @rule(dice=dice)
    def somebody_changes_a_task(self, dice: Random) -> None:
        self.ask(dice, tell.TASKS)

    @rule(dice=dice)
    def a_worker_answers(self, dice: Random) -> None:
        self.ask(dice, tell.ANSWERS)

    @rule(dice=dice)
    def a_worker_hands_a_task_on(self, dice: Random) -> None:
        self.ask(dice, tell.TRANSFERS)

    @rule(dice=dice)
    def a_worker_changes(self, dice: Random) -> None:
        self.ask(dice, tell.STAFF)

    @rule(dice=dice)
    def the_furniture_changes(self, dice: Random) -> None:
        self.ask(dice, tell.FURNISH)

    @rule(dice=dice)
    def time_passes(self, dice: Random) -> None:
        twin = self.trial.twin
        self.live(Step(tell.next_instant(dice, twin.world, twin.next_deadline_ms())))

    @rule()
    def the_core_starts_anew_from_its_journal(self) -> None:
        self.live(Step(self.now_ms, restart=True))

    def teardown(self) -> None:
        if self.trial.machine.state.created:
            self.trial.end()


Desk.TestCase.settings = settings(
    max_examples=EXAMPLES,
    stateful_step_count=40,
    deadline=None,
    suppress_health_check=list(HealthCheck),
)


class TestTheCoreDoesWhatTheTwinDoes(Desk.TestCase):
    """A failure prints the shortest history that was found."""
