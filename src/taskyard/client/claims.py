"""What a capability token says of itself. The server verifies it; this only reads it."""

import base64
import binascii
from typing import Any

import msgspec

from .errors import TokenProblem


class Claims(msgspec.Struct, frozen=True):
    """Whom a token speaks for.

    Attributes:
        account_sid: `AC…`.
        workspace_sid: `WS…`.
        channel: The sid whose events it hears: `WK…`, `WQ…` or `WS…`.
        expires_s: Its end in seconds since the epoch; None if it names none.
    """

    account_sid: str
    workspace_sid: str
    channel: str
    expires_s: float | None


def read_claims(token: str) -> Claims:
    """Read the claims that a client needs.

    A token with `worker_sid` and a workspace for its channel speaks for the worker.

    Raises:
        TokenProblem: It is no token, or lacks `account_sid`, `channel` or `workspace_sid`. The
            message does not quote it.
    """
    if not isinstance(token, str) or not token:
        raise TokenProblem("a token is needed: a text of three parts with dots between them")
    parts = token.split(".")
    if len(parts) != 3:
        raise TokenProblem(f"a token has three parts with dots between them, this one {len(parts)}")
    said = _decoded(parts[1])
    for name in ("account_sid", "channel", "workspace_sid"):
        if not isinstance(said.get(name), str) or not said[name]:
            raise TokenProblem(f"the token has no claim {name}: is it a capability token?")
    expires = said.get("exp")
    if expires is not None and (isinstance(expires, bool) or not isinstance(expires, int | float)):
        raise TokenProblem("the token's claim exp is not a number of seconds")
    channel = said["channel"]
    if isinstance(said.get("worker_sid"), str) and channel.startswith("WS"):
        channel = said["worker_sid"]
    return Claims(said["account_sid"], said["workspace_sid"], channel, expires)


def _decoded(part: str) -> dict[str, Any]:
    try:
        text = base64.urlsafe_b64decode(part + "=" * (-len(part) % 4))
        said = msgspec.json.decode(text)
    except (binascii.Error, ValueError):
        said = None
    if not isinstance(said, dict):
        raise TokenProblem("the token's second part is not a JSON object in base64")
    return said
