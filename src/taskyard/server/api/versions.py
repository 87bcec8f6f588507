"""Optimistic locking: a version as an ETag, and If-Match as a version.

Source: TaskRouter REST conventions. Clients run the header through a JSON parser and send the bare
number back, so `3`, `"3"` and `W/"3"` all mean version 3.
"""

import re

from .problems import precondition_failed

_VERSION = re.compile(rb'(?:W/)?(?:"([0-9]{1,18})"|([0-9]{1,18}))')


def etag(version: int) -> bytes:
    """The header's value for a version."""
    return b'"%d"' % version


def expected_version(if_match: bytes | None) -> int | None:
    """The version that the caller read; None for no check, which `*` asks for too.

    Raises:
        Problem: 412. What is no version was never a resource's, so it cannot match.
    """
    if if_match is None:
        return None
    text = if_match.strip()
    if text == b"*":
        return None
    match = _VERSION.fullmatch(text)
    if match is None:
        raise precondition_failed(
            'If-Match must hold the version that the ETag header gave, such as "3"'
        )
    return int(match[1] or match[2])
