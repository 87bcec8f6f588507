"""What becomes of a task whose offers have all come to nothing."""

from .endings import cancel_task
from .routing import enter, leave_if_over
from .things import Task
from .world import World

TOO_MANY_OFFERS = "Max assignment count exceeded"


def refused_target(task: Task) -> str:
    return f"RoutingTarget not available for Reservation acceptance: {task.routing_target}"


def back_if_last(world: World, task: Task) -> None:
    """A reserved task whose last open offer has ended waits again, or ends."""
    if task.transfer is not None or task.status != "reserved" or world.open_reservations(task):
        return
    # whatever comes next, the task has come back from its offers: that is a change of its own
    task.version += 1
    if task.worker_routed:
        cancel_task(world, task, refused_target(task))
        return
    if task.assignment_count >= world.limits.assignment_count:
        cancel_task(world, task, TOO_MANY_OFFERS)
        return
    task.status = "pending"
    world.fresh.add(task.sid)
    if task.rules is None:
        return
    assert task.workflow_sid is not None
    workflow = world.workflows[task.workflow_sid]
    if task.rules_number < workflow.re_evaluated_number:
        task.version += 1
        enter(world, task, workflow)
    else:
        leave_if_over(world, task)
