"""`taskyard simulate`: the real core on a virtual clock."""

import click

from . import simulate_scenario, simulate_theory


@click.group()
def simulate() -> None:
    """Let the real core decide on a virtual clock."""


simulate.add_command(simulate_scenario.run)
simulate.add_command(simulate_theory.theory)
