"""Callback positions and alerts in SQLite: each function is run in a thread of the store."""

import sqlite3
from collections.abc import Sequence

from .interface import ALERTS_KEPT, AlertRow
from .sqlite_transactions import transaction, unhurried

_KEEP_POSITION = """\
INSERT INTO callback_positions (workspace_sid, position) VALUES (?, ?)
ON CONFLICT (workspace_sid) DO UPDATE
  SET position = max(callback_positions.position, excluded.position)"""
_COLUMNS = "number, workspace_sid, at_ms, body"


def read_position(connection: sqlite3.Connection, receiver: str) -> int | None:
    """Up to where a receiver has been told; its name is in the column `workspace_sid`."""
    found = connection.execute(
        "SELECT position FROM callback_positions WHERE workspace_sid = ?", (receiver,)
    ).fetchone()
    return None if found is None else int(found[0])


def keep_position(connection: sqlite3.Connection, receiver: str, position: int) -> None:
    """Note up to where a receiver has been told."""
    with unhurried(connection):
        connection.execute(_KEEP_POSITION, (receiver, position))


def keep_alerts(connection: sqlite3.Connection, alerts: Sequence[AlertRow]) -> None:
    """Keep alerts, and of all only the newest."""
    with unhurried(connection), transaction(connection):
        for one in alerts:
            connection.execute(
                "INSERT INTO alerts (workspace_sid, at_ms, body) VALUES (?, ?, ?)",
                (one.workspace_sid, one.at_ms, one.body),
            )
        connection.execute(
            "DELETE FROM alerts WHERE number <= (SELECT max(number) FROM alerts) - ?",
            (ALERTS_KEPT,),
        )


def read_alerts(
    connection: sqlite3.Connection, workspace_sid: str | None, before: int, at_most: int
) -> list[AlertRow]:
    """Alerts before a number, the newest first."""
    where = "number < ?"
    values: list[str | int] = [before]
    if workspace_sid is not None:
        where, values = f"workspace_sid = ? AND {where}", [workspace_sid, before]
    found = connection.execute(
        f"SELECT {_COLUMNS} FROM alerts WHERE {where} ORDER BY number DESC LIMIT ?",
        (*values, at_most),
    ).fetchall()
    return [
        AlertRow(number=number, workspace_sid=sid, at_ms=at_ms, body=body)
        for number, sid, at_ms, body in found
    ]
