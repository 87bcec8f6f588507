"""Very many tasks enter new rules step by step, and still in their order."""

from random import Random

from story import Story, rule, step
from taskyard.core.events import WorkflowEntered
from taskyard.core.machine import SLICE
from taskyard.core.re_evaluation import LOOKED_AT_ONCE

MANY = LOOKED_AT_ONCE + 700


def crowded() -> Story:
    story = Story().queue("Q1").queue("Q2").workflow("w", default="Q1")
    dice = Random(5)
    for number in range(MANY):
        story.task(f"T{number}", priority=dice.randrange(9))
    return story


def entered(story: Story) -> list[str]:
    return [e.task_sid for e in story.latest if isinstance(e, WorkflowEntered) and e.re_evaluated]


def test_each_task_enters_once_first_tasks_first() -> None:
    story = crowded().update_workflow("w", default="Q2", re_evaluate=True)
    assert entered(story) == []  # still being put in order
    story.advance()
    tasks = [story.machine.state.tasks[sid] for sid in entered(story)]
    assert len(tasks) == MANY
    assert tasks == sorted(tasks, key=lambda task: (-task.priority, task.number))


def test_no_single_advance_takes_more_than_a_slice() -> None:
    story = crowded().update_workflow("w", default="Q2", re_evaluate=True)
    before = len(story.history)
    story.advance()
    sizes = [
        sum(isinstance(event, WorkflowEntered) for event in events)
        for _, events in story.history[before:]
    ]
    assert sum(sizes) == MANY
    assert max(sizes) == SLICE


def test_rules_that_change_again_on_the_way_win() -> None:
    story = crowded().queue("Q3").update_workflow("w", default="Q2", re_evaluate=True)
    story.update_workflow("w", rule("1==1", step("Q3")), re_evaluate=True).advance()
    assert {story.queue_of(f"T{number}") for number in range(MANY)} == {"Q3"}
