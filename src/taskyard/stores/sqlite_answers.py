"""Kept answers in SQLite: what repeats a request with its idempotency key is told again."""

import sqlite3
from collections.abc import Iterator, Sequence

from .interface import ANSWER_KEPT_MS, KeptAnswer, StoreError
from .packing import pack, unpack

_ANSWERS_PER_STATEMENT = 100
"""Seven values each stay below the 999 that every build of SQLite takes."""

_FIND_LIVE = """\
WITH new (account_sid, key, at_ms) AS (VALUES {})
SELECT new.key FROM new CROSS JOIN answers AS old
  ON old.account_sid = new.account_sid AND old.key = new.key
WHERE old.at_ms > new.at_ms - ? LIMIT 1"""
_INSERT = """\
INSERT OR REPLACE INTO answers (account_sid, key, request, at_ms, status, version, body)
VALUES {}"""
_READ = """\
SELECT request, at_ms, status, version, body FROM answers
WHERE account_sid = ? AND key = ? AND at_ms > ?"""
_DROP = """\
DELETE FROM answers WHERE number IN (
  SELECT number FROM answers WHERE at_ms <= ? ORDER BY at_ms LIMIT ?)"""


def taken_key(connection: sqlite3.Connection, answers: Sequence[KeptAnswer]) -> str | None:
    """The key of one of these that has a live answer already, or that two of these have."""
    seen: set[tuple[str, str]] = set()
    for one in answers:
        if (one.account_sid, one.key) in seen:
            return one.key
        seen.add((one.account_sid, one.key))
    for some in _chunks(answers):
        values = [value for one in some for value in (one.account_sid, one.key, one.at_ms)]
        statement = _FIND_LIVE.format(", ".join(["(?, ?, ?)"] * len(some)))
        found = connection.execute(statement, (*values, ANSWER_KEPT_MS)).fetchone()
        if found is not None:
            return str(found[0])
    return None


def insert_answers(connection: sqlite3.Connection, answers: Sequence[KeptAnswer]) -> None:
    """Keep these, in place of what has expired; none has a key that is taken."""
    for some in _chunks(answers):
        values: list[str | int | bytes | None] = []
        for one in some:
            values += (one.account_sid, one.key, one.request, one.at_ms)
            values += (one.status, one.version, pack(one.body))
        statement = _INSERT.format(", ".join(["(?, ?, ?, ?, ?, ?, ?)"] * len(some)))
        connection.execute(statement, values)


def read_answer(
    account_sid: str, key: str, after_ms: int, connection: sqlite3.Connection
) -> KeptAnswer | None:
    """The answer of a key, if it was kept after the instant."""
    found = connection.execute(_READ, (account_sid, key, after_ms)).fetchone()
    if found is None:
        return None
    request, at_ms, status, version, body = found
    try:
        plain = unpack(body)
    except ValueError as error:
        raise StoreError(
            f"the answer that was kept for idempotency key {key!r} cannot be unpacked ({error})"
        ) from error
    return KeptAnswer(
        account_sid=account_sid,
        key=key,
        request=request,
        at_ms=at_ms,
        status=status,
        version=version,
        body=plain,
    )


def drop_answers(until_ms: int, at_most: int, connection: sqlite3.Connection) -> int:
    """Drop the oldest answers that were kept until the instant; gives back how many."""
    return connection.execute(_DROP, (until_ms, at_most)).rowcount


def _chunks(answers: Sequence[KeptAnswer]) -> Iterator[Sequence[KeptAnswer]]:
    for start in range(0, len(answers), _ANSWERS_PER_STATEMENT):
        yield answers[start : start + _ANSWERS_PER_STATEMENT]
