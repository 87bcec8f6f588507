"""One SQLite file: making it, knowing it for ours, its schema, and what can be wrong with it."""

import contextlib
import os
import sqlite3
from collections.abc import Iterator
from importlib import resources
from pathlib import Path

from .interface import StoreError

_APPLICATION_ID = 0x54595244
"""Written into the file's header, so that no other program's database is taken for ours."""

_PRIMARY_CODE = 0xFF
_MEANINGS = {
    sqlite3.SQLITE_NOTADB: "is not a database",
    sqlite3.SQLITE_CORRUPT: "is damaged",
    sqlite3.SQLITE_BUSY: "is locked by another process",
    sqlite3.SQLITE_LOCKED: "is locked by another process",
    sqlite3.SQLITE_FULL: "cannot grow: the disk is full",
    sqlite3.SQLITE_READONLY: "cannot be written",
    sqlite3.SQLITE_CANTOPEN: "cannot be opened",
    sqlite3.SQLITE_IOERR: "cannot be read or written",
}


@contextlib.contextmanager
def translated(path: Path) -> Iterator[None]:
    """Turn what sqlite3 raises within into a `StoreError` of one line about this file."""
    try:
        yield
    except sqlite3.Error as error:
        code = getattr(error, "sqlite_errorcode", None)
        meaning = _MEANINGS.get(code & _PRIMARY_CODE) if isinstance(code, int) else None
        raise StoreError(f"database {path} {meaning or 'failed'} ({error})") from error


def prepare(path: Path, *, create: bool, read_only: bool = False, busy_timeout_s: float) -> Path:
    """Make the file if need be, and bring its schema to what this release uses.

    Returns:
        Where it is, whatever the process makes its current folder later.

    Raises:
        StoreError: There is no such file or an empty one and none is to be made, it is not ours, it
            is newer than this release, or it cannot be written.
    """
    path = path.absolute()
    if create:
        _create(path)
    elif not is_there(path):
        raise StoreError(f"database {path} does not exist")
    with translated(path), contextlib.closing(connect(path, busy_timeout_s)) as connection:
        # The first look changes nothing, so that a file of somebody else's stays as it is.
        # Nor does it see the half of what another process makes in one transaction.
        connection.execute("BEGIN")
        try:
            version = schema_version(path, connection)
        finally:
            connection.execute("ROLLBACK")
        if version == 0 and not create:
            raise StoreError(f"database {path} is empty: no server has used it yet")
        mode = connection.execute("PRAGMA journal_mode = WAL").fetchone()[0]
        if mode != "wal":
            raise StoreError(f"database {path} cannot have a write-ahead log: it stays {mode!r}")
        if version < len(_migrations()):
            _migrate(path, connection)
        elif not read_only:
            _try_to_write(connection, version)
    return path


def is_there(path: Path) -> bool:
    """Whether there is such a file.

    Raises:
        StoreError: Nobody can say, as where a folder above it may not be entered.
    """
    try:
        path.stat()
    except (FileNotFoundError, NotADirectoryError):
        return False
    except OSError as error:
        raise StoreError(f"database {path} cannot be opened ({error.strerror})") from error
    return True


def _try_to_write(connection: sqlite3.Connection, version: int) -> None:
    """Change nothing, but in a way that needs the right to: better refused now than later."""
    connection.execute("BEGIN IMMEDIATE")
    try:
        connection.execute(f"PRAGMA user_version = {version}")
    finally:
        connection.execute("ROLLBACK")


def connect(path: Path, busy_timeout_s: float) -> sqlite3.Connection:
    """A connection that commits every statement outside BEGIN at once, durably."""
    connection = sqlite3.connect(path, timeout=busy_timeout_s, isolation_level=None)
    connection.execute("PRAGMA synchronous = FULL")
    # Each connection would otherwise checkpoint within a commit of its own.
    connection.execute("PRAGMA wal_autocheckpoint = 0")
    return connection


def rewrite_header(connection: sqlite3.Connection) -> None:
    """Write and commit a page of the file as it is: what keeps that from working raises."""
    connection.execute("BEGIN IMMEDIATE")
    try:
        # Read under the lock: a later release may have just brought the schema further.
        version = connection.execute("PRAGMA user_version").fetchone()[0]
        connection.execute(f"PRAGMA user_version = {version}")
        connection.execute("COMMIT")
    except BaseException:
        if connection.in_transaction:
            connection.execute("ROLLBACK")
        raise


def _create(path: Path) -> None:
    """Make an empty file for our eyes only: it will hold the auth token."""
    try:
        os.close(os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600))
    except FileExistsError:
        pass  # never opened here: closing it would drop the locks this process has on it
    except FileNotFoundError as error:
        raise StoreError(f"database {path} cannot be made: its folder does not exist") from error
    except OSError as error:
        raise StoreError(f"database {path} cannot be made: {error.strerror}") from error


def schema_version(path: Path, connection: sqlite3.Connection) -> int:
    """How many migrations the file has seen; 0 for an empty one."""
    owner = connection.execute("PRAGMA application_id").fetchone()[0]
    version: int = connection.execute("PRAGMA user_version").fetchone()[0]
    if owner != _APPLICATION_ID:
        if owner or connection.execute("SELECT 1 FROM sqlite_master LIMIT 1").fetchone():
            raise StoreError(f"database {path} belongs to another program")
        return 0
    if version > len(_migrations()):
        raise StoreError(
            f"database {path} is of schema version {version}, newer than the "
            f"{len(_migrations())} of this release: use the release that wrote it, or a later one"
        )
    return version


def _migrate(path: Path, connection: sqlite3.Connection) -> None:
    """Apply what is missing, all or nothing."""
    connection.execute("BEGIN IMMEDIATE")
    try:
        # Asked again under the lock: another process may have been first.
        for number, script in enumerate(_migrations(), start=1):
            if number > schema_version(path, connection):
                for statement in _statements(script):
                    connection.execute(statement)
                connection.execute(f"PRAGMA application_id = {_APPLICATION_ID}")
                connection.execute(f"PRAGMA user_version = {number}")
        connection.execute("COMMIT")
    except BaseException:
        if connection.in_transaction:  # a full disk has rolled back already
            connection.execute("ROLLBACK")
        raise


def _migrations() -> list[str]:
    """The scripts in their order; the n-th leads to schema version n."""
    folder = resources.files(__package__) / "migrations" / "sqlite"
    scripts = sorted(
        (file for file in folder.iterdir() if file.name.endswith(".sql")), key=lambda f: f.name
    )
    return [script.read_text(encoding="utf-8") for script in scripts]


def _statements(script: str) -> Iterator[str]:
    """The statements of a script. `executescript` will not do: it commits before it begins."""
    statement = ""
    for line in script.splitlines(keepends=True):
        statement += line
        if sqlite3.complete_statement(statement):
            yield statement
            statement = ""
    assert not statement.strip(), "a migration ends in an unfinished statement"
