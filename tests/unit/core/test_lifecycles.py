"""The three tables of statuses."""

import pytest

from story import Story
from taskyard.core.lifecycles import (
    LIVE_RESERVATION,
    RESERVATION,
    TASK,
    TRANSFER,
    WITHDRAWN_RESERVATION,
)
from taskyard.core.model import ReservationStatus, TaskStatus, TransferStatus
from taskyard.core.state import State


def test_every_status_has_its_row() -> None:
    assert set(TASK) == set(TaskStatus)
    assert set(RESERVATION) == set(ReservationStatus)
    assert set(TRANSFER) == set(TransferStatus)


def test_every_status_but_the_first_can_be_reached() -> None:
    assert set().union(*TASK.values()) | {TaskStatus.PENDING} == set(TaskStatus)
    assert set().union(*RESERVATION.values()) == set(ReservationStatus) - {"pending"}
    assert set().union(*TRANSFER.values()) == set(TransferStatus) - {"initiated"}


def test_nothing_follows_a_final_status() -> None:
    assert {status for status in TASK if not TASK[status]} == {"completed", "canceled"}
    assert {status for status in RESERVATION if not RESERVATION[status]} == {
        "completed",
        "rejected",
        "timeout",
        "canceled",
        "rescinded",
    }
    assert {status for status in TRANSFER if TRANSFER[status]} == {"initiated"}


def test_an_assigned_task_is_never_canceled() -> None:
    assert TASK[TaskStatus.ASSIGNED] == {"pending", "wrapping", "completed"}


def test_a_reservation_is_live_withdrawn_or_ended_by_an_answer() -> None:
    assert not LIVE_RESERVATION & WITHDRAWN_RESERVATION
    answered = set(ReservationStatus) - LIVE_RESERVATION - WITHDRAWN_RESERVATION
    assert answered == {"rejected", "completed"}
    assert {status for status in LIVE_RESERVATION if RESERVATION[status]} == LIVE_RESERVATION


def walked(stories: list[Story], noun: str) -> set[tuple[str, str]]:
    """The steps between statuses that these stories took."""
    steps = set()
    for story in stories:
        state, seen = State(), {}
        for now_ms, events in story.history:
            for event in events:
                state.apply(event, now_ms)
                for sid, one in getattr(state, noun).items():
                    if seen.get(sid, one.status) != one.status:
                        steps.add((seen[sid], one.status))
                    seen[sid] = one.status
    return steps


@pytest.fixture
def stories() -> list[Story]:
    def batch() -> Story:
        story = Story().queue("Q1", max_reserved_workers=2)
        return story.worker("alice").worker("bob").task("T1")

    def handed_on() -> Story:
        story = Story().worker("alice").task("T1").accept("alice")
        return story.worker("bob", activity="Offline").transfer("alice", "bob")

    return [
        batch().accept("alice").wrap("alice").complete("alice"),
        batch().accept("alice").complete("alice"),
        batch().reject("alice", activity="Offline").advance(s=120),
        batch().cancel("T1"),
        Story().task("T1").cancel("T1"),
        handed_on().cancel_transfer("T1"),
        handed_on().goes("bob", "Available").reject("bob"),
        handed_on().goes("bob", "Available").accept("bob"),
    ]


def test_every_step_of_the_tables_is_taken_by_some_story(stories: list[Story]) -> None:
    assert walked(stories, "tasks") == {(a, b) for a in TASK for b in TASK[a]}
    assert walked(stories, "reservations") == {(a, b) for a in RESERVATION for b in RESERVATION[a]}
    assert walked(stories, "transfers") == {(a, b) for a in TRANSFER for b in TRANSFER[a]}
