"""What becomes of an offer: every status, every way out of it, and what each changes."""

from collections.abc import Callable

import pytest

from story import Story, rule, step
from taskyard.core.commands import AcceptReservation, NoteCallbackDone, RejectReservation
from taskyard.core.errors import Conflict, Gone, Invalid, NotFound, VersionMismatch
from taskyard.core.events import ReservationCallbackDone
from taskyard.core.limits import Limits


def offered() -> Story:
    return Story().worker("alice").task("T1")


def accepted() -> Story:
    return offered().accept("alice")


def wrapping() -> Story:
    return accepted().wrap("alice")


def completed() -> Story:
    return wrapping().complete("alice")


def rejected() -> Story:
    return offered().reject("alice", activity="Offline")


def timed_out() -> Story:
    return offered().advance(s=120)


def canceled() -> Story:
    return offered().cancel("T1")


def rescinded() -> Story:
    story = Story().queue("Q1", max_reserved_workers=2).worker("alice").worker("bob").task("T1")
    return story.accept("bob")


# --- how an offer is made ---


def test_an_offer_is_pending_and_names_the_task_its_worker_and_its_queue() -> None:
    story = offered().expect("reservation.created", task="T1", worker="alice", queue="everyone")
    reservation = story.reservation("alice")
    assert reservation.status == "pending"
    assert reservation.expires_ms == story.now_ms + 120_000
    assert reservation.version == 0


def test_an_offer_takes_up_capacity_but_is_not_assigned_work() -> None:
    channel = offered().channel("alice")
    assert (channel.used, channel.assigned) == (1, 0)


def test_a_worker_of_capacity_1_with_an_open_offer_is_offered_nothing_else_of_the_kind() -> None:
    story = offered().task("T2")
    story.expect_offers()
    assert story.tasks["T2"].status == "pending"


def test_an_offer_leaves_the_activity_of_its_worker_alone() -> None:
    assert offered().expect_no("worker.activity.update").activity_of("alice") == "Available"


@pytest.mark.parametrize("activity", ["Offline", "Unavailable"])
def test_nobody_in_an_unavailable_activity_is_asked(activity: str) -> None:
    Story().worker("alice", activity=activity).task("T1").expect_offers()


def test_nobody_outside_the_queue_is_asked() -> None:
    story = Story().queue("Q1", "skills HAS 'x'").worker("alice", {"skills": ["y"]}).task("T1")
    story.expect_offers()


def test_nobody_who_fails_the_targets_expression_is_asked() -> None:
    story = Story().queue("Q1").worker("alice", {"level": 1})
    story.workflow("w", rule("1==1", step("Q1", expression="worker.level > task.level")))
    story.task("T1", {"level": 1}).expect_offers()
    story.task("T2", {"level": 0}).expect_offers(("T2", "alice"))


# --- accepted ---


def test_accepting_makes_the_offer_assigned_work() -> None:
    story = accepted().expect_events("reservation.accepted")
    assert story.reservation("alice").status == "accepted"
    assert (story.channel("alice").used, story.channel("alice").assigned) == (1, 1)
    assert story.activity_of("alice") == "Available"


def test_accepting_stops_the_timer_of_the_offer() -> None:
    accepted().advance(s=1_000).expect_nothing()


def test_an_offer_can_be_accepted_until_a_millisecond_before_its_deadline() -> None:
    offered().advance(ms=119_999).accept("alice").expect("reservation.accepted")


def test_an_answer_that_comes_with_the_deadline_comes_too_late() -> None:
    story = offered().advance(s=120)
    with story.refuses(Gone, "can no longer be accepted"):
        story.accept("alice", "T1")


@pytest.mark.parametrize("answer", [AcceptReservation, RejectReservation])
def test_a_late_answer_comes_too_late_although_the_timer_is_later_still(
    answer: type[AcceptReservation | RejectReservation],
) -> None:
    story = offered()
    sid = story.reservation("alice").sid
    # Where very much is due at once, commands are decided in between.
    with pytest.raises(Gone, match="has timed out"):
        story.machine.decide(answer(reservation_sid=sid), story.now_ms + 120_000)
    assert story.reservation("alice").status == "pending"


# --- rejected ---


def test_rejecting_gives_the_capacity_back_and_the_worker_stays_where_they_are() -> None:
    story = offered().task("T2").reject("alice", "T1").expect("reservation.rejected", task="T1")
    story.expect_no("worker.activity.update")
    assert story.activity_of("alice") == "Available"


def test_rejecting_can_take_the_worker_to_another_activity() -> None:
    story = rejected().expect_events("reservation.rejected", "worker.activity.update")
    assert story.activity_of("alice") == "Offline"
    assert story.channel("alice").used == 0


def test_whoever_rejects_is_not_excluded() -> None:
    story = offered().reject("alice")
    story.expect_events("reservation.rejected", "reservation.created")
    story.expect_offers(("T1", "alice"))


def test_whoever_rejects_comes_last_in_the_circle() -> None:
    story = Story().worker("alice").advance(ms=1).worker("bob").task("T1")
    story.expect_offers(("T1", "alice")).advance(ms=1)
    story.reject("alice").expect_offers(("T1", "bob"))
    story.advance(ms=1).reject("bob").expect_offers(("T1", "alice"))


def test_rejecting_towards_an_unknown_activity_is_refused() -> None:
    story = offered()
    with story.refuses(Invalid, "WorkerActivitySid"):
        story.reject("alice", activity="WA" + "f" * 32)


# --- timeout ---


def test_offer_lapses_at_its_deadline_and_not_a_millisecond_before() -> None:
    story = Story(reservation_timeout_s=15).worker("alice").task("T1")
    story.advance(ms=14_999).expect_nothing()
    story.advance(ms=1).expect("reservation.timeout", task="T1", worker="alice")


def test_a_lapsed_offer_takes_its_worker_to_the_timeout_activity() -> None:
    story = timed_out().expect_events("reservation.timeout", "worker.activity.update")
    assert story.activity_of("alice") == "Offline"
    assert story.reservation("alice").status == "timeout"
    assert story.channel("alice").used == 0


def test_the_timeout_activity_is_the_one_that_the_workspace_names() -> None:
    story = Story().activity("Missed").update_workspace(timeout_activity="Missed")
    story.worker("alice").task("T1").advance(s=120).expect(
        "worker.activity.update", worker="alice", activity="Missed"
    )


def test_a_timeout_activity_that_is_available_lets_the_worker_be_asked_again_at_once() -> None:
    story = Story().update_workspace(timeout_activity="Available").worker("alice").task("T1")
    story.advance(s=120).expect_events("reservation.timeout", "reservation.created")


def test_a_worker_who_let_an_offer_lapse_gets_nothing_until_they_come_back() -> None:
    story = timed_out().task("T2").expect_offers()
    story.goes("alice", "Available").expect_offers(("T1", "alice"))


def test_other_offers_of_a_worker_who_let_one_lapse_stay_open() -> None:
    story = Story().worker("alice").task("T1", channel="chat").advance(s=60)
    story.task("T2", channel="voice").advance(s=60).expect("reservation.timeout", task="T1")
    assert story.activity_of("alice") == "Offline"
    assert story.reservation("alice", "T2").status == "pending"
    story.accept("alice", "T2").expect("reservation.accepted")


def test_the_timer_starts_anew_with_every_offer() -> None:
    story = offered().advance(s=100).reject("alice")
    story.advance(s=119).expect_nothing()
    story.advance(s=1).expect("reservation.timeout")


def test_a_changed_reservation_timeout_is_for_offers_made_afterwards() -> None:
    story = offered().update_workflow("anyone", task_reservation_timeout_s=10)
    story.advance(s=60).expect_nothing()
    story.reject("alice").advance(s=10).expect("reservation.timeout")


# --- canceled and rescinded ---


def test_an_offer_is_canceled_with_its_task() -> None:
    story = canceled().expect("task.canceled").expect("reservation.canceled", worker="alice")
    assert story.reservation("alice").status == "canceled"


def test_an_offer_is_rescinded_when_its_worker_is_deleted() -> None:
    story = offered().delete_worker("alice").expect("reservation.rescinded", worker="alice")
    story.expect("worker.deleted")
    assert story.tasks["T1"].status == "pending"


# --- wrapping and completed ---


def test_wrapping_ends_the_assignment_but_keeps_the_capacity() -> None:
    story = wrapping().expect_events("reservation.wrapup", "task.wrapup")
    assert (story.channel("alice").used, story.channel("alice").assigned) == (1, 0)
    assert story.tasks["T1"].status == "wrapping"
    story.task("T2").expect_offers()


@pytest.mark.parametrize("begin", [accepted, wrapping])
def test_completing_gives_the_capacity_back(begin: type[Story]) -> None:
    story = begin().complete("alice").expect_events("reservation.completed", "task.completed")
    assert (story.channel("alice").used, story.channel("alice").assigned) == (0, 0)
    assert story.activity_of("alice") == "Available"
    story.task("T2").expect_offers(("T2", "alice"))


def test_completing_sets_the_worker_free_for_the_next_in_the_same_command() -> None:
    accepted().task("T2").complete("alice", "T1").expect_offers(("T2", "alice"))


def test_completing_takes_the_worker_to_the_post_work_activity() -> None:
    story = offered().activity("Breather").accept("alice", post_work="Breather")
    assert story.activity_of("alice") == "Available"
    story.complete("alice").expect_events(
        "reservation.completed", "task.completed", "worker.activity.update"
    )
    assert story.activity_of("alice") == "Breather"


def test_completing_through_the_task_takes_the_worker_to_the_post_work_activity_too() -> None:
    story = offered().accept("alice", post_work="Unavailable").complete_task("T1")
    story.expect_events("task.completed", "reservation.completed", "worker.activity.update")
    assert story.activity_of("alice") == "Unavailable"


# --- what is refused in which status ---


@pytest.mark.parametrize("begin", [timed_out, canceled, rescinded])
def test_any_answer_to_a_withdrawn_offer_hears_that_it_is_gone(begin: type[Story]) -> None:
    story = begin()
    for ask in (story.accept, story.reject, story.wrap, story.complete):
        with story.refuses(Gone, "reservation WR"):
            ask("alice", "T1")


@pytest.mark.parametrize("begin", [rejected, completed])
def test_any_answer_to_a_rejected_or_completed_offer_is_a_conflict(begin: type[Story]) -> None:
    story = begin()
    for ask in (story.accept, story.reject, story.wrap, story.complete):
        with story.refuses(Conflict, "reservation WR"):
            ask("alice", "T1")


def test_what_is_so_already_is_refused() -> None:
    story = accepted()
    with story.refuses(Conflict, "is accepted: it cannot be accepted"):
        story.accept("alice")
    with story.refuses(Conflict, "is accepted: it cannot be rejected"):
        story.reject("alice")
    story.wrap("alice")
    with story.refuses(Conflict, "is wrapping: it cannot be wrapping"):
        story.wrap("alice")


def test_what_nobody_has_accepted_cannot_be_wrapped_up_or_completed() -> None:
    story = offered()
    with story.refuses(Conflict, "is pending: it cannot be wrapping"):
        story.wrap("alice")
    with story.refuses(Conflict, "is pending: it cannot be completed"):
        story.complete("alice")


@pytest.mark.parametrize("sid", ["", "WR", "WR" + "f" * 32, "WT" + "0" * 32, "nonsense"])
def test_a_reservation_that_is_not_there_is_not_found(sid: str) -> None:
    story = offered()
    for ask in (story.accept, story.reject, story.wrap, story.complete):
        with story.refuses(NotFound, "reservation"):
            ask(sid, "?")


# --- versions ---


def test_every_change_raises_the_version_of_a_reservation_by_one() -> None:
    story = offered()
    versions = [story.reservation("alice").version]
    for ask in (story.accept, story.wrap, story.complete):
        ask("alice")
        versions.append(story.reservation("alice").version)
    assert versions == [0, 1, 2, 3]


def test_whoever_read_another_version_of_a_reservation_cannot_answer() -> None:
    story = offered()
    for ask in (story.accept, story.reject, story.wrap, story.complete):
        with story.refuses(VersionMismatch, "version 0, not 1"):
            ask("alice", expected_version=1)
    story.accept("alice", expected_version=0)


# --- what a change of the world does to open offers ---


def test_a_pending_offer_stays_when_its_worker_no_longer_matches() -> None:
    story = Story().queue("Q1", "skills HAS 'x'").worker("alice", {"skills": ["x"]}).task("T1")
    story.update_worker("alice", {"skills": []}).expect_events("worker.attributes.update")
    story.accept("alice").expect("reservation.accepted")


def test_a_pending_offer_stays_when_its_queue_no_longer_matches() -> None:
    story = offered().update_queue("everyone", target_workers="1==2")
    story.expect_events("task-queue.expression.updated")
    story.accept("alice").expect("reservation.accepted")


@pytest.mark.parametrize("activity", ["Unavailable", "Ready too"])
def test_a_change_of_activity_leaves_open_offers_and_work_alone(activity: str) -> None:
    story = Story().activity("Ready too", available=True)
    story.worker("alice").task("T1", channel="chat").accept("alice").task("T2", channel="sms")
    story.goes("alice", activity).expect_events("worker.activity.update")
    assert story.reservation("alice", "T1").status == "accepted"
    assert story.reservation("alice", "T2").status == "pending"


def test_the_last_offer_counts_for_the_order_of_workers_when_its_task_is_gone() -> None:
    story = Story().worker("alice").worker("bob").task("T1").expect_offers(("T1", "alice"))
    story.delete_task("T1").task("T2").expect_offers(("T2", "bob"))


# --- an offer about which nobody could be asked ---


def test_a_withdrawn_offer_is_canceled_and_the_task_is_offered_anew_at_once() -> None:
    story = offered().withdraw("alice")
    story.expect_events("reservation.canceled", "reservation.created")
    first, second = story.tasks["T1"].reservations
    assert story.state.reservations[first].status == "canceled"
    assert story.state.reservations[second].status == "pending"
    assert story.activity_of("alice") == "Available"


def test_a_withdrawn_offer_leaves_the_others_of_its_batch_open() -> None:
    story = Story().queue("Q1", max_reserved_workers=2).worker("alice").worker("bob").task("T1")
    story.withdraw("alice").expect_events("reservation.canceled")
    assert story.tasks["T1"].status == "reserved"
    story.accept("bob")
    assert story.tasks["T1"].status == "assigned"


@pytest.mark.parametrize("stage", [accepted, wrapping, completed, rejected, timed_out, canceled])
def test_an_offer_that_is_over_can_no_longer_be_withdrawn(stage: Callable[[], Story]) -> None:
    story = stage()
    before = story.reservation("alice").status
    with pytest.raises((Conflict, Gone), match=r"cannot be canceled|can no longer be canceled"):
        story.withdraw("alice")
    assert story.reservation("alice").status == before


def test_an_offer_whose_time_is_over_lapses_and_is_not_withdrawn() -> None:
    story = offered().let_pass(s=120)
    with pytest.raises(Gone):
        story.withdraw("alice")
    assert story.reservation("alice").status == "timeout"


def test_withdrawals_without_end_are_ended_by_the_assignment_count() -> None:
    story = Story(limits=Limits(assignment_count=3)).worker("alice").task("T1")
    for _ in range(3):
        story.withdraw("alice")
    assert story.tasks["T1"].status == "canceled"
    assert story.tasks["T1"].reason == "Max assignment count exceeded"


def test_a_callback_that_was_answered_with_nothing_is_noted_once_and_shown_to_nobody() -> None:
    story = offered()
    offer = story.reservation("alice")
    version = offer.version
    story.ask(NoteCallbackDone(reservation_sid=offer.sid))
    assert [type(event) for event in story.latest] == [ReservationCallbackDone]
    assert story.reservation("alice").callback_done
    assert story.reservation("alice").version == version
    story.ask(NoteCallbackDone(reservation_sid=offer.sid))
    assert story.latest == []
