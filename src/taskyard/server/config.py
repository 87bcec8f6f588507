"""Every setting of the server: `SETTINGS` is the one table that all else is made from.

They are read once: options first, then the environment, then a file, then defaults.
"""

import re
from collections.abc import Callable, Mapping
from pathlib import Path
from urllib.parse import urlsplit

import msgspec

from taskyard.core.ids import is_sid
from taskyard.core.limits import Limits

from .api.rate_limits import PUBLISHED_RATES, is_resource_key
from .config_file import ConfigFileError, read_config_file
from .config_sources import Origin, Source, Unusable, from_file, from_option, from_variable

CONFIG_OPTION = "--config"
CONFIG_VARIABLE = "TASKYARD_CONFIG"
DEFAULT_FILE = Path("taskyard.toml")
"""Read if it is there and no other file is named; relative to the current folder."""

API_KEY_SECRET_CHARACTERS_MIN = 32
_PORT = re.compile(r"[0-9]{1,5}")
_SECONDS = re.compile(r"[1-9][0-9]{0,5}")
_RATE = re.compile(r"[1-9][0-9]{0,5}")
_LIMIT = re.compile(r"[1-9][0-9]{0,12}")
_DIGITS = re.compile(r"[0-9]{1,9}")
_RETENTION_DAYS_MAX = 36_500
_HOLD_MS_MAX = 5_000
"""Old clients wait no longer than this for an answer either."""
_CALLBACKS_AT_ONCE_MAX = 500
"""Each holds a connection, and hosts commonly allow a process about a thousand open files."""
_SNAPSHOT_EVENTS_MIN = 100
"""Below it a server would be busy with little else than starting the processes that write them."""


class ConfigError(ValueError):
    """A setting cannot be used; the message is one line that names it."""


class Config(msgspec.Struct, frozen=True, kw_only=True):
    """How one server runs. `docs/reference/settings.md` describes each field."""

    database: str = "sqlite:///taskyard.db"
    host: str = "127.0.0.1"
    port: int = 8080
    public_url: str | None = None
    request_timeout_s: int = 60
    bridge_hold_ms: int = 50
    limits: Limits | None = None
    retention_days: int = 30
    snapshot_events: int = 50_000
    node_url: str | None = None
    lease_s: int = 5
    account_sid: str | None = None
    auth_token: str | None = None
    secondary_auth_token: str | None = None
    api_key_sid: str | None = None
    api_key_secret: str | None = None
    rate_limits: dict[str, int] | None = None
    strict_tokens: bool = False
    voice_adapter_url: str | None = None
    callbacks_at_once: int = 50
    event_callbacks_at_once: int = 1
    callbacks_to_link_local: bool = False


class Setting(msgspec.Struct, frozen=True):
    """How one field of `Config` is read and explained."""

    name: str
    help: str
    read: Callable[[str], str | int | Limits | dict[str, int]]
    secret: bool = False
    group: str = "Serving"
    """The heading below which `--help` shows it."""

    @property
    def option(self) -> str:
        """Its name on the command line."""
        return "--" + self.name.replace("_", "-")

    @property
    def variable(self) -> str:
        """Its name in the environment."""
        return "TASKYARD_" + self.name.upper()


def _text(text: str) -> str:
    if not text.strip():
        raise ValueError("must not be empty")
    return text


def _port(text: str) -> int:
    if _PORT.fullmatch(text) is None or int(text) > 65_535:
        raise ValueError(f"must be a whole number from 0 to 65535, not '{text}'")
    return int(text)


def _seconds(text: str) -> int:
    if _SECONDS.fullmatch(text) is None:
        raise ValueError(f"must be a whole number of seconds from 1, not '{text}'")
    return int(text)


def _hold_ms(text: str) -> int:
    if _DIGITS.fullmatch(text) is None or int(text) > _HOLD_MS_MAX:
        raise ValueError(
            f"must be a whole number of milliseconds from 0 to {_HOLD_MS_MAX}, not '{text}'"
        )
    return int(text)


def _public_url(text: str) -> str:
    parts = urlsplit(text)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise ValueError(f"must be an http:// or https:// address, not '{text}'")
    if parts.query or parts.fragment or parts.username or parts.password:
        raise ValueError("must be an address without credentials, query or fragment")
    return text.rstrip("/")


def _voice_adapter_url(text: str) -> str:
    parts = urlsplit(text)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise ValueError(f"must be an http:// or https:// address, not '{text}'")
    return text


def _callbacks_at_once(text: str) -> int:
    if _DIGITS.fullmatch(text) is None or not 1 <= int(text) <= _CALLBACKS_AT_ONCE_MAX:
        raise ValueError(f"must be a whole number from 1 to {_CALLBACKS_AT_ONCE_MAX}, not '{text}'")
    return int(text)


def _limits(text: str) -> Limits:
    """Some bounds by name, as in `workers=20000,tasks=1000000`; the others stay as they are."""
    moved: dict[str, int] = {}
    for pair in text.split(","):
        name, _, number = pair.strip().partition("=")
        if name not in Limits.__struct_fields__:
            known = ", ".join(Limits.__struct_fields__)
            raise ValueError(f"names '{name}', which is no limit; there are {known}")
        if _LIMIT.fullmatch(number) is None:
            raise ValueError(f"must give {name} a whole number from 1, not '{number}'")
        moved[name] = int(number)
    return msgspec.structs.replace(Limits(), **moved)


def _retention_days(text: str) -> int:
    if _DIGITS.fullmatch(text) is None or int(text) > _RETENTION_DAYS_MAX:
        raise ValueError(
            f"must be a whole number of days from 0 to {_RETENTION_DAYS_MAX}, not '{text}'"
        )
    return int(text)


def _snapshot_events(text: str) -> int:
    if _DIGITS.fullmatch(text) is None or int(text) < _SNAPSHOT_EVENTS_MIN:
        raise ValueError(
            f"must be a whole number from {_SNAPSHOT_EVENTS_MIN} to 999999999, not '{text}'"
        )
    return int(text)


def _rate_limits(text: str) -> dict[str, int]:
    """Calls a second by resource key: the published ones, and such as `Task-Create=50`."""
    rates = dict(PUBLISHED_RATES)
    if text.strip() == "published":
        return rates
    for pair in text.split(","):
        key, _, number = pair.strip().partition("=")
        if not is_resource_key(key):
            raise ValueError(
                f"names '{key}', which is no resource key; they are like Task-Create, Worker-List"
                f" and {next(iter(PUBLISHED_RATES))}, or say published"
            )
        if _RATE.fullmatch(number) is None:
            raise ValueError(f"must give {key} a whole number from 1, not '{number}'")
        rates[key] = int(number)
    return rates


def _true_or_false(text: str) -> bool:
    if text.lower() not in ("true", "false"):
        raise ValueError(f"must be true or false, not '{text}'")
    return text.lower() == "true"


def _account_sid(text: str) -> str:
    if not is_sid(text, "AC"):
        raise ValueError(f"must be AC and 32 hex digits, not '{text}'")
    return text


def _api_key_sid(text: str) -> str:
    if not is_sid(text, "SK"):
        raise ValueError(f"must be SK and 32 hex digits, not '{text}'")
    return text


def _api_key_secret(text: str) -> str:
    # Access tokens are signed with it, and a short key can be guessed from one token.
    if len(text) < API_KEY_SECRET_CHARACTERS_MIN:
        raise ValueError(f"must have {API_KEY_SECRET_CHARACTERS_MIN} characters or more")
    return text


_ACCESS = "Who may call"
_NODES = "Several nodes on one PostgreSQL"
_PAST = "What is kept"
_CALLBACKS = "Callbacks"

SETTINGS = (
    Setting(
        "database",
        "Where everything is kept: sqlite:///PATH, postgresql://USER:PASSWORD@HOST/NAME or memory://",
        _text,
    ),
    Setting("host", "The address to listen on.", _text),
    Setting("port", "The port to listen on; 0 picks a free one.", _port),
    Setting("public_url", "The address that callers use, for the links in answers.", _public_url),
    Setting("request_timeout_s", "Seconds that a request may take to come in.", _seconds),
    Setting(
        "bridge_hold_ms",
        "Milliseconds that a frame of the event bridge follows the answer that led to it.",
        _hold_ms,
    ),
    Setting("limits", "Limits to move: workers=20000,tasks=1000000", _limits),
    Setting("rate_limits", "Calls a second: published, or Task-Create=50,...", _rate_limits),
    Setting(
        "retention_days", "Days that the past is kept; 0 is for ever.", _retention_days, group=_PAST
    ),
    Setting(
        "snapshot_events",
        "Events between two snapshots of a workspace.",
        _snapshot_events,
        group=_PAST,
    ),
    Setting(
        "node_url",
        "Where the other nodes reach this one; its host and port unless given.",
        _public_url,
        group=_NODES,
    ),
    Setting(
        "lease_s",
        "Seconds after which a node that is silent is replaced.",
        _seconds,
        group=_NODES,
    ),
    Setting("account_sid", "The account's SID: AC and 32 hex digits.", _account_sid, group=_ACCESS),
    Setting("auth_token", "The account's secret.", _text, secret=True, group=_ACCESS),
    Setting(
        "secondary_auth_token",
        "One more secret of the account, while it is being replaced.",
        _text,
        secret=True,
        group=_ACCESS,
    ),
    Setting(
        "api_key_sid", "One more key for REST: SK and 32 hex digits.", _api_key_sid, group=_ACCESS
    ),
    Setting("api_key_secret", "That key's secret.", _api_key_secret, secret=True, group=_ACCESS),
    Setting(
        "strict_tokens",
        "Whether capability tokens open nothing beyond their policies: true or false.",
        _true_or_false,
        group=_ACCESS,
    ),
    Setting(
        "voice_adapter_url",
        "Who places calls: the address that is told of telephony instructions.",
        _voice_adapter_url,
        group=_CALLBACKS,
    ),
    Setting(
        "callbacks_at_once",
        "Callbacks of a workspace that are under way to one destination.",
        _callbacks_at_once,
        group=_CALLBACKS,
    ),
    Setting(
        "event_callbacks_at_once",
        "Event callbacks of a workspace that are under way; more than 1 come in any order.",
        _callbacks_at_once,
        group=_CALLBACKS,
    ),
    Setting(
        "callbacks_to_link_local",
        "Whether callbacks may go where clouds tell a machine its secrets: true or false.",
        _true_or_false,
        group=_CALLBACKS,
    ),
)
"""In the order in which `taskyard serve --help` shows them."""

_TOGETHER = (("account_sid", "auth_token"), ("api_key_sid", "api_key_secret"))


class Settings(msgspec.Struct, frozen=True):
    """A configuration, and where each of its values came from."""

    config: Config
    origins: Mapping[str, Origin]
    """By the settings' names, for all of them."""
    file: Path | None
    """The file that was read, whether or not it set anything."""


def read_settings(
    options: Mapping[str, str | None],
    environment: Mapping[str, str],
    *,
    default_file: Path | None = DEFAULT_FILE,
) -> Settings:
    """Put the settings together.

    Args:
        options: What the command line gave, by the settings' names, and the file to read as
            `config`; None for not given.
        environment: The environment's variables. An empty one counts as not given. A secret may
            stand in a file instead, which the variable with `_FILE` at its end names.
        default_file: What to read if it is there and neither options nor environment name a file.

    Raises:
        ConfigError: A value or the file cannot be used, or one half of a pair is missing.
    """
    file = _file_to_read(options, environment, default_file)
    try:
        entries = {} if file is None else read_config_file(file, [one.name for one in SETTINGS])
    except ConfigFileError as error:
        raise ConfigError(str(error)) from error
    given: dict[str, str | int | Limits | dict[str, int]] = {}
    origins: dict[str, Origin] = {}
    for setting in SETTINGS:
        try:
            found = (
                from_option(options.get(setting.name), setting.option)
                or from_variable(environment, setting.variable, may_be_in_file=setting.secret)
                or from_file(entries.get(setting.name), setting.name, Config)
            )
        except Unusable as error:
            raise ConfigError(str(error)) from error
        if found is None:
            origins[setting.name] = Origin(Source.DEFAULT)
            continue
        try:
            given[setting.name] = setting.read(found.text)
        except ValueError as error:
            raise ConfigError(f"{found.origin.blamed} {error}") from None
        origins[setting.name] = found.origin
    for one, other in _TOGETHER:
        if (one in given) != (other in given):
            there, missing = (one, other) if one in given else (other, one)
            raise ConfigError(
                f"{origins[there].blamed} is set without {_variable(missing)}: give both or neither"
            )
    return Settings(msgspec.convert(given, Config), origins, file)


def _file_to_read(
    options: Mapping[str, str | None], environment: Mapping[str, str], default: Path | None
) -> Path | None:
    named = options.get("config") or environment.get(CONFIG_VARIABLE)
    if named:
        return Path(named)
    return default if default is not None and _is_there(default) else None


def _is_there(file: Path) -> bool:
    try:
        return file.exists()
    except PermissionError:  # the current folder may not be entered: so it holds nothing for us
        return False


def _variable(name: str) -> str:
    return next(setting.variable for setting in SETTINGS if setting.name == name)
