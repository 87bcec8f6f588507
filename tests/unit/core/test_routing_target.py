"""Tasks that say themselves where they go."""

import pytest

from story import Story
from taskyard.core.errors import Invalid
from taskyard.core.events import ReservationFailed

NOT_AVAILABLE = "RoutingTarget not available for Reservation acceptance: "


def reason(story: Story) -> str:
    return NOT_AVAILABLE + story.sid("WK", "alice")


# --- to a worker ---


@pytest.mark.parametrize("obstacle", ["offline", "no capacity", "channel off", "busy"])
def test_a_task_for_one_worker_reaches_them_whatever_they_do_and_have(obstacle: str) -> None:
    story = Story().worker("alice", activity="Offline" if obstacle == "offline" else "Available")
    if obstacle == "no capacity":
        story.worker_channel("alice", "default", capacity=0)
    elif obstacle == "channel off":
        story.worker_channel("alice", "default", available=False)
    elif obstacle == "busy":
        story.task("T0").accept("alice")
    story.task("T1", to="alice").expect_events("task.created", "reservation.created")
    task = story.tasks["T1"]
    assert (task.status, task.ignore_capacity) == ("reserved", True)
    assert task.routing_target == story.sid("WK", "alice")
    assert (task.workflow_sid, task.task_queue_sid, task.priority) == (None, None, 0)


def test_a_task_for_one_worker_is_offered_to_nobody_else() -> None:
    story = Story().worker("bob").worker("alice", activity="Offline")
    story.task("T1", to="alice").expect_offers(("T1", "alice"))


def test_counters_rise_past_the_capacity() -> None:
    story = Story().worker("alice").task("T1", to="alice").task("T2", to="alice")
    channel = story.channel("alice")
    assert (channel.used, channel.available_capacity_percentage) == (2, 0)
    story.accept("alice", "T1").accept("alice", "T2")
    assert story.channel("alice").assigned == 2


def test_a_task_for_one_worker_may_count_in_a_queue_that_is_not_for_them() -> None:
    story = Story().queue("Q1", "1==2").worker("alice").task("T1", to="alice", queue="Q1")
    story.expect("reservation.created", task="T1", worker="alice", queue="Q1")
    assert story.queue_of("T1") == "Q1"


def test_the_offer_stands_as_long_as_the_workflow_that_is_named_says() -> None:
    story = Story().queue("Q1").workflow("w", default="Q1", reservation_timeout_s=7)
    story.worker("alice").task("T1", to="alice", workflow="w")
    story.advance(ms=6_999).expect_nothing()
    story.advance(ms=1).expect("reservation.timeout")


def test_the_offer_stands_two_minutes_if_no_workflow_is_named() -> None:
    story = Story().worker("alice").task("T1", to="alice")
    story.advance(ms=119_999).expect_nothing()
    story.advance(ms=1).expect("reservation.timeout")


def test_rejecting_a_task_for_one_worker_cancels_it() -> None:
    story = Story().worker("alice").task("T1", to="alice").reject("alice")
    story.expect_events("reservation.rejected", "task.canceled")
    assert story.tasks["T1"].reason == reason(story)


def test_a_task_for_one_worker_that_lapses_is_canceled() -> None:
    story = Story().worker("alice").task("T1", to="alice").advance(s=120)
    story.expect_events("reservation.timeout", "worker.activity.update", "task.canceled")
    assert story.tasks["T1"].reason == reason(story)


def test_a_task_for_one_worker_is_accepted_and_completed_like_any_other() -> None:
    story = Story().worker("alice", activity="Offline").task("T1", to="alice")
    story.accept("alice").wrap("alice").complete("alice").expect("task.completed")


def test_attributes_of_a_task_for_one_worker_send_it_nowhere() -> None:
    story = Story().worker("alice", activity="Offline")
    story.task("T1", to="alice", ignore_capacity=False).update_task("T1", {"x": 1})
    story.expect_events("task.updated")


# --- to a worker, respecting what they do and have ---


def test_a_task_that_respects_capacity_waits_for_its_worker() -> None:
    story = Story().worker("alice", activity="Offline").worker("bob")
    story.task("T1", to="alice", ignore_capacity=False).expect_events("task.created")
    assert story.tasks["T1"].status == "pending"
    story.goes("alice", "Available").expect_offers(("T1", "alice"))


def test_a_task_that_respects_capacity_waits_for_room() -> None:
    story = Story().worker("alice").task("T0").accept("alice")
    story.task("T1", to="alice", ignore_capacity=False).expect_offers()
    story.complete("alice", "T0").expect_offers(("T1", "alice"))


def test_a_waiting_task_for_one_worker_ranks_as_in_a_fifo_queue() -> None:
    story = Story().worker("alice", activity="Offline").task("T0")
    story.advance(s=1).task("T1", to="alice", ignore_capacity=False, priority=1).advance(s=1)
    story.task("T2", to="alice", ignore_capacity=False)
    story.goes("alice", "Available").expect_offers(("T1", "alice"))
    story.accept("alice").complete("alice").expect_offers(("T0", "alice"))
    story.accept("alice").complete("alice").expect_offers(("T2", "alice"))


def test_a_waiting_task_for_one_worker_whose_time_is_over_has_failed() -> None:
    story = Story().worker("alice", activity="Offline")
    story.task("T1", to="alice", ignore_capacity=False, timeout_s=60)
    story.advance(s=60).expect_events("reservation.failed", "task.canceled")
    failed = next(e for e in story.latest if isinstance(e, ReservationFailed))
    assert failed.reservation_sid.startswith("WR")
    assert failed.reason == story.tasks["T1"].reason == "Task TTL Exceeded"
    assert not story.state.reservations


def test_a_waiting_task_for_one_worker_fails_when_they_are_deleted() -> None:
    story = Story().worker("alice", activity="Offline")
    story.task("T1", to="alice", ignore_capacity=False)
    because = reason(story)
    story.delete_worker("alice").expect_events(
        "worker.deleted", "reservation.failed", "task.canceled"
    )
    assert story.tasks["T1"].reason == because


def test_an_offered_task_for_one_worker_ends_when_they_are_deleted() -> None:
    story = Story().worker("alice").task("T1", to="alice")
    because = reason(story)
    story.delete_worker("alice").expect_events(
        "reservation.rescinded", "worker.deleted", "task.canceled"
    )
    assert story.tasks["T1"].reason == because


# --- to a task queue ---


def test_a_task_for_a_queue_goes_there_without_a_workflow() -> None:
    story = Story().queue("Q1").workflow("w", default="Q1").worker("alice").task("T1", to="Q1")
    story.expect_events("task.created", "task-queue.entered", "reservation.created")
    task = story.tasks["T1"]
    assert (task.workflow_sid, task.ignore_capacity) == (None, False)
    assert task.routing_target == story.sid("WQ", "Q1")


def test_ignoring_capacity_means_nothing_for_a_queue() -> None:
    story = Story().queue("Q1").worker("alice", activity="Offline")
    story.task("T1", to="Q1", ignore_capacity=True).expect_offers()
    assert story.tasks["T1"].ignore_capacity is False


def test_a_task_for_a_queue_that_is_rejected_waits_there_again() -> None:
    story = Story().queue("Q1").worker("alice").task("T1", to="Q1")
    story.reject("alice", activity="Offline")
    assert (story.tasks["T1"].status, story.queue_of("T1")) == ("pending", "Q1")


def test_a_task_for_a_queue_has_no_end_but_its_time_to_live() -> None:
    story = Story().queue("Q1").task("T1", to="Q1", timeout_s=100)
    story.advance(s=99).expect_nothing()
    story.advance(s=1).expect_events("task.canceled")


def test_attributes_of_a_task_for_a_queue_send_it_nowhere() -> None:
    story = Story().queue("Q1").task("T1", to="Q1").update_task("T1", {"x": 1})
    story.expect_events("task.updated")


@pytest.mark.parametrize(("workflow", "timeout_s"), [(None, 120), ("w", 7)])
def test_an_offer_from_a_queue_stands_as_long_as_a_named_workflow_says(
    workflow: str | None, timeout_s: int
) -> None:
    story = Story().queue("Q1").queue("Q2").workflow("w", default="Q2", reservation_timeout_s=7)
    story.worker("alice").task("T1", to="Q1", workflow=workflow)
    assert story.queue_of("T1") == "Q1"
    assert story.reservation("alice").expires_ms == story.now_ms + timeout_s * 1000


# --- to a workflow ---


def test_a_task_for_a_workflow_enters_it() -> None:
    story = Story().queue("Q1").workflow("w", default="Q1").workflow("v", default="Q1")
    story.task("T1", to="v").expect("workflow.entered", workflow="v")
    assert story.tasks["T1"].routing_target == story.sid("WW", "v")


# --- what is refused ---


@pytest.mark.parametrize(
    "target",
    [
        "nonsense",
        "WK",
        "WK" + "f" * 32,
        "WQ" + "f" * 32,
        "WW" + "f" * 32,
        "WT" + "0" * 32,
        "x" * 999,
    ],
)
def test_a_target_that_is_nothing_of_this_workspace_is_refused(target: str) -> None:
    story = Story().worker("alice").queue("Q1").workflow("w", default="Q1")
    with story.refuses(Invalid, "RoutingTarget"):
        story.task("T1", to=target)


def test_a_task_for_one_worker_cannot_count_in_a_queue_that_is_not_there() -> None:
    story = Story().worker("alice")
    with story.refuses(Invalid, "TaskQueueSid"):
        story.task("T1", to="alice", queue="WQ" + "f" * 32)


@pytest.mark.parametrize("sid", ["nonsense", "WQ" + "f" * 32])
def test_a_task_queue_sid_that_is_nothing_of_this_workspace_is_refused_without_a_target_too(
    sid: str,
) -> None:
    story = Story().queue("Q1").workflow("w", default="Q1")
    with story.refuses(Invalid, "TaskQueueSid"):
        story.task("T1", queue=sid)


def test_a_withdrawn_offer_of_a_task_for_one_worker_ends_the_task() -> None:
    story = Story().worker("alice").task("T1", to="alice")
    story.withdraw("alice").expect_events("reservation.canceled", "task.canceled")
    assert story.tasks["T1"].reason == reason(story)
