"""Reading a database from outside: beside a running server, and without changing anything."""

from abc import ABC, abstractmethod
from collections.abc import Iterator, Sequence
from typing import Any

import msgspec

from .interface import JournalRow, SnapshotRow, WorkspaceEntry
from .packing import unpack

_ROWS_PER_READ = 200
"""A little at a time: whatever tidies up behind a server waits for long reads."""


class Extent(msgspec.Struct, frozen=True):
    """How far a journal reaches, as its last row has it, and where its snapshots are."""

    workspace_sid: str
    last_first_position: int
    snapshot_positions: list[int]


class BadRow(msgspec.Struct, frozen=True):
    """A row that cannot be read, and why, in one line."""

    first_position: int
    last_position: int
    why: str


class Reading(ABC):
    """A database as it was when it was opened; what is appended later is not looked at.

    Attributes:
        entries: The workspaces of the directory, in their order.
        extents: The journals that have rows.
    """

    def __init__(self, entries: list[WorkspaceEntry], extents: list[Extent]) -> None:
        self.entries = entries
        self.extents = extents

    def rows(self, extent: Extent) -> Iterator[JournalRow | BadRow]:
        """The rows of a journal in order.

        Raises:
            StoreError: Nothing further can be read.
        """
        after = -(2**63)  # positions below 1 are wrong, and shall be seen
        while True:
            found = self._rows(extent, after, _ROWS_PER_READ)
            for first, last, at_ms, version, body in found:
                yield _row(extent.workspace_sid, first, last, at_ms, version, body)
            if len(found) < _ROWS_PER_READ:
                return
            after = found[-1][0]

    def snapshots(self, extent: Extent) -> Iterator[SnapshotRow]:
        """The snapshots of a workspace, the oldest first, but for those that are gone meanwhile."""
        for position in extent.snapshot_positions:
            found = self._snapshot(extent.workspace_sid, position)
            if found is not None:
                at_ms, version, length, digest, body = found
                yield SnapshotRow(
                    workspace_sid=extent.workspace_sid,
                    position=position,
                    at_ms=at_ms,
                    codec_version=version,
                    length=length,
                    digest=digest,
                    body=body,
                )

    @abstractmethod
    def first_position(self, workspace_sid: str) -> int | None:
        """Where a journal begins now; None if it has no row any more. A server may be pruning."""

    @abstractmethod
    def damages(self) -> list[str]:
        """What the database itself finds wrong, as far as it can look."""

    @abstractmethod
    def _rows(self, extent: Extent, after: int, at_most: int) -> Sequence[Sequence[Any]]:
        """First and last position, instant, version and body of rows that begin after this."""

    @abstractmethod
    def _snapshot(self, workspace_sid: str, position: int) -> Sequence[Any] | None:
        """Instant, version, length, digest and body of a snapshot that is still there."""


def _row(
    sid: str, first: int, last: int, at_ms: int, version: int, body: bytes
) -> JournalRow | BadRow:
    where = f"workspace {sid}: the journal row at position {first}"
    if not all(isinstance(number, int) for number in (first, last, at_ms, version)):
        return BadRow(first, first, f"{where} has text where a number belongs")
    if not isinstance(body, bytes):
        return BadRow(first, last, f"{where} has text where bytes belong")
    try:
        plain = unpack(body)
    except ValueError as error:
        return BadRow(first, last, f"{where} cannot be unpacked ({error})")
    return JournalRow(
        workspace_sid=sid,
        first_position=first,
        last_position=last,
        at_ms=at_ms,
        codec_version=version,
        body=plain,
    )
