"""`taskyard simulate --seed N`: everything that can go wrong, from one seed."""

import sys
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from taskyard.simulator.ordeal.result import Result

HOURS = 168.0


def simulate_faults(seed: int | None, seeds: int, hours: float, as_json: bool) -> None:
    """Simulate these seeds, say what came of them, and end with status 1 if one found something."""
    import os
    import random
    from concurrent.futures import ProcessPoolExecutor
    from multiprocessing import get_context

    import msgspec

    from taskyard.simulator.ordeal.report import summary

    first = random.randrange(1_000_000) if seed is None else seed
    results: list[Result] = []

    def take(result: "Result") -> None:
        results.append(result)
        if as_json:
            click.echo(msgspec.json.encode(result).decode())
        elif sys.stderr.isatty():
            click.echo(
                f"\rseed {result.seed} of {first} to {first + seeds - 1}", err=True, nl=False
            )

    numbers = range(first, first + seeds)
    if seeds == 1:
        take(simulated(first, hours))
    else:
        workers = min(seeds, os.cpu_count() or 1)
        with ProcessPoolExecutor(workers, get_context("spawn")) as pool:
            for result in pool.map(simulated, numbers, [hours] * seeds):
                take(result)
    if not as_json:
        if sys.stderr.isatty():
            click.echo("\r\033[K", err=True, nl=False)
        click.echo(summary(results, hours))
    if any(one.violation is not None for one in results):
        sys.exit(1)


def simulated(seed: int, hours: float) -> "Result":
    """One simulation."""
    from taskyard.simulator.ordeal.course import Course
    from taskyard.stores.memory import MemoryStore

    return Course(seed, MemoryStore()).run(hours)
