"""Who is calling: HTTP Basic with the account's SID and token, or with an API key."""

import base64
import binascii
import hmac
from collections.abc import Awaitable, Callable

SecretsOf = Callable[[str], tuple[str, ...]]
"""Looks up the secrets that an account's or an API key's SID may come with; none if unknown.

While a secret is being replaced there are two.
"""
LookAgain = Callable[[], Awaitable[None]]
"""Has the secrets read anew: another process may have changed them a moment ago."""

_KEPT_HEADERS = 1_024
_NOBODYS_SECRET = b"\x00" * 32


class Gate:
    """Lets REST calls in by their Authorization header.

    A header that has passed is remembered, so that a caller pays for decoding and comparing once.
    What has not passed is never remembered: nobody can fill the memory from outside.
    """

    def __init__(self, secrets_of: SecretsOf, look_again: LookAgain) -> None:
        """Open for whoever names a SID and a secret of it."""
        self._secrets_of = secrets_of
        self._look_again = look_again
        self._passed: set[bytes] = set()

    def knows(self, authorization: bytes | None) -> bool:
        """Whether the header's value has passed before."""
        return authorization in self._passed

    async def admits(self, authorization: bytes | None) -> bool:
        """Whether the header's value names a known SID and a secret of it."""
        if authorization is None:
            return False
        if authorization in self._passed:
            return True
        pair = _basic_pair(authorization)
        if pair is None:
            return False
        if not self._fits(*pair):
            await self._look_again()
            if not self._fits(*pair):
                return False
        # Nothing is awaited from the last look on: what is forgotten meanwhile stays forgotten.
        if len(self._passed) >= _KEPT_HEADERS:
            self._passed.clear()
        self._passed.add(authorization)
        return True

    def _fits(self, sid: str, secret: bytes) -> bool:
        known = self._secrets_of(sid)
        # An unknown SID is compared too, so that the time taken says nothing about it.
        expected = [one.encode() for one in known] or [_NOBODYS_SECRET]
        agrees = [hmac.compare_digest(secret, one) for one in expected]
        return any(agrees) and bool(known)

    def forget(self) -> None:
        """Have everybody prove themselves again: a secret has changed."""
        self._passed.clear()


def _basic_pair(authorization: bytes) -> tuple[str, bytes] | None:
    scheme, _, encoded = authorization.partition(b" ")
    if scheme.lower() != b"basic":
        return None
    try:
        decoded = base64.b64decode(encoded.strip(), validate=True)
    except binascii.Error:
        return None
    user, colon, password = decoded.partition(b":")
    return (user.decode("latin-1"), password) if colon else None
