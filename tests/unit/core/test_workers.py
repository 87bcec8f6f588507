"""Who takes tasks: who they are, what they do, and how they come and go."""

import pytest

from story import Story, step
from taskyard.core.errors import Conflict, Invalid, LimitReached, NotFound, VersionMismatch
from taskyard.core.limits import Limits

TAKEN = "^Worker with the same friendly name already exists$"
STILL_AVAILABLE = (
    r"^Unable to reject pending reservations when updating to an Available activity state\.$"
)


def test_a_worker_begins_in_the_default_activity_with_a_channel_for_every_kind_of_work() -> None:
    story = Story().task_channel("fax").worker("alice", activity=None)
    story.expect_events("worker.created")
    worker = story.workers["alice"]
    assert (story.activity_of("alice"), worker.attributes, worker.version) == ("Offline", "{}", 0)
    assert list(worker.channels) == list(story.state.task_channels)
    assert all(c.capacity == 1 and c.available for c in worker.channels.values())
    assert worker.created_ms == worker.status_changed_ms == story.now_ms


def test_a_new_worker_is_offered_what_waits() -> None:
    Story().task("T1").worker("alice").expect_events("worker.created", "reservation.created")


def test_names_are_unique_in_whatever_case() -> None:
    story = Story().worker("Alice").worker("bob")
    with story.refuses(Invalid, TAKEN):
        story.worker("ALICE")
    with story.refuses(Invalid, TAKEN):
        story.update_worker("bob", rename="aLiCe")


def test_a_worker_can_change_the_case_of_their_own_name() -> None:
    story = Story().worker("alice").update_worker("alice", rename="Alice")
    story.expect_events("worker.attributes.update")
    assert story.workers["Alice"].friendly_name == "Alice"


def test_a_name_is_free_again_when_its_worker_is_renamed_or_deleted() -> None:
    story = Story().worker("alice").update_worker("alice", rename="carol").worker("alice")
    story.delete_worker("alice").worker("ALICE")
    with story.refuses(Invalid, TAKEN):
        story.worker("Carol")


@pytest.mark.parametrize("name", ["", "  ", "x" * 65])
def test_a_name_must_be_some_text_of_at_most_64_characters(name: str) -> None:
    story = Story().worker("alice")
    with story.refuses(Invalid, "FriendlyName"):
        story.worker(name)
    with story.refuses(Invalid, "FriendlyName"):
        story.update_worker("alice", rename=name)


def test_attributes_are_replaced_and_not_merged() -> None:
    story = Story().worker("alice", {"a": 1, "b": 2}).update_worker("alice", {"b": 3})
    story.expect_events("worker.attributes.update")
    assert story.workers["alice"].attributes == '{"b":3}'


def test_changed_attributes_meet_what_waits_at_once() -> None:
    story = Story().queue("Q1", "skills HAS 'x'").worker("alice").task("T1").expect_offers()
    story.update_worker("alice", {"skills": ["x"]}).expect_offers(("T1", "alice"))


# --- activity ---


def test_becoming_available_meets_what_waits_at_once() -> None:
    story = Story().worker("alice", activity="Offline").task("T1")
    story.goes("alice", "Available").expect_events("worker.activity.update", "reservation.created")


def test_an_activity_that_stays_as_it_is_changes_nothing() -> None:
    story = Story().worker("alice").advance(s=5).goes("alice", "Available").expect_events()
    worker = story.workers["alice"]
    assert (worker.status_changed_ms, worker.version) == (story.now_ms - 5_000, 0)


def test_a_change_between_two_available_activities_is_matched_too() -> None:
    story = Story().activity("Priority", available=True).queue("Q1", "activity_name == 'Priority'")
    story.worker("alice").task("T1").expect_offers()
    story.goes("alice", "Priority").expect_offers(("T1", "alice"))


def test_name_attributes_and_activity_can_change_together() -> None:
    story = Story().worker("alice", activity="Offline")
    story.update_worker("alice", {"a": 1}, rename="carol", activity="Available")
    story.expect_events("worker.attributes.update", "worker.activity.update")
    assert story.workers["carol"].version == 1


@pytest.mark.parametrize("sid", ["nonsense", "WA" + "f" * 32, "WK" + "0" * 32])
def test_an_activity_that_is_not_there_is_refused(sid: str) -> None:
    story = Story().worker("alice")
    with story.refuses(Invalid, "ActivitySid"):
        story.worker("bob", activity=sid)
    with story.refuses(Invalid, "ActivitySid"):
        story.goes("alice", sid)


# --- rejecting what is open on the way out ---


def test_a_worker_can_reject_what_is_open_on_the_way_out() -> None:
    story = Story().worker("alice").worker("bob", activity="Offline")
    story.task("T1", channel="chat").task("T2", channel="sms").accept("alice", "T2")
    story.task("T3", channel="voice")
    story.goes("alice", "Unavailable", reject_pending_reservations=True)
    story.expect_events("reservation.rejected", "reservation.rejected", "worker.activity.update")
    assert story.tasks["T1"].status == story.tasks["T3"].status == "pending"
    assert story.reservation("alice", "T2").status == "accepted"


def test_what_is_rejected_on_the_way_out_is_matched_once_in_the_order_of_tasks() -> None:
    story = Story().worker("alice", chat=2).advance(ms=1)
    story.task("T1", channel="chat").task("T2", channel="chat", priority=5)
    story.worker("bob").goes("alice", "Offline", reject_pending_reservations=True)
    story.expect_offers(("T2", "bob"))


@pytest.mark.parametrize("activity", [None, "Available", "Ready too"])
def test_only_a_change_to_an_unavailable_activity_rejects_what_is_open(
    activity: str | None,
) -> None:
    story = Story().activity("Ready too", available=True).worker("alice").task("T1")
    with story.refuses(Invalid, STILL_AVAILABLE):
        story.update_worker("alice", activity=activity, reject_pending_reservations=True)


# --- deleting ---


def test_a_worker_without_work_can_be_deleted() -> None:
    story = Story().worker("alice").delete_worker("alice").expect_events("worker.deleted")
    with story.refuses(NotFound, "worker WK"):
        story.goes("alice", "Offline")


@pytest.mark.parametrize("status", ["accepted", "wrapping"])
def test_a_worker_with_work_in_hand_cannot_be_deleted(status: str) -> None:
    story = Story().worker("alice").task("T1").accept("alice")
    if status == "wrapping":
        story.wrap("alice")
    with story.refuses(Conflict, f"cannot be deleted: reservation WR\\w+ is {status}"):
        story.delete_worker("alice")
    story.complete("alice").delete_worker("alice")


def test_what_was_offered_to_a_deleted_worker_is_offered_to_the_next() -> None:
    story = Story().worker("alice").worker("bob").task("T1").delete_worker("alice")
    story.expect_events("reservation.rescinded", "worker.deleted", "reservation.created")
    story.expect_offers(("T1", "bob"))


def test_the_past_offers_of_a_deleted_worker_do_not_keep_their_tasks_from_anything() -> None:
    story = Story().worker("alice").task("T1").reject("alice", activity="Offline")
    story.delete_worker("alice").worker("bob").expect_offers(("T1", "bob"))
    story.accept("bob").complete_task("T1").advance(s=300)
    assert not story.state.reservations


# --- versions ---


def test_the_changes_that_count_raise_the_version_of_a_worker() -> None:
    story = Story().worker("alice")
    versions = [story.workers["alice"].version]

    def note() -> None:
        versions.append(story.workers["alice"].version)

    story.update_worker("alice", {"a": 1})
    note()
    story.goes("alice", "Unavailable")
    note()
    story.goes("alice", "Available")
    note()
    story.worker_channel("alice", "chat", capacity=2)
    note()
    story.worker_channel("alice", "chat", available=False)
    note()
    story.task("T1")  # an offer
    note()
    assert versions == [0, 1, 2, 3, 4, 5, 6]


def test_whoever_read_another_version_of_a_worker_can_change_nothing() -> None:
    story = Story().worker("alice")
    with story.refuses(VersionMismatch, "worker WK.* is at version 0, not 1"):
        story.goes("alice", "Offline", expected_version=1)
    with story.refuses(VersionMismatch, "version 0, not 7"):
        story.delete_worker("alice", expected_version=7)
    story.goes("alice", "Offline", expected_version=0)


# --- limits ---


def test_a_workspace_holds_so_many_workers() -> None:
    story = Story(limits=Limits(workers=1)).worker("alice")
    with story.refuses(LimitReached, "at most 1 workers"):
        story.worker("bob")
    story.delete_worker("alice").worker("bob")


def test_so_many_workers_may_be_available_at_once() -> None:
    story = Story(limits=Limits(online_workers=1)).activity("Ready too", available=True)
    story.worker("alice").worker("bob", activity="Offline")
    with story.refuses(LimitReached, "at most 1 workers may be in an available activity"):
        story.worker("carol")
    with story.refuses(LimitReached, "at most 1 workers may be in an available activity"):
        story.goes("bob", "Available")
    story.goes("alice", "Ready too").goes("alice", "Offline").goes("bob", "Available")


def test_a_worker_attribute_wins_over_the_field_of_its_name() -> None:
    story = (
        Story()
        .queue("Q1")
        .workflow("w", default=step("Q1", expression="worker.friendly_name == 'boss'"))
    )
    story.worker("alice", {"friendly_name": "boss"}).worker("boss", {"friendly_name": "x"})
    story.task("T1").expect_offers(("T1", "alice"))
