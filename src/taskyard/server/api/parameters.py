"""What may be sent with a call, said once for each field beside the handler that reads it.

`openapi.py` makes the document of these. The handlers read with `forms.Fields`; a test calls each
of them and compares what it reads, and as what, with what is declared.
"""

from collections.abc import Iterable, Mapping
from enum import StrEnum
from typing import Any

import msgspec

from taskyard.core.limits import Limits


class Kind(StrEnum):
    """How a field is read; `forms.Fields` has the readers."""

    TEXT = "text"
    INTEGER = "integer"
    BOOLEAN = "boolean"
    INSTANT = "instant"
    SID = "sid"
    LIST = "list"


class Parameter(msgspec.Struct, frozen=True, kw_only=True):
    """One field of a form or query.

    `schema` is JSON Schema. `bounds` holds those of its keywords whose value is one of the limits
    that an operator may move, by the limit's name.
    """

    name: str
    about: str
    kind: Kind
    schema: Mapping[str, Any]
    bounds: Mapping[str, str] = {}
    required: bool = False

    def schema_within(self, limits: Limits) -> dict[str, Any]:
        """The JSON Schema with the limits of one server."""
        moved = {word: getattr(limits, name) for word, name in self.bounds.items()}
        return {**self.schema, **moved}


def text(
    name: str,
    about: str,
    *,
    required: bool = False,
    absent: str | None = None,
    limit: str | None = None,
    filled: bool = False,
    media_type: str | None = None,
) -> Parameter:
    """Any text.

    Args:
        name: As it is sent.
        about: What it is for, as a sentence.
        required: Whether a call without it is refused.
        absent: What it is when it is not sent, if that can be said in a word.
        limit: The limit that bounds its characters.
        filled: Whether an empty one is refused.
        media_type: What the text holds, where it is a document of its own.
    """
    schema: dict[str, Any] = {"type": "string"}
    if filled:
        schema["minLength"] = 1
    if media_type is not None:
        schema["contentMediaType"] = media_type
    return Parameter(
        name=name,
        about=about,
        kind=Kind.TEXT,
        schema=_with_default(schema, absent),
        bounds={} if limit is None else {"maxLength": limit},
        required=required,
    )


def integer(
    name: str,
    about: str,
    low: int | None = None,
    *,
    high: int | None = None,
    limit: str | None = None,
    absent: int | None = None,
) -> Parameter:
    """A whole number from `low` to `high`, or to the named limit."""
    schema: dict[str, Any] = {"type": "integer"}
    if low is not None:
        schema["minimum"] = low
    if high is not None:
        schema["maximum"] = high
    return Parameter(
        name=name,
        about=about,
        kind=Kind.INTEGER,
        schema=_with_default(schema, absent),
        bounds={} if limit is None else {"maximum": limit},
    )


def boolean(name: str, about: str, absent: bool | None = None) -> Parameter:
    """True or false."""
    schema = _with_default({"type": "boolean"}, absent)
    return Parameter(name=name, about=about, kind=Kind.BOOLEAN, schema=schema)


def instant(name: str, about: str) -> Parameter:
    """A date and time."""
    schema = {"type": "string", "format": "date-time"}
    return Parameter(name=name, about=about, kind=Kind.INSTANT, schema=schema)


def sid_filter(name: str, about: str, *prefixes: str) -> Parameter:
    """A SID in a query, of which the shape is checked."""
    return Parameter(name=name, about=about, kind=Kind.SID, schema=sid_schema(*prefixes))


def sid(name: str, about: str, *prefixes: str, clears: bool = False) -> Parameter:
    """A SID in a form, which has to name something there is; an empty one names nothing.

    Args:
        name: As it is sent.
        about: What it is for, as a sentence.
        prefixes: The kinds of SID that it may be.
        clears: Whether an empty text takes the value away.
    """
    schema = sid_schema(*prefixes)
    if clears:
        schema = {"anyOf": [schema, {"type": "string", "maxLength": 0}]}
    return Parameter(name=name, about=about, kind=Kind.TEXT, schema=schema)


def choice(name: str, about: str, words: Iterable[str], absent: str | None = None) -> Parameter:
    """One of a few words."""
    schema = _with_default({"type": "string", "enum": [str(word) for word in words]}, absent)
    return Parameter(name=name, about=about, kind=Kind.TEXT, schema=schema)


def choices(name: str, about: str, words: Iterable[str]) -> Parameter:
    """Some of a few words, as a repeated key or with commas."""
    schema = {"type": "array", "items": {"type": "string", "enum": [str(word) for word in words]}}
    return Parameter(name=name, about=about, kind=Kind.LIST, schema=schema)


def ordering(sorts: Iterable[str]) -> Parameter:
    """The order of a list, by one or more of these names."""
    words = [word for name in sorts for word in (name, f"{name}:asc", f"{name}:desc")]
    return choices(
        "Ordering", "What to sort by; what comes first counts most, none may come twice.", words
    )


def sid_schema(*prefixes: str) -> dict[str, Any]:
    """The JSON Schema of SIDs of these kinds."""
    kinds = prefixes[0] if len(prefixes) == 1 else f"({'|'.join(prefixes)})"
    return {"type": "string", "pattern": f"^{kinds}[0-9a-fA-F]{{32}}$"}


def _with_default(schema: dict[str, Any], absent: str | int | None) -> dict[str, Any]:
    return schema if absent is None else {**schema, "default": absent}
