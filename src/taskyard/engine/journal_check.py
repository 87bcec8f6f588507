"""Whether what a store holds is sound: every journal is read and folded as a start would do it."""

from collections.abc import Iterable, Iterator

import msgspec

from taskyard.core.events import Event, WorkspaceCreated
from taskyard.core.machine import Machine
from taskyard.stores import JournalRow, StoreError, WorkspaceEntry
from taskyard.stores.codec import decode
from taskyard.stores.sqlite_reading import BadRow


class Findings(msgspec.Struct, kw_only=True):
    """What a journal holds, and what is wrong with it.

    Attributes:
        last_ms: The instant of the last row that could be read.
        tasks: How many the last state holds; None if the journal could not be folded.
        workers: Likewise.
        problems: One line each, with the workspace and the position.
    """

    workspace_sid: str
    events: int = 0
    last_ms: int | None = None
    tasks: int | None = None
    workers: int | None = None
    deleted: bool = False
    problems: list[str] = msgspec.field(default_factory=list)


def check_workspace(
    workspace_sid: str, rows: Iterable[JournalRow | BadRow], entry: WorkspaceEntry | None
) -> Findings:
    """Read one journal to its end, past whatever is wrong in it.

    After the first problem nothing is folded any more: what follows has lost what it rests on.

    Args:
        workspace_sid: Whose journal it is.
        rows: In order of position.
        entry: Its line of the directory; None if it has none.
    """
    found = Findings(workspace_sid=workspace_sid)
    machine = Machine(mint=_mints_nothing)
    created: WorkspaceCreated | None = None
    for row, events in _gapless(found, rows):
        found.events += len(events)
        found.last_ms = row.at_ms
        if row.first_position == 1 and events and isinstance(events[0], WorkspaceCreated):
            created = events[0]
        if not found.problems:
            try:
                machine.replay(events, row.at_ms)
            except Exception as bug:
                found.problems.append(_cannot_be_folded(row, bug))
    if not found.problems and found.events:
        try:
            machine.resume()
        except Exception as bug:
            found.problems.append(
                f"workspace {workspace_sid}: after position {found.events} "
                f"it cannot be taken up again: {_said(bug)}"
            )
    if not found.problems and found.events:
        found.tasks, found.workers = len(machine.state.tasks), len(machine.state.workers)
        found.deleted = machine.state.deleted
    _compare(found, created, entry)
    return found


def _gapless(
    found: Findings, rows: Iterable[JournalRow | BadRow]
) -> Iterator[tuple[JournalRow, list[Event]]]:
    """The rows that can be read, with their events; of the others, a problem each."""
    sid, position = found.workspace_sid, 0
    try:
        for row in rows:
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
    found: Findings, created: WorkspaceCreated | None, entry: WorkspaceEntry | None
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
    elif not found.problems and created is None:
        found.problems.append(f"{who}: position 1 of its journal does not create it")
    elif not found.problems and found.deleted != (entry is None):
        said = "deletes it, but the directory lists it"
        unsaid = "does not delete it, but the directory does not list it"
        found.problems.append(
            f"{who}: its journal, up to position {found.events}, "
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
