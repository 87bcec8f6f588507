"""`taskyard simulate theory`: does the core do what queueing theory says?"""

import sys

import click

from .help import examples

_TASKS = 10_000
_TASKS_QUICK = 600


@click.command(epilog=examples("taskyard simulate theory", "taskyard simulate theory --quick"))
@click.option("--quick", is_flag=True, help="Fewer tasks: wider intervals.")
@click.option("--seed", type=int, default=1, show_default=True, help="Of all chance.")
@click.option("--markdown", is_flag=True, help="Tables for a document.")
def theory(quick: bool, seed: int, markdown: bool) -> None:
    """Compare the core with closed formulae, and with wrong rules planted.

    The status is 1 if a figure differs, or if a wrong rule was not found.
    """
    from taskyard.simulator.report import theory_table
    from taskyard.simulator.theory import cases, prove

    verdicts = []
    for case in cases(_TASKS_QUICK if quick else _TASKS, seed):
        if sys.stderr.isatty():
            click.echo(f"\r\033[K{case.model} …", err=True, nl=False)
        verdicts.append(prove(case))
    if sys.stderr.isatty():
        click.echo("\r\033[K", err=True, nl=False)
    click.echo(theory_table(verdicts, markdown=markdown))
    sound = all(verdict.agrees and verdict.wrong_rule_found for verdict in verdicts)
    sys.exit(0 if sound else 1)
