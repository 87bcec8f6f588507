"""The settings as options: every command that takes them takes all, and reads them alike."""

import os
import sys
from typing import NoReturn

import click

from taskyard.server.config import (
    CONFIG_OPTION,
    CONFIG_VARIABLE,
    DEFAULT_FILE,
    SETTINGS,
    Config,
    ConfigError,
    Setting,
    Settings,
    read_settings,
)

from .help import Option

MASK = "********"
"""What stands for a secret."""


def settings_options() -> list[click.Parameter]:
    """An option for each setting, and the one that names the file, which comes first."""
    file = Option(
        [CONFIG_OPTION],
        group="Settings from a file",
        type=click.Path(readable=False, path_type=str),
        metavar="FILE",
        help=f"A TOML file of settings.  [env: {CONFIG_VARIABLE}; "
        f"default: {DEFAULT_FILE}, if it is there]",
    )
    return [file, *(_option(setting) for setting in SETTINGS)]


def settings_of(options: dict[str, str | None]) -> Settings:
    """What is in force for a command; ends the process with one line if that cannot be said."""
    try:
        return read_settings(options, os.environ)
    except ConfigError as error:
        fail(str(error))


def fail(message: str) -> NoReturn:
    """End with status 1 and one line on standard error."""
    click.echo(f"taskyard: {message}", err=True)
    sys.exit(1)


def _option(setting: Setting) -> Option:
    default = getattr(Config(), setting.name)
    facts = [f"env: {setting.variable}"]
    if setting.secret:
        facts[0] += "[_FILE]"
    if default is not None:
        facts.append(f"default: {default}")
    return Option(
        [setting.option],
        group=setting.group,
        metavar="TEXT",
        help=f"{setting.help}  [{'; '.join(facts)}]",
    )
