"""`taskyard account`: the account's credentials, looked at and changed beside a running server."""

import asyncio
import contextlib
import datetime
import os
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import TYPE_CHECKING

import click

from taskyard.server.config import Settings

from .help import CONTEXT, Command, examples
from .settings import MASK, fail, settings_of, settings_options

if TYPE_CHECKING:
    from taskyard.engine.credentials import Credentials
    from taskyard.stores import Store

Work = Callable[["OpenAccount"], Awaitable[None]]
"""What a command does with the account."""

account = click.Group(
    "account",
    context_settings=CONTEXT,
    help="Show and change the account's credentials, also while a server runs.\n\n"
    "All commands take the settings of `taskyard serve`, to find the same database.",
)
keys = click.Group(
    "keys", context_settings=CONTEXT, help="Make, list and delete the account's API keys."
)
account.add_command(keys)


class OpenAccount:
    """A database that is open, the account in it, and the settings that name both."""

    def __init__(self, settings: Settings, store: "Store", credentials: "Credentials") -> None:
        self.settings = settings
        self.store = store
        self.credentials = credentials

    @property
    def source(self) -> str | None:
        """Which setting the account comes from, or None if the database keeps it."""
        return self._source("auth_token")

    @property
    def given_key(self) -> tuple[str, str] | None:
        """The SID of the API key in the settings, and which setting gives it."""
        sid, source = self.settings.config.api_key_sid, self._source("api_key_sid")
        return None if sid is None or source is None else (sid, source)

    def _source(self, name: str) -> str | None:
        if getattr(self.settings.config, name) is None:
            return None
        return str(self.settings.origins[name])


def show(reveal: bool, **options: str | None) -> None:
    """Show the account's SID, its auth token (masked) and its API keys."""

    async def work(opened: OpenAccount) -> None:
        known = opened.credentials.account
        database = opened.settings.config.database
        click.echo(f"account SID  {known.sid}")
        click.echo(f"auth token   {known.auth_token if reveal else MASK}")
        click.echo(f"kept in      {opened.source or f'database {database}'}")
        click.echo("API keys")
        _list_keys(opened)

    with_account(options, work)


def rotate(**options: str | None) -> None:
    """Give the account a new auth token, and print it.

    The old one stops working on a running server within a few seconds.
    """

    async def work(opened: OpenAccount) -> None:
        if opened.source is not None:
            fail(
                f"the auth token comes from the settings ({opened.source}): "
                "change it there, and restart the server"
            )
        await opened.credentials.rotate()
        click.echo(f"account SID  {opened.credentials.account.sid}")
        click.echo(f"auth token   {opened.credentials.account.auth_token}")

    with_account(options, work)


def create(**options: str | None) -> None:
    """Make an API key and print its secret.

    This is the only time that the secret is shown.
    """

    async def work(opened: OpenAccount) -> None:
        made = await opened.credentials.make_api_key()
        click.echo(f"API key SID  {made.sid}")
        click.echo(f"secret       {made.secret}")

    with_account(options, work)


def list_all(**options: str | None) -> None:
    """List the account's API keys.

    The oldest comes first; secrets are not shown.
    """

    async def work(opened: OpenAccount) -> None:
        _list_keys(opened)

    with_account(options, work)


def delete(sid: str, **options: str | None) -> None:
    """Delete an API key. It stops working on a running server within a few seconds."""

    async def work(opened: OpenAccount) -> None:
        if opened.given_key is not None and sid == opened.given_key[0]:
            fail(
                f"API key {sid} comes from the settings ({opened.given_key[1]}): "
                "take it out there, and restart the server"
            )
        if not await opened.credentials.delete_api_key(sid):
            fail(f"account {opened.credentials.account.sid} has no API key {sid}")
        click.echo(f"deleted {sid}")

    with_account(options, work)


def _list_keys(opened: OpenAccount) -> None:
    for key in opened.credentials.api_keys():
        made = datetime.datetime.fromtimestamp(key.created_ms // 1000, datetime.UTC)
        click.echo(f"  {key.sid}  made {made:%Y-%m-%dT%H:%M:%SZ}")
    if opened.given_key is not None:
        click.echo(f"  {opened.given_key[0]}  from {opened.given_key[1]}")


def with_account(options: dict[str, str | None], work: Work) -> None:
    """Do the work with the account of these settings; end with one line if that is not possible."""
    from taskyard.stores import StoreError

    settings = settings_of(options)
    if settings.config.database == "memory://":
        fail(
            f"database memory:// ({settings.origins['database']}) is gone with the server's "
            "process: only a database in a file has an account to look at"
        )

    async def run() -> None:
        async with _opened(settings) as opened:
            await work(opened)

    try:
        asyncio.run(run())
    except (ValueError, StoreError) as error:
        fail(str(error))


@contextlib.asynccontextmanager
async def _opened(settings: Settings) -> AsyncIterator[OpenAccount]:
    from taskyard.engine.credentials import Credentials
    from taskyard.stores import open_store

    config = settings.config
    store = await open_store(config.database, create=False)
    try:
        if config.account_sid is None and not await store.accounts():
            fail(
                f"database {config.database} keeps no account: the first `taskyard serve` without "
                "an account in its settings makes one"
            )
        credentials = Credentials(store, lambda: time.time_ns() // 1_000_000, os.urandom)
        await credentials.open(config.account_sid, config.auth_token)
        yield OpenAccount(settings, store, credentials)
    finally:
        await store.close()


def _add(
    group: click.Group,
    name: str,
    callback: Callable[..., None],
    example: str,
    *own: click.Parameter,
) -> None:
    group.add_command(
        Command(
            name,
            callback=callback,
            params=[*settings_options(), *own],
            help=callback.__doc__,
            epilog=examples(example),
        )
    )


_add(
    account,
    "show",
    show,
    "taskyard account show --config /etc/taskyard.toml",
    click.Option(["--reveal"], is_flag=True, help="Show the auth token itself."),
)
_add(account, "rotate", rotate, "taskyard account rotate --config /etc/taskyard.toml")
_add(keys, "create", create, "taskyard account keys create --database sqlite:///taskyard.db")
_add(keys, "list", list_all, "taskyard account keys list")
_add(
    keys,
    "delete",
    delete,
    "taskyard account keys delete SK0123456789abcdef0123456789abcdef",
    click.Argument(["sid"], metavar="SID"),
)
