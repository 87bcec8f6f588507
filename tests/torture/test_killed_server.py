"""`taskyard serve` killed under load, at random moments, again and again on one file."""

import asyncio
from collections.abc import Callable
from pathlib import Path

from .clients import open_workspace, work_until_it_dies
from .ledger import Ledger
from .mortal import alive, born, killed
from .rounds import ROUNDS, dice
from .verdict import judge_the_journal, judge_the_server

# What is looked at after each round does not grow for ever; a short run changes workspaces too.
ROUNDS_PER_WORKSPACE = max(1, min(8, ROUNDS // 2))


async def test_nothing_that_was_acknowledged_is_lost_or_done_twice_or_undone(
    tmp_path: Path, tally: Callable[..., None]
) -> None:
    rolls = dice("killed server")
    database, ledgers, kills = tmp_path / "taskyard.db", list[Ledger](), 0
    for number in range(ROUNDS):
        async with alive(database) as (process, caller):
            if number:
                await judge_the_server(caller, ledgers[-1])
            if number % ROUNDS_PER_WORKSPACE == 0:
                ledgers.append(await open_workspace(caller))
            ledgers[-1].answered.clear()
            working = asyncio.create_task(work_until_it_dies(caller, ledgers[-1], rolls))
            await asyncio.sleep(rolls.uniform(0.05, 0.8))
            # A round in which nothing was answered would show nothing.
            answered = asyncio.create_task(ledgers[-1].answered.wait())
            await asyncio.wait({working, answered}, return_when=asyncio.FIRST_COMPLETED)
            assert not working.done(), await working
            await killed(process)
            await working
        await judge_the_journal(database, tmp_path / "aside", ledgers[-1:])
        kills += 1
        if rolls.random() < 0.5:
            # Killed while it recovers from having been killed.
            process = await born(database)
            await asyncio.sleep(rolls.uniform(0.2, 0.7))
            await killed(process)
            kills += 1
    assert any(ledger.repeated for ledger in ledgers)
    async with alive(database) as (_, caller):
        for ledger in ledgers:
            await judge_the_server(caller, ledger)
    await judge_the_journal(database, tmp_path / "aside", ledgers)
    tally(
        "SQLite: server killed under load",
        times=kills,
        **{
            "acknowledged tasks": sum(len(ledger.tasks) for ledger in ledgers),
            "answers given again": sum(ledger.repeated for ledger in ledgers),
        },
    )
