"""Statistics of workflows."""

import msgspec

from taskyard.core.state import State
from taskyard.core.statistics import FactKind
from taskyard.engine import RealTimeView

from .calls import Answer, Call
from .operations import operation
from .statistics_blocks import TasksNow, TasksPast, Values, tasks_now, tasks_past
from .statistics_parameters import (
    SPLIT,
    TASK_CHANNEL,
    WINDOW,
    Asked,
    asked_channel,
    asked_of,
    workflow_exists,
)


class WorkflowNow(TasksNow, kw_only=True, gc=False):
    """The tasks of a workflow that there are."""

    account_sid: str
    workspace_sid: str


class WorkflowRealTimeStatisticsBody(WorkflowNow, kw_only=True, gc=False):
    """A workflow as it is."""

    workflow_sid: str
    url: str


class WorkflowPast(TasksPast, kw_only=True, gc=False):
    """What happened in a window to the tasks of a workflow."""

    tasks_entered: int
    tasks_timed_out_in_workflow: int


class WorkflowCumulativeStatisticsBody(WorkflowPast, kw_only=True, gc=False):
    """What happened in a workflow in a window."""

    account_sid: str
    workspace_sid: str
    workflow_sid: str
    url: str


class WorkflowStatisticsBody(msgspec.Struct, kw_only=True, gc=False):
    """A workflow as it is, and what happened in a window."""

    account_sid: str
    workspace_sid: str
    workflow_sid: str
    cumulative: WorkflowPast
    realtime: WorkflowNow
    url: str


@operation("FetchWorkflowStatistics", WorkflowStatisticsBody, query=(*WINDOW, TASK_CHANNEL, SPLIT))
async def fetch(call: Call) -> Answer:
    """Show the statistics of a workflow, both kinds."""
    workspace_sid, sid = call.sids
    asked, sent = asked_of(call), call.query.filled("TaskChannel", None)
    view = await call.directory.real_time(workspace_sid)

    def look(state: State, now_ms: int) -> tuple[str | None, str, Values]:
        workflow_exists(state, sid)
        channel = asked_channel(state, sent)
        return channel, state.workspace.account_sid, _now(state, view, sid, channel, now_ms)

    channel, account_sid, now = await (await call.engine()).read(look)
    body = WorkflowStatisticsBody(
        account_sid=account_sid,
        workspace_sid=workspace_sid,
        workflow_sid=sid,
        cumulative=WorkflowPast(**await _past(call, asked, channel)),  # type: ignore[arg-type]
        realtime=WorkflowNow(**now),  # type: ignore[arg-type]
        url=f"{call.addresses.workflows}/{sid}/Statistics",
    )
    return Answer(200, msgspec.json.encode(body))


@operation("FetchWorkflowRealTimeStatistics", WorkflowRealTimeStatisticsBody, query=(TASK_CHANNEL,))
async def fetch_real_time(call: Call) -> Answer:
    """Show how many tasks a workflow has, and how they stand."""
    workspace_sid, sid = call.sids
    sent = call.query.filled("TaskChannel", None)
    url = f"{call.addresses.workflows}/{sid}/RealTimeStatistics"
    view = await call.directory.real_time(workspace_sid)

    def render(state: State, now_ms: int) -> Answer:
        workflow_exists(state, sid)
        now = _now(state, view, sid, asked_channel(state, sent), now_ms)
        body = WorkflowRealTimeStatisticsBody(
            **now,  # type: ignore[arg-type]
            workflow_sid=sid,
            url=url,
        )
        return Answer(200, msgspec.json.encode(body))

    return await (await call.engine()).read(render)


@operation(
    "FetchWorkflowCumulativeStatistics",
    WorkflowCumulativeStatisticsBody,
    query=(*WINDOW, TASK_CHANNEL, SPLIT),
)
async def fetch_cumulative(call: Call) -> Answer:
    """Show what happened in a workflow in a window of time."""
    workspace_sid, sid = call.sids
    asked, sent = asked_of(call), call.query.filled("TaskChannel", None)

    def look(state: State, _: int) -> tuple[str | None, str]:
        workflow_exists(state, sid)
        return asked_channel(state, sent), state.workspace.account_sid

    channel, account_sid = await (await call.engine()).read(look)
    body = WorkflowCumulativeStatisticsBody(
        **await _past(call, asked, channel),  # type: ignore[arg-type]
        account_sid=account_sid,
        workspace_sid=workspace_sid,
        workflow_sid=sid,
        url=f"{call.addresses.workflows}/{sid}/CumulativeStatistics",
    )
    return Answer(200, msgspec.json.encode(body))


def _now(state: State, view: RealTimeView, sid: str, channel: str | None, now_ms: int) -> Values:
    return tasks_now(view.of(state).counts(sid, channel), now_ms) | {
        "account_sid": state.workspace.account_sid,
        "workspace_sid": state.workspace.sid,
    }


async def _past(call: Call, asked: Asked, channel: str | None) -> Values:
    workspace_sid, sid = call.sids
    sums = await call.directory.statistics.tasks(workspace_sid, asked.window, sid, channel)
    return tasks_past(sums, asked) | {
        "tasks_entered": sums.count(FactKind.WORKFLOW_ENTERED),
        "tasks_timed_out_in_workflow": sums.count(FactKind.WORKFLOW_TIMED_OUT),
    }
