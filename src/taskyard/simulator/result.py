"""What a scenario led to: every figure with its interval, over independent replications."""

from collections.abc import Callable, Iterable, Sequence
from math import ceil
from statistics import fmean

import msgspec

from .centre import Centre
from .intervals import Interval, interval_of
from .scenario import Scenario
from .tallies import GroupTally, QueueTally, Replication

_STEPS = 40
"""So many points has the curve of waits."""


class QueueResult(msgspec.Struct, frozen=True, kw_only=True):
    """The tasks of a task queue; a figure is None where not two replications had one.

    Attributes:
        arrived: Tasks in a replication.
        abandoned: The share of those decided that lost patience or ran out of their time.
        lost: The share whose workflow ended.
        waited: The share of the handled that were not taken at once.
        queued_s: The mean time until they were taken or gave up.
        service_level: The share of those decided that was handled in time.
        load: Workers at work for it, on average.
        curve: Pairs of seconds and the share of the handled that waited no longer.
        by_hour: Pairs of an hour since the measuring began and the mean wait of its arrivals.
    """

    name: str
    service_level_s: float
    arrived: Interval | None
    wait_s: Interval | None
    wait_p50_s: Interval | None
    wait_p90_s: Interval | None
    wait_p99_s: Interval | None
    service_level: Interval | None
    abandoned: Interval | None
    lost: Interval | None
    waited: Interval | None
    queued_s: Interval | None
    load: Interval | None
    waiting_at_the_end: Interval | None
    curve: list[tuple[float, float]]
    by_hour: list[tuple[int, float]]


class GroupResult(msgspec.Struct, frozen=True, kw_only=True):
    """The workers of a group; `occupancy` is None if they were never there."""

    name: str
    occupancy: Interval | None


class Result(msgspec.Struct, frozen=True, kw_only=True):
    """A scenario's outcome."""

    scenario: str
    seed: int
    replications: int
    hours: float
    warm_up_hours: float
    confidence: float
    life_cycles: int
    life_cycles_per_second: float
    queues: list[QueueResult]
    groups: list[GroupResult]


def simulate(
    scenario: Scenario,
    heard: Callable[[int], None] | None = None,
) -> Result:
    """Run all replications of a scenario, one after the other.

    Args:
        scenario: It has been checked.
        heard: Told how many replications are done.

    Raises:
        ScenarioProblem: The core refuses a part of it.
    """
    run = scenario.run
    done: list[Replication] = []
    for number in range(run.replications):
        done.append(Centre(scenario, number).run())
        if heard is not None:
            heard(number + 1)
    cycles, seconds = sum(one.life_cycles for one in done), sum(one.seconds for one in done)
    return Result(
        scenario=scenario.name,
        seed=run.seed,
        replications=run.replications,
        hours=run.hours,
        warm_up_hours=run.warm_up_hours,
        confidence=run.confidence,
        life_cycles=cycles,
        life_cycles_per_second=cycles / seconds if seconds else 0.0,
        queues=[
            _queue_result(one.name, [r.queues[one.name] for r in done], scenario)
            for one in scenario.task_queues
        ],
        groups=[
            GroupResult(
                name=one.name,
                occupancy=_over(map(_occupancy, (r.groups[one.name] for r in done)), scenario),
            )
            for one in scenario.staff
        ],
    )


def _queue_result(name: str, tallies: list[QueueTally], scenario: Scenario) -> QueueResult:
    for tally in tallies:
        tally.waits_s.sort()
    hours_ms = scenario.run.hours * 3_600_000

    def over(figure: Callable[[QueueTally], float | None]) -> Interval | None:
        return _over(map(figure, tallies), scenario)

    return QueueResult(
        name=name,
        service_level_s=tallies[0].service_level_s,
        arrived=over(lambda one: _decided(one) + one.waiting),
        wait_s=over(lambda one: fmean(one.waits_s) if one.waits_s else None),
        wait_p50_s=over(lambda one: quantile(one.waits_s, 0.5) if one.waits_s else None),
        wait_p90_s=over(lambda one: quantile(one.waits_s, 0.9) if one.waits_s else None),
        wait_p99_s=over(lambda one: quantile(one.waits_s, 0.99) if one.waits_s else None),
        service_level=over(lambda one: _share(one.in_time, _decided(one))),
        abandoned=over(lambda one: _share(len(one.given_up_s), _decided(one))),
        lost=over(lambda one: _share(one.lost, _decided(one))),
        waited=over(lambda one: _share(sum(w > 0 for w in one.waits_s), len(one.waits_s))),
        queued_s=over(
            lambda one: _share(
                sum(one.waits_s) + sum(one.given_up_s), len(one.waits_s) + len(one.given_up_s)
            )
        ),
        load=over(lambda one: one.work_ms / hours_ms),
        waiting_at_the_end=over(lambda one: one.waiting),
        curve=_curve(tallies),
        by_hour=_by_hour(tallies),
    )


def _decided(tally: QueueTally) -> int:
    return len(tally.waits_s) + len(tally.given_up_s) + tally.lost


def _share(part: float, whole: float) -> float | None:
    return part / whole if whole else None


def _occupancy(tally: GroupTally) -> float | None:
    return _share(tally.busy_ms, tally.staffed_ms)


def _over(figures: Iterable[float | None], scenario: Scenario) -> Interval | None:
    """The mean of the replications that have something to say, if two of them do."""
    known = [figure for figure in figures if figure is not None]
    return interval_of(known, scenario.run.confidence) if len(known) > 1 else None


def _curve(tallies: list[QueueTally]) -> list[tuple[float, float]]:
    waits = sorted(wait for tally in tallies for wait in tally.waits_s)
    if not waits:
        return []
    shares = [step / _STEPS for step in range(_STEPS)] + [0.99]
    return [(quantile(waits, share), share) for share in shares]


def _by_hour(tallies: list[QueueTally]) -> list[tuple[int, float]]:
    sums: dict[int, tuple[float, int]] = {}
    for tally in tallies:
        for hour, (total_s, number) in tally.wait_by_hour_s.items():
            so_far_s, so_many = sums.get(hour, (0.0, 0))
            sums[hour] = (so_far_s + total_s, so_many + number)
    return [(hour, total_s / number) for hour, (total_s, number) in sorted(sums.items())]


def quantile(ordered: Sequence[float], share: float) -> float:
    """The smallest of the ordered values that at least this share of them does not exceed."""
    return ordered[max(ceil(share * len(ordered)) - 1, 0)]
