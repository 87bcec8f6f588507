"""Rows that a test can tell apart."""

from taskyard.stores import Append, JournalRow, Store, WorkspaceEntry

ACCOUNT = "AC" + "a" * 32


def workspace(number: int) -> str:
    return f"WS{number:032x}"


def row(workspace_sid: str, first: int, last: int | None = None, body: bytes = b"") -> JournalRow:
    return JournalRow(
        workspace_sid=workspace_sid,
        first_position=first,
        last_position=first if last is None else last,
        at_ms=1_700_000_000_000 + first,
        codec_version=1,
        body=body or f"{workspace_sid} {first}".encode(),
    )


def entry(workspace_sid: str) -> WorkspaceEntry:
    return WorkspaceEntry(sid=workspace_sid, account_sid=ACCOUNT, created_ms=1_700_000_000_000)


async def keep(store: Store, *rows: JournalRow) -> None:
    for one in rows:
        assert await store.append([Append(row=one)]) == {}


async def journal(store: Store, workspace_sid: str, after: int = 0) -> list[JournalRow]:
    return [one async for one in store.rows(workspace_sid, after)]
