"""The way of one task through its workflow."""

from .document import Step, default_of, filters_of, steps_of
from .endings import cancel_task
from .expressions import evaluate
from .names import in_filter, in_skip_if, members
from .things import Task, Workflow
from .world import World

DEFAULT = -2
FELL_OUT = "Task canceled on Workflow timeout"


def enter(world: World, task: Task, workflow: Workflow) -> None:
    """From the top, under the newest rules."""
    task.rules = workflow.rules
    task.rules_number = workflow.rules_number
    task.filter_index = task.target_index = -1
    if not enter_a_filter_from(world, task, 0) and not enter_default(world, task):
        fall_out(world, task)


def enter_a_filter_from(world: World, task: Task, first: int) -> bool:
    assert task.rules is not None
    for index, one in enumerate(filters_of(task.rules)):
        if index >= first and evaluate(
            one["expression"], lambda path: in_filter(world, task, path)
        ):
            task.filter_index = index
            task.filter_entered_ms = world.now_ms
            enter_step(world, task, 0)
            return True
    return False


def enter_default(world: World, task: Task) -> bool:
    assert task.rules is not None
    step = default_of(task.rules)
    if step is None:
        return False
    task.filter_index = DEFAULT
    task.target_index = 0
    task.filter_entered_ms = world.now_ms
    task.step_deadline_ms = None
    arrive(world, task, step)
    return True


def enter_step(world: World, task: Task, target_index: int) -> None:
    assert task.rules is not None
    steps = steps_of(filters_of(task.rules)[task.filter_index])
    step = steps[target_index]
    task.target_index = target_index
    if step.timeout_s is None:
        task.step_deadline_ms = None
    else:
        so_far_s = sum(one.timeout_s or 0 for one in steps[: target_index + 1])
        task.step_deadline_ms = task.filter_entered_ms + so_far_s * 1000
    arrive(world, task, step)
    leave_if_over(world, task)


def arrive(world: World, task: Task, step: Step) -> None:
    task.task_queue_sid = step.task_queue_sid
    if step.priority is not None:
        task.priority = step.priority
    world.fresh.add(task.sid)


def leave_if_over(world: World, task: Task) -> None:
    if task.step_deadline_ms is not None and task.step_deadline_ms <= world.now_ms:
        task.version += 1
        leave(world, task, by_skip=False)


def leave(world: World, task: Task, *, by_skip: bool) -> None:
    assert task.rules is not None
    steps = steps_of(filters_of(task.rules)[task.filter_index])
    if task.target_index + 1 < len(steps):
        enter_step(world, task, task.target_index + 1)
    elif enter_a_filter_from(world, task, task.filter_index + 1):
        pass
    elif not (by_skip and enter_default(world, task)):
        fall_out(world, task)


def fall_out(world: World, task: Task) -> None:
    cancel_task(world, task, FELL_OUT)


def step_of_task(task: Task) -> Step | None:
    """Where it is; None for a task that no workflow holds."""
    if task.rules is None:
        return None
    if task.filter_index == DEFAULT:
        return default_of(task.rules)
    return steps_of(filters_of(task.rules)[task.filter_index])[task.target_index]


def is_to_be_skipped(world: World, task: Task) -> bool:
    step = step_of_task(task)
    if step is None or step.skip_if is None:
        return False
    people = members(world, world.task_queues[step.task_queue_sid])
    return evaluate(step.skip_if, lambda path: in_skip_if(world, task, people, path))
