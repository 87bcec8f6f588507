"""What every store promises: a directory, and one journal for each workspace."""

from collections.abc import AsyncIterator, Sequence
from typing import Protocol

import msgspec

SNAPSHOTS_KEPT = 2
"""Of one workspace: if the newest is damaged, there is still the one before."""


class StoreError(Exception):
    """The store could not do it. Whether a row was kept all the same, only a reload can tell."""


class StalePosition(StoreError):
    """Somebody else has appended to this workspace's journal: the row was not kept."""

    def __init__(self, workspace_sid: str, first_position: int) -> None:
        super().__init__(
            f"workspace {workspace_sid}: its journal does not end right before position "
            f"{first_position}; somebody else has appended to it"
        )
        self.workspace_sid = workspace_sid
        self.first_position = first_position


class Account(msgspec.Struct, frozen=True):
    """Whose workspaces they are, and the secret that opens them."""

    sid: str
    auth_token: str


class ApiKey(msgspec.Struct, frozen=True, kw_only=True):
    """A second way into an account; its secret also signs access tokens."""

    sid: str
    account_sid: str
    secret: str
    created_ms: int


class WorkspaceEntry(msgspec.Struct, frozen=True, kw_only=True):
    """A line of the directory of workspaces."""

    sid: str
    account_sid: str
    created_ms: int


class JournalRow(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """The events of one turn. Positions count a workspace's events from 1."""

    workspace_sid: str
    first_position: int
    last_position: int
    at_ms: int
    codec_version: int
    body: bytes


class Append(msgspec.Struct, frozen=True, kw_only=True):
    """A row to keep, and what it does to the directory in the same transaction."""

    row: JournalRow
    lists: WorkspaceEntry | None = None
    """With its first row a workspace enters the directory …"""
    unlists: bool = False
    """… and with its last row it leaves. Its rows stay."""


class SnapshotRow(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """What a workspace's journal comes to up to a position, which is the end of a row.

    `length` and `digest` prove that the body is whole; the store keeps them and never looks.
    """

    workspace_sid: str
    position: int
    at_ms: int
    codec_version: int
    length: int
    digest: bytes
    body: bytes


class Store(Protocol):
    """One open store. Whatever it cannot do, it says by a `StoreError`."""

    async def append(self, appends: Sequence[Append]) -> dict[str, StoreError]:
        """Keep these rows, at most one for each workspace; those kept are durable on return.

        A row is kept only if it begins right after the last row of its workspace (the first at 1).
        A stale workspace fails alone. Never raises a `StoreError`.

        Returns:
            For each workspace SID whose row is not known to be kept, why.
        """
        ...

    def rows(self, workspace_sid: str, after_position: int) -> AsyncIterator[JournalRow]:
        """The rows that begin after this position, in order, as they were kept."""
        ...

    async def keep_snapshot(self, row: SnapshotRow) -> None:
        """Keep a snapshot, and only the newest two of its workspace.

        A workspace that is not in the directory keeps none, and those it has go when it leaves.
        """
        ...

    def snapshots(self, workspace_sid: str) -> AsyncIterator[SnapshotRow]:
        """The snapshots of a workspace, the newest first. Each is read when it is asked for."""
        ...

    async def workspaces(self) -> list[WorkspaceEntry]:
        """The workspaces that exist, in the order of their creation."""
        ...

    async def accounts(self) -> list[Account]:
        """The accounts that were kept, in order."""
        ...

    async def keep_account(self, account: Account) -> None:
        """Keep an account, or its new auth token."""
        ...

    async def api_keys(self) -> list[ApiKey]:
        """The API keys that were kept, in order."""
        ...

    async def keep_api_key(self, key: ApiKey) -> None:
        """Keep an API key, or its new secret."""
        ...

    async def delete_api_key(self, sid: str) -> None:
        """Forget an API key; one that is not there is forgotten already."""
        ...

    async def probe(self) -> None:
        """Find out whether it can be read and written now; nothing that it holds changes."""
        ...

    async def close(self) -> None:
        """Finish what was begun and let go of the store. A second call does nothing."""
        ...
