"""Kinds of work."""

import pytest

from story import Story
from taskyard.core.errors import Conflict, Invalid, LimitReached, NotFound
from taskyard.core.limits import Limits


def test_a_new_kind_of_work_gives_every_worker_a_channel_of_capacity_1() -> None:
    story = Story().worker("alice").task_channel("fax").expect_events("task-channel.created")
    assert story.task_channels["fax"].channel_optimized_routing is False
    channel = story.channel("alice", "fax")
    assert (channel.capacity, channel.available) == (1, True)
    story.task("T1", channel="fax").expect_offers(("T1", "alice"))


@pytest.mark.parametrize("name", ["fax", "_fax", "$fax", "fax2", "FAX_line", "f" * 64])
def test_a_unique_name_is_made_of_letters_digits_underscores_and_dollars(name: str) -> None:
    assert Story().task_channel(name).task_channels[name].unique_name == name


@pytest.mark.parametrize(
    "name", ["", "2fax", "fa-x", "fa x", "fäx", "fax.", "f" * 65, "a\nb", "fax\n"]
)
def test_any_other_unique_name_is_refused(name: str) -> None:
    story = Story()
    with story.refuses(Invalid, "^UniqueName must be"):
        story.task_channel(name, friendly_name="x")


def test_a_unique_name_is_taken_in_whatever_case() -> None:
    story = Story()
    with story.refuses(Invalid, "UniqueName 'CHAT' is taken by task channel TC"):
        story.task_channel("CHAT")


@pytest.mark.parametrize("name", ["", "x" * 65])
def test_a_friendly_name_must_be_some_text_of_at_most_64_characters(name: str) -> None:
    story = Story()
    with story.refuses(Invalid, "FriendlyName"):
        story.task_channel("fax", friendly_name=name)
    with story.refuses(Invalid, "FriendlyName"):
        story.update_task_channel("chat", friendly_name=name)


def test_a_task_channel_is_updated_by_sid_or_unique_name() -> None:
    story = Story().update_task_channel("chat", friendly_name="Chat")
    story.expect_events("task-channel.updated")
    story.update_task_channel(story.sid("TC", "chat"), channel_optimized_routing=True)
    channel = story.task_channels["chat"]
    assert (channel.friendly_name, channel.channel_optimized_routing) == ("Chat", True)
    assert channel.unique_name == "chat"


def test_what_stays_as_it_is_raises_no_event() -> None:
    Story().update_task_channel("sms", friendly_name="SMS").expect_events()


def test_a_task_channel_without_unfinished_tasks_is_deleted_with_every_workers_channel() -> None:
    story = Story().worker("alice").task("T1", channel="chat").accept("alice").complete("alice")
    story.delete_task_channel("chat").expect_events("task-channel.deleted")
    assert len(story.workers["alice"].channels) == 4
    story.advance(s=300)
    assert not story.exists("T1")


@pytest.mark.parametrize("status", ["pending", "reserved", "assigned", "wrapping"])
def test_a_task_channel_with_unfinished_tasks_cannot_be_deleted(status: str) -> None:
    story = Story()
    if status != "pending":
        story.worker("alice")
    story.task("T1", channel="chat")
    if status in ("assigned", "wrapping"):
        story.accept("alice")
    if status == "wrapping":
        story.wrap("alice")
    with story.refuses(Conflict, "cannot be deleted: 1 unfinished tasks are in it"):
        story.delete_task_channel("chat")
    story.delete_task("T1").delete_task_channel("chat")


def test_a_task_that_changes_its_kind_of_work_no_longer_keeps_the_old_one() -> None:
    story = Story().task("T1", channel="chat").update_task("T1", channel="sms")
    story.delete_task_channel("chat")
    with story.refuses(Conflict, "unfinished tasks"):
        story.delete_task_channel("sms")


def test_the_default_task_channel_cannot_be_deleted() -> None:
    story = Story()
    with story.refuses(Conflict, "it is the default channel"):
        story.delete_task_channel("default")


@pytest.mark.parametrize("named", ["", "fax", "CHAT", "TC" + "f" * 32])
def test_a_task_channel_that_is_not_there_is_not_found(named: str) -> None:
    story = Story()
    with story.refuses(NotFound, "task channel"):
        story.update_task_channel(named, friendly_name="x")
    with story.refuses(NotFound, "task channel"):
        story.delete_task_channel(named)


def test_a_workspace_holds_so_many_task_channels_its_first_five_included() -> None:
    story = Story(limits=Limits(task_channels=6)).task_channel("fax")
    with story.refuses(LimitReached, "at most 6 task channels"):
        story.task_channel("letter")
    story.delete_task_channel("fax").task_channel("letter")
