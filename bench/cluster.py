"""What servers that share a PostgreSQL get through: `python bench/cluster.py [--quick]`.

One server and two are measured in turn, beside one with SQLite and beside bare commits, so that the
ratios hold on a busy machine too. PostgreSQL waits for the disk (fsync is on). Servers, database
and load share the machine's cores: with fewer than five of them, two servers get in each other's
way and the rates say little about what two machines would do. Callers who are split between two
servers also share fewer turns, so two are measured once more with as many callers for each.
"""

import argparse
import asyncio
import contextlib
import os
import sys
import tempfile
from collections import defaultdict
from pathlib import Path

import figures
import uvloop
from cluster_floor import (
    Centres,
    bare_commits_a_second,
    offer_latencies,
    serving,
    settled,
)
from engine import per_cent, show

# PostgreSQL as the tests run it.
sys.path.append(str(Path(__file__).parent.parent / "tests"))
from postgres import real_postgres

WORKSPACES = 10
CALLERS = 40
ONE, TWO, TWICE, FORWARDED, LITE = "one", "two", "twice", "forwarded", "sqlite"
_CORES_FOR_ALL = 5


async def tell(folder: Path, for_s: float, rounds: int, offers: int) -> None:
    """Print the table."""
    rates: dict[str, list[float]] = defaultdict(list)
    with real_postgres(durable=True) as postgres:
        async with contextlib.AsyncExitStack() as servers:
            single, double = await postgres.database(), await postgres.database()
            plans = {
                LITE: [f"sqlite:///{folder}/bench.db"],
                ONE: [single],
                TWO: [double, double],
            }
            centres: dict[str, Centres] = {}
            for name, databases in plans.items():
                addresses = [await servers.enter_async_context(serving(one)) for one in databases]
                centres[name] = Centres(addresses)
                await centres[name].furnish(WORKSPACES)
                await centres[name].life_cycles_a_second(CALLERS, for_s / 4, 0.5)
            bare = await postgres.database()
            for _ in range(rounds):
                for connections in (1, WORKSPACES):
                    rates[f"bare {connections}"].append(
                        await bare_commits_a_second(bare, connections, for_s / 4)
                    )
                for name, of, callers, share in (
                    (LITE, LITE, CALLERS, 0.0),
                    (ONE, ONE, CALLERS, 0.0),
                    (TWO, TWO, CALLERS, 0.0),
                    (TWICE, TWO, 2 * CALLERS, 0.0),
                    (FORWARDED, TWO, CALLERS, 0.5),
                ):
                    there = centres[of]
                    rates[name].append(await there.life_cycles_a_second(callers, for_s, share))
            tell_rates(settled(rates))
            await tell_offers(centres, offers)


def tell_rates(a_second: dict[str, float]) -> None:
    """Print what was got through, and the ratios."""
    show("bare commits of 1 kB a second, one connection", f"{a_second['bare 1']:,.0f}")
    show(f"  {WORKSPACES} connections", f"{a_second[f'bare {WORKSPACES}']:,.0f}")
    show(f"durable life cycles a second, {WORKSPACES} workspaces, SQLite", f"{a_second[LITE]:,.0f}")
    show("  PostgreSQL, one server", f"{a_second[ONE]:,.0f}")
    show("  PostgreSQL, two servers", f"{a_second[TWO]:,.0f}")
    show("  two servers, each with as many callers", f"{a_second[TWICE]:,.0f}")
    show("  half of the callers at the other server", f"{a_second[FORWARDED]:,.0f}")
    show("one server with PostgreSQL against SQLite", f"{a_second[ONE] / a_second[LITE]:.2f}")
    says = "life cycles, one server with PostgreSQL against SQLite"
    figures.note("postgres_ratio", says, a_second[ONE] / a_second[LITE], "ratio", "up")
    says = "life cycles, two servers against one, on the same machine"
    figures.note("two_servers_ratio", says, a_second[TWO] / a_second[ONE], "ratio", "up")
    show("two servers against one", f"{a_second[TWO] / a_second[ONE]:.2f}")
    show("two servers, each with as many callers", f"{a_second[TWICE] / a_second[ONE]:.2f}")
    show("half of the callers at the other server", f"{a_second[FORWARDED] / a_second[TWO]:.2f}")
    turns = 3 * a_second[ONE] / a_second[f"bare {WORKSPACES}"]
    show(f"commands kept, against bare commits of {WORKSPACES} connections", f"{turns:.2f}")
    says = f"commands kept in PostgreSQL against bare commits of {WORKSPACES} connections"
    figures.note("commit_ratio", says, turns, "ratio", "up")


async def tell_offers(centres: dict[str, Centres], offers: int) -> None:
    """Print how long it takes to see an offer, with nothing else going on."""
    near, far, lite = (
        centres[TWO].at_holder[0],
        centres[TWO].elsewhere[0],
        centres[LITE].at_holder[0],
    )
    taken: dict[str, list[float]] = defaultdict(list)
    for number in range(0, offers, 10):
        taken["SQLite"] += await offer_latencies(lite, 10, number)
        taken["through its server"] += await offer_latencies(near, 10, number)
        taken["through the other server"] += await offer_latencies(far, 10, number)
    for where, ms in taken.items():
        times = f"{per_cent(ms, 50):.1f} {per_cent(ms, 99):.1f}"
        show(f"ms from a task's arrival to its offer, {where}, p50 and p99", times)
    ratio = per_cent(taken["through the other server"], 50) / per_cent(
        taken["through its server"], 50
    )
    show("through the other server against through its own", f"{ratio:.2f}")
    says = "time to an offer through the other server against through its own"
    figures.note("forwarded_ratio", says, ratio, "ratio", "down")


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="smaller numbers, a rough table")
    figures.option(parser)
    asked = parser.parse_args()
    for_s, rounds, offers = (1.0, 2, 50) if asked.quick else (5.0, 5, 400)
    cores = len(os.sched_getaffinity(0))
    if cores < _CORES_FOR_ALL:
        show(f"{cores} CORES FOR EVERYBODY: TWO SERVERS GET IN EACH OTHER'S WAY", "")
    with (
        tempfile.TemporaryDirectory(prefix="taskyard-bench-") as name,
        asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner,
    ):
        runner.run(tell(Path(name), for_s, rounds, offers))
    figures.write(asked.json)


if __name__ == "__main__":
    main()
