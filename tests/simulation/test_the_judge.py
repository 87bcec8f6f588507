"""The judge judges: each bug that is planted is found, and by what it does, not by where it is."""

import asyncio
from collections.abc import Callable, Sequence
from typing import Any

import pytest

from taskyard.core.events import Event, ReservationCompleted
from taskyard.core.folding import APPLY
from taskyard.core.machine import Machine
from taskyard.core.matching import Matcher
from taskyard.core.rules import reservations
from taskyard.core.state import State
from taskyard.engine import Directory, Given
from taskyard.engine.event_index import EventIndex
from taskyard.engine.statistics import Statistics
from taskyard.simulator.ordeal.course import Course
from taskyard.stores import Append, EventBlock, JournalExtent, StoreError
from taskyard.stores.memory import MemoryStore

HOURS = 60
"""The first times that everything is compared lie within."""


def found(store: MemoryStore | None = None, engine_of: Callable[..., Directory] = Directory) -> str:
    result = Course(1, store or MemoryStore(), engine_of=engine_of).run(HOURS)
    assert result.violation is not None
    assert result.hours < HOURS
    return result.violation


# --- stores ---


class ForgetfulStore(MemoryStore):
    """Says of each thirtieth append that it is kept."""

    appends = 0

    async def append(self, appends: Sequence[Append]) -> dict[str, StoreError]:
        self.appends += 1
        return {} if self.appends % 30 == 0 else await super().append(appends)


def test_a_store_that_acknowledges_and_forgets_is_found() -> None:
    assert "in the store" in found(ForgetfulStore())


class FadingStore(MemoryStore):
    """Loses what it kept last, each time that somebody asks how far its journals reach."""

    async def extents(self) -> list[JournalExtent]:
        for journal in self._journals.values():
            del journal[-1:]
        return await super().extents()


def test_a_store_that_loses_what_was_durable_is_found() -> None:
    assert "in the store" in found(FadingStore())


# --- engines ---


def test_an_engine_that_answers_before_the_append_is_found() -> None:
    def hasty(*args: Any, **named: Any) -> Directory:
        directory = Directory(*args, **named)
        append = directory._journal.append

        async def begin_to_append(*args: Any, **named: Any) -> None:
            asyncio.ensure_future(append(*args, **named)).add_done_callback(
                lambda done: done.exception()
            )

        directory._journal.append = begin_to_append  # type: ignore[method-assign]
        return directory

    assert "not in the store" in found(engine_of=hasty)


def test_an_engine_that_knows_no_idempotency_keys_is_found() -> None:
    def forgetful(*args: Any, **named: Any) -> Directory:
        directory = Directory(*args, **named)

        async def give(request: Any, act: Any) -> Given:
            return Given(await act(), again=False)

        directory.answers.give = give  # type: ignore[method-assign]
        return directory

    assert found(engine_of=forgetful)


def test_a_bug_that_the_engine_survives_is_found() -> None:
    def clumsy(*args: Any, **named: Any) -> Directory:
        directory = Directory(*args, **named)
        told = 0

        def stumble(*_: Any) -> None:
            nonlocal told
            told += 1
            assert told < 20

        directory.follow(stumble)
        return directory

    assert "a listener failed" in found(engine_of=clumsy)


# --- cores ---


def test_a_capacity_that_is_given_back_twice_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    honest = APPLY[ReservationCompleted]

    def generous(state: State, event: Event, now_ms: int) -> None:
        offer = state.reservations[event.reservation_sid]  # type: ignore[attr-defined]
        worker, channel = state.workers[offer.worker_sid], offer.task_channel_sid
        honest(state, event, now_ms)
        worker.channels[channel].used -= 1

    monkeypatch.setitem(APPLY, ReservationCompleted, generous)
    assert found()


def test_a_match_that_is_not_made_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    look, changes = Matcher._worker_activity_updated, 0

    def lazy(self: Matcher, event: Any) -> None:
        nonlocal changes
        changes += 1
        if changes % 3:
            look(self, event)

    monkeypatch.setattr(Matcher, "_worker_activity_updated", lazy)
    assert "is free for it" in found()


def test_an_offer_that_outlives_its_time_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reservations, "DEFAULT_TIMEOUT_S", 121)
    advance = Machine.advance
    monkeypatch.setattr(
        Machine, "advance", lambda self, now_ms: advance(self, max(0, now_ms - 90_000))
    )
    assert found()


# --- views ---


def test_a_statistic_that_counts_twice_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    hear, heard = Statistics.hear, 0

    def twice(self: Statistics, turn: Any) -> None:
        nonlocal heard
        heard += 1
        hear(self, turn)
        if heard % 40 == 0:
            hear(self, turn)

    monkeypatch.setattr(Statistics, "hear", twice)
    assert "times" in found()


class StoreWithoutSomeEvents(MemoryStore):
    """Keeps how far the view has come, and every tenth time nothing else."""

    kept = 0

    async def keep_event_blocks(self, blocks: Sequence[EventBlock], **also: Any) -> None:
        self.kept += 1
        await super().keep_event_blocks([] if self.kept % 10 == 0 else blocks, **also)


def test_an_event_that_cannot_be_found_is_found() -> None:
    assert "events" in found(StoreWithoutSomeEvents())
    assert EventIndex.name == "events"
