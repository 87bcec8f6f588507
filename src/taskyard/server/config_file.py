"""The file of settings: TOML, its keys the settings' names."""

import difflib
import re
import tomllib
from collections.abc import Collection
from pathlib import Path
from typing import Any

import msgspec


class ConfigFileError(ValueError):
    """The file cannot be used; the message is one line that names it and what was expected."""


class Entry(msgspec.Struct, frozen=True):
    """A key of the file, not looked at yet."""

    value: Any
    """As TOML has it: a text, number, boolean, date, list or table."""
    where: str
    """The file and the line, or the file alone where the line cannot be told."""


def read_config_file(path: Path, names: Collection[str]) -> dict[str, Entry]:
    """What the file sets, by name.

    Args:
        path: The file.
        names: Every key that it may have.

    Raises:
        ConfigFileError: It cannot be read, is not TOML, or has a key that is no setting.
    """
    try:
        text = path.read_text(encoding="utf-8")
    except OSError as error:
        raise ConfigFileError(
            f"configuration file {path} cannot be read: {error.strerror}"
        ) from error
    except UnicodeDecodeError as error:
        raise ConfigFileError(f"configuration file {path} is not UTF-8 text") from error
    try:
        found = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise ConfigFileError(f"configuration file {path} is not TOML: {error}") from error
    entries = {name: Entry(value, _place(path, text, name)) for name, value in found.items()}
    for name, entry in entries.items():
        if name not in names:
            raise ConfigFileError(
                f"{entry.where}: there is no setting {name!r}; {_hint(name, names)}"
            )
    return entries


def _place(path: Path, text: str, name: str) -> str:
    """The parser tells no lines: look for the one that can only be the key's."""
    key = re.compile(rf"""\s*\[?\s*(["']?){re.escape(name)}\1\s*[=.\]]""")
    lines = [number for number, line in enumerate(text.splitlines(), 1) if key.match(line)]
    return f"{path}:{lines[0]}" if len(lines) == 1 else str(path)


def _hint(name: str, names: Collection[str]) -> str:
    close = difflib.get_close_matches(name.lower().replace("-", "_"), names, n=1)
    return f"did you mean {close[0]!r}?" if close else f"there are {', '.join(sorted(names))}"
