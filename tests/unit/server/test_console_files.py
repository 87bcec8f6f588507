"""The console's files: where they were not built, and that nothing beside them is served."""

from pathlib import Path
from typing import Any

import pytest
from starlette.applications import Starlette

from taskyard.server.console_files import console_routes

TYPES = {
    "/console/": "text/html; charset=utf-8",
    "/console/console.js": "text/javascript; charset=utf-8",
    "/console/console.css": "text/css; charset=utf-8",
}


async def get(folder: Path, path: str) -> tuple[int, dict[str, str], str]:
    sent: list[Any] = []

    async def receive() -> Any:
        return {"type": "http.request", "body": b"", "more_body": False}

    async def send(message: Any) -> None:
        sent.append(message)

    scope = {"type": "http", "method": "GET", "path": path, "headers": [], "query_string": b""}
    await Starlette(routes=console_routes(folder))(scope, receive, send)
    start, *bodies = sent
    headers = {name.decode(): value.decode() for name, value in start["headers"]}
    return start["status"], headers, b"".join(one["body"] for one in bodies).decode()


@pytest.mark.parametrize("path", TYPES)
async def test_what_was_not_built_is_said_with_the_way_to_build_it(
    tmp_path: Path, path: str
) -> None:
    status, _, text = await get(tmp_path, path)
    assert status == 503
    assert "run make web" in text


async def test_what_is_there_is_served_as_what_it_is_and_nothing_beside_it(tmp_path: Path) -> None:
    for name in ("index.html", "console.js", "console.css", "secret.txt"):
        (tmp_path / name).write_text(name)
    for path, kind in TYPES.items():
        status, headers, _ = await get(tmp_path, path)
        assert (status, headers["content-type"]) == (200, kind)
        assert headers["x-content-type-options"] == "nosniff"
        assert "frame-ancestors 'none'" in headers["content-security-policy"]
    for path in ("/console/secret.txt", "/console/index.html"):
        assert (await get(tmp_path, path))[0] == 404
