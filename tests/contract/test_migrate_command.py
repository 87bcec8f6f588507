import subprocess
import sys
from pathlib import Path

from documentation import ROOT
from postgres import real_postgres

MIGRATIONS = ROOT / "src" / "taskyard" / "stores" / "migrations" / "postgres"


def run(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "taskyard", *arguments], capture_output=True, text=True, check=False
    )


def test_a_postgresql_database_is_migrated_once_and_its_password_is_not_shown() -> None:
    with real_postgres() as server:
        first = run("migrate", "--database", server.url)
        assert first.stderr == ""
        newest = len([*MIGRATIONS.glob("*.sql")])
        assert f"schema version 0 brought to {newest}" in first.stdout
        second = run("migrate", "--database", server.url)
        assert f"is of schema version {newest}: nothing to do" in second.stdout
        shown = run("config", "--database", server.url)
        assert "postgresql://postgres:********@127.0.0.1" in shown.stdout
        for one in (first, second, shown):
            assert server.password not in one.stdout + one.stderr


def test_an_sqlite_file_that_does_not_exist_is_not_made(tmp_path: Path) -> None:
    ended = run("migrate", "--database", f"sqlite:///{tmp_path}/none.db")
    assert ended.returncode == 1
    assert ended.stderr == f"taskyard: database {tmp_path}/none.db does not exist\n"
    assert list(tmp_path.iterdir()) == []


def test_an_empty_sqlite_file_is_migrated(tmp_path: Path) -> None:
    path = tmp_path / "calls.db"
    path.touch()
    assert (
        "schema version 0 brought to " in run("migrate", "--database", f"sqlite:///{path}").stdout
    )
    assert "nothing to do" in run("migrate", "--database", f"sqlite:///{path}").stdout


def test_a_passing_database_cannot_be_migrated() -> None:
    ended = run("migrate", "--database", "memory://")
    assert ended.returncode == 1
    assert "memory://' is no file" in ended.stderr


def test_a_password_is_masked_even_where_the_address_is_wrong() -> None:
    ended = run("migrate", "--database", "postgresq://user:hush@host/db")
    assert ended.returncode == 1
    assert "hush" not in ended.stderr
    assert "user:********@host" in ended.stderr
