"""How much a worker takes of every kind of work at once."""

import pytest

from story import Story, step


def test_a_worker_takes_as_many_of_a_kind_as_their_capacity() -> None:
    story = Story().worker("alice", chat=3)
    for number in range(3):
        story.task(f"T{number}", channel="chat").expect_offers((f"T{number}", "alice"))
    story.task("T3", channel="chat").expect_offers()


def test_kinds_of_work_do_not_take_up_each_others_capacity() -> None:
    story = Story().worker("alice")
    for channel in ("default", "voice", "chat", "sms", "video"):
        story.task(channel, channel=channel).expect_offers((channel, "alice"))


@pytest.mark.parametrize("status", ["pending", "accepted", "wrapping"])
def test_pending_accepted_and_wrapping_work_counts(status: str) -> None:
    story = Story().worker("alice").task("T1")
    if status != "pending":
        story.accept("alice")
    if status == "wrapping":
        story.wrap("alice")
    story.task("T2").expect_offers()


def test_more_capacity_meets_what_waits_at_once() -> None:
    story = Story().worker("alice").task("T1").task("T2").task("T3")
    story.worker_channel("alice", "default", capacity=3)
    story.expect_events("worker.capacity.update", "reservation.created", "reservation.created")


def test_less_capacity_than_there_is_work_leaves_the_work_and_adds_none() -> None:
    story = Story().worker("alice", chat=2).task("T1", channel="chat").task("T2", channel="chat")
    story.accept("alice", "T1").worker_channel("alice", "chat", capacity=1)
    story.expect_events("worker.capacity.update")
    assert story.channel("alice", "chat").used == 2
    story.complete("alice", "T1").task("T3", channel="chat").expect_offers()
    story.reject("alice", "T2").expect_offers(("T2", "alice"))


def test_no_capacity_means_no_work_of_that_kind() -> None:
    story = Story().worker("alice", chat=0).task("T1", channel="chat").expect_offers()
    story.worker_channel("alice", "chat", capacity=1).expect_offers(("T1", "alice"))


def test_an_unavailable_channel_takes_nothing_and_remembers_its_capacity() -> None:
    story = Story().worker("alice", chat=2).worker_channel("alice", "chat", available=False)
    story.task("T1", channel="chat").task("T2", channel="chat").expect_offers()
    story.worker_channel("alice", "chat", available=True)
    story.expect_offers(("T1", "alice"), ("T2", "alice"))
    assert story.channel("alice", "chat").capacity == 2


@pytest.mark.parametrize(
    ("capacity", "used", "percentage"),
    [(1, 0, 100), (1, 1, 0), (3, 1, 66), (3, 2, 33), (7, 1, 85), (0, 0, 0)],
)
def test_what_is_left_of_a_capacity_is_rounded_down(
    capacity: int, used: int, percentage: int
) -> None:
    story = Story().worker("alice", chat=capacity)
    for number in range(used):
        story.task(f"T{number}", channel="chat")
    assert story.channel("alice", "chat").available_capacity_percentage == percentage


def test_work_above_the_capacity_leaves_nothing_and_no_less() -> None:
    story = Story().worker("alice", default=2).task("T1").task("T2")
    story.worker_channel("alice", "default", capacity=1)
    assert story.channel("alice").available_capacity_percentage == 0


def test_workers_on_a_call_get_no_chats_when_the_rules_say_so() -> None:
    story = (
        Story()
        .queue("Q1")
        .workflow(
            "chats",
            default=step(
                "Q1", expression="worker.channel.voice.available_capacity_percentage == 100"
            ),
        )
    )
    story.workflow("calls", default="Q1").worker("alice", chat=3)
    story.task("call", workflow="calls", channel="voice").accept("alice", "call")
    story.task("chat", workflow="chats", channel="chat").expect_offers()
    story.complete("alice", "call").expect_offers(("chat", "alice"))


def test_counters_are_read_anew_for_each_offer_of_one_command() -> None:
    only_idle = "worker.channel.{}.available_capacity_percentage == 100"
    story = Story().queue("Q1")
    story.workflow("chats", default=step("Q1", expression=only_idle.format("voice")))
    story.workflow("calls", default=step("Q1", expression=only_idle.format("chat")))
    story.task("chat", workflow="chats", channel="chat")
    story.task("call", workflow="calls", channel="voice")
    story.worker("alice").expect_offers(("chat", "alice"))
    story.accept("alice", "chat").complete("alice", "chat").expect_offers(("call", "alice"))


def test_a_counter_that_rises_can_open_a_way_too() -> None:
    story = Story().queue("Q1").workflow("calls", default="Q1")
    story.workflow(
        "extras", default=step("Q1", expression="worker.channel.voice.assigned_tasks > 0")
    )
    story.worker("alice").task("extra", workflow="extras", channel="chat").expect_offers()
    story.task("call", workflow="calls", channel="voice").expect_offers(("call", "alice"))
    story.accept("alice", "call").expect_offers(("extra", "alice"))
