"""Bodies made smaller before they are written. One byte in front says how.

Done by a store's own thread: zlib lets go of the interpreter, so the event loop runs on meanwhile.
"""

import zlib

_PLAIN = b"\x00"
_ZLIB = b"\x01"
_WORTHWHILE = 128
"""Below so many bytes there is too little repetition to gain anything."""


def pack(body: bytes) -> bytes:
    """The body, deflated where that makes it smaller."""
    if len(body) >= _WORTHWHILE:
        deflated = zlib.compress(body, 1)
        if len(deflated) < len(body):
            return _ZLIB + deflated
    return _PLAIN + body


def unpack(packed: bytes) -> bytes:
    """What was packed.

    Raises:
        ValueError: It was not packed here, or is damaged.
    """
    how, rest = packed[:1], packed[1:]
    if how == _PLAIN:
        return rest
    if how != _ZLIB:
        raise ValueError(f"unknown packing {how.hex() or 'of an empty body'}")
    try:
        return zlib.decompress(rest)
    except zlib.error as error:
        raise ValueError(f"damaged: {error}") from error
