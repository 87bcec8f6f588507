"""What PostgreSQL, its driver and the network say, in one line that names the database."""

import contextlib
import os
import re
import socket
from collections.abc import Iterator

import asyncpg

from .interface import StoreError
from .postgres_address import Address

_MEANINGS = {
    "28P01": "refuses the password",
    "28000": "refuses the user",
    "3D000": "does not exist",
    "42501": "does not let this user do it",
    "25006": "is read-only",
    "08003": "has ended the connection",
    "08006": "has ended the connection",
    "53100": "cannot grow: the disk is full",
    "53300": "has no connection left",
    "57014": "took too long",
    "57P01": "was stopped",
    "57P02": "was stopped",
    "57P03": "takes no connections now",
    "42P07": "holds tables that Taskyard did not make",
}
_KEY_TAKEN = "TY001"
_ENDED = re.compile(r"connection (is|was) closed|cannot switch to state")
"""What the driver says while it finds out that a connection is gone: the latter in the moment after
the server's last word, before the end itself has arrived."""


class KeyTakenMeanwhile(Exception):
    """All of an append was undone, because somebody took one of its keys at this moment."""


@contextlib.contextmanager
def translated(address: Address) -> Iterator[None]:
    """Turn what is raised within by the driver or the network into a `StoreError` of one line."""
    try:
        yield
    except asyncpg.PostgresError as error:
        if error.sqlstate == _KEY_TAKEN:
            raise KeyTakenMeanwhile from error
        meaning = _MEANINGS.get(error.sqlstate, "failed")
        raise StoreError(f"database {address.name} {meaning} ({_line(error)})") from error
    except TimeoutError as error:
        raise StoreError(f"database {address.name} does not answer") from error
    except socket.gaierror as error:
        raise StoreError(
            f"database {address.name} cannot be reached: its host is not known ({_line(error)})"
        ) from error
    except OSError as error:
        why = os.strerror(error.errno) if error.errno else _line(error)
        raise StoreError(f"database {address.name} cannot be reached ({why})") from error
    except (asyncpg.InterfaceError, asyncpg.InternalClientError) as error:
        line = _line(error)
        meaning = "has ended the connection" if _ENDED.search(line) else "failed"
        raise StoreError(f"database {address.name} {meaning} ({line})") from error


def is_passing(error: BaseException) -> bool:
    """Whether a connection that fails like this may succeed in a moment: a server that starts."""
    if isinstance(error, ConnectionError | FileNotFoundError | asyncpg.CannotConnectNowError):
        return True
    # What the event loop says where a name has several addresses.
    return isinstance(error, OSError) and "Multiple exceptions" in str(error)


def is_over(error: asyncpg.PostgresError) -> bool:
    """Whether the connection that said this is of no use any more."""
    return str(error.sqlstate).startswith(("57P", "08"))


def _line(error: BaseException) -> str:
    lines = str(error).strip().splitlines()
    return lines[0] if lines else type(error).__name__
