"""What simulations came to, on one screen."""

from collections import Counter
from collections.abc import Sequence

from .result import Result

_COUNTS = (
    ("commands done", "commands done"),
    ("refusals", "commands refused"),
    ("answers given again", "answers given again to a repeated key"),
    ("events", "events"),
    ("checkpoints", "times everything was compared"),
)


def summary(results: Sequence[Result], hours: float) -> str:
    """Hours, what happened, what went wrong, and what was found; `hours` is what was asked for."""
    counts: Counter[str] = Counter()
    faults: Counter[str] = Counter()
    for one in results:
        counts.update(one.counts)
        faults.update(one.faults)
    seeds = f"seed {results[0].seed}"
    if len(results) > 1:
        seeds = f"seeds {results[0].seed} to {results[-1].seed}"
    lines = [
        f"{sum(one.hours for one in results):,.0f} simulated hours, {seeds}",
        "",
        *_table(
            [
                ("requests", sum(one.requests for one in results)),
                *((told, counts[name]) for name, told in _COUNTS),
                ("lives of the server", sum(one.lives for one in results)),
            ]
        ),
        "",
        "What went wrong on purpose",
        *_table(faults.most_common()),
        "",
    ]
    if len(results) == 1:
        lines += [f"digest {results[0].digest}", ""]
    found = [one for one in results if one.violation is not None]
    for one in found:
        lines += [
            f"VIOLATION, seed {one.seed}, after {one.violated_at_h:,.2f} hours:",
            f"  {one.violation}",
            f"  again: taskyard simulate --seed {one.seed} --hours {hours:g}",
        ]
    lines.append(f"{len(found)} violations" if len(found) != 1 else "1 violation")
    return "\n".join(lines)


def _table(rows: Sequence[tuple[str, int]]) -> list[str]:
    return [f"{count:>12,}  {name}" for name, count in rows]
