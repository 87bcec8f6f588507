"""The answers that a store keeps for those who repeat a request with its idempotency key."""

import sqlite3
from collections.abc import Iterable
from pathlib import Path

import pytest

from taskyard.stores import (
    ANSWER_KEPT_MS,
    Append,
    KeptAnswer,
    KeyTaken,
    StalePosition,
    Store,
    StoreError,
    open_store,
    sqlite_file,
)

from .rows import ACCOUNT, entry, journal, keep, row, workspace

W1, W2, W3 = workspace(1), workspace(2), workspace(3)
OTHER_ACCOUNT = "AC" + "b" * 32
NOON = 1_700_000_000_000


def answer(
    key: str, at_ms: int = NOON, *, account: str = ACCOUNT, body: bytes = b'{"sid": "WT1"}'
) -> KeptAnswer:
    return KeptAnswer(
        account_sid=account,
        key=key,
        request=b"digest of " + key.encode(),
        at_ms=at_ms,
        status=201,
        version=None if key.startswith("unversioned") else 7,
        body=body,
    )


async def found(store: Store, key: str, account: str = ACCOUNT) -> KeptAnswer | None:
    return await store.answer(account, key, 0)


async def kept_keys(store: Store, keys: Iterable[str]) -> list[str]:
    return [key for key in keys if await found(store, key) is not None]


async def test_answers_come_back_by_account_and_key_as_they_were_kept(store: Store) -> None:
    kept = (answer("a"), answer("unversioned"), answer("a", account=OTHER_ACCOUNT, body=b"x" * 999))
    assert await store.append([Append(row=row(W1, 1), answers=kept)]) == {}
    assert await found(store, "a") == kept[0]
    assert await found(store, "unversioned") == kept[1]
    assert await found(store, "a", OTHER_ACCOUNT) == kept[2]
    assert await found(store, "b") is None
    assert await found(store, "A") is None, "a key is what it is, letter by letter"
    assert await journal(store, W1) == [row(W1, 1)]


async def test_an_answer_is_kept_with_its_row_or_not_at_all(store: Store) -> None:
    await keep(store, row(W1, 1), row(W2, 1), row(W2, 2))
    failures = await store.append(
        [
            Append(row=row(W1, 2), answers=(answer("one"),)),
            Append(row=row(W2, 2, body=b"late"), answers=(answer("two"), answer("three"))),
            Append(row=row(W3, 1), lists=entry(W3), answers=(answer("four"),)),
        ]
    )
    assert list(failures) == [W2]
    assert isinstance(failures[W2], StalePosition)
    assert await kept_keys(store, ["one", "two", "three", "four"]) == ["one", "four"]
    assert len(await journal(store, W1)) == 2
    assert await store.workspaces() == [entry(W3)]


async def test_a_row_whose_key_is_taken_is_not_kept_and_fails_alone(store: Store) -> None:
    first = answer("taken", NOON)
    assert await store.append([Append(row=row(W1, 1), answers=(first,))]) == {}
    for at_ms in (NOON - 5, NOON, NOON + ANSWER_KEPT_MS - 1):
        failures = await store.append(
            [
                Append(row=row(W2, 1), answers=(answer(f"with {at_ms}"), answer("taken", at_ms))),
                Append(row=row(W3, len(await journal(store, W3)) + 1)),
            ]
        )
        assert list(failures) == [W2]
        assert isinstance(failures[W2], KeyTaken)
        assert await found(store, f"with {at_ms}") is None
    assert await found(store, "taken") == first
    assert await journal(store, W2) == []
    assert len(await journal(store, W3)) == 3


async def test_of_two_rows_of_one_append_with_the_same_key_one_is_kept(store: Store) -> None:
    failures = await store.append(
        [Append(row=row(sid, 1), answers=(answer("same"),)) for sid in (W1, W2)]
    )
    assert [type(failure) for failure in failures.values()] == [KeyTaken]
    assert len(await journal(store, W1)) + len(await journal(store, W2)) == 1


async def test_a_key_may_be_taken_again_when_its_answer_has_expired(store: Store) -> None:
    await store.keep_answers([answer("day by day", NOON)])
    later = answer("day by day", NOON + ANSWER_KEPT_MS, body=b"{}")
    assert await store.append([Append(row=row(W1, 1), answers=(later,))]) == {}
    assert await found(store, "day by day") == later


async def test_an_answer_is_found_only_after_an_instant(store: Store) -> None:
    await store.keep_answers([answer("a", NOON)])
    assert await store.answer(ACCOUNT, "a", NOON - 1) == answer("a", NOON)
    assert await store.answer(ACCOUNT, "a", NOON) is None


async def test_answers_without_a_row_are_kept_all_or_none(store: Store) -> None:
    await store.keep_answers([answer("a"), answer("b")])
    with pytest.raises(KeyTaken, match="'b'"):
        await store.keep_answers([answer("c"), answer("b"), answer("d")])
    assert await kept_keys(store, "abcd") == ["a", "b"]


async def test_a_turn_may_keep_many_answers(store: Store) -> None:
    keys = [f"key {number}" for number in range(500)]
    many = tuple(answer(key, body=key.encode()) for key in keys)
    assert await store.append([Append(row=row(W1, 1, 500), answers=many)]) == {}
    assert await kept_keys(store, keys) == keys
    again = await store.append([Append(row=row(W1, 501), answers=(many[-1],))])
    assert isinstance(again[W1], KeyTaken)


async def test_the_oldest_are_dropped_first_and_only_so_many_at_once(store: Store) -> None:
    for number in (3, 1, 5, 2, 4):
        await store.keep_answers([answer(f"{number}", NOON + number)])
    assert await store.drop_answers(NOON, 10) == 0
    assert await store.drop_answers(NOON + 4, 3) == 3
    assert await kept_keys(store, "12345") == ["4", "5"]
    assert await store.drop_answers(NOON + 4, 3) == 1
    assert await kept_keys(store, "12345") == ["5"]


async def test_a_closed_store_gives_and_keeps_no_answers(store: Store) -> None:
    await store.close()
    for attempt in (
        lambda: store.keep_answers([answer("a")]),
        lambda: store.answer(ACCOUNT, "a", 0),
        lambda: store.drop_answers(NOON, 1),
    ):
        with pytest.raises(StoreError, match="closed"):
            await attempt()


# --- one file ---


async def test_answers_are_there_after_opening_again(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path}/store.db"
    store = await open_store(url)
    await store.append([Append(row=row(W1, 1), answers=(answer("a"),))])
    await store.close()
    store = await open_store(url, create=False)
    assert await found(store, "a") == answer("a")
    await store.close()


async def test_of_two_servers_on_one_file_only_one_takes_a_key(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path}/store.db"
    ours, theirs = await open_store(url), await open_store(url)
    assert await ours.append([Append(row=row(W1, 1), answers=(answer("a"),))]) == {}
    failures = await theirs.append([Append(row=row(W2, 1), answers=(answer("a"),))])
    assert isinstance(failures[W2], KeyTaken)
    assert await found(theirs, "a") == answer("a")
    assert await journal(ours, W2) == []
    await ours.close()
    await theirs.close()


async def test_a_file_from_before_there_were_answers_is_brought_up_to_date(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    url = f"sqlite:///{tmp_path}/store.db"
    with monkeypatch.context() as then:
        earlier = sqlite_file._migrations()[:2]
        then.setattr(sqlite_file, "_migrations", lambda: earlier)
        store = await open_store(url)
        await keep(store, row(W1, 1))
        await store.close()
    store = await open_store(url)
    assert await store.append([Append(row=row(W1, 2), answers=(answer("a"),))]) == {}
    assert await found(store, "a") == answer("a")
    await store.close()


async def test_an_answer_that_is_damaged_is_named(tmp_path: Path) -> None:
    store = await open_store(f"sqlite:///{tmp_path}/store.db")
    await store.keep_answers([answer("a", body=b"long " * 100)])
    with sqlite3.connect(tmp_path / "store.db") as connection:
        connection.execute("UPDATE answers SET body = substr(body, 1, 9)")
    connection.close()
    with pytest.raises(StoreError, match="idempotency key 'a' cannot be unpacked"):
        await found(store, "a")
    await store.close()
