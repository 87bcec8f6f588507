"""Statistics of task queues: of one, in a list, and of several at once."""

import msgspec

from taskyard.core.errors import Invalid
from taskyard.core.ids import TaskQueueSid, is_sid
from taskyard.core.json_text import JsonProblem, read_json
from taskyard.core.model import TaskQueue
from taskyard.core.state import State
from taskyard.core.statistics import FactKind, TaskSums
from taskyard.engine import RealTimeView

from .calls import Answer, Call
from .operations import operation
from .page_search import Found
from .page_tokens import asked_page
from .pages import listed, page_of
from .parameters import text
from .statistics_blocks import (
    NO_TASKS,
    ActivityWorkers,
    TasksNow,
    TasksPast,
    Values,
    WaitDuration,
    activity_statistics,
    tasks_now,
    tasks_past,
    wait_in_queue,
)
from .statistics_parameters import (
    QUEUE_SID_NAMES,
    QUEUE_SIDS_MAX,
    SPLIT,
    TASK_CHANNEL,
    WINDOW,
    Asked,
    asked_channel,
    asked_of,
    task_queue_exists,
    task_queue_sids,
)

FILTERS = (
    "Minutes",
    "StartDate",
    "EndDate",
    "TaskChannel",
    "SplitByWaitTime",
    "FriendlyName",
)


class TaskQueueTasksNow(TasksNow, kw_only=True, gc=False):
    """The tasks of a task queue that there are, and its workers."""

    activity_statistics: list[ActivityWorkers]
    total_available_workers: int
    total_eligible_workers: int


class TaskQueueNow(TaskQueueTasksNow, kw_only=True, gc=False):
    """The same, with the task that entered the queue longest ago."""

    longest_relative_task_age_in_queue: int
    longest_relative_task_sid_in_queue: str | None
    account_sid: str
    workspace_sid: str


class TaskQueueRealTimeStatisticsBody(TaskQueueNow, kw_only=True, gc=False):
    """A task queue as it is."""

    task_queue_sid: str
    url: str


class TaskQueueData(TaskQueueTasksNow, kw_only=True, gc=False):
    """One of several task queues as it is; all is 0 for one that is not there."""

    task_queue_sid: str


class TaskQueueBulkRealTimeStatisticsBody(msgspec.Struct, kw_only=True, gc=False):
    """Several task queues as they are."""

    account_sid: str
    workspace_sid: str
    task_queue_data: list[TaskQueueData]
    task_queue_response_count: int
    url: str


class TaskQueuePast(TasksPast, kw_only=True, gc=False):
    """What happened in a window to the tasks of a task queue."""

    tasks_entered: int
    wait_duration_in_queue_until_accepted: WaitDuration


class TaskQueueCumulativeStatisticsBody(TaskQueuePast, kw_only=True, gc=False):
    """What happened in a task queue in a window."""

    account_sid: str
    workspace_sid: str
    task_queue_sid: str
    url: str


class TaskQueuesStatisticsBody(msgspec.Struct, kw_only=True, gc=False):
    """A task queue of the list as it is, and what happened in a window."""

    account_sid: str
    workspace_sid: str
    task_queue_sid: str
    cumulative: TaskQueuePast
    realtime: TaskQueueNow


class TaskQueueStatisticsBody(TaskQueuesStatisticsBody, kw_only=True, gc=False):
    """A task queue as it is, and what happened in a window."""

    url: str


class _Listed(msgspec.Struct, frozen=True):
    """A page of task queues as it was seen."""

    account_sid: str
    channel: str | None
    found: Found[TaskQueue]
    shown: dict[str, Values]


@operation(
    "FetchTaskQueueStatistics", TaskQueueStatisticsBody, query=(*WINDOW, TASK_CHANNEL, SPLIT)
)
async def fetch(call: Call) -> Answer:
    """Show the statistics of a task queue, both kinds."""
    workspace_sid, sid = call.sids
    asked, sent = asked_of(call), call.query.filled("TaskChannel", None)
    view = await call.directory.real_time(workspace_sid)

    def look(state: State, now_ms: int) -> tuple[str | None, str, Values]:
        task_queue_exists(state, sid)
        channel = asked_channel(state, sent)
        return channel, state.workspace.account_sid, _now(state, view, sid, channel, now_ms)

    channel, account_sid, now = await (await call.engine()).read(look)
    sums = await call.directory.statistics.tasks(workspace_sid, asked.window, sid, channel)
    body = TaskQueueStatisticsBody(
        account_sid=account_sid,
        workspace_sid=workspace_sid,
        task_queue_sid=sid,
        cumulative=TaskQueuePast(**_past(sums, asked)),  # type: ignore[arg-type]
        realtime=TaskQueueNow(**now),  # type: ignore[arg-type]
        url=f"{call.addresses.task_queues}/{sid}/Statistics",
    )
    return Answer(200, msgspec.json.encode(body))


@operation(
    "FetchTaskQueueRealTimeStatistics", TaskQueueRealTimeStatisticsBody, query=(TASK_CHANNEL,)
)
async def fetch_real_time(call: Call) -> Answer:
    """Show how many tasks and workers a task queue has, and how they stand."""
    workspace_sid, sid = call.sids
    sent = call.query.filled("TaskChannel", None)
    url = f"{call.addresses.task_queues}/{sid}/RealTimeStatistics"
    view = await call.directory.real_time(workspace_sid)

    def render(state: State, now_ms: int) -> Answer:
        task_queue_exists(state, sid)
        now = _now(state, view, sid, asked_channel(state, sent), now_ms)
        body = TaskQueueRealTimeStatisticsBody(
            **now,  # type: ignore[arg-type]
            task_queue_sid=sid,
            url=url,
        )
        return Answer(200, msgspec.json.encode(body))

    return await (await call.engine()).read(render)


@operation(
    "FetchTaskQueueCumulativeStatistics",
    TaskQueueCumulativeStatisticsBody,
    query=(*WINDOW, TASK_CHANNEL, SPLIT),
)
async def fetch_cumulative(call: Call) -> Answer:
    """Show what happened in a task queue in a window of time."""
    workspace_sid, sid = call.sids
    asked, sent = asked_of(call), call.query.filled("TaskChannel", None)

    def look(state: State, _: int) -> tuple[str | None, str]:
        task_queue_exists(state, sid)
        return asked_channel(state, sent), state.workspace.account_sid

    channel, account_sid = await (await call.engine()).read(look)
    sums = await call.directory.statistics.tasks(workspace_sid, asked.window, sid, channel)
    body = TaskQueueCumulativeStatisticsBody(
        **_past(sums, asked),  # type: ignore[arg-type]
        account_sid=account_sid,
        workspace_sid=workspace_sid,
        task_queue_sid=sid,
        url=f"{call.addresses.task_queues}/{sid}/CumulativeStatistics",
    )
    return Answer(200, msgspec.json.encode(body))


@operation(
    "ListTaskQueuesStatistics",
    TaskQueuesStatisticsBody,
    key="task_queues_statistics",
    query=(*WINDOW, TASK_CHANNEL, SPLIT, text("FriendlyName", "Only task queues of this name.")),
)
async def list_(call: Call) -> Answer:
    """Show the statistics of all task queues, both kinds, in the order of the task queues."""
    query, workspace_sid = call.query, call.sids[0]
    asked, page = asked_of(call), asked_page(query)
    sent, name = query.filled("TaskChannel", None), query.text("FriendlyName", None)
    view = await call.directory.real_time(workspace_sid)

    def look(state: State, now_ms: int) -> _Listed:
        channel = asked_channel(state, sent)
        queues = state.task_queues.values()
        found = page_of((one for one in queues if name in (None, one.friendly_name)), (), page)
        shown: dict[str, Values] = {
            one.sid: _now(state, view, one.sid, channel, now_ms) for one in found.items
        }
        return _Listed(state.workspace.account_sid, channel, found, shown)

    seen = await (await call.engine()).read(look)
    sids = [*seen.shown]
    sums = await call.directory.statistics.tasks_of(workspace_sid, asked.window, sids, seen.channel)
    items = [
        TaskQueuesStatisticsBody(
            account_sid=seen.account_sid,
            workspace_sid=workspace_sid,
            task_queue_sid=sid,
            cumulative=TaskQueuePast(**_past(one, asked)),  # type: ignore[arg-type]
            realtime=TaskQueueNow(**seen.shown[sid]),  # type: ignore[arg-type]
        )
        for sid, one in zip(sids, sums, strict=True)
    ]
    url = f"{call.addresses.task_queues}/Statistics"
    key = "task_queues_statistics"
    return Answer(200, listed(url, key, query, FILTERS, page, seen.found, items))


@operation(
    "CreateTaskQueueBulkRealTimeStatistics",
    TaskQueueBulkRealTimeStatisticsBody,
    form=(
        task_queue_sids("QueueSids", "The task queues."),
        task_queue_sids("queueSids", "The same, as it is written in JSON."),
        task_queue_sids("TaskQueueSids", "The same once more."),
    ),
    takes_json=True,
    status=200,
)
async def fetch_many(call: Call) -> Answer:
    """Show how many tasks and workers several task queues have, and how they stand."""
    sids = _asked_queues(call)
    url = f"{call.addresses.task_queues}/RealTimeStatistics"
    view = await call.directory.real_time(call.sids[0])

    def render(state: State, now_ms: int) -> Answer:
        data = [
            TaskQueueData(
                **_tasks_now(state, view, sid, None, now_ms),  # type: ignore[arg-type]
                task_queue_sid=sid,
            )
            for sid in sids
        ]
        body = TaskQueueBulkRealTimeStatisticsBody(
            account_sid=state.workspace.account_sid,
            workspace_sid=state.workspace.sid,
            task_queue_data=data,
            task_queue_response_count=len(data),
            url=url,
        )
        return Answer(200, msgspec.json.encode(body))

    return await (await call.engine()).read(render)


def _asked_queues(call: Call) -> list[str]:
    """The SIDs that were sent, in JSON or as a form, each once."""
    sids: list[object] = []
    if call.body.lstrip()[:1] == b"{":
        sids += _in_json(call.body)
    else:
        form = call.form
        sids += [sid for name in QUEUE_SID_NAMES for sid in form.all(name)]
    found: dict[str, None] = {}
    for sid in sids:
        if not (isinstance(sid, str) and is_sid(sid, "WQ")):
            raise Invalid(f"QueueSids must be SIDs that begin with WQ, not {str(sid)[:64]!r}")
        found[sid] = None
    if not 1 <= len(found) <= QUEUE_SIDS_MAX:
        raise Invalid(f"QueueSids must be from 1 to {QUEUE_SIDS_MAX} SIDs, not {len(found)}")
    return [*found]


def _in_json(body: bytes) -> list[object]:
    try:
        sent = read_json(body.decode())
    except JsonProblem as problem:
        raise Invalid(f"the body {problem}") from problem
    except UnicodeDecodeError as error:
        raise Invalid("the body is not valid UTF-8") from error
    assert isinstance(sent, dict)  # for it begins like one
    sids: list[object] = []
    for name in QUEUE_SID_NAMES:
        some = sent.get(name, [])
        if not isinstance(some, list):
            raise Invalid("QueueSids must be a list of SIDs")
        sids += some
    return sids


def _tasks_now(
    state: State, view: RealTimeView, sid: str, channel: str | None, now_ms: int
) -> Values:
    queue_sid = TaskQueueSid(sid)
    if queue_sid not in state.task_queues:
        return tasks_now(NO_TASKS, now_ms) | {
            "activity_statistics": [],
            "total_available_workers": 0,
            "total_eligible_workers": 0,
        }
    staff = view.matcher.staffing(queue_sid)
    available = staff.count("available") or 0
    return tasks_now(view.of(state).counts(sid, channel), now_ms) | {
        "activity_statistics": activity_statistics(state, staff),
        "total_available_workers": available,
        "total_eligible_workers": available + (staff.count("unavailable") or 0),
    }


def _now(state: State, view: RealTimeView, sid: str, channel: str | None, now_ms: int) -> Values:
    counts = view.of(state).counts(sid, channel)
    since_ms = counts.longest_in_queue_since_ms
    longest = counts.longest_in_queue_sid
    return _tasks_now(state, view, sid, channel, now_ms) | {
        "longest_relative_task_age_in_queue": (now_ms - since_ms) // 1000 if longest else 0,
        "longest_relative_task_sid_in_queue": longest,
        "account_sid": state.workspace.account_sid,
        "workspace_sid": state.workspace.sid,
    }


def _past(sums: TaskSums, asked: Asked) -> Values:
    return tasks_past(sums, asked) | {
        "tasks_entered": sums.count(FactKind.TASK_QUEUE_ENTERED),
        "wait_duration_in_queue_until_accepted": wait_in_queue(sums.in_queue),
    }
