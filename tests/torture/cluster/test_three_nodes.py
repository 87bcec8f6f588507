"""Three servers on one PostgreSQL, under load, while nodes and database fail again and again."""

import os
from collections.abc import Callable
from pathlib import Path

from postgres import real_postgres
from torture.rounds import ROUNDS, dice

from .checker import problems
from .flow import standstills, worst
from .history import counts
from .run import tortured

LEASE_S = 2
SLACK_S = 25.0
"""The promise is twice the lease time; what a busy machine adds is not judged here."""
FAULTS = max(2, ROUNDS // 10) if "TASKYARD_TORTURE_ROUNDS" in os.environ else 2


async def test_three_nodes_lose_nothing_repeat_nothing_and_agree(
    tmp_path: Path, tally: Callable[..., None]
) -> None:
    with real_postgres() as server:
        history = await tortured(
            tmp_path,
            await server.database(),
            server=server,
            nodes=3,
            workspaces=4,
            rounds=FAULTS,
            lease_s=LEASE_S,
            settings={"TASKYARD_LEASE_S": str(LEASE_S)},
            dice=dice("three nodes"),
        )
    tally("PostgreSQL: three nodes under faults", **counts(history))
    found = problems(history)
    assert not found, "\n".join([f"{len(found)} problems:", *found[:20]])
    longest = worst(standstills(history))
    longest_ms = {kind: round(seconds * 1000) for kind, seconds in longest.items()}
    tally(f"... nothing was accepted for so many ms; promised {2_000 * LEASE_S}", **longest_ms)
    assert all(seconds < 2 * LEASE_S + SLACK_S for seconds in longest.values()), longest
