"""`taskyard simulate theory`: closed formulae of queueing theory, through the real core."""

import sys
from typing import TYPE_CHECKING

import click

from .help import Command, examples

if TYPE_CHECKING:
    from taskyard.simulator.theory import Figure

_WIDTH_IN_A_FILE = 120


def theory(seed: int, quick: bool, as_json: bool) -> None:
    """Hold what the core does with queues against what theory expects of them.

    Five models are simulated: waiting (Erlang C), loss by skip_if (Erlang B), time to live,
    priorities, and a hunt in order by order_by. Ends with status 1 if a figure of theory lies
    outside of the interval that the runs are sure of to 99 %.
    """
    from taskyard.simulator.theory import QUICK, WHOLE, report

    figures = list(report(seed, QUICK if quick else WHOLE))
    if as_json:
        _print_json(figures)
    else:
        _print_table(figures)
    if not all(figure.agrees for figure in figures):
        sys.exit(1)


def _print_json(figures: list["Figure"]) -> None:
    import msgspec

    lines = [{**msgspec.to_builtins(one), "agrees": one.agrees} for one in figures]
    click.echo(msgspec.json.format(msgspec.json.encode(lines)).decode())


def _print_table(figures: list["Figure"]) -> None:
    from rich.console import Console
    from rich.table import Table

    table = Table("Model", "Figure")
    for heading in ("Expected", "Measured", "±"):
        table.add_column(heading, justify="right")
    table.add_column("Verdict")
    for one in figures:
        table.add_row(
            one.model,
            f"{one.figure}, {one.unit}" if one.unit else one.figure,
            f"{one.expected:.4f}",
            f"{one.measured.mean:.4f}",
            f"{one.measured.half_width:.4f}",
            "agrees" if one.agrees else "DISAGREES",
        )
    console = Console()
    if not console.is_terminal:
        console.width = _WIDTH_IN_A_FILE
    console.print(table)


command = Command(
    "theory",
    callback=theory,
    params=[
        click.Option(
            ["--seed"], type=int, default=1, show_default=True, help="Of the first run's chance."
        ),
        click.Option(["--quick"], is_flag=True, help="Fewer and shorter runs: wider intervals."),
        click.Option(["--json", "as_json"], is_flag=True, help="A JSON list instead of a table."),
    ],
    help=theory.__doc__,
    epilog=examples("taskyard simulate theory --quick", "taskyard simulate theory --seed 42"),
)
