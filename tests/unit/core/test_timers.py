"""What is due next, and that nothing is kept for what has lost its meaning."""

from itertools import pairwise

from story import Story, rule, step
from taskyard.core.events import TaskCanceled
from taskyard.core.routing import TTL_EXCEEDED


def due_in_ms(story: Story) -> int | None:
    deadline_ms = story.machine.next_deadline_ms()
    return None if deadline_ms is None else deadline_ms - story.now_ms


def test_nothing_is_due_in_a_workspace_without_tasks() -> None:
    assert due_in_ms(Story().worker("alice").queue("Q1")) is None


def test_the_nearest_of_all_clocks_is_the_next() -> None:
    story = Story(reservation_timeout_s=5).queue("Q1")
    story.workflow("w", rule("1==1", step("Q1", timeout=30)))
    assert due_in_ms(story.task("T1", timeout_s=60)) == 30_000
    assert due_in_ms(story.task("T2", timeout_s=20)) == 20_000
    assert due_in_ms(story.worker("alice")) == 5_000
    assert due_in_ms(story.accept("alice", "T1")) == 20_000
    assert due_in_ms(story.cancel("T2")) == 300_000


def test_the_end_of_a_step_is_due_again_when_its_task_comes_back() -> None:
    story = Story().queue("Q1").worker("alice")
    story.workflow("w", rule("1==1", step("Q1", timeout=30), "Q1")).task("T1")
    story.advance(s=10).reject("alice", activity="Offline")
    assert due_in_ms(story) == 20_000


def test_an_assigned_task_is_due_a_day_after_its_acceptance() -> None:
    story = Story().worker("alice").task("T1").advance(s=7).accept("alice").advance(s=3)
    assert due_in_ms(story) == 86_400_000 - 3_000


def test_a_finished_task_is_due_to_be_forgotten_at_a_full_second() -> None:
    story = Story().task("T1").advance(ms=1).cancel("T1")
    assert due_in_ms(story) == 300_999


def test_waiting_for_the_time_of_day_is_due_at_the_next_full_minute() -> None:
    story = (
        Story()
        .queue("Q1")
        .workflow("w", default=step("Q1", expression="taskrouter.currentTime > 1200"))
    )
    story.advance(ms=12_345).task("T1")
    assert due_in_ms(story) == 60_000 - 12_345


def test_timers_that_came_to_nothing_are_thrown_away() -> None:
    story = Story().worker("alice").task("T1", timeout_s=1_000_000)
    for _ in range(900):
        story.reject("alice")
    for number in range(3_000):
        story.task(f"N{number}").delete_task(f"N{number}")
    assert len(story.machine.timers) < 2_000


def test_clocks_that_came_to_nothing_leave_a_few_at_a_time() -> None:
    story = Story().worker("alice").task("T1", timeout_s=1_000_000)
    timers, sizes = story.machine.timers, [0]
    for number in range(1_500):
        story.task(f"N{number}").delete_task(f"N{number}")
        sizes.append(len(timers))
    assert max(sizes) > 1_000
    assert min(after - before for before, after in pairwise(sizes)) > -20
    assert sizes[-1] < 1_000


def test_what_is_due_comes_in_order_while_the_dead_leave() -> None:
    story = Story()
    for number in range(1_010):
        story.task(f"N{number}", timeout_s=500)
        if number % 100:
            story.cancel(f"N{number}")
    for number in range(30):
        story.task(f"L{number}", timeout_s=400 + number)
    story.advance(s=1_000)
    ended = [event.task_sid for event in told(story) if event.reason == TTL_EXCEEDED]
    wanted = [f"L{number}" for number in range(30)] + [f"N{n}" for n in range(0, 1_010, 100)]
    assert ended == [story.sid("WT", name) for name in wanted]


def test_after_a_load_clocks_are_started_a_few_at_a_time() -> None:
    story = Story(reservation_timeout_s=50).queue("Q1").workflow("w", rule("1==1", step("Q1")))
    for number in range(2_600):
        story.task(f"N{number}", timeout_s=5_000 - number)
    for number in range(600):
        story.worker(f"worker {number}")
    known = len(story.machine.timers)
    assert known == 2_600 + 600
    started = [len(story.machine.timers) for _ in story.machine.resuming()]
    assert started[-1] == known
    assert max(after - before for before, after in pairwise([0, *started])) < 1_000
    assert due_in_ms(story) == 50_000


def told(story: Story) -> list[TaskCanceled]:
    return [one for _, events in story.history for one in events if isinstance(one, TaskCanceled)]


def test_a_restart_knows_every_deadline() -> None:
    story = Story(reservation_timeout_s=50).queue("Q1").worker("alice")
    story.workflow("w", rule("1==1", step("Q1", timeout=30), step(timeout=30)))
    story.task("T1", timeout_s=500).task("T2", timeout_s=40).advance(s=10).restart()
    story.advance(s=20).expect("task-queue.timeout", task="T2")
    story.advance(s=10).expect("task.canceled", task="T2", reason="Task TTL Exceeded")
    story.advance(s=10).expect("reservation.timeout", task="T1")
