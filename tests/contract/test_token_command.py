"""`taskyard token` as an operator runs it."""

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import jwt

from taskyard.stores import Account, ApiKey, open_store

GUARD_S = 60  # against a hang only
AC, SK, WS, WK, WQ = (prefix + "0" * 31 + "1" for prefix in ("AC", "SK", "WS", "WK", "WQ"))
OTHER_SK = "SK" + "f" * 32
SECRET, KEY_SECRET = "s" * 32, "k" * 32
GIVEN = {"TASKYARD_ACCOUNT_SID": AC, "TASKYARD_AUTH_TOKEN": SECRET}


def token(folder: Path, *arguments: str, **settings: str) -> tuple[int, str, str]:
    environment = {k: v for k, v in os.environ.items() if not k.startswith("TASKYARD_")}
    ran = subprocess.run(
        [sys.executable, "-m", "taskyard", "token", *arguments],
        cwd=folder,
        env=environment | settings,
        capture_output=True,
        text=True,
        timeout=GUARD_S,
        check=False,
    )
    return ran.returncode, ran.stdout, ran.stderr


def claims(folder: Path, secret: str, *arguments: str, **settings: str) -> dict[str, Any]:
    """What the token says that a command prints, which is nothing but the token."""
    status, out, err = token(folder, *arguments, **settings)
    assert (status, err) == (0, "")
    made: dict[str, Any] = jwt.decode(out.removesuffix("\n"), secret, algorithms=["HS256"])
    return made


def refused(folder: Path, *arguments: str, **settings: str) -> str:
    status, out, err = token(folder, *arguments, **settings)
    assert (status, out) == (1, "")
    assert err.startswith("taskyard: ")
    assert err.count("\n") == 1, err
    return err


async def kept(folder: Path, *keys: tuple[str, str]) -> None:
    store = await open_store(f"sqlite:///{folder}/taskyard.db")
    await store.keep_account(Account(AC, SECRET))
    for at_ms, (sid, secret) in enumerate(keys):
        await store.keep_api_key(ApiKey(sid=sid, account_sid=AC, secret=secret, created_ms=at_ms))
    await store.close()


def test_an_account_from_the_settings_needs_no_database(tmp_path: Path) -> None:
    made = claims(
        tmp_path,
        SECRET,
        *("worker", WK, "--workspace", WS, "--ttl", "60"),
        *("--allow", "activity-updates", "--allow", "delete"),
        **GIVEN,
    )
    assert (made["iss"], made["workspace_sid"], made["worker_sid"]) == (AC, WS, WK)
    assert made["exp"] - made["nbf"] == 60
    assert [one["method"] for one in made["policies"][-2:]] == ["POST", "DELETE"]
    assert not [*tmp_path.iterdir()]


async def test_an_account_from_the_database_signs(tmp_path: Path) -> None:
    await kept(tmp_path)
    queue = claims(tmp_path, SECRET, "task-queue", WQ, "--workspace", WS)
    assert (queue["iss"], queue["taskqueue_sid"]) == (AC, WQ)
    url = "http://127.0.0.1:8080"
    workspace = claims(tmp_path, SECRET, "workspace", WS, "--url", url)
    assert workspace["channel"] == WS
    assert all(one["url"].startswith(f"{url}/v1/") for one in workspace["policies"])


async def test_the_oldest_api_key_signs_an_access_token(tmp_path: Path) -> None:
    await kept(tmp_path, (SK, KEY_SECRET), (OTHER_SK, "o" * 32))
    made = claims(tmp_path, KEY_SECRET, "worker", WK, "--workspace", WS, "--access")
    assert made["iss"] == SK
    assert made["grants"]["task_router"] == {
        "workspace_sid": WS,
        "worker_sid": WK,
        "role": "worker",
    }


async def test_an_api_key_that_is_named_signs(tmp_path: Path) -> None:
    await kept(tmp_path, (SK, KEY_SECRET), (OTHER_SK, "o" * 32))
    made = claims(tmp_path, "o" * 32, "workspace", WS, "--access", "--api-key", OTHER_SK)
    assert (made["iss"], made["grants"]["task_router"]["role"]) == (OTHER_SK, "admin")


async def test_the_api_key_of_the_settings_goes_before_those_kept(tmp_path: Path) -> None:
    await kept(tmp_path, (SK, KEY_SECRET))
    given = {"TASKYARD_API_KEY_SID": OTHER_SK, "TASKYARD_API_KEY_SECRET": "o" * 32}
    for account in ({}, GIVEN):
        made = claims(
            tmp_path,
            "o" * 32,
            *("worker", WK, "--workspace", WS, "--access", "--role", "supervisor"),
            **given,
            **account,
        )
        assert (made["iss"], made["sub"]) == (OTHER_SK, AC)


async def test_what_cannot_be_signed_is_one_line(tmp_path: Path) -> None:
    await kept(tmp_path)
    access = ("workspace", WS, "--access")
    assert "taskyard account keys create" in refused(tmp_path, *access)
    assert f"has no API key {SK}" in refused(tmp_path, *access, "--api-key", SK)
    assert f"has no API key {AC}" in refused(tmp_path, *access, "--api-key", AC)
    assert "--allow and --url are for capability" in refused(
        tmp_path, *access, "--allow", "updates"
    )
    for option in (("--api-key", SK), ("--role", "admin")):
        assert "are for access tokens" in refused(tmp_path, "workspace", WS, *option)
        assert "are for access tokens" in refused(
            tmp_path, "worker", WK, "--workspace", WS, *option
        )
    assert "worker_sid must be a worker SID" in refused(
        tmp_path, "worker", WQ, "--workspace", WS, **GIVEN
    )
    assert "at most 86400 seconds" in refused(
        tmp_path,
        *access,
        *("--ttl", "86401"),
        **GIVEN,
        TASKYARD_API_KEY_SID=SK,
        TASKYARD_API_KEY_SECRET=KEY_SECRET,
    )
    assert "is gone with the server" in refused(
        tmp_path, "workspace", WS, TASKYARD_DATABASE="memory://"
    )


def test_a_short_secret_signs_without_a_word(tmp_path: Path) -> None:
    status, out, err = token(
        tmp_path, "workspace", WS, TASKYARD_ACCOUNT_SID=AC, TASKYARD_AUTH_TOKEN="short"
    )
    assert (status, out.count("."), err) == (0, 2, "")


def test_what_a_token_may_not_be_allowed_is_a_wrong_option(tmp_path: Path) -> None:
    status, out, err = token(
        tmp_path, "task-queue", WQ, "--workspace", WS, "--allow", "activity-updates", **GIVEN
    )
    assert (status, out) == (2, "")
    assert "activity-updates" in err
