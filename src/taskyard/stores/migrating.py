"""Bringing a database's schema to what this release uses, apart from any server's start."""

import asyncio
import contextlib
import sqlite3
from dataclasses import dataclass
from pathlib import Path

from . import sqlite_file
from .interface import StoreError
from .urls import POSTGRES, file_of, without_password

_BUSY_TIMEOUT_S = 5.0


@dataclass(frozen=True)
class Migrated:
    """What was done.

    Attributes:
        name: What the database is called, without its password.
        found: The schema version that it had; 0 for an empty one.
        now: The one that it has.
    """

    name: str
    found: int
    now: int


async def migrate(url: str) -> Migrated:
    """Apply the migrations that a database has not seen, all or nothing.

    Args:
        url: The address of an SQLite file that exists, or of a PostgreSQL database; its tables
            are made if it has none.

    Raises:
        ValueError: The address names no such database.
        StoreError: It cannot be done; one line says why, and nothing was changed.
    """
    if url.startswith(POSTGRES):
        from .postgres_address import address_of
        from .postgres_connections import Connections
        from .postgres_schema import prepare

        address = address_of(url)
        connections = Connections(address, at_most=1)
        try:
            found, now = await prepare(address, connections, create=True)
        finally:
            await connections.close()
        return Migrated(without_password(url), found, now)
    path = file_of(url).absolute()
    found = await asyncio.to_thread(_version_of, path)
    await asyncio.to_thread(sqlite_file.prepare, path, create=True, busy_timeout_s=_BUSY_TIMEOUT_S)
    return Migrated(url, found, await asyncio.to_thread(_version_of, path))


def _version_of(path: Path) -> int:
    if not sqlite_file.is_there(path):
        raise StoreError(f"database {path} does not exist")
    with (
        sqlite_file.translated(path),
        contextlib.closing(sqlite3.connect(f"{path.as_uri()}?mode=ro", uri=True)) as connection,
    ):
        return sqlite_file.schema_version(path, connection)
