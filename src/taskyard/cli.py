"""The `taskyard` command.

What a command needs is imported when it runs, so that `--help` and `version` answer at once.
"""

import os
import sys
from typing import NoReturn

import click

import taskyard
from taskyard.server.config import SETTINGS, Config, ConfigError, Setting, read_config


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
def main() -> None:
    """Taskyard, a self-hosted task router that speaks the TaskRouter API."""


@main.command()
def version() -> None:
    """Show which release this is."""
    click.echo(f"taskyard {taskyard.__version__}")


def serve(**options: str | None) -> None:
    """Serve the API until told to stop.

    Every option can also be set in the environment: --database is TASKYARD_DATABASE.
    """
    try:
        config = read_config(options, os.environ)
    except ConfigError as error:
        _fail(str(error))

    import asyncio

    import uvloop

    from taskyard.server.app import StartError
    from taskyard.server.app import serve as serve_until_stopped
    from taskyard.server.logs import log_to_standard_error

    def say(line: str) -> None:
        print(line, flush=True)

    log_to_standard_error()
    try:
        with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
            runner.run(serve_until_stopped(config, say))
    except StartError as error:
        _fail(str(error))


@main.command()
@click.argument("database", metavar="DATABASE_URL_OR_FILE")
def check(database: str) -> None:
    """Check an SQLite database, and change nothing in it.

    A server may be using it meanwhile. Every event is read and every workspace put together again.
    """
    from taskyard.engine.database_check import check_database
    from taskyard.stores import StoreError

    try:
        is_sound = check_database(database, print)
    except (ValueError, StoreError) as error:
        _fail(str(error))
    sys.exit(0 if is_sound else 1)


@main.command()
@click.option("--seconds", type=click.FloatRange(min=0), help="Stop after so many seconds.")
@click.option(
    "--seed", type=int, default=1, show_default=True, help="Who arrives when; the same, repeated."
)
def demo(seconds: float | None, seed: int) -> None:
    """Show a contact centre at work in this terminal."""
    from taskyard.demo.run import run

    sys.exit(run(seconds, seed))


def _option(setting: Setting) -> click.Option:
    default = getattr(Config(), setting.name)
    explained = setting.help if default is None else f"{setting.help}  [default: {default}]"
    return click.Option([setting.option], help=explained, metavar="TEXT")


def _fail(message: str) -> NoReturn:
    print(f"taskyard: {message}", file=sys.stderr)
    sys.exit(1)


# The options are made from the settings, so that there is one list of them.
main.add_command(
    click.Command(
        "serve",
        callback=serve,
        params=[_option(setting) for setting in SETTINGS],
        help=serve.__doc__,
    )
)
