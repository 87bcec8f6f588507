"""What theory expects of a queue, beside what the real core does with one.

Each model is run again and again from other seeds. A figure of theory has to lie in the interval
that the runs are sure of to 99 %: so for a seed taken at random one figure in a hundred does not.
"""

from collections.abc import Callable, Iterator, Sequence
from statistics import fmean

import msgspec

from taskyard.core.machine import Machine

from .formulas import (
    answered_within,
    erlang_b,
    erlang_c,
    gone_before,
    mean_wait,
    ordered_loads,
    priority_waits,
)
from .intervals import Interval, interval_of
from .world import Arrivals, World, exponential

CONFIDENCE = 0.99
_CALL_S = 100.0
"""The mean handling time of every model."""

Core = Callable[..., Machine]


class Figure(msgspec.Struct, frozen=True):
    """One figure of a model: what theory expects, and what was measured."""

    model: str
    figure: str
    unit: str
    expected: float
    measured: Interval

    @property
    def agrees(self) -> bool:
        """Whether theory's figure is within the interval."""
        return self.measured.holds(self.expected)


class Size(msgspec.Struct, frozen=True):
    """How much is simulated for each model."""

    runs: int
    tasks: int
    warm_up: int


QUICK = Size(runs=8, tasks=2_000, warm_up=300)
WHOLE = Size(runs=20, tasks=20_000, warm_up=2_000)


Model = Callable[[int, Size, Core], Iterator[Figure]]


def waiting(seed: int, size: Size, core: Core) -> Iterator[Figure]:
    """Whoever finds nobody free waits: Erlang C."""
    servers, load = 10, 8.0
    kind = _kind("call", load)

    waits = [run.seen["call"].waits_s for run in _runs(_patient(core, servers), [kind], seed, size)]
    arrivals, service = load / _CALL_S, 1 / _CALL_S
    yield _figure(
        "M/M/10",
        "share that waits",
        "",
        erlang_c(servers, load),
        [_share(one, lambda wait: wait > 0) for one in waits],
    )
    yield _figure(
        "M/M/10", "mean wait", "s", mean_wait(servers, arrivals, service), list(map(fmean, waits))
    )
    yield _figure(
        "M/M/10",
        "share taken within 20 s",
        "",
        answered_within(servers, arrivals, service, 20),
        [_share(one, lambda wait: wait <= 20) for one in waits],
    )


def loss(seed: int, size: Size, core: Core) -> Iterator[Figure]:
    """Whoever finds nobody free goes away, by `skip_if`: Erlang B."""
    servers, load = 10, 8.0

    runs = _runs(_hurried(core, servers, {}), [_kind("call", load)], seed, size)
    yield _figure(
        "M/M/10/10, skip_if",
        "share lost",
        "",
        erlang_b(servers, load),
        [_lost(run, "call") for run in runs],
    )


def patience(seed: int, size: Size, core: Core) -> Iterator[Figure]:
    """Whoever waits for too long is given up, by the time to live."""
    servers, load, patience_s = 5, 5.5, 60

    kind = msgspec.structs.replace(_kind("call", load), timeout_s=patience_s)
    yield _figure(
        "M/M/5+D, time to live",
        "share given up",
        "",
        gone_before(servers, load / _CALL_S, 1 / _CALL_S, patience_s),
        [_lost(run, "call") for run in _runs(_patient(core, servers), [kind], seed, size)],
    )


def priorities(seed: int, size: Size, core: Core) -> Iterator[Figure]:
    """The urgent go first, and interrupt nobody: Cobham."""
    servers, loads = 3, (0.8, 1.5)
    kinds = [
        msgspec.structs.replace(_kind("urgent", loads[0]), priority=10),
        _kind("ordinary", loads[1]),
    ]

    runs = _runs(_patient(core, servers), kinds, seed, size)
    expected = priority_waits(servers, [load / _CALL_S for load in loads], 1 / _CALL_S)
    for kind, wait_s in zip(kinds, expected, strict=True):
        yield _figure(
            "M/M/3, two priorities",
            f"mean wait, {kind.name}",
            "s",
            wait_s,
            [fmean(run.seen[kind.name].waits_s) for run in runs],
        )


def ordered_hunt(seed: int, size: Size, core: Core) -> Iterator[Figure]:
    """The first free worker in a fixed order, by `order_by`."""
    servers, load = 4, 2.5

    runs = _runs(
        _hurried(core, servers, {"order_by": "worker.rank ASC"}), [_kind("call", load)], seed, size
    )
    for rank, expected in enumerate(ordered_loads(servers, load)):
        yield _figure(
            "M/M/4/4, order_by",
            f"share of time busy, worker {rank + 1}",
            "",
            expected,
            [_busy(run, rank) for run in runs],
        )


MODELS = (waiting, loss, patience, priorities, ordered_hunt)


def report(
    seed: int, size: Size, core: Core = Machine, models: Sequence[Model] = MODELS
) -> Iterator[Figure]:
    """Every figure of every model, one model after the other.

    Args:
        seed: Of the first run of each model.
        size: How much is simulated.
        core: What decides.
        models: Which.
    """
    for model in models:
        yield from model(seed, size, core)


def _kind(name: str, load: float) -> Arrivals:
    return Arrivals(
        name=name,
        between_s=exponential(_CALL_S / load),
        handling_s=exponential(_CALL_S),
    )


def _patient(core: Core, servers: int) -> Callable[[int], World]:
    """Makes worlds where whoever finds nobody free waits."""

    def world(seed: int) -> World:
        made = World(seed, core)
        made.workflow({"filters": [], "default_filter": {"queue": made.queue("all")}})
        _staff(made, servers)
        return made

    return world


def _hurried(core: Core, servers: int, more: dict[str, str]) -> Callable[[int], World]:
    """Makes worlds where whoever finds nobody free goes away; `more` is of the target."""

    def world(seed: int) -> World:
        made = World(seed, core)
        target = {"queue": made.queue("all"), "skip_if": "1==1", **more}
        made.workflow({"filters": [{"expression": "1==1", "targets": [target]}]})
        _staff(made, servers)
        return made

    return world


def _staff(world: World, servers: int) -> None:
    for rank in range(servers):
        world.worker(f"worker {rank}", {"rank": rank})


def _runs(
    world: Callable[[int], World], kinds: list[Arrivals], seed: int, size: Size
) -> list[World]:
    made = []
    for number in range(seed, seed + size.runs):
        run = world(number)
        run.run(kinds, size.tasks, size.warm_up)
        made.append(run)
    return made


def _share(waits: Sequence[float], counts: Callable[[float], bool]) -> float:
    return sum(map(counts, waits)) / len(waits)


def _lost(run: World, kind: str) -> float:
    seen = run.seen[kind]
    return seen.lost / (seen.lost + len(seen.waits_s))


def _busy(run: World, rank: int) -> float:
    return [*run.busy_ms.values()][rank] / run.counted_ms


def _figure(model: str, figure: str, unit: str, expected: float, means: Sequence[float]) -> Figure:
    return Figure(model, figure, unit, expected, interval_of(means, CONFIDENCE))
