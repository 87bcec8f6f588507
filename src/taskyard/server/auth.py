"""Who is calling: HTTP Basic with the account's SID and token, or with an API key."""

import base64
import binascii
import hmac
from collections.abc import Awaitable, Callable

SecretOf = Callable[[str], str | None]
"""Looks up the secret that belongs to an account's or an API key's SID."""
LookAgain = Callable[[], Awaitable[None]]
"""Has the secrets read anew: another process may have changed them a moment ago."""

_KEPT_HEADERS = 1_024
_NOBODYS_SECRET = b"\x00" * 32


class Gate:
    """Lets REST calls in by their Authorization header.

    A header that has passed is remembered, so that a caller pays for decoding and comparing once.
    What has not passed is never remembered: nobody can fill the memory from outside.
    """

    def __init__(self, secret_of: SecretOf, look_again: LookAgain) -> None:
        """Open for whoever names a SID and its secret."""
        self._secret_of = secret_of
        self._look_again = look_again
        self._passed: set[bytes] = set()

    def knows(self, authorization: bytes | None) -> bool:
        """Whether the header's value has passed before."""
        return authorization in self._passed

    async def admits(self, authorization: bytes | None) -> bool:
        """Whether the header's value names a known SID and its secret."""
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
        known = self._secret_of(sid)
        # An unknown SID is compared too, so that the time taken says nothing about it.
        expected = _NOBODYS_SECRET if known is None else known.encode()
        return hmac.compare_digest(secret, expected) and known is not None

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
