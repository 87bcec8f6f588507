"""Whether what a store holds is sound: every journal is read and folded as a start would do it.

A journal whose beginning was pruned is folded from its oldest good snapshot. Where the fold comes
to the position of another one, it has to be just what that one holds.
"""

from collections.abc import Iterable, Iterator

import msgspec

from taskyard.core.events import Event, WorkspaceCreated
from taskyard.core.machine import Machine
from taskyard.core.snapshot import Snapshot, capture, restore
from taskyard.core.state import State
from taskyard.stores import JournalRow, SnapshotRow, StoreError, WorkspaceEntry
from taskyard.stores.codec import decode
from taskyard.stores.reading import BadRow
from taskyard.stores.snapshot_codec import decode_snapshot


class Findings(msgspec.Struct, kw_only=True):
    """What a journal holds, and what is wrong with it.

    Attributes:
        events: Those of the rows that could be read.
        first_position: Where the journal begins: at 1, unless it was pruned.
        position: How far the rows that could be read reach.
        snapshots: How many are good, and agree with the journal as far as it could be folded.
        last_ms: The instant of the last row that could be read.
        tasks: How many the last state holds; None if the journal could not be folded.
        workers: Likewise.
        problems: One line each, with the workspace and the position.
    """

    workspace_sid: str
    events: int = 0
    first_position: int = 1
    position: int = 0
    snapshots: int = 0
    last_ms: int | None = None
    tasks: int | None = None
    workers: int | None = None
    deleted: bool = False
    problems: list[str] = msgspec.field(default_factory=list)


def check_workspace(
    workspace_sid: str,
    rows: Iterable[JournalRow | BadRow],
    entry: WorkspaceEntry | None,
    snapshots: Iterable[SnapshotRow] = (),
) -> Findings:
    """Read one journal to its end, past whatever is wrong in it.

    After the first problem nothing is folded any more: what follows has lost what it rests on.

    Args:
        workspace_sid: Whose journal it is.
        rows: In order of position.
        entry: Its line of the directory; None if it has none.
        snapshots: In order of position.
    """
    found = Findings(workspace_sid=workspace_sid)
    machine = Machine(mint=_mints_nothing)
    created: WorkspaceCreated | None = None
    kept, damages = _decoded(snapshots)
    begun_at, is_row_end = 0, False
    for row, events in _gapless(found, rows):
        if found.events == 0 and found.first_position > 1 and not found.problems:
            begun_at = _begin(found, machine, kept)
        found.events += len(events)
        found.position, found.last_ms = row.last_position, row.at_ms
        is_row_end = is_row_end or found.position == begun_at
        if row.first_position == 1 and events and isinstance(events[0], WorkspaceCreated):
            created = events[0]
        if not found.problems and row.first_position > begun_at:
            try:
                machine.replay(events, row.at_ms)
            except Exception as bug:
                found.problems.append(_cannot_be_folded(row, bug))
            else:
                _compare_with_snapshot(found, machine.state, kept)
    if not found.problems and found.events:
        _note_where_no_row_ends(found, [*kept] if is_row_end else [begun_at, *kept])
    if not found.problems and found.events:
        try:
            machine.resume()
        except Exception as bug:
            found.problems.append(
                f"workspace {workspace_sid}: after position {found.position} "
                f"it cannot be taken up again: {_said(bug)}"
            )
    if not found.problems and found.events:
        found.tasks, found.workers = len(machine.state.tasks), len(machine.state.workers)
        found.deleted = machine.state.deleted
    _compare(found, created, machine.state, entry)
    found.problems += damages
    return found


def _decoded(snapshots: Iterable[SnapshotRow]) -> tuple[dict[int, Snapshot], list[str]]:
    """The snapshots that are whole, by position; of the others, a problem each."""
    kept: dict[int, Snapshot] = {}
    damages: list[str] = []
    for row in snapshots:
        try:
            kept[row.position] = decode_snapshot(row)
        except StoreError as error:
            damages.append(str(error))
    return kept, damages


def _begin(found: Findings, machine: Machine, kept: dict[int, Snapshot]) -> int:
    """Let the fold of a pruned journal begin with its oldest good snapshot, at this position."""
    usable = [position for position in kept if position >= found.first_position - 1]
    if not usable:
        found.problems.append(
            f"workspace {found.workspace_sid}: its journal begins at position "
            f"{found.first_position}, what came before was pruned, and there is no good snapshot "
            "to begin with"
        )
        return 0
    position = min(usable)
    try:
        machine.state = restore(kept.pop(position))
    except Exception as bug:
        found.problems.append(
            f"workspace {found.workspace_sid}: the snapshot at position {position} "
            f"cannot be restored: {_said(bug)}"
        )
    found.snapshots += 1
    return position


def _compare_with_snapshot(found: Findings, state: State, kept: dict[int, Snapshot]) -> None:
    """Where there is a snapshot of it, the state has to be the same."""
    snapshot = kept.pop(found.position, None)
    if snapshot is None:
        return
    if capture(state) == snapshot:
        found.snapshots += 1
    else:
        found.problems.append(
            f"workspace {found.workspace_sid}: folded to position {found.position}, its journal "
            "comes to something else than the snapshot there holds"
        )


def _note_where_no_row_ends(found: Findings, snapshot_positions: Iterable[int]) -> None:
    """Whatever snapshot was not met at the end of a row lies in none, or beyond the last one.

    Those from before the journal's beginning are of no use any more, and no problem.
    """
    for position in snapshot_positions:
        if position >= found.first_position:
            found.problems.append(
                f"workspace {found.workspace_sid}: the snapshot at position {position} does not "
                f"lie at the end of a row of its journal, which ends at {found.position}"
            )


def _gapless(
    found: Findings, rows: Iterable[JournalRow | BadRow]
) -> Iterator[tuple[JournalRow, list[Event]]]:
    """The rows that can be read, with their events; of the others, a problem each."""
    sid, position, is_first = found.workspace_sid, 0, True
    try:
        for row in rows:
            if is_first and row.first_position > 1:  # what came before was pruned
                found.first_position, position = row.first_position, row.first_position - 1
            is_first = False
            if row.first_position > position + 1:
                found.problems.append(
                    f"workspace {sid}: positions {position + 1} to {row.first_position - 1} "
                    "are missing from its journal"
                )
            elif row.first_position <= position:
                found.problems.append(
                    f"workspace {sid}: the journal row at position {row.first_position} "
                    f"begins before the last one ends, at {position}"
                )
            position = row.last_position
            if isinstance(row, BadRow):
                found.problems.append(row.why)
                continue
            try:
                yield row, decode(row)
            except StoreError as error:
                found.problems.append(str(error))
    except StoreError as error:
        found.problems.append(
            f"workspace {sid}: after position {position} its journal cannot be read: {error}"
        )


def _compare(
    found: Findings, created: WorkspaceCreated | None, state: State, entry: WorkspaceEntry | None
) -> None:
    """Note where the directory and the journal say different things."""
    who = f"workspace {found.workspace_sid}"
    if found.events == 0 and not found.problems:
        found.problems.append(f"{who}: it is listed in the directory, but has no journal")
    elif created is not None and created.workspace_sid != found.workspace_sid:
        found.problems.append(
            f"{who}: position 1 of its journal creates another, {created.workspace_sid}"
        )
    elif created is not None and entry is not None and created.account_sid != entry.account_sid:
        found.problems.append(
            f"{who}: the directory gives it to account {entry.account_sid}, "
            f"position 1 of its journal to {created.account_sid}"
        )
    elif not found.problems and found.first_position == 1 and created is None:
        found.problems.append(f"{who}: position 1 of its journal does not create it")
    elif (
        not found.problems
        and entry is not None
        and state.created
        and state.workspace.account_sid != entry.account_sid
    ):
        found.problems.append(
            f"{who}: the directory gives it to account {entry.account_sid}, "
            f"its snapshots to {state.workspace.account_sid}"
        )
    elif not found.problems and found.deleted != (entry is None):
        said = "deletes it, but the directory lists it"
        unsaid = "does not delete it, but the directory does not list it"
        found.problems.append(
            f"{who}: its journal, up to position {found.position}, "
            f"{said if found.deleted else unsaid}"
        )


def _cannot_be_folded(row: JournalRow, bug: Exception) -> str:
    return (
        f"workspace {row.workspace_sid}: the journal row at position {row.first_position} "
        f"cannot be folded: {_said(bug)}"
    )


def _said(bug: Exception) -> str:
    return " ".join(f"{type(bug).__name__}: {bug}".split())


def _mints_nothing(prefix: str) -> str:
    raise AssertionError(f"folding a journal minted a SID, {prefix}")
