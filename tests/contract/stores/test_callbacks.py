"""What every store promises about callbacks: how far receivers have been told, and the alerts."""

import pytest

from taskyard.stores import (
    AlertRow,
    Store,
    interface,
    memory,
    postgres_callbacks,
    sqlite_callbacks,
)

from .rows import workspace

W1, W2 = workspace(1), workspace(2)


def alert(number: int, workspace_sid: str = W1) -> AlertRow:
    return AlertRow(workspace_sid=workspace_sid, at_ms=number, body=b"%d" % number)


async def bodies(store: Store, sid: str | None = None, before: int = 2**53) -> list[bytes]:
    return [one.body for one in await store.alerts(sid, before, 100)]


async def test_how_far_a_receiver_was_told_is_known_for_each_workspace(store: Store) -> None:
    assert await store.callback_position(W1) is None
    await store.keep_callback_position(W1, 7)
    await store.keep_callback_position(W2, 3)
    await store.keep_callback_position(W1, 9)
    await store.keep_callback_position(W1, 8)  # by a node that was behind
    assert await store.callback_position(W1) == 9
    assert await store.callback_position(W2) == 3
    assert await store.callback_position(f"{W1}/voice") is None
    await store.keep_callback_position(f"{W1}/voice", 5)
    assert await store.callback_position(f"{W1}/voice") == 5
    assert await store.callback_position(W1) == 9


async def test_alerts_are_found_the_newest_first(store: Store) -> None:
    await store.keep_alerts([alert(1), alert(2, W2)])
    await store.keep_alerts([alert(3)])
    assert await bodies(store) == [b"3", b"2", b"1"]
    assert await bodies(store, W1) == [b"3", b"1"]
    newest, *_ = await store.alerts(None, 2**53, 1)
    assert await bodies(store, None, newest.number) == [b"2", b"1"]


async def test_of_alerts_only_the_newest_are_kept(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    for module in (interface, memory, postgres_callbacks, sqlite_callbacks):
        monkeypatch.setattr(module, "ALERTS_KEPT", 3)
    for first in (0, 2, 4):
        await store.keep_alerts([alert(first), alert(first + 1)])
    assert await bodies(store) == [b"5", b"4", b"3"]
