"""Whether a whole database is sound: opens it, has every workspace checked, and says so."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import UTC, datetime
from pathlib import Path

from taskyard.stores import WorkspaceEntry, sqlite_reading
from taskyard.stores.reading import Extent, Reading
from taskyard.stores.urls import POSTGRES, file_of

from .journal_check import Findings, check_workspace

_ATTEMPTS = 20
"""A server that has long not pruned may go on for a while."""


def check_database(database: str, say: Callable[[str], None]) -> bool:
    """Read a whole database and say what it holds and what is wrong.

    Args:
        database: The address of a PostgreSQL or SQLite database, or the path of the latter.
        say: Where the lines go.

    Returns:
        Whether nothing is wrong.

    Raises:
        ValueError: The address is not understood.
        StoreError: It cannot be read at all.
    """
    workspaces = problems = 0
    with _reading(database) as opened:
        for damage in opened.damages():
            say(f"database: {damage}")
            problems += 1
        entries = {entry.sid: entry for entry in opened.entries}
        extents = {extent.workspace_sid: extent for extent in opened.extents}
        for sid in dict.fromkeys([*extents, *entries]):
            found = _found(opened, extents.get(sid) or Extent(sid, 0, []), entries.get(sid))
            if found is None:
                continue
            say(_line(found))
            for problem in found.problems:
                say(problem)
            workspaces += 1
            problems += len(found.problems)
    say(f"check: {workspaces} workspaces, {problems} problems")
    return problems == 0


def _reading(database: str) -> AbstractContextManager[Reading]:
    if database.startswith(POSTGRES):
        # Imported only now: its driver is half as large as all the rest.
        from taskyard.stores import postgres_reading

        return postgres_reading.reading(database)
    return sqlite_reading.reading(file_of(database) if "://" in database else Path(database))


def _found(opened: Reading, extent: Extent, entry: WorkspaceEntry | None) -> Findings | None:
    """What one workspace holds; None if a server has let go of all of it meanwhile."""
    sid = extent.workspace_sid
    for _ in range(_ATTEMPTS):
        first = opened.first_position(sid)
        if first is None and entry is None:
            return None
        found = check_workspace(sid, opened.rows(extent), entry, opened.snapshots(extent))
        if not found.problems or opened.first_position(sid) == first:
            return found
        # Rows that were to be read have been pruned since: that is no fault of the journal's.
    found.problems.append(
        f"workspace {sid}: its journal was pruned meanwhile: check it again later"
    )
    return found


def _line(found: Findings) -> str:
    parts = [f"{found.events} events"]
    if found.first_position > 1:
        parts[0] += f" from position {found.first_position}"
    if found.tasks is not None:
        parts += [f"{found.tasks} tasks", f"{found.workers} workers"]
    if found.snapshots:
        parts.append(f"{found.snapshots} snapshots")
    if found.last_ms is not None:
        parts.append(f"last {_instant(found.last_ms)}")
    if found.deleted:
        parts.append("deleted")
    return f"workspace {found.workspace_sid}: {', '.join(parts)}"


def _instant(ms: int) -> str:
    try:
        at = datetime.fromtimestamp(ms / 1000, UTC)
    except (ValueError, OverflowError, OSError):
        return f"at an impossible instant, {ms} ms"
    return at.isoformat(timespec="milliseconds").replace("+00:00", "Z")
