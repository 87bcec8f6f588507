"""What workers may be doing."""

import pytest

from story import Story
from taskyard.core.errors import Conflict, Invalid, LimitReached, NotFound
from taskyard.core.limits import Limits


def test_an_activity_is_unavailable_unless_it_is_said_otherwise() -> None:
    story = Story().activity("Break").expect_events("activity.created")
    assert story.activities["Break"].available is False
    assert story.activity("Ready", available=True).activities["Ready"].available is True


def test_two_activities_may_bear_the_same_name() -> None:
    story = Story().activity("Break").activity("Break")
    assert [a.friendly_name for a in story.state.activities.values()].count("Break") == 2


def test_an_activity_can_be_renamed_and_stays_available_or_not() -> None:
    story = Story().update_activity("Available", friendly_name="Ready")
    story.expect_events("activity.updated")
    assert story.activities["Ready"].available is True


def test_workers_are_found_by_the_new_name_of_their_activity_at_once() -> None:
    story = Story().queue("Q1", "activity_name == 'Ready'").worker("alice").task("T1")
    story.expect_offers()
    story.update_activity("Available", friendly_name="Ready").expect_offers(("T1", "alice"))


def test_a_name_that_stays_as_it_is_raises_no_event() -> None:
    Story().update_activity("Offline", friendly_name="Offline").expect_events()


@pytest.mark.parametrize("name", ["", " ", "x" * 65])
def test_a_name_must_be_some_text_of_at_most_64_characters(name: str) -> None:
    story = Story()
    with story.refuses(Invalid, "FriendlyName"):
        story.activity(name)
    with story.refuses(Invalid, "FriendlyName"):
        story.update_activity("Offline", friendly_name=name)
    story.activity("x" * 64)


def test_an_activity_that_nothing_refers_to_can_be_deleted() -> None:
    story = Story().delete_activity("Unavailable").expect_events("activity.deleted")
    assert len(story.state.activities) == 2


def test_an_activity_in_use_cannot_be_deleted() -> None:
    story = Story().activity("Default").activity("Missed").activity("Asked").activity("Busy")
    story.activity("Break").update_workspace(default_activity="Default", timeout_activity="Missed")
    story.queue("Q1", reservation_activity="Asked", assignment_activity="Busy")
    story.worker("alice", activity="Break")
    for name, why in {
        "Default": "the default activity of the workspace",
        "Missed": "the timeout activity of the workspace",
        "Asked": "the reservation activity of task queue WQ",
        "Busy": "the assignment activity of task queue WQ",
        "Break": "the current activity of worker WK",
    }.items():
        with story.refuses(Conflict, f"cannot be deleted: it is {why}"):
            story.delete_activity(name)


def test_an_activity_can_be_deleted_when_its_last_worker_has_left_it() -> None:
    story = Story().activity("Break").worker("alice", activity="Break")
    story.goes("alice", "Available").delete_activity("Break").expect("activity.deleted")


@pytest.mark.parametrize("sid", ["", "WA" + "f" * 32, "WK" + "0" * 32, "nonsense"])
def test_an_activity_that_is_not_there_is_not_found(sid: str) -> None:
    story = Story()
    with story.refuses(NotFound, "activity"):
        story.update_activity(sid, friendly_name="x")
    with story.refuses(NotFound, "activity"):
        story.delete_activity(sid)


def test_a_workspace_holds_so_many_activities() -> None:
    story = Story(limits=Limits(activities=4)).activity("one more")
    with story.refuses(LimitReached, "at most 4 activities"):
        story.activity("too many")
    story.delete_activity("one more").activity("instead")


def test_an_activity_that_was_named_for_later_and_deleted_meanwhile_changes_nothing() -> None:
    story = Story().activity("Breather").worker("alice").task("T1")
    story.accept("alice", post_work="Breather").delete_activity("Breather").complete("alice")
    assert story.activity_of("alice") == "Available"
