"""A store that lasts as long as the process: for tests, demonstrations and trials."""

import bisect
import itertools
from collections.abc import AsyncIterator, Mapping, Sequence

import msgspec

from .interface import (
    ALERTS_KEPT,
    ANSWER_KEPT_MS,
    NOWHERE,
    SNAPSHOTS_KEPT,
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
    StaleView,
    StatisticsPart,
    StatisticsRow,
    StatisticsSearch,
    StoreError,
    WorkspaceEntry,
)


class MemoryStore:
    """Keeps every promise of `Store` but that of outliving its process."""

    def __init__(self) -> None:
        self._journals: dict[str, list[JournalRow]] = {}
        self._snapshots: dict[str, dict[int, SnapshotRow]] = {}
        self._answers: dict[tuple[str, str], KeptAnswer] = {}
        """By account and key."""
        self._verified: dict[tuple[str, int], bytes] = {}
        """The digests of the snapshots that were found good."""
        self._workspaces: dict[str, WorkspaceEntry] = {}
        self._event_blocks: dict[str, dict[int, EventBlock]] = {}
        self._statistics: dict[tuple[str, int], dict[tuple[int, int], StatisticsRow]] = {}
        """By workspace and span, then by start and first position."""
        self._view_positions: dict[tuple[str, str], int] = {}
        self._callback_positions: dict[str, int] = {}
        self._alerts: list[AlertRow] = []
        self._alerts_made = 0
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
            elif (taken := self._live_key(one.answers)) is not None:
                failures[sid] = KeyTaken(taken)
            elif one.row.first_position != (journal[-1].last_position if journal else 0) + 1:
                failures[sid] = StalePosition(sid, one.row.first_position)
            else:
                self._journals.setdefault(sid, journal).append(one.row)
                if one.lists is not None:
                    self._workspaces[sid] = one.lists
                if one.unlists:
                    self._workspaces.pop(sid, None)
                    self._snapshots.pop(sid, None)
                self._insert(one.answers)
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
            views = [
                at for (_, sid), at in self._view_positions.items() if sid == row.workspace_sid
            ]
            needed = max((at for at in kept if at <= min(views, default=0)), default=None)
            for position in sorted(kept)[:-SNAPSHOTS_KEPT]:
                if position != needed:
                    del kept[position]

    async def snapshots(self, workspace_sid: str) -> AsyncIterator[SnapshotRow]:
        """The snapshots of a workspace."""
        self._check_open()
        kept = self._snapshots.get(workspace_sid, {})
        for position in sorted(kept, reverse=True):
            yield kept[position]

    async def view_position(self, view: str, workspace_sid: str) -> int:
        """How far a view has followed a workspace's journal."""
        self._check_open()
        return self._view_positions.get((view, workspace_sid), 0)

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
        self._check_open()
        self._check_view(view, after)
        for old in instead_of:
            if old.first_position not in self._event_blocks.get(old.workspace_sid, {}):
                raise StaleView(view, old.workspace_sid, old.last_position)
        for old in instead_of:
            self._event_blocks[old.workspace_sid].pop(old.first_position, None)
        for block in blocks:
            self._event_blocks.setdefault(block.workspace_sid, {})[block.first_position] = block
        for workspace_sid, position in positions.items():
            self._view_positions[view, workspace_sid] = position

    def _check_view(self, view: str, after: Mapping[str, int]) -> None:
        for workspace_sid, position in after.items():
            if self._view_positions.get((view, workspace_sid), 0) > position:
                raise StaleView(view, workspace_sid, position)

    async def event_blocks(self, search: BlockSearch) -> AsyncIterator[EventBlock]:
        """The blocks that are wanted."""
        self._check_open()
        blocks = self._event_blocks.get(search.workspace_sid, {})
        for position in sorted(blocks, reverse=not search.oldest_first):
            block = blocks.get(position)
            if (
                block is not None
                and search.after_position < block.last_position
                and block.first_position < search.before_position
                and block.last_ms >= search.from_ms
                and block.first_ms <= search.to_ms
                and all(term in block.terms for term in search.terms)
            ):
                yield block

    async def drop_event_blocks(self, before_ms: int, at_most: int) -> int:
        """Let go of old blocks."""
        self._check_open()
        old = [
            block
            for blocks in self._event_blocks.values()
            for block in blocks.values()
            if block.last_ms < before_ms
        ][:at_most]
        for block in old:
            del self._event_blocks[block.workspace_sid][block.first_position]
        return len(old)

    async def callback_position(self, receiver: str) -> int | None:
        """Up to where a receiver has been told."""
        self._check_open()
        return self._callback_positions.get(receiver)

    async def keep_callback_position(self, receiver: str, position: int) -> None:
        """Note up to where a receiver has been told."""
        self._check_open()
        before = self._callback_positions.get(receiver, position)
        self._callback_positions[receiver] = max(before, position)

    async def keep_alerts(self, alerts: Sequence[AlertRow]) -> None:
        """Keep alerts."""
        self._check_open()
        for one in alerts:
            self._alerts_made += 1
            self._alerts.append(msgspec.structs.replace(one, number=self._alerts_made))
        del self._alerts[:-ALERTS_KEPT]

    async def alerts(self, workspace_sid: str | None, before: int, at_most: int) -> list[AlertRow]:
        """Alerts before a number."""
        self._check_open()
        wanted = (
            one
            for one in reversed(self._alerts)
            if one.number < before and workspace_sid in (None, one.workspace_sid)
        )
        return list(itertools.islice(wanted, at_most))

    async def keep_statistics(
        self,
        rows: Sequence[StatisticsRow],
        *,
        positions: Mapping[str, int],
        view: str,
        after: Mapping[str, int] = NOWHERE,
    ) -> None:
        """Keep rows of statistics and positions."""
        self._check_open()
        self._check_view(view, after)
        for row in rows:
            kept = self._statistics.setdefault((row.workspace_sid, row.span_ms), {})
            kept[row.start_ms, row.first_position] = row
        for workspace_sid, position in positions.items():
            self._view_positions[view, workspace_sid] = position

    async def statistics(self, search: StatisticsSearch) -> list[StatisticsPart]:
        """One part of the rows that are wanted."""
        self._check_open()
        kept = self._statistics.get((search.workspace_sid, search.span_ms), {})
        return [
            StatisticsPart(
                row.start_ms, row.last_position, row.codec_version, getattr(row, search.part)
            )
            for (start_ms, _), row in sorted(kept.items())
            if search.from_ms <= start_ms < search.before_ms
            and search.after_position < row.last_position < search.before_position
        ]

    async def drop_statistics(self, before_ms: int, at_most: int) -> int:
        """Let go of old rows of statistics."""
        self._check_open()
        old = [
            (kept, key) for kept in self._statistics.values() for key in kept if key[0] < before_ms
        ][:at_most]
        for kept, key in old:
            del kept[key]
        return len(old)

    async def keep_answers(self, answers: Sequence[KeptAnswer]) -> None:
        """Keep the answers of a turn without a row."""
        self._check_open()
        taken = self._live_key(answers)
        if taken is not None:
            raise KeyTaken(taken)
        self._insert(answers)

    async def answer(self, account_sid: str, key: str, after_ms: int) -> KeptAnswer | None:
        """The answer that was kept for a key."""
        self._check_open()
        found = self._answers.get((account_sid, key))
        return None if found is None or found.at_ms <= after_ms else found

    async def drop_answers(self, until_ms: int, at_most: int) -> int:
        """Drop answers that are too old."""
        self._check_open()
        old = sorted(
            (one for one in self._answers.values() if one.at_ms <= until_ms),
            key=lambda one: one.at_ms,
        )[:at_most]
        for one in old:
            del self._answers[one.account_sid, one.key]
        return len(old)

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

    def _live_key(self, answers: Sequence[KeptAnswer]) -> str | None:
        for one in answers:
            old = self._answers.get((one.account_sid, one.key))
            if old is not None and old.at_ms > one.at_ms - ANSWER_KEPT_MS:
                return one.key
        return None

    def _insert(self, answers: Sequence[KeptAnswer]) -> None:
        self._answers.update({(one.account_sid, one.key): one for one in answers})

    def _check_open(self) -> None:
        if self._closed:
            raise StoreError("the store is closed")
