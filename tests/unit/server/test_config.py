from pathlib import Path

import pytest

from taskyard.core.limits import Limits
from taskyard.server.api.rate_limits import PUBLISHED_RATES
from taskyard.server.config import SETTINGS, Config, ConfigError, read_config

SID = "AC" + "0f" * 16
KEY = "SK" + "0f" * 16


def test_without_anything_the_defaults_hold() -> None:
    assert read_config({}, {}) == Config(
        database="sqlite:///taskyard.db",
        host="127.0.0.1",
        port=8080,
        public_url=None,
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
            "TASKYARD_PUBLIC_URL": "https://tasks.example.com/",
            "TASKYARD_ACCOUNT_SID": SID,
            "TASKYARD_AUTH_TOKEN": "secret",
            "TASKYARD_API_KEY_SID": KEY,
            "TASKYARD_API_KEY_SECRET": "s" * 32,
        },
    )
    assert config.public_url == "https://tasks.example.com"
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
    values = {"account_sid": SID, "api_key_sid": KEY}
    with pytest.raises(ConfigError, match=f"without {missing}"):
        read_config({given: values.get(given, "s" * 32)}, {})


def test_every_setting_is_documented() -> None:
    documented = Path(__file__).parents[3].joinpath("docs", "reference", "settings.md").read_text()
    for setting in SETTINGS:
        default = getattr(Config(), setting.name)
        shown = "none" if default is None else f"`{default}`"
        row = f"| `{setting.option}` | `{setting.variable}` | {shown} | "
        assert row in documented
