"""What is remembered: the directory, and one journal for each workspace. Imports `core` only."""

from .interface import (
    Account,
    ApiKey,
    Append,
    JournalExtent,
    JournalRow,
    KeptSnapshot,
    SnapshotRow,
    StalePosition,
    Store,
    StoreError,
    WorkspaceEntry,
)
from .urls import open_store

__all__ = [
    "Account",
    "ApiKey",
    "Append",
    "JournalExtent",
    "JournalRow",
    "KeptSnapshot",
    "SnapshotRow",
    "StalePosition",
    "Store",
    "StoreError",
    "WorkspaceEntry",
    "open_store",
]
