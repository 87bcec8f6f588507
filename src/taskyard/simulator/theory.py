"""The real core against closed formulae: what is expected, what is measured, and a verdict.

Every case is a scenario like those that people write. Beside it stands a wrong rule, planted in
front of the core: with it the verdict has to fail, or the case could not have found anything.
"""

import json
from collections.abc import Callable
from typing import TypeAlias

import msgspec

from taskyard.core.commands import Command, CreateTask, CreateWorkflow, UpdateWorker
from taskyard.core.ids import Mint
from taskyard.core.limits import Limits
from taskyard.core.machine import Decided, Machine

from . import formulae
from .distributions import Arrivals, Duration
from .intervals import Estimate
from .result import Result, simulate
from .scenario import Group, Json, Queue, Run, Scenario, Source, Workflow

CONFIDENCE = 0.999
"""Of each interval: of some twenty true ones all hold in 98 of 100 seeds."""
SEED = 1
_REPLICATIONS = 20
_WRONG_REPLICATIONS = 8
"""Enough to tell: what is planted is far off."""
_WORK_S = 1.0
_SERVICE = 1 / _WORK_S

WrongRule: TypeAlias = Callable[[Command], Command]
"""What a planted bug makes of a command."""


class Check(msgspec.Struct, frozen=True, kw_only=True):
    """One figure of a case.

    Attributes:
        quantity: What it is.
        expected: What the formula says.
        measured: What the core did, with its interval.
    """

    quantity: str
    expected: float
    measured: Estimate

    @property
    def agrees(self) -> bool:
        """Whether the interval holds what is expected."""
        return self.measured.holds(self.expected)


class Verdict(msgspec.Struct, frozen=True, kw_only=True):
    """A case that was run, as it is and with its wrong rule.

    Attributes:
        model: Which queue it is.
        source: Whose formula it is.
        checks: As the core is.
        wrong_rule: What was planted.
        wrong_checks: The same figures with it.
        life_cycles_per_second: Of the run with the core as it is.
    """

    model: str
    source: str
    checks: list[Check]
    wrong_rule: str
    wrong_checks: list[Check]
    life_cycles_per_second: float

    @property
    def agrees(self) -> bool:
        """Whether all is as the formula says."""
        return all(check.agrees for check in self.checks)

    @property
    def wrong_rule_found(self) -> bool:
        """Whether at least one figure tells that a rule is wrong."""
        return not all(check.agrees for check in self.wrong_checks)


class Case(msgspec.Struct, frozen=True, kw_only=True):
    """A model, how it is written as a scenario, and what is expected of it."""

    model: str
    source: str
    scenario: Scenario
    expected: Callable[[Result], list[Check]]
    wrong_rule: str
    plant: Callable[[], WrongRule]


class _Misled(Machine):
    """A core in front of which somebody has planted a wrong rule."""

    def __init__(self, rule: WrongRule, mint: Mint, limits: Limits) -> None:
        super().__init__(mint=mint, limits=limits)
        self._rule = rule

    def decide(self, command: Command, now_ms: int) -> Decided:
        return super().decide(self._rule(command), now_ms)


def prove(case: Case) -> Verdict:
    """Run a case, as it is and with its wrong rule."""
    result = simulate(case.scenario)
    fewer = msgspec.structs.replace(case.scenario.run, replications=_WRONG_REPLICATIONS)
    wrong = simulate(
        msgspec.structs.replace(case.scenario, run=fewer),
        lambda mint, limits: _Misled(case.plant(), mint, limits),
    )
    return Verdict(
        model=case.model,
        source=case.source,
        checks=case.expected(result),
        wrong_rule=case.wrong_rule,
        wrong_checks=case.expected(wrong),
        life_cycles_per_second=result.life_cycles_per_second,
    )


def cases(tasks: int, seed: int = SEED) -> list[Case]:
    """All models.

    Args:
        tasks: About so many are measured in each replication of each case.
        seed: Of all chance.
    """
    return [
        _waiting(tasks, seed),
        _loss(tasks, seed),
        _deadline(tasks, seed),
        _priorities(tasks, seed),
        _hunt(tasks, seed),
    ]


def _waiting(tasks: int, seed: int) -> Case:
    workers, rate, within_s = 5, 4.0, 0.5

    def expected(result: Result) -> list[Check]:
        queue = result.queues[0]
        return [
            _check("waits at all", formulae.erlang_c(workers, rate / _SERVICE), queue.waited),
            _check("mean wait, s", formulae.mean_wait_s(workers, rate, _SERVICE), queue.wait_s),
            _check(
                f"waits at most {within_s} s",
                formulae.waits_at_most(within_s, workers, rate, _SERVICE),
                queue.service_level,
            ),
            _check("occupancy", rate / _SERVICE / workers, result.groups[0].occupancy),
        ]

    return Case(
        model=f"M/M/{workers}, all wait",
        source="Erlang C",
        scenario=_scenario(tasks, seed, rates=[rate], workers=workers, service_level_s=within_s),
        expected=expected,
        wrong_rule="one worker is never asked",
        plant=_one_is_overlooked,
    )


def _loss(tasks: int, seed: int) -> Case:
    workers, rate = 5, 4.0

    def expected(result: Result) -> list[Check]:
        lost = formulae.erlang_b(workers, rate / _SERVICE)
        carried = rate / _SERVICE * (1 - lost)
        return [
            _check("lost", lost, result.queues[0].lost),
            _check("busy workers", carried, result.queues[0].load),
        ]

    return Case(
        model=f"M/M/{workers}/{workers}, `skip_if` when all are busy",
        source="Erlang B",
        scenario=_scenario(
            tasks, seed, rates=[rate], workers=workers, target={"skip_if": "1 == 1"}
        ),
        expected=expected,
        wrong_rule="`skip_if` is ignored",
        plant=lambda: _without("skip_if"),
    )


def _deadline(tasks: int, seed: int) -> Case:
    workers, rate, deadline_s = 3, 3.0, 1

    def expected(result: Result) -> list[Check]:
        queue = result.queues[0]
        theory = formulae.with_deadline(workers, rate, _SERVICE, deadline_s)
        return [
            _check("abandoned", theory.abandoned, queue.abandoned),
            _check("mean time in the queue, s", theory.mean_wait_s, queue.queued_s),
        ]

    return Case(
        model=f"M/M/{workers}+D, task time-out {deadline_s} s",
        source="Baccelli and Hebuterne",
        scenario=_scenario(tasks, seed, rates=[rate], workers=workers, timeout_s=deadline_s),
        expected=expected,
        wrong_rule="time-outs are a second late",
        plant=lambda: _late_timeout,
    )


def _priorities(tasks: int, seed: int) -> Case:
    workers, rates = 4, [0.8, 1.2, 1.2]

    def expected(result: Result) -> list[Check]:
        waits_s = formulae.waits_by_priority_s(workers, rates, _SERVICE)
        return [
            _check(f"mean wait of class {number}, s", wait_s, queue.wait_s)
            for number, (wait_s, queue) in enumerate(zip(waits_s, result.queues, strict=True), 1)
        ]

    return Case(
        model=f"M/M/{workers}, {len(rates)} priorities, nobody interrupted",
        source="Cobham",
        scenario=_scenario(tasks, seed, rates=rates, workers=workers),
        expected=expected,
        wrong_rule="priorities are ignored",
        plant=lambda: _one_priority,
    )


def _hunt(tasks: int, seed: int) -> Case:
    workers, rate = 4, 3.0

    def expected(result: Result) -> list[Check]:
        shares = formulae.hunt(workers, rate / _SERVICE)
        return [
            _check(f"worker {number} is busy", share, group.occupancy)
            for number, (share, group) in enumerate(zip(shares, result.groups, strict=True), 1)
        ]

    return Case(
        model=f"M/M/{workers}/{workers}, `order_by` a rank",
        source="ordered hunt, from Erlang B",
        scenario=_scenario(
            tasks,
            seed,
            rates=[rate],
            workers=workers,
            target={"skip_if": "1 == 1", "order_by": "worker.rank ASC"},
        ),
        expected=expected,
        wrong_rule="`order_by` is ignored",
        plant=lambda: _without("order_by"),
    )


def _scenario(
    tasks: int,
    seed: int,
    *,
    rates: list[float],
    workers: int,
    target: dict[str, Json] | None = None,
    timeout_s: int = 86_400,
    service_level_s: float = 20.0,
) -> Scenario:
    """Exponential work for ranked workers; each class of tasks has a queue of its own."""
    classes = range(1, len(rates) + 1)
    filters: list[Json] = [
        {"expression": f"class == {k}", "targets": [{"queue": f"class {k}", **(target or {})}]}
        for k in classes
    ]
    hours = tasks / sum(rates) / 3600
    one_group_each = target is not None and "order_by" in target
    return Scenario(
        name="theory",
        run=Run(
            hours=hours,
            warm_up_hours=100 * _WORK_S / 3600,
            replications=_REPLICATIONS,
            confidence=CONFIDENCE,
            seed=seed,
        ),
        task_queues=tuple(
            Queue(name=f"class {k}", service_level_s=service_level_s) for k in classes
        ),
        workflow=Workflow(configuration={"task_routing": {"filters": filters}}),
        tasks=tuple(
            Source(
                name=f"class {k}",
                arrivals=Arrivals(per_hour=rate * 3600),
                handling_s=Duration(exponential=_WORK_S),
                attributes={"class": k},
                priority=len(rates) - k,
                timeout_s=timeout_s,
            )
            for k, rate in enumerate(rates, 1)
        ),
        staff=tuple(
            Group(name=f"rank {k}", workers=1, attributes={"rank": k})
            for k in range(1, workers + 1)
        )
        if one_group_each
        else (Group(name="everybody", workers=workers),),
    )


def _check(quantity: str, expected: float, measured: Estimate | None) -> Check:
    assert measured is not None, f"nothing was counted for: {quantity}"
    return Check(quantity=quantity, expected=expected, measured=measured)


def _one_is_overlooked() -> WrongRule:
    overlooked: list[str] = []

    def rule(command: Command) -> Command:
        if isinstance(command, UpdateWorker):
            if not overlooked:
                overlooked.append(command.worker_sid)
            if command.worker_sid in overlooked:
                return UpdateWorker(worker_sid=command.worker_sid)
        return command

    return rule


def _without(key: str) -> WrongRule:
    def rule(command: Command) -> Command:
        if not isinstance(command, CreateWorkflow):
            return command
        document = json.loads(command.configuration)
        for one in document["task_routing"]["filters"]:
            for target in one["targets"]:
                target.pop(key, None)
        return msgspec.structs.replace(command, configuration=json.dumps(document))

    return rule


def _late_timeout(command: Command) -> Command:
    if isinstance(command, CreateTask):
        return msgspec.structs.replace(command, timeout_s=command.timeout_s + 1)
    return command


def _one_priority(command: Command) -> Command:
    if isinstance(command, CreateTask):
        return msgspec.structs.replace(command, priority=0)
    return command
