"""Kept answers in PostgreSQL: what repeats a request with its idempotency key is told again."""

from collections.abc import Sequence

from .interface import ANSWER_KEPT_MS, KeptAnswer, KeyTaken, StoreError
from .packing import pack, unpack
from .postgres_connections import Connections

# Whoever comes second with a key waits for the first, and then finds it taken.
_KEEP = """\
INSERT INTO answers AS old (account_sid, key, request, at_ms, status, version, body)
SELECT * FROM unnest(
  $1::text[], $2::text[], $3::bytea[], $4::bigint[], $5::integer[], $6::bigint[], $7::bytea[])
  AS new (account_sid, key, request, at_ms, status, version, body)
ORDER BY new.account_sid, new.key
ON CONFLICT (account_sid, key) DO UPDATE SET request = excluded.request,
  at_ms = excluded.at_ms, status = excluded.status, version = excluded.version,
  body = excluded.body
WHERE old.at_ms <= excluded.at_ms - $8
RETURNING account_sid, key"""
_READ = """\
SELECT request, at_ms, status, version, body FROM answers
WHERE account_sid = $1 AND key = $2 AND at_ms > $3"""
_DROP = """\
DELETE FROM answers WHERE (account_sid, key) IN (
  SELECT account_sid, key FROM answers WHERE at_ms <= $1 ORDER BY at_ms LIMIT $2)"""


async def keep_answers(connections: Connections, answers: Sequence[KeptAnswer]) -> None:
    """Keep these, all or none.

    Raises:
        KeyTaken: One has a key that has a live answer already, or that two of these have.
    """
    seen: set[tuple[str, str]] = set()
    for one in answers:
        if (one.account_sid, one.key) in seen:
            raise KeyTaken(one.key)
        seen.add((one.account_sid, one.key))
    async with connections.transaction() as connection:
        kept = await connection.fetch(
            _KEEP,
            [one.account_sid for one in answers],
            [one.key for one in answers],
            [one.request for one in answers],
            [one.at_ms for one in answers],
            [one.status for one in answers],
            [one.version for one in answers],
            [pack(one.body) for one in answers],
            ANSWER_KEPT_MS,
        )
        taken = seen - {(account_sid, key) for account_sid, key in kept}
        if taken:
            raise KeyTaken(min(taken)[1])


async def read_answer(
    connections: Connections, account_sid: str, key: str, after_ms: int
) -> KeptAnswer | None:
    """The answer of a key, if it was kept after the instant."""
    found = await connections.fetchrow(_READ, account_sid, key, after_ms)
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


async def drop_answers(connections: Connections, until_ms: int, at_most: int) -> int:
    """Drop the oldest answers that were kept until the instant; gives back how many."""
    return await connections.execute(_DROP, until_ms, at_most)
