"""The order in which the events of one transition come."""

import pytest

from story import Story, rule, step

CREATED = ("task.created", "workflow.entered", "workflow.target-matched", "task-queue.entered")
MOVED = ("task-queue.moved", "workflow.target-matched", "task-queue.entered")


def two_steps(**keys: object) -> Story:
    story = Story().queue("Q1").queue("Q2")
    return story.workflow("w", rule("1==1", step("Q1", **keys), "Q2"))


def test_a_task_is_created_and_a_filter_matches() -> None:
    Story().task("T1").expect_events(*CREATED)


def test_a_task_is_created_for_a_queue() -> None:
    Story().queue("Q1").task("T1", to="Q1").expect_events("task.created", "task-queue.entered")


def test_a_task_is_created_for_a_worker() -> None:
    story = Story().worker("alice").task("T1", to="alice")
    story.expect_events("task.created", "reservation.created")


def test_a_task_is_created_for_a_worker_who_has_no_time() -> None:
    story = Story().worker("alice", activity="Offline")
    story.task("T1", to="alice", ignore_capacity=False).expect_events("task.created")


def test_a_task_is_created_and_offered() -> None:
    Story().worker("alice").task("T1").expect_events(*CREATED, "reservation.created")


def test_a_task_is_created_and_offered_to_several() -> None:
    story = Story().queue("Q1", max_reserved_workers=2).worker("alice").worker("bob")
    story.task("T1").expect_events(*CREATED, "reservation.created", "reservation.created")


def test_a_task_is_created_and_offered_where_activities_follow() -> None:
    story = Story(multi_tasking=False).activity("Reserved")
    story.queue("Q1", reservation_activity="Reserved", max_reserved_workers=2)
    story.worker("alice").worker("bob").task("T1")
    story.expect("task-queue.entered", queue="Q1")
    story.expect("reservation.created", worker="alice")
    story.expect("reservation.created", worker="bob")
    story.expect("worker.activity.update", worker="bob", activity="Reserved")


def test_an_offer_is_accepted() -> None:
    story = Story().queue("Q1", max_reserved_workers=3)
    story.worker("alice").worker("bob").worker("carol").task("T1").accept("bob")
    story.expect_events("reservation.accepted", "reservation.rescinded", "reservation.rescinded")


def test_an_offer_is_accepted_where_activities_follow() -> None:
    story = Story(multi_tasking=False).activity("Busy").queue("Q1", assignment_activity="Busy")
    story.worker("alice").task("T1").accept("alice")
    story.expect_events("reservation.accepted", "worker.activity.update")


def test_an_offer_is_rejected() -> None:
    story = Story().worker("alice").task("T1").reject("alice", activity="Offline")
    story.expect_events("reservation.rejected", "worker.activity.update")


def test_an_offer_is_rejected_and_the_task_offered_again() -> None:
    story = Story().worker("alice").task("T1").reject("alice")
    story.expect_events("reservation.rejected", "reservation.created")


def test_an_offer_lapses() -> None:
    story = Story().worker("alice").task("T1").advance(s=120)
    story.expect_events("reservation.timeout", "worker.activity.update")


def test_a_step_is_over_and_the_next_is_in_another_queue() -> None:
    two_steps(timeout=10).task("T1").advance(s=10).expect_events("task-queue.timeout", *MOVED)


def test_a_step_is_over_and_the_next_is_in_the_same_queue() -> None:
    story = Story().queue("Q1").workflow("w", rule("1==1", step("Q1", timeout=10), step()))
    story.task("T1").advance(s=10).expect_events("task-queue.timeout", "workflow.target-matched")


def test_a_step_is_skipped() -> None:
    two_steps(skip_if="1==1").task("T1").expect_events(*CREATED, *MOVED)


def test_a_step_is_skipped_within_its_queue() -> None:
    story = Story().queue("Q1").workflow("w", rule("1==1", step("Q1", skip_if="1==1"), step()))
    story.task("T1").expect_events(*CREATED, "workflow.target-matched")


def test_a_workflow_ends_by_a_time_out() -> None:
    story = Story().queue("Q1").workflow("w", rule("1==1", step("Q1", timeout=10)))
    story.task("T1").advance(s=10)
    story.expect_events("task-queue.timeout", "workflow.timeout", "task.canceled")


def test_a_workflow_ends_by_a_skip() -> None:
    story = Story().queue("Q1").workflow("w", rule("1==1", step("Q1", skip_if="1==1")))
    story.task("T1").expect_events(*CREATED, "workflow.skipped", "task.canceled")


def test_no_filter_matches_and_there_is_no_default() -> None:
    story = Story().queue("Q1").workflow("w", rule("1==2", "Q1")).task("T1")
    story.expect_events("task.created", "workflow.entered", "workflow.timeout", "task.canceled")


@pytest.mark.parametrize("how", ["by a caller", "by its time to live"])
def test_a_reserved_task_is_canceled(how: str) -> None:
    story = Story().queue("Q1", max_reserved_workers=2).worker("alice").worker("bob")
    story.task("T1", timeout_s=60)
    if how == "by a caller":
        story.cancel("T1")
    else:
        story.advance(s=60)
    story.expect_events("task.canceled", "reservation.canceled", "reservation.canceled")


@pytest.mark.parametrize("through", ["task", "reservation"])
def test_a_task_is_wrapped_up(through: str) -> None:
    story = Story().worker("alice").task("T1").accept("alice")
    if through == "task":
        story.wrap_task("T1")
    else:
        story.wrap("alice")
    story.expect_events("reservation.wrapup", "task.wrapup")


def test_a_task_is_completed_through_the_task() -> None:
    story = Story().worker("alice").task("T1").accept("alice", post_work="Offline")
    story.complete_task("T1")
    story.expect_events("task.completed", "reservation.completed", "worker.activity.update")


def test_a_task_is_completed_through_the_reservation() -> None:
    story = Story().worker("alice").task("T1").accept("alice", post_work="Offline")
    story.complete("alice")
    story.expect_events("reservation.completed", "task.completed", "worker.activity.update")


@pytest.mark.parametrize("status", ["reserved", "assigned"])
def test_a_task_is_deleted_by_a_caller(status: str) -> None:
    story = Story().worker("alice").task("T1")
    if status == "assigned":
        story.accept("alice")
    ended = "reservation.canceled" if status == "reserved" else "reservation.completed"
    story.delete_task("T1").expect_events(ended, "task.deleted")


def test_a_task_is_deleted_by_the_system() -> None:
    story = Story().worker("alice").task("T1").accept("alice").advance(s=86_400)
    story.expect_events("reservation.completed", "task.system-deleted")


def test_a_worker_is_deleted() -> None:
    story = Story().worker("alice").task("T1", channel="chat").task("T2", channel="sms")
    story.delete_worker("alice")
    story.expect_events("reservation.rescinded", "reservation.rescinded", "worker.deleted")


def test_offers_come_last_in_a_command() -> None:
    story = Story().worker("alice").task("T1").task("T2").accept("alice", "T1")
    story.complete("alice", "T1")
    story.expect_events("reservation.completed", "task.completed", "reservation.created")


def test_a_task_that_is_sent_anew_is_updated_first() -> None:
    story = two_steps(timeout=10).task("T1").advance(s=10).update_task("T1", {"x": 1})
    story.expect_events("task.updated", "workflow.entered", *MOVED)


def test_a_task_is_sent_anew_by_other_rules() -> None:
    story = two_steps(timeout=10).task("T1").update_workflow("w", default="Q2", re_evaluate=True)
    story.expect_events("workflow.updated", "workflow.entered", *MOVED)
