"""Everything that happens because time has passed, to the millisecond."""

import pytest

from story import Story, rule, step, tag
from taskyard.core.errors import Invalid
from taskyard.core.limits import Limits

DAY_S = 86_400


# --- time to live ---


def test_a_pending_task_is_canceled_when_its_time_to_live_is_over() -> None:
    story = Story().task("T1", timeout_s=60)
    story.advance(ms=59_999).expect_nothing()
    story.advance(ms=1).expect_events("task.canceled")
    assert story.tasks["T1"].reason == "Task TTL Exceeded"


def test_a_task_lives_a_day_unless_it_is_told_otherwise() -> None:
    story = Story().task("T1")
    story.advance(s=DAY_S - 1).expect_nothing()
    story.advance(s=1).expect("task.canceled", task="T1", reason="Task TTL Exceeded")


def test_time_to_live_runs_while_reserved_and_takes_the_offer_with_it() -> None:
    story = Story().worker("alice").task("T1", timeout_s=60)
    story.advance(s=60).expect_events("task.canceled", "reservation.canceled")
    assert story.activity_of("alice") == "Available"


def test_time_to_live_ends_with_acceptance() -> None:
    story = Story().worker("alice").task("T1", timeout_s=60).accept("alice")
    story.advance(s=3_600).expect_nothing()


def test_time_to_live_is_counted_from_creation_whatever_happens_meanwhile() -> None:
    story = Story().worker("alice").task("T1", timeout_s=100)
    story.advance(s=50).reject("alice", activity="Offline").update_task("T1", {"x": 1})
    story.advance(s=50).expect("task.canceled", task="T1")


def test_an_offer_that_lapses_with_the_time_to_live_lapses_first() -> None:
    story = Story(reservation_timeout_s=60).worker("alice").task("T1", timeout_s=60)
    story.advance(s=60).expect_events(
        "reservation.timeout", "worker.activity.update", "task.canceled"
    )


@pytest.mark.parametrize("timeout_s", [1, 1_209_600])
def test_a_time_to_live_is_from_a_second_to_two_weeks(timeout_s: int) -> None:
    story = Story().task("T1", timeout_s=timeout_s)
    story.advance(ms=timeout_s * 1000 - 1).expect_nothing()
    story.advance(ms=1).expect("task.canceled")


@pytest.mark.parametrize("timeout_s", [0, -1, 1_209_601])
def test_any_other_time_to_live_is_refused(timeout_s: int) -> None:
    story = Story().task("T0")
    with story.refuses(Invalid, "^Timeout must be a whole number from 1 to 1209600"):
        story.task("T1", timeout_s=timeout_s)


# --- assigned too long ---


def test_a_task_that_stays_assigned_for_a_day_is_deleted_by_the_system() -> None:
    story = Story().worker("alice").task("T1").advance(s=30).accept("alice")
    story.advance(ms=DAY_S * 1000 - 1).expect_nothing()
    story.advance(ms=1).expect_events("reservation.completed", "task.system-deleted")
    assert not story.exists("T1")
    assert story.channel("alice").used == 0


def test_wrapping_counts_towards_the_day() -> None:
    story = Story().worker("alice").task("T1").accept("alice").advance(s=100).wrap("alice")
    story.advance(s=DAY_S - 100).expect_events("reservation.completed", "task.system-deleted")


def test_a_completed_task_is_not_deleted_by_the_system() -> None:
    story = Story(limits=Limits(task_assigned_s=100)).worker("alice").task("T1")
    story.accept("alice").advance(s=99).complete("alice")
    story.advance(s=100).expect_nothing()


def test_whoever_is_freed_by_the_systems_deletion_is_offered_the_next() -> None:
    story = Story().worker("alice").task("T1").accept("alice").task("T2", timeout_s=2 * DAY_S)
    story.advance(s=DAY_S).expect_offers(("T2", "alice"))


# --- finished tasks ---


@pytest.mark.parametrize("how", ["canceled", "completed"])
def test_a_finished_task_is_kept_for_five_minutes(how: str) -> None:
    story = Story().worker("alice").task("T1")
    if how == "canceled":
        story.cancel("T1")
    else:
        story.accept("alice").complete("alice")
    story.advance(ms=299_999)
    assert story.exists("T1")
    assert story.state.reservations
    story.advance(ms=1).expect_nothing()
    assert not story.exists("T1")
    assert not story.state.reservations


def test_a_finished_task_is_forgotten_at_the_first_full_second_after_its_five_minutes() -> None:
    story = Story().task("T1").advance(ms=1).cancel("T1")
    story.advance(ms=300_998)
    assert story.exists("T1")
    story.advance(ms=1)
    assert not story.exists("T1")


def test_a_finished_task_waits_for_the_full_second_even_if_something_else_is_due_before() -> None:
    story = Story().task("T1").advance(ms=500).cancel("T1")  # five minutes end at 300.500
    story.advance(ms=600).task("T2", timeout_s=299)
    story.advance(ms=600).task("T3", timeout_s=299)  # its time ends at 300.700
    story.advance(ms=299_000).expect("task.canceled", task="T3")
    assert story.exists("T1")
    story.advance(ms=300)
    assert not story.exists("T1")


def test_many_finished_tasks_are_all_forgotten() -> None:
    story = Story()
    for number in range(600):
        story.task(f"T{number}").cancel(f"T{number}").advance(ms=1)
    story.advance(s=301).expect_nothing()
    assert not story.state.tasks


# --- instants ---


def test_nothing_happens_early_and_everything_at_its_own_instant() -> None:
    story = Story(reservation_timeout_s=10).queue("Q1").queue("Q2")
    story.workflow("w", rule("1==1", step("Q1", timeout=20), "Q2")).worker("alice")
    begin_ms = story.now_ms
    story.task("T1", timeout_s=45).advance(s=100)
    instants = {}
    for now_ms, events in story.history:
        for event in events:
            instants[tag(event)] = now_ms - begin_ms
    assert instants["reservation.timeout"] == 10_000
    assert instants["task-queue.timeout"] == 20_000
    assert instants["task.canceled"] == 45_000


def test_offers_of_one_instant_lapse_in_the_order_of_their_creation() -> None:
    story = Story().worker("alice").worker("bob").task("T1").task("T2").advance(s=120)
    story.expect("reservation.timeout", task="T1", worker="alice")
    story.expect("reservation.timeout", task="T2", worker="bob")


def test_many_timers_of_one_instant_all_fire() -> None:
    story = Story()
    for number in range(700):
        story.task(f"T{number}", timeout_s=60)
    story.advance(s=60)
    assert [tag(event) for event in story.latest] == ["task.canceled"] * 700


def test_the_next_deadline_is_never_one_that_has_come_to_nothing() -> None:
    story = Story(reservation_timeout_s=10).worker("alice").task("T1", timeout_s=60)
    assert story.machine.next_deadline_ms() == story.now_ms + 10_000
    story.reject("alice", activity="Offline")
    assert story.machine.next_deadline_ms() == story.now_ms + 60_000
    story.delete_task("T1")
    assert story.machine.next_deadline_ms() is None


def test_a_delayed_wake_up_still_deals_with_everything_in_order() -> None:
    story = Story(reservation_timeout_s=10).queue("Q1").queue("Q2")
    story.workflow("w", rule("1==1", step("Q1", timeout=20), "Q2")).worker("alice")
    story.task("T1", timeout_s=45).let_pass(s=1_000)
    story.worker("bob", activity="Offline")
    story.expect("reservation.timeout").expect("task.canceled", reason="Task TTL Exceeded")
    story.expect("worker.created", worker="bob")
