"""The `taskyard` command.

What a command needs is imported when it runs, so that `--help` and `version` answer at once.
"""

import sys

import click

import taskyard
from taskyard.command_line import (
    account,
    backup,
    completion,
    config,
    init,
    migrate,
    nodes,
    sdk_tag,
    simulate,
    token,
)
from taskyard.command_line.help import CONTEXT, Command, examples
from taskyard.command_line.settings import fail, settings_of, settings_options


@click.group(
    context_settings=CONTEXT,
    epilog=examples(
        "taskyard demo                           a contact centre at work, here and in a browser",
        "taskyard serve --database memory://     try the API, keep nothing",
        "taskyard serve --config taskyard.toml   serve with settings from a file",
    )
    + "\n\nExit status: 0 done, 1 failed, 2 no such command or option.",
)
@click.version_option(taskyard.__version__, prog_name="taskyard", message="%(prog)s %(version)s")
def main() -> None:
    """Taskyard, a self-hosted task router that speaks the TaskRouter API."""


@main.command()
def version() -> None:
    """Show which release this is."""
    click.echo(f"taskyard {taskyard.__version__}")


def serve(**options: str | None) -> None:
    """Serve the API until told to stop.

    Every option can also be set in the environment or in a file. An option goes before the
    environment, the environment before the file. `taskyard config` shows what is in force.
    """
    settings = settings_of(options)

    import asyncio

    import uvloop

    from taskyard.server.app import serve as serve_until_stopped
    from taskyard.server.listening import StartError
    from taskyard.server.logs import log_to_standard_error

    def say(line: str) -> None:
        print(line, flush=True)

    log_to_standard_error()
    try:
        with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
            runner.run(serve_until_stopped(settings.config, say))
    except StartError as error:
        fail(str(error))


@main.command(
    epilog=examples(
        "taskyard check taskyard.db",
        "taskyard check postgresql://reader@db.example.com/taskyard",
    )
)
@click.argument("database", metavar="DATABASE_URL_OR_FILE")
def check(database: str) -> None:
    """Check a database, and change nothing in it.

    Servers may be using it meanwhile. Every event is read and every workspace put together again.
    """
    from taskyard.engine.database_check import check_database
    from taskyard.stores import StoreError

    try:
        is_sound = check_database(database, print)
    except (ValueError, StoreError) as error:
        fail(str(error))
    sys.exit(0 if is_sound else 1)


@main.command(
    epilog=examples(
        "taskyard demo", "taskyard demo --seconds 30 --seed 7", "taskyard demo --no-browser"
    )
)
@click.option("--seconds", type=click.FloatRange(min=0), help="Stop after so many seconds.")
@click.option(
    "--seed", type=int, default=1, show_default=True, help="Who arrives when; the same, repeated."
)
@click.option(
    "--browser/--no-browser",
    default=True,
    show_default=True,
    help="Open the console in the browser, if there are a terminal and a display.",
)
def demo(seconds: float | None, seed: int, *, browser: bool) -> None:
    """Show a contact centre at work, in this terminal and in the console."""
    from taskyard.demo.run import run

    sys.exit(run(seconds, seed, may_open_browser=browser))


# The options are made from the settings, so that there is one list of them.
main.add_command(
    Command(
        "serve",
        callback=serve,
        params=settings_options(),
        help=serve.__doc__,
        epilog=examples(
            "taskyard serve",
            "taskyard serve --database memory:// --port 9000",
            "taskyard serve --config /etc/taskyard.toml",
            "TASKYARD_HOST=0.0.0.0 taskyard serve --public-url https://tasks.example.com",
        ),
    )
)
main.add_command(init.command)
main.add_command(config.command)
main.add_command(migrate.command)
main.add_command(account.account)
main.add_command(backup.backup_command)
main.add_command(backup.restore_command)
main.add_command(token.token)
main.add_command(nodes.command)
main.add_command(simulate.simulate)
main.add_command(completion.command)
main.add_command(sdk_tag.command)
