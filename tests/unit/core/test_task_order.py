"""Which of the waiting tasks goes first."""

from story import Story, rule, step


def waiting(*names: str, order: str = "FIFO") -> Story:
    """One queue in which these tasks wait, a second apart."""
    story = Story().queue("Q1", task_order=order)
    for name in names:
        story.task(name).advance(s=1)
    return story


def served(story: Story, *tasks: str) -> None:
    """One worker takes them one after the other, in this order."""
    story.worker("alice")
    for task in tasks:
        story.expect_offers((task, "alice"))
        story.accept("alice", task).complete("alice", task)


def test_the_oldest_goes_first() -> None:
    served(waiting("T1", "T2", "T3"), "T1", "T2", "T3")


def test_a_higher_priority_goes_before_any_age() -> None:
    story = waiting("T1", "T2").task("T3", priority=1).task("T4", priority=2)
    served(story, "T4", "T3", "T1", "T2")


def test_of_one_age_and_priority_the_first_created_goes_first() -> None:
    served(Story().queue("Q1").task("T1").task("T2").task("T3"), "T1", "T2", "T3")


def test_an_earlier_virtual_start_goes_first() -> None:
    story = waiting("T1", "T2")
    story.task("T3", virtual_start_ms=story.now_ms - 3_600_000)
    served(story, "T3", "T1", "T2")


def test_a_virtual_start_set_by_hand_is_compared_to_the_millisecond() -> None:
    story = Story().queue("Q1").advance(ms=500).task("T1")
    whole_second_ms = story.now_ms // 1000 * 1000
    story.task("T2", virtual_start_ms=whole_second_ms)
    served(story, "T2", "T1")


def test_the_youngest_goes_first_in_a_lifo_queue() -> None:
    served(waiting("T1", "T2", "T3", order="LIFO"), "T3", "T2", "T1")


def test_a_lifo_queue_ignores_priorities() -> None:
    story = waiting("T1", "T2", order="LIFO").update_task("T1", priority=100)
    served(story, "T2", "T1")


def test_of_one_age_the_last_created_goes_first_in_a_lifo_queue() -> None:
    served(Story().queue("Q1", task_order="LIFO").task("T1").task("T2"), "T2", "T1")


def test_the_order_of_a_queue_can_be_changed_while_tasks_wait() -> None:
    served(waiting("T1", "T2").update_queue("Q1", task_order="LIFO"), "T2", "T1")


def test_an_order_that_was_changed_twice_is_the_first_again() -> None:
    story = waiting("T1", "T2", "T3").update_queue("Q1", task_order="LIFO")
    served(story.update_queue("Q1", task_order="FIFO"), "T1", "T2", "T3")


def test_what_comes_and_goes_after_the_order_was_changed_is_ordered_too() -> None:
    story = waiting("T1", "T2", "T3", "T4").update_queue("Q1", task_order="LIFO")
    story.cancel("T3").task("T5").advance(s=1)
    served(story, "T5", "T4", "T2", "T1")


def test_a_queue_may_get_another_name_and_another_order_at_once_while_tasks_ask_for_its_name() -> (
    None
):
    story = Story().queue("Q1").queue("Q2")
    by_name = step("Q1", expression="task.task_queue_friendly_name == worker.of")
    story.workflow("w", rule("named == true", by_name), default="Q1")
    for number, named in enumerate((True, False, True, False), start=1):
        story.task(f"T{number}", {"named": named}).advance(s=1)
    story.update_queue("Q1", friendly_name="Old Q1", task_order="LIFO")
    story.worker("alice", {"of": "Q1"}).expect_offers(("T4", "alice"))
    story.worker("bob", {"of": "Old Q1"}).expect_offers(("T3", "bob"))


def two_queues(first: str, second: str, *, queue_order: str = "FIFO") -> Story:
    """T1 waits in Q1, then T2 in Q2, T3 in Q1, T4 in Q2."""
    story = Story(queue_order=queue_order)
    story.queue("Q1", task_order=first).queue("Q2", task_order=second)
    story.workflow("w1", default="Q1").workflow("w2", default="Q2")
    for number, workflow in enumerate(("w1", "w2", "w1", "w2"), start=1):
        story.task(f"T{number}", workflow=workflow).advance(s=1)
    return story


def test_fifo_queues_are_merged_by_age() -> None:
    served(two_queues("FIFO", "FIFO"), "T1", "T2", "T3", "T4")


def test_fifo_queues_are_merged_by_priority_first() -> None:
    story = two_queues("FIFO", "FIFO").update_task("T4", priority=1)
    served(story, "T4", "T1", "T2", "T3")


def test_lifo_queues_are_merged_by_youth() -> None:
    served(two_queues("LIFO", "LIFO"), "T4", "T3", "T2", "T1")


def test_fifo_queues_are_emptied_before_lifo_queues() -> None:
    served(two_queues("LIFO", "FIFO"), "T2", "T4", "T3", "T1")


def test_a_workspace_can_prefer_its_lifo_queues() -> None:
    served(two_queues("LIFO", "FIFO", queue_order="LIFO"), "T3", "T1", "T2", "T4")


def test_the_preference_can_be_changed_while_tasks_wait() -> None:
    story = two_queues("LIFO", "FIFO").update_workspace(prioritize_queue_order="LIFO")
    served(story, "T3", "T1", "T2", "T4")


def test_the_preference_places_tasks_routed_to_a_worker_too() -> None:
    story = Story().queue("Q1", task_order="LIFO").worker("alice", activity="Offline")
    story.task("T1").task("T2", to="alice", ignore_capacity=False)
    story.update_workspace(prioritize_queue_order="LIFO").goes("alice", "Available")
    story.expect_offers(("T1", "alice"))


def test_moving_to_another_queue_keeps_the_age() -> None:
    story = Story().queue("Q1", "1==2").queue("Q2")
    story.workflow("w", rule("late == true", step("Q1", timeout=60), "Q2"), default="Q2")
    story.task("T1", {"late": True}).advance(s=30).task("T2").advance(s=30)
    served(story, "T1", "T2")


def test_a_task_that_comes_back_keeps_its_place() -> None:
    story = Story().worker("alice").task("T1").advance(s=1).task("T2").advance(s=1)
    story.reject("alice", "T1").expect_offers(("T1", "alice"))


def test_a_task_that_nobody_can_take_holds_up_nobody() -> None:
    story = Story().queue("Support", "skills HAS 'support'").queue("Sales", "skills HAS 'sales'")
    story.workflow("w", rule("type == 'support'", "Support"), default="Sales")
    story.task("T1", {"type": "support"}, priority=100).task("T2").task("T3")
    story.worker("alice", {"skills": ["sales"]}).expect_offers(("T2", "alice"))


def test_within_one_queue_too_a_task_that_nobody_can_take_holds_up_nobody() -> None:
    story = Story().queue("Q1")
    story.workflow("w", default=step("Q1", expression="worker.lang == task.lang"))
    story.task("T1", {"lang": "es"}, priority=9).task("T2", {"lang": "en"})
    story.worker("alice", {"lang": "en"}).expect_offers(("T2", "alice"))


def test_one_match_at_the_end_of_a_command_serves_in_the_order_of_tasks() -> None:
    story = Story().queue("Q1", max_reserved_workers=2).queue("Q2")
    story.workflow("w1", default="Q1").workflow("w2", default="Q2")
    story.worker("alice").worker("bob").task("T1", workflow="w1")
    story.task("T2", workflow="w2").task("T3", workflow="w2", priority=5)
    story.cancel("T1").expect_offers(("T3", "alice"), ("T2", "bob"))
