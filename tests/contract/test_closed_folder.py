"""A database whose folder is the server's alone, and somebody else who runs a command."""

import asyncio
import contextlib
import os
from collections.abc import Callable, Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from click.testing import CliRunner

from taskyard.cli import main
from taskyard.engine.backups import copy_database
from taskyard.engine.database_check import check_database
from taskyard.server.config import read_settings
from taskyard.stores import StoreError, open_store
from taskyard.stores.migrating import migrate

NOBODY = 65_534


@pytest.fixture
def folders() -> Iterator[tuple[Path, Path]]:
    """One that everybody may use, and in it one that we may not enter."""
    user = os.geteuid()
    with TemporaryDirectory() as name:
        everybodys = Path(name)
        everybodys.chmod(0o777)
        closed = everybodys / "closed"
        closed.mkdir()
        asyncio.run(_make(closed / "taskyard.db"))
        asyncio.run(_make(everybodys / "own.db"))
        (everybodys / "own.db").chmod(0o666)
        (everybodys / "closed.toml").touch(0)
        import_what_is_needed(everybodys)
        closed.chmod(0)
        try:
            if user == 0:  # nothing is closed to the superuser
                become_nobody()
            yield everybodys, closed
        finally:
            os.seteuid(user)
            closed.chmod(0o700)


def import_what_is_needed(folder: Path) -> None:
    """What is imported when it is first used may lie where nobody else may read."""
    for command in COMMANDS:
        with contextlib.suppress(StoreError):
            command(folder, folder / "nowhere")
    CliRunner().invoke(main, ["config", "--config", str(folder / "nowhere.toml")])


def become_nobody() -> None:
    try:
        os.seteuid(NOBODY)
    except OSError as error:
        pytest.skip(f"the superuser of this machine cannot be somebody else: {error}")


async def _make(path: Path) -> None:
    await (await open_store(f"sqlite:///{path}")).close()


def checked(everybodys: Path, closed: Path) -> None:
    check_database(f"{closed}/taskyard.db", print)


def backed_up(everybodys: Path, closed: Path) -> None:
    copy_database(closed / "taskyard.db", everybodys / "copy.db", overwrite=False)


def looked_at(everybodys: Path, closed: Path) -> None:
    asyncio.run(open_store(f"sqlite:///{closed}/taskyard.db", create=False))


def migrated(everybodys: Path, closed: Path) -> None:
    asyncio.run(migrate(f"sqlite:///{closed}/taskyard.db"))


COMMANDS = (checked, backed_up, looked_at, migrated)


@pytest.mark.parametrize("command", COMMANDS)
def test_a_database_in_a_folder_that_one_may_not_enter_cannot_be_opened(
    folders: tuple[Path, Path], command: Callable[[Path, Path], None]
) -> None:
    with pytest.raises(StoreError) as raised:
        command(*folders)
    assert str(raised.value) == (
        f"database {folders[1]}/taskyard.db cannot be opened (Permission denied)"
    )


def test_a_copy_cannot_be_made_in_a_folder_that_one_may_not_enter(
    folders: tuple[Path, Path],
) -> None:
    everybodys, closed = folders
    with pytest.raises(StoreError) as raised:
        copy_database(everybodys / "own.db", closed / "copy.db", overwrite=True)
    assert str(raised.value) == f"file {closed}/copy.db cannot be made: Permission denied"


def test_settings_are_not_looked_for_in_a_current_folder_that_one_may_not_enter(
    folders: tuple[Path, Path],
) -> None:
    _, closed = folders
    assert read_settings({}, {}, default_file=closed / "taskyard.toml").file is None


def test_a_file_of_settings_that_one_may_not_read_is_one_line_and_status_1(
    folders: tuple[Path, Path],
) -> None:
    file = folders[0] / "closed.toml"
    ended = CliRunner().invoke(main, ["config", "--config", str(file)])
    assert (ended.exit_code, ended.stderr) == (
        1,
        f"taskyard: configuration file {file} cannot be read: Permission denied\n",
    )
