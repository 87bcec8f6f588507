"""What a benchmark leaves behind for the report, besides what it prints."""

import argparse
from collections.abc import Sequence
from pathlib import Path
from typing import Literal

import msgspec

Direction = Literal["up", "down"]
"""Where better figures lie."""


class Figure(msgspec.Struct, frozen=True, omit_defaults=True):
    """One thing that was measured.

    Attributes:
        name: Always the same for the same thing, whatever the sizes of a run were.
        says: What it is, for people.
        figure: How much.
        unit: Of what; `ratio` for what should be the same on another machine.
        direction: Where better figures lie.
        bound: What it is held against, if anything.
        series: The line of a plot that this is a point of.
        at: Where on that line.
    """

    name: str
    says: str
    figure: float
    unit: str
    direction: Direction
    bound: float | None = None
    series: str | None = None
    at: float | None = None


class Missing(msgspec.Struct, frozen=True):
    """What could not be measured, and why."""

    name: str
    why: str


class Results(msgspec.Struct):
    """What one benchmark has found."""

    figures: list[Figure] = []
    missing: list[Missing] = []


_found = Results()


def option(parser: argparse.ArgumentParser) -> None:
    """Let a benchmark be asked for a file."""
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the figures there, too")


def note(
    name: str,
    says: str,
    figure: float,
    unit: str,
    direction: Direction,
    *,
    bound: float | None = None,
) -> None:
    """Keep a figure."""
    _found.figures.append(Figure(name, says, figure, unit, direction, bound))


def note_line(
    name: str,
    series: str,
    says: str,
    points: Sequence[tuple[float, float]],
    unit: str,
    direction: Direction,
) -> None:
    """Keep the points of a line of a plot.

    Args:
        name: Of the plot.
        series: Of the line.
        says: What lies along the plot's x-axis.
        points: Pairs of where and how much.
        unit: Of how much.
        direction: Where better figures lie.
    """
    for at, figure in points:
        _found.figures.append(Figure(name, says, figure, unit, direction, None, series, at))


def note_missing(name: str, why: str) -> None:
    """Keep that something could not be measured."""
    _found.missing.append(Missing(name, why))


def write(path: Path | None) -> None:
    """Write down what was kept, if a file was asked for."""
    if path is not None:
        path.write_bytes(msgspec.json.format(msgspec.json.encode(_found)))
