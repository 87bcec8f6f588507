"""`/sdk/…` and `/js/taskrouter/…`: the browser SDK, as files that any page may load.

They are made by the build and read once, when the server starts. Pages of other origins load them,
also with `crossorigin` and an `integrity`, so every answer says that this is allowed.
"""

import base64
import hashlib
from collections.abc import Callable
from email.utils import formatdate
from pathlib import Path
from typing import Any, NamedTuple

from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

BUILT = Path(__file__).parent.parent / "static"
"""Where the build puts them: beside the source, and in the wheel."""

SCRIPT = "taskrouter.js"
MINIFIED = "taskrouter.min.js"
_SCRIPT_TYPE = "text/javascript; charset=utf-8"
_TYPES = {
    SCRIPT: _SCRIPT_TYPE,
    MINIFIED: _SCRIPT_TYPE,
    "taskrouter.min.js.map": "application/json",
    "taskrouter.mjs": _SCRIPT_TYPE,
    "taskrouter.d.ts": "text/plain; charset=utf-8",  # no browser runs it, whoever asks
}
_FOLDERS_OF_OLD = ("/js/taskrouter", "/taskrouter/js")
_OF_OLD = (SCRIPT, MINIFIED, "taskrouter.min.js.map")
_OPEN = {
    "access-control-allow-origin": "*",
    "access-control-expose-headers": "ETag",
    "cross-origin-resource-policy": "cross-origin",
    "x-content-type-options": "nosniff",
}
# A page asks each time whether the script has changed, and is told in a few bytes that it has not.
_CACHED = {"cache-control": "public, no-cache"}


class SdkFile(NamedTuple):
    """One file of the SDK, as it is served."""

    content: bytes
    media_type: str
    etag: str
    modified: str
    """When it was made, as a date for a header."""

    @property
    def integrity(self) -> str:
        """What the `integrity` of a script tag says: the digest without which nothing is run."""
        digest = base64.b64encode(hashlib.sha384(self.content).digest()).decode()
        return f"sha384-{digest}"


class NotBuilt(Exception):
    """The SDK was not built; the message is one line that says how to."""


def sdk_files(folder: Path = BUILT) -> dict[str, SdkFile]:
    """Every file by its name.

    Raises:
        NotBuilt: One is missing: this is a source checkout in which nobody has built it.
    """
    files = {}
    for name, media_type in _TYPES.items():
        path = folder / name
        try:
            content = path.read_bytes()
            modified = formatdate(path.stat().st_mtime, usegmt=True)
        except OSError as error:
            raise NotBuilt(
                f"the browser SDK was not built, {name} is missing: "
                "run make web in the source, or install a release"
            ) from error
        etag = f'"{hashlib.sha256(content).hexdigest()[:32]}"'
        files[name] = SdkFile(content, media_type, etag, modified)
    return files


def sdk_routes(folder: Path = BUILT) -> list[Route]:
    """The routes, for the files as they are now.

    `/js/taskrouter/{version}/…` is where pages written for the hosted service look for the script,
    and `/taskrouter/js/{version}/…` where older ones do: whatever version they name, they get the
    one that there is.
    """
    try:
        files = sdk_files(folder)
    except NotBuilt as missing:
        answer = _saying(f"taskyard: {missing}\n")
        return [
            Route("/sdk/{name}", answer),
            *(Route(f"{folder}/{{version}}/{{name}}", answer) for folder in _FOLDERS_OF_OLD),
        ]
    routes = [Route(f"/sdk/{name}", _serving(file)) for name, file in files.items()]
    routes += [
        Route(f"{folder}/{{version}}/{name}", _serving(files[name]))
        for folder in _FOLDERS_OF_OLD
        for name in _OF_OLD
    ]
    return routes


def _serving(file: SdkFile) -> Callable[[Request], Any]:
    headers = {**_OPEN, **_CACHED, "etag": file.etag, "last-modified": file.modified}
    whole = {**headers, "content-type": file.media_type}

    async def answer(request: Request) -> Response:
        if is_known(file.etag, request.headers.get("if-none-match")):
            return Response(status_code=304, headers=headers)
        return Response(file.content, headers=whole)

    return answer


def _saying(text: str) -> Callable[[Request], Any]:
    async def answer(request: Request) -> Response:
        return PlainTextResponse(text, 503, headers=_OPEN)

    return answer


def is_known(etag: str, if_none_match: str | None) -> bool:
    """Whether the caller has this very content already."""
    if if_none_match is None:
        return False
    known = [one.strip().removeprefix("W/") for one in if_none_match.split(",")]
    return etag in known or "*" in known
