"""What `/metrics` shows: every number is read here, at the moment that somebody asks.

`docs/operations/metrics.md` says of each what it means and what to watch for.
"""

import ipaddress
import time
from collections.abc import Awaitable, Callable, Iterator

from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response

import taskyard
from taskyard.core.model import TaskStatus
from taskyard.engine import Counters, Directory, Gauges, look_at

from .auth import Gate
from .bridge.sessions import Sessions
from .cluster_metrics import node_families
from .exposition import CONTENT_TYPE, Family, label, render
from .forwarding import Forwarding
from .pauses import Pauses
from .responses import Responses
from .webhooks.assignment_callbacks import AssignmentCallbacks

_OPEN = (TaskStatus.PENDING, TaskStatus.RESERVED, TaskStatus.ASSIGNED, TaskStatus.WRAPPING)
_PROXYS = ("forwarded", "x-forwarded-for", "x-real-ip", "via")
"""Headers by which a proxy says that somebody else asks."""


def metrics_page(
    directory: Directory,
    gate: Gate,
    responses: Responses,
    pauses: Pauses,
    sessions: Sessions,
    assignments: AssignmentCallbacks,
    forwarding: Forwarding | None = None,
) -> Callable[[Request], Awaitable[Response]]:
    """The page that shows everything to this machine, and elsewhere to whom the gate admits."""
    started_s = time.time()

    async def page(request: Request) -> Response:
        authorization = request.headers.get("authorization")
        if not _is_local(request) and not await gate.admits(
            None if authorization is None else authorization.encode("latin-1")
        ):
            return PlainTextResponse(
                "authenticate with the account's SID and token, or with an API key\n",
                401,
                {"www-authenticate": 'Basic realm="Taskyard"'},
            )
        families = [
            *_work(directory.counters),
            *_holdings(await look_at(directory)),
            *_bridge(sessions),
            *_assignments(assignments),
            *node_families(directory, forwarding),
            *_process(started_s, responses, pauses),
        ]
        return Response(render(families), headers={"content-type": CONTENT_TYPE})

    return page


def _is_local(request: Request) -> bool:
    """Whether somebody on this machine asks, and for themselves."""
    if request.client is None or any(name in request.headers for name in _PROXYS):
        return False
    try:
        address = ipaddress.ip_address(request.client.host)
    except ValueError:
        return False
    mapped = address.ipv4_mapped if isinstance(address, ipaddress.IPv6Address) else None
    return (mapped or address).is_loopback


def _work(counters: Counters) -> Iterator[Family]:
    yield Family("taskyard_turns_total", "counter", "Turns that were taken.", {"": counters.turns})
    yield Family(
        "taskyard_commands_total",
        "counter",
        "Commands by what came of them.",
        {
            label("outcome", "decided"): counters.decided,
            label("outcome", "refused"): counters.refused,
            label("outcome", "failed"): counters.failed,
        },
    )
    yield Family(
        "taskyard_commands_per_turn",
        "histogram",
        "Commands that shared a turn.",
        counters.commands_per_turn,
    )
    yield Family(
        "taskyard_turn_seconds",
        "histogram",
        "From the first decision of a turn until its answers were let go.",
        counters.turn_s,
    )
    yield Family(
        "taskyard_append_seconds",
        "histogram",
        "What the store took to append the turns that had gathered.",
        counters.append_s,
    )
    yield Family(
        "taskyard_append_failures_total",
        "counter",
        "Turns that could not be kept.",
        {"": counters.appends_failed},
    )
    yield Family(
        "taskyard_loads_total",
        "counter",
        "Workspaces folded from their journals, the first time and after failures.",
        {"": counters.loads},
    )
    yield Family(
        "taskyard_journal_rows_pruned_total",
        "counter",
        "Journal rows that were older than the retention and are gone.",
        {"": counters.rows_pruned},
    )


def _holdings(seen: Gauges) -> Iterator[Family]:
    yield Family(
        "taskyard_tasks",
        "gauge",
        "Open tasks by status.",
        {label("status", status): seen.tasks[status] for status in _OPEN},
    )
    for name, meaning, value in (
        ("commands_waiting", "Commands that wait for their turn.", seen.commands_waiting),
        ("tasks_waiting", "Tasks that wait for a worker.", seen.waiting_tasks),
        ("lanes", "Lanes that tasks wait in, or have waited in lately.", seen.lanes),
        ("pools", "Pools of workers that lanes share.", seen.pools),
        ("timers", "Clocks that are set, those that came to nothing included.", seen.timers),
        ("workers", "Workers.", seen.workers),
        ("workers_online", "Workers whose activity is available.", seen.online_workers),
        ("workspaces", "Workspaces of the account.", seen.workspaces),
        ("workspaces_awake", "Workspaces that are in memory.", seen.workspaces_awake),
        ("journal_position", "Durable events of the workspaces.", seen.journal_events),
        (
            "snapshot_age_seconds",
            "The age of the newest snapshot of the workspace whose newest is the oldest.",
            seen.snapshot_age_s,
        ),
        (
            "event_index_events_waiting",
            "Durable events that the index of past events has not kept yet.",
            seen.index_events_waiting,
        ),
    ):
        yield Family("taskyard_" + name, "gauge", meaning, {"": value})


def _bridge(sessions: Sessions) -> Iterator[Family]:
    yield Family(
        "taskyard_bridge_sessions",
        "gauge",
        "Websockets of the event bridge that are open.",
        {"": sessions.open},
    )
    yield Family(
        "taskyard_bridge_frames_total",
        "counter",
        "Frames that told a session of something; heart beats are not counted.",
        {"": sessions.frames_sent},
    )
    yield Family(
        "taskyard_bridge_slow_sessions_total",
        "counter",
        "Sessions that were let go because they read too slowly.",
        {"": sessions.closed_slow},
    )


def _assignments(callbacks: AssignmentCallbacks) -> Iterator[Family]:
    yield Family(
        "taskyard_assignment_callbacks_total",
        "counter",
        "Assignment callbacks by what came of them.",
        {
            label("outcome", "answered"): callbacks.answered,
            label("outcome", "failed"): callbacks.failed,
        },
    )
    yield Family(
        "taskyard_assignment_callbacks_in_flight",
        "gauge",
        "Assignment callbacks that are under way.",
        {"": callbacks.in_flight},
    )
    yield Family(
        "taskyard_assignment_callbacks_waiting",
        "gauge",
        "Assignment callbacks that wait for others to the same destination.",
        {"": callbacks.waiting},
    )


def _process(started_s: float, responses: Responses, pauses: Pauses) -> Iterator[Family]:
    yield Family(
        "taskyard_http_responses_total",
        "counter",
        "HTTP responses by class of status.",
        {label("class", name): count for name, count in responses.by_class()},
    )
    yield Family(
        "taskyard_loop_pause_seconds",
        "gauge",
        "The longest time in the last minute or two that the event loop stood still.",
        {"": pauses.loop.longest_s},
    )
    yield Family(
        "taskyard_gc_pause_seconds",
        "gauge",
        "The longest garbage collection in the last minute or two.",
        {"": pauses.collector.longest_s},
    )
    yield Family(
        "taskyard_build_info",
        "gauge",
        "Always 1; its label is the release.",
        {label("version", taskyard.__version__): 1},
    )
    yield Family(
        "process_start_time_seconds",
        "gauge",
        "When the server started, in seconds since the Unix epoch.",
        {"": started_s},
    )
