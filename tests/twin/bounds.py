"""Bounds of single values, as the reference gives them."""

import json
from typing import Any

from msgspec import UNSET

from .world import World


def bad_name(name: Any, longest: int) -> bool:
    return isinstance(name, str) and not 1 <= len(name) <= longest


def bad_whole(value: Any, low: int, high: int) -> bool:
    return isinstance(value, int) and not low <= value <= high


def bad_attributes(world: World, text: Any) -> bool:
    if not isinstance(text, str):
        return False
    if len(text) > world.limits.attributes_characters:
        return True
    try:
        return not isinstance(json.loads(text), dict)
    except ValueError:
        return True


def unknown(sid: Any, things: dict[str, Any]) -> bool:
    return isinstance(sid, str) and sid not in things


def bad_order(order: Any) -> bool:
    return isinstance(order, str) and order not in ("FIFO", "LIFO")


def take(thing: Any, command: Any, *names: str) -> bool:
    """Copy what the command sets; whether anything differs from before."""
    changed = False
    for name in names:
        value = getattr(command, name)
        if value is not UNSET and value != getattr(thing, name):
            setattr(thing, name, value)
            changed = True
    return changed
