"""What an installation promises, and that a wheel has in it all that a server serves."""

import subprocess
import sys
import urllib.request
from importlib.metadata import version
from pathlib import Path

import taskyard

ROOT = Path(__file__).parent.parent.parent
GUARD_S = 300  # against a hang only


def run(*arguments: str | Path, folder: Path) -> None:
    ran = subprocess.run(
        [*map(str, arguments)],
        cwd=folder,
        capture_output=True,
        text=True,
        timeout=GUARD_S,
        check=False,
    )
    assert ran.returncode == 0, ran.stdout + ran.stderr


def test_the_installed_version_is_the_one_in_the_source() -> None:
    assert version("taskyard") == taskyard.__version__


def test_a_wheel_installs_without_a_network_and_serves_the_console_and_the_sdk(
    tmp_path: Path,
) -> None:
    pip = (sys.executable, "-m", "pip", "--disable-pip-version-check", "--isolated")
    offline = ("--no-index", "--no-deps", "--no-build-isolation")
    run(*pip, "wheel", *offline, "--wheel-dir", tmp_path, ROOT, folder=tmp_path)
    [wheel] = tmp_path.glob("taskyard-*.whl")
    installed = tmp_path / "installed"
    run(*pip, "install", "--no-index", "--no-deps", "--target", installed, wheel, folder=tmp_path)
    start = (
        f"import sys; sys.path.insert(0, {str(installed)!r}); from taskyard.cli import main; main()"
    )
    with subprocess.Popen(
        [sys.executable, "-c", start, "serve", "--database", "memory://", "--port", "0"],
        cwd=tmp_path,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    ) as process:
        try:
            assert process.stdout is not None
            url = next(line for line in process.stdout if "listening on" in line).split()[-1]
            page = seen(f"{url}/console/")
            assert "<title>" in page
            for part in parts_of(page):
                assert seen(f"{url}{part}")
            assert "TaskQueue" in seen(f"{url}/sdk/taskrouter.min.js")
        finally:
            process.terminate()
            process.wait(GUARD_S)


def parts_of(page: str) -> list[str]:
    """The scripts and styles that the page loads from the server."""
    found = [piece.partition('"')[0] for piece in page.split('="')[1:]]
    parts = [one for one in found if one.endswith((".js", ".css"))]
    assert {one.rpartition(".")[2] for one in parts} == {"js", "css"}
    return [one if one.startswith("/") else f"/console/{one}" for one in parts]


def seen(url: str) -> str:
    with urllib.request.urlopen(url, timeout=GUARD_S) as response:
        assert response.status == 200
        return str(response.read().decode())
