"""`/Workspaces/{WorkspaceSid}/Workers/{WorkerSid}/Channels`.

A worker channel is named by its own SID, by its task channel's SID, or by that one's unique name.
"""

import msgspec

from taskyard.core.commands import UpdateWorkerChannel
from taskyard.core.dates import date
from taskyard.core.errors import NotFound
from taskyard.core.ids import WorkerSid, worker_channel_sid
from taskyard.core.model import TaskChannel, Worker, WorkerChannel
from taskyard.core.state import State

from .addresses import Addresses
from .calls import Answer, Call
from .operations import operation
from .pages import page_of
from .parameters import boolean, integer


class WorkerChannelBody(msgspec.Struct, gc=False):
    """A worker channel on the wire."""

    account_sid: str
    assigned_tasks: int
    available: bool
    available_capacity_percentage: int
    configured_capacity: int
    date_created: str
    date_updated: str
    sid: str
    task_channel_sid: str
    task_channel_unique_name: str
    worker_sid: str
    workspace_sid: str
    url: str


class Named(msgspec.Struct, gc=False):
    """A worker channel with the names that the state keeps elsewhere."""

    sid: str
    task_channel: TaskChannel
    channel: WorkerChannel

    @property
    def created_ms(self) -> int:
        """When the worker got this channel."""
        return self.channel.created_ms


def worker_channel_body(
    state: State, worker: Worker, named: Named, at: Addresses
) -> WorkerChannelBody:
    """A worker channel as callers see it."""
    channel = named.channel
    return WorkerChannelBody(
        account_sid=state.workspace.account_sid,
        assigned_tasks=channel.assigned,
        available=channel.available,
        available_capacity_percentage=channel.available_capacity_percentage,
        configured_capacity=channel.capacity,
        date_created=date(channel.created_ms),
        date_updated=date(channel.updated_ms),
        sid=named.sid,
        task_channel_sid=named.task_channel.sid,
        task_channel_unique_name=named.task_channel.unique_name,
        worker_sid=worker.sid,
        workspace_sid=state.workspace.sid,
        url=f"{at.workers}/{worker.sid}/Channels/{named.sid}",
    )


def _worker(state: State, sid: str) -> Worker:
    worker = state.workers.get(WorkerSid(sid))
    if worker is None:
        raise NotFound("worker", sid)
    return worker


def _channels(state: State, worker: Worker) -> list[Named]:
    return [
        Named(worker_channel_sid(worker.sid, sid), state.task_channels[sid], channel)
        for sid, channel in worker.channels.items()
    ]


def _shown(state: State, worker_sid: str, name: str, call: Call) -> Answer:
    worker = _worker(state, worker_sid)
    for named in _channels(state, worker):
        if name in (named.sid, named.task_channel.sid, named.task_channel.unique_name):
            shown = call.shape(worker_channel_body)(state, worker, named, call.addresses)
            return Answer(200, msgspec.json.encode(shown))
    raise NotFound("worker channel", name)


@operation("FetchWorkerChannel", WorkerChannelBody)
async def fetch(call: Call) -> Answer:
    """Show a worker channel."""
    _, worker_sid, name = call.sids
    return await (await call.engine()).read(lambda state, _: _shown(state, worker_sid, name, call))


@operation(
    "UpdateWorkerChannel",
    WorkerChannelBody,
    form=(
        integer(
            "Capacity",
            "How many tasks of this kind the worker may hold.",
            0,
            limit="worker_channel_capacity",
        ),
        boolean("Available", "Whether the worker takes tasks of this kind at all."),
    ),
)
async def update(call: Call) -> Answer:
    """Change a worker's capacity for a kind of work."""
    form, (_, worker_sid, name) = call.form, call.sids
    command = UpdateWorkerChannel(
        worker_sid=worker_sid,
        worker_channel=name,
        capacity=form.integer("Capacity", msgspec.UNSET),
        available=form.boolean("Available", msgspec.UNSET),
    )
    return await call.ask(
        command,
        lambda state, _: _shown(state, worker_sid, name, call),
    )


@operation("ListWorkerChannel", WorkerChannelBody, key="channels")
async def list_(call: Call) -> Answer:
    """Show a worker's channels."""
    query, at, worker_sid = call.query, call.addresses, call.sids[1]
    shape = call.shape(worker_channel_body)
    asked = call.dialect.asked_page(query)

    def render(state: State, now_ms: int) -> Answer:
        worker = _worker(state, worker_sid)
        found = page_of(_channels(state, worker), (), asked)
        shown = [shape(state, worker, named, at) for named in found.items]
        path_url = f"{at.workers}/{worker.sid}/Channels"
        return Answer(
            200, call.dialect.listed(path_url, "channels", query, (), asked, found, shown)
        )

    return await (await call.engine()).read(render)
