"""A process over PostgreSQL, or PostgreSQL below it, dies at a named point of keeping a turn."""

import asyncio
from collections.abc import Callable, Iterator

import pytest

from postgres import RealPostgres, real_postgres

from .deaths import Doomed, Told, doomed_process, judge
from .postgres_fault_points import PostgresPoint
from .rounds import ROUNDS, dice

DEATHS = ROUNDS


@pytest.fixture(scope="module")
def doomed() -> Iterator[Doomed]:
    with doomed_process() as process:
        yield process


@pytest.fixture(scope="module")
def server() -> Iterator[RealPostgres]:
    with real_postgres() as server:
        yield server


@pytest.mark.parametrize("point", list(PostgresPoint), ids=lambda one: one.replace(" ", "-"))
async def test_over_postgresql_too_a_turn_is_kept_whole_or_not_at_all(
    point: PostgresPoint, doomed: Doomed, server: RealPostgres, tally: Callable[..., None]
) -> None:
    rolls, told = dice(f"postgres {point}"), Told()
    database = await server.database()
    for _ in range(DEATHS):
        seed = rolls.randrange(1 << 60)
        ended = doomed.die(database, point, seed, told, postmaster=server.pid)
        assert ended == "SIGKILL"
        if point is PostgresPoint.DATABASE_KILLED:
            await asyncio.to_thread(server.restart_if_dead)
        await server.is_left_alone(database)
        await judge(database, point, told)
    tally(f"PostgreSQL: process or database killed at {len(PostgresPoint)} points", times=DEATHS)
