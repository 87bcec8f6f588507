"""What stands in a report, whatever it is written in."""

from collections.abc import Sequence

import msgspec
from figures import Figure

from . import plots
from .alternatives import METHOD, compared, throughput
from .floors import Floor, broken
from .plots import number
from .results import Bench, Run
from .summary import summary

_TITLES = {
    "core": "The core, in memory, on one processor core",
    "scaling": "What a life cycle costs over the backlog and over the workers",
    "engine": "The engine on a disk, and starts after a kill",
    "server": "The whole server over HTTP",
    "load": "Latency over load",
    "bridge": "The event bridge",
    "statistics_reads": "Statistics, and what they cost routing",
    "cluster": "Servers that share a PostgreSQL",
    "contest": "The alternatives and the bounds",
    "simulator": "The simulator",
}
_PLOTS = {
    "scaling": (("backlog", "cost over the backlog"), ("workers", "cost over the workers")),
    "load": (("load", "from a task's arrival to its offer being read"),),
}


class Heading(msgspec.Struct, frozen=True):
    """Of a section, or of the whole."""

    level: int
    said: str


class Paragraph(msgspec.Struct, frozen=True):
    """One sentence or several."""

    said: str


class Points(msgspec.Struct, frozen=True):
    """A list of sentences."""

    said: Sequence[str]


class Table(msgspec.Struct, frozen=True):
    """Rows beneath their heads."""

    heads: Sequence[str]
    rows: Sequence[Sequence[str]]


class Plot(msgspec.Struct, frozen=True):
    """An SVG, and what a file of it would be called."""

    name: str
    title: str
    svg: str


Block = Heading | Paragraph | Points | Table | Plot


def contents(run: Run, floors: dict[str, Floor]) -> list[Block]:
    """All of a report, from the top."""
    blocks: list[Block] = [Heading(1, "Benchmarks of Taskyard"), Paragraph(_where(run))]
    if said := summary(run):
        blocks += [Heading(2, "In a minute"), Points(said)]
    blocks += _alternatives(run)
    blocks += _floors(run, floors)
    if missing := run.missing():
        left_out = [f"{one.name}: {one.why}" for one in missing]
        blocks += [Heading(2, "Not measured"), Points(left_out)]
    for bench in run.benches:
        if bench.results.figures:
            blocks.append(Heading(2, _TITLES.get(bench.name, bench.name)))
            blocks += _plots(run, bench)
            blocks.append(_figures(bench))
    return blocks


def _where(run: Run) -> str:
    machine = run.machine
    rough = " A quick run: the table is rough." if run.quick else ""
    return (
        f"Measured on {run.began}: {machine.cores} cores ({machine.processor}), "
        f"{machine.memory_gib:g} GiB of memory, {machine.system}, {machine.python}. "
        f"Before it began {run.load:g} processes wanted a core.{rough} Rates are of this machine "
        "at that moment; ratios were measured in turn and last longer."
    )


def _alternatives(run: Run) -> list[Block]:
    heads, rows = compared(run)
    if not rows:
        return []
    rates = throughput(run)
    title = "durable life cycles, each system in turn on the same machine"
    return [
        Heading(2, "Beside what one would take instead"),
        Plot("throughput", title, plots.bars(title, "a second", rates)),
        Table(heads, rows),
        Paragraph(METHOD),
    ]


def _floors(run: Run, floors: dict[str, Floor]) -> list[Block]:
    measured = {name: one for name in floors if (one := run.figure(name)) is not None}
    if not measured:
        return []
    rows = [
        [
            figure.says,
            number(figure.figure),
            str(floors[name]),
            "no" if broken({name: floors[name]}, [run]) else "yes",
        ]
        for name, figure in measured.items()
    ]
    return [Heading(2, "Floors"), Table(("ratio", "measured", "floor", "holds"), rows)]


def _plots(run: Run, bench: Bench) -> list[Plot]:
    drawn = []
    for name, title in _PLOTS.get(bench.name, ()):
        found = run.line(f"{bench.name}.{name}")
        if not found:
            continue
        some = next(iter(found.values()))[0]
        series = {
            line: [(one.at or 0.0, one.figure) for one in points] for line, points in found.items()
        }
        drawn.append(Plot(name, title, plots.lines(title, some.says, some.unit, series)))
    return drawn


def _figures(bench: Bench) -> Table:
    rows = [
        [_named(one), number(one.figure), one.unit, _bound(one)] for one in bench.results.figures
    ]
    return Table(("what", "figure", "unit", "bound"), rows)


def _named(figure: Figure) -> str:
    if figure.series is None:
        return figure.says
    return f"{figure.series}, {number(figure.at or 0.0)} {figure.says}"


def _bound(figure: Figure) -> str:
    if figure.bound is None:
        return ""
    return f"at {'least' if figure.direction == 'up' else 'most'} {figure.bound:g}"
