"""What a callback's address says of timeouts and retries, behind its `#`.

Source: TaskRouter, events, section 6.1. Choice: a number out of range counts as the nearest that is
in it, what cannot be read as if it were not there.
"""

import re
from typing import Literal
from urllib.parse import parse_qsl

import msgspec

Failure = Literal["4xx", "5xx", "ct", "rt"]
FAILURES: tuple[Failure, ...] = ("4xx", "5xx", "ct", "rt")
_INTEGER = re.compile(r"-?[0-9]+")
_RANGES = {"ct": (100, 10_000), "rt": (100, 15_000), "tt": (100, 15_000), "rc": (0, 5)}


class Policy(msgspec.Struct, frozen=True, kw_only=True):
    """How long a receiver is waited for, and when it is asked again.

    Attributes:
        connect_ms: Until it must have taken the connection.
        read_ms: Between two signs of life.
        total_ms: For all attempts together.
        retries: How many there may be.
        retried: What is tried again: a refused connection (`ct`), a silence (`rt`), statuses.
    """

    connect_ms: int = 5_000
    read_ms: int = 15_000
    total_ms: int = 15_000
    retries: int = 1
    retried: frozenset[Failure] = frozenset({"ct"})


EVENTS = Policy()
ASSIGNMENTS = Policy(read_ms=5_000, total_ms=5_000, retries=0)
"""The fallback address takes the place of a second attempt."""


def overridden(url: str, policy: Policy) -> Policy:
    """The policy of one address."""
    fragment = url.partition("#")[2]
    said = dict(parse_qsl(fragment, keep_blank_values=True)) if fragment else {}
    names = [name.strip().lower() for name in said.get("rp", "").split(",")]
    retried = frozenset(one for one in FAILURES if one in names or "all" in names)
    return Policy(
        connect_ms=_number(said, "ct", policy.connect_ms),
        read_ms=_number(said, "rt", policy.read_ms),
        total_ms=_number(said, "tt", policy.total_ms),
        retries=_number(said, "rc", policy.retries),
        retried=retried or policy.retried,
    )


def _number(said: dict[str, str], key: str, default: int) -> int:
    text = said.get(key, "").strip()
    if _INTEGER.fullmatch(text) is None:
        return default
    low, high = _RANGES[key]
    return max(low, min(high, int(text[:9])))
