"""Which store an address means."""

import re
from pathlib import Path

from .interface import Store
from .memory import MemoryStore
from .sqlite import SqliteStore

_SQLITE = "sqlite:///"
POSTGRES = ("postgresql://", "postgres://")
_PASSWORD = re.compile(r"(?<=://)([^:/@]*:).*(?=@)")
_PASSWORD_OPTION = re.compile(r"([?&](?:ssl)?password=)[^&]*")


async def open_store(url: str, *, create: bool = True, read_only: bool = False) -> Store:
    """Open the store that an address names, ready for use.

    Args:
        url: `sqlite:///relative/path`, `sqlite:////absolute/path`, `memory://` or
            `postgresql://user:password@host:port/database`. A path is taken as it stands, without
            percent-decoding; the parts of a PostgreSQL address are percent-encoded.
        create: Whether a database that does not exist yet is made. Its folder never is, and of
            PostgreSQL's only the tables.
        read_only: Whether nothing will be written: then it need not be possible now.

    Raises:
        ValueError: The address names no store that there is.
        StoreError: The store cannot be opened; one line says why.
    """
    if url == "memory://":
        return MemoryStore()
    if url.startswith(POSTGRES):
        # Imported only now: its driver is half as large as all the rest that a start loads.
        from .postgres import PostgresStore

        return await PostgresStore.open(url, create=create, read_only=read_only)
    path = url.removeprefix(_SQLITE)
    if path == url:
        raise ValueError(
            f"database {without_password(url)!r} is not understood: use sqlite:///relative/path, "
            "sqlite:////absolute/path, postgresql://user:password@host:port/database or memory://"
        )
    if path in {"", ":memory:"}:
        raise ValueError(f"database {url!r} names no file: for a passing store use memory://")
    return await SqliteStore.open(Path(path), create=create, read_only=read_only)


def without_password(url: str) -> str:
    """An address as it may be shown."""
    return _PASSWORD_OPTION.sub(r"\1********", _PASSWORD.sub(r"\1********", url))


def file_of(url: str) -> Path:
    """The file of an SQLite database, for those who only look at it.

    Raises:
        ValueError: The address is not that of a file.
    """
    path = url.removeprefix(_SQLITE)
    if path in {url, "", ":memory:"}:
        raise ValueError(
            f"database {without_password(url)!r} is no file: use a path, or sqlite:///path"
        )
    return Path(path)
