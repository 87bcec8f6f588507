"""A workflow's configuration: what may be stored, and the steps that it describes."""

import json
from dataclasses import dataclass
from typing import Any

from .expressions import Malformed, is_expression, order_clauses, reference
from .world import World

KNOWN = ("known_worker_sid", "known_worker_friendly_name")


@dataclass
class Step:
    task_queue_sid: str
    expression: str | None
    priority: int | None
    timeout_s: int | None
    order_by: str | None
    skip_if: str | None
    known_worker_sid: str | None
    known_worker_friendly_name: str | None


def acceptable(world: World, text: str) -> bool:
    if len(text.encode()) > world.limits.configuration_bytes:
        return False
    try:
        rules = json.loads(text)
    except ValueError:
        return False
    routing = rules.get("task_routing") if isinstance(rules, dict) else None
    if not isinstance(routing, dict):
        return False
    filters = routing.get("filters", [])
    default = routing.get("default_filter")
    if not isinstance(filters, list) or not (filters or default is not None):
        return False
    if default is not None and not good_default(world, default):
        return False
    return all(good_filter(world, one) for one in filters)


def good_filter(world: World, one: Any) -> bool:
    if not isinstance(one, dict) or not is_expression(one.get("expression")):
        return False
    targets = one.get("targets")
    return (
        isinstance(targets, list)
        and bool(targets)
        and all(good_target(world, target, first=at == 0) for at, target in enumerate(targets))
    )


def good_default(world: World, target: Any) -> bool:
    """What is ignored there is not looked at either."""
    if not isinstance(target, dict):
        return False
    kept = {key: value for key, value in target.items() if key not in ("timeout", "skip_if")}
    return good_target(world, kept, first=True)


def good_target(world: World, target: Any, *, first: bool) -> bool:
    if not isinstance(target, dict) or (first and "queue" not in target):
        return False
    if "queue" in target and target["queue"] not in world.task_queues:
        return False
    for key, low in (("timeout", 1), ("priority", 0)):
        if key in target:
            number = whole(target[key])
            if number is None or number < low:
                return False
            if key == "priority" and number > world.limits.priority:
                return False
    if not all(is_expression(target[key]) for key in ("expression", "skip_if") if key in target):
        return False
    if "order_by" in target and not is_order(target["order_by"]):
        return False
    return good_known_worker(target)


def good_known_worker(target: dict[str, Any]) -> bool:
    if all(key in target for key in KNOWN):
        return False
    for key in KNOWN:
        if key in target:
            value = target[key]
            literal = key == "known_worker_sid" and is_worker_sid(value)
            if not literal and not is_reference(value):
                return False
    return True


def whole(value: Any) -> int | None:
    if isinstance(value, str) and value.lstrip("-").isdigit():
        return int(value)
    return value if isinstance(value, int) and not isinstance(value, bool) else None


def is_order(text: Any) -> bool:
    try:
        order_clauses(text)
    except Malformed:
        return False
    return True


def is_reference(text: Any) -> bool:
    try:
        reference(text)
    except Malformed:
        return False
    return True


def is_worker_sid(text: Any) -> bool:
    return isinstance(text, str) and len(text) == 34 and text.startswith("WK")


def filters_of(rules: dict[str, Any]) -> list[dict[str, Any]]:
    return rules["task_routing"].get("filters", [])


def steps_of(one: dict[str, Any]) -> list[Step]:
    steps = []
    queue = ""
    for target in one["targets"]:
        queue = target.get("queue", queue)
        steps.append(step_of(queue, target))
    return steps


def default_of(rules: dict[str, Any]) -> Step | None:
    target = rules["task_routing"].get("default_filter")
    if target is None:
        return None
    step = step_of(target["queue"], target)
    step.timeout_s = step.skip_if = None
    return step


def step_of(queue: str, target: dict[str, Any]) -> Step:
    return Step(
        task_queue_sid=queue,
        expression=target.get("expression"),
        priority=whole(target["priority"]) if "priority" in target else None,
        timeout_s=whole(target["timeout"]) if "timeout" in target else None,
        order_by=target.get("order_by"),
        skip_if=target.get("skip_if"),
        known_worker_sid=target.get("known_worker_sid"),
        known_worker_friendly_name=target.get("known_worker_friendly_name"),
    )


def queues_named(rules: dict[str, Any]) -> set[str]:
    named = {step.task_queue_sid for one in filters_of(rules) for step in steps_of(one)}
    default = default_of(rules)
    return named | ({default.task_queue_sid} if default else set())
