"""`/openapi.json` and `/docs`: what can be asked of this server, for programs and for people.

Both are made when the server starts. A request only puts the address in that its caller used. They
are open: they say how to ask, and nothing of what there is.
"""

from collections.abc import Callable
from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

import taskyard
from taskyard.core.limits import Limits

from .api.application import base_of
from .api.openapi import describe, encode
from .api.routes import ROUTES
from .docs_page import page_of

_HERE = "https://address.of.this.server.invalid"
"""Stands in the texts for the address until somebody asks."""


def reference_routes(limits: Limits, public_url: str | None) -> list[Route]:
    """The two routes.

    Args:
        limits: The bounds of this server, which the document tells.
        public_url: The address that callers use; None for the one that each call names.
    """
    document = describe(ROUTES, limits, taskyard.__version__, _HERE)
    style = "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'"
    return [
        Route(
            "/openapi.json",
            _answering(encode(document), public_url, {"content-type": "application/json"}),
        ),
        Route(
            "/docs",
            _answering(
                page_of(document).encode(),
                public_url,
                {"content-type": "text/html; charset=utf-8", "content-security-policy": style},
            ),
        ),
    ]


def _answering(
    text: bytes, public_url: str | None, headers: dict[str, str]
) -> Callable[[Request], Any]:
    parts = text.split(_HERE.encode())
    sent = {**headers, "access-control-allow-origin": "*", "x-content-type-options": "nosniff"}

    async def answer(request: Request) -> Response:
        # What a Host header may hold needs no escaping, in JSON or in HTML.
        here = public_url or base_of(request.scope, dict(request.scope["headers"]))
        return Response(here.encode().join(parts), headers=sent)

    return answer
