"""What is remembered: the directory, and one journal for each workspace. Imports `core` only."""

from .interface import (
    ANSWER_KEPT_MS,
    Account,
    AlertRow,
    ApiKey,
    Append,
    BlockSearch,
    EventBlock,
    JournalExtent,
    JournalRow,
    KeptAnswer,
    KeptSnapshot,
    KeyTaken,
    SnapshotRow,
    StalePosition,
    Store,
    StoreError,
    WorkspaceEntry,
)
from .urls import open_store

__all__ = [
    "ANSWER_KEPT_MS",
    "Account",
    "AlertRow",
    "ApiKey",
    "Append",
    "BlockSearch",
    "EventBlock",
    "JournalExtent",
    "JournalRow",
    "KeptAnswer",
    "KeptSnapshot",
    "KeyTaken",
    "SnapshotRow",
    "StalePosition",
    "Store",
    "StoreError",
    "WorkspaceEntry",
    "open_store",
]
