"""What every store promises: a directory, and one journal for each workspace."""

from collections.abc import AsyncIterator, Mapping, Sequence
from typing import Literal, Protocol

import msgspec

SNAPSHOTS_KEPT = 2
"""Of one workspace: if the newest is damaged, there is still the one before."""
NOWHERE: Mapping[str, int] = {}
ALERTS_KEPT = 10_000
"""Of all workspaces together; older ones go."""
ANSWER_KEPT_MS = 24 * 3_600_000
"""So long is an answer given again to whoever repeats a request with its idempotency key."""


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


class StaleView(StoreError):
    """Somebody else has brought this view further: nothing of it was kept."""

    def __init__(self, view: str, workspace_sid: str, position: int) -> None:
        super().__init__(
            f"view {view}: somebody else has brought it beyond position {position} of "
            f"workspace {workspace_sid}"
        )


class KeyTaken(StoreError):
    """Somebody else has answered a request with this idempotency key: the row was not kept."""

    def __init__(self, key: str) -> None:
        super().__init__(f"somebody else has answered a request with the idempotency key {key!r}")


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


class KeptAnswer(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """What was answered to a request with an idempotency key.

    `request` is a digest, by which another request with the same key is known. `version` is that of
    the resource where it has one. The store keeps all of it and looks at the instant alone.
    """

    account_sid: str
    key: str
    request: bytes
    at_ms: int
    status: int
    version: int | None
    body: bytes


class Append(msgspec.Struct, frozen=True, kw_only=True):
    """A row to keep, and what belongs to it and is kept in the same transaction."""

    row: JournalRow
    lists: WorkspaceEntry | None = None
    """With its first row a workspace enters the directory …"""
    unlists: bool = False
    """… and with its last row it leaves. Its rows stay."""
    answers: tuple[KeptAnswer, ...] = ()
    """The answers of this turn that are to be given again. Each key is in it once."""
    node_sid: str | None = None
    """Who appends, in a store that nodes share: with its first row a workspace's lease begins …"""
    epoch: int | None = None
    """… and each later row is kept only as long as the lease has this epoch: see `LeaseLost`."""


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


class EventBlock(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """A run of one workspace's events as the event index keeps them: see `event_blocks`.

    Positions and instants are those of its first and last event. `terms` is eight bytes for each
    thing that it can be found by.
    """

    workspace_sid: str
    first_position: int
    last_position: int
    first_ms: int
    last_ms: int
    count: int
    codec_version: int
    terms: bytes
    body: bytes


class AlertRow(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """Something that went wrong where no caller could be told; the store never looks at the body.

    `number` counts alerts in the order in which they were kept; 0 before that.
    """

    workspace_sid: str
    at_ms: int
    body: bytes
    number: int = 0


class BlockSearch(msgspec.Struct, frozen=True, kw_only=True):
    """Which blocks of a workspace are wanted: all that can hold such events.

    Attributes:
        before_position: Begins before this position.
        after_position: Ends after this position.
        oldest_first: Whether they come in the order of their events; if not, the newest first.
        from_ms: Ends at this instant or later.
        to_ms: Begins at this instant or earlier.
        terms: Has every one of these among its terms.
    """

    workspace_sid: str
    before_position: int = 2**63 - 1
    after_position: int = 0
    oldest_first: bool = False
    from_ms: int = 0
    to_ms: int = 2**63 - 1
    terms: tuple[bytes, ...] = ()


class StatisticsRow(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """What statistics keep of one workspace's events within a span of time: `statistics_codec`.

    Several rows may share a span; none of them holds an event of another. `tasks`, `workers` and
    `spells` are sums, `facts` what they were made of, which is empty for long spans.
    """

    workspace_sid: str
    span_ms: int
    start_ms: int
    first_position: int
    last_position: int
    codec_version: int
    tasks: bytes
    workers: bytes
    spells: bytes
    facts: bytes


class StatisticsSearch(msgspec.Struct, frozen=True, kw_only=True):
    """Which rows of statistics are wanted, and which of their parts.

    Attributes:
        workspace_sid: Whose.
        span_ms: Those of this length.
        from_ms: Begin at this instant or later …
        before_ms: … and before this one.
        after_position: End after this position …
        before_position: … and before this one.
        part: The body that is wanted.
    """

    workspace_sid: str
    span_ms: int
    from_ms: int
    before_ms: int
    after_position: int = -1
    before_position: int = 2**63 - 1
    part: Literal["tasks", "workers", "spells", "facts"]


class StatisticsPart(msgspec.Struct, frozen=True, gc=False):
    """One body of a row."""

    start_ms: int
    last_position: int
    codec_version: int
    body: bytes


class KeptSnapshot(msgspec.Struct, frozen=True):
    """A snapshot without its body, and whether it was ever read back and found good."""

    position: int
    at_ms: int
    verified: bool


class JournalExtent(msgspec.Struct, frozen=True, kw_only=True):
    """From where to where a journal reaches, and the snapshots beside it, the oldest first.

    `listed` says whether its workspace is in the directory: one that is not was deleted.
    """

    workspace_sid: str
    listed: bool
    first_position: int
    first_ms: int
    last_position: int
    last_ms: int
    snapshots: tuple[KeptSnapshot, ...] = ()


class Store(Protocol):
    """One open store. Whatever it cannot do, it says by a `StoreError`."""

    async def append(self, appends: Sequence[Append]) -> dict[str, StoreError]:
        """Keep these rows, at most one for each workspace; those kept are durable on return.

        A row is kept only if it begins right after the last row of its workspace (the first at 1).
        A stale workspace fails alone, and so does one with an answer whose key has an answer that
        is not `ANSWER_KEPT_MS` older: `KeyTaken`. Never raises a `StoreError`.

        Returns:
            For each workspace SID whose row is not known to be kept, why.
        """
        ...

    def rows(self, workspace_sid: str, after_position: int) -> AsyncIterator[JournalRow]:
        """The rows that begin after this position, in order, as they were kept."""
        ...

    async def keep_snapshot(self, row: SnapshotRow) -> None:
        """Keep a snapshot, and of its workspace only the newest two.

        And the newest of those that are not after the position of its slowest view, which may have
        to begin anew from there. A workspace that is not in the directory keeps none, and those it
        has go when it leaves.
        """
        ...

    def snapshots(self, workspace_sid: str) -> AsyncIterator[SnapshotRow]:
        """The snapshots of a workspace, the newest first. Each is read when it is asked for."""
        ...

    async def view_position(self, view: str, workspace_sid: str) -> int:
        """How far a view has followed a workspace's journal; 0 if it has not begun."""
        ...

    async def keep_event_blocks(
        self,
        blocks: Sequence[EventBlock],
        *,
        instead_of: Sequence[EventBlock] = (),
        positions: Mapping[str, int],
        view: str,
        after: Mapping[str, int] = NOWHERE,
    ) -> None:
        """Keep blocks, and how far the view has come with them, all or nothing.

        A commit that returned may still be lost with the machine's power, but never without the
        position: the view then follows the journal again from there.

        Args:
            blocks: What to keep.
            instead_of: Blocks that these take the place of, all of them still there.
            positions: For each workspace SID, how far the view has followed its journal.
            view: Whose positions they are.
            after: For each workspace SID, the position that this follows: a view that has come
                further was brought there by somebody else.

        Raises:
            StaleView: Somebody else has done this already.
            StoreError: It is not known to be kept.
        """
        ...

    def event_blocks(self, search: BlockSearch) -> AsyncIterator[EventBlock]:
        """The blocks that are wanted, in the order that is. Each is read when it is asked for."""
        ...

    async def drop_event_blocks(self, before_ms: int, at_most: int) -> int:
        """Let go of blocks whose last event is older than this, at most so many.

        Returns:
            How many went.
        """
        ...

    async def callback_position(self, receiver: str) -> int | None:
        """Up to where a receiver of callbacks has been told; None if never.

        Args:
            receiver: The workspace's SID for its event callbacks, or else that with `/` and the
                name of another: `/voice`.
        """
        ...

    async def keep_callback_position(self, receiver: str, position: int) -> None:
        """Note up to where it has been told; what was noted before holds if it is further.

        A machine's loss of power may take it back.
        """
        ...

    async def keep_alerts(self, alerts: Sequence[AlertRow]) -> None:
        """Keep alerts, and of all that there are only the newest `ALERTS_KEPT`."""
        ...

    async def alerts(self, workspace_sid: str | None, before: int, at_most: int) -> list[AlertRow]:
        """Alerts before a number, the newest first; of every workspace for None."""
        ...

    async def keep_statistics(
        self,
        rows: Sequence[StatisticsRow],
        *,
        positions: Mapping[str, int],
        view: str,
        after: Mapping[str, int] = NOWHERE,
    ) -> None:
        """Keep rows of statistics, and how far the view has come with them, all or nothing.

        A row takes the place of one of the same workspace, span, start and first position. See
        `keep_event_blocks` for what lasts.

        Args:
            rows: What to keep.
            positions: For each workspace SID, how far the view has followed its journal.
            view: Whose positions they are.
            after: For each workspace SID, the position that this follows: a view that has come
                further was brought there by somebody else.

        Raises:
            StaleView: Somebody else has done this already.
            StoreError: It is not known to be kept.
        """
        ...

    async def statistics(self, search: StatisticsSearch) -> list[StatisticsPart]:
        """One part of the rows that are wanted, the oldest first."""
        ...

    async def drop_statistics(self, before_ms: int, at_most: int) -> int:
        """Let go of rows of statistics that began before this instant, at most so many.

        Returns:
            How many went.
        """
        ...

    async def keep_answers(self, answers: Sequence[KeptAnswer]) -> None:
        """Keep the answers of a turn without a row, all or none; durable on return.

        Raises:
            StoreError: They are not known to be kept; `KeyTaken` as in `append`.
        """
        ...

    async def answer(self, account_sid: str, key: str, after_ms: int) -> KeptAnswer | None:
        """The answer that was kept for a key of an account later than an instant."""
        ...

    async def drop_answers(self, until_ms: int, at_most: int) -> int:
        """Drop answers that were kept at this instant or before, the oldest first.

        Returns:
            How many were dropped; fewer than `at_most` means that no other is so old.
        """
        ...

    async def mark_verified(self, row: SnapshotRow) -> None:
        """Note for good that this snapshot was read back and is good.

        The mark holds for this snapshot alone: one that takes its place has to be read back anew.
        """
        ...

    async def drop_snapshots(self, workspace_sid: str, up_to_position: int) -> None:
        """Let go of a workspace's snapshots up to this position."""
        ...

    async def extents(self) -> list[JournalExtent]:
        """Every journal that has rows, those of deleted workspaces too."""
        ...

    async def prune(
        self, workspace_sid: str, up_to_position: int, before_ms: int, at_most: int
    ) -> int:
        """Let go of a journal's oldest rows, for good, without a gap in what stays.

        The last row of a workspace that is in the directory always stays: by its end a stale writer
        is known. Commits wait only briefly, so fewer may go than could.

        Args:
            workspace_sid: Whose journal it is.
            up_to_position: Rows that end after this position stay.
            before_ms: Rows of this instant or later stay.
            at_most: How many rows may go.

        Returns:
            How many went; 0 if none is left that could.
        """
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
