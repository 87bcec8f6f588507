"""One task, offered to several workers at once."""

import pytest

from story import Story, rule, step
from taskyard.core.errors import Gone


def batch(*workers: str, most: int = 3) -> Story:
    story = Story().queue("Q1", max_reserved_workers=most)
    for worker in workers:
        story.worker(worker)
    return story.task("T1")


def test_as_many_are_asked_as_the_queue_allows() -> None:
    story = batch("a", "b", "c", "d", most=3)
    story.expect_offers(("T1", "a"), ("T1", "b"), ("T1", "c"))
    assert story.tasks["T1"].status == "reserved"


def test_fewer_candidates_are_fewer_offers() -> None:
    batch("a", "b", most=5).expect_offers(("T1", "a"), ("T1", "b"))


def test_the_first_to_accept_wins_and_the_others_are_rescinded() -> None:
    story = (
        batch("a", "b", "c")
        .accept("b")
        .expect_events("reservation.accepted", "reservation.rescinded", "reservation.rescinded")
    )
    assert story.tasks["T1"].status == "assigned"
    assert story.reservation("a").status == story.reservation("c").status == "rescinded"
    assert story.channel("a").used == story.channel("c").used == 0


def test_whoever_accepts_too_late_hears_that_it_is_gone() -> None:
    story = batch("a", "b").accept("a")
    with story.refuses(Gone, "is rescinded"):
        story.accept("b")


def test_whoever_was_rescinded_is_offered_the_next_task_in_the_same_command() -> None:
    story = batch("a", "b", most=2).task("T2")
    story.accept("a", "T1").expect("reservation.rescinded", worker="b")
    story.expect_offers(("T2", "b"))


def test_a_rejection_within_the_batch_leaves_the_task_reserved() -> None:
    story = batch("a", "b").reject("a").expect_events("reservation.rejected")
    assert story.tasks["T1"].status == "reserved"
    assert story.offered("T1") == ["b"]


def test_the_task_is_pending_again_when_all_of_the_batch_have_declined() -> None:
    story = batch("a", "b").reject("a", activity="Offline").reject("b", activity="Offline")
    assert story.tasks["T1"].status == "pending"


def test_a_batch_is_fixed_and_nobody_joins_it_later() -> None:
    story = batch("a", most=3).worker("b").expect_events("worker.created")
    story.goes("b", "Offline").goes("b", "Available").expect_offers()
    story.reject("a").expect_offers(("T1", "b"), ("T1", "a"))


def test_offers_of_a_batch_expire_together_and_the_task_comes_back_once() -> None:
    story = batch("a", "b").advance(s=120)
    story.expect("reservation.timeout", worker="a").expect("reservation.timeout", worker="b")
    task = story.tasks["T1"]
    assert (task.status, task.assignment_count, task.version) == ("pending", 1, 2)


def test_a_batch_that_expires_at_the_end_of_its_step_moves_on_once() -> None:
    story = Story(reservation_timeout_s=10).queue("Q1", max_reserved_workers=2).queue("Q2")
    story.workflow("w", rule("1==1", step("Q1", timeout=10), "Q2")).worker("a").worker("b")
    story.task("T1").advance(s=10).expect_events(
        "reservation.timeout",
        "worker.activity.update",
        "reservation.timeout",
        "worker.activity.update",
        "task-queue.timeout",
        "task-queue.moved",
        "workflow.target-matched",
        "task-queue.entered",
    )


def test_a_change_of_the_number_is_for_the_next_batch() -> None:
    story = batch("a", "b", "c", most=1).update_queue("Q1", max_reserved_workers=3)
    story.expect_offers()
    story.advance(ms=1).reject("a").expect_offers(("T1", "b"), ("T1", "c"), ("T1", "a"))


def test_deleting_a_worker_of_the_batch_leaves_the_others_asked() -> None:
    story = batch("a", "b").delete_worker("a")
    story.expect_events("reservation.rescinded", "worker.deleted")
    assert story.offered("T1") == ["b"]


@pytest.mark.parametrize("most", [1, 50])
def test_a_queue_asks_from_one_to_fifty(most: int) -> None:
    story = Story().queue("Q1", max_reserved_workers=most)
    for number in range(60):
        story.worker(f"w{number}")
    assert len(story.task("T1").offered("T1")) == most
