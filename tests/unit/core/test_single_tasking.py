"""Workspaces where a worker does one task at a time, and activities follow the work."""

import pytest

from story import Story
from taskyard.core.errors import Invalid


def classic(**keys: object) -> Story:
    """Activities that follow: Reserved while asked, Busy once accepted."""
    story = Story(multi_tasking=False).activity("Reserved").activity("Busy")
    return story.queue(
        "Q1", reservation_activity="Reserved", assignment_activity="Busy", **keys
    ).worker("alice")


def test_an_offer_takes_its_worker_to_the_reservation_activity() -> None:
    story = classic().task("T1")
    story.expect("reservation.created").expect("worker.activity.update", activity="Reserved")
    assert story.activity_of("alice") == "Reserved"


def test_accepting_takes_the_worker_to_the_assignment_activity() -> None:
    story = classic().task("T1").accept("alice")
    story.expect_events("reservation.accepted", "worker.activity.update")
    assert story.activity_of("alice") == "Busy"


def test_completing_leaves_the_worker_in_the_assignment_activity() -> None:
    story = classic().task("T1").accept("alice").task("T2").complete("alice")
    story.expect_events("reservation.completed", "task.completed")
    assert story.activity_of("alice") == "Busy"
    story.goes("alice", "Available").expect_offers(("T2", "alice"))


def test_completing_takes_the_worker_to_the_post_work_activity_if_one_was_named() -> None:
    story = classic().task("T1").accept("alice", post_work="Available").task("T2")
    story.complete("alice").expect_offers(("T2", "alice"))


def test_rejecting_takes_the_worker_back_to_what_they_did_before() -> None:
    story = classic().task("T1").reject("alice")
    story.expect("reservation.rejected").expect("worker.activity.update", activity="Available")


def test_rejecting_can_take_the_worker_somewhere_else() -> None:
    story = classic().task("T1").reject("alice", activity="Unavailable")
    story.expect_events("reservation.rejected", "worker.activity.update")
    assert story.activity_of("alice") == "Unavailable"


def test_a_lapsed_offer_takes_the_worker_to_the_timeout_activity() -> None:
    story = classic().task("T1").advance(s=120)
    story.expect_events("reservation.timeout", "worker.activity.update")
    assert story.activity_of("alice") == "Offline"


def test_a_canceled_task_gives_its_worker_back_what_they_did_before() -> None:
    story = classic().task("T1").cancel("T1")
    story.expect_events("task.canceled", "reservation.canceled", "worker.activity.update")
    assert story.activity_of("alice") == "Available"


def test_a_deleted_task_gives_its_worker_back_what_they_did_before() -> None:
    assert classic().task("T1").delete_task("T1").activity_of("alice") == "Available"


def test_whoever_was_too_late_goes_back_to_what_they_did_before() -> None:
    story = classic(max_reserved_workers=2).worker("bob").task("T1").accept("bob")
    story.expect("reservation.rescinded", worker="alice")
    assert (story.activity_of("alice"), story.activity_of("bob")) == ("Available", "Busy")


def test_a_worker_does_one_task_whatever_their_channels_and_capacities() -> None:
    story = Story(multi_tasking=False).worker("alice", chat=5).task("T1", channel="chat")
    story.expect_offers(("T1", "alice"))
    story.task("T2", channel="chat").task("T3", channel="voice").expect_offers()
    story.accept("alice", "T1").expect_offers()
    story.complete("alice", "T1").expect_offers(("T2", "alice"))


def test_channels_do_not_decide_who_is_free() -> None:
    story = Story(multi_tasking=False).worker("alice", chat=0)
    story.worker_channel("alice", "voice", available=False)
    story.task("T1", channel="chat").expect_offers(("T1", "alice"))


def test_task_channels_are_still_stored() -> None:
    story = Story(multi_tasking=False).task("T1", channel="chat")
    assert story.tasks["T1"].task_channel_sid == story.sid("TC", "chat")


def test_tasks_go_straight_to_completed() -> None:
    story = Story(multi_tasking=False).worker("alice").task("T1").accept("alice")
    with story.refuses(Invalid, "multi-tasking switched off"):
        story.wrap_task("T1")
    with story.refuses(Invalid, "multi-tasking switched off"):
        story.wrap("alice")
    story.complete_task("T1").expect("task.completed")


def test_queues_without_activities_leave_everybody_where_they_are() -> None:
    story = Story(multi_tasking=False).worker("alice").task("T1").accept("alice")
    assert story.activity_of("alice") == "Available"
    story.task("T2").expect_offers()


def test_an_offer_can_be_accepted_from_an_activity_that_is_not_available() -> None:
    story = classic().task("T1").accept("alice").expect("reservation.accepted")
    assert story.tasks["T1"].status == "assigned"


def test_reservation_and_assignment_activities_are_ignored_when_multi_tasking() -> None:
    story = (
        Story()
        .activity("Busy")
        .queue("Q1", reservation_activity="Busy", assignment_activity="Busy")
    )
    story.worker("alice").task("T1").expect_no("worker.activity.update")
    assert story.accept("alice").activity_of("alice") == "Available"


def test_switching_multi_tasking_on_matches_anew_with_the_capacities_of_before() -> None:
    story = Story(multi_tasking=False).worker("alice", default=3)
    for number in range(4):
        story.task(f"T{number}")
    story.update_workspace(multi_task_enabled=True)
    story.expect_offers(("T1", "alice"), ("T2", "alice"))


def test_switching_multi_tasking_off_keeps_what_is_in_hand() -> None:
    story = Story().worker("alice", default=2).task("T1").task("T2").accept("alice", "T1")
    story.update_workspace(multi_task_enabled=False).complete("alice", "T1").task("T3")
    story.expect_offers()
    story.accept("alice", "T2").complete("alice", "T2").expect_offers(("T3", "alice"))


@pytest.mark.parametrize("end", ["reject", "cancel"])
def test_who_is_given_back_an_available_activity_is_asked_again_at_once(end: str) -> None:
    story = classic().task("T1").task("T2").advance(ms=1)
    if end == "reject":
        story.update_task("T2", priority=1).reject("alice", "T1")
    else:
        story.cancel("T1")
    story.expect_offers(("T2", "alice"))
