"""What is kept of a task that is over; and that equal values are kept once."""

from collections.abc import Iterator
from typing import Any

import msgspec
import pytest

from snapshot_trip import restored, resumed
from story import Story, step
from taskyard.core.events import Event
from taskyard.core.finished import FinishedReservation, FinishedTask
from taskyard.core.ids import counting_mint
from taskyard.core.machine import FORGOTTEN_AT_ONCE
from taskyard.core.model import Reservation, Task
from taskyard.core.state import State


def busy_story() -> Story:
    """One task is over, one is accepted, one is offered to both, one is canceled."""
    story = Story().queue("desk", max_reserved_workers=2).workflow("main", default=step("desk"))
    story.worker("alice", default=3).worker("bob", default=3)
    story.task("T1").task("T2").advance(s=1)
    story.accept("alice", "T1", post_work="Available").accept("alice", "T2", post_work="Available")
    story.advance(s=1).complete("alice", "T1").task("T3").task("T4")
    return story.cancel("T4")


def decoded(event: Event) -> Event:
    return msgspec.msgpack.decode(msgspec.msgpack.encode(event), type=type(event))


def folded(story: Story) -> State:
    """What the journal comes to, every event of it decoded by itself."""
    state = State()
    for now_ms, events in story.history:
        for event in events:
            state.apply(decoded(event), now_ms)
    return state


def test_only_what_is_shown_is_kept_of_a_task_and_its_offers_once_all_are_over() -> None:
    story = busy_story()
    assert [type(task) for task in story.state.tasks.values()] == [
        FinishedTask,
        Task,
        Task,
        FinishedTask,
    ]
    for reservation in story.state.reservations.values():
        over = reservation.task_sid in (story.sid("WT", "T1"), story.sid("WT", "T4"))
        assert type(reservation) is (FinishedReservation if over else Reservation)


def test_a_task_completed_before_its_reservation_is_kept_whole_until_that_ends_too() -> None:
    story = Story().worker("alice").task("T1").accept("alice", post_work="Offline")
    story.complete_task("T1")
    assert type(story.tasks["T1"]) is FinishedTask
    assert story.activity_of("alice") == "Offline"


def test_several_offers_of_a_canceled_task_all_give_the_activity_back() -> None:
    story = Story(multi_tasking=False).queue(
        "desk", max_reserved_workers=2, reservation_activity="Offline"
    )
    story.workflow("main", default=step("desk")).worker("alice").worker("bob").task("T1")
    assert {story.activity_of("alice"), story.activity_of("bob")} == {"Offline"}
    story.cancel("T1")
    assert {story.activity_of("alice"), story.activity_of("bob")} == {"Available"}


@pytest.mark.parametrize(
    ("noun", "kept"), [(Task, FinishedTask), (Reservation, FinishedReservation)]
)
def test_whatever_can_be_read_of_a_noun_can_be_read_of_what_is_kept_of_it(
    noun: type, kept: type
) -> None:
    readable = {name for name in dir(noun) if not name.startswith("_")}
    assert readable <= {name for name in dir(kept) if not name.startswith("_")}


def named(state: State) -> Iterator[tuple[Any, Any]]:
    """Each SID by which one thing names another, and that of the thing itself."""
    for sid, worker in state.workers.items():
        yield sid, worker.sid
        yield worker.activity_sid, state.activities[worker.activity_sid].sid
        yield from ((one, state.task_channels[one].sid) for one in worker.channels)
        yield from ((one, state.reservations[one].sid) for one in worker.reservations)
    for task_sid, task in state.tasks.items():
        yield task_sid, task.sid
        yield task.task_channel_sid, state.task_channels[task.task_channel_sid].sid
        assert task.workflow_sid
        assert task.task_queue_sid
        yield task.workflow_sid, state.workflows[task.workflow_sid].sid
        yield task.task_queue_sid, state.task_queues[task.task_queue_sid].sid
        yield from ((one, state.reservations[one].sid) for one in task.reservations)
    yield from ((one, state.tasks[one].sid) for one in state.finished)
    for reservation_sid, one in state.reservations.items():
        yield reservation_sid, one.sid
        yield one.task_sid, state.tasks[one.task_sid].sid
        yield one.worker_sid, state.workers[one.worker_sid].sid
        if one.task_queue_sid is not None:
            yield one.task_channel_sid, state.task_channels[one.task_channel_sid].sid
            yield one.task_queue_sid, state.task_queues[one.task_queue_sid].sid
            yield one.previous_activity_sid, state.activities[one.previous_activity_sid].sid
        if one.post_work_activity_sid is not None:
            yield one.post_work_activity_sid, state.activities[one.post_work_activity_sid].sid


@pytest.mark.parametrize("come_to", [lambda story: story.state, folded])
def test_every_name_is_the_very_sid_of_the_thing(come_to: Any) -> None:
    state = come_to(busy_story())
    assert all(one is own for one, own in named(state))
    again = restored(state)
    assert len(list(named(again))) > 40
    assert all(one is own for one, own in named(again))


def test_a_restored_state_shares_the_instants_that_were_shared() -> None:
    state = restored(busy_story().state)
    for task in state.tasks.values():
        assert task.virtual_start_ms is task.created_ms
        for sid in task.reservations:
            assert state.reservations[sid].created_ms is task.task_queue_entered_ms


def test_very_many_tasks_that_ended_at_one_instant_are_forgotten_in_slices() -> None:
    story = Story()
    for number in range(FORGOTTEN_AT_ONCE + 50):
        story.task(f"T{number}").cancel(f"T{number}")
    machine = resumed(story.state, counting_mint(), story.limits)
    now_ms = story.now_ms + 300_000
    machine.advance(now_ms)
    assert len(machine.state.tasks) == 50
    assert machine.next_deadline_ms() == now_ms
    machine.advance(now_ms)
    assert not machine.state.tasks
    assert machine.next_deadline_ms() is None
