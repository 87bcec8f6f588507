"""What the ledger makes of the answers of the REST API."""

import pytest

from taskyard.demo import wire
from taskyard.demo.ledger import ACKNOWLEDGED_FOR_S, FORGOTTEN_AFTER_S, Ledger, percentile


def task(
    sid: str, status: str, *, queue: str = "Billing", priority: int = 0, channel: str = "chat"
) -> wire.Task:
    return wire.Task(
        sid=sid,
        assignment_status=status,
        age=0,
        attributes="{}",
        priority=priority,
        task_channel_unique_name=channel,
        task_queue_friendly_name=queue,
    )


def offer(sid: str, status: str, task_sid: str = "T1") -> wire.Reservation:
    return wire.Reservation(sid=sid, reservation_status=status, task_sid=task_sid)


@pytest.fixture
def ledger() -> Ledger:
    return Ledger(started_s=0.0)


def test_a_task_is_counted_once_however_often_it_is_seen(ledger: Ledger) -> None:
    for status in ("pending", "reserved", "assigned", "completed", "completed"):
        ledger.note_task(task("T1", status), 1.0)
    assert ledger.created == 1
    assert ledger.ended == {"completed": 1}


def test_an_older_answer_does_not_reopen_a_task(ledger: Ledger) -> None:
    ledger.note_task(task("T1", "canceled"), 1.0)
    ledger.note_task(task("T1", "pending"), 2.0)
    assert ledger.tasks["T1"].status == "canceled"
    assert ledger.open_since(9.0) == set()


def test_an_offer_is_counted_by_what_became_of_it(ledger: Ledger) -> None:
    for number, status in enumerate(("accepted", "rejected", "timeout", "rescinded", "canceled")):
        ledger.note_offer(offer(f"R{number}", "pending"), 1.0)
        ledger.note_offer(offer(f"R{number}", status), 2.0)
    assert ledger.offered == 5
    assert ledger.outcomes == {
        "accepted": 1,
        "rejected": 1,
        "timeout": 1,
        "rescinded": 1,
        "canceled": 1,
    }


def test_an_offer_first_seen_when_it_is_all_over_counts_as_accepted(ledger: Ledger) -> None:
    ledger.note_offer(offer("R1", "completed"), 1.0)
    assert ledger.offered == 1
    assert ledger.outcomes == {"accepted": 1}


def test_an_accepted_offer_is_accepted_only_once(ledger: Ledger) -> None:
    for status in ("pending", "accepted", "pending", "wrapping", "accepted", "completed"):
        ledger.note_offer(offer("R1", status), 1.0)
    assert ledger.outcomes == {"accepted": 1}


def test_the_wait_runs_from_creation_until_accepted(ledger: Ledger) -> None:
    ledger.note_task(task("T1", "pending"), 10.0)
    ledger.note_offer(offer("R1", "pending"), 11.0)
    ledger.note_offer(offer("R1", "accepted"), 12.5)
    assert list(ledger.waits_s) == [2.5]
    assert ledger.tasks["T1"].answered


def test_only_tasks_created_before_the_look_can_be_missed_by_it(ledger: Ledger) -> None:
    ledger.note_task(task("T1", "pending"), 1.0)
    ledger.note_task(task("T2", "pending"), 3.0)
    assert ledger.open_since(2.0) == {"T1"}


def test_the_rate_counts_the_last_five_seconds(ledger: Ledger) -> None:
    for number in range(10):
        ledger.note_offer(offer(f"R{number}", "accepted"), 100.0 + number)
    assert ledger.routed_per_s(109.0) == 1.0
    assert ledger.routed_per_s(120.0) == 0.0


def test_the_rate_of_a_young_run_is_not_diluted(ledger: Ledger) -> None:
    for number in range(6):
        ledger.note_offer(offer(f"R{number}", "accepted"), 1.5)
    assert ledger.routed_per_s(2.0) == 3.0


def test_what_ended_long_ago_is_forgotten_but_stays_counted(ledger: Ledger) -> None:
    ledger.note_task(task("T1", "completed"), 1.0)
    ledger.note_task(task("T2", "assigned"), 1.0)
    ledger.note_offer(offer("R1", "completed"), 1.0)
    ledger.forget(2.0 + FORGOTTEN_AFTER_S)
    assert set(ledger.tasks) == {"T2"}
    assert ledger.offers == {}
    assert (ledger.created, ledger.offered) == (2, 1)


def test_the_same_trouble_is_counted_together(ledger: Ledger) -> None:
    for _ in range(3):
        ledger.note_trouble(ValueError("no"))
    assert ledger.troubles == {"ValueError: no": 3}


@pytest.mark.parametrize(
    ("values", "percent", "expected"),
    [
        ([], 50, 0.0),
        ([4.0], 95, 4.0),
        ([3.0, 1.0, 2.0], 50, 2.0),
        ([1.0, 2.0, 3.0, 4.0], 50, 2.0),
        ([float(number) for number in range(1, 101)], 95, 95.0),
        ([1.0, 2.0], 100, 2.0),
    ],
)
def test_a_percentile_is_one_of_the_values(
    values: list[float], percent: int, expected: float
) -> None:
    assert percentile(values, percent) == expected


def test_a_task_escalates_when_it_is_seen_in_another_queue_or_at_another_priority(
    ledger: Ledger,
) -> None:
    steps = (("Billing", 0), ("Billing", 0), ("Billing", 10), ("Everyone", 10), ("Everyone", 10))
    moved = []
    for queue, priority in steps:
        seen = task("T1", "pending", queue=queue, priority=priority)
        ledger.note_task(seen, 1.0)
        moved.append(ledger.note_step(seen))
    assert moved == [False, False, True, True, False]
    assert ledger.escalated == 2


def test_tasks_are_counted_by_task_channel_once_each(ledger: Ledger) -> None:
    for sid, channel in (("T1", "chat"), ("T1", "chat"), ("T2", "voice"), ("T3", "chat")):
        ledger.note_task(task(sid, "pending", channel=channel), 1.0)
    assert ledger.by_channel == {"chat": 2, "voice": 1}


def test_only_what_was_left_for_the_drill_lapses_in_it(ledger: Ledger) -> None:
    ledger.left_behind.add("R1")
    for sid in ("R1", "R1", "R2"):
        ledger.note_offer(offer(sid, "timeout"), 1.0)
    assert ledger.lapsed_in_drill == 1
    assert ledger.outcomes["timeout"] == 2


def test_what_was_acknowledged_is_what_the_server_must_still_know(ledger: Ledger) -> None:
    ledger.note_task(task("ended long ago", "completed"), 0.0)
    ledger.note_task(task("open for long", "pending"), 0.0)
    ledger.note_offer(offer("answered long ago", "accepted"), 0.0)
    now_s = ACKNOWLEDGED_FOR_S + 1.0
    ledger.note_task(task("ended just now", "canceled"), now_s)
    ledger.note_offer(offer("answered just now", "rejected"), now_s)
    assert ledger.acknowledged(now_s) == {
        "open for long": "pending",
        "ended just now": "canceled",
        "answered just now": "rejected",
    }
