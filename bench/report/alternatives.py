"""The table in which Taskyard stands beside what one would take instead."""

from .plots import number
from .results import Run

_NAMES = {
    "taskyard_sqlite": "Taskyard, SQLite, over HTTP",
    "taskyard_postgres": "Taskyard, PostgreSQL, over HTTP",
    "redis": "home-made, on Redis",
    "celery": "Celery on Redis",
    "procrastinate": "procrastinate on PostgreSQL",
}
_DOES = {
    "taskyard_sqlite": ("by attributes", "no", "the offer lapses, the task is offered again"),
    "taskyard_postgres": ("by attributes", "no", "the offer lapses, the task is offered again"),
    "redis": (
        "by the name of a list",
        "no: a script compares first",
        "nothing: who finds what lies on their list, and when, is still to be written",
    ),
    "celery": (
        "by the name of a queue",
        "possible: a task goes to another worker when its visibility time-out is over",
        "the task goes to another worker after the visibility time-out, an hour",
    ),
    "procrastinate": (
        "by the name of a queue",
        "no: a row is locked",
        "the job stays as being done until somebody asks for stalled ones",
    ),
}


def compared(run: Run) -> tuple[list[str], list[list[str]]]:
    """Heads and rows; no rows if nothing was compared."""
    heads = [
        "",
        "life cycles a second",
        "against Taskyard with SQLite",
        "ms from arrival to offer, p50 and p99",
        "how a worker is found",
        "can two have the same task",
        "what happens when a worker dies",
    ]
    rows = []
    for key, name in _NAMES.items():
        rate = run.figure(f"contest.{key}_cycles")
        if rate is None:
            continue
        ratio = run.figure(f"contest.{key}_ratio")
        p50, p99 = (run.figure(f"contest.{key}_offer_p{share}") for share in (50, 99))
        rows.append(
            [
                name,
                number(rate.figure),
                "1" if ratio is None else number(ratio.figure),
                f"{number(p50.figure)} and {number(p99.figure)}" if p50 and p99 else "",
                *_DOES[key],
            ]
        )
    return heads, rows


def throughput(run: Run) -> dict[str, float]:
    """Life cycles a second of everybody who took part."""
    found = {name: run.figure(f"contest.{key}_cycles") for key, name in _NAMES.items()}
    return {name: one.figure for name, one in found.items() if one is not None}
