"""`taskyard simulate run`: what would happen in a contact centre that a file describes."""

import sys
from pathlib import Path

import click

from .help import examples
from .settings import fail


@click.command(
    "run",
    epilog=examples(
        "taskyard simulate run support.toml",
        "taskyard simulate run support.toml --seed 7 --html support.html",
        "taskyard simulate run support.json --json",
    ),
)
@click.argument("file", metavar="FILE", type=click.Path(readable=False, path_type=Path))
@click.option("--seed", type=int, help="Another seed than the file's.")
@click.option(
    "--replications", type=click.IntRange(min=2), help="Another number of them than the file's."
)
@click.option(
    "--html",
    "html_file",
    metavar="FILE",
    type=click.Path(readable=False, path_type=Path),
    help="Write a page.",
)
@click.option("--json", "as_json", is_flag=True, help="One JSON object instead of tables.")
def command(
    file: Path, seed: int | None, replications: int | None, html_file: Path | None, as_json: bool
) -> None:
    """Show the waits, service level and occupancy that a scenario leads to."""
    import msgspec

    from taskyard.simulator.page import page
    from taskyard.simulator.report import scenario_table
    from taskyard.simulator.result import simulate
    from taskyard.simulator.scenario import ScenarioProblem, read_scenario

    def heard(done: int) -> None:
        if sys.stderr.isatty():
            click.echo(f"\rreplication {done} of {scenario.run.replications}", err=True, nl=False)

    try:
        scenario = read_scenario(file)
        changes = {"seed": seed, "replications": replications}
        given = {name: value for name, value in changes.items() if value is not None}
        changed = msgspec.structs.replace(scenario.run, **given)
        scenario = msgspec.structs.replace(scenario, run=changed)
        result = simulate(scenario, heard=heard)
    except ScenarioProblem as problem:
        fail(str(problem) if str(problem).startswith(str(file)) else f"{file}: {problem}")
    if sys.stderr.isatty():
        click.echo("\r\033[K", err=True, nl=False)
    if html_file is not None:
        try:
            html_file.write_text(page(result), encoding="utf-8")
        except OSError as error:
            fail(f"{html_file}: cannot be written: {error.strerror}")
    if as_json:
        click.echo(msgspec.json.format(msgspec.json.encode(result)).decode())
    else:
        click.echo(scenario_table(result))
