"""A store that lasts as long as the process: for tests, demonstrations and trials."""

import bisect
from collections.abc import AsyncIterator, Sequence

from .interface import (
    SNAPSHOTS_KEPT,
    Account,
    ApiKey,
    Append,
    JournalExtent,
    JournalRow,
    KeptSnapshot,
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
        self._verified: dict[tuple[str, int], bytes] = {}
        """The digests of the snapshots that were found good."""
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

    async def keep_snapshot(self, row: SnapshotRow, *, needed_at: int | None = None) -> None:
        """Keep a snapshot."""
        self._check_open()
        if row.workspace_sid in self._workspaces:
            kept = self._snapshots.setdefault(row.workspace_sid, {})
            kept[row.position] = row
            readers = [at for at in kept if needed_at is not None and at <= needed_at]
            for position in sorted(kept)[:-SNAPSHOTS_KEPT]:
                if position != max(readers, default=None):
                    del kept[position]

    async def snapshots(self, workspace_sid: str) -> AsyncIterator[SnapshotRow]:
        """The snapshots of a workspace."""
        self._check_open()
        kept = self._snapshots.get(workspace_sid, {})
        for position in sorted(kept, reverse=True):
            yield kept[position]

    async def mark_verified(self, row: SnapshotRow) -> None:
        """Note that a snapshot is good."""
        self._check_open()
        self._verified[row.workspace_sid, row.position] = row.digest

    async def drop_snapshots(self, workspace_sid: str, up_to_position: int) -> None:
        """Let go of snapshots."""
        self._check_open()
        kept = self._snapshots.get(workspace_sid, {})
        for position in [at for at in kept if at <= up_to_position]:
            del kept[position]

    async def extents(self) -> list[JournalExtent]:
        """Every journal that has rows."""
        self._check_open()
        return [
            JournalExtent(
                workspace_sid=sid,
                listed=sid in self._workspaces,
                first_position=journal[0].first_position,
                first_ms=journal[0].at_ms,
                last_position=journal[-1].last_position,
                last_ms=journal[-1].at_ms,
                snapshots=tuple(
                    KeptSnapshot(at, row.at_ms, self._verified.get((sid, at)) == row.digest)
                    for at, row in sorted(self._snapshots.get(sid, {}).items())
                ),
            )
            for sid, journal in self._journals.items()
            if journal
        ]

    async def prune(
        self, workspace_sid: str, up_to_position: int, before_ms: int, at_most: int
    ) -> int:
        """Let go of a journal's oldest rows."""
        self._check_open()
        journal = self._journals.get(workspace_sid, [])
        most = min(at_most, len(journal) - (workspace_sid in self._workspaces))
        going = 0
        while (
            going < most
            and journal[going].last_position <= up_to_position
            and journal[going].at_ms < before_ms
        ):
            going += 1
        del journal[:going]
        return going

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

    async def probe(self) -> None:
        """Find out whether it is open."""
        self._check_open()

    async def close(self) -> None:
        """Refuse everything from now on."""
        self._closed = True

    def _check_open(self) -> None:
        if self._closed:
            raise StoreError("the store is closed")
