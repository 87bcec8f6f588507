"""`taskyard simulate`: what would happen, by the real rules, on a clock that does not wait."""

import click

from . import simulate_scenario, simulate_theory
from .help import CONTEXT


@click.group("simulate", context_settings=CONTEXT)
def simulate() -> None:
    """See what the rules would do with very much work, in no time."""


simulate.add_command(simulate_scenario.command)
simulate.add_command(simulate_theory.command)
