"""What becomes of a task: every status, every way out of it, and what each changes."""

import pytest

from story import Story, rule, step
from taskyard.core.errors import Conflict, Invalid, LimitReached, NotFound, VersionMismatch
from taskyard.core.limits import Limits


def offered() -> Story:
    """T1 is offered to alice."""
    return Story().worker("alice").task("T1")


def assigned() -> Story:
    return offered().accept("alice", "T1")


def wrapping() -> Story:
    return assigned().wrap("alice", "T1")


# --- creation ---


def test_a_task_that_nobody_can_take_is_pending() -> None:
    story = Story().task("T1")
    assert story.tasks["T1"].status == "pending"
    assert story.queue_of("T1") == "everyone"


def test_a_task_that_somebody_can_take_is_reserved_by_the_command_that_creates_it() -> None:
    story = offered().expect("task.created", task="T1").expect("reservation.created")
    assert story.tasks["T1"].status == "reserved"
    assert story.offered("T1") == ["alice"]


def test_a_task_begins_with_priority_0_a_day_to_live_and_the_default_channel() -> None:
    story = Story().task("T1")
    task = story.tasks["T1"]
    assert (task.priority, task.timeout_s, task.attributes) == (0, 86_400, "{}")
    assert story.state.task_channels[task.task_channel_sid].unique_name == "default"
    assert task.virtual_start_ms == task.created_ms == story.now_ms
    assert (task.reason, task.routing_target, task.ignore_capacity) == (None, None, False)


def test_attributes_are_stored_compact_in_their_own_order() -> None:
    story = Story().task("T1", '{ "z": [1, 2],\n "a": {"b": "x y"} }')
    assert story.tasks["T1"].attributes == '{"z":[1,2],"a":{"b":"x y"}}'


def test_the_only_workflow_is_the_one_meant_when_none_is_named() -> None:
    story = Story(template="FIFO").task("T1")
    assert story.tasks["T1"].workflow_sid == story.sid("WW", "Default Fifo Workflow")


def test_a_workflow_must_be_named_when_there_are_two_or_none() -> None:
    story = Story().queue("Q1")
    with story.refuses(Invalid, "^WorkflowSid field is required$"):
        story.task("T1", to="")
    story.workflow("one", default="Q1").workflow("two", default="Q1")
    with story.refuses(Invalid, "^WorkflowSid field is required$"):
        story.task("T1")
    story.task("T1", workflow="two").expect("workflow.entered", workflow="two")


def test_a_virtual_start_can_be_anything_from_1900_until_now() -> None:
    story = Story()
    story.task("T1", virtual_start_ms=story.now_ms).task("T2", virtual_start_ms=-2_208_988_800_000)
    with story.refuses(Invalid, "future"):
        story.task("T3", virtual_start_ms=story.now_ms + 1)
    with story.refuses(Invalid, "1900"):
        story.task("T3", virtual_start_ms=-2_208_988_800_001)


def test_a_task_channel_is_named_by_sid_or_unique_name() -> None:
    story = Story().task("T1", channel="chat")
    story.task("T2", task_channel=story.sid("TC", "chat"))
    assert story.tasks["T1"].task_channel_sid == story.tasks["T2"].task_channel_sid
    with story.refuses(Invalid, "TaskChannel 'fax'"):
        story.task("T3", channel="fax")


# --- pending, reserved and back ---


@pytest.mark.parametrize("how", ["reject", "timeout"])
def test_a_task_is_pending_again_when_its_only_offer_has_ended(how: str) -> None:
    story = Story().worker("alice").task("T1")
    if how == "reject":
        story.reject("alice", "T1", activity="Offline")
    else:
        story.advance(s=120)
    assert story.tasks["T1"].status == "pending"
    assert story.offered("T1") == []


def test_an_accepted_task_is_assigned_and_leaves_its_workflow() -> None:
    story = assigned().expect_events("reservation.accepted")
    task = story.tasks["T1"]
    assert task.status == "assigned"
    assert task.step_deadline_ms is None


# --- assigned, wrapping, completed ---


@pytest.mark.parametrize("begin", [assigned, wrapping])
def test_a_task_is_completed_from_assigned_and_from_wrapping(begin: type[Story]) -> None:
    story = begin().complete_task("T1", reason="solved")
    story.expect_events("task.completed", "reservation.completed")
    assert (story.tasks["T1"].status, story.tasks["T1"].reason) == ("completed", "solved")


def test_completing_needs_no_reason() -> None:
    assert assigned().complete_task("T1").tasks["T1"].reason is None


def test_the_reason_given_at_wrapping_stays_when_none_is_given_at_completing() -> None:
    story = assigned().wrap_task("T1", reason="after-work")
    assert story.complete_task("T1").tasks["T1"].reason == "after-work"


def test_the_reason_given_at_completing_replaces_the_one_given_at_wrapping() -> None:
    story = assigned().wrap_task("T1", reason="after-work")
    assert story.complete_task("T1", reason="done").tasks["T1"].reason == "done"


def test_a_task_is_wrapped_up_through_the_task() -> None:
    story = assigned().wrap_task("T1").expect_events("reservation.wrapup", "task.wrapup")
    assert story.tasks["T1"].status == "wrapping"
    assert story.reservation("alice").status == "wrapping"


def test_statuses_are_asked_for_in_any_case() -> None:
    assert assigned().update_task("T1", status="Completed").tasks["T1"].status == "completed"
    assert Story().task("T1").update_task("T1", status="CANCELED").tasks["T1"].ended


@pytest.mark.parametrize("status", ["pending", "reserved", "assigned", "done", ""])
def test_no_other_status_can_be_asked_for(status: str) -> None:
    story = assigned()
    with story.refuses(Invalid, "AssignmentStatus"):
        story.update_task("T1", status=status)


# --- what is refused in which status ---


def pending() -> Story:
    return Story().task("T1")


def completed() -> Story:
    return assigned().complete_task("T1")


def canceled() -> Story:
    return pending().cancel("T1")


@pytest.mark.parametrize("begin", [assigned, wrapping, completed, canceled])
def test_only_pending_and_reserved_tasks_can_be_canceled(begin: type[Story]) -> None:
    story = begin()
    with story.refuses(
        Conflict,
        r"^Cannot cancel task WT\w+ in workspace WS\w+ for account AC\w+"
        r" because it is not pending or reserved\.$",
    ):
        story.cancel("T1")


@pytest.mark.parametrize("begin", [pending, offered, completed, canceled])
def test_only_assigned_and_wrapping_tasks_can_be_completed(begin: type[Story]) -> None:
    story = begin()
    with story.refuses(
        Conflict,
        r"^Cannot complete task WT\w+ in workspace WS\w+ for account AC\w+"
        r" because it is not currently assigned\.$",
    ):
        story.complete_task("T1")


@pytest.mark.parametrize("begin", [pending, offered, wrapping, completed, canceled])
def test_only_assigned_tasks_can_be_wrapped_up(begin: type[Story]) -> None:
    story = begin()
    with story.refuses(
        Conflict,
        r"^Cannot wrap up a task WT\w+ in workspace WS\w+ for account AC\w+"
        r" because it's not currently assigned$",
    ):
        story.wrap_task("T1")


# --- canceling ---


def test_a_pending_task_is_canceled_with_the_callers_reason() -> None:
    story = pending().cancel("T1", reason="changed their mind")
    story.expect_events("task.canceled")
    assert story.tasks["T1"].reason == "changed their mind"


def test_a_task_canceled_without_a_reason_has_none() -> None:
    assert pending().cancel("T1").tasks["T1"].reason is None


def test_canceling_a_reserved_task_cancels_every_open_reservation_of_it() -> None:
    story = Story().queue("Q1", max_reserved_workers=2).worker("alice").worker("bob").task("T1")
    story.cancel("T1").expect_events(
        "task.canceled", "reservation.canceled", "reservation.canceled"
    )
    assert story.reservation("alice").status == story.reservation("bob").status == "canceled"
    assert story.channel("alice").used == story.channel("bob").used == 0


def test_canceling_a_reserved_task_leaves_its_workers_where_they_are() -> None:
    story = offered().cancel("T1").expect_no("worker.activity.update")
    assert story.activity_of("alice") == "Available"


def test_a_canceled_task_is_never_queued_again() -> None:
    story = canceled().worker("alice").expect_events("worker.created")
    story.update_task("T1", {"type": "x"}).expect_events("task.updated")
    assert story.tasks["T1"].status == "canceled"


def test_who_was_freed_by_a_cancel_is_offered_the_next_task_at_once() -> None:
    offered().task("T2").cancel("T1").expect_offers(("T2", "alice"))


def test_a_task_canceled_by_its_workflow_keeps_queue_and_priority_of_its_last_step() -> None:
    story = Story().queue("Q1").queue("Q2")
    story.workflow(
        "w", rule("1==1", step("Q1", timeout=10), step("Q2", timeout=10, priority=7))
    ).task("T1")
    story.advance(s=20).expect("task.canceled", task="T1")
    assert (story.queue_of("T1"), story.tasks["T1"].priority) == ("Q2", 7)


def test_a_task_that_no_filter_wants_is_created_and_canceled_at_once() -> None:
    story = Story().queue("Q1").workflow("w", rule("type == 'x'", "Q1")).task("T1")
    story.expect_events("task.created", "workflow.entered", "workflow.timeout", "task.canceled")
    task = story.tasks["T1"]
    assert task.status == "canceled"
    assert task.reason == "Task canceled on Workflow timeout"
    assert task.task_queue_sid is None


def test_the_thousandth_return_cancels_a_task() -> None:
    story = Story(limits=Limits(assignment_count=3)).worker("alice").task("T1")
    story.reject("alice").expect_offers(("T1", "alice"))
    story.reject("alice").expect_offers(("T1", "alice"))
    story.reject("alice").expect_events("reservation.rejected", "task.canceled")
    assert story.tasks["T1"].reason == "Max assignment count exceeded"


def test_the_published_count_of_assignments_is_a_thousand() -> None:
    story = Story().worker("alice").task("T1")
    for _ in range(999):
        story.reject("alice")
    assert story.tasks["T1"].status == "reserved"
    story.reject("alice")
    assert story.tasks["T1"].status == "canceled"


def test_a_batch_of_offers_counts_once_as_an_assignment() -> None:
    story = Story(limits=Limits(assignment_count=2)).queue("Q1", max_reserved_workers=2)
    story.worker("alice").worker("bob").task("T1")
    story.reject("alice").reject("bob").expect_offers(("T1", "alice"), ("T1", "bob"))
    story.reject("alice").reject("bob").expect("task.canceled")


# --- updates ---


def test_attributes_of_a_pending_task_send_it_through_its_workflow_from_the_top() -> None:
    story = Story().queue("Q1").queue("Q2")
    story.workflow("w", rule("vip == true", step("Q2", priority=9)), default="Q1").task("T1")
    story.advance(s=5).update_task("T1", {"vip": True})
    story.expect_events(
        "task.updated",
        "workflow.entered",
        "task-queue.moved",
        "workflow.target-matched",
        "task-queue.entered",
    )
    task = story.tasks["T1"]
    assert (story.queue_of("T1"), task.priority) == ("Q2", 9)
    assert task.created_ms == story.now_ms - 5_000


def test_attributes_of_a_pending_task_send_it_through_even_if_they_are_the_same() -> None:
    story = Story().task("T1", {"a": 1}).update_task("T1", {"a": 1})
    story.expect_events("task.updated", "workflow.entered", "workflow.target-matched")


def test_attributes_of_a_reserved_task_are_stored_and_nothing_else_happens() -> None:
    story = Story().queue("Q1").queue("Q2")
    story.workflow("w", rule("vip == true", "Q2"), default="Q1").worker("alice").task("T1")
    story.update_task("T1", {"vip": True}).expect_events("task.updated")
    assert (story.tasks["T1"].status, story.queue_of("T1")) == ("reserved", "Q1")


def test_attributes_changed_while_reserved_do_not_send_the_task_anew_when_it_comes_back() -> None:
    story = Story().queue("Q1").queue("Q2")
    story.workflow("w", rule("vip == true", "Q2"), default="Q1").worker("alice").task("T1")
    story.update_task("T1", {"vip": True}).reject("alice", activity="Offline")
    story.expect_no("workflow.entered")
    assert story.queue_of("T1") == "Q1"


@pytest.mark.parametrize("begin", [assigned, wrapping, completed, canceled])
def test_attributes_of_a_task_that_waits_for_nobody_are_just_stored(begin: type[Story]) -> None:
    story = begin().update_task("T1", {"note": "x"}).expect_events("task.updated")
    assert story.tasks["T1"].attributes == '{"note":"x"}'


@pytest.mark.parametrize("status", ["wrapping", "completed"])
def test_attributes_and_a_status_can_be_asked_for_together(status: str) -> None:
    story = assigned().update_task("T1", {"note": "x"}, status=status, reason="r")
    assert story.tasks["T1"].attributes == '{"note":"x"}'
    assert (story.tasks["T1"].status, story.tasks["T1"].reason) == (status, "r")


def test_attributes_and_canceled_together_do_not_send_the_task_anywhere() -> None:
    story = pending().update_task("T1", {"note": "x"}, status="canceled", reason="r")
    story.expect_events("task.updated", "task.canceled")
    assert story.tasks["T1"].attributes == '{"note":"x"}'


def test_a_priority_moves_a_waiting_task_without_sending_it_anew() -> None:
    story = Story().task("T1").task("T2").update_task("T2", priority=5)
    story.expect_events("task.updated")
    story.worker("alice").expect_offers(("T2", "alice"))


def test_a_virtual_start_moves_a_waiting_task_without_sending_it_anew() -> None:
    story = Story().task("T1").advance(s=1).task("T2")
    story.update_task("T2", virtual_start_ms=story.now_ms - 60_000).expect_events("task.updated")
    story.worker("alice").expect_offers(("T2", "alice"))


def test_priority_and_attributes_in_one_update_set_the_priority_first_then_the_targets() -> None:
    story = Story().queue("Q1").queue("Q2")
    story.workflow("w", rule("vip == true", step("Q2", priority=9)), default="Q1").task("T1")
    assert story.update_task("T1", {"x": 1}, priority=3).tasks["T1"].priority == 3
    assert story.update_task("T1", {"vip": True}, priority=4).tasks["T1"].priority == 9
    assert story.update_task("T1", {"x": 2}).tasks["T1"].priority == 9


def test_an_update_that_changes_nothing_raises_no_event() -> None:
    story = Story().task("T1", {"a": 1}, priority=2).update_task("T1", priority=2)
    story.expect_events()
    assert story.tasks["T1"].version == 0


def test_a_pending_task_can_change_its_task_channel_and_is_matched_anew() -> None:
    story = Story().worker("alice").task("T1", channel="chat").task("T2", channel="chat")
    story.update_task("T2", channel="voice").expect_offers(("T2", "alice"))


def test_only_a_pending_task_can_change_its_task_channel() -> None:
    story = offered()
    with story.refuses(Conflict, "TaskChannel can be changed while it is pending only"):
        story.update_task("T1", channel="voice")
    story.update_task("T1", channel="default").expect_events()


# --- deleting ---


def test_a_pending_task_can_be_deleted() -> None:
    story = pending().delete_task("T1").expect_events("task.deleted")
    assert not story.exists("T1")
    with story.refuses(NotFound, "task WT"):
        story.cancel("T1")


def test_deleting_a_reserved_task_cancels_its_reservations_and_they_are_gone() -> None:
    story = offered().delete_task("T1").expect_events("reservation.canceled", "task.deleted")
    assert not story.state.reservations
    assert story.channel("alice").used == 0


@pytest.mark.parametrize("begin", [assigned, wrapping])
def test_deleting_an_accepted_task_completes_its_reservation(begin: type[Story]) -> None:
    story = begin().delete_task("T1").expect_events("reservation.completed", "task.deleted")
    assert (story.channel("alice").used, story.channel("alice").assigned) == (0, 0)


@pytest.mark.parametrize("begin", [completed, canceled])
def test_a_finished_task_can_be_deleted_before_it_is_forgotten(begin: type[Story]) -> None:
    story = begin().delete_task("T1").expect_events("task.deleted")
    story.advance(s=600).expect_nothing()


def test_deleting_a_task_frees_its_worker_for_the_next() -> None:
    offered().task("T2").delete_task("T1").expect_offers(("T2", "alice"))


# --- versions ---


def test_a_task_is_at_version_0_after_its_creation_and_first_routing() -> None:
    story = Story().queue("Q1").queue("Q2")
    story.workflow("w", rule("1==1", step("Q1", skip_if="1==1"), "Q2")).task("T1")
    assert (story.queue_of("T1"), story.tasks["T1"].version) == ("Q2", 0)


def test_every_change_that_is_stored_raises_the_version_of_a_task_by_one() -> None:
    story = Story().task("T1")
    versions = [story.tasks["T1"].version]

    def note() -> None:
        versions.append(story.tasks["T1"].version)

    story.update_task("T1", priority=1)
    note()
    story.worker("alice")  # an offer
    note()
    story.reject("alice", activity="Offline")  # a return
    note()
    story.goes("alice", "Available")
    note()
    story.accept("alice")
    note()
    story.wrap("alice")
    note()
    story.complete("alice")
    note()
    assert versions == [0, 1, 2, 3, 4, 5, 6, 7]


def test_the_end_of_a_steps_time_raises_the_version_of_a_task_by_one() -> None:
    story = Story().queue("Q1").queue("Q2")
    story.workflow("w", rule("1==1", step("Q1", timeout=10), "Q2")).task("T1")
    assert story.advance(s=10).tasks["T1"].version == 1


def test_a_batch_of_offers_and_its_return_are_one_change_each() -> None:
    story = Story().queue("Q1", max_reserved_workers=2).worker("alice").worker("bob").task("T1")
    assert story.tasks["T1"].version == 1
    story.reject("alice", activity="Offline")
    assert story.tasks["T1"].version == 1
    story.reject("bob", activity="Offline")
    assert story.tasks["T1"].version == 2


@pytest.mark.parametrize("wrong", [0, 2, 99])
def test_whoever_read_another_version_can_change_nothing(wrong: int) -> None:
    story = offered()  # at version 1: an offer was made
    for ask in (story.cancel, story.delete_task):
        with story.refuses(VersionMismatch, f"version 1, not {wrong}"):
            ask("T1", expected_version=wrong)
    story.cancel("T1", expected_version=1)


# --- the limit ---


def test_a_workspace_holds_so_many_tasks_of_whatever_status() -> None:
    story = Story(limits=Limits(tasks=2)).task("T1").task("T2").cancel("T1")
    with story.refuses(LimitReached, "at most 2 tasks"):
        story.task("T3")
    story.advance(s=300).task("T3")
