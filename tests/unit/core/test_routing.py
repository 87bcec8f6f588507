"""The way of a task through its workflow."""

from story import Story, rule, step
from taskyard.core.errors import Conflict
from taskyard.core.events import TaskCanceled, TaskQueueMoved, WorkflowTargetMatched
from taskyard.core.machine import SLICE

FELL_OUT = "Task canceled on Workflow timeout"


def queues(*names: str, reservation_timeout_s: int = 120) -> Story:
    story = Story(reservation_timeout_s=reservation_timeout_s)
    for name in names:
        story.queue(name)
    return story


# --- ten worked traces ---


def test_trace_1_time_outs_lead_through_the_targets_and_out_past_the_default() -> None:
    story = queues("Q1", "Q2", "D")
    story.workflow(
        "w", rule("type=='x'", step("Q1", timeout=10), step("Q2", timeout=10)), default="D"
    )
    story.task("T1", {"type": "x"}).expect("task-queue.entered", queue="Q1")
    story.advance(ms=9_999).expect_nothing()
    story.advance(ms=1).expect("task-queue.timeout", queue="Q1")
    story.expect("task-queue.entered", queue="Q2")
    story.advance(ms=9_999).expect_nothing()
    story.advance(ms=1).expect("task.canceled", task="T1", reason=FELL_OUT)
    assert story.queue_of("T1") == "Q2"


def test_trace_2_a_time_out_on_the_last_target_leads_to_a_later_filter_that_matches() -> None:
    story = queues("Q1", "Q2", "Q3", "D")
    story.workflow(
        "w",
        rule("type=='x'", step("Q1", timeout=10), step("Q2", timeout=10)),
        rule("type=='y'", "D"),
        rule("1==1", "Q3"),
        default="D",
    )
    story.task("T1", {"type": "x"}).advance(s=20).expect("task-queue.entered", queue="Q3")
    story.advance(s=86_379).expect_nothing()
    story.advance(s=1).expect("task.canceled", reason="Task TTL Exceeded")


def test_trace_3_steps_that_are_skipped_lead_to_the_default_at_once() -> None:
    story = queues("Q1", "Q2", "D")
    story.workflow(
        "w", rule("1==1", step("Q1", skip_if="1==1"), step("Q2", skip_if="1==1")), default="D"
    )
    story.task("T1")
    assert story.queues_walked() == ["Q1", "Q2", "D"]
    assert story.tasks["T1"].status == "pending"


def test_trace_4_somebody_available_but_full_is_no_reason_to_skip() -> None:
    story = (
        queues("Q1", "D")
        .worker("alice")
        .workflow(
            "w",
            rule("1==1", step("Q1", timeout=10, skip_if="workers.available==0")),
            default="D",
        )
    )
    story.task("T0").accept("alice").task("T1")
    assert story.queue_of("T1") == "Q1"
    story.advance(ms=9_999).expect_nothing()
    story.advance(ms=1).expect("task.canceled", task="T1", reason=FELL_OUT)


def test_trace_5_nobody_available_is_a_reason_to_skip() -> None:
    story = (
        queues("Q1", "D")
        .worker("alice", activity="Offline")
        .workflow(
            "w",
            rule("1==1", step("Q1", timeout=10, skip_if="workers.available==0")),
            default="D",
        )
    )
    assert story.task("T1").queue_of("T1") == "D"


def test_trace_6_a_second_target_without_a_queue_raises_the_priority_where_the_task_is() -> None:
    story = queues("Q1")
    story.workflow("w", rule("1==1", step("Q1", priority=1, timeout=300), step(priority=10)))
    story.task("T1")
    assert story.tasks["T1"].priority == 1
    story.advance(s=300).expect_events("task-queue.timeout", "workflow.target-matched")
    assert (story.queue_of("T1"), story.tasks["T1"].priority) == ("Q1", 10)
    story.advance(s=86_099).expect_nothing()
    story.advance(s=1).expect("task.canceled", reason="Task TTL Exceeded")


def test_trace_7_the_only_worker_ignores_it_and_it_waits_in_its_step() -> None:
    story = queues("Q1", reservation_timeout_s=5).worker("alice")
    story.workflow("w", rule("1==1", "Q1")).task("T1")
    story.advance(s=5).expect("reservation.timeout").expect(
        "worker.activity.update", activity="Offline"
    )
    assert (story.tasks["T1"].status, story.queue_of("T1")) == ("pending", "Q1")
    story.advance(s=86_394).expect_nothing()
    story.advance(s=1).expect("task.canceled", reason="Task TTL Exceeded")


def test_trace_8_a_step_that_ends_while_reserved_is_left_when_the_offer_ends() -> None:
    story = queues("Q1", "Q2", reservation_timeout_s=20)
    story.workflow("w", rule("1==1", step("Q1", timeout=10), "Q2")).task("T1")
    story.advance(s=8).worker("alice").expect_offers(("T1", "alice"))
    story.advance(s=7).expect_nothing()
    story.reject("alice", activity="Offline").expect_events(
        "reservation.rejected",
        "worker.activity.update",
        "task-queue.timeout",
        "task-queue.moved",
        "workflow.target-matched",
        "task-queue.entered",
    )
    assert story.queue_of("T1") == "Q2"


def test_trace_9_the_timeout_of_the_default_filter_is_ignored() -> None:
    story = queues("D").workflow("w", default=step("D", timeout=30)).task("T1")
    story.advance(s=86_399).expect_nothing()
    story.advance(s=1).expect("task.canceled", reason="Task TTL Exceeded")


def test_trace_10_a_step_reached_early_has_the_time_of_the_skipped_ones_too() -> None:
    story = queues("Q1", "Q2").workflow(
        "w", rule("1==1", step("Q1", timeout=10, skip_if="1==1"), step("Q2", timeout=10))
    )
    assert story.task("T1").queue_of("T1") == "Q2"
    story.advance(ms=19_999).expect_nothing()
    story.advance(ms=1).expect("task.canceled", reason=FELL_OUT)


# --- filters ---


def test_the_first_filter_that_matches_is_entered_and_later_ones_are_not() -> None:
    story = queues("Q1", "Q2", "Q3").workflow(
        "w", rule("n > 5", "Q1"), rule("n > 3", "Q2"), rule("n > 1", "Q3")
    )
    assert story.task("T1", {"n": 4}).queue_of("T1") == "Q2"


def test_a_task_that_no_filter_matches_waits_in_the_default() -> None:
    story = queues("Q1", "D").workflow("w", rule("n > 5", "Q1"), default="D")
    assert story.task("T1").queue_of("T1") == "D"


def test_an_expression_that_makes_no_sense_for_a_task_just_does_not_match() -> None:
    story = queues("Q1", "D").workflow("w", rule("a.b HAS 'x' AND c > 'y'", "Q1"), default="D")
    assert story.task("T1", {"a": 1, "c": {}}).queue_of("T1") == "D"


def test_filters_are_looked_at_on_entry_only() -> None:
    story = queues("Day", "Night").workflow(
        "w", rule("taskrouter.currentTime < 1000", "Day"), default="Night"
    )
    story.task("T1").advance(minutes=90).expect_nothing()
    assert story.queue_of("T1") == "Day"
    assert story.task("T2").queue_of("T2") == "Night"


def test_later_filters_reached_by_a_time_out_see_the_time_of_day_anew() -> None:
    story = queues("Q1", "Early", "Late").workflow(
        "w",
        rule("1==1", step("Q1", timeout=7_200)),
        rule("taskrouter.currentTime < 1000", "Early"),
        rule("taskrouter.currentTime >= 1000", "Late"),
    )
    assert story.task("T1").advance(s=7_200).queue_of("T1") == "Late"


def test_only_filters_below_the_one_that_was_left_are_tried() -> None:
    story = queues("Q1", "Q2").workflow(
        "w", rule("1==1", step("Q1", timeout=10)), rule("1==1", step("Q2", timeout=10))
    )
    story.task("T1").advance(s=10).expect("task-queue.entered", queue="Q2")
    story.advance(s=10).expect("task.canceled")


# --- the clock of a filter ---


def test_time_outs_add_up_from_the_entry_into_the_filter() -> None:
    story = queues("Q1", "Q2", "Q3", reservation_timeout_s=5)
    story.workflow("w", rule("1==1", *(step(q, timeout=10) for q in ("Q1", "Q2", "Q3"))))
    story.task("T1").advance(s=3).worker("alice").expect("reservation.created")
    story.advance(s=5).expect("reservation.timeout").expect_no("task-queue.moved")
    assert story.queue_of("T1") == "Q1"
    story.advance(s=2).expect("task-queue.moved", queue="Q2", previous_queue="Q1")
    story.advance(s=9).expect_nothing()
    story.advance(s=1).expect("task-queue.moved", queue="Q3", previous_queue="Q2")
    story.advance(s=10).expect("task.canceled")


def test_the_clock_starts_anew_for_a_filter_reached_by_falling_through() -> None:
    story = queues("Q1", "Q2").workflow(
        "w", rule("1==1", step("Q1", timeout=10)), rule("1==1", step("Q2", timeout=15))
    )
    story.task("T1").advance(s=10).expect("task-queue.entered", queue="Q2")
    story.advance(s=14).expect_nothing()
    story.advance(s=1).expect("task.canceled")


def test_a_step_whose_time_is_over_when_it_is_reached_is_passed_through_with_its_priority() -> None:
    story = queues("Q1", "Q2", "Q3", reservation_timeout_s=30)
    story.workflow(
        "w",
        rule("1==1", step("Q1", timeout=10), step("Q2", timeout=10, priority=5), "Q3"),
    )
    story.worker("alice").task("T1").advance(s=30)
    story.expect("reservation.timeout").expect("task-queue.timeout", queue="Q1")
    story.expect("task-queue.entered", queue="Q2").expect("task-queue.timeout", queue="Q2")
    story.expect("task-queue.entered", queue="Q3")
    assert (story.queue_of("T1"), story.tasks["T1"].priority) == ("Q3", 5)


def test_a_step_that_is_passed_through_is_offered_to_nobody() -> None:
    story = Story(reservation_timeout_s=30).queue("Q1", "name == 'alice'")
    story.queue("Q2", "name == 'bob'").queue("Q3", "1==2")
    story.workflow("w", rule("1==1", step("Q1", timeout=10), step("Q2", timeout=10), "Q3"))
    story.worker("alice", {"name": "alice"}).worker("bob", {"name": "bob"}).task("T1")
    story.advance(s=30).expect_offers()
    assert story.queue_of("T1") == "Q3"


def test_a_step_without_a_timeout_is_the_end_of_the_road() -> None:
    story = queues("Q1", "Q2").workflow("w", rule("1==1", "Q1", step("Q2", timeout=10)))
    story.task("T1").advance(s=86_399).expect_nothing()
    assert story.queue_of("T1") == "Q1"


def test_the_clock_runs_while_the_task_is_reserved() -> None:
    story = queues("Q1", reservation_timeout_s=30).worker("alice")
    story.workflow("w", rule("1==1", step("Q1", timeout=30))).task("T1").advance(s=30)
    story.expect_events(
        "reservation.timeout",
        "worker.activity.update",
        "task-queue.timeout",
        "workflow.timeout",
        "task.canceled",
    )


def test_an_offer_is_never_pulled_back_because_a_step_is_over() -> None:
    story = queues("Q1", "Q2").worker("alice")
    story.workflow("w", rule("1==1", step("Q1", timeout=1), "Q2")).task("T1")
    story.advance(s=60).expect_nothing()
    story.accept("alice").expect("reservation.accepted")
    assert story.queue_of("T1") == "Q1"


def test_an_accepted_task_is_moved_by_no_clock_of_its_workflow() -> None:
    story = queues("Q1", "Q2").worker("alice")
    story.workflow("w", rule("1==1", step("Q1", timeout=10), "Q2")).task("T1").accept("alice")
    story.advance(s=1_000).expect_nothing()


def test_an_offer_that_ends_within_the_step_goes_to_the_next_worker_of_the_step() -> None:
    story = queues("Q1", "Q2").worker("alice").advance(ms=1).worker("bob")
    story.workflow("w", rule("1==1", step("Q1", timeout=60), "Q2")).task("T1")
    story.reject("alice").expect_offers(("T1", "bob"))
    assert story.queue_of("T1") == "Q1"


def test_a_step_that_nobody_can_fulfil_is_a_delay() -> None:
    story = queues("Q1").worker("alice")
    story.workflow("w", rule("1==1", step("Q1", expression="1==0", timeout=600), "Q1"))
    story.task("T1").advance(ms=599_999).expect_nothing()
    story.advance(ms=1).expect("task-queue.timeout").expect("reservation.created", worker="alice")


# --- steps ---


def test_three_steps_in_one_queue_enter_it_once() -> None:
    story = queues("Q1").workflow(
        "w", rule("1==1", step("Q1", timeout=10), step("Q1", timeout=10), step())
    )
    entered_ms = story.task("T1").tasks["T1"].task_queue_entered_ms
    story.advance(s=20).expect_no("task-queue.entered", "task-queue.moved")
    assert story.tasks["T1"].task_queue_entered_ms == entered_ms == story.now_ms - 20_000


def test_moving_to_another_queue_sets_the_instant_of_entry_and_keeps_the_age() -> None:
    story = queues("Q1", "Q2").workflow("w", rule("1==1", step("Q1", timeout=10), "Q2"))
    story.task("T1").advance(s=10)
    task = story.tasks["T1"]
    assert task.task_queue_entered_ms == story.now_ms
    assert task.created_ms == task.virtual_start_ms == story.now_ms - 10_000


def test_a_priority_stays_when_a_later_target_names_none() -> None:
    story = queues("Q1", "Q2")
    story.workflow("w", rule("1==1", step("Q1", priority=7, timeout=10), "Q2"))
    assert story.task("T1", priority=3).advance(s=10).tasks["T1"].priority == 7


def test_a_target_expression_narrows_its_own_step_only() -> None:
    story = queues("Q1").worker("alice", {"level": 1})
    story.workflow("w", rule("1==1", step("Q1", expression="worker.level > 1", timeout=10), {}))
    story.task("T1").expect_offers()
    story.advance(s=10).expect_offers(("T1", "alice"))


def test_every_target_that_is_entered_is_matched_by_an_event_of_its_own() -> None:
    story = queues("Q1", "Q2", "D").workflow(
        "w", rule("1==1", step("Q1", skip_if="1==1"), step("Q2", skip_if="1==1")), default="D"
    )
    matched = [e for e in story.task("T1").latest if isinstance(e, WorkflowTargetMatched)]
    assert [(e.filter_index, e.target_index) for e in matched] == [(0, 0), (0, 1), (-2, 0)]


# --- skip_if ---


def test_a_step_that_finds_somebody_is_not_skipped() -> None:
    story = queues("Q1", "D").worker("alice")
    story.workflow("w", rule("1==1", step("Q1", skip_if="1==1")), default="D").task("T1")
    story.expect_offers(("T1", "alice"))
    assert story.queue_of("T1") == "Q1"


def test_the_first_of_two_tasks_for_one_worker_stays_and_the_second_is_skipped() -> None:
    story = queues("Q1", "D").worker("alice")
    story.workflow("w", rule("1==1", step("Q1", skip_if="1==1")), default="D")
    story.task("T1").task("T2")
    assert (story.queue_of("T1"), story.queue_of("T2")) == ("Q1", "D")


def test_a_skip_looks_at_the_workers_of_the_queue_alone() -> None:
    story = Story().queue("Q1", "skills HAS 'x'").queue("D").worker("alice", {"skills": ["y"]})
    story.workflow("w", rule("1==1", step("Q1", skip_if="workers.available == 0")), default="D")
    assert story.task("T1").queue_of("T1") == "D"


def test_a_skip_does_not_look_at_the_targets_expression() -> None:
    story = (
        queues("Q1", "D")
        .worker("alice")
        .workflow(
            "w",
            rule("1==1", step("Q1", expression="1==0", skip_if="workers.available == 0")),
            default="D",
        )
    )
    assert story.task("T1").queue_of("T1") == "Q1"


def test_a_skip_counts_the_unavailable_and_those_in_one_activity() -> None:
    story = queues("Q1", "Q2", "D").activity("Break")
    story.worker("alice", activity="Break").worker("bob", activity="Offline")
    in_break = f"workers.{story.sid('WA', 'Break')} == 1 AND workers.unavailable == 2"
    story.workflow(
        "w",
        rule("1==1", step("Q1", skip_if=in_break), step("Q2", skip_if="workers.unavailable > 2")),
        default="D",
    )
    assert story.task("T1").queue_of("T1") == "Q2"


def test_a_skip_may_look_at_the_task() -> None:
    story = queues("Q1", "D")
    story.workflow("w", rule("1==1", step("Q1", skip_if="task.hurry == true")), default="D")
    assert story.task("T1", {"hurry": True}).queue_of("T1") == "D"
    assert story.task("T2").queue_of("T2") == "Q1"


def test_a_waiting_task_is_not_skipped_because_a_worker_goes() -> None:
    story = (
        queues("Q1", "D")
        .worker("alice")
        .workflow("w", rule("1==1", step("Q1", skip_if="workers.available == 0")), default="D")
    )
    story.task("T0").accept("alice").task("T1").goes("alice", "Offline")
    story.advance(s=1_000).expect_nothing()
    assert story.queue_of("T1") == "Q1"


def test_a_step_is_skipped_when_its_only_offer_has_lapsed_and_nobody_is_left() -> None:
    story = (
        queues("Q1", "D")
        .worker("alice")
        .workflow("w", rule("1==1", step("Q1", skip_if="workers.available == 0")), default="D")
    )
    story.task("T1").advance(s=120).expect_events(
        "reservation.timeout",
        "worker.activity.update",
        "task-queue.moved",
        "workflow.target-matched",
        "task-queue.entered",
    )
    assert story.queue_of("T1") == "D"


def test_a_step_is_skipped_after_a_rejection_only_if_nobody_else_takes_it() -> None:
    story = queues("Q1", "D").worker("alice").advance(ms=1).worker("bob")
    story.workflow("w", rule("1==1", step("Q1", skip_if="1==1")), default="D").task("T1")
    story.reject("alice", activity="Offline").expect_offers(("T1", "bob"))
    story.reject("bob", activity="Offline").expect("task-queue.entered", queue="D")


def test_a_skip_on_the_last_target_leads_to_the_next_filter_that_matches_before_the_default() -> (
    None
):
    story = queues("Q1", "Q2", "Q3", "D").workflow(
        "w",
        rule("1==1", step("Q1", skip_if="1==1")),
        rule("1==2", "Q2"),
        rule("1==1", "Q3"),
        default="D",
    )
    assert story.task("T1").queue_of("T1") == "Q3"


def test_a_skip_at_the_end_of_a_workflow_without_default_cancels() -> None:
    story = queues("Q1").workflow("w", rule("1==1", step("Q1", skip_if="1==1"))).task("T1")
    story.expect("workflow.skipped").expect("task.canceled", reason=FELL_OUT).expect_nothing()


def test_what_counts_for_the_default_is_how_the_last_step_was_left() -> None:
    story = queues("Q1", "Q2", "D").workflow(
        "skipped last",
        rule("1==1", step("Q1", timeout=10)),
        rule("1==1", step("Q2", skip_if="1==1")),
        default="D",
    )
    story.workflow(
        "timed out last",
        rule("1==1", step("Q1", skip_if="1==1")),
        rule("1==1", step("Q2", timeout=10)),
        default="D",
    )
    story.task("T1", workflow="skipped last").task("T2", workflow="timed out last").advance(s=10)
    assert story.queue_of("T1") == "D"
    assert story.tasks["T2"].status == "canceled"


# --- the default filter ---


def test_the_default_filter_honours_priority_expression_order_and_known_worker() -> None:
    story = queues("D").worker("alice", {"n": 1}).worker("bob", {"n": 2}).worker("carol")
    story.workflow(
        "w",
        default=step("D", priority=4, expression="worker.n != null", order_by="worker.n DESC"),
    )
    story.workflow("known", default=step("D", known_worker_friendly_name="task.agent"))
    story.task("T1", workflow="w").expect_offers(("T1", "bob"))
    assert story.tasks["T1"].priority == 4
    story.task("T2", {"agent": "carol"}, workflow="known").expect_offers(("T2", "carol"))


def test_the_skip_if_of_the_default_filter_is_ignored() -> None:
    story = queues("D").workflow("w", default=step("D", skip_if="1==1")).task("T1")
    assert (story.tasks["T1"].status, story.queue_of("T1")) == ("pending", "D")


# --- entering again ---


def test_the_clock_starts_anew_when_attributes_send_a_task_through_again() -> None:
    story = queues("Q1", "Q2").workflow("w", rule("1==1", step("Q1", timeout=10), "Q2"))
    story.task("T1").advance(s=8).update_task("T1", {"x": 1})
    story.advance(s=9).expect_nothing()
    story.advance(s=1).expect("task-queue.moved", queue="Q2")


def test_attributes_send_a_task_back_to_the_first_step() -> None:
    story = queues("Q1", "Q2").workflow("w", rule("1==1", step("Q1", timeout=10), "Q2"))
    story.task("T1").advance(s=10).update_task("T1", {"x": 1})
    story.expect("task-queue.moved", queue="Q1", previous_queue="Q2")


def test_attributes_can_send_a_task_out_of_its_workflow() -> None:
    story = queues("Q1").workflow("w", rule("n == 1", "Q1")).task("T1", {"n": 1})
    story.update_task("T1", {"n": 2}).expect("workflow.timeout")
    story.expect("task.canceled", reason=FELL_OUT)


def test_tasks_inside_a_workflow_keep_the_rules_under_which_they_entered() -> None:
    story = queues("Q1", "Q2", "Q3")
    story.workflow("w", rule("1==1", step("Q1", timeout=10), "Q2")).task("T1")
    story.update_workflow("w", rule("1==1", "Q3")).expect_events("workflow.updated")
    story.task("T2")
    assert (story.queue_of("T1"), story.queue_of("T2")) == ("Q1", "Q3")
    story.advance(s=10).expect("task-queue.entered", task="T1", queue="Q2")


def test_an_attribute_update_takes_the_newest_rules() -> None:
    story = queues("Q1", "Q2").workflow("w", default="Q1").task("T1")
    story.update_workflow("w", default="Q2").update_task("T1", {"x": 1})
    assert story.queue_of("T1") == "Q2"


def test_re_evaluation_sends_pending_tasks_through_the_new_rules() -> None:
    story = queues("Q1", "Q2").workflow("w", default="Q1").task("T1")
    story.update_workflow("w", default="Q2", re_evaluate=True).expect_events(
        "workflow.updated",
        "workflow.entered",
        "task-queue.moved",
        "workflow.target-matched",
        "task-queue.entered",
    )


def test_re_evaluation_raises_the_version_of_every_task_that_it_moves() -> None:
    story = queues("Q1", "Q2").workflow("w", default="Q1").task("T1")
    story.update_workflow("w", default="Q2", re_evaluate=True)
    assert story.tasks["T1"].version == 1


def test_re_evaluation_without_other_rules_starts_the_clock_anew() -> None:
    story = queues("Q1", "Q2").workflow("w", rule("1==1", step("Q1", timeout=10), "Q2"))
    story.task("T1").advance(s=8).update_workflow("w", re_evaluate=True)
    story.advance(s=9).expect_nothing()
    story.advance(s=1).expect("task-queue.entered", queue="Q2")


def test_re_evaluation_leaves_reserved_tasks_alone_until_they_come_back() -> None:
    story = queues("Q1", "Q2").worker("alice").workflow("w", default="Q1").task("T1")
    story.update_workflow("w", default="Q2", re_evaluate=True).expect_events("workflow.updated")
    assert (story.tasks["T1"].status, story.queue_of("T1")) == ("reserved", "Q1")
    story.reject("alice", activity="Offline").expect("workflow.entered", workflow="w")
    story.expect("task-queue.moved", queue="Q2", previous_queue="Q1")


def test_re_evaluation_of_a_reserved_task_that_is_accepted_comes_to_nothing() -> None:
    story = queues("Q1", "Q2").worker("alice").workflow("w", default="Q1").task("T1")
    story.update_workflow("w", default="Q2", re_evaluate=True).accept("alice")
    assert story.queue_of("T1") == "Q1"


def test_re_evaluation_of_one_workflow_leaves_the_tasks_of_another_alone() -> None:
    story = queues("Q1", "Q2").workflow("w", default="Q1").workflow("other", default="Q1")
    story.task("T1", workflow="w").task("T2", workflow="other")
    story.update_workflow("w", default="Q2", re_evaluate=True)
    assert (story.queue_of("T1"), story.queue_of("T2")) == ("Q2", "Q1")


def test_re_evaluated_tasks_all_enter_before_the_first_of_them_is_offered() -> None:
    story = Story().queue("Nobody", "1==2").queue("Q1").worker("alice")
    story.workflow("w", default="Nobody").task("T1", priority=1).task("T2", priority=2)
    story.update_workflow("w", default="Q1", re_evaluate=True)
    story.expect("task-queue.entered", task="T2").expect("task-queue.entered", task="T1")
    story.expect("reservation.created", task="T2", worker="alice")


def test_re_evaluated_tasks_that_get_nobody_are_skipped_on_before_the_next_match() -> None:
    story = Story().queue("Nobody", "1==2").queue("Q1").queue("Q2", "1==2").worker("alice")
    story.workflow("w", default="Nobody").task("T1").task("T2")
    story.update_workflow("w", rule("1==1", step("Q1", skip_if="1==1"), "Q2"), re_evaluate=True)
    story.expect_offers(("T1", "alice"))
    assert (story.queue_of("T1"), story.queue_of("T2")) == ("Q1", "Q2")


def test_re_evaluation_of_very_many_tasks_goes_on_at_once_in_slices() -> None:
    story = queues("Q1", "Q2").workflow("w", default="Q1")
    for number in range(600):
        story.task(f"T{number}")
    story.update_workflow("w", default="Q2", re_evaluate=True)
    moved = sum(story.queue_of(f"T{number}") == "Q2" for number in range(600))
    assert moved == SLICE < 600
    assert story.machine.next_deadline_ms() == 0
    story.advance()
    assert {story.queue_of(f"T{number}") for number in range(600)} == {"Q2"}
    story.delete_queue("Q1")


def test_a_restart_between_two_slices_of_a_re_evaluation_loses_none() -> None:
    story = queues("Q1", "Q2").workflow("w", default="Q1")
    for number in range(600):
        story.task(f"T{number}")
    story.update_workflow("w", default="Q2", re_evaluate=True).restart().advance()
    assert {story.queue_of(f"T{number}") for number in range(600)} == {"Q2"}


def test_a_command_need_not_wait_for_the_rest_of_the_slices() -> None:
    story = queues("Q1", "Q2").workflow("w", default="Q1")
    for number in range(300):
        story.task(f"T{number}")
    story.update_workflow("w", default="Q2", re_evaluate=True).task("last")
    assert not [e for e in story.latest if isinstance(e, TaskQueueMoved)]
    assert story.queue_of("last") == "Q2"
    story.advance()
    assert {story.queue_of(f"T{number}") for number in range(300)} == {"Q2"}


# --- rules that tasks still follow ---


def test_a_queue_that_only_old_rules_name_is_kept_while_a_waiting_task_follows_them() -> None:
    story = queues("Q1", "Q2", "Q3")
    story.workflow("w", rule("1==1", step("Q1", timeout=10), "Q2")).task("T1")
    story.update_workflow("w", default="Q3")
    with story.refuses(Conflict, "unfinished tasks follow that still"):
        story.delete_queue("Q2")
    story.delete_task("T1").delete_queue("Q2").delete_queue("Q1")


def test_the_rules_that_an_assigned_task_entered_under_keep_no_queue() -> None:
    story = queues("Q1", "Q2", "Q3").worker("alice")
    story.workflow("w", rule("1==1", step("Q1", timeout=10), "Q2")).task("T1")
    story.update_workflow("w", default="Q3")
    with story.refuses(Conflict, "task queue WQ"):
        story.delete_queue("Q2")
    story.accept("alice").delete_queue("Q2").expect("task-queue.deleted", queue="Q2")
    with story.refuses(Conflict, "1 unfinished tasks are in it"):
        story.delete_queue("Q1")


def test_two_tasks_can_follow_two_versions_of_the_rules() -> None:
    story = queues("Q1", "Q2", "Q3")
    story.workflow("w", rule("1==1", step("Q1", timeout=10), "Q1")).task("T1")
    story.update_workflow("w", rule("1==1", step("Q2", timeout=20), "Q3")).task("T2")
    story.update_workflow("w", default="Q3").task("T3")
    assert [story.queue_of(t) for t in ("T1", "T2", "T3")] == ["Q1", "Q2", "Q3"]
    assert len(story.workflows["w"].configurations) == 3
    story.advance(s=20).expect("task-queue.timeout", task="T1", queue="Q1")
    story.expect("task-queue.moved", task="T2", queue="Q3")
    story.delete_task("T1").delete_task("T2")
    assert len(story.workflows["w"].configurations) == 1


def test_a_task_canceled_by_its_workflow_says_so() -> None:
    story = queues("Q1").workflow("w", rule("1==1", step("Q1", timeout=10))).task("T1")
    canceled = [e for e in story.advance(s=10).latest if isinstance(e, TaskCanceled)]
    assert [e.reason for e in canceled] == [FELL_OUT]
