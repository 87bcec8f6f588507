"""`taskyard config`: which settings are in force, and where each came from."""

import click
import msgspec

from taskyard.server.config import DEFAULT_FILE, SETTINGS, Setting, Settings

from .help import Command, examples
from .settings import MASK, settings_of, settings_options


def show(as_json: bool, **options: str | None) -> None:
    """Show every setting that is in force and where it came from.

    Reads options, environment and file exactly as `taskyard serve` does, and starts nothing.
    Secrets are masked, the password in a database's address too.
    """
    settings = settings_of(options)
    click.echo(_json(settings) if as_json else _table(settings))


def _json(settings: Settings) -> str:
    document = {
        "file": None if settings.file is None else str(settings.file),
        "settings": [
            {
                "name": setting.name,
                "value": _value(settings, setting),
                "source": settings.origins[setting.name].source,
                "from": settings.origins[setting.name].name or None,
            }
            for setting in SETTINGS
        ],
    }
    return msgspec.json.format(msgspec.json.encode(document), indent=2).decode()


def _table(settings: Settings) -> str:
    rows = [("setting", "value", "from")]
    for setting in SETTINGS:
        value = _value(settings, setting)
        rows.append((setting.name, _text(value), str(settings.origins[setting.name])))
    widths = [max(len(row[column]) for row in rows) for column in (0, 1)]
    lines = [f"{name:{widths[0]}}  {value:{widths[1]}}  {origin}" for name, value, origin in rows]
    file = settings.file or f"none is named, and there is no {DEFAULT_FILE} here"
    return "\n".join([*lines, "", f"file: {file}"])


def _value(settings: Settings, setting: Setting) -> object:
    """The value as JSON has it; of one with parts, those that differ from their defaults."""
    value = getattr(settings.config, setting.name)
    if value is not None and setting.secret:
        return MASK
    if setting.name == "database":
        from taskyard.stores.urls import without_password

        return without_password(str(value))
    if isinstance(value, msgspec.Struct):
        plain = type(value)()
        return {
            name: part
            for name, part in msgspec.structs.asdict(value).items()
            if part != getattr(plain, name)
        }
    return value


def _text(value: object) -> str:
    if isinstance(value, dict):
        return ",".join(f"{name}={part}" for name, part in value.items())
    return "none" if value is None else str(value)


command = Command(
    "config",
    callback=show,
    params=[
        *settings_options(),
        click.Option(["--json", "as_json"], is_flag=True, help="For machines: one JSON object."),
    ],
    help=show.__doc__,
    epilog=examples("taskyard config", "taskyard config --config /etc/taskyard.toml --json"),
)
