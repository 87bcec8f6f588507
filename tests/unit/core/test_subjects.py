"""How expressions see tasks and workers."""

import pytest

from story import ACCOUNT, Story
from taskyard.core.subjects import TaskSubject, WorkerSubject


def field(story: Story, name: str) -> object:
    return TaskSubject(story.state, story.tasks["T1"], story.now_ms).field(name)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("priority", 3),
        ("age", 90),
        ("assignment_status", "reserved"),
        ("attributes", '{"a":1}'),
        ("addons", "{}"),
        ("date_created", "2026-01-05T09:00:00Z"),
        ("date_updated", "2026-01-05T09:00:00Z"),
        ("task_queue_entered_date", "2026-01-05T09:00:00Z"),
        ("virtual_start_time", "2026-01-05T08:00:00Z"),
        ("reason", None),
        ("timeout", 500),
        ("routing_target", None),
        ("ignore_capacity", False),
        ("task_channel_unique_name", "chat"),
        ("task_queue_friendly_name", "Q1"),
        ("workflow_friendly_name", "w"),
        ("nothing", None),
    ],
)
def test_a_task_has_the_properties_that_rest_shows(name: str, value: object) -> None:
    story = Story().queue("Q1").workflow("w", default="Q1").worker("alice")
    an_hour_ago_ms = story.now_ms - 3_600_000
    story.task(
        "T1", {"a": 1}, priority=3, timeout_s=500, channel="chat", virtual_start_ms=an_hour_ago_ms
    ).advance(ms=90_999)
    assert field(story, name) == value


def test_the_properties_of_a_task_name_its_resources_by_sid_too() -> None:
    story = Story().queue("Q1").workflow("w", default="Q1").task("T1")
    assert field(story, "sid") == story.sid("WT", "T1")
    assert field(story, "workflow_sid") == story.sid("WW", "w")
    assert field(story, "task_queue_sid") == story.sid("WQ", "Q1")
    assert field(story, "task_channel_sid") == story.sid("TC", "default")
    assert field(story, "workspace_sid") == story.state.workspace.sid
    assert field(story, "account_sid") == ACCOUNT


@pytest.mark.parametrize(
    "name", ["task_queue_friendly_name", "workflow_friendly_name", "task_channel_unique_name"]
)
def test_names_of_what_is_no_more_are_null(name: str) -> None:
    story = Story().queue("Q1").workflow("w", default="Q1").task("T1", channel="chat")
    story.cancel("T1").delete_workflow("w").delete_queue("Q1").delete_task_channel("chat")
    assert field(story, name) is None


def test_a_worker_is_seen_as_they_are_whenever_somebody_looks() -> None:
    story = Story().worker("alice", {"a": 1}, chat=3)
    subject = WorkerSubject(story.state, story.workers["alice"])
    assert subject.attributes == {"a": 1}
    assert subject.field("activity_name") == "Available"
    assert subject.field("available") is True
    assert subject.channel("chat", "configured_capacity") == 3
    story.update_worker("alice", {"a": 2}, activity="Offline").worker_channel(
        "alice", "chat", capacity=5, available=False
    )
    assert subject.attributes == {"a": 2}
    assert subject.field("activity_name") == "Offline"
    assert subject.field("available") is False
    assert subject.channel("chat", "configured_capacity") == 5
    assert subject.channel("chat", "available") is False


@pytest.mark.parametrize(
    ("channel", "item"),
    [("fax", "assigned_tasks"), ("Chat", "assigned_tasks"), ("chat", "colour")],
)
def test_what_no_channel_has_is_null(channel: str, item: str) -> None:
    story = Story().worker("alice")
    assert WorkerSubject(story.state, story.workers["alice"]).channel(channel, item) is None


def test_a_channel_is_named_by_its_unique_name_alone() -> None:
    story = Story().worker("alice")
    subject = WorkerSubject(story.state, story.workers["alice"])
    assert subject.channel(story.sid("TC", "chat"), "configured_capacity") is None


def test_the_assigned_tasks_of_all_channels_add_up() -> None:
    story = Story().worker("alice")
    for channel in ("chat", "voice", "sms"):
        story.task(channel, channel=channel)
    story.accept("alice", "chat").accept("alice", "voice")
    assert WorkerSubject(story.state, story.workers["alice"]).field("assigned_tasks") == 2
