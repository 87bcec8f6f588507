"""`/console/`: the live console, three files that the build has made.

They are open to everybody and hold nothing: what the console shows, it asks for with a token. The
page may load nothing from elsewhere and run nothing that is not in its one script.
"""

import hashlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

from starlette.requests import Request
from starlette.responses import PlainTextResponse, RedirectResponse, Response
from starlette.routing import Route

from .sdk_files import BUILT, is_known

_PAGE = "index.html"
_TYPES = {
    _PAGE: "text/html; charset=utf-8",
    "console.js": "text/javascript; charset=utf-8",
    "console.css": "text/css; charset=utf-8",
}
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; "
    "img-src data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
_HEADERS = {
    "cache-control": "no-cache",
    "content-security-policy": POLICY,
    "cross-origin-opener-policy": "same-origin",
    "referrer-policy": "no-referrer",
    "x-content-type-options": "nosniff",
}


def console_routes(folder: Path = BUILT / "console") -> list[Route]:
    """The routes, for the files as they are now."""
    # Relative, so that it holds behind a proxy that adds a path of its own.
    routes = [Route("/console", _to_the_page)]
    for name, media_type in _TYPES.items():
        try:
            answer = _serving((folder / name).read_bytes(), media_type)
        except OSError:
            answer = _missing(name)
        routes.append(Route("/console/" if name == _PAGE else f"/console/{name}", answer))
    return routes


async def _to_the_page(request: Request) -> Response:
    return RedirectResponse("console/", 308)


def _serving(content: bytes, media_type: str) -> Callable[[Request], Any]:
    etag = f'"{hashlib.sha256(content).hexdigest()[:32]}"'
    headers = {**_HEADERS, "etag": etag}
    whole = {**headers, "content-type": media_type}

    async def answer(request: Request) -> Response:
        if is_known(etag, request.headers.get("if-none-match")):
            return Response(status_code=304, headers=headers)
        return Response(content, headers=whole)

    return answer


def _missing(name: str) -> Callable[[Request], Any]:
    text = (
        f"taskyard: the console was not built, {name} is missing: "
        "run make web in the source, or install a release\n"
    )

    async def answer(request: Request) -> Response:
        return PlainTextResponse(text, 503, headers=_HEADERS)

    return answer
