"""The demo as a user runs it: a real server, nobody at a terminal."""

import os
import re
import signal
import socket
import subprocess
import sys
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from taskyard.demo.server_process import ServerFailed, ServerProcess

GUARD_S = 120  # against a hang only: nothing is expected of the speed


def start(folder: Path, *options: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", "taskyard", "demo", *options],
        env={**os.environ, "TMPDIR": str(folder)},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


def nobody_listens_at_the_address_in(output: str) -> bool:
    address = re.search(r"http://\S+", output)
    assert address is not None, output
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", urlsplit(address.group()).port)) != 0


def test_the_demo_routes_tasks_sums_up_and_leaves_nothing_behind(tmp_path: Path) -> None:
    with start(tmp_path, "--seconds", "6", "--seed", "1") as demo:
        output, _ = demo.communicate(timeout=GUARD_S)
    assert demo.returncode == 0, output
    accepted = re.search(r"(\d+) accepted", output)
    assert accepted is not None, output
    assert int(accepted.group(1)) > 0, output
    assert "errors   none" in output
    assert list(tmp_path.iterdir()) == []
    assert nobody_listens_at_the_address_in(output)


def test_an_interrupt_ends_the_demo_with_its_summary(tmp_path: Path) -> None:
    with start(tmp_path) as demo:
        assert demo.stdout is not None
        opening = demo.stdout.readline()
        demo.send_signal(signal.SIGINT)
        rest, _ = demo.communicate(timeout=GUARD_S)
    assert demo.returncode == 0, opening + rest
    assert "errors   none" in rest
    assert list(tmp_path.iterdir()) == []
    assert nobody_listens_at_the_address_in(opening)


async def test_a_server_that_ends_by_itself_is_reported_with_its_last_words(
    tmp_path: Path,
) -> None:
    nowhere = tmp_path / "missing" / "demo.db"
    async with ServerProcess(nowhere, f"AC{'0' * 32}", "1" * 32) as server:
        with pytest.raises(ServerFailed, match=r"ended by itself with status 1[\s\S]*missing"):
            await server.ended()
