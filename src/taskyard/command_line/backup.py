"""`taskyard backup` and `taskyard restore`: a database to a file, and back."""

from pathlib import Path

import click

from .help import Command, examples
from .settings import fail, settings_of, settings_options


def backup(target: str, force: bool, **options: str | None) -> None:
    """Copy the database into the file TARGET, also while a server uses it.

    What was acknowledged before this began is in the copy, which is of one moment and is checked
    as `taskyard check` does before it gets its name.
    """
    database = _database(options)
    _copy("backup", database, Path(target), force)


def restore(source: str, force: bool, **options: str | None) -> None:
    """Make the database from the file SOURCE, a backup.

    No server may be running on it. The backup is checked first, as `taskyard check` does.
    """
    database = _database(options)
    _copy("restore", Path(source), database, force)


def _database(options: dict[str, str | None]) -> Path:
    from taskyard.stores.urls import POSTGRES, file_of, without_password

    settings = settings_of(options)
    address = settings.config.database
    if address.startswith(POSTGRES):
        fail(f"database {without_password(address)!r}: pg_dump and pg_restore copy a PostgreSQL")
    try:
        return file_of(address)
    except ValueError as error:
        fail(f"{error} ({settings.origins['database']})")


def _copy(what: str, source: Path, target: Path, force: bool) -> None:
    from taskyard.engine.backups import copy_database
    from taskyard.stores import StoreError

    try:
        copied = copy_database(source, target, overwrite=force)
    except StoreError as error:
        fail(str(error))
    click.echo(copied.found)
    click.echo(f"{what}: {target}, {copied.size_bytes} bytes")


backup_command = Command(
    "backup",
    callback=backup,
    params=[
        *settings_options(),
        click.Option(["--force"], is_flag=True, help="Replace TARGET if it is there."),
        click.Argument(["target"], metavar="TARGET"),
    ],
    help=backup.__doc__,
    epilog=examples(
        "taskyard backup /var/backups/taskyard.db --config /etc/taskyard.toml",
        "taskyard backup monday.db --database sqlite:///taskyard.db --force",
    ),
)
restore_command = Command(
    "restore",
    callback=restore,
    params=[
        *settings_options(),
        click.Option(["--force"], is_flag=True, help="Replace the database if it is there."),
        click.Argument(["source"], metavar="SOURCE"),
    ],
    help=restore.__doc__,
    epilog=examples(
        "taskyard restore /var/backups/taskyard.db --config /etc/taskyard.toml",
        "taskyard restore monday.db --database sqlite:///taskyard.db --force",
    ),
)
