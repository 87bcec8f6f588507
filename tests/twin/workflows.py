import json

from msgspec import UNSET

from taskyard.core import commands as ask

from .bounds import bad_name, bad_whole, take
from .document import acceptable
from .matching import waiting
from .refused import Doubts, find
from .routing import enter
from .things import Workflow
from .world import World


def doubts_of(world: World, command: ask.CreateWorkflow | ask.UpdateWorkflow) -> Doubts:
    doubts = Doubts()
    doubts.invalid(bad_name(command.friendly_name, world.limits.long_friendly_name_characters))
    text = command.configuration
    doubts.invalid(isinstance(text, str) and not acceptable(world, text))
    timeout_s = command.task_reservation_timeout_s
    doubts.invalid(bad_whole(timeout_s, 1, world.limits.reservation_timeout_s))
    return doubts


def create(world: World, command: ask.CreateWorkflow) -> None:
    doubts = doubts_of(world, command)
    doubts.too_many(len(world.workflows) >= world.limits.workflows)
    doubts.settle()
    sid = world.mint("WW")
    world.workflows[sid] = Workflow(
        sid,
        command.friendly_name,
        json.loads(command.configuration),
        command.assignment_callback_url,
        command.fallback_assignment_callback_url,
        command.task_reservation_timeout_s,
    )


def update(world: World, command: ask.UpdateWorkflow) -> None:
    workflow = find(world.workflows, command.workflow_sid)
    doubts = doubts_of(world, command)
    doubts.version(workflow.version, command.expected_version)
    doubts.settle()
    changed = take(
        workflow,
        command,
        "friendly_name",
        "assignment_callback_url",
        "fallback_assignment_callback_url",
        "task_reservation_timeout_s",
    )
    if command.configuration is not UNSET:
        rules = json.loads(command.configuration)
        # the order of keys counts: it is shown as it was sent
        if json.dumps(rules) != json.dumps(workflow.rules):
            workflow.rules = rules
            workflow.rules_number += 1
            changed = True
    if command.re_evaluate_tasks:
        # even the same rules are entered anew
        workflow.rules_number += 1
        workflow.re_evaluated_number = workflow.rules_number
        changed = True
        for task in waiting(world):
            if task.transfer is not None:
                continue
            if task.workflow_sid == workflow.sid and task.rules is not None:
                task.version += 1
                enter(world, task, workflow)
    workflow.version += changed


def delete(world: World, command: ask.DeleteWorkflow) -> None:
    workflow = find(world.workflows, command.workflow_sid)
    doubts = Doubts()
    doubts.version(workflow.version, command.expected_version)
    doubts.conflict(
        any(
            task.workflow_sid == workflow.sid
            and task.status in ("pending", "reserved")
            and task.transfer is None
            for task in world.tasks.values()
        )
    )
    doubts.settle()
    del world.workflows[workflow.sid]
