"""`taskyard account` as an operator runs it, alone and beside a server."""

import asyncio
import base64
import os
import re
import subprocess
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import aiohttp
import pytest

from taskyard.stores import Account, ApiKey, open_store

GUARD_S = 60  # against a hang only
SID, TOKEN = "AC" + "0f" * 16, "t" * 32
GIVEN = {"TASKYARD_ACCOUNT_SID": SID, "TASKYARD_AUTH_TOKEN": "from-the-settings"}
NOON_MS = 1_767_614_400_000  # 5 January 2026, 12:00 UTC


def environment(**settings: str) -> dict[str, str]:
    return {k: v for k, v in os.environ.items() if not k.startswith("TASKYARD_")} | settings


def account(folder: Path, *arguments: str, **settings: str) -> tuple[int, str, str]:
    ran = subprocess.run(
        [sys.executable, "-m", "taskyard", "account", *arguments],
        cwd=folder,
        env=environment(**settings),
        capture_output=True,
        text=True,
        timeout=GUARD_S,
        check=False,
    )
    return ran.returncode, ran.stdout, ran.stderr


def refused(folder: Path, *arguments: str, **settings: str) -> str:
    """The one line that a refused command prints."""
    status, out, err = account(folder, *arguments, **settings)
    assert (status, out) == (1, "")
    assert err.startswith("taskyard: ")
    assert err.count("\n") == 1, err
    return err


async def kept(folder: Path, *key_sids: str) -> None:
    """A database with an account and keys, and nobody who uses it."""
    store = await open_store(f"sqlite:///{folder}/taskyard.db")
    await store.keep_account(Account(SID, TOKEN))
    for sid in key_sids:
        await store.keep_api_key(ApiKey(sid=sid, account_sid=SID, secret="s", created_ms=NOON_MS))
    await store.close()


async def tokens(folder: Path) -> list[Account]:
    store = await open_store(f"sqlite:///{folder}/taskyard.db")
    found = await store.accounts()
    await store.close()
    return found


# --- alone ---


async def test_show_masks_the_token_unless_told_to_reveal_it(tmp_path: Path) -> None:
    await kept(tmp_path, "SK1")
    status, out, err = account(tmp_path, "show")
    assert (status, err) == (0, "")
    assert SID in out
    assert TOKEN not in out
    assert "kept in      database sqlite:///taskyard.db" in out
    assert "SK1  made 2026-01-05T12:00:00Z" in out
    assert f"auth token   {TOKEN}\n" in account(tmp_path, "show", "--reveal")[1]


async def test_rotate_keeps_the_token_that_it_prints(tmp_path: Path) -> None:
    await kept(tmp_path)
    status, out, _ = account(tmp_path, "rotate")
    printed = re.search(r"^auth token   ([0-9a-f]{32})$", out, re.M)
    assert status == 0
    assert printed is not None
    assert await tokens(tmp_path) == [Account(SID, printed[1])]


async def test_keys_are_made_listed_and_deleted(tmp_path: Path) -> None:
    await kept(tmp_path)
    status, made, _ = account(tmp_path, "keys", "create")
    sid = re.search(r"^API key SID  (SK[0-9a-f]{32})$", made, re.M)
    secret = re.search(r"^secret       ([0-9a-f]{32})$", made, re.M)
    assert status == 0
    assert sid is not None
    assert secret is not None
    _, listed, _ = account(tmp_path, "keys", "list")
    assert sid[1] in listed
    assert secret[1] not in listed
    assert account(tmp_path, "keys", "delete", sid[1]) == (0, f"deleted {sid[1]}\n", "")
    assert account(tmp_path, "keys", "list") == (0, "", "")
    assert f"has no API key {sid[1]}" in refused(tmp_path, "keys", "delete", sid[1])


async def test_credentials_of_the_settings_are_named_and_not_changed(tmp_path: Path) -> None:
    await kept(tmp_path)
    _, out, _ = account(tmp_path, "show", **GIVEN)
    assert "kept in      variable TASKYARD_AUTH_TOKEN" in out
    line = refused(tmp_path, "rotate", **GIVEN)
    assert "comes from the settings (variable TASKYARD_AUTH_TOKEN)" in line
    key = {"TASKYARD_API_KEY_SID": "SK" + "1" * 32, "TASKYARD_API_KEY_SECRET": "s" * 32}
    assert "from variable TASKYARD_API_KEY_SID" in account(tmp_path, "keys", "list", **key)[1]
    line = refused(tmp_path, "keys", "delete", key["TASKYARD_API_KEY_SID"], **key)
    assert "comes from the settings (variable TASKYARD_API_KEY_SID)" in line
    assert await tokens(tmp_path) == [Account(SID, TOKEN)]


async def test_the_database_is_found_by_the_settings_of_serve(tmp_path: Path) -> None:
    await kept(tmp_path)
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    (elsewhere / "taskyard.toml").write_text(f'database = "sqlite:///{tmp_path}/taskyard.db"\n')
    assert SID in account(elsewhere, "show")[1]


@pytest.mark.parametrize("command", [["show"], ["rotate"], ["keys", "create"], ["keys", "list"]])
def test_what_has_no_account_to_show_is_one_line(tmp_path: Path, command: list[str]) -> None:
    assert "gone with the server's process" in refused(tmp_path, *command, "--database=memory://")
    assert "taskyard.db does not exist" in refused(tmp_path, *command)
    assert "is not understood" in refused(tmp_path, *command, "--database", "mysql://x")
    assert list(tmp_path.iterdir()) == []


async def test_a_database_without_an_account_is_not_given_one(tmp_path: Path) -> None:
    store = await open_store(f"sqlite:///{tmp_path}/taskyard.db")
    await store.close()
    assert "keeps no account" in refused(tmp_path, "rotate")
    assert await tokens(tmp_path) == []


# --- beside a server ---


class Server:
    """A server process, and what it answers to credentials."""

    def __init__(self, url: str, session: aiohttp.ClientSession) -> None:
        self._url = url
        self._session = session

    async def status(self, sid: str, secret: str) -> int:
        basic = base64.b64encode(f"{sid}:{secret}".encode()).decode()
        headers = {"Authorization": f"Basic {basic}"}
        async with self._session.get(f"{self._url}/v1/Workspaces", headers=headers) as answer:
            return answer.status

    async def lets_go_of(self, sid: str, secret: str) -> None:
        async with asyncio.timeout(GUARD_S):
            while await self.status(sid, secret) == 200:
                pass


@pytest.fixture
async def server(tmp_path: Path) -> AsyncIterator[Server]:
    await kept(tmp_path)
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "taskyard", "serve", "--port", "0"),
        cwd=tmp_path,
        env=environment(),
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.DEVNULL,
    )
    try:
        assert process.stdout is not None
        url = (await process.stdout.readline()).decode().rpartition(" ")[2].strip()
        async with aiohttp.ClientSession() as session:
            yield Server(url, session)
    finally:
        process.terminate()
        await process.communicate()


async def test_a_running_server_takes_the_new_token_at_once_and_soon_only_that(
    server: Server, tmp_path: Path
) -> None:
    assert await server.status(SID, TOKEN) == 200
    _, out, _ = account(tmp_path, "rotate")
    new = out.split()[-1]
    assert await server.status(SID, new) == 200
    await server.lets_go_of(SID, TOKEN)
    assert await server.status(SID, new) == 200


async def test_a_running_server_lets_go_of_a_token_though_nobody_has_used_the_new_one(
    server: Server, tmp_path: Path
) -> None:
    assert await server.status(SID, TOKEN) == 200
    account(tmp_path, "rotate")
    await server.lets_go_of(SID, TOKEN)


async def test_a_running_server_takes_a_new_key_at_once_and_lets_go_of_a_deleted_one(
    server: Server, tmp_path: Path
) -> None:
    _, out, _ = account(tmp_path, "keys", "create")
    sid, secret = out.split()[3], out.split()[-1]
    assert await server.status(sid, secret) == 200
    assert await server.status(sid, TOKEN) == 401
    account(tmp_path, "keys", "delete", sid)
    await server.lets_go_of(sid, secret)
    assert await server.status(SID, TOKEN) == 200
