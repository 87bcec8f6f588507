"""Where a setting's value can come from: an option, a variable, a file that it names, or the file.

Each gives the same: the text that the setting reads, and whom to name when it cannot be used.
"""

import types
from collections.abc import Mapping
from enum import StrEnum
from pathlib import Path
from typing import Any, get_args, get_type_hints

import msgspec

from .config_file import Entry

SECRET_FILE_SUFFIX = "_FILE"


class Unusable(ValueError):
    """A source gives no text to read; the message is one line that names the source."""


class Source(StrEnum):
    """The kinds of sources, the strongest first."""

    OPTION = "option"
    VARIABLE = "variable"
    FILE = "file"
    DEFAULT = "default"


class Origin(msgspec.Struct, frozen=True):
    """Where the value in force came from."""

    source: Source
    name: str = ""
    """The option, the variable, or the file with the line; empty for a default."""
    blamed: str = ""
    """How a message about the value begins."""

    def __str__(self) -> str:
        return f"{self.source} {self.name}".rstrip()


class Found(msgspec.Struct, frozen=True):
    """A setting's text, and where it stood."""

    text: str
    origin: Origin


def from_option(text: str | None, option: str) -> Found | None:
    """What the command line gave."""
    return None if text is None else Found(text, Origin(Source.OPTION, option, option))


def from_variable(
    environment: Mapping[str, str], variable: str, *, may_be_in_file: bool
) -> Found | None:
    """What the environment gives.

    Args:
        environment: The variables; an empty one counts as not given.
        variable: The setting's.
        may_be_in_file: Whether `…_FILE` may name a file that holds the text, as secrets of a
            container do. One line break at the file's end is left out.

    Raises:
        Unusable: Both variables are given, or the file cannot be read.
    """
    text, file_variable = environment.get(variable), variable + SECRET_FILE_SUFFIX
    path = environment.get(file_variable) if may_be_in_file else None
    if not path:
        return Found(text, Origin(Source.VARIABLE, variable, variable)) if text else None
    if text:
        raise Unusable(f"{variable} and {file_variable} are both set: give one of them")
    try:
        secret = Path(path).read_text(encoding="utf-8")
    except OSError as error:
        raise Unusable(f"{file_variable}: {path} cannot be read: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise Unusable(f"{file_variable}: {path} is not UTF-8 text") from error
    return Found(
        secret.removesuffix("\n").removesuffix("\r"),
        Origin(Source.VARIABLE, file_variable, file_variable),
    )


def from_file(entry: Entry | None, name: str, config: type[msgspec.Struct]) -> Found | None:
    """What the file of settings gives.

    Args:
        entry: The setting's key in the file, if it has one.
        name: The setting's name.
        config: The struct whose field of that name says which type is expected.

    Raises:
        Unusable: The value is of another type.
    """
    if entry is None:
        return None
    blamed = f"{entry.where}: {name}"
    text = _text_of(entry.value, _types_of(config, name))
    if text is None:
        expected = _expected(_types_of(config, name))
        raise Unusable(f"{blamed} must be {expected}, not {_kind(entry.value)}")
    return Found(text, Origin(Source.FILE, entry.where, blamed))


def _types_of(config: type[msgspec.Struct], name: str) -> tuple[type, ...]:
    hint = get_type_hints(config)[name]
    parts = get_args(hint) if isinstance(hint, types.UnionType) else (hint,)
    return tuple(part for part in parts if part is not type(None))


def _text_of(value: Any, expected: tuple[type, ...]) -> str | None:
    """The value as the text that an option would have, or None if it is of a wrong type."""
    match value:
        case bool():
            return str(value).lower() if bool in expected else None
        case int():
            return str(value) if int in expected or float in expected else None
        case float():
            return str(value) if float in expected else None
        case str():
            # Whatever is more than a plain value may be written as its option is.
            return value if str in expected or _has_parts(expected) else None
        case dict() if _has_parts(expected):
            return ",".join(f"{key}={part}" for key, part in value.items())
        case _:
            return None


def _has_parts(expected: tuple[type, ...]) -> bool:
    return any(kind not in (bool, int, float, str) for kind in expected)


def _expected(expected: tuple[type, ...]) -> str:
    if _has_parts(expected):
        return "a table or a text"
    names = {bool: "true or false", int: "a whole number", float: "a number", str: "a text"}
    return " or ".join(names[kind] for kind in expected)


def _kind(value: Any) -> str:
    match value:
        case bool():
            return f"the boolean {str(value).lower()}"
        case int() | float():
            return f"the number {value}"
        case str():
            return "a text in quotes"
        case list():
            return "a list"
        case dict():
            return "a table"
        case _:
            return "a date or a time"
