import msgspec
import pytest

from snapshot_trip import restored, resumed, whole
from story import Story, step
from taskyard.core.ids import Mint, counting_mint
from taskyard.core.machine import Machine
from taskyard.core.snapshot import Snapshot, capture, restore
from taskyard.core.state import State


def busy_story() -> Story:
    """Tasks that wait, are offered, accepted and handed on, that are over and that are deleted."""
    story = Story().queue("desk").workflow("main", default=step("desk"))
    story.worker("alice").worker("bob", default=2)
    for name in ("T1", "T2", "T3", "T4", "T5", "T6"):
        story.task(name)
    story.update_workspace(timeout_activity="Available")
    story.accept("alice").advance(s=1).accept("bob", "T2").accept("bob", "T3")
    story.complete("bob", "T2").advance(s=1).complete("bob", "T3").delete_task("T3")
    story.queue("back office", "1==2").worker("carol", activity="Offline")
    return story.transfer("alice", "back office", task="T1").accept("bob")


def later_mint() -> Mint:
    """SIDs that no story has used."""
    count = counting_mint()
    return lambda prefix: count(prefix).replace("0000", "ffff", 1)


def test_a_restored_state_is_whole() -> None:
    state = busy_story().state
    assert {task.status for task in state.tasks.values()} > {"pending", "assigned", "completed"}
    assert [transfer.status for transfer in state.transfers.values()] == ["initiated"]
    assert len(state.finished) == 2, "one of them was deleted"
    assert whole(restored(state)) == whole(state)


def test_every_field_of_a_state_is_captured_or_follows_from_what_is() -> None:
    captured = set(Snapshot.__struct_fields__)
    follows = {
        "created",
        "worker_by_name",
        "unfinished_in_queue",
        "unfinished_in_channel",
        "routed_by",
        "online_workers",
        "transfers_of",
    }
    assert captured | follows == set(vars(busy_story().state))
    assert not captured & follows


def test_a_snapshot_of_the_same_history_has_the_same_bytes() -> None:
    one, other = (msgspec.msgpack.encode(capture(busy_story().state)) for _ in range(2))
    assert one == other


def test_a_machine_from_a_snapshot_decides_what_one_from_the_journal_decides() -> None:
    story = busy_story()
    folded = Machine(mint=later_mint(), limits=story.limits)
    for now_ms, events in story.history:
        folded.replay(events, now_ms)
    folded.resume()
    machine = resumed(story.state, later_mint(), story.limits)
    offers = 0
    for _ in range(20):
        deadline_ms = folded.next_deadline_ms()
        assert machine.next_deadline_ms() == deadline_ms
        if deadline_ms is None:
            break
        events = folded.advance(deadline_ms)
        assert machine.advance(deadline_ms) == events
        offers += sum(type(event).__name__ == "ReservationCreated" for event in events)
    assert offers > 0


def test_a_workspace_that_holds_nothing_is_captured_too() -> None:
    assert not restored(Story().state).tasks


def test_what_was_kept_before_a_noun_had_a_field_is_read() -> None:
    kept = msgspec.to_builtins(capture(busy_story().state))
    for task in kept["tasks"]:
        del task["version"]
    state = restore(msgspec.convert(kept, Snapshot))
    assert {task.version for task in state.tasks.values()} == {0}


def test_there_is_nothing_to_capture_before_the_first_event() -> None:
    with pytest.raises(AttributeError):
        capture(State())
