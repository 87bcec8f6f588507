"""What an access token says, once its signature is known to be right.

Source: access tokens, the task router grant of the official libraries, error codes 201xx.
"""

import msgspec

from taskyard.core.ids import is_sid

from .api.problems import Problem
from .bearers import Bearer
from .instants import LEEWAY_MS, NumericDate, in_ms
from .roles import Role

ALGORITHMS = ("HS256", "HS384", "HS512")
CONTENT_TYPE = "twilio-fpa"
"""What an access token's `cty` begins with; capability tokens have none."""

LIFETIME_MS_MAX = 24 * 3_600_000


class TaskRouterGrant(msgspec.Struct, frozen=True):
    """What the token's bearer is in which workspace."""

    workspace_sid: str
    worker_sid: str | None = None
    role: Role = "worker"


class Grants(msgspec.Struct, frozen=True):
    """The grants that matter; there may be others."""

    task_router: TaskRouterGrant


class AccessTimes(msgspec.Struct, frozen=True):
    """Whose token it is, and for how long."""

    sub: str
    exp: NumericDate
    nbf: NumericDate | None = None
    iat: NumericDate | None = None


class AccessGrants(msgspec.Struct, frozen=True):
    """What the token grants, decoded apart: what is wrong with it has a code of its own."""

    grants: Grants


def refused(code: int, message: str) -> Problem:
    """The answer for an access token, with one of its codes."""
    return Problem(401, code, message)


def expired() -> Problem:
    """The answer for an access token whose time is over."""
    return refused(20104, "the access token has expired")


def access_bearer(claims: bytes, account_sid: str, now_ms: int) -> Bearer:
    """Whom an access token speaks for.

    Args:
        claims: The JSON of its claims.
        account_sid: Whose API key has signed it.
        now_ms: This instant.

    Raises:
        Problem: 401, with the code for what is wrong.
    """
    try:
        said = msgspec.json.decode(claims, type=AccessTimes)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        raise refused(20101, f"the access token is invalid: {error}") from error
    if said.sub != account_sid:
        raise refused(20103, "the access token's subject is not the account of its API key")
    expires_ms = in_ms(said.exp)
    if expires_ms <= now_ms:
        raise expired()
    begins = [in_ms(one) for one in (said.iat, said.nbf) if one is not None]
    if any(one > now_ms + LEEWAY_MS for one in begins):
        raise refused(20105, "the access token does not hold yet")
    if expires_ms - min([*begins, now_ms]) > LIFETIME_MS_MAX + LEEWAY_MS:
        raise refused(20157, "the access token may hold for at most 24 hours")
    grant = _grant(claims)
    return Bearer(
        kind="access",
        account_sid=account_sid,
        workspace_sid=grant.workspace_sid,
        channel_sid=grant.worker_sid,
        expires_ms=expires_ms,
        role=grant.role,
    )


def _grant(claims: bytes) -> TaskRouterGrant:
    try:
        grant = msgspec.json.decode(claims, type=AccessGrants).grants.task_router
    except (msgspec.MsgspecError, RecursionError) as error:
        raise refused(20106, f"the access token's grants are invalid: {error}") from error
    if not is_sid(grant.workspace_sid, "WS"):
        raise refused(20106, "the access token's workspace_sid must be a WS SID")
    if grant.worker_sid is None and grant.role == "worker":
        raise refused(20106, "the access token's role worker needs a worker_sid")
    if grant.worker_sid is not None and not is_sid(grant.worker_sid, "WK"):
        raise refused(20106, "the access token's worker_sid must be a WK SID")
    return grant
