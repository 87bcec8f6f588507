"""The table in which Taskyard stands beside what one would take instead."""

from .plots import number
from .results import Run

METHOD = (
    "Each had a turn in every round, with the same payload and 64 life cycles under way, and every "
    "write waited for the disk: SQLite with synchronous = FULL, PostgreSQL with fsync, Redis with "
    "appendfsync always. Taskyard is asked over HTTP, with authentication, by a thin client; the "
    "others by their own Python clients, straight in the database: whoever needs them over HTTP "
    "adds that. All asking is done by one process: where it took about a whole core, it was the "
    "limit, and more of them would get more out of the server."
)
_NAMES = {
    "taskyard_sqlite": "Taskyard, SQLite, over HTTP",
    "taskyard_postgres": "Taskyard, PostgreSQL, over HTTP",
    "redis": "home-made, on Redis",
    "celery": "Celery on Redis",
    "procrastinate": "procrastinate on PostgreSQL",
}
_OURS = (
    "by attributes, in the order of a workflow",
    "yes, four requests",
    "no",
    "an offer lapses and another worker gets one; what was accepted stays with its worker",
)
_DOES = {
    "taskyard_sqlite": _OURS,
    "taskyard_postgres": _OURS,
    "redis": (
        "by the name of a list",
        "yes, four calls",
        "no: a script compares before it changes",
        "nothing: finding what lies in their list is still to be written",
    ),
    "celery": (
        "by the name of a queue",
        "no: who fetches has it; fetched, begun and done are kept",
        "yes, when a visibility time-out of an hour has passed",
        "its process is missed at once, its machine after the visibility time-out",
    ),
    "procrastinate": (
        "by the name of a queue",
        "no: who fetches has it; added, fetched and done are kept",
        "no: its row is locked while it is fetched",
        "the job counts as being done until a program of yours looks for stalled ones",
    ),
}


def compared(run: Run) -> tuple[list[str], list[list[str]]]:
    """Heads and rows; no rows if nothing was compared."""
    heads = [
        "",
        "life cycles a second",
        "against Taskyard with SQLite",
        "ms from arrival to offer, p50 and p99",
        "asking took of a core",
        "how a worker is found",
        "is there an offer to answer",
        "can two have the same task",
        "when a worker dies",
    ]
    rows = []
    for key, name in _NAMES.items():
        rate = run.figure(f"contest.{key}_cycles")
        if rate is None:
            continue
        ratio = run.figure(f"contest.{key}_ratio")
        p50, p99 = (run.figure(f"contest.{key}_offer_p{share}") for share in (50, 99))
        asking = run.figure(f"contest.{key}_asking")
        rows.append(
            [
                name,
                number(rate.figure),
                "1" if ratio is None else number(ratio.figure),
                f"{number(p50.figure)} and {number(p99.figure)}" if p50 and p99 else "",
                "" if asking is None else f"{asking.figure:.0f} %",
                *_DOES[key],
            ]
        )
    return heads, rows


def throughput(run: Run) -> dict[str, float]:
    """Life cycles a second of everybody who took part."""
    found = {name: run.figure(f"contest.{key}_cycles") for key, name in _NAMES.items()}
    return {name: one.figure for name, one in found.items() if one is not None}
