"""The pictures of the console in docs/images/, as `make screenshots` makes them."""

import struct
import sys
import zlib
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
sys.path.insert(0, str(ROOT / "scripts"))

from screenshots import DRAWN_MIN, IMAGES, LOOKS, PAGES, drawn  # noqa: E402


def picture_of(width: int, height: int, lines: bytes) -> bytes:
    """A PNG in grey; each line is its filter, 0 for none, and its dots."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        check = zlib.crc32(kind + data)
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", check)

    head = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    return b"".join(
        (
            b"\x89PNG\r\n\x1a\n",
            chunk(b"IHDR", head),
            chunk(b"IDAT", zlib.compress(lines)),
            chunk(b"IEND", b""),
        )
    )


@pytest.mark.parametrize("suffix", LOOKS)
@pytest.mark.parametrize("page", PAGES)
def test_there_is_a_picture_of_each_page_at_each_width_and_it_is_not_blank(
    page: str, suffix: str
) -> None:
    picture = (IMAGES / f"{page}{suffix}.png").read_bytes()
    size = struct.unpack_from(">II", picture, 16)
    assert size == tuple(LOOKS[suffix]["viewport"].values())
    assert drawn(picture) > DRAWN_MIN


def test_no_picture_is_left_over_from_a_page_that_is_gone() -> None:
    names = {f"{page}{suffix}" for page in PAGES for suffix in LOOKS}
    assert {path.stem for path in IMAGES.glob("*.png")} == names


def test_a_blank_picture_is_told_from_one_with_something_on_it() -> None:
    # The first line says its colour, the others that they are like the one above.
    first, other = b"\x01" + b"\xff" + bytes(999), b"\x02" + bytes(1_000)
    assert drawn(picture_of(1_000, 500, first + other * 499)) < DRAWN_MIN
    written = b"\x02" + b"\x40" * 20 + bytes(980)
    assert drawn(picture_of(1_000, 500, first + written * 499)) > DRAWN_MIN
