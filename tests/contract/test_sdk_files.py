"""The browser SDK that the build has made, as the server serves it."""

import re
import subprocess
import sys
from html.parser import HTMLParser
from pathlib import Path

import aiohttp
import pytest

from taskyard.server.app import running
from taskyard.server.config import Config
from taskyard.server.sdk_files import sdk_files

GUARD_S = 120  # against a hang only


def tag_of(*options: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "taskyard", "sdk-tag", *options],
        capture_output=True,
        text=True,
        timeout=GUARD_S,
        check=False,
    )


class Tags(HTMLParser):
    def __init__(self, html: str) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str | None]]] = []
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, dict(attrs)))


async def test_a_server_serves_the_sdk_without_credentials_and_beside_rest() -> None:
    files = sdk_files()
    config = Config(database="memory://", port=0)
    async with running(config) as server, aiohttp.ClientSession(server.url) as browser:
        for path, name in [
            *((f"/sdk/{name}", name) for name in files),
            ("/js/taskrouter/v1.21/taskrouter.min.js", "taskrouter.min.js"),
            ("/taskrouter/js/v1.13/taskrouter.min.js", "taskrouter.min.js"),
        ]:
            async with browser.get(path, headers={"Origin": "https://page.example"}) as answer:
                assert answer.status == 200
                assert await answer.read() == files[name].content
                assert answer.headers["Access-Control-Allow-Origin"] == "*"


def test_the_classic_script_runs_anywhere_and_the_module_exports_the_clients() -> None:
    files = {name: file.content.decode() for name, file in sdk_files().items()}
    for name in ("taskrouter.js", "taskrouter.min.js"):
        assert not re.search(r"^\s*(import|export)\b", files[name], re.M)
        assert "import.meta" not in files[name]
    assert files["taskrouter.min.js"].rstrip().endswith("sourceMappingURL=taskrouter.min.js.map")
    assert len(files["taskrouter.min.js"]) < len(files["taskrouter.js"]) / 1.5
    assert re.search(r"^export \{.*\bWorker\b.*\};", files["taskrouter.mjs"], re.M)
    assert re.search(r"^export \{.*\bWorker\b.*\};", files["taskrouter.d.ts"], re.M)


def test_nothing_of_the_machine_that_built_it_is_in_the_sdk() -> None:
    root = str(Path(__file__).parents[2])
    for name, file in sdk_files().items():
        assert root not in file.content.decode(), name


def test_sdk_tag_prints_a_tag_with_the_address_and_the_digest_of_the_script() -> None:
    printed = tag_of("--url", "https://tasks.example.com/")
    assert (printed.returncode, printed.stderr) == (0, "")
    assert printed.stdout.rstrip().endswith("></script>")
    ((tag, attributes),) = Tags(printed.stdout).found
    assert (tag, attributes) == (
        "script",
        {
            "src": "https://tasks.example.com/sdk/taskrouter.min.js",
            "integrity": sdk_files()["taskrouter.min.js"].integrity,
            "crossorigin": "anonymous",
        },
    )


@pytest.mark.parametrize("url", ["tasks.example.com", "ftp://x", "https://"])
def test_sdk_tag_refuses_what_is_no_address(url: str) -> None:
    printed = tag_of("--url", url)
    assert (printed.returncode, printed.stdout) == (1, "")
    assert printed.stderr.startswith(f"taskyard: --url {url}")
    assert len(printed.stderr.splitlines()) == 1
