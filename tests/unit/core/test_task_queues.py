"""Where tasks wait: how queues are made, changed and removed."""

import pytest

from story import Story, rule, step
from taskyard.core.errors import Conflict, Invalid, LimitReached, NotFound, VersionMismatch
from taskyard.core.limits import Limits


def test_a_queue_is_for_everybody_fifo_and_asks_one_at_a_time_unless_it_is_said_otherwise() -> None:
    story = Story().queue("Q1").expect_events("task-queue.created")
    queue = story.queues["Q1"]
    assert (queue.target_workers, queue.task_order, queue.max_reserved_workers) == (
        "1==1",
        "FIFO",
        1,
    )
    assert queue.reservation_activity_sid is queue.assignment_activity_sid is None
    assert queue.version == 0


def test_a_queue_with_an_empty_expression_is_for_nobody() -> None:
    Story().queue("Q1", "").worker("alice").task("T1").expect_offers()


def test_target_workers_is_stored_as_it_was_written() -> None:
    text = '  ( "x"  in skills )\n'
    assert Story().queue("Q1", text).queues["Q1"].target_workers == text


def test_target_workers_is_checked_for_syntax_and_not_for_sense() -> None:
    story = Story().queue("Q1", "level HAS 'support'").worker("alice", {"level": 3})
    story.task("T1").expect_offers()


def test_worker_fields_may_stand_bare_or_with_their_prefix() -> None:
    story = Story().queue("Q1", "friendly_name == 'alice'")
    story.queue("Q2", "worker.activity_name == 'Available' AND worker.friendly_name != 'alice'")
    story.workflow("w1", default="Q1").workflow("w2", default="Q2")
    story.worker("bob").worker("alice")
    story.task("T1", workflow="w1").expect_offers(("T1", "alice"))
    story.task("T2", workflow="w2").expect_offers(("T2", "bob"))


def test_worker_channels_may_be_asked_for_in_target_workers() -> None:
    story = Story().queue("Q1", "worker.channel.voice.assigned_tasks == 0")
    story.workflow("w", default="Q1").worker("alice")
    story.task("call", workflow="w", channel="voice").accept("alice", "call")
    story.task("chat", workflow="w", channel="chat").expect_offers()
    story.complete("alice", "call").expect_offers(("chat", "alice"))


# --- updates ---


def test_other_target_workers_meet_what_waits_at_once() -> None:
    story = Story().queue("Q1", "1==2").worker("alice").task("T1")
    story.update_queue("Q1", target_workers="1==1")
    story.expect_events("task-queue.expression.updated", "reservation.created")


def test_only_the_expression_has_a_public_event() -> None:
    story = Story().queue("Q1")
    story.update_queue("Q1", friendly_name="new", max_reserved_workers=2, task_order="LIFO")
    story.expect_events()
    queue = story.queues["Q1"]
    assert (queue.friendly_name, queue.max_reserved_workers, queue.task_order) == ("new", 2, "LIFO")


def test_every_update_raises_the_version_of_a_queue_by_one() -> None:
    story = Story().queue("Q1").update_queue("Q1", target_workers="1==2", friendly_name="new")
    assert story.queues["Q1"].version == 1
    assert story.update_queue("Q1", max_reserved_workers=2).queues["Q1"].version == 2
    assert story.update_queue("Q1", max_reserved_workers=2).queues["Q1"].version == 2


def test_activities_of_a_queue_can_be_set_and_taken_away() -> None:
    story = (
        Story()
        .queue("Q1")
        .update_queue("Q1", reservation_activity="Offline", assignment_activity="Unavailable")
    )
    assert story.queues["Q1"].reservation_activity_sid == story.sid("WA", "Offline")
    story.update_queue("Q1", reservation_activity=None, assignment_activity=None)
    assert story.queues["Q1"].reservation_activity_sid is None
    assert story.queues["Q1"].assignment_activity_sid is None


@pytest.mark.parametrize(
    ("keys", "match"),
    [
        ({"friendly_name": ""}, "FriendlyName must not be empty"),
        ({"friendly_name": "x" * 257}, "FriendlyName has 257 characters"),
        ({"max_reserved_workers": 0}, "MaxReservedWorkers must be a whole number from 1 to 50"),
        ({"max_reserved_workers": 51}, "MaxReservedWorkers must be a whole number from 1 to 50"),
        ({"max_reserved_workers": "2"}, "MaxReservedWorkers must be a whole number"),
        ({"max_reserved_workers": True}, "MaxReservedWorkers must be a whole number"),
        ({"task_order": "fifo"}, "TaskOrder must be one of FIFO, LIFO"),
        ({"task_order": ""}, "TaskOrder must be one of FIFO, LIFO"),
        ({"reservation_activity": "WA" + "f" * 32}, "ReservationActivitySid"),
        ({"assignment_activity": "nonsense"}, "AssignmentActivitySid must be the SID of"),
    ],
)
def test_a_queue_that_makes_no_sense_is_refused(keys: dict[str, object], match: str) -> None:
    story = Story().queue("Q1")
    with story.refuses(Invalid, match):
        story.queue(**{"name": str(keys.get("friendly_name", "Q2"))}, **_but_name(keys))
    with story.refuses(Invalid, match):
        story.update_queue("Q1", **keys)


def _but_name(keys: dict[str, object]) -> dict[str, object]:
    return {key: value for key, value in keys.items() if key != "friendly_name"}


def test_a_queue_may_have_a_name_of_256_characters() -> None:
    Story().queue("x" * 256)


def test_whoever_read_another_version_of_a_queue_can_change_nothing() -> None:
    story = Story().queue("Q1")
    with story.refuses(VersionMismatch, "task queue WQ.* is at version 0, not 3"):
        story.update_queue("Q1", task_order="LIFO", expected_version=3)
    with story.refuses(VersionMismatch, "version 0, not 3"):
        story.delete_queue("Q1", expected_version=3)
    story.delete_queue("Q1", expected_version=0)


# --- removal ---


def test_a_queue_that_nothing_uses_can_be_deleted() -> None:
    story = Story().queue("Q1").delete_queue("Q1").expect_events("task-queue.deleted")
    with story.refuses(NotFound, "task queue WQ"):
        story.delete_queue("Q1")


@pytest.mark.parametrize("where", ["first target", "later target", "default"])
def test_a_queue_that_a_workflow_names_cannot_be_deleted(where: str) -> None:
    story = Story().queue("Q1").queue("Q2")
    targets = {"first target": ["Q1"], "later target": [step("Q2", timeout=9), "Q1"]}
    if where == "default":
        story.workflow("w", default="Q1")
    else:
        story.workflow("w", rule("1==1", *targets[where]))
    with story.refuses(Conflict, "cannot be deleted: workflow WW.* uses it"):
        story.delete_queue("Q1")
    story.update_workflow("w", default="Q2").delete_queue("Q1")


@pytest.mark.parametrize("status", ["pending", "reserved", "assigned", "wrapping"])
def test_a_queue_with_an_unfinished_task_cannot_be_deleted(status: str) -> None:
    story = Story().queue("Q1")
    if status != "pending":
        story.worker("alice")
    story.task("T1", to="Q1")
    if status in ("assigned", "wrapping"):
        story.accept("alice")
    if status == "wrapping":
        story.wrap("alice")
    with story.refuses(Conflict, "cannot be deleted: 1 unfinished tasks are in it"):
        story.delete_queue("Q1")


@pytest.mark.parametrize("end", ["cancel", "delete", "complete"])
def test_a_queue_whose_tasks_have_ended_can_be_deleted(end: str) -> None:
    story = Story().queue("Q1").worker("alice").task("T1", to="Q1")
    if end == "cancel":
        story.cancel("T1")
    elif end == "delete":
        story.delete_task("T1")
    else:
        story.accept("alice").complete("alice")
    story.delete_queue("Q1").advance(s=300).expect_nothing()


def test_a_task_that_moved_on_no_longer_keeps_its_queue() -> None:
    story = Story().queue("Q1").queue("Q2").workflow("w", default="Q1").task("T1")
    story.update_workflow("w", default="Q2", re_evaluate=True).delete_queue("Q1")


def test_a_workspace_holds_so_many_queues() -> None:
    story = Story(limits=Limits(task_queues=1)).queue("Q1")
    with story.refuses(LimitReached, "at most 1 task queues"):
        story.queue("Q2")
    story.delete_queue("Q1").queue("Q2")


@pytest.mark.parametrize("sid", ["", "WQ" + "f" * 32, "WW" + "0" * 32, "nonsense"])
def test_a_queue_that_is_not_there_is_not_found(sid: str) -> None:
    story = Story()
    with story.refuses(NotFound, "task queue"):
        story.update_queue(sid, task_order="LIFO")
    with story.refuses(NotFound, "task queue"):
        story.delete_queue(sid)
