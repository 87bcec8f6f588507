"""Bodies made smaller before they are written. One byte in front says how.

Done by a store's own thread: zlib lets go of the interpreter, so the event loop runs on meanwhile.
"""

import zlib

_PLAIN = b"\x00"
_ZLIB = b"\x01"
_WORTHWHILE = 128
"""Below so many bytes there is too little repetition to gain anything."""
_MARGIN = 262
"""So many bytes of its window zlib does not look back over."""


def pack(body: bytes) -> bytes:
    """The body, deflated where that makes it smaller."""
    if len(body) >= _WORTHWHILE:
        # A window just large enough: zlib clears one of 32 kilobytes for longer than a small body
        # takes to be deflated.
        window_bits = min(15, max(9, (len(body) + _MARGIN).bit_length()))
        deflated = zlib.compress(body, 1, window_bits)
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
