"""What goes along with a request that one node sends on to another, and how it is believed.

The node that a caller reached has looked at the credentials and counted the call against its rate;
the node that serves the workspace does neither again. It knows the other node by the secret that
all nodes of one database share. No handler ever sees these headers.
"""

import hmac
from collections.abc import Mapping

import msgspec

from taskyard.core.causes import Cause

from .api.problems import Problem

SECRET = b"taskyard-cluster-secret"
WHO = b"taskyard-forwarded"
POSITION = b"taskyard-position"
"""Of the answer: a position of the journal that holds whatever the request led to."""
NOT_TAKEN = b"taskyard-not-taken"
"""Of the answer: nothing was decided, so the request may be sent to another node."""


class Forwarded(msgspec.Struct, frozen=True):
    """A caller as the node that they reached knows them.

    Attributes:
        base: The address ending in `/v1` that they used, for the links in the answer.
        cause: Who they are, and where they called from.
    """

    base: str
    cause: Cause


def headers_of(forwarded: Forwarded, secret: str) -> dict[str, str]:
    """The headers that go along with a request."""
    return {SECRET.decode(): secret, WHO.decode(): msgspec.json.encode(forwarded).decode()}


def read_forwarded(headers: Mapping[bytes, bytes], secret: str | None) -> Forwarded | None:
    """The caller of a request that another node has sent on; None if it comes from outside.

    Args:
        headers: Those of the request.
        secret: That of the nodes; None where there is only one.

    Raises:
        Problem: 403: it says that it comes from a node, and does not.
    """
    if SECRET not in headers and WHO not in headers:
        return None
    if secret is None:
        raise _refused("this server shares its database with no other node")
    if not hmac.compare_digest(headers.get(SECRET, b""), secret.encode()):
        raise _refused("the secret is not that of the nodes that share this database")
    try:
        return msgspec.json.decode(headers.get(WHO, b""), type=Forwarded)
    except msgspec.DecodeError as error:
        raise _refused("it does not say for whom") from error


def _refused(why: str) -> Problem:
    names = f"{SECRET.decode().title()} and {WHO.decode().title()}"
    return Problem(403, 20403, f"the headers {names} are for nodes of one cluster: {why}")
