"""`/taskyard/v1/Tokens`: capability tokens made by the server, for its console and pages like it.

Whoever has the account's credentials could sign these tokens alone. Asked for here, they need no
library, and a page forgets its credentials as soon as it has a token that opens less.
"""

from typing import Any

import jwt
import msgspec

from taskyard.core.dates import date
from taskyard.core.errors import Invalid, NotFound
from taskyard.core.ids import WorkerSid
from taskyard.engine import Directory
from taskyard.server.api.forms import Fields

ROLES = ("supervisor", "agent", "viewer")
TTL_S = 3_600
TTL_S_MAX = 43_200


class TokenBody(msgspec.Struct, gc=False):
    """A token that was made, and what it is good for."""

    token: str
    role: str
    account_sid: str
    workspace_sid: str
    worker_sid: str | None
    channel_sid: str
    ttl: int
    """In seconds."""
    date_expires: str


async def make_token(directory: Directory, form: Fields, now_ms: int) -> bytes:
    """The JSON of a new token.

    Args:
        directory: Where the workspaces are.
        form: `WorkspaceSid`, `Role`, for an agent `WorkerSid`, and perhaps `Ttl`.
        now_ms: The instant from which on the token holds.

    Raises:
        Invalid: A field is missing or cannot be used, or names nothing that is there.
    """
    form.required("WorkspaceSid")
    workspace_sid = form.sid("WorkspaceSid", "WS", "")
    role = form.required("Role")
    if role not in ROLES:
        raise Invalid(f"Role must be supervisor, agent or viewer, not '{role[:100]}'")
    worker_sid = form.sid("WorkerSid", "WK", None)
    if role == "agent" and worker_sid is None:
        raise Invalid("WorkerSid field is required for the role agent")
    if role != "agent" and worker_sid is not None:
        raise Invalid(f"WorkerSid is for the role agent alone, not for {role}")
    ttl = form.integer("Ttl", TTL_S)
    if not 1 <= ttl <= TTL_S_MAX:
        raise Invalid(f"Ttl must be from 1 to {TTL_S_MAX} seconds, not {ttl}")
    try:
        engine = await directory.engine(workspace_sid)
    except NotFound as missing:
        # Its own answer names the path, and here that is not what is missing.
        raise Invalid(f"WorkspaceSid: there is no workspace {workspace_sid}") from missing
    if worker_sid is not None:
        wanted = WorkerSid(worker_sid)
        if not engine.sees(lambda state: wanted in state.workers):
            raise Invalid(f"WorkerSid: there is no worker {worker_sid} in {workspace_sid}")
    account = directory.account
    channel_sid = worker_sid or workspace_sid
    starts_s = now_ms // 1000
    claims: dict[str, Any] = {
        "iss": account.sid,
        "account_sid": account.sid,
        "workspace_sid": workspace_sid,
        "channel": channel_sid,
        "friendly_name": channel_sid,
        "version": "v1",
        "nbf": starts_s,
        "exp": starts_s + ttl,
        "policies": _policies(account.sid, workspace_sid, worker_sid, role),
    }
    if worker_sid is not None:
        claims["worker_sid"] = worker_sid
        # Policies alone cannot tell the tasks that are this worker's from all others.
        claims["taskyard_role"] = "worker"
    return msgspec.json.encode(
        TokenBody(
            token=jwt.encode(claims, account.auth_token, algorithm="HS256"),
            role=role,
            account_sid=account.sid,
            workspace_sid=workspace_sid,
            worker_sid=worker_sid,
            channel_sid=channel_sid,
            ttl=ttl,
            date_expires=date((starts_s + ttl) * 1000),
        )
    )


def _policies(
    account_sid: str, workspace_sid: str, worker_sid: str | None, role: str
) -> list[dict[str, object]]:
    workspace = f"/v1/Workspaces/{workspace_sid}"
    channel = f"/v1/wschannels/{account_sid}/{worker_sid or workspace_sid}"
    granted = [("GET", channel), ("POST", channel), ("GET", workspace)]
    if worker_sid is not None:
        worker = f"{workspace}/Workers/{worker_sid}"
        granted += [
            (method, path)
            for path in (worker, f"{worker}/**", f"{workspace}/Tasks/**")
            for method in ("GET", "POST")
        ]
        nouns = ("Activities", "Events", "Workflows/*")
        granted += [("GET", f"{workspace}/{noun}") for noun in nouns]
    else:
        granted.append(("GET", f"{workspace}/**"))
        if role == "supervisor":
            # The workspace itself is not a browser's to delete.
            granted += [("POST", workspace), ("POST", f"{workspace}/**")]
            granted.append(("DELETE", f"{workspace}/**"))
    return [{"url": url, "method": method, "allow": True} for method, url in granted]
