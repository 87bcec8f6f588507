"""Files that are made whole beside their place, and put into it in one step."""

import contextlib
import fcntl
import os
import tempfile
from collections.abc import Iterator
from pathlib import Path

from .interface import StoreError

# Every process that has a database of ours open holds a shared lock on some of these bytes
# (SQLite's file format, "The Lock-Byte Page"). Asked for by themselves, they tell even of a file
# that SQLite cannot read any more.
_LOCK_BYTES_AT = 0x40000000
_LOCK_BYTES = 512

_COMPANIONS = ("-wal", "-shm", "-journal")
"""What SQLite keeps beside a file, and would take for the new one's."""
_ASIDE = "-replaced"
_REPLACED = b"replaced by `taskyard`: the database is another file now\n"


@contextlib.contextmanager
def made_for(path: Path, *, overwrite: bool) -> Iterator[Path]:
    """An empty file in the same folder, which takes its place if the context ends well.

    It is the caller's alone to read and write, for it will hold the auth token. If the context
    ends otherwise, it is deleted and the place is as it was.

    Args:
        path: The place.
        overwrite: Whether something may be there. No process may have it open.

    Raises:
        StoreError: The place is taken, in use, or cannot be written.
    """
    _refuse(path, overwrite=overwrite)
    try:
        number, name = tempfile.mkstemp(prefix=f"{path.name}.", suffix=".part", dir=path.parent)
    except FileNotFoundError as error:
        raise StoreError(f"file {path} cannot be made: its folder does not exist") from error
    except OSError as error:
        raise StoreError(f"file {path} cannot be made: {error.strerror}") from error
    os.close(number)
    made = Path(name)
    try:
        yield made
        try:
            _sync(made)
            with _claimed(path, overwrite=overwrite) as place, _companions_aside(path):
                made.replace(path)
                _spoil(place)
            _sync(path.parent)
        except OSError as error:
            raise StoreError(f"file {path} cannot be written: {error.strerror}") from error
    finally:
        made.unlink(missing_ok=True)


def _refuse(path: Path, *, overwrite: bool) -> None:
    """Better before the work than after it: what would be refused at its end."""
    try:
        if path.is_dir():
            raise StoreError(f"{path} is a folder: name the file that is to be made")
        is_taken = path.exists()
        left = [name for name in _beside(path) if name.exists()]
    except OSError as error:  # a folder above it that may not be entered
        raise StoreError(f"file {path} cannot be made: {error.strerror}") from error
    if not overwrite and (is_taken or left):
        raise _taken(path if is_taken else left[0])
    if is_taken:
        with _locked(path, os.O_RDWR):
            pass


@contextlib.contextmanager
def _claimed(path: Path, *, overwrite: bool) -> Iterator[int]:
    """Keep a place from everybody else; what is made in it for that goes if the context fails."""
    is_new = not path.exists()
    # Never made over what somebody else has made meanwhile.
    how = os.O_RDWR | (os.O_CREAT | os.O_EXCL if is_new or not overwrite else 0)
    with _locked(path, how) as place:
        try:
            yield place
        except BaseException:
            if is_new and os.fstat(place).st_nlink:
                path.unlink()
            raise


@contextlib.contextmanager
def _locked(path: Path, how: int) -> Iterator[int]:
    try:
        place = os.open(path, how, 0o600)
    except FileExistsError as error:
        raise _taken(path) from error
    except OSError as error:
        raise StoreError(f"file {path} cannot be written: {error.strerror}") from error
    try:
        try:
            fcntl.lockf(place, fcntl.LOCK_EX | fcntl.LOCK_NB, _LOCK_BYTES, _LOCK_BYTES_AT)
        except OSError as error:
            raise StoreError(
                f"database {path} is in use by a server or another program: stop that first"
            ) from error
        yield place
    finally:
        os.close(place)


@contextlib.contextmanager
def _companions_aside(path: Path) -> Iterator[None]:
    """Move away what belongs to the old file: its log would be written into the new one.

    They are deleted only when the new file is there, and put back if it is not. A process that dies
    in between leaves them under their other names.
    """
    moved = []
    try:
        for name in _beside(path):
            if name.exists():
                name.rename(name.with_name(name.name + _ASIDE))
                moved.append(name)
        if moved:
            _sync(path.parent)
        yield
    except BaseException:
        for name in moved:
            name.with_name(name.name + _ASIDE).rename(name)
        raise
    for name in moved:
        name.with_name(name.name + _ASIDE).unlink()


def _taken(path: Path) -> StoreError:
    return StoreError(f"file {path} is there already: --force replaces it")


def _beside(path: Path) -> list[Path]:
    return [path.with_name(path.name + companion) for companion in _COMPANIONS]


def _spoil(place: int) -> None:
    """Keep a server that was just starting from going on with the file that is gone.

    It waits for our lock with the old file open, and would then keep everything where nobody finds
    it. So it is told that this is no database. A file that has another name stays as it is.
    """
    if os.fstat(place).st_nlink == 0:
        with contextlib.suppress(OSError):  # the new file is in its place whatever comes of this
            os.pwrite(place, _REPLACED, 0)


def _sync(path: Path) -> None:
    number = os.open(path, os.O_RDONLY)
    try:
        os.fsync(number)
    finally:
        os.close(number)
