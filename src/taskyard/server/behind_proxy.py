"""What a proxy in front of the server says of its callers."""

import os
from collections.abc import Awaitable
from typing import Any

from uvicorn.middleware.proxy_headers import ProxyHeadersMiddleware

_OF_PROXIES = frozenset({b"x-forwarded-proto", b"x-forwarded-for"})


class BehindProxy(ProxyHeadersMiddleware):
    """Uvicorn's own, which trusts the proxies that `FORWARDED_ALLOW_IPS` names.

    Most requests come without such a header: they are spared the look at who sent them.
    """

    def __init__(self, app: Any) -> None:
        super().__init__(app, os.environ.get("FORWARDED_ALLOW_IPS", "127.0.0.1"))

    def __call__(self, scope: Any, receive: Any, send: Any) -> Awaitable[None]:  # type: ignore[override]
        """Hand a connection on, from whom it really comes."""
        for name, _ in scope["headers"]:
            if name in _OF_PROXIES:
                return super().__call__(scope, receive, send)
        answered: Awaitable[None] = self.app(scope, receive, send)
        return answered
