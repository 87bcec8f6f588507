"""Statistics of workers: of all or some of them together, and of one."""

from collections import Counter
from collections.abc import Collection, Mapping

import msgspec

from taskyard.core.errors import LimitReached, NotFound
from taskyard.core.ids import WorkerSid
from taskyard.core.model import Worker
from taskyard.core.state import State
from taskyard.core.statistics import Presence
from taskyard.core.statistics.presence import PresenceTimes, Turnover, presence_of, times_of
from taskyard.core.statistics.spells import durations_by_activity
from taskyard.engine import RealTimeView, Window
from taskyard.engine.time_windows import UNTIL_NOW

from .calls import Answer, Call
from .operations import operation
from .parameters import sid_filter, text
from .statistics_blocks import (
    ActivityDuration,
    ActivityWorkers,
    ReservationsPast,
    Values,
    WorkerExtras,
    activity_durations,
    activity_statistics,
    reservations_past,
    worker_extras,
)
from .statistics_parameters import TASK_CHANNEL, WINDOW, Asked, asked_channel, asked_of


class WorkersNow(msgspec.Struct, kw_only=True, gc=False):
    """The workers that there are."""

    total_workers: int
    activity_statistics: list[ActivityWorkers]
    account_sid: str
    workspace_sid: str


class WorkersRealTimeStatisticsBody(WorkersNow, kw_only=True, gc=False):
    """Workers as they are."""

    url: str


class WorkersPast(ReservationsPast, kw_only=True, gc=False):
    """What workers did in a window."""

    activity_durations: list[ActivityDuration]
    taskyard: WorkerExtras


class WorkersCumulativeStatisticsBody(WorkersPast, kw_only=True, gc=False):
    """What all workers did in a window."""

    account_sid: str
    workspace_sid: str
    url: str


class WorkerStatisticsBody(msgspec.Struct, kw_only=True, gc=False):
    """Workers as they are, and what they did in a window."""

    account_sid: str
    workspace_sid: str
    cumulative: WorkersPast
    realtime: WorkersNow
    url: str


class WorkerInstanceStatisticsBody(msgspec.Struct, kw_only=True, gc=False):
    """What one worker did in a window."""

    account_sid: str
    workspace_sid: str
    worker_sid: str
    cumulative: WorkersPast
    url: str


class _Selected(msgspec.Struct, frozen=True):
    """The workers who are meant, and what was seen beside them.

    `sids` is None for all that there ever were; `presence` says how many are what now.
    """

    sids: frozenset[str] | None
    now_in: dict[str, tuple[str, int]]
    presence: Mapping[Presence, int]
    channel: str | None
    account_sid: str
    activities: dict[str, str]
    now: Values


@operation(
    "FetchWorkerStatistics",
    WorkerStatisticsBody,
    query=(
        *WINDOW,
        TASK_CHANNEL,
        sid_filter("TaskQueueSid", "Only workers whom this task queue is for.", "WQ"),
        text("TaskQueueName", "Only workers whom a task queue of this name is for."),
        text("FriendlyName", "Only the worker of this name."),
    ),
)
async def fetch(call: Call) -> Answer:
    """Show the statistics of all workers or some of them, both kinds."""
    query, asked = call.query, asked_of(call, split=False)
    channel, queue_sid = query.filled("TaskChannel", None), query.sid("TaskQueueSid", "WQ", None)
    queue_name, name = query.text("TaskQueueName", None), query.text("FriendlyName", None)
    view = await call.directory.real_time(call.sids[0])

    def look(state: State, _: int) -> _Selected:
        if queue_sid is None and queue_name is None and name is None:
            _check_number(call, len(state.workers))
            return _all_workers(state, view, channel)
        chosen = _chosen(state, view, queue_sid, queue_name, name)
        _check_number(call, len(chosen))
        return _some_workers(state, channel, chosen)

    selected = await (await call.engine()).read(look)
    body = WorkerStatisticsBody(
        account_sid=selected.account_sid,
        workspace_sid=call.sids[0],
        cumulative=WorkersPast(**await _past(call, asked, selected)),  # type: ignore[arg-type]
        realtime=WorkersNow(**selected.now),  # type: ignore[arg-type]
        url=f"{call.addresses.workers}/Statistics",
    )
    return Answer(200, msgspec.json.encode(body))


@operation("FetchWorkersRealTimeStatistics", WorkersRealTimeStatisticsBody, query=(TASK_CHANNEL,))
async def fetch_real_time(call: Call) -> Answer:
    """Show how many workers there are, and what they are doing.

    Every worker has a channel for every kind of work, so that `TaskChannel` changes nothing.
    """
    sent, url = (
        call.query.filled("TaskChannel", None),
        f"{call.addresses.workers}/RealTimeStatistics",
    )
    view = await call.directory.real_time(call.sids[0])

    def render(state: State, _: int) -> Answer:
        asked_channel(state, sent)
        _check_number(call, len(state.workers))
        now = _now(state, len(state.workers), activity_statistics(state, view.matcher.everybody()))
        body = WorkersRealTimeStatisticsBody(**now, url=url)  # type: ignore[arg-type]
        return Answer(200, msgspec.json.encode(body))

    return await (await call.engine()).read(render)


@operation(
    "FetchWorkersCumulativeStatistics",
    WorkersCumulativeStatisticsBody,
    query=(*WINDOW, TASK_CHANNEL),
)
async def fetch_cumulative(call: Call) -> Answer:
    """Show what all workers did in a window of time."""
    asked, sent = asked_of(call, split=False), call.query.filled("TaskChannel", None)
    view = await call.directory.real_time(call.sids[0])

    def look(state: State, _: int) -> _Selected:
        _check_number(call, len(state.workers))
        return _all_workers(state, view, sent)

    selected = await (await call.engine()).read(look)
    body = WorkersCumulativeStatisticsBody(
        **await _past(call, asked, selected),  # type: ignore[arg-type]
        account_sid=selected.account_sid,
        workspace_sid=call.sids[0],
        url=f"{call.addresses.workers}/CumulativeStatistics",
    )
    return Answer(200, msgspec.json.encode(body))


@operation(
    "FetchWorkerInstanceStatistics", WorkerInstanceStatisticsBody, query=(*WINDOW, TASK_CHANNEL)
)
async def fetch_one(call: Call) -> Answer:
    """Show what one worker did in a window of time."""
    workspace_sid, sid = call.sids
    asked, sent = asked_of(call, split=False), call.query.filled("TaskChannel", None)

    def look(state: State, _: int) -> _Selected:
        worker = state.workers.get(WorkerSid(sid))
        if worker is None:
            raise NotFound("worker", sid)
        return _some_workers(state, sent, [worker])

    selected = await (await call.engine()).read(look)
    body = WorkerInstanceStatisticsBody(
        account_sid=selected.account_sid,
        workspace_sid=workspace_sid,
        worker_sid=sid,
        cumulative=WorkersPast(**await _past(call, asked, selected)),  # type: ignore[arg-type]
        url=f"{call.addresses.workers}/{sid}/Statistics",
    )
    return Answer(200, msgspec.json.encode(body))


def _check_number(call: Call, workers: int) -> None:
    """See that statistics of so many workers may be asked for.

    Raises:
        LimitReached: They are too many.
    """
    most = call.directory.limits.max_workers_for_statistics
    if workers > most:
        raise LimitReached(f"statistics are of at most {most} workers, and there are {workers}")


def _chosen(
    state: State,
    view: RealTimeView,
    queue_sid: str | None,
    queue_name: str | None,
    name: str | None,
) -> list[Worker]:
    """The workers of this name whom a task queue of that SID and that name is for."""
    if name is not None:
        found = state.worker_named(name)
        workers = [found] if found is not None and found.friendly_name == name else []
    else:
        workers = [*state.workers.values()]
    if queue_sid is None and queue_name is None:
        return workers
    serving = {
        worker_sid
        for queue in state.task_queues.values()
        if queue_sid in (None, queue.sid) and queue_name in (None, queue.friendly_name)
        for worker_sid in view.matcher.serving(queue.sid)
    }
    return [worker for worker in workers if worker.sid in serving]


def _all_workers(state: State, view: RealTimeView, channel: str | None) -> _Selected:
    by_activity = activity_statistics(state, view.matcher.everybody())
    return _selected(state, None, state.workers.values(), channel, by_activity)


def _some_workers(state: State, channel: str | None, workers: list[Worker]) -> _Selected:
    doing = Counter(worker.activity_sid for worker in workers)
    by_activity = [
        ActivityWorkers(one.friendly_name, one.sid, doing[one.sid])
        for one in state.activities.values()
    ]
    sids = frozenset(worker.sid for worker in workers)
    return _selected(state, sids, workers, channel, by_activity)


def _selected(
    state: State,
    sids: frozenset[str] | None,
    workers: Collection[Worker],
    channel: str | None,
    by_activity: list[ActivityWorkers],
) -> _Selected:
    return _Selected(
        sids,
        {worker.sid: (worker.activity_sid, worker.status_changed_ms) for worker in workers},
        Counter(presence_of(state, worker) for worker in workers),
        asked_channel(state, channel),
        state.workspace.account_sid,
        {one.sid: one.friendly_name for one in state.activities.values()},
        _now(state, len(workers), by_activity),
    )


def _now(state: State, total_workers: int, by_activity: list[ActivityWorkers]) -> Values:
    return {
        "total_workers": total_workers,
        "activity_statistics": by_activity,
        "account_sid": state.workspace.account_sid,
        "workspace_sid": state.workspace.sid,
    }


async def _past(call: Call, asked: Asked, selected: _Selected) -> Values:
    statistics, workspace_sid = call.directory.statistics, call.sids[0]
    counts = await statistics.workers(workspace_sid, asked.window, selected.sids, selected.channel)
    # What they are doing was seen at the end of an open window: what came later is not counted.
    within = await statistics.spells(workspace_sid, asked.until_end, selected.sids)
    after = None
    if not asked.is_open:
        after = await statistics.spells(workspace_sid, _after(asked), selected.sids)
    durations = durations_by_activity(within, after, selected.now_in, asked.end_ms)
    return reservations_past(counts, asked) | {
        "activity_durations": activity_durations(selected.activities, durations),
        "taskyard": worker_extras(await _presence_times(call, asked, selected)),
    }


async def _presence_times(call: Call, asked: Asked, selected: _Selected) -> PresenceTimes | None:
    statistics, workspace_sid = call.directory.statistics, call.sids[0]
    sids = selected.now_in.keys()
    after: Turnover | None = Turnover()
    if not asked.is_open:
        after = await statistics.presence(workspace_sid, _after(asked), sids)
    within = await statistics.presence(workspace_sid, asked.until_end, sids)
    if within is None or after is None:
        return None
    return times_of(within, after, selected.presence, asked.window.start_ms, asked.end_ms)


def _after(asked: Asked) -> Window:
    """From the end of a window until now."""
    return Window(asked.until_end.end_ms, UNTIL_NOW)
