"""Which store an address means."""

from pathlib import Path

from .interface import Store
from .memory import MemoryStore
from .sqlite import SqliteStore

_SQLITE = "sqlite:///"
_POSTGRES = ("postgresql://", "postgres://")


async def open_store(url: str, *, create: bool = True) -> Store:
    """Open the store that an address names, ready for use.

    Args:
        url: `sqlite:///relative/path`, `sqlite:////absolute/path`, `memory://` or
            `postgresql://user:password@host:port/database`. A path is taken as it stands, without
            percent-decoding; the parts of a PostgreSQL address are percent-encoded.
        create: Whether a database that does not exist yet is made. Its folder never is, and of
            PostgreSQL's only the tables.

    Raises:
        ValueError: The address names no store that there is.
        StoreError: The store cannot be opened; one line says why.
    """
    if url == "memory://":
        return MemoryStore()
    if url.startswith(_POSTGRES):
        # Imported only now: its driver is half as large as all the rest that a start loads.
        from .postgres import PostgresStore

        return await PostgresStore.open(url, create=create)
    path = url.removeprefix(_SQLITE)
    if path == url:
        raise ValueError(
            f"database {url!r} is not understood: use sqlite:///relative/path, "
            "sqlite:////absolute/path, postgresql://user:password@host:port/database or memory://"
        )
    if path in {"", ":memory:"}:
        raise ValueError(f"database {url!r} names no file: for a passing store use memory://")
    return await SqliteStore.open(Path(path), create=create)


def file_of(url: str) -> Path:
    """The file of an SQLite database, for those who only look at it.

    Raises:
        ValueError: The address is not that of a file.
    """
    path = url.removeprefix(_SQLITE)
    if path in {url, "", ":memory:"}:
        raise ValueError(f"database {url!r} is no file: use a path, or sqlite:///path")
    return Path(path)
