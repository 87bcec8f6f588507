"""What envelopes may lead to: all of REST, and what the second browser client has besides."""

from taskyard.server.api.routes import ROUTES, Operations

from . import participants, transfers

_WORKER = "/Workspaces/{WorkspaceSid}/Workers/{WorkerSid}"

ROUTES_A: dict[str, Operations] = ROUTES
ROUTES_B: dict[str, Operations] = {
    **ROUTES,
    f"{_WORKER}/Transfers": {"POST": transfers.INITIATE},
    f"{_WORKER}/Transfers/{{Sid}}": {"POST": transfers.CANCEL},
    **{f"{_WORKER}/{name}": {"POST": one} for name, one in participants.REFUSED.items()},
}
