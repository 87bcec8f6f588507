"""`taskyard check` on PostgreSQL: sound, damaged, and with no right to write."""

from collections.abc import Iterator
from pathlib import Path

import asyncpg
import pytest

from postgres import RealPostgres, real_postgres

from .test_check import check, make
from .test_check_pruned import with_snapshots

ROWS = "SELECT first_position, last_position FROM taskyard.journal ORDER BY first_position"


@pytest.fixture(scope="module")
def server() -> Iterator[RealPostgres]:
    with real_postgres() as server:
        yield server


@pytest.fixture
async def url(server: RealPostgres) -> str:
    return await server.database()


async def rows(url: str) -> list[tuple[int, int]]:
    connection = await asyncpg.connect(url)
    try:
        return [(first, last) for first, last in await connection.fetch(ROWS)]
    finally:
        await connection.close()


async def test_a_sound_database_is_summed_up_as_a_file_of_the_same_would_be(
    url: str, tmp_path: Path
) -> None:
    file = tmp_path / "same.db"
    assert await make(url) == await make(file)
    assert check(url) == check(file)
    assert check(url)[0] == 0


async def test_a_pruned_journal_is_folded_from_its_snapshots(url: str) -> None:
    await with_snapshots(url, 2, 4, prune=True)
    (first, _), *_ = await rows(url)
    status, lines, errors = check(url)
    assert (status, errors) == (0, "")
    assert f"from position {first}, 1 tasks, 3 workers, 2 snapshots" in lines[0]


async def test_who_may_only_read_may_check(server: RealPostgres, url: str) -> None:
    sid = await make(url)
    await server.execute(
        "CREATE ROLE reader LOGIN PASSWORD 'let me in'; GRANT USAGE ON SCHEMA taskyard TO reader;"
        "GRANT SELECT ON ALL TABLES IN SCHEMA taskyard TO reader",
        url=url,
    )
    name = url.rpartition("/")[2]
    status, lines, errors = check(server.url_of(name, user="reader", password="let me in"))
    assert (status, errors) == (0, "")
    assert lines[0].startswith(f"workspace {sid}: ")


async def test_a_damaged_row_and_a_gap_are_named(server: RealPostgres, url: str) -> None:
    sid = await make(url)
    *_, (gone, gone_to), (rotten, _), _ = await rows(url)
    await server.execute(
        f"DELETE FROM taskyard.journal WHERE first_position = {gone};"
        f"UPDATE taskyard.journal SET body = '\\x01ff' WHERE first_position = {rotten}",
        url=url,
    )
    status, lines, _ = check(url)
    assert status == 1
    assert (
        lines[1] == f"workspace {sid}: positions {gone} to {gone_to} are missing from its journal"
    )
    assert lines[2].startswith(
        f"workspace {sid}: the journal row at position {rotten} cannot be unpacked (damaged"
    )
    assert lines[3:] == ["check: 1 workspaces, 2 problems"]


async def test_a_workspace_that_has_no_journal_is_a_problem(server: RealPostgres, url: str) -> None:
    sid = await make(url)
    await server.execute("DELETE FROM taskyard.journal", url=url)
    assert check(url)[:2] == (
        1,
        [
            f"workspace {sid}: 0 events",
            f"workspace {sid}: it is listed in the directory, but has no journal",
            "check: 1 workspaces, 1 problems",
        ],
    )


async def test_what_cannot_be_read_at_all_is_one_line(server: RealPostgres, url: str) -> None:
    name = url.rpartition("/")[2]
    where = f"taskyard: database {name} on 127.0.0.1:{server.port}"
    assert check(url) == (1, [], f"{where} is empty: no server has used it yet\n")
    await make(url)
    await server.execute("UPDATE taskyard.schema_version SET version = 4", url=url)
    assert check(url)[2].startswith(f"{where} is of schema version 4, older than the ")
    await server.execute("UPDATE taskyard.schema_version SET version = 99", url=url)
    assert check(url)[2].startswith(f"{where} is of schema version 99, newer than the ")
    refused = check(server.url_of(name, password="hush"))
    assert refused[0] == 1
    assert refused[2].startswith(f"{where} refuses the password")
    assert "hush" not in refused[2]
