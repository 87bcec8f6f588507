"""Copies of a database that are known to be sound before they have a name."""

from pathlib import Path

import msgspec

from taskyard.stores import StoreError
from taskyard.stores.sqlite_copying import made_for
from taskyard.stores.sqlite_reading import reading

from .database_check import check_database


class Copied(msgspec.Struct, frozen=True):
    """What was copied: the check's last line, and the size of the file in bytes."""

    found: str
    size_bytes: int


def copy_database(source: Path, target: Path, *, overwrite: bool) -> Copied:
    """Copy an SQLite database, of one moment, also while a server uses it, and check the copy.

    The copy is made beside its place, flushed to the disk, and takes the place in one step, so that
    a database of this name is always a whole one.

    Args:
        source: The database, or a backup of one.
        target: Where the copy goes; its folder has to exist.
        overwrite: Whether a file that is there is replaced. One that a server has open never is.

    Raises:
        StoreError: The source cannot be read or has problems, or the target is taken, in use, or
            cannot be written. The target is as it was.
    """
    if _are_one(source, target):
        raise StoreError(f"{target} is the database itself: name another file")
    with made_for(target.absolute(), overwrite=overwrite) as made:
        with reading(source) as opened:
            opened.copy_to(made)
        lines: list[str] = []
        if not check_database(str(made), lines.append):
            raise StoreError(
                f"database {source} has problems, and nothing was copied: "
                "`taskyard check` names them"
            )
        size_bytes = made.stat().st_size
    return Copied(found=lines[-1], size_bytes=size_bytes)


def _are_one(source: Path, target: Path) -> bool:
    try:
        return source.samefile(target)
    except OSError:  # of what is not there, or may not be looked at, it is told later what is wrong
        return False
