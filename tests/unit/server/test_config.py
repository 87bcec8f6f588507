from collections.abc import Mapping
from pathlib import Path

import pytest

from taskyard.core.limits import Limits
from taskyard.server.api.rate_limits import PUBLISHED_RATES
from taskyard.server.config import SETTINGS, Config, ConfigError, read_settings

SID = "AC" + "0f" * 16
KEY = "SK" + "0f" * 16


def read_config(options: Mapping[str, str | None], environment: Mapping[str, str]) -> Config:
    return read_settings(options, environment, default_file=None).config


def test_without_anything_the_defaults_hold() -> None:
    assert read_config({}, {}) == Config(
        database="sqlite:///taskyard.db",
        host="127.0.0.1",
        port=8080,
        public_url=None,
        retention_days=30,
        snapshot_events=50_000,
        account_sid=None,
        auth_token=None,
        api_key_sid=None,
        api_key_secret=None,
    )


def test_there_is_a_setting_for_every_field() -> None:
    assert {setting.name for setting in SETTINGS} == set(Config.__struct_fields__)


def test_an_option_goes_before_the_environment() -> None:
    environment = {"TASKYARD_PORT": "1000", "TASKYARD_HOST": "0.0.0.0"}
    config = read_config({"port": "2000", "host": None}, environment)
    assert (config.port, config.host) == (2000, "0.0.0.0")


def test_an_empty_variable_counts_as_not_given() -> None:
    assert read_config({}, {"TASKYARD_PORT": ""}).port == 8080


def test_all_settings_can_be_given() -> None:
    config = read_config(
        {},
        {
            "TASKYARD_DATABASE": "memory://",
            "TASKYARD_PORT": "0",
            "TASKYARD_RETENTION_DAYS": "0",
            "TASKYARD_SNAPSHOT_EVENTS": "100",
            "TASKYARD_PUBLIC_URL": "https://tasks.example.com/",
            "TASKYARD_ACCOUNT_SID": SID,
            "TASKYARD_AUTH_TOKEN": "secret",
            "TASKYARD_API_KEY_SID": KEY,
            "TASKYARD_API_KEY_SECRET": "s" * 32,
        },
    )
    assert config.public_url == "https://tasks.example.com"
    assert (config.retention_days, config.snapshot_events) == (0, 100)
    assert (config.database, config.port) == ("memory://", 0)
    assert (config.account_sid, config.api_key_sid) == (SID, KEY)


@pytest.mark.parametrize(
    ("name", "value", "message"),
    [
        ("port", "http", "--port must be a whole number from 0 to 65535, not 'http'"),
        ("port", "65536", "--port must be a whole number from 0 to 65535, not '65536'"),
        ("port", "-1", "--port must be a whole number from 0 to 65535, not '-1'"),
        ("host", " ", "--host must not be empty"),
        ("limits", "workers=0", "--limits must give workers a whole number from 1, not '0'"),
        ("limits", "workers", "--limits must give workers a whole number from 1, not ''"),
        *(
            (
                "retention_days",
                days,
                f"--retention-days must be a whole number of days from 0 to 36500, not '{days}'",
            )
            for days in ("36501", "-1", "1.5", "a month", "\u0661", "")
        ),
        *(
            (
                "snapshot_events",
                events,
                f"--snapshot-events must be a whole number from 100 to 999999999, not '{events}'",
            )
            for events in ("99", "1000000000", "50_000")
        ),
        ("strict_tokens", "yes", "--strict-tokens must be true or false, not 'yes'"),
        (
            "voice_adapter_url",
            "voice.example.com",
            "--voice-adapter-url must be an http:// or https:// address, not 'voice.example.com'",
        ),
        (
            "callbacks_at_once",
            "0",
            "--callbacks-at-once must be a whole number from 1 to 500, not '0'",
        ),
        (
            "callbacks_at_once",
            "501",
            "--callbacks-at-once must be a whole number from 1 to 500, not '501'",
        ),
        (
            "event_callbacks_at_once",
            "none",
            "--event-callbacks-at-once must be a whole number from 1 to 500, not 'none'",
        ),
        (
            "callbacks_to_link_local",
            "1",
            "--callbacks-to-link-local must be true or false, not '1'",
        ),
        ("account_sid", "AC1", "--account-sid must be AC and 32 hex digits, not 'AC1'"),
        ("api_key_sid", SID, f"--api-key-sid must be SK and 32 hex digits, not '{SID}'"),
        (
            "public_url",
            "tasks.example.com",
            "--public-url must be an http:// or https:// address, not 'tasks.example.com'",
        ),
        (
            "public_url",
            "https://u:p@example.com",
            "--public-url must be an address without credentials, query or fragment",
        ),
    ],
)
def test_a_value_that_cannot_be_used_is_named_in_one_line(
    name: str, value: str, message: str
) -> None:
    with pytest.raises(ConfigError) as raised:
        read_config({name: value}, {})
    assert str(raised.value) == message


def test_the_variable_is_named_when_it_came_from_there() -> None:
    with pytest.raises(ConfigError, match=r"^TASKYARD_PORT must be"):
        read_config({}, {"TASKYARD_PORT": "x"})


def test_limits_are_moved_by_name_and_the_others_stay() -> None:
    limits = read_config({"limits": "workers=20000, tasks=9"}, {}).limits
    assert limits == Limits(workers=20_000, tasks=9)


def test_rate_limits_are_the_published_ones_and_what_is_added() -> None:
    assert read_config({}, {}).rate_limits is None
    assert read_config({"rate_limits": "published"}, {}).rate_limits == PUBLISHED_RATES
    given = "Task-Create=50, Task-List-EvaluateTaskAttributes=5"
    moved = {"Task-Create": 50, "Task-List-EvaluateTaskAttributes": 5}
    assert read_config({"rate_limits": given}, {}).rate_limits == PUBLISHED_RATES | moved


@pytest.mark.parametrize("text", ["on", "Tasks-Create=5", "Task-Create", "Task-Create=0", ","])
def test_a_rate_that_makes_no_sense_is_refused(text: str) -> None:
    with pytest.raises(ConfigError, match=r"^--rate-limits (names|must give) "):
        read_config({"rate_limits": text}, {})


def test_an_unknown_limit_is_told_with_those_there_are() -> None:
    with pytest.raises(ConfigError, match=r"names 'agents', which is no limit; there are .*tasks"):
        read_config({"limits": "agents=3"}, {})


def test_a_secret_is_not_repeated_in_the_message() -> None:
    with pytest.raises(ConfigError) as raised:
        read_config({"api_key_sid": KEY, "api_key_secret": "hunter2"}, {})
    assert str(raised.value) == "--api-key-secret must have 32 characters or more"


@pytest.mark.parametrize(
    ("given", "missing"),
    [
        ("account_sid", "TASKYARD_AUTH_TOKEN"),
        ("auth_token", "TASKYARD_ACCOUNT_SID"),
        ("api_key_sid", "TASKYARD_API_KEY_SECRET"),
        ("api_key_secret", "TASKYARD_API_KEY_SID"),
    ],
)
def test_half_a_pair_is_refused(given: str, missing: str) -> None:
    value = {"account_sid": SID, "api_key_sid": KEY}.get(given, "s" * 32)
    option, variable = "--" + given.replace("_", "-"), "TASKYARD_" + given.upper()
    with pytest.raises(ConfigError, match=f"^{option} is set without {missing}: "):
        read_config({given: value}, {})
    with pytest.raises(ConfigError, match=f"^{variable} is set without {missing}: "):
        read_config({}, {variable: value})


def test_every_setting_is_documented() -> None:
    documented = Path(__file__).parents[3].joinpath("docs", "reference", "settings.md").read_text()
    for setting in SETTINGS:
        default = getattr(Config(), setting.name)
        shown = "none" if default is None else f"`{default}`"
        row = f"| `{setting.option}` | `{setting.variable}` | {shown} | "
        assert row in documented


# --- the file ---


def file_with(folder: Path, text: str) -> Path:
    path = folder / "yard.toml"
    path.write_text(text)
    return path


def test_an_option_goes_before_the_environment_before_the_file_before_the_default(
    tmp_path: Path,
) -> None:
    file = file_with(tmp_path, 'port = 1\nhost = "1.1.1.1"\npublic_url = "http://file.example"\n')
    environment = {"TASKYARD_PORT": "2", "TASKYARD_HOST": "2.2.2.2", "TASKYARD_CONFIG": str(file)}
    settings = read_settings({"port": "3"}, environment)
    config = settings.config
    assert (config.port, config.host, config.public_url) == (3, "2.2.2.2", "http://file.example")
    assert {name: str(settings.origins[name]) for name in ("port", "host", "public_url")} == {
        "port": "option --port",
        "host": "variable TASKYARD_HOST",
        "public_url": f"file {file}:3",
    }
    assert str(settings.origins["database"]) == "default"
    assert settings.file == file


def test_the_file_of_the_option_goes_before_that_of_the_variable(tmp_path: Path) -> None:
    file = file_with(tmp_path, "port = 7\n")
    options = {"config": str(file)}
    assert read_config(options, {"TASKYARD_CONFIG": "nowhere.toml"}).port == 7


def test_the_default_file_is_read_only_if_it_is_there(tmp_path: Path) -> None:
    file = tmp_path / "taskyard.toml"
    assert read_settings({}, {}, default_file=file).file is None
    file.write_text("port = 7\n")
    assert read_settings({}, {}, default_file=file).config.port == 7


def test_limits_stand_in_the_file_as_a_table_or_as_the_options_text(tmp_path: Path) -> None:
    for text in ("[limits]\nworkers = 5\ntasks = 6\n", 'limits = "workers=5,tasks=6"\n'):
        limits = read_config({"config": str(file_with(tmp_path, text))}, {}).limits
        assert limits == Limits(workers=5, tasks=6)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("\nprot = 1\n", "FILE:2: there is no setting 'prot'; did you mean 'port'?"),
        (
            "public-url = 'x'",
            "FILE:1: there is no setting 'public-url'; did you mean 'public_url'?",
        ),
        ("x = 1\n", "FILE:1: there is no setting 'x'; there are account_sid, api_key_secret"),
        ("[serve]\nport = 1", "FILE:1: there is no setting 'serve'; there are"),
        ("port = '80'", "FILE:1: port must be a whole number, not a text in quotes"),
        ("port = true", "FILE:1: port must be a whole number, not the boolean true"),
        ("port = 8.5", "FILE:1: port must be a whole number, not the number 8.5"),
        ("port = 70000", "FILE:1: port must be a whole number from 0 to 65535, not '70000'"),
        ("host = 5", "FILE:1: host must be a text, not the number 5"),
        ("host = ['a']", "FILE:1: host must be a text, not a list"),
        ("host = 2026-01-01", "FILE:1: host must be a text, not a date or a time"),
        ("limits = 5", "FILE:1: limits must be a table or a text, not the number 5"),
        ("[limits]\nworkers = 'x'", "FILE:1: limits must give workers a whole number from 1"),
        ("port =", "configuration file FILE is not TOML: Invalid value (at end of document)"),
        ("api_key_secret = 'hunter2'", "FILE:1: api_key_secret must have 32 characters or more"),
    ],
)
def test_what_is_wrong_with_the_file_is_one_line_with_file_key_and_what_was_expected(
    tmp_path: Path, text: str, message: str
) -> None:
    file = file_with(tmp_path, text)
    with pytest.raises(ConfigError) as raised:
        read_config({"config": str(file)}, {})
    assert str(raised.value).startswith(message.replace("FILE", str(file)))
    assert "\n" not in str(raised.value)
    assert "hunter2" not in str(raised.value)


def test_a_file_that_is_named_has_to_be_there_and_be_text(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"file no\.toml cannot be read: No such file"):
        read_config({"config": "no.toml"}, {})
    binary = tmp_path / "binary.toml"
    binary.write_bytes(b"\xff\xfe")
    with pytest.raises(ConfigError, match=r"binary\.toml is not UTF-8 text"):
        read_config({"config": str(binary)}, {})


def test_a_key_whose_line_cannot_be_told_names_the_file_alone(tmp_path: Path) -> None:
    file = file_with(tmp_path, 'host = """\nport = 1\n"""\nport = 2\n')
    origins = read_settings({"config": str(file)}, {}).origins
    assert str(origins["port"]) == f"file {file}"


def test_a_value_that_is_not_in_force_stands_in_nobodys_way(tmp_path: Path) -> None:
    file = file_with(tmp_path, "port = 'lots'\n")
    assert read_config({"config": str(file), "port": "1"}, {"TASKYARD_PORT": "many"}).port == 1


# --- secrets in files of their own ---


def test_a_secret_may_stand_in_a_file_that_a_variable_names(tmp_path: Path) -> None:
    secret = tmp_path / "token"
    secret.write_text("s3cret \n")
    settings = read_settings(
        {}, {"TASKYARD_ACCOUNT_SID": SID, "TASKYARD_AUTH_TOKEN_FILE": str(secret)}
    )
    assert settings.config.auth_token == "s3cret "
    assert str(settings.origins["auth_token"]) == "variable TASKYARD_AUTH_TOKEN_FILE"


def test_a_secret_is_given_once(tmp_path: Path) -> None:
    environment = {"TASKYARD_AUTH_TOKEN": "a", "TASKYARD_AUTH_TOKEN_FILE": "b"}
    with pytest.raises(ConfigError, match=r"TOKEN and TASKYARD_AUTH_TOKEN_FILE are both set"):
        read_config({}, environment)


def test_a_secrets_file_that_cannot_be_read_is_named() -> None:
    with pytest.raises(ConfigError, match=r"^TASKYARD_AUTH_TOKEN_FILE: nowhere cannot be read: No"):
        read_config({}, {"TASKYARD_AUTH_TOKEN_FILE": "nowhere"})


def test_only_secrets_stand_in_files_of_their_own() -> None:
    assert read_config({}, {"TASKYARD_PORT_FILE": "nowhere"}).port == 8080


@pytest.mark.parametrize(("text", "strict"), [("true", True), ("false", False), ("False", False)])
def test_tokens_are_strict_or_not(text: str, strict: bool) -> None:
    assert read_config({}, {"TASKYARD_STRICT_TOKENS": text}).strict_tokens is strict


@pytest.mark.parametrize("text", ["0", "-1", "1.5", "soon", "1000000"])
def test_a_request_timeout_is_whole_seconds(text: str) -> None:
    with pytest.raises(ConfigError, match="--request-timeout-s must be a whole number of seconds"):
        read_config({"request_timeout_s": text}, {})
    assert read_config({"request_timeout_s": "5"}, {}).request_timeout_s == 5
