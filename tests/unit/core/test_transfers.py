"""An accepted task on its way to another worker."""

import pytest

from story import Story, rule, step
from taskyard.core.commands import InstructReservation
from taskyard.core.errors import Conflict, InstructionRefused, Invalid, NotFound
from taskyard.core.limits import Limits

REJECTED = (
    "Transfer attempt failed on reservation reject because there are no more pending reservations"
)


def desk(**keys: object) -> Story:
    """Alice has T1, of the queue "first"; bob and "second", where he is too, are there for it."""
    story = Story(**keys).queue("first", "team == 'a'").queue("second", "team == 'b'")  # type: ignore[arg-type]
    story.workflow("w", default="first").worker("alice", {"team": "a"}).task("T1").accept("alice")
    return story.worker("bob", {"team": "b"})


# --- to a worker ---


def test_a_transfer_to_a_worker_is_offered_to_them_at_once() -> None:
    story = desk().transfer("alice", "bob")
    story.expect_events("task.transfer-initiated", "reservation.created")
    story.expect_offers(("T1", "bob"))
    assert story.tasks["T1"].status == "reserved"
    assert story.reservation("alice").status == "accepted"
    transfer = story.last_transfer("T1")
    assert (transfer.mode, transfer.type, transfer.status) == ("WARM", "WORKER", "initiated")
    assert transfer.initiating_worker_sid == story.sid("WK", "alice")


def test_a_warm_transfer_leaves_the_task_with_both() -> None:
    story = desk().transfer("alice", "bob").accept("bob")
    story.expect_events("reservation.accepted", "task.transfer-completed")
    assert story.tasks["T1"].status == "assigned"
    assert story.last_transfer("T1").status == "complete"
    assert story.channel("alice").assigned == story.channel("bob").assigned == 1


def test_whoever_leaves_a_task_that_another_has_too_does_not_complete_it() -> None:
    story = desk().transfer("alice", "bob").accept("bob")
    story.complete("alice").expect_events("reservation.completed")
    assert story.tasks["T1"].status == "assigned"
    assert story.channel("alice").used == 0
    story.complete("bob").expect_events("reservation.completed", "task.completed")


def test_a_cold_transfer_completes_the_first_reservation_when_the_other_accepts() -> None:
    story = desk().transfer("alice", "bob", "COLD")
    assert story.reservation("alice").status == "accepted"
    story.accept("bob").expect_events(
        "reservation.accepted", "task.transfer-completed", "reservation.completed"
    )
    assert story.reservation("alice").status == "completed"
    assert story.tasks["T1"].status == "assigned"
    assert story.channel("alice").used == 0


def test_a_task_wraps_up_when_the_last_who_has_it_does() -> None:
    story = desk().transfer("alice", "bob").accept("bob")
    story.wrap("alice").expect_events("reservation.wrapup")
    story.wrap("bob").expect_events("reservation.wrapup", "task.wrapup")


def test_a_task_wraps_up_when_the_last_who_worked_on_it_leaves() -> None:
    story = desk().transfer("alice", "bob").accept("bob").wrap("alice")
    story.complete("bob").expect_events("reservation.completed", "task.wrapup")


def test_a_task_that_is_wrapped_as_a_whole_spares_who_wraps_already() -> None:
    story = desk().transfer("alice", "bob").accept("bob").wrap("alice").wrap_task("T1")
    story.expect_events("reservation.wrapup", "task.wrapup")
    assert story.channel("alice").assigned == story.channel("bob").assigned == 0


def test_a_rejection_lets_a_transfer_to_a_worker_fail_and_the_task_return() -> None:
    story = desk().transfer("alice", "bob").reject("bob")
    story.expect_events("task.transfer-failed", "reservation.rejected", "task.updated")
    assert story.tasks["T1"].status == "assigned"
    assert story.reservation("alice").status == "accepted"
    transfer = story.last_transfer("T1")
    assert (transfer.status, transfer.failed_reason) == ("failed", REJECTED)


def test_a_transfer_to_a_worker_who_does_not_answer_fails() -> None:
    story = desk().transfer("alice", "bob").advance(s=120)
    story.expect_events(
        "task.transfer-failed", "reservation.timeout", "task.updated", "worker.activity.update"
    )
    transfer = story.last_transfer("T1")
    assert transfer.failed_reason == "Transfer failed because the reservation timed out"


@pytest.mark.parametrize("busy", ["offline", "full"])
def test_a_transfer_to_a_worker_without_room_waits_for_them(busy: str) -> None:
    story = desk()
    if busy == "offline":
        story.goes("bob", "Offline")
    else:
        story.task("T2", to="bob").accept("bob", "T2")
    story.transfer("alice", "bob").expect_events("task.transfer-initiated")
    assert story.tasks["T1"].status == "pending"
    if busy == "offline":
        story.goes("bob", "Available")
    else:
        story.complete("bob", "T2")
    story.expect_offers(("T1", "bob"))


def test_the_deletion_of_the_worker_lets_the_transfer_fail() -> None:
    story = desk().transfer("alice", "bob").delete_worker("bob")
    story.expect_events(
        "task.transfer-failed", "reservation.rescinded", "task.updated", "worker.deleted"
    )
    assert story.tasks["T1"].status == "assigned"


def test_the_deletion_of_a_worker_who_is_waited_for_lets_the_transfer_fail() -> None:
    story = desk().goes("bob", "Offline").transfer("alice", "bob").delete_worker("bob")
    story.expect_events("worker.deleted", "task.transfer-failed", "task.updated")


def test_whoever_hands_a_task_on_cannot_be_deleted() -> None:
    story = desk().transfer("alice", "bob")
    with story.refuses(Conflict, "is accepted"):
        story.delete_worker("alice")


# --- to a task queue ---


def test_a_transfer_to_a_queue_tries_worker_after_worker() -> None:
    story = desk().worker("carol", {"team": "b"}).transfer("alice", "second")
    story.expect("reservation.created", worker="bob", known_worker=False)
    assert story.queue_of("T1") == "second"
    story.reject("bob", activity="Offline")
    story.expect("reservation.rejected").expect("task.transfer-attempt-failed")
    story.expect_offers(("T1", "carol"))
    assert story.last_transfer("T1").status == "initiated"
    story.accept("carol").expect("task.transfer-completed")
    assert story.queue_of("T1") == "second"


def test_a_transfer_to_a_queue_waits_while_nobody_is_there() -> None:
    story = desk().goes("bob", "Offline").transfer("alice", "second")
    story.expect_events("task.transfer-initiated")
    assert story.tasks["T1"].status == "pending"
    story.goes("bob", "Available").expect_offers(("T1", "bob"))


def test_nobody_is_offered_a_task_that_they_have_already() -> None:
    story = desk().worker_channel("alice", "default", capacity=5)
    story.transfer("alice", "first").expect_events("task.transfer-initiated")
    story.worker("dave", {"team": "a"}).expect_offers(("T1", "dave"))


def test_one_of_two_who_leaves_may_be_asked_again() -> None:
    story = desk().transfer("alice", "bob").accept("bob").transfer("bob", "first")
    assert story.tasks["T1"].status == "pending"
    story.complete("alice").expect_offers(("T1", "alice"))


def test_the_workers_of_a_queue_that_asks_several_at_once_are_asked_at_once() -> None:
    story = desk().update_queue("second", max_reserved_workers=2).worker("carol", {"team": "b"})
    story.transfer("alice", "second").expect_offers(("T1", "bob"), ("T1", "carol"))
    story.accept("carol").expect_events(
        "reservation.accepted", "reservation.rescinded", "task.transfer-completed"
    )


def test_an_offer_of_a_queue_that_times_out_is_a_failed_attempt() -> None:
    story = desk().transfer("alice", "second").advance(s=120)
    story.expect_events(
        "reservation.timeout", "task.transfer-attempt-failed", "worker.activity.update"
    )
    assert story.tasks["T1"].status == "pending"


def test_a_transfer_that_nobody_ever_takes_fails_after_so_many_offers() -> None:
    story = desk(limits=Limits(assignment_count=3)).transfer("alice", "second").reject("bob")
    story.reject("bob").expect_events(
        "task.transfer-failed", "reservation.rejected", "task.updated"
    )
    assert story.tasks["T1"].status == "assigned"
    assert story.queue_of("T1") == "first"


def test_neither_queue_can_be_deleted_while_a_transfer_is_under_way() -> None:
    story = desk().goes("bob", "Offline").update_workflow("w", default="second")
    story.transfer("alice", "second").update_workflow("w", default="second")
    for queue in ("first", "second"):
        with story.refuses(Conflict, "1 unfinished tasks are in it"):
            story.delete_queue(queue)
    story.cancel_transfer("T1")
    assert story.queue_of("T1") == "first"
    with story.refuses(Conflict, "1 unfinished"):
        story.delete_queue("first")


def test_the_queue_that_a_task_was_handed_on_from_can_go_afterwards() -> None:
    story = desk().update_workflow("w", default="second").transfer("alice", "second")
    story.accept("bob").delete_queue("first").expect_events("task-queue.deleted")


# --- canceled ---


@pytest.mark.parametrize("to", ["bob", "second"])
def test_whoever_cancels_a_transfer_keeps_the_task(to: str) -> None:
    story = desk().transfer("alice", to).cancel_transfer("T1")
    story.expect_events("task.transfer-canceled", "reservation.canceled")
    assert story.tasks["T1"].status == "assigned"
    assert story.queue_of("T1") == "first"
    assert story.channel("bob").used == 0
    story.complete("alice").expect_events("reservation.completed", "task.completed")


def test_a_transfer_that_waits_can_be_canceled() -> None:
    story = desk().goes("bob", "Offline").transfer("alice", "bob").cancel_transfer("T1")
    story.expect_events("task.transfer-canceled")
    story.goes("bob", "Available").expect_offers()


def test_a_transfer_is_canceled_once() -> None:
    story = desk().transfer("alice", "bob").cancel_transfer("T1")
    sid = story.last_transfer("T1").sid
    with story.refuses(
        Conflict, rf"^Transfer {sid} is already canceled \. Cannot cancel transfer\.$"
    ):
        story.cancel_transfer("T1")


def test_a_transfer_that_succeeded_cannot_be_canceled() -> None:
    story = desk().transfer("alice", "bob").accept("bob")
    with story.refuses(Conflict, r"is already complete \. Cannot cancel transfer\."):
        story.cancel_transfer("T1")


@pytest.mark.parametrize(
    ("keys", "refusal"),
    [({"worker_sid": "bob"}, NotFound), ({"task_sid": "WT1"}, Invalid)],
)
def test_a_transfer_is_canceled_by_who_began_it(
    keys: dict[str, str], refusal: type[NotFound] | type[Invalid]
) -> None:
    story = desk().transfer("alice", "bob")
    with story.refuses(refusal):
        story.cancel_transfer("T1", **keys)


# --- the task meanwhile ---


def test_a_task_may_be_canceled_while_it_is_handed_on() -> None:
    story = desk().transfer("alice", "bob").cancel("T1", reason="hangup")
    story.expect_events(
        "task.canceled", "task.transfer-failed", "reservation.canceled", "reservation.completed"
    )
    assert story.last_transfer("T1").status == "failed"
    assert story.channel("alice").used == story.channel("bob").used == 0


def test_a_task_cannot_be_completed_while_it_is_handed_on() -> None:
    story = desk().transfer("alice", "bob")
    with story.refuses(Conflict, "not currently assigned"):
        story.complete_task("T1")


@pytest.mark.parametrize("what", ["wrap", "complete"])
def test_the_first_reservation_stays_accepted_while_the_task_is_handed_on(what: str) -> None:
    story = desk().transfer("alice", "bob")
    with story.refuses(Conflict, "cancel the transfer first"):
        getattr(story, what)("alice", "T1")


def test_a_task_that_is_deleted_takes_its_transfer_along() -> None:
    story = desk().transfer("alice", "bob").delete_task("T1")
    story.expect_events(
        "task.transfer-failed", "reservation.canceled", "reservation.completed", "task.deleted"
    )
    assert not story.state.transfers
    assert not story.state.transfers_of


def test_a_finished_task_keeps_its_transfers_until_it_is_forgotten() -> None:
    story = desk().transfer("alice", "bob", "COLD").accept("bob").complete("bob")
    assert story.state.transfer_of(story.reservation("bob")) is story.last_transfer("T1")
    story.advance(s=301)
    assert not story.state.transfers


def test_the_time_of_a_task_does_not_run_while_it_is_handed_on() -> None:
    story = Story().queue("q").worker("alice").workflow("w", default="q")
    story.task("T1", timeout_s=60).accept("alice").worker("bob", activity="Offline")
    story.transfer("alice", "bob").advance(s=600).cancel_transfer("T1")
    assert story.tasks["T1"].status == "assigned"


def test_a_transfer_does_not_prolong_how_long_a_task_may_be_assigned() -> None:
    story = desk().goes("bob", "Offline").advance(s=80_000).transfer("alice", "second")
    story.advance(s=6_399)
    assert story.exists("T1")
    story.advance(s=1).expect("task.transfer-failed").expect("task.system-deleted")
    assert story.channel("alice").used == 0


def test_whoever_takes_a_task_over_gets_what_is_left_of_its_time() -> None:
    story = desk().advance(s=80_000).transfer("alice", "bob", "COLD").accept("bob")
    story.advance(s=6_400).expect("task.system-deleted")


def test_attributes_of_a_task_that_is_handed_on_are_stored_and_no_more() -> None:
    story = desk().goes("bob", "Offline").transfer("alice", "second")
    story.update_task("T1", {"a": 1}).expect_events("task.updated")
    assert story.queue_of("T1") == "second"


def test_the_kind_of_a_task_that_is_handed_on_cannot_be_changed() -> None:
    story = desk().goes("bob", "Offline").transfer("alice", "second")
    with story.refuses(Conflict, "is being transferred"):
        story.update_task("T1", channel="voice")


def test_new_rules_do_not_concern_a_task_that_is_handed_on() -> None:
    story = desk().goes("bob", "Offline").transfer("alice", "second")
    story.update_workflow("w", rule("1==1", step("first")), re_evaluate=True)
    story.expect_events("workflow.updated")
    story.delete_workflow("w").goes("bob", "Available").expect_offers(("T1", "bob"))


def test_a_task_routed_to_a_worker_can_be_handed_on_to_a_queue() -> None:
    story = Story().queue("q", "team == 'b'").worker("alice", activity="Offline")
    story.task("T1", to="alice").accept("alice").worker("bob", {"team": "b"})
    story.transfer("alice", "q").expect_offers(("T1", "bob"))
    story.reject("bob", activity="Offline").expect("task.transfer-attempt-failed")
    story.cancel_transfer("T1")
    assert story.queue_of("T1") is None
    assert story.tasks["T1"].status == "assigned"


def test_a_task_can_be_handed_on_again_and_again() -> None:
    story = desk().transfer("alice", "bob", "COLD").accept("bob")
    story.transfer("bob", "alice", "COLD").accept("alice").expect("task.transfer-completed")
    assert [one.status for one in story.state.transfers.values()] == ["complete", "complete"]
    assert len(story.tasks["T1"].reservations) == 3


def test_single_tasking_workers_change_activity_with_a_transfer_as_with_any_offer() -> None:
    story = Story(multi_tasking=False).activity("Reserved").activity("Busy")
    story.queue("q", reservation_activity="Reserved", assignment_activity="Busy")
    story.workflow("w", default="q").worker("alice").task("T1")
    story.accept("alice", post_work="Available").worker("bob").transfer("alice", "bob", "COLD")
    assert story.activity_of("bob") == "Reserved"
    story.cancel_transfer("T1")
    assert story.activity_of("bob") == "Available"
    story.transfer("alice", "bob", "COLD").accept("bob")
    assert (story.activity_of("alice"), story.activity_of("bob")) == ("Available", "Busy")


def test_attributes_and_priority_of_a_transfer_are_those_of_the_task_from_then_on() -> None:
    story = desk().transfer("alice", "bob", attributes={"asked": "twice"}, priority=9)
    story.expect_events("task.updated", "task.transfer-initiated", "reservation.created")
    story.reject("bob")
    task = story.tasks["T1"]
    assert (task.attributes, task.priority) == ('{"asked":"twice"}', 9)


def test_instructions_that_would_tear_the_call_away_are_refused_for_a_transfer() -> None:
    story = desk().transfer("alice", "bob")
    fields = {"call_sid": "CA" + "0" * 32, "url": "https://example.com/", "accept": True}
    command = InstructReservation(
        reservation_sid=story.reservation("bob").sid, instruction="redirect", fields=fields
    )
    with story.refuses(InstructionRefused, "part of a transfer") as caught:
        story.ask(command)
    assert isinstance(caught.value, InstructionRefused)
    assert caught.value.code == 40151


# --- what is refused ---


def test_a_task_has_one_running_transfer() -> None:
    story = desk().transfer("alice", "bob")
    with story.refuses(Conflict, "is being transferred already"):
        story.transfer("alice", "second")


def test_only_an_accepted_reservation_can_be_handed_on() -> None:
    story = desk().task("T2").wrap("alice")
    with story.refuses(Conflict, "is wrapping"):
        story.transfer("alice", "bob")
    story = Story().queue("q").worker("alice").worker("bob").task("T1")
    with story.refuses(Conflict, "is pending"):
        story.transfer("alice", "bob")


@pytest.mark.parametrize("to", ["", "nobody", "WK" + "f" * 32, "WQ" + "f" * 32, "w"])
def test_a_transfer_is_to_a_worker_or_queue_of_the_workspace(to: str) -> None:
    story = desk()
    with story.refuses(Invalid, "To must be the SID of a worker or task queue"):
        story.transfer("alice", to)


def test_nobody_hands_a_task_on_to_who_has_it() -> None:
    story = desk()
    with story.refuses(Invalid, "has task"):
        story.transfer("alice", "alice")


@pytest.mark.parametrize(
    ("keys", "match"),
    [
        ({"mode": "warm"}, "Mode must be one of WARM, COLD"),
        ({"priority": -1}, "Priority"),
        ({"attributes": "[]"}, "Attributes"),
        ({"task_sid": "WT" + "f" * 32}, "TaskSid"),
    ],
)
def test_what_a_transfer_says_is_checked(keys: dict[str, object], match: str) -> None:
    story = desk()
    with story.refuses(Invalid, match):
        story.transfer("alice", "bob", **keys)  # type: ignore[arg-type]


def test_nobody_hands_on_what_another_has() -> None:
    story = desk()
    with story.refuses(NotFound, "reservation"):
        story.transfer("alice", "bob", worker_sid=story.sid("WK", "bob"))


# --- what is told of it ---


def test_the_events_of_a_transfer_tell_of_it_as_it_was() -> None:
    story = desk().transfer("alice", "bob", "COLD")
    told = story.details_of("task.transfer-initiated").transfer
    assert told is not None
    assert (told.mode, told.type, told.status) == ("COLD", "WORKER", "initiated")
    assert told.initiating_reservation_sid == story.reservation("alice").sid
    assert told.initiating_workflow_sid == story.sid("WW", "w")
    offered = story.details_of("reservation.created")
    assert offered.transfer == told
    assert offered.outgoing_transfer is None
    assert offered.task is not None
    assert offered.task.status == "reserved"


@pytest.mark.parametrize(
    ("end", "kind", "status"),
    [
        ("accept", "reservation.accepted", "complete"),
        ("reject", "reservation.rejected", "failed"),
        ("cancel", "reservation.canceled", "canceled"),
    ],
)
def test_the_end_of_the_offer_tells_how_the_transfer_ended(
    end: str, kind: str, status: str
) -> None:
    story = desk().transfer("alice", "bob")
    if end == "cancel":
        story.cancel_transfer("T1")
    else:
        getattr(story, end)("bob")
    told = story.details_of(kind)
    assert told.transfer is not None
    assert told.transfer.status == status
    assert told.task is not None
    assert told.task.status == "assigned"


def test_who_hands_a_task_on_is_known_as_long_as_it_lasts() -> None:
    story = desk().transfer("alice", "bob")
    alice, bob = story.reservation("alice"), story.reservation("bob")
    transfer = story.last_transfer("T1")
    state = story.state
    assert (state.outgoing_transfer(alice), state.transfer_of(alice)) == (transfer, None)
    assert (state.outgoing_transfer(bob), state.transfer_of(bob)) == (None, transfer)
    story.accept("bob")
    assert (state.outgoing_transfer(alice), state.transfer_of(bob)) == (None, transfer)


def test_a_restart_goes_on_with_a_transfer() -> None:
    story = desk().worker("carol", {"team": "b"}).transfer("alice", "second").restart()
    story.reject("bob", activity="Offline").expect_offers(("T1", "carol"))
    story.restart().accept("carol").expect("task.transfer-completed")


def test_a_withdrawn_offer_ends_a_transfer_to_a_worker_and_the_first_keeps_the_task() -> None:
    story = desk().transfer("alice", "bob").withdraw("bob")
    transfer = story.last_transfer("T1")
    assert transfer.status == "failed"
    assert transfer.failed_reason == "Transfer failed because the reservation was canceled"
    assert story.tasks["T1"].status == "assigned"
    assert story.reservation("alice").status == "accepted"
