"""The front door: replay, refusals, what is due before a command, and repeatability."""

import pytest

from story import Story, canonical, rule, step
from taskyard.core.commands import AcceptReservation, CreateActivity, UpdateTask
from taskyard.core.errors import NotFound, Refusal
from taskyard.core.ids import counting_mint
from taskyard.core.machine import Machine
from taskyard.core.state import State


def long_story() -> Story:
    """A little of everything."""
    story = Story(reservation_timeout_s=20).task_channel("fax").activity("Break")
    story.queue("Support", "skills HAS 'support'", max_reserved_workers=2)
    story.queue("Sales", "skills HAS 'sales'", task_order="LIFO").queue("Everyone")
    story.workflow(
        "w",
        rule(
            "type == 'support'",
            step("Support", timeout=30, priority=5),
            step("Everyone", timeout=30, skip_if="workers.available == 0"),
        ),
        rule("type == 'sales'", step("Sales", expression="worker.level >= task.level", timeout=60)),
        default="Everyone",
    )
    story.worker("alice", {"skills": ["support"], "level": 3}, chat=2)
    story.worker("bob", {"skills": ["support", "sales"], "level": 1})
    story.worker("carol", activity="Offline")
    for number in range(12):
        kind = ("support", "sales", "other")[number % 3]
        story.task(f"T{number}", {"type": kind, "level": number % 4}, timeout_s=300)
        story.advance(s=3)
    story.update_worker("carol", {"skills": ["sales"], "level": 9}, activity="Available")
    story.task("direct", to="carol").reject("carol", "direct")
    story.update_workflow("w", default="Support", re_evaluate=True)
    story.update_task("T5", {"type": "support"}).advance(s=45)
    for name in ("alice", "bob", "carol"):
        story.goes(name, "Available")
    story.accept("alice").wrap("alice").complete("alice").advance(s=100)
    story.delete_queue("Sales").update_queue("Everyone", target_workers="1==2")
    return story.advance(s=400)


def test_a_replay_knows_what_the_machine_knows() -> None:
    story = long_story()
    state = State()
    for now_ms, events in story.history:
        for event in events:
            state.apply(event, now_ms)
    assert canonical(state) == canonical(story.state)


def test_a_restart_at_any_moment_leads_to_the_same_end() -> None:
    story = long_story()
    for stop in range(0, len(story.history), 7):
        machine = Machine(mint=counting_mint(), limits=story.limits)
        for now_ms, events in story.history[: stop + 1]:
            machine.replay(events, now_ms)
        machine.resume()
        for now_ms, events in story.history[stop + 1 :]:
            machine.replay(events, now_ms)
        assert canonical(machine.state) == canonical(story.state)


def test_the_same_commands_at_the_same_instants_lead_to_the_same_events() -> None:
    assert long_story().history == long_story().history


def test_a_machine_goes_on_after_a_restart_as_if_nothing_had_happened() -> None:
    story = Story(reservation_timeout_s=20).worker("alice").task("T1").task("T2")
    story.advance(s=10).restart().expect_nothing()
    story.advance(s=10).expect("reservation.timeout", task="T1")
    story.goes("alice", "Available").restart().accept("alice").expect("reservation.accepted")
    story.complete("alice").expect("reservation.created", worker="alice")


def test_a_restart_keeps_the_order_of_workers_and_tasks() -> None:
    story = Story().worker("alice").advance(ms=1).worker("bob").task("T1").accept("alice")
    story.complete("alice").restart().task("T2").expect_offers(("T2", "bob"))
    story.task("T3").task("T4", priority=2).task("T5", priority=2).restart()
    story.accept("bob", "T2").complete("bob", "T2").expect_offers(("T4", "bob"))


def test_what_is_due_happens_before_the_command_of_the_same_instant() -> None:
    story = Story().worker("alice").task("T1").let_pass(s=120).task("T2")
    story.expect("reservation.timeout", task="T1").expect("task.created", task="T2")


def test_what_is_due_before_a_refused_command_has_happened_and_the_refusal_tells_it() -> None:
    story = Story().worker("alice").task("T1").let_pass(s=120)
    with pytest.raises(NotFound):
        story.cancel("nothing")
    story.expect_events("reservation.timeout", "worker.activity.update")
    assert story.activity_of("alice") == "Offline"
    story.activity("Break").expect_events("activity.created")


def test_events_come_in_the_order_in_which_they_happened_after_a_refusal_too() -> None:
    story = Story().worker("alice").task("T1", timeout_s=130).let_pass(s=120)
    with pytest.raises(Refusal):
        story.cancel("nothing")
    story.expect_events("reservation.timeout", "worker.activity.update")
    story.advance(s=10).expect_events("task.canceled")


def test_a_refusal_when_nothing_was_due_tells_of_nothing() -> None:
    story = Story()
    with pytest.raises(Refusal) as caught:
        story.cancel("nothing")
    assert not caught.value.happened_before


def test_a_refused_command_leaves_no_trace_in_what_follows() -> None:
    plain, tried = Story(), Story()
    for story in (plain, tried):
        story.queue("Q1").worker("alice")
    for wrong in (
        lambda: tried.task("T1", priority=-1),
        lambda: tried.worker("ALICE"),
        lambda: tried.queue("Q2", "a =="),
        lambda: tried.accept("alice"),
    ):
        with pytest.raises(Refusal):
            wrong()
    assert plain.task("T1").latest == tried.task("T1").latest


def test_a_command_answers_with_the_sid_of_what_it_made_or_changed() -> None:
    story = Story().worker("alice").task("T1")
    offer = story.reservation("alice").sid
    assert story.ask(CreateActivity(friendly_name="x")) == story.sid("WA", "x")
    task_sid = story.sid("WT", "T1")
    assert story.ask(UpdateTask(task_sid=task_sid, priority=1)) == task_sid
    assert story.ask(AcceptReservation(reservation_sid=offer)) == offer


def test_advancing_when_nothing_is_due_does_nothing() -> None:
    story = Story().worker("alice").task("T1")
    assert story.machine.advance(story.now_ms) == []
    assert story.machine.advance(story.now_ms + 1) == []


def test_a_machine_gets_ready_in_small_steps_and_makes_the_offers_it_would_have_made() -> None:
    story = Story().queue("Everyone")
    story.workflow(
        "w",
        rule("kind == 'old'", step("Everyone", expression="task.age >= 90")),
        default="Everyone",
    )
    for number in range(450):
        story.task(f"T{number}", {"kind": "old" if number % 3 == 0 else "new"})
    machine = Machine(mint=counting_mint(), limits=story.limits)
    for now_ms, events in story.history:
        machine.replay(events, now_ms)
    assert sum(1 for _ in machine.resuming()) >= 4
    assert machine.matcher.waiting == 300, "the others depend on the instant"
    assert machine.advance(story.now_ms) == []
    assert machine.matcher.waiting == 450
