"""The browser SDK as files that any page may load."""

import base64
import hashlib
from pathlib import Path
from typing import Any

import pytest
from starlette.applications import Starlette

from taskyard.server.sdk_files import NotBuilt, sdk_files, sdk_routes

NAMES = [
    "taskrouter.js",
    "taskrouter.min.js",
    "taskrouter.min.js.map",
    "taskrouter.mjs",
    "taskrouter.d.ts",
]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name in NAMES:
        (tmp_path / name).write_text(f"// {name}: ä")
    return tmp_path


async def get(
    app: Starlette, path: str, method: str = "GET", **headers: str
) -> tuple[int, dict[str, str], bytes]:
    named = [(name.replace("_", "-").encode(), text.encode()) for name, text in headers.items()]
    scope = {"type": "http", "method": method, "path": path, "headers": named, "query_string": b""}
    sent: list[Any] = []

    async def receive() -> Any:
        return {"type": "http.request", "body": b"", "more_body": False}

    async def send(message: Any) -> None:
        sent.append(message)

    await app(scope, receive, send)
    start, *bodies = sent
    return (
        start["status"],
        {name.decode(): value.decode() for name, value in start["headers"]},
        b"".join(body.get("body", b"") for body in bodies),
    )


@pytest.mark.parametrize("name", NAMES)
async def test_each_file_is_served_as_it_was_built_to_pages_of_every_origin(
    folder: Path, name: str
) -> None:
    status, headers, body = await get(Starlette(routes=sdk_routes(folder)), f"/sdk/{name}")
    assert (status, body) == (200, (folder / name).read_bytes())
    assert headers["access-control-allow-origin"] == "*"
    assert headers["cross-origin-resource-policy"] == "cross-origin"
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["content-length"] == str(len(body))


@pytest.mark.parametrize(
    ("name", "media_type"),
    [
        ("taskrouter.js", "text/javascript; charset=utf-8"),
        ("taskrouter.min.js", "text/javascript; charset=utf-8"),
        ("taskrouter.mjs", "text/javascript; charset=utf-8"),
        ("taskrouter.min.js.map", "application/json"),
        ("taskrouter.d.ts", "text/plain; charset=utf-8"),
    ],
)
async def test_a_browser_runs_what_is_a_script_and_nothing_else(
    folder: Path, name: str, media_type: str
) -> None:
    _, headers, _ = await get(Starlette(routes=sdk_routes(folder)), f"/sdk/{name}")
    assert headers["content-type"] == media_type


@pytest.mark.parametrize(
    "place", ["js/taskrouter/v1.21", "js/taskrouter/any", "taskrouter/js/v1.13"]
)
@pytest.mark.parametrize("name", NAMES[:3])
async def test_the_paths_of_the_hosted_service_have_the_same_script(
    folder: Path, place: str, name: str
) -> None:
    app = Starlette(routes=sdk_routes(folder))
    status, _, body = await get(app, f"/{place}/{name}")
    assert (status, body) == (200, (folder / name).read_bytes())


async def test_a_script_that_the_browser_has_is_not_sent_again(folder: Path) -> None:
    app = Starlette(routes=sdk_routes(folder))
    _, headers, _ = await get(app, "/sdk/taskrouter.js")
    etag = headers["etag"]
    for known in (etag, f'"another", W/{etag}', "*"):
        status, headers, body = await get(app, "/sdk/taskrouter.js", if_none_match=known)
        assert (status, body) == (304, b"")
        assert headers["access-control-allow-origin"] == "*"
        assert headers["cache-control"] == "public, no-cache"
    status, _, _ = await get(app, "/sdk/taskrouter.js", if_none_match='"another"')
    assert status == 200


async def test_a_script_that_changed_has_another_etag(folder: Path) -> None:
    _, before, _ = await get(Starlette(routes=sdk_routes(folder)), "/sdk/taskrouter.js")
    (folder / "taskrouter.js").write_text("// changed")
    _, after, _ = await get(Starlette(routes=sdk_routes(folder)), "/sdk/taskrouter.js")
    assert before["etag"] != after["etag"]


async def test_head_has_the_length_of_the_body_and_a_post_is_refused(folder: Path) -> None:
    app = Starlette(routes=sdk_routes(folder))
    status, headers, _ = await get(app, "/sdk/taskrouter.js", "HEAD")
    assert status == 200
    assert headers["content-length"] == str((folder / "taskrouter.js").stat().st_size)
    assert (await get(app, "/sdk/taskrouter.js", "POST"))[0] == 405


async def test_what_is_no_file_of_the_sdk_is_not_found(folder: Path) -> None:
    app = Starlette(routes=sdk_routes(folder))
    for path in ("/sdk/", "/sdk/x.js", "/sdk/../x", "/js/taskrouter/v1/x.js", "/sdk/.built-from"):
        assert (await get(app, path))[0] == 404


@pytest.mark.parametrize("missing", NAMES)
async def test_a_checkout_without_a_build_says_how_to_build(folder: Path, missing: str) -> None:
    (folder / missing).unlink()
    with pytest.raises(NotBuilt, match="make web"):
        sdk_files(folder)
    app = Starlette(routes=sdk_routes(folder))
    for path in ("/sdk/taskrouter.js", "/js/taskrouter/v1.21/taskrouter.min.js"):
        status, headers, body = await get(app, path)
        assert status == 503
        assert f"{missing} is missing: run make web".encode() in body
        assert headers["access-control-allow-origin"] == "*"


def test_the_integrity_is_the_sha384_digest_of_what_is_served(folder: Path) -> None:
    file = sdk_files(folder)["taskrouter.min.js"]
    digest = hashlib.sha384((folder / "taskrouter.min.js").read_bytes()).digest()
    assert file.integrity == f"sha384-{base64.b64encode(digest).decode()}"
