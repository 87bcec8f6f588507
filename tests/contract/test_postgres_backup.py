"""The steps by which the documentation has a PostgreSQL database copied and brought back."""

import os
import subprocess
from pathlib import Path

from documentation import DOCS
from postgres import RealPostgres, real_postgres

from .test_check import check, make

PAGE = DOCS / "operations" / "backup-and-restore.md"
PROGRAMS = ("pg_dump", "createdb", "pg_restore")
FILE = "/var/backups/taskyard/monday.dump"
ADDRESS = "postgresql://taskyard@db.example.com/taskyard"


def run_as_superuser(server: RealPostgres, command: str) -> None:
    program, *arguments = command.split()
    subprocess.run(
        [server.programs / program, *arguments],
        env=os.environ
        | {
            "PGHOST": "127.0.0.1",
            "PGPORT": str(server.port),
            "PGUSER": server.user,
            "PGPASSWORD": server.password,
        },
        check=True,
    )


async def test_a_dump_is_restored_by_the_steps_of_its_page(tmp_path: Path) -> None:
    steps = [line for line in PAGE.read_text().splitlines() if line.startswith(PROGRAMS)]
    assert [step.split()[0] for step in steps] == list(PROGRAMS)
    with real_postgres() as server:
        await server.execute("CREATE ROLE taskyard LOGIN PASSWORD 'let me in'")
        await server.execute("CREATE DATABASE taskyard OWNER taskyard")
        url = server.url_of("taskyard", user="taskyard", password="let me in")
        await make(url)
        for step in steps:
            there = step.replace(FILE, str(tmp_path / "monday.dump")).replace(ADDRESS, url)
            run_as_superuser(server, there)
        assert check(f"{url}_restored") == check(url)
        assert check(url)[0] == 0
