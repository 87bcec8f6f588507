"""Idempotency keys as they come in: the headers, and the digest that tells requests apart.

The published API documents the first header for its webhooks and none for requests; the second is
ours.
"""

import re
from collections.abc import Iterable
from hashlib import blake2b

from taskyard.core.errors import Invalid
from taskyard.engine import KeyedRequest

KEY_HEADERS = ("I-Twilio-Idempotency-Token", "Idempotency-Key")
"""As they are written; a request has one of them, or both with the same value."""
AGAIN = (b"idempotent-replay", b"true")
"""The header of an answer that is given again."""
TOKEN_NAME, KEY_NAME = (name.lower().encode() for name in KEY_HEADERS)
_KEY = re.compile(rb"[\x20-\x7e]{1,255}")
_DIGEST_BYTES = 16


def keyed_request(
    headers: Iterable[tuple[bytes, bytes]],
    account_sid: str,
    *,
    method: str,
    path: str,
    query: bytes,
    body: bytes,
) -> KeyedRequest:
    """The key of a request that has one of the headers.

    Raises:
        Invalid: The key is none, or there are several.
    """
    keys = {value.strip() for name, value in headers if name in (TOKEN_NAME, KEY_NAME)}
    if len(keys) > 1:
        raise Invalid(f"{' and '.join(KEY_HEADERS)} give different keys: give one of them")
    key = keys.pop()
    if _KEY.fullmatch(key) is None:
        raise Invalid(f"{' or '.join(KEY_HEADERS)} must be 1 to 255 printable ASCII characters")
    digest = blake2b(digest_size=_DIGEST_BYTES)
    for part in (method.encode(), path.encode("utf-8", "surrogatepass"), query, body):
        # With its length, so that nothing can move from one part to the next unnoticed.
        digest.update(b"%d " % len(part))
        digest.update(part)
    return KeyedRequest(account_sid=account_sid, key=key.decode(), digest=digest.digest())
