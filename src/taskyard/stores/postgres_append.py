"""Appending in PostgreSQL: one call of a function for the rows of many workspaces."""

import asyncio
from collections.abc import Iterator, Sequence

from .interface import (
    ANSWER_KEPT_MS,
    Append,
    KeptAnswer,
    KeyTaken,
    StalePosition,
    StoreError,
)
from .packing import pack
from .postgres_connections import Connections
from .postgres_errors import KeyTakenMeanwhile
from .sharing import LeaseLost

_ROWS_PER_CALL = 140
"""What they tell fits into one notification, whatever the positions."""
_WORTH_A_THREAD = 32_768
"""From so many bytes on, packing them would hold up the event loop."""
_KEEP = """\
SELECT failed, reason, taken_key FROM keep_rows(
  $1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21,
  $22)"""


async def append(connections: Connections, appends: Sequence[Append]) -> dict[str, StoreError]:
    """Keep these rows; gives back why which were not, or are not known to be."""
    failures: dict[str, StoreError] = {}
    for some in _calls(appends):
        try:
            failures |= await _keep(connections, some)
        except KeyTakenMeanwhile:
            for one in some:
                failures |= await _keep_alone(connections, one)
        except StoreError as error:
            failures |= {one.row.workspace_sid: error for one in some}
    return failures


async def _keep_alone(connections: Connections, one: Append) -> dict[str, StoreError]:
    try:
        return await _keep(connections, [one])
    except KeyTakenMeanwhile:
        return {one.row.workspace_sid: KeyTaken(one.answers[0].key)}
    except StoreError as error:
        return {one.row.workspace_sid: error}


async def _keep(connections: Connections, appends: Sequence[Append]) -> dict[str, StoreError]:
    ordered = sorted(appends, key=lambda one: one.row.workspace_sid)
    rows = [one.row for one in ordered]
    listed = [(one.lists, one.node_sid) for one in appends if one.lists is not None]
    answers = [(number, one) for number, of in enumerate(ordered, 1) for one in of.answers]
    bodies, packed_answers = await _packed([row.body for row in rows], [one for _, one in answers])
    found = await connections.fetch(
        _KEEP,
        [row.workspace_sid for row in rows],
        [row.first_position for row in rows],
        [row.last_position for row in rows],
        [row.at_ms for row in rows],
        [row.codec_version for row in rows],
        bodies,
        [one.node_sid for one in ordered],
        [one.epoch for one in ordered],
        [one.row.workspace_sid for one in ordered if one.unlists],
        [entry.sid for entry, _ in listed],
        [entry.account_sid for entry, _ in listed],
        [entry.created_ms for entry, _ in listed],
        [node_sid for _, node_sid in listed],
        [number for number, _ in answers],
        [one.account_sid for _, one in answers],
        [one.key for _, one in answers],
        [one.request for _, one in answers],
        [one.at_ms for _, one in answers],
        [one.status for _, one in answers],
        [one.version for _, one in answers],
        packed_answers,
        ANSWER_KEPT_MS,
    )
    by_sid = {one.row.workspace_sid: one for one in ordered}
    return {sid: _failure(by_sid[sid], reason, key) for sid, reason, key in found}


def _failure(one: Append, reason: str, key: str | None) -> StoreError:
    sid = one.row.workspace_sid
    if reason == "lease":
        assert one.epoch is not None
        return LeaseLost(sid, one.epoch)
    if reason == "key":
        assert key is not None
        return KeyTaken(key)
    return StalePosition(sid, one.row.first_position)


async def _packed(
    bodies: Sequence[bytes], answers: Sequence[KeptAnswer]
) -> tuple[list[bytes], list[bytes]]:
    def work() -> tuple[list[bytes], list[bytes]]:
        return [pack(body) for body in bodies], [pack(one.body) for one in answers]

    if sum(map(len, bodies)) + sum(len(one.body) for one in answers) < _WORTH_A_THREAD:
        return work()
    return await asyncio.to_thread(work)


def _calls(appends: Sequence[Append]) -> Iterator[Sequence[Append]]:
    """Some at a time, so that a call does not have an idempotency key twice."""
    some: list[Append] = []
    keys: set[tuple[str, str]] = set()
    for one in appends:
        own = {(answer.account_sid, answer.key) for answer in one.answers}
        if some and (len(some) == _ROWS_PER_CALL or own & keys):
            yield some
            some, keys = [], set()
        some.append(one)
        keys |= own
    if some:
        yield some
