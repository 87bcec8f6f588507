"""What a capability token says, once its signature is known to be right.

Source: capability tokens, "Constructing JWTs", and what the official libraries make.
"""

import msgspec

from taskyard.core.ids import is_sid

from .api.problems import Problem
from .bearers import Bearer
from .instants import LEEWAY_MS, NumericDate, in_ms
from .policies import PolicyDocument, compile_policies
from .roles import Role

ALGORITHMS = ("HS256",)

_CHANNEL_PREFIXES = ("WK", "WQ", "WS")


class CapabilityClaims(msgspec.Struct, frozen=True):
    """The claims that matter; there may be others."""

    iss: str
    account_sid: str
    workspace_sid: str
    channel: str
    version: str
    exp: NumericDate
    nbf: NumericDate | None = None
    iat: NumericDate | None = None
    worker_sid: str | None = None
    taskqueue_sid: str | None = None
    policies: list[PolicyDocument] = []
    taskyard_role: Role | None = None
    """Ours: what the policies allow must be this role's to do besides."""


def forbidden(message: str) -> Problem:
    """The answer for a token that is not what it should be."""
    return Problem(403, 20403, f"the token is refused: {message}")


def expired() -> Problem:
    """The answer for a token whose time is over."""
    return Problem(401, 20104, "the token has expired")


def capability_bearer(claims: bytes, now_ms: int, *, strict: bool) -> Bearer:
    """Whom a capability token speaks for.

    Args:
        claims: The JSON of its claims.
        now_ms: This instant.
        strict: As for `compile_policies`.

    Raises:
        Problem: 401 if it has expired or does not hold yet, 403 for whatever else is wrong.
    """
    try:
        said = msgspec.json.decode(claims, type=CapabilityClaims)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        raise forbidden(str(error)) from error
    expires_ms = in_ms(said.exp)
    if expires_ms <= now_ms:
        raise expired()
    for begins in (said.nbf, said.iat):
        if begins is not None and in_ms(begins) > now_ms + LEEWAY_MS:
            raise Problem(401, 20105, "the token does not hold yet")
    channel_sid = _channel_of(said)
    try:
        policies = compile_policies(
            said.policies,
            account_sid=said.account_sid,
            workspace_sid=said.workspace_sid,
            channel_sid=channel_sid,
            named_channel=said.channel,
            strict=strict,
        )
    except ValueError as error:
        raise forbidden(str(error)) from error
    return Bearer(
        kind="capability",
        account_sid=said.account_sid,
        workspace_sid=said.workspace_sid,
        channel_sid=channel_sid,
        expires_ms=expires_ms,
        named_channel=said.channel,
        policies=policies,
        role=said.taskyard_role,
    )


def _channel_of(said: CapabilityClaims) -> str:
    if said.iss != said.account_sid:
        raise forbidden("its iss and account_sid differ")
    if said.version != "v1":
        raise forbidden(f"its version must be v1, not '{said.version}'")
    prefix = said.channel[:2]
    if prefix not in _CHANNEL_PREFIXES or not is_sid(said.channel, prefix):
        raise forbidden(f"its channel must be a WK, WQ or WS SID, not '{said.channel}'")
    # Documented so for workers, though every library has the worker itself there.
    channel = said.worker_sid if prefix == "WS" and said.worker_sid else said.channel
    if prefix == "WS" and said.channel != said.workspace_sid:
        raise forbidden("its channel is another workspace than its workspace_sid")
    if said.worker_sid is not None and said.worker_sid != channel:
        raise forbidden("its worker_sid and channel differ")
    if said.taskqueue_sid is not None and said.taskqueue_sid != channel:
        raise forbidden("its taskqueue_sid and channel differ")
    return channel
