"""A result as tables for the terminal."""

from collections.abc import Sequence

from .intervals import Interval
from .result import Result

_NONE = "-"


def scenario_table(result: Result) -> str:
    """Waits, service level and abandonment of every task queue, occupancy of every group."""
    queues = [
        [
            one.name,
            number(one.arrived),
            number(one.wait_s),
            number(one.wait_p50_s),
            number(one.wait_p90_s),
            number(one.wait_p99_s),
            f"{percent(one.service_level)} in {one.service_level_s:g} s",
            percent(one.abandoned),
            percent(one.lost),
            number(one.load),
        ]
        for one in result.queues
    ]
    head = [
        "task queue",
        "tasks",
        "wait, s",
        "p50",
        "p90",
        "p99",
        "service level",
        "abandoned",
        "lost",
        "at work",
    ]
    groups = [[one.name, percent(one.occupancy)] for one in result.groups]
    return "\n".join(
        (
            f"{result.scenario}: {result.replications} times {result.hours:g} hours after "
            f"{result.warm_up_hours:g} of warm-up, seed {result.seed}",
            f"± is half an interval of {result.confidence:.4g} confidence",
            "",
            *_columns([head, *queues]),
            "",
            *_columns([["staff", "occupancy"], *groups]),
            "",
            f"{result.life_cycles:,} life cycles, {result.life_cycles_per_second:,.0f} a second "
            "of one processor",
        )
    )


def number(value: Interval | None) -> str:
    """A figure with its interval, as exact as that is worth."""
    if value is None:
        return _NONE
    places = 0 if value.half_width >= 10 else 1 if value.half_width >= 1 else 2
    return f"{value.mean:.{places}f} ± {value.half_width:.{places}f}"


def percent(value: Interval | None) -> str:
    """A share with its interval, in per cent."""
    if value is None:
        return _NONE
    return f"{value.mean * 100:.1f} ± {value.half_width * 100:.1f} %"


def _columns(rows: Sequence[Sequence[str]]) -> list[str]:
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return [
        "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()
        for row in rows
    ]
