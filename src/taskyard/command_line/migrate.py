"""`taskyard migrate`: a database brought up to date before any server starts."""

import asyncio

import click

from .help import Command, examples
from .settings import fail, settings_of, settings_options


def migrate(**options: str | None) -> None:
    """Bring the database's schema to what this release uses, and say what was done.

    Every start of a server does so too. This does it beforehand, with another user's rights if
    need be, and once for all nodes. It takes the settings of `taskyard serve`.
    """
    from taskyard.stores import StoreError
    from taskyard.stores.migrating import migrate as bring_up_to_date

    settings = settings_of(options)
    try:
        done = asyncio.run(bring_up_to_date(settings.config.database))
    except (ValueError, StoreError) as error:
        fail(str(error))
    if done.found == done.now:
        click.echo(f"database {done.name} is of schema version {done.now}: nothing to do")
    else:
        click.echo(f"database {done.name}: schema version {done.found} brought to {done.now}")


command = Command(
    "migrate",
    callback=migrate,
    params=settings_options(),
    help=migrate.__doc__,
    epilog=examples(
        "taskyard migrate --config /etc/taskyard.toml",
        "taskyard migrate --database postgresql://taskyard@db.example.com/taskyard",
    ),
)
