"""What every store promises."""

import asyncio
import random

import pytest

from taskyard.stores import Account, ApiKey, Append, StalePosition, Store, StoreError

from .rows import ACCOUNT, entry, journal, keep, row, workspace

W1, W2, W3 = workspace(1), workspace(2), workspace(3)


async def test_rows_come_back_in_order_and_as_they_were_kept(store: Store) -> None:
    rows = [row(W1, 1, 4), row(W1, 5, 5), row(W1, 6, 1_000)]
    await keep(store, *rows)
    assert await journal(store, W1) == rows


async def test_rows_are_read_after_a_position(store: Store) -> None:
    await keep(store, row(W1, 1, 4), row(W1, 5), row(W1, 6, 9))
    assert [one.first_position for one in await journal(store, W1, after=4)] == [5, 6]
    assert [one.first_position for one in await journal(store, W1, after=5)] == [6]
    assert await journal(store, W1, after=9) == []


async def test_a_long_journal_is_read_whole(store: Store) -> None:
    await keep(store, *(row(W1, position) for position in range(1, 604)))
    assert [one.first_position for one in await journal(store, W1)] == list(range(1, 604))
    assert len(await journal(store, W1, after=203)) == 400


async def test_an_unknown_workspace_has_an_empty_journal(store: Store) -> None:
    assert await journal(store, W1) == []


@pytest.mark.parametrize("first", [1, 2, 3, 5, 40])
async def test_a_row_that_does_not_begin_where_the_last_one_ends_is_stale(
    store: Store, first: int
) -> None:
    await keep(store, row(W1, 1, 3))
    failures = await store.append([Append(row=row(W1, first, body=b"late"))])
    assert isinstance(failures[W1], StalePosition)
    assert await journal(store, W1) == [row(W1, 1, 3)]


async def test_a_first_row_begins_at_position_one(store: Store) -> None:
    assert isinstance((await store.append([Append(row=row(W1, 2))]))[W1], StalePosition)
    assert await journal(store, W1) == []


async def test_of_two_writers_at_one_position_one_is_stale(store: Store) -> None:
    await keep(store, row(W1, 1))
    outcomes = await asyncio.gather(
        *(store.append([Append(row=row(W1, 2, 3, body))]) for body in (b"one", b"two", b"three"))
    )
    assert sorted(len(failures) for failures in outcomes) == [0, 1, 1]
    assert len(await journal(store, W1)) == 2


async def test_the_rows_of_many_workspaces_are_kept_by_one_append(store: Store) -> None:
    sids = [workspace(number) for number in range(400)]
    assert await store.append([Append(row=row(sid, 1, 2)) for sid in sids]) == {}
    assert await store.append([Append(row=row(sid, 3)) for sid in sids]) == {}
    for sid in sids:
        assert await journal(store, sid) == [row(sid, 1, 2), row(sid, 3)]


async def test_one_stale_workspace_among_many_fails_alone(store: Store) -> None:
    await keep(store, row(W1, 1), row(W2, 1), row(W3, 1), row(W2, 2, 5))
    failures = await store.append([Append(row=row(sid, 2, body=b"new")) for sid in (W1, W2, W3)])
    assert list(failures) == [W2]
    assert isinstance(failures[W2], StalePosition)
    assert await journal(store, W1) == [row(W1, 1), row(W1, 2, body=b"new")]
    assert await journal(store, W2) == [row(W2, 1), row(W2, 2, 5)]
    assert await journal(store, W3) == [row(W3, 1), row(W3, 2, body=b"new")]


async def test_an_append_of_nothing_keeps_nothing(store: Store) -> None:
    assert await store.append([]) == {}


@pytest.mark.parametrize(
    "body",
    [
        b"\x00",
        b"\x01",
        bytes(range(256)),
        b"\x01\x78\x01" * 100,
        b"reservation.created" * 20_000,
        random.Random(4).randbytes(3_000_000),
    ],
    ids=["nul", "one", "every byte", "looks deflated", "repetitive", "random"],
)
async def test_a_body_is_any_bytes(store: Store, body: bytes) -> None:
    await keep(store, row(W1, 1, body=body))
    assert (await journal(store, W1))[0].body == body


async def test_a_workspace_is_listed_with_its_first_row_and_unlisted_with_its_last(
    store: Store,
) -> None:
    for sid in (W2, W1, W3):
        assert await store.append([Append(row=row(sid, 1), lists=entry(sid))]) == {}
    assert await store.workspaces() == [entry(W2), entry(W1), entry(W3)]
    assert await store.append([Append(row=row(W1, 2), unlists=True)]) == {}
    assert await store.workspaces() == [entry(W2), entry(W3)]
    assert len(await journal(store, W1)) == 2


async def test_a_workspace_created_and_deleted_in_one_turn_is_not_listed(store: Store) -> None:
    assert await store.append([Append(row=row(W1, 1, 9), lists=entry(W1), unlists=True)]) == {}
    assert await store.workspaces() == []


async def test_the_directory_follows_only_rows_that_are_kept(store: Store) -> None:
    assert await store.append([Append(row=row(W1, 1), lists=entry(W1))]) == {}
    failures = await store.append(
        [
            Append(row=row(W1, 7), unlists=True),
            Append(row=row(W2, 2), lists=entry(W2)),
            Append(row=row(W3, 1), lists=entry(W3)),
        ]
    )
    assert list(failures) == [W1, W2]
    assert await store.workspaces() == [entry(W1), entry(W3)]


async def test_accounts_and_keys_are_kept_in_order(store: Store) -> None:
    first, second = Account(ACCOUNT, "old"), Account("AC" + "0" * 32, "other")
    for account in (first, second, Account(ACCOUNT, "new")):
        await store.keep_account(account)
    assert await store.accounts() == [Account(ACCOUNT, "new"), second]

    keys = [
        ApiKey(sid=f"SK{n:032x}", account_sid=ACCOUNT, secret=f"secret {n}", created_ms=n)
        for n in (2, 1)
    ]
    for key in keys:
        await store.keep_api_key(key)
    assert await store.api_keys() == keys

    await store.delete_api_key(keys[0].sid)
    await store.delete_api_key(keys[0].sid)
    assert await store.api_keys() == keys[1:]


async def test_a_closed_store_keeps_nothing_and_says_so(store: Store) -> None:
    await store.close()
    await store.close()
    failures = await store.append([Append(row=row(W1, 1))])
    assert "closed" in str(failures[W1])
    with pytest.raises(StoreError, match="closed"):
        await store.workspaces()
    with pytest.raises(StoreError, match="closed"):
        await store.keep_account(Account(ACCOUNT, "token"))
    with pytest.raises(StoreError, match="closed"):
        await journal(store, W1)
