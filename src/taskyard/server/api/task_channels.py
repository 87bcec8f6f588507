"""`/Workspaces/{WorkspaceSid}/TaskChannels`; a task channel may be named by its unique name."""

import msgspec

from taskyard.core.commands import CreateTaskChannel, DeleteTaskChannel, UpdateTaskChannel
from taskyard.core.dates import date
from taskyard.core.errors import NotFound
from taskyard.core.machine import Decided
from taskyard.core.model import TaskChannel
from taskyard.core.state import State

from .addresses import Addresses
from .calls import Answer, Call, no_content
from .operations import operation
from .pages import page_of
from .parameters import boolean, text


class TaskChannelLinks(msgspec.Struct, gc=False):
    """Where a task channel leads."""

    workspace: str


class TaskChannelBody(msgspec.Struct, gc=False):
    """A task channel on the wire."""

    account_sid: str
    date_created: str
    date_updated: str
    friendly_name: str
    sid: str
    unique_name: str
    workspace_sid: str
    channel_optimized_routing: bool
    url: str
    links: TaskChannelLinks


def task_channel_body(state: State, channel: TaskChannel, at: Addresses) -> TaskChannelBody:
    """A task channel as callers see it."""
    return TaskChannelBody(
        account_sid=state.workspace.account_sid,
        date_created=date(channel.created_ms),
        date_updated=date(channel.updated_ms),
        friendly_name=channel.friendly_name,
        sid=channel.sid,
        unique_name=channel.unique_name,
        workspace_sid=state.workspace.sid,
        channel_optimized_routing=channel.channel_optimized_routing,
        url=f"{at.task_channels}/{channel.sid}",
        links=TaskChannelLinks(at.workspace),
    )


def _shown(state: State, sid_or_name: str, at: Addresses, status: int) -> Answer:
    channel = state.task_channel_named(sid_or_name)
    if channel is None:
        raise NotFound("task channel", sid_or_name)
    return Answer(status, msgspec.json.encode(task_channel_body(state, channel, at)))


@operation(
    "CreateTaskChannel",
    TaskChannelBody,
    form=(
        text(
            "FriendlyName",
            "Its name for people.",
            required=True,
            limit="friendly_name_characters",
            filled=True,
        ),
        text(
            "UniqueName",
            "Its name for programs: letters, digits, _ and $; no digit at the beginning.",
            required=True,
            limit="friendly_name_characters",
            filled=True,
        ),
        boolean(
            "ChannelOptimizedRouting",
            "Whether workers with the most free capacity come first.",
            False,
        ),
    ),
)
async def create(call: Call) -> Answer:
    """Add a kind of work."""
    form, at = call.form, call.addresses
    command = CreateTaskChannel(
        friendly_name=form.required("FriendlyName"),
        unique_name=form.required("UniqueName"),
        channel_optimized_routing=form.boolean("ChannelOptimizedRouting", False),
    )

    def render(state: State, decided: Decided) -> Answer:
        return _shown(state, decided.sid, at, 201)

    return await call.ask(command, render)


@operation("FetchTaskChannel", TaskChannelBody)
async def fetch(call: Call) -> Answer:
    """Show a task channel."""
    at, name = call.addresses, call.sids[1]
    return await (await call.engine()).read(lambda state, _: _shown(state, name, at, 200))


@operation(
    "UpdateTaskChannel",
    TaskChannelBody,
    form=(
        text("FriendlyName", "Its name for people.", limit="friendly_name_characters", filled=True),
        boolean(
            "ChannelOptimizedRouting", "Whether workers with the most free capacity come first."
        ),
    ),
)
async def update(call: Call) -> Answer:
    """Change a task channel but for its unique name."""
    form, at, name = call.form, call.addresses, call.sids[1]
    command = UpdateTaskChannel(
        task_channel=name,
        friendly_name=form.text("FriendlyName", msgspec.UNSET),
        channel_optimized_routing=form.boolean("ChannelOptimizedRouting", msgspec.UNSET),
    )
    return await call.ask(
        command,
        lambda state, _: _shown(state, name, at, 200),
    )


@operation("DeleteTaskChannel")
async def delete(call: Call) -> Answer:
    """Remove a task channel that no unfinished task uses."""
    return await call.ask(DeleteTaskChannel(task_channel=call.sids[1]), no_content)


@operation("ListTaskChannel", TaskChannelBody, key="channels")
async def list_(call: Call) -> Answer:
    """Show the task channels."""
    query, at = call.query, call.addresses
    asked = call.dialect.asked_page(query)

    def render(state: State, now_ms: int) -> Answer:
        found = page_of(state.task_channels.values(), (), asked)
        shown = [task_channel_body(state, channel, at) for channel in found.items]
        return Answer(
            200, call.dialect.listed(at.task_channels, "channels", query, (), asked, found, shown)
        )

    return await (await call.engine()).read(render)
