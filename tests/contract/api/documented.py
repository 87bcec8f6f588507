"""What the OpenAPI document says that an operation may answer."""

from typing import Any

from taskyard.core.limits import Limits
from taskyard.server.api.openapi import describe
from taskyard.server.api.routes import ROUTES, RouteTable

_PATHS: dict[str, Any] = describe(ROUTES, Limits(), "0", "http://tested.invalid")["paths"]
_TABLE = RouteTable(ROUTES)
_OPERATION_OF = {
    one.handler: _PATHS["/v1" + path][method.lower()]
    for path, methods in ROUTES.items()
    for method, one in methods.items()
}


def expect_documented(method: str, path: str, status: int) -> None:
    """Whatever a test calls, the document has to tell of the status that it gets.

    Args:
        method: Of the call.
        path: What follows `/v1`.
        status: Of the answer.
    """
    found = _TABLE.find(path.partition("?")[0])
    handler = None if found is None else found[0].get(method)
    if handler is not None:
        operation = _OPERATION_OF[handler]
        assert str(status) in operation["responses"], (operation["operationId"], status)
