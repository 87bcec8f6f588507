"""`taskyard simulate`: what would happen, by the real rules, on a clock that does not wait."""

import click

from . import simulate_faults, simulate_scenario, simulate_theory
from .help import CONTEXT, examples


@click.group(
    "simulate",
    context_settings=CONTEXT,
    invoke_without_command=True,
    epilog=examples(
        "taskyard simulate --seed 7",
        "taskyard simulate --seed 7 --seeds 20 --hours 500",
        "taskyard simulate run support.toml",
        "taskyard simulate theory --quick",
    ),
)
@click.option("--seed", type=click.IntRange(min=0), help="Of everything that goes wrong.")
@click.option(
    "--seeds", type=click.IntRange(min=1), help="So many, from this one on (or from any)."
)
@click.option(
    "--hours",
    type=click.FloatRange(min=0, min_open=True),
    default=simulate_faults.HOURS,
    show_default=True,
    help="Simulated for each seed.",
)
@click.option("--json", "as_json", is_flag=True, help="A line of JSON for each seed.")
@click.pass_context
def simulate(
    context: click.Context, seed: int | None, seeds: int | None, hours: float, as_json: bool
) -> None:
    """See what the rules would do with very much work, in no time.

    With --seed or --seeds: the whole engine on a virtual clock, with a store that fails, servers
    that are killed and clients that repeat themselves, judged at every step. Ends with status 1 if
    anything was as it must not be; the same seed finds it again.
    """
    if context.invoked_subcommand is not None:
        if seed is not None or seeds is not None:
            raise click.UsageError(
                f"give the options of {context.invoked_subcommand} behind its name"
            )
    elif seed is None and seeds is None:
        click.echo(context.get_help())
    else:
        simulate_faults.simulate_faults(seed, seeds or 1, hours, as_json)


simulate.add_command(simulate_scenario.command)
simulate.add_command(simulate_theory.command)
