"""A real server, and PostgreSQL, on a disk of a few megabytes that fills up or is read-only.

A file system of its own is mounted for it, which is root's to do: elsewhere this is left out.
"""

import asyncio
import json
import os
import signal
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from contract.api.caller import SID, TOKEN, Caller, Centre, session_of
from postgres import RealPostgres, programs
from torture.cluster.nodes import Node
from torture.rounds import ROUNDS

NAMES = {"sqlite": "SQLite", "postgres": "PostgreSQL"}
SIZES = {"sqlite": "8m", "postgres": "160m"}
AGAIN_WITHIN_S = 60.0


def mount(*arguments: str | Path) -> bool:
    return subprocess.run(["mount", *arguments], capture_output=True, check=False).returncode == 0


class SmallDisk:
    """A folder that is a file system of its own."""

    def __init__(self, folder: Path, size: str) -> None:
        self.folder = folder
        self.folder.mkdir()
        self._ballast = folder / "ballast"
        if not mount("-t", "tmpfs", "-o", f"size={size},mode=755", "tmpfs", folder):
            pytest.skip("nobody but root can mount a file system")

    def fill(self) -> None:
        """Leave no byte."""
        with self._ballast.open("ab", buffering=0) as file:
            for size in (1 << 20, 1 << 12, 1):
                try:
                    while True:
                        file.write(bytes(size))
                except OSError:
                    pass

    def make_room(self) -> None:
        self._ballast.unlink()

    def may_be_written(self, allowed: bool) -> None:
        """The system refuses this while somebody has a file open to write it."""
        assert mount("-o", f"remount,{'rw' if allowed else 'ro'}", self.folder)

    def close(self) -> None:
        subprocess.run(["umount", "--lazy", self.folder], check=True)


MAKES_A_CLUSTER = pytest.mark.skipif(ROUNDS < 10, reason="a PostgreSQL of its own: make torture")


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=MAKES_A_CLUSTER)])
def kind(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def disk(kind: str, tmp_path: Path) -> Iterator[SmallDisk]:
    disk = SmallDisk(tmp_path / "disk", SIZES[kind])
    yield disk
    disk.close()


class Place:
    """A server on that disk, or beside the PostgreSQL that is."""

    def __init__(self, kind: str, disk: SmallDisk, tmp_path: Path) -> None:
        self.postgres: RealPostgres | None = None
        url = f"sqlite:///{disk.folder}/taskyard.db"
        if kind == "postgres":
            (tmp_path / "programs").mkdir()
            for above in (tmp_path, *tmp_path.parents):
                if above.stat().st_mode & 0o077 == 0:
                    above.chmod(0o711)  # the data's owner is another user
            (disk.folder / "postgres").mkdir()
            self.postgres = RealPostgres(
                disk.folder / "postgres", programs(tmp_path / "programs"), durable=True
            )
            url = self.postgres.url
        self.node = Node("server", url, tmp_path / "server.log", {})

    async def start(self) -> None:
        if self.postgres is not None:
            await asyncio.to_thread(self.postgres.start)
        await self.node.start()

    async def revive(self) -> None:
        """PostgreSQL goes down over a log that it cannot write: somebody has to start it."""
        if self.postgres is not None and self.postgres.is_dead:
            await asyncio.to_thread(self.postgres.stop)
            await asyncio.to_thread(self.postgres.start)

    async def end(self) -> None:
        await self.node.end()
        if self.postgres is not None:
            await asyncio.to_thread(self.postgres.stop, signal.SIGKILL)


async def tasks_of(centre: Centre) -> set[str]:
    listed = await centre.caller.every(f"{centre.path}/Tasks?PageSize=1000", "tasks")
    assert len({one["sid"] for one in listed}) == len(listed)
    return {one["sid"] for one in listed}


async def create_until_refused(centre: Centre, kept: set[str]) -> int:
    """Create tasks until the disk is found out; how many were."""
    created = 0
    while True:
        noise = json.dumps({"noise": os.urandom(1_500).hex()})
        reply = await centre.caller.post(f"{centre.path}/Tasks", {"Attributes": noise})
        if reply.status != 201:
            reply.refused(503, 20503)
            return created
        kept.add(reply.json["sid"])
        created += 1


async def create_once_it_works(centre: Centre, kept: set[str]) -> None:
    async with asyncio.timeout(AGAIN_WITHIN_S):
        while True:
            reply = await centre.caller.post(f"{centre.path}/Tasks")
            if reply.status == 201:
                kept.add(reply.json["sid"])
                return
            reply.refused(503, 20503)
            await asyncio.sleep(0.1)


async def test_when_the_disk_is_full_what_was_acknowledged_stays_and_with_room_it_goes_on(
    kind: str, disk: SmallDisk, tmp_path: Path, tally: Callable[..., None]
) -> None:
    place = Place(kind, disk, tmp_path)
    try:
        await place.start()
        kept: set[str] = set()
        async with session_of(SID, TOKEN) as session:
            centre = await Centre(Caller(str(place.node.url), session)).open()
            for _ in range(5):
                kept.add((await centre.task())["sid"])
            disk.fill()
            await create_until_refused(centre, kept)
            disk.make_room()
            await place.revive()
            await create_once_it_works(centre, kept)
            assert kept <= await tasks_of(centre)
            await place.node.kill()
            await place.node.start()
            centre.caller = Caller(str(place.node.url), session)
            assert kept <= await tasks_of(centre)
            await create_once_it_works(centre, kept)
    finally:
        await place.end()
    tally(f"{NAMES[kind]}: disk full", times=1, **{"acknowledged tasks": len(kept)})


async def test_on_a_read_only_disk_the_server_says_so_in_a_line_and_starts_when_it_is_writable(
    tmp_path: Path, tally: Callable[..., None]
) -> None:
    disk = SmallDisk(tmp_path / "disk", SIZES["sqlite"])
    place = Place("sqlite", disk, tmp_path)
    try:
        await place.start()
        async with session_of(SID, TOKEN) as session:
            centre = await Centre(Caller(str(place.node.url), session)).open()
            kept = {(await centre.task())["sid"]}
            await place.node.kill()
            disk.may_be_written(False)
            assert await place.node.try_to_start() is None
            *_, line = place.node.words().splitlines()
            assert line.startswith(f"taskyard: database {disk.folder}/taskyard.db cannot be ")
            disk.may_be_written(True)
            await place.node.start()
            centre.caller = Caller(str(place.node.url), session)
            assert await tasks_of(centre) == kept
            await create_once_it_works(centre, kept)
    finally:
        await place.end()
        disk.close()
    tally("SQLite: disk read-only", times=1)
