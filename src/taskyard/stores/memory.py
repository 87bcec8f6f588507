"""A store that lasts as long as the process: for tests, demonstrations and trials."""

import bisect
from collections.abc import AsyncIterator, Sequence

from .interface import (
    SNAPSHOTS_KEPT,
    Account,
    ApiKey,
    Append,
    JournalRow,
    SnapshotRow,
    StalePosition,
    StoreError,
    WorkspaceEntry,
)


class MemoryStore:
    """Keeps every promise of `Store` but that of outliving its process."""

    def __init__(self) -> None:
        self._journals: dict[str, list[JournalRow]] = {}
        self._snapshots: dict[str, dict[int, SnapshotRow]] = {}
        self._workspaces: dict[str, WorkspaceEntry] = {}
        self._accounts: dict[str, Account] = {}
        self._api_keys: dict[str, ApiKey] = {}
        self._closed = False

    async def append(self, appends: Sequence[Append]) -> dict[str, StoreError]:
        """Keep these rows."""
        failures: dict[str, StoreError] = {}
        for one in appends:
            sid = one.row.workspace_sid
            journal = self._journals.get(sid, [])
            if self._closed:
                failures[sid] = StoreError("the store is closed")
            elif one.row.first_position != (journal[-1].last_position if journal else 0) + 1:
                failures[sid] = StalePosition(sid, one.row.first_position)
            else:
                self._journals.setdefault(sid, journal).append(one.row)
                if one.lists is not None:
                    self._workspaces[sid] = one.lists
                if one.unlists:
                    self._workspaces.pop(sid, None)
                    self._snapshots.pop(sid, None)
        return failures

    async def rows(self, workspace_sid: str, after_position: int) -> AsyncIterator[JournalRow]:
        """The rows that begin after this position."""
        self._check_open()
        journal = self._journals.get(workspace_sid, [])
        start = bisect.bisect_right(journal, after_position, key=lambda row: row.first_position)
        for row in journal[start:]:
            yield row

    async def keep_snapshot(self, row: SnapshotRow) -> None:
        """Keep a snapshot."""
        self._check_open()
        if row.workspace_sid in self._workspaces:
            kept = self._snapshots.setdefault(row.workspace_sid, {})
            kept[row.position] = row
            for position in sorted(kept)[:-SNAPSHOTS_KEPT]:
                del kept[position]

    async def snapshots(self, workspace_sid: str) -> AsyncIterator[SnapshotRow]:
        """The snapshots of a workspace."""
        self._check_open()
        kept = self._snapshots.get(workspace_sid, {})
        for position in sorted(kept, reverse=True):
            yield kept[position]

    async def workspaces(self) -> list[WorkspaceEntry]:
        """The workspaces that exist."""
        self._check_open()
        return list(self._workspaces.values())

    async def accounts(self) -> list[Account]:
        """The accounts that were kept."""
        self._check_open()
        return list(self._accounts.values())

    async def keep_account(self, account: Account) -> None:
        """Keep an account."""
        self._check_open()
        self._accounts[account.sid] = account

    async def api_keys(self) -> list[ApiKey]:
        """The API keys that were kept."""
        self._check_open()
        return list(self._api_keys.values())

    async def keep_api_key(self, key: ApiKey) -> None:
        """Keep an API key."""
        self._check_open()
        self._api_keys[key.sid] = key

    async def delete_api_key(self, sid: str) -> None:
        """Forget an API key."""
        self._check_open()
        self._api_keys.pop(sid, None)

    async def probe(self) -> None:
        """Find out whether it is open."""
        self._check_open()

    async def close(self) -> None:
        """Refuse everything from now on."""
        self._closed = True

    def _check_open(self) -> None:
        if self._closed:
            raise StoreError("the store is closed")
