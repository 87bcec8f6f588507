"""The shared store: one PostgreSQL database, which several nodes may use at once.

What the callers wait for goes over a connection of its own, one batch after another; what reads, or
is needed now and then, shares a few; what says that a node is alive and moves leases waits for none
of them, nor does what views write.
"""

from collections.abc import AsyncIterator, Callable, Mapping, Sequence

import msgspec

from . import (
    postgres_answers,
    postgres_append,
    postgres_callbacks,
    postgres_event_blocks,
    postgres_nodes,
    postgres_retention,
    postgres_schema,
    postgres_statistics,
)
from .interface import (
    NOWHERE,
    Account,
    AlertRow,
    ApiKey,
    Append,
    BlockSearch,
    EventBlock,
    JournalExtent,
    JournalRow,
    KeptAnswer,
    SnapshotRow,
    StatisticsPart,
    StatisticsRow,
    StatisticsSearch,
    StoreError,
    WorkspaceEntry,
)
from .packing import unpack
from .postgres_address import Address, address_of
from .postgres_connections import Connections
from .postgres_listening import Listening
from .sharing import Change, Lease, Node, Pulse, Rows, Standing

_ROWS_PER_READ = 200
_NEWS_PER_WORKSPACE = 50
_READERS = 4
_FOR_NODES = 2
"""A beat, and a look at the leases: a node whose readers are many must not seem dead for it."""
_FAR = 2**63 - 1
_READ = """\
SELECT workspace_sid, first_position, last_position, at_ms, codec_version, body FROM journal
WHERE workspace_sid = $1 AND first_position > $2 ORDER BY first_position LIMIT $3"""
_NEWS = """\
SELECT row.* FROM unnest($1::text[], $2::bigint[]) AS wanted (sid, after)
CROSS JOIN LATERAL (
  SELECT workspace_sid, first_position, last_position, at_ms, codec_version, body FROM journal
  WHERE workspace_sid = wanted.sid AND first_position > wanted.after
  ORDER BY first_position LIMIT $3) AS row
ORDER BY row.workspace_sid, row.first_position"""
_KEEP_ACCOUNT = """\
INSERT INTO accounts (sid, auth_token) VALUES ($1, $2)
ON CONFLICT (sid) DO UPDATE SET auth_token = excluded.auth_token"""
_KEEP_API_KEY = """\
INSERT INTO api_keys (sid, account_sid, secret, created_ms) VALUES ($1, $2, $3, $4)
ON CONFLICT (sid) DO UPDATE SET secret = excluded.secret"""
_PROBE = "UPDATE schema_version SET version = version"


class PostgresStore:
    """Keeps every promise of `SharedStore` in one PostgreSQL database."""

    def __init__(self, address: Address, *, read_only: bool = False) -> None:
        self._address = address
        self._appends = Connections(address, at_most=1, bounded=True, read_only=read_only)
        self._shared = Connections(address, at_most=_READERS, read_only=read_only)
        self._nodes = Connections(address, at_most=_FOR_NODES, read_only=read_only)
        self._views = Connections(address, at_most=1, read_only=read_only)
        self._listening = Listening(address)

    @classmethod
    async def open(
        cls, url: str, *, create: bool = True, read_only: bool = False
    ) -> "PostgresStore":
        """Open a database, and make its tables if it has none yet and they may be made.

        Args:
            url: `postgresql://user:password@host:port/database`; the database exists.
            create: Whether its tables may be made.
            read_only: Whether nothing will be written, nor brought up to date.

        Raises:
            ValueError: The address is not understood.
            StoreError: It cannot be reached, refuses the user, is read-only, is newer than this
                release, or does not let the user do what is needed.
        """
        store = cls(address_of(url), read_only=read_only)
        try:
            if read_only:
                await postgres_schema.look_at(store._address, store._shared)
            else:
                await postgres_schema.prepare(store._address, store._shared, create=create)
        except BaseException:
            await store.close()
            raise
        return store

    async def append(self, appends: Sequence[Append]) -> dict[str, StoreError]:
        """Keep these rows."""
        return await postgres_append.append(self._appends, appends)

    async def rows(self, workspace_sid: str, after_position: int) -> AsyncIterator[JournalRow]:
        """The rows that begin after this position."""
        while True:
            found = await self._shared.fetch(_READ, workspace_sid, after_position, _ROWS_PER_READ)
            for columns in found:
                yield self._row(*columns)
            if len(found) < _ROWS_PER_READ:
                return
            after_position = found[-1]["first_position"]

    async def keep_snapshot(self, row: SnapshotRow) -> None:
        """Keep a snapshot."""
        await postgres_retention.keep_snapshot(self._shared, row)

    async def snapshots(self, workspace_sid: str) -> AsyncIterator[SnapshotRow]:
        """The snapshots of a workspace."""
        before = _FAR
        while True:
            row = await postgres_retention.read_snapshot(self._shared, workspace_sid, before)
            if row is None:
                return
            yield row
            before = row.position

    async def view_position(self, view: str, workspace_sid: str) -> int:
        """How far a view has followed a workspace's journal."""
        return await postgres_event_blocks.read_position(self._shared, view, workspace_sid)

    async def keep_event_blocks(
        self,
        blocks: Sequence[EventBlock],
        *,
        instead_of: Sequence[EventBlock] = (),
        positions: Mapping[str, int],
        view: str,
        after: Mapping[str, int] = NOWHERE,
    ) -> None:
        """Keep blocks and positions."""
        await postgres_event_blocks.keep(self._views, blocks, instead_of, positions, view, after)

    async def event_blocks(self, search: BlockSearch) -> AsyncIterator[EventBlock]:
        """The blocks that are wanted."""
        while True:
            block = await postgres_event_blocks.read_next(self._shared, search)
            if block is None:
                return
            yield block
            if search.oldest_first:
                search = msgspec.structs.replace(search, after_position=block.last_position)
            else:
                search = msgspec.structs.replace(search, before_position=block.first_position)

    async def drop_event_blocks(self, before_ms: int, at_most: int) -> int:
        """Let go of old blocks."""
        return await postgres_event_blocks.drop_old(self._views, before_ms, at_most)

    async def callback_position(self, workspace_sid: str) -> int | None:
        """Up to where a receiver has been told."""
        return await postgres_callbacks.read_position(self._shared, workspace_sid)

    async def keep_callback_position(self, workspace_sid: str, position: int) -> None:
        """Note up to where a receiver has been told."""
        await postgres_callbacks.keep_position(self._views, workspace_sid, position)

    async def keep_alerts(self, alerts: Sequence[AlertRow]) -> None:
        """Keep alerts."""
        await postgres_callbacks.keep_alerts(self._views, alerts)

    async def alerts(self, workspace_sid: str | None, before: int, at_most: int) -> list[AlertRow]:
        """Alerts before a number."""
        return await postgres_callbacks.read_alerts(self._shared, workspace_sid, before, at_most)

    async def keep_statistics(
        self,
        rows: Sequence[StatisticsRow],
        *,
        positions: Mapping[str, int],
        view: str,
        after: Mapping[str, int] = NOWHERE,
    ) -> None:
        """Keep rows of statistics and positions."""
        await postgres_statistics.keep(self._views, rows, positions, view, after)

    async def statistics(self, search: StatisticsSearch) -> list[StatisticsPart]:
        """One part of the rows that are wanted."""
        return await postgres_statistics.read(self._shared, self._address.name, search)

    async def drop_statistics(self, before_ms: int, at_most: int) -> int:
        """Let go of old rows of statistics."""
        return await postgres_statistics.drop_old(self._views, before_ms, at_most)

    async def keep_answers(self, answers: Sequence[KeptAnswer]) -> None:
        """Keep the answers of a turn without a row."""
        await postgres_answers.keep_answers(self._appends, answers)

    async def answer(self, account_sid: str, key: str, after_ms: int) -> KeptAnswer | None:
        """The answer that was kept for a key."""
        return await postgres_answers.read_answer(self._shared, account_sid, key, after_ms)

    async def drop_answers(self, until_ms: int, at_most: int) -> int:
        """Drop answers that are too old."""
        return await postgres_answers.drop_answers(self._views, until_ms, at_most)

    async def mark_verified(self, row: SnapshotRow) -> None:
        """Note that a snapshot is good."""
        await postgres_retention.mark_verified(self._shared, row)

    async def drop_snapshots(self, workspace_sid: str, up_to_position: int) -> None:
        """Let go of snapshots."""
        await postgres_retention.drop_snapshots(self._views, workspace_sid, up_to_position)

    async def extents(self) -> list[JournalExtent]:
        """Every journal that has rows."""
        return await postgres_retention.read_extents(self._shared)

    async def prune(
        self, workspace_sid: str, up_to_position: int, before_ms: int, at_most: int
    ) -> int:
        """Let go of a journal's oldest rows."""
        return await postgres_retention.prune(
            self._views, workspace_sid, up_to_position, before_ms, at_most
        )

    async def workspaces(self) -> list[WorkspaceEntry]:
        """The workspaces that exist."""
        found = await self._shared.fetch(
            "SELECT sid, account_sid, created_ms FROM workspaces ORDER BY number"
        )
        return [
            WorkspaceEntry(sid=sid, account_sid=account_sid, created_ms=created_ms)
            for sid, account_sid, created_ms in found
        ]

    async def accounts(self) -> list[Account]:
        """The accounts that were kept."""
        found = await self._shared.fetch("SELECT sid, auth_token FROM accounts ORDER BY number")
        return [Account(sid, auth_token) for sid, auth_token in found]

    async def keep_account(self, account: Account) -> None:
        """Keep an account."""
        await self._shared.execute(_KEEP_ACCOUNT, account.sid, account.auth_token)

    async def api_keys(self) -> list[ApiKey]:
        """The API keys that were kept."""
        found = await self._shared.fetch(
            "SELECT sid, account_sid, secret, created_ms FROM api_keys ORDER BY number"
        )
        return [
            ApiKey(sid=sid, account_sid=account_sid, secret=secret, created_ms=created_ms)
            for sid, account_sid, secret, created_ms in found
        ]

    async def keep_api_key(self, key: ApiKey) -> None:
        """Keep an API key."""
        await self._shared.execute(
            _KEEP_API_KEY, key.sid, key.account_sid, key.secret, key.created_ms
        )

    async def delete_api_key(self, sid: str) -> None:
        """Forget an API key."""
        await self._shared.execute("DELETE FROM api_keys WHERE sid = $1", sid)

    async def probe(self) -> None:
        """Find out whether it can be read and written, by a durable write that changes nothing."""
        await self._shared.fetch("SELECT 1 FROM accounts LIMIT 1")
        await self._shared.execute(_PROBE)

    async def beat(self, node: Node, for_ms: int, followed: Sequence[str] = ()) -> Pulse:
        """Say that a node is alive."""
        return await postgres_nodes.beat(self._nodes, node, for_ms, followed)

    async def nodes(self) -> list[Standing]:
        """All nodes that are alive."""
        return await postgres_nodes.nodes(self._nodes)

    async def leave(self, node_sid: str) -> None:
        """Forget a node and its leases."""
        await postgres_nodes.leave(self._nodes, node_sid)

    async def claim(
        self, node_sid: str, workspace_sids: Sequence[str] | None, at_most: int
    ) -> list[Lease]:
        """Take leases that no living node has."""
        return await postgres_nodes.claim(self._nodes, node_sid, workspace_sids, at_most)

    async def release(self, node_sid: str, workspace_sids: Sequence[str]) -> None:
        """Give leases back."""
        await postgres_nodes.release(self._nodes, node_sid, workspace_sids)

    async def leases(self, workspace_sids: Sequence[str] | None) -> Mapping[str, Lease]:
        """The leases of living nodes."""
        return await postgres_nodes.leases(self._nodes, workspace_sids)

    async def end_of(self, workspace_sids: Sequence[str]) -> Mapping[str, int]:
        """The last position of each journal."""
        return await postgres_nodes.end_of(self._nodes, workspace_sids)

    async def news(self, positions: Mapping[str, int]) -> Mapping[str, Rows]:
        """Rows of many journals at once."""
        rows = await self._shared.fetch(
            _NEWS, list(positions), list(positions.values()), _NEWS_PER_WORKSPACE
        )
        found: dict[str, Rows] = {}
        for columns in rows:
            sid = columns["workspace_sid"]
            known = found.setdefault(sid, [])
            if isinstance(known, StoreError):
                continue
            try:
                known.append(self._row(*columns))
            except StoreError as error:
                found[sid] = error
        return found

    async def cluster_secret(self, proposed: str) -> str:
        """The secret by which nodes know each other."""
        return await postgres_nodes.cluster_secret(self._shared, proposed)

    def listen(self, listener: Callable[[Change], None]) -> Callable[[], None]:
        """Be told of changes, on a connection that is there as soon as somebody listens."""
        return self._listening.listen(listener)

    async def close(self) -> None:
        """Finish what was begun and let go of every connection."""
        await self._listening.close()
        await self._appends.close()
        await self._views.close()
        await self._nodes.close()
        await self._shared.close()

    def _row(
        self, sid: str, first: int, last: int, at_ms: int, version: int, body: bytes
    ) -> JournalRow:
        try:
            plain = unpack(body)
        except ValueError as error:
            raise StoreError(
                f"database {self._address.name}: the journal row of workspace {sid} at position "
                f"{first} cannot be unpacked ({error})"
            ) from error
        return JournalRow(
            workspace_sid=sid,
            first_position=first,
            last_position=last,
            at_ms=at_ms,
            codec_version=version,
            body=plain,
        )
