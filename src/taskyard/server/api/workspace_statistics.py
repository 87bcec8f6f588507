"""Statistics of a workspace."""

import msgspec

from taskyard.core.state import State
from taskyard.core.statistics import FactKind
from taskyard.core.statistics.cumulative import WORKSPACE
from taskyard.engine import RealTimeView

from .calls import Answer, Call
from .operations import operation
from .statistics_blocks import (
    ActivityWorkers,
    TasksNow,
    TasksPast,
    Values,
    activity_statistics,
    tasks_now,
    tasks_past,
)
from .statistics_parameters import (
    SPLIT,
    TASK_CHANNEL,
    WINDOW,
    Asked,
    asked_channel,
    asked_of,
)


class WorkspaceNow(TasksNow, kw_only=True, gc=False):
    """The tasks and workers that there are."""

    activity_statistics: list[ActivityWorkers]
    total_workers: int
    account_sid: str
    workspace_sid: str


class WorkspaceRealTimeStatisticsBody(WorkspaceNow, kw_only=True, gc=False):
    """A workspace as it is."""

    url: str


class WorkspacePast(TasksPast, kw_only=True, gc=False):
    """What happened in a window."""

    tasks_created: int
    tasks_timed_out_in_workflow: int


class WorkspaceCumulativeStatisticsBody(WorkspacePast, kw_only=True, gc=False):
    """What happened in a workspace in a window."""

    account_sid: str
    workspace_sid: str
    url: str


class WorkspaceStatisticsBody(msgspec.Struct, kw_only=True, gc=False):
    """A workspace as it is, and what happened in a window."""

    account_sid: str
    workspace_sid: str
    cumulative: WorkspacePast
    realtime: WorkspaceNow
    url: str


@operation(
    "FetchWorkspaceStatistics", WorkspaceStatisticsBody, query=(*WINDOW, TASK_CHANNEL, SPLIT)
)
async def fetch(call: Call) -> Answer:
    """Show the statistics of a workspace, both kinds."""
    asked = asked_of(call)
    sent = call.query.filled("TaskChannel", None)
    view = await call.directory.real_time(call.sids[0])

    def look(state: State, now_ms: int) -> tuple[str | None, str, Values]:
        channel = asked_channel(state, sent)
        return channel, state.workspace.account_sid, _now(state, view, channel, now_ms)

    channel, account_sid, now = await (await call.engine()).read(look)
    body = WorkspaceStatisticsBody(
        account_sid=account_sid,
        workspace_sid=call.sids[0],
        cumulative=WorkspacePast(**await _past(call, asked, channel)),  # type: ignore[arg-type]
        realtime=WorkspaceNow(**now),  # type: ignore[arg-type]
        url=call.addresses.statistics,
    )
    return Answer(200, msgspec.json.encode(body))


@operation(
    "FetchWorkspaceRealTimeStatistics", WorkspaceRealTimeStatisticsBody, query=(TASK_CHANNEL,)
)
async def fetch_real_time(call: Call) -> Answer:
    """Show how many tasks and workers a workspace has, and how they stand."""
    sent, url = call.query.filled("TaskChannel", None), call.addresses.real_time_statistics
    view = await call.directory.real_time(call.sids[0])

    def render(state: State, now_ms: int) -> Answer:
        now = _now(state, view, asked_channel(state, sent), now_ms)
        body = WorkspaceRealTimeStatisticsBody(**now, url=url)  # type: ignore[arg-type]
        return Answer(200, msgspec.json.encode(body))

    return await (await call.engine()).read(render)


@operation(
    "FetchWorkspaceCumulativeStatistics",
    WorkspaceCumulativeStatisticsBody,
    query=(*WINDOW, TASK_CHANNEL, SPLIT),
)
async def fetch_cumulative(call: Call) -> Answer:
    """Show what happened in a workspace in a window of time."""
    asked = asked_of(call)
    sent = call.query.filled("TaskChannel", None)
    channel, account_sid = await (await call.engine()).read(
        lambda state, _: (asked_channel(state, sent), state.workspace.account_sid)
    )
    past = await _past(call, asked, channel)
    body = WorkspaceCumulativeStatisticsBody(
        **past,  # type: ignore[arg-type]
        account_sid=account_sid,
        workspace_sid=call.sids[0],
        url=call.addresses.cumulative_statistics,
    )
    return Answer(200, msgspec.json.encode(body))


def _now(state: State, view: RealTimeView, channel: str | None, now_ms: int) -> Values:
    return tasks_now(view.of(state).counts(WORKSPACE, channel), now_ms) | {
        "activity_statistics": activity_statistics(state, view.matcher.everybody()),
        "total_workers": len(state.workers),
        "account_sid": state.workspace.account_sid,
        "workspace_sid": state.workspace.sid,
    }


async def _past(call: Call, asked: Asked, channel: str | None) -> Values:
    statistics = call.directory.statistics
    sums = await statistics.tasks(call.sids[0], asked.window, WORKSPACE, channel)
    return tasks_past(sums, asked) | {
        "tasks_created": sums.count(FactKind.TASK_CREATED),
        "tasks_timed_out_in_workflow": sums.count(FactKind.WORKFLOW_TIMED_OUT),
    }
