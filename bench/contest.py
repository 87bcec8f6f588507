"""Taskyard beside what one would take instead, and beside the bounds: `python bench/contest.py`.

Everybody has a turn in every round, on the same machine, with the same payload and 64 life cycles
under way, and every write waits for the disk: SQLite with `synchronous = FULL`, PostgreSQL with
fsync, Redis with `appendfsync always`. Nobody is pinned to a core. Ratios are medians of the
rounds' ratios. What is not installed is left out, and said.
"""

import argparse
import asyncio
import contextlib
import statistics
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

import figures
import uvloop
from contenders.bounds import BareAnswers, PostgresCommits, SQLiteCommits
from contenders.celery_contender import CeleryContender
from contenders.contender import CALLERS, Contender, Left, Round
from contenders.procrastinate_contender import Procrastinate
from contenders.redis_dispatcher import RedisDispatcher
from contenders.taskyard import Taskyard
from engine import per_cent, show
from server_floor import KINDS

# PostgreSQL as the tests run it.
sys.path.append(str(Path(__file__).parent.parent / "tests"))
from postgres import RealPostgres, real_postgres

OURS = "taskyard_sqlite"
COMMANDS = 3
"""Of a life cycle: what has to be kept before it is answered."""


async def everybody(folder: Path, postgres: RealPostgres) -> list[Contender]:
    """Who is to take part."""
    return [
        SQLiteCommits(folder),
        PostgresCommits(await postgres.database()),
        BareAnswers(),
        Taskyard(OURS, "Taskyard with SQLite, over HTTP", f"sqlite:///{folder}/contest.db"),
        Taskyard(
            "taskyard_postgres", "Taskyard with PostgreSQL, over HTTP", await postgres.database()
        ),
        RedisDispatcher(folder / "redis"),
        CeleryContender(folder / "celery"),
        Procrastinate(await postgres.database()),
    ]


async def rounds(folder: Path, for_s: float, times: int) -> dict[str, list[Round]]:
    """Let everybody have their turns; what came of them, by key."""
    with real_postgres(durable=True) as postgres:
        async with contextlib.AsyncExitStack() as entered:
            there: list[Contender] = []
            for one in await everybody(folder, postgres):
                try:
                    there.append(await entered.enter_async_context(one))
                except Left as left:
                    leave_out(one, str(left))
            taken: dict[str, list[Round]] = {one.key: [] for one in there}
            for number in range(times + 1):
                for one in [*there]:
                    try:
                        # The first round is short, so that everything has been done once.
                        turn = await measured(one, for_s if number else for_s / 4)
                    except Exception as error:
                        if one.key.startswith(("bare", "taskyard")):
                            raise
                        there.remove(one)
                        del taken[one.key]
                        leave_out(one, f"it failed: {type(error).__name__}: {error}")
                    else:
                        taken[one.key] += [turn] * bool(number)
            for one in there:
                tell(one, taken[one.key])
    return taken


def leave_out(one: Contender, why: str) -> None:
    """Print that somebody takes no part, and go on."""
    show(f"{one.says}: not measured: {why}", "")
    figures.note_missing(one.says, why)


async def measured(one: Contender, for_s: float) -> Round:
    """A turn, and how busy this process was with it."""
    own, wall = time.process_time(), time.perf_counter()
    taken = await one.turn(for_s)
    taken.own_share = (time.process_time() - own) / (time.perf_counter() - wall)
    return taken


def tell(one: Contender, taken: Sequence[Round]) -> None:
    """Print what came of somebody's turns."""
    rate = statistics.median(turn.a_second for turn in taken)
    asking = statistics.median(turn.own_share for turn in taken)
    what = "rates" if one.key.startswith("bare") else "cycles"
    show(f"{one.says}, a second", f"{rate:,.0f}")
    figures.note(f"{one.key}_{what}", one.says, rate, "a second", "up")
    show("  share of a core that asking took", f"{asking:.0%}")
    says = f"{one.says}: share of a core that asking took"
    figures.note(f"{one.key}_asking", says, 100 * asking, "%", "down")
    if offers_ms := [ms for turn in taken for ms in turn.offers_ms]:
        p50, p99 = per_cent(offers_ms, 50), per_cent(offers_ms, 99)
        show(
            "  ms from a task's arrival until a worker had it, p50 and p99", f"{p50:.1f} {p99:.1f}"
        )
        for share, ms in ((50, p50), (99, p99)):
            says = f"{one.says}, {CALLERS} under way: arrival to offer, p{share}"
            figures.note(f"{one.key}_offer_p{share}", says, ms, "ms", "down")


def tell_ratio(name: str, says: str, ratios: Sequence[float]) -> None:
    """Print how somebody compares."""
    ratio = statistics.median(ratios)
    show(says, f"{ratio:.2f}x")
    figures.note(name, says, ratio, "ratio", "up")


def tell_ratios(taken: dict[str, list[Round]]) -> None:
    """Print how everybody compares with Taskyard, and Taskyard with the bounds."""

    def ratios(of: str, to: str, times: float = 1.0) -> list[float]:
        pairs = zip(taken[of], taken[to], strict=True)
        return [times * one.a_second / other.a_second for one, other in pairs]

    tell_ratio(
        "asgi_ratio",
        "Taskyard's requests against bare answers of the same HTTP server",
        ratios(OURS, "bare_asgi", len(KINDS)),
    )
    tell_ratio(
        "commit_ratio",
        "Taskyard's commands over HTTP against bare commits of SQLite",
        ratios(OURS, "bare_sqlite", COMMANDS),
    )
    tell_ratio(
        "postgres_commit_ratio",
        "Taskyard's commands over HTTP against bare commits of PostgreSQL",
        ratios("taskyard_postgres", "bare_postgres", COMMANDS),
    )
    for key in taken:
        if key != OURS and not key.startswith("bare"):
            says = f"life cycles against Taskyard with SQLite: {key.replace('_', ' ')}"
            tell_ratio(f"{key}_ratio", says, ratios(key, OURS))


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="shorter turns, a rough table")
    figures.option(parser)
    asked = parser.parse_args()
    for_s, times = (1.5, 3) if asked.quick else (5.0, 7)
    with (
        tempfile.TemporaryDirectory(prefix="taskyard-bench-") as name,
        asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner,
    ):
        tell_ratios(runner.run(rounds(Path(name), for_s, times)))
    figures.write(asked.json)


if __name__ == "__main__":
    main()
