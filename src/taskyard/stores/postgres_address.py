"""Which PostgreSQL database an address means, and how it is called without its password."""

from dataclasses import dataclass, field
from urllib.parse import SplitResult, parse_qs, unquote, urlsplit

SCHEMES = ("postgresql", "postgres")
_DEFAULT_PORT = 5432


@dataclass(frozen=True)
class Address:
    """Where a database is.

    Attributes:
        url: All of it, as libpq understands it: it may hold a password, so it is never shown.
        name: What it is called in errors: `name on host:port`.
    """

    url: str = field(repr=False)
    name: str


def address_of(url: str) -> Address:
    """Read an address.

    Args:
        url: `postgresql://user:password@host:port/database`, and options of libpq after a `?`.

    Raises:
        ValueError: It is none; the message does not repeat it.
    """
    try:
        parts = urlsplit(url)
        if url.count("@") > 1 or "@" in parts.path + parts.query:
            raise ValueError("an @, a / or a ? that is not percent-encoded")
        options = parse_qs(parts.query, strict_parsing=bool(parts.query))
        places = _places(parts, options)
    except ValueError as error:
        # Not its own message: it may hold a part of the password.
        raise ValueError(
            "the PostgreSQL address is not understood: "
            "use postgresql://user:password@host:port/database, percent-encoded"
        ) from error
    database = unquote(parts.path.removeprefix("/")) or _last(options, "dbname", "database")
    if not database:
        raise ValueError(
            "the PostgreSQL address names no database: "
            "use postgresql://user:password@host:port/database"
        )
    return Address(url=url, name=f"{database} on {places}")


def _places(parts: SplitResult, options: dict[str, list[str]]) -> str:
    if parts.scheme not in SCHEMES or parts.fragment:
        raise ValueError("another scheme, or a # that is not percent-encoded")
    hosts = parts.netloc.rpartition("@")[2]
    if hosts and "," not in hosts:
        return f"{parts.hostname or 'localhost'}:{parts.port or _DEFAULT_PORT}"
    return unquote(hosts) or _last(options, "host") or "this machine"


def _last(options: dict[str, list[str]], *names: str) -> str:
    return next((options[name][-1] for name in names if name in options), "")
