"""Form bodies and queries: splitting them, and reading fields of a wanted type.

Source of the rules: TaskRouter REST conventions (`application/x-www-form-urlencoded`, arrays as
repeated keys, `true`/`1`/`yes` for true).
"""

import re
from typing import TypeVar

from msgspec import UNSET, UnsetType

from taskyard.core.errors import Invalid
from taskyard.core.ids import is_sid

from .dates import instant_of

T = TypeVar("T")

MAX_FIELDS = 1_000
_INTEGER = re.compile(r"[+-]?[0-9]{1,64}")
_TRUE = frozenset({"true", "1", "yes"})


class Fields:
    """The fields of one form or query, in the order they came.

    A reader gives `absent` when the field was not sent. A field that was sent twice is read by its
    first value, and by `all` for arrays. Keys that nobody asks for are ignored.
    """

    __slots__ = ("_values",)

    def __init__(self, values: dict[str, list[str]]) -> None:
        self._values = values

    def text(self, name: str, absent: T) -> str | T:
        """The text as it was sent; it may be empty."""
        values = self._values.get(name)
        return absent if values is None else values[0]

    def required(self, name: str) -> str:
        """The text of a field that has to be there.

        Raises:
            Invalid: It was not sent.
        """
        values = self._values.get(name)
        if values is None:
            raise Invalid(f"{name} field is required")
        return values[0]

    def filled(self, name: str, absent: T) -> str | T:
        """The text, where an empty one says nothing: what optional SIDs are read with."""
        values = self._values.get(name)
        return values[0] if values is not None and values[0] else absent

    def clearable(self, name: str) -> str | UnsetType | None:
        """The text of an update, where an empty one takes the value away."""
        values = self._values.get(name)
        return UNSET if values is None else values[0] or None

    def boolean(self, name: str, absent: T) -> bool | T:
        """`true`, `1` and `yes` in any case are true, everything else is false."""
        values = self._values.get(name)
        return absent if values is None else values[0].strip().lower() in _TRUE

    def integer(self, name: str, absent: T) -> int | T:
        """A whole number.

        Raises:
            Invalid: The text is none.
        """
        values = self._values.get(name)
        if values is None:
            return absent
        text = values[0].strip()
        if _INTEGER.fullmatch(text) is None:
            raise Invalid(f"{name} must be a whole number, not '{_short(text)}'")
        return int(text)

    def instant(self, name: str, absent: T) -> int | T:
        """An ISO 8601 date as milliseconds since the epoch.

        Raises:
            Invalid: The text is none.
        """
        values = self._values.get(name)
        return absent if values is None else instant_of(_short(values[0].strip()), name)

    def sid(self, name: str, prefix: str | tuple[str, ...], absent: T) -> str | T:
        """A SID of this kind or of one of these, as list filters want it.

        Raises:
            Invalid: The text has another shape.
        """
        values = self._values.get(name)
        if values is None:
            return absent
        prefixes = (prefix,) if isinstance(prefix, str) else prefix
        if not any(is_sid(values[0], one) for one in prefixes):
            wanted = " or ".join(prefixes)
            raise Invalid(
                f"{name} must be a SID that begins with {wanted}, not '{_short(values[0])}'"
            )
        return values[0]

    def all(self, name: str) -> list[str]:
        """Every value of a repeated key; each may be a list with commas. Empty parts drop out."""
        values = self._values.get(name, ())
        return [part for value in values for text in value.split(",") if (part := text.strip())]

    @property
    def values(self) -> dict[str, list[str]]:
        """All of them by name, each with every value."""
        return self._values

    def __contains__(self, name: str) -> bool:
        return name in self._values

    def sent(self, names: tuple[str, ...]) -> list[tuple[str, str]]:
        """Those of these fields that were sent, with every value, in the order of `names`."""
        return [(name, value) for name in names for value in self._values.get(name, ())]


NO_FIELDS = Fields({})


def parse(encoded: bytes, *, keep_empty: bool = True) -> Fields:
    """Split a form body or a query string.

    Args:
        encoded: What was sent.
        keep_empty: Whether an empty value counts as sent.

    Raises:
        Invalid: A key or value has a `%` without two hex digits, is not UTF-8 or has a NUL in it,
            or there are more than `MAX_FIELDS`.
    """
    if not encoded:
        return NO_FIELDS
    if encoded.count(b"&") >= MAX_FIELDS:
        raise Invalid(f"a form may have at most {MAX_FIELDS} fields")
    values: dict[str, list[str]] = {}
    for pair in encoded.split(b"&"):
        if not pair:
            continue
        name, _, value = pair.partition(b"=")
        if not (value or keep_empty):
            continue
        key = _decoded(name)
        text = _decoded(value, key)
        if key in values:
            values[key].append(text)
        else:
            values[key] = [text]
    return Fields(values)


def _decoded(encoded: bytes, name: str = "a field's name") -> str:
    if b"%" in encoded or b"+" in encoded:
        encoded = _unquoted(encoded.replace(b"+", b" "), name)
    try:
        text = encoded.decode()
    except UnicodeDecodeError:
        raise Invalid(f"{_short(name)} is not valid UTF-8") from None
    if "\0" in text:  # it would end the text early for whoever reads it in C
        raise Invalid(f"{_short(name)} has a NUL character in it")
    return text


def _unquoted(encoded: bytes, name: str) -> bytes:
    # `%41` and `\x41` differ only in how the escape begins, and Python decodes the latter in C:
    # a third of the time that the standard library's own loop takes. Backslashes that were there
    # before are doubled, so that they stay themselves.
    escaped = encoded.replace(b"\\", b"\\\\").replace(b"%", b"\\x")
    try:
        return escaped.decode("unicode_escape").encode("latin-1")
    except UnicodeDecodeError:
        # What was meant can only be guessed, and a guess must not become a command.
        raise Invalid(
            f"{_short(name)} has a % without two hex digits: a percent sign is sent as %25"
        ) from None


def _short(text: str) -> str:
    """Enough of a text to be recognised in a message, on one line."""
    if not text.isprintable():
        text = text.encode("unicode_escape").decode()
    return text if len(text) <= 64 else f"{text[:61]}..."
