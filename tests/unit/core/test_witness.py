"""What an event was about is taken down as it was, whatever becomes of it later.

That a replay takes down the same is proved by every story at its end.
"""

from collections.abc import Callable

import pytest

from story import Story, rule, step
from taskyard.core.event_details import TaskChannelDetails


def english() -> Story:
    story = Story().queue("Q1", "languages HAS 'en'").queue("Q2")
    filtered = rule("lang=='en'", "Q1", filter_friendly_name="english")
    return story.workflow("support", filtered, default="Q2")


@pytest.mark.parametrize("kind", ["task.created", "workflow.entered", "workflow.target-matched"])
def test_what_leads_into_a_queue_tells_of_the_queue(kind: str) -> None:
    story = english().task("T1", {"lang": "en"}, priority=7)
    task = story.details_of(kind).task
    assert task is not None
    assert (task.sid, task.attributes) == (story.sid("WT", "T1"), '{"lang":"en"}')
    assert (task.status, task.priority, task.version) == ("pending", 7, 0)
    assert (task.created_ms, task.task_queue_entered_ms) == (story.now_ms, story.now_ms)
    assert task.task_queue is not None
    assert task.task_queue.friendly_name == "Q1"
    assert task.task_queue.target_workers == "languages HAS 'en'"
    assert task.workflow is not None
    assert task.workflow.friendly_name == "support"
    assert task.task_channel.unique_name == "default"


def test_a_task_that_is_created_and_offered_at_once_was_pending_first() -> None:
    story = Story().worker("alice").task("T1")
    created, offered = story.details_of("task.created"), story.details_of("reservation.created")
    assert created.task is not None
    assert offered.task is not None
    assert (created.task.status, offered.task.status) == ("pending", "reserved")


def test_a_match_tells_of_the_filter() -> None:
    matched = english().task("T1", {"lang": "en"}).details_of("workflow.target-matched").filter
    assert matched is not None
    assert (matched.name, matched.expression) == ("english", "lang=='en'")


def test_a_match_of_the_default_filter_has_no_filter_to_tell_of() -> None:
    assert english().task("T1").details_of("workflow.target-matched").filter is None


def test_a_match_tells_of_the_filter_that_the_task_still_follows() -> None:
    story = Story().queue("Q1").queue("Q2")
    story.workflow("w", rule("1==1", step("Q1", timeout=5), "Q2", filter_friendly_name="old"))
    story.task("T1").update_workflow("w", rule("1==1", "Q2", filter_friendly_name="new"))
    matched = story.advance(s=5).details_of("workflow.target-matched").filter
    assert matched is not None
    assert matched.name == "old"


def test_a_move_tells_of_both_queues() -> None:
    story = Story().queue("Q1").queue("Q2")
    story.workflow("w", rule("1==1", step("Q1", timeout=5), "Q2")).task("T1").advance(s=5)
    left = story.details_of("task-queue.timeout").task
    moved = story.details_of("task-queue.moved")
    assert left is not None
    assert left.task_queue is not None
    assert left.task_queue.friendly_name == "Q1"
    assert moved.task is not None
    assert moved.task.task_queue is not None
    assert moved.task.task_queue.friendly_name == "Q2"
    assert moved.task.task_queue_entered_ms == story.now_ms
    assert moved.task_queue is not None
    assert moved.task_queue.friendly_name == "Q1"


def test_a_reservation_tells_of_its_task_and_worker() -> None:
    story = Story().worker("alice", {"languages": ["en"]}).task("T1").accept("alice")
    details = story.details_of("reservation.accepted")
    assert details.task is not None
    assert details.worker is not None
    assert details.reservation is not None
    assert details.task.status == "assigned"
    assert (details.worker.friendly_name, details.worker.attributes) == (
        "alice",
        '{"languages":["en"]}',
    )
    assert details.worker.activity.friendly_name == "Available"
    assert details.reservation.sid == story.reservation("alice").sid
    assert (details.reservation.status, details.reservation.version) == ("accepted", 1)


@pytest.mark.parametrize("end", ["wrap", "complete"])
def test_the_end_of_a_task_tells_who_has_done_it(end: str) -> None:
    story = Story().queue("Q1", max_reserved_workers=2).worker("alice").worker("bob").task("T1")
    story.accept("bob")
    getattr(story, end)("bob")
    kind = {"wrap": "task.wrapup", "complete": "task.completed"}[end]
    done_by = story.details_of(kind).worker
    assert done_by is not None
    assert done_by.friendly_name == "bob"


def test_a_reason_is_told_with_the_end() -> None:
    task = Story().task("T1").cancel("T1", reason="gave up").details_of("task.canceled").task
    assert task is not None
    assert (task.status, task.reason) == ("canceled", "gave up")


@pytest.mark.parametrize(
    ("kind", "noun", "name"),
    [
        ("task-queue.deleted", "task_queue", "spare"),
        ("workflow.deleted", "workflow", "spare"),
        ("activity.deleted", "activity", "spare"),
        ("task-channel.deleted", "task_channel", "spare"),
        ("worker.deleted", "worker", "spare"),
    ],
)
def test_what_is_deleted_is_told_of_as_it_was(kind: str, noun: str, name: str) -> None:
    story = Story().queue("Q1").queue("spare").workflow("spare", default="Q1")
    story.activity("spare").task_channel("spare").worker("spare", activity="Offline")
    {
        "task_queue": story.delete_queue,
        "workflow": story.delete_workflow,
        "activity": story.delete_activity,
        "task_channel": story.delete_task_channel,
        "worker": story.delete_worker,
    }[noun](name)
    assert getattr(story.details_of(kind), noun).friendly_name == name


def test_a_deleted_task_is_told_of_as_it_was() -> None:
    task = Story().task("T1", {"n": 1}).delete_task("T1").details_of("task.deleted").task
    assert task is not None
    assert task.attributes == '{"n":1}'


def test_a_task_that_outlives_its_workflow_still_tells_which_one_it_was() -> None:
    story = Story().queue("Q1").workflow("support", default="Q1").worker("alice").task("T1")
    story.accept("alice").delete_workflow("support").complete("alice")
    task = story.details_of("task.completed").task
    assert task is not None
    assert task.workflow is not None
    assert (task.workflow.sid, task.workflow.friendly_name) == (story.sid("WW", "support"), None)


def test_a_task_that_outlives_its_queue_still_tells_which_one_it_was() -> None:
    story = Story().queue("Q1").workflow("support", default="Q1").task("T1").cancel("T1")
    story.delete_workflow("support").delete_queue("Q1").delete_task("T1")
    task = story.details_of("task.deleted").task
    assert task is not None
    assert task.task_queue is not None
    assert (task.task_queue.friendly_name, task.task_queue.target_workers) == (None, None)


@pytest.mark.parametrize(
    ("change", "kind"),
    [
        (lambda story: story.update_task("T1", priority=4), "task.updated"),
        (lambda story: story.delete_task("T1"), "task.deleted"),
    ],
)
def test_a_task_that_outlives_its_channel_still_tells_which_one_it_was(
    change: Callable[[Story], Story], kind: str
) -> None:
    story = Story().task("T1", channel="chat").cancel("T1")
    channel_sid = story.tasks["T1"].task_channel_sid
    task = change(story.delete_task_channel("chat")).details_of(kind).task
    assert task is not None
    assert task.task_channel == TaskChannelDetails(channel_sid, None, None, None)


def test_another_activity_tells_of_the_one_before_and_since_when() -> None:
    story = Story().worker("alice", activity="Offline")
    since_ms = story.now_ms
    details = story.let_pass(s=9).goes("alice", "Available").details_of("worker.activity.update")
    assert details.worker is not None
    assert details.worker.activity.friendly_name == "Available"
    assert details.previous_activity is not None
    assert details.previous_activity.activity.friendly_name == "Offline"
    assert details.previous_activity.since_ms == since_ms


def test_another_capacity_tells_of_the_one_before() -> None:
    story = Story().worker("alice").task("T1").accept("alice")
    story.worker_channel("alice", "default", capacity=4)
    channel = story.details_of("worker.capacity.update").worker_channel
    assert channel is not None
    assert (channel.previous_capacity, channel.capacity) == (1, 4)
    assert (channel.available, channel.assigned) == (True, 1)
    assert channel.available_capacity_percentage == 75


def test_names_are_those_of_the_moment() -> None:
    story = Story().queue("Q1").worker("alice").workflow("w", default="Q1").task("T1")
    before = story.details_of("reservation.created")
    story.update_queue("Q1", friendly_name="renamed").update_worker("alice", rename="alicia")
    story.update_workspace(friendly_name="another name").update_workflow("w", friendly_name="v")
    after = story.accept("alicia", "T1").details_of("reservation.accepted")
    for details, queue, worker, workflow, workspace in (
        (before, "Q1", "alice", "w", "story"),
        (after, "renamed", "alicia", "v", "another name"),
    ):
        assert details.task is not None
        assert details.task.task_queue is not None
        assert details.task.workflow is not None
        assert details.worker is not None
        assert details.task.task_queue.friendly_name == queue
        assert details.worker.friendly_name == worker
        assert details.task.workflow.friendly_name == workflow
        assert details.workspace_name == workspace


def test_what_is_shown_to_nobody_is_not_told_of() -> None:
    story = Story().queue("Q1").update_queue("Q1", max_reserved_workers=3)
    assert story.details[-1] == [None]


def sequel_of(story: Story) -> str | None:
    offered = story.details_of("reservation.created").reservation
    assert offered is not None
    return offered.sequel_to


def test_an_offer_tells_what_became_of_the_one_before_it() -> None:
    story = Story(reservation_timeout_s=10).worker("alice").task("T1")
    assert sequel_of(story) is None
    assert sequel_of(story.reject("alice")) == "rejected"
    assert sequel_of(story.withdraw("alice")) == "canceled"
    assert sequel_of(story.advance(s=10).goes("alice", "Available")) == "timeout"


def test_offers_that_are_made_together_are_no_sequel_of_each_other() -> None:
    story = Story().queue("Q1", max_reserved_workers=2).workflow("support", rule("1==1", "Q1"))
    story.worker("alice").worker("bob").task("T1")
    offered = [one.reservation for one in story.details[-1] if one and one.reservation]
    assert [one.sequel_to for one in offered] == [None, None]


def test_an_offer_for_a_transfer_is_no_sequel_of_the_one_that_was_taken() -> None:
    story = Story().worker("alice").task("T1").accept("alice").worker("bob")
    assert sequel_of(story.transfer("alice", "bob")) is None


def test_another_transfer_is_no_sequel_of_one_that_failed() -> None:
    story = Story().worker("alice").task("T1").accept("alice").worker("bob")
    story.transfer("alice", "bob").reject("bob")
    assert sequel_of(story.transfer("alice", "bob")) is None


def test_the_next_offer_of_a_transfer_to_a_queue_is_a_sequel() -> None:
    story = Story().queue("Q1").queue("Q2").workflow("support", default="Q1")
    story.worker("alice").task("T1").accept("alice").goes("alice", "Offline").worker("bob")
    assert sequel_of(story.transfer("alice", "Q2")) is None
    assert sequel_of(story.reject("bob")) == "rejected"
