"""One worker's capacity for one kind of work: how it is named and changed."""

import pytest

from story import Story
from taskyard.core.commands import UpdateWorkerChannel
from taskyard.core.errors import Invalid, NotFound
from taskyard.core.ids import is_sid, worker_channel_sid
from taskyard.core.limits import Limits


def test_a_worker_channel_is_named_by_its_sid_the_channels_sid_or_the_unique_name() -> None:
    story = Story().worker("alice")
    worker_sid, chat_sid = story.sid("WK", "alice"), story.sid("TC", "chat")
    own_sid = worker_channel_sid(worker_sid, chat_sid)
    for capacity, named in enumerate((own_sid, chat_sid, "chat"), start=2):
        answer = story.ask(
            UpdateWorkerChannel(worker_sid=worker_sid, worker_channel=named, capacity=capacity)
        )
        assert answer == own_sid
        assert story.channel("alice", "chat").capacity == capacity


def test_the_sid_of_a_worker_channel_is_one_and_belongs_to_its_worker() -> None:
    story = Story().worker("alice").worker("bob")
    alice, bob = story.sid("WK", "alice"), story.sid("WK", "bob")
    sids = {worker_channel_sid(w, c) for w in (alice, bob) for c in story.state.task_channels}
    assert len(sids) == 10
    assert all(is_sid(sid, "WC") for sid in sids)
    with story.refuses(NotFound, "worker channel"):
        story.worker_channel("bob", worker_channel_sid(alice, story.sid("TC", "chat")), capacity=2)


@pytest.mark.parametrize("named", ["", "fax", "Chat", "WC" + "f" * 32, "TC" + "f" * 32])
def test_a_worker_channel_that_is_not_there_is_not_found(named: str) -> None:
    story = Story().worker("alice")
    with story.refuses(NotFound, "worker channel"):
        story.worker_channel("alice", named, capacity=2)


def test_the_channel_of_a_worker_who_is_not_there_is_not_found() -> None:
    story = Story()
    with story.refuses(NotFound, "worker nobody"):
        story.worker_channel("nobody", "chat", capacity=2)


def test_capacity_and_availability_have_an_event_each() -> None:
    story = Story().worker("alice").worker_channel("alice", "chat", capacity=3, available=False)
    story.expect_events("worker.capacity.update", "worker.channel.availability.update")


def test_what_stays_as_it_is_raises_no_event() -> None:
    story = Story().worker("alice").worker_channel("alice", "chat", capacity=1, available=True)
    story.expect_events()
    assert story.workers["alice"].version == 0


@pytest.mark.parametrize("capacity", [-1, 51, 2.5, "3", None])
def test_a_capacity_is_a_whole_number_from_0_to_50(capacity: object) -> None:
    story = Story().worker("alice")
    with story.refuses(Invalid, "^Capacity must be a whole number from 0 to 50"):
        story.worker_channel("alice", "chat", capacity=capacity, available=False)
    story.worker_channel("alice", "chat", capacity=50).worker_channel("alice", "chat", capacity=0)


def test_an_operator_may_allow_more_capacity() -> None:
    story = Story(limits=Limits(worker_channel_capacity=500)).worker("alice", chat=500)
    assert story.channel("alice", "chat").capacity == 500
