"""Whom a verified token speaks for, and what it opens. All of it is pure and quick."""

from collections.abc import Callable
from typing import Literal

import msgspec

from taskyard.core.state import State

from .policies import Parameters, Policy, allows, channel_segments, segments_of
from .roles import Asked, Role, role_permits


class Bearer(msgspec.Struct, frozen=True):
    """Whom a token that was verified speaks for."""

    kind: Literal["capability", "access"]
    account_sid: str
    workspace_sid: str
    channel_sid: str | None
    """The worker, task queue or workspace that a capability token is for; an access token's worker,
    None without one."""
    expires_ms: int
    """Its end, in milliseconds since the Unix epoch: from that instant on it opens nothing."""
    named_channel: str | None = None
    """What a capability token calls its channel: a worker's may call it by the workspace."""
    policies: tuple[Policy, ...] = ()
    """Of a capability token, the one that decides before all that it overrules."""
    role: Role | None = None
    """Of an access token; of a capability token that a role narrows as well."""


def may_connect(bearer: Bearer) -> bool:
    """Whether the bearer may listen on its channel."""
    if bearer.kind == "access":
        return bearer.channel_sid is not None
    return _may_on_channel(bearer, "GET")


def may_post(bearer: Bearer) -> bool:
    """Whether the bearer may send requests over the event bridge; each is looked at besides."""
    return bearer.kind == "access" or _may_on_channel(bearer, "POST")


def permits(
    bearer: Bearer,
    method: str,
    path: str,
    query: Parameters,
    form: Parameters,
    sees: Callable[[Callable[[State], bool]], bool],
) -> bool:
    """Whether the bearer may have a REST request done.

    Args:
        bearer: Whom the request's token speaks for.
        method: `GET`, `POST` or `DELETE`.
        path: As it is routed, from `/v1/Workspaces/` on; nothing in it is decoded here.
        query: What stands in the address behind the path.
        form: What a POST carries.
        sees: `WorkspaceEngine.sees` of the bearer's workspace, for what a worker holds.
    """
    segments = segments_of(path)
    if segments is None or segments[:3] != ("v1", "Workspaces", bearer.workspace_sid):
        return False
    if bearer.kind == "capability":
        allowed = allows(bearer.policies, method, segments, query, form)
        if not allowed or bearer.role is None:
            return allowed
    if bearer.role is None:
        return False
    asked = Asked(method, segments[3:], query, form)
    return role_permits(bearer.role, bearer.channel_sid, asked, sees)


def _may_on_channel(bearer: Bearer, method: str) -> bool:
    if bearer.channel_sid is None:
        return False
    segments = channel_segments(bearer.account_sid, bearer.channel_sid)
    return allows(bearer.policies, method, segments, {}, {})
