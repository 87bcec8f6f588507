"""What the server makes of the settings about the past."""

import asyncio
from pathlib import Path
from typing import Any

import pytest

from taskyard.engine import Retention
from taskyard.server import app
from taskyard.server.app import running
from taskyard.server.config import Config

from .caller import SID, TOKEN, Caller, Centre, session_of

DAY_MS = 86_400_000


@pytest.fixture
def made(monkeypatch: pytest.MonkeyPatch) -> list[tuple[Any, ...]]:
    """What retention is made with; it looks again at once instead of each minute."""
    made: list[tuple[Any, ...]] = []

    class Hasty(Retention):
        def __init__(self, *arguments: Any, **named: Any) -> None:
            made.append((arguments[2], named["snapshots"] is not None))
            super().__init__(*arguments, **named, rest_s=0.01)

    monkeypatch.setattr(app, "Retention", Hasty)
    return made


def config(database: str, days: int) -> Config:
    return Config(
        database=database,
        port=0,
        account_sid=SID,
        auth_token=TOKEN,
        retention_days=days,
    )


@pytest.mark.parametrize("days", [1, 30])
async def test_the_past_goes_while_the_server_runs(
    tmp_path: Path, made: list[tuple[Any, ...]], monkeypatch: pytest.MonkeyPatch, days: int
) -> None:
    now_ms, later_ms = app.now_ms, 0
    monkeypatch.setattr(app, "now_ms", lambda: now_ms() + later_ms)
    async with running(config(f"sqlite:///{tmp_path}/store.db", days)) as server:
        assert made == [(days * DAY_MS, True)]
        async with session_of(SID, TOKEN) as session:
            caller = Caller(server.url, session)
            await Centre(caller).open()
            counters = server.directory.counters
            await asyncio.sleep(0.1)
            assert counters.rows_pruned == 0
            later_ms = days * DAY_MS + 60_000
            while counters.rows_pruned == 0:  # noqa: ASYNC110  # a counter tells nobody
                await asyncio.sleep(0.02)
            page = (await caller.get(server.url + "/metrics")).text
            assert f"taskyard_journal_rows_pruned_total {counters.rows_pruned}" in page


async def test_with_no_retention_everything_stays(
    tmp_path: Path, made: list[tuple[Any, ...]]
) -> None:
    async with running(config(f"sqlite:///{tmp_path}/store.db", 0)):
        assert made == []


async def test_what_is_kept_in_memory_has_no_snapshots(made: list[tuple[Any, ...]]) -> None:
    async with running(config("memory://", 30)):
        assert made == [(30 * DAY_MS, False)]
