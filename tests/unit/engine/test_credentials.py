"""Credentials over a store that another process changes."""

import asyncio
import random

import pytest

from taskyard.engine.credentials import Credentials
from taskyard.stores import Account, ApiKey

from .bench import ACCOUNT, EPOCH_MS, ObedientStore, settle

RANDOM_BYTES = random.Random(7).randbytes


class CountingStore(ObedientStore):
    def __init__(self) -> None:
        super().__init__()
        self.looks = 0

    async def accounts(self) -> list[Account]:
        self.looks += 1
        return await super().accounts()


@pytest.fixture
def store() -> CountingStore:
    return CountingStore()


def over(store: ObedientStore) -> Credentials:
    return Credentials(store, lambda: EPOCH_MS, RANDOM_BYTES)


async def pair(store: ObedientStore) -> tuple[Credentials, Credentials]:
    """Those of a server, and those of a command beside it."""
    server, command = over(store), over(store)
    await server.open()
    await command.open()
    return server, command


def told(credentials: Credentials) -> list[str]:
    """A line for each time that the credentials said that a secret has changed."""
    lines: list[str] = []
    credentials.subscribe(lambda: lines.append("changed"))
    return lines


async def test_a_new_auth_token_is_kept_and_noticed_elsewhere(store: CountingStore) -> None:
    server, command = await pair(store)
    changes, old = told(server), server.account.auth_token
    await command.rotate()
    new = command.account.auth_token
    assert len(new) == 32
    assert new != old
    assert await store.accounts() == [Account(server.account.sid, new)]
    await server.look_again()
    assert server.secrets_of(server.account.sid) == (new,)
    assert changes == ["changed"]


async def test_an_account_of_the_settings_is_never_rotated(store: CountingStore) -> None:
    credentials = over(store)
    await credentials.open(ACCOUNT, "token")
    with pytest.raises(ValueError, match="not kept in the store"):
        await credentials.rotate()
    await store.keep_account(Account(ACCOUNT, "another"))
    await credentials.look_again()
    assert credentials.secrets_of(ACCOUNT) == ("token",)


async def test_a_key_that_is_deleted_elsewhere_is_gone_and_its_leaving_is_told(
    store: CountingStore,
) -> None:
    server, command = await pair(store)
    key = await command.make_api_key()
    await server.look_again()
    changes = told(server)
    assert await command.delete_api_key(key.sid)
    assert not await command.delete_api_key(key.sid)
    await server.look_again()
    assert server.secrets_of(key.sid) == ()
    assert changes == ["changed"]


async def test_a_key_of_another_account_is_not_deleted(store: CountingStore) -> None:
    credentials = over(store)
    await credentials.open()
    foreign = ApiKey(sid="SK1", account_sid="AC2", secret="s", created_ms=1)
    await store.keep_api_key(foreign)
    assert not await credentials.delete_api_key("SK1")
    assert await store.api_keys() == [foreign]


async def test_a_look_that_finds_nothing_new_tells_nobody(store: CountingStore) -> None:
    server, command = await pair(store)
    changes = told(server)
    await command.make_api_key()  # nobody who was let in has to go
    await server.look_again()
    assert changes == []


async def test_all_who_ask_at_once_share_a_look(store: CountingStore) -> None:
    credentials = over(store)
    await credentials.open()
    before = store.looks
    await asyncio.gather(*(credentials.look_again() for _ in range(100)))
    assert store.looks == before + 1


async def test_a_second_look_waits_until_it_may_and_others_join_it(
    store: CountingStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("taskyard.engine.credentials.LOOKS_APART_S", 3_600.0)
    credentials = over(store)
    await credentials.open()
    await credentials.look_again()
    before = store.looks
    waiting = [asyncio.create_task(credentials.look_again()) for _ in range(10)]
    await settle()
    assert store.looks == before
    assert not any(task.done() for task in waiting)
    await credentials.close()
    ended = await asyncio.gather(*waiting, return_exceptions=True)
    assert all(isinstance(one, asyncio.CancelledError) for one in ended)


async def test_a_store_that_cannot_be_read_is_told_once_and_what_was_known_stays(
    store: CountingStore, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr("taskyard.engine.credentials.LOOK_EVERY_S", 0.0)
    monkeypatch.setattr("taskyard.engine.credentials.LOOKS_APART_S", 0.0)
    credentials = over(store)
    await credentials.open()
    token = credentials.account.auth_token
    await store.close()
    looking = asyncio.create_task(credentials.keep_looking())
    before = store.looks
    while store.looks < before + 3:
        await settle()
    looking.cancel()
    await credentials.close()
    assert caplog.text.count("cannot see whether credentials have changed") == 1
    assert credentials.secrets_of(credentials.account.sid) == (token,)
