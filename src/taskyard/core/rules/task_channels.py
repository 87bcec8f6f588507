"""Kinds of work."""

import re

from taskyard.core.commands import CreateTaskChannel, DeleteTaskChannel, UpdateTaskChannel
from taskyard.core.errors import Conflict, Invalid, LimitReached, NotFound
from taskyard.core.events import TaskChannelCreated, TaskChannelDeleted, TaskChannelUpdated
from taskyard.core.ids import TaskChannelSid
from taskyard.core.model import TaskChannel
from taskyard.core.state import State

from . import checks
from .turn import Turn

_UNIQUE_NAME = re.compile(r"[A-Za-z_$][A-Za-z0-9_$]*")


def create(turn: Turn, command: CreateTaskChannel) -> str:
    """Add a kind of work. Its unique name can stand in an expression, so it has no hyphens."""
    state, limits = turn.state, turn.limits
    name = checks.friendly_name(command.friendly_name, limits.friendly_name_characters)
    unique_name = command.unique_name
    if (
        not _UNIQUE_NAME.fullmatch(unique_name)
        or len(unique_name) > limits.friendly_name_characters
    ):
        raise Invalid(
            f"UniqueName must be up to {limits.friendly_name_characters} letters, digits, _ or $,"
            f" not beginning with a digit, not {unique_name[:80]!r}"
        )
    for channel in state.task_channels.values():
        if channel.unique_name.casefold() == unique_name.casefold():
            raise Invalid(f"UniqueName {unique_name!r} is taken by task channel {channel.sid}")
    if len(state.task_channels) >= limits.task_channels:
        raise LimitReached(f"a workspace holds at most {limits.task_channels} task channels")
    sid = TaskChannelSid(turn.mint("TC"))
    turn.emit(TaskChannelCreated(sid, unique_name, name, command.channel_optimized_routing))
    return sid


def update(turn: Turn, command: UpdateTaskChannel) -> str:
    """Rename a task channel, or change whether it has a circle of workers of its own."""
    channel = find(turn.state, command.task_channel)
    name = checks.kept(command.friendly_name, channel.friendly_name)
    checks.friendly_name(name, turn.limits.friendly_name_characters)
    optimized = checks.kept(command.channel_optimized_routing, channel.channel_optimized_routing)
    if (name, optimized) != (channel.friendly_name, channel.channel_optimized_routing):
        turn.emit(TaskChannelUpdated(channel.sid, name, optimized))
    return channel.sid


def delete(turn: Turn, command: DeleteTaskChannel) -> str:
    """Remove a task channel, and with it every worker's channel for it."""
    channel = find(turn.state, command.task_channel)
    if channel.unique_name == "default":
        raise Conflict(f"task channel {channel.sid} cannot be deleted: it is the default channel")
    unfinished = turn.state.unfinished_in_channel[channel.sid]
    if unfinished:
        raise Conflict(
            f"task channel {channel.sid} cannot be deleted: {unfinished} unfinished tasks are in it"
        )
    turn.emit(TaskChannelDeleted(channel.sid))
    return channel.sid


def find(state: State, sid_or_unique_name: str) -> TaskChannel:
    """The task channel of this SID or unique name."""
    channel = state.task_channel_named(sid_or_unique_name)
    if channel is None:
        raise NotFound("task channel", sid_or_unique_name)
    return channel
