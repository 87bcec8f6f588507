"""How often a workspace may be called: a token bucket for each resource key, if the operator asks.

Source: TaskRouter errors and limits, rate limits. Limits count per workspace and resource key; a
key is `<Resource>-<Action>`, with the name of a filter behind it where that makes a call expensive.
Choice: off unless it is asked for, a window of one second.
"""

from collections.abc import Callable, Mapping

import msgspec

from .forms import parse
from .problems import Headers

PUBLISHED_RATES: dict[str, int] = {
    "Task-List-EvaluateTaskAttributes": 3,
    "Worker-List-TargetWorkersExpression": 3,
    "TaskQueue-List-EvaluateWorkerAttributes": 3,
    "TaskQueueStatistics-List": 50,
    "TaskQueueBulkRealTimeStatistics-Create": 5,
}
"""Calls a second."""

_RESOURCES = {
    "Workspaces": "Workspace",
    "Activities": "Activity",
    "Events": "Event",
    "Workers": "Worker",
    "Channels": "WorkerChannel",
    "TaskChannels": "TaskChannel",
    "TaskQueues": "TaskQueue",
    "Workflows": "Workflow",
    "Tasks": "Task",
    "Reservations": "Reservation",
}
_OF_ALL = {"GET": "List", "HEAD": "List", "POST": "Create"}
_OF_ONE = {"GET": "Fetch", "HEAD": "Fetch", "POST": "Update", "DELETE": "Delete"}
_STATISTICS = {
    ("TaskQueues", "Statistics"): "TaskQueueStatistics-List",
    ("TaskQueues", "RealTimeStatistics"): "TaskQueueBulkRealTimeStatistics-Create",
    ("Workers", "Statistics"): "WorkersStatistics-Fetch",
    ("Workers", "RealTimeStatistics"): "WorkersRealTimeStatistics-Fetch",
    ("Workers", "CumulativeStatistics"): "WorkersCumulativeStatistics-Fetch",
}
"""By what stands where elsewhere a SID would."""
_KINDS_OF_STATISTICS = ("Statistics", "RealTimeStatistics", "CumulativeStatistics")
_OF_STATISTICS = {
    *_STATISTICS.values(),
    *(
        f"{resource}{kind}-Fetch"
        for resource in ("Workspace", "Workflow", "TaskQueue")
        for kind in _KINDS_OF_STATISTICS
    ),
    "WorkerStatistics-Fetch",
}
_EXPENSIVE = {
    key.rpartition("-")[0]: key.rpartition("-")[2] for key in PUBLISHED_RATES if key.count("-") == 2
}
_BUCKETS_MAX = 10_000
_WINDOW_MS = 1_000


class Rate(msgspec.Struct, frozen=True):
    """What one call was found to be: its key, and whether there is room for it."""

    key: str
    limit: int
    allowed: bool
    headers: Headers


class RateLimiter:
    """Counts calls by workspace and resource key."""

    def __init__(self, limits: Mapping[str, int], clock: Callable[[], int]) -> None:
        """Let so many calls a second through.

        Args:
            limits: Calls a second by resource key; a key that is missing has no limit.
            clock: Milliseconds; it may be set back, which refills nothing.
        """
        self._limits = limits
        self._clock = clock
        self._buckets: dict[tuple[str, str], tuple[float, int]] = {}

    def take(self, method: str, path: str, query_string: bytes) -> Rate:
        """Count one call that has a route; `path` is what follows `/v1`.

        Raises:
            Invalid: The query cannot be read.
        """
        key = resource_key(method, path, query_string)
        limit = self._limits.get(key)
        if limit is None:
            return Rate(key, 0, True, ((b"x-rate-limit-config", key.encode()),))
        workspace = path.split("/", 3)[2] if path.count("/") > 1 else ""
        left = self._left(workspace, key, limit)
        allowed = left >= 1
        if allowed:
            left -= 1
        self._buckets[workspace, key] = (left, self._clock())
        headers = (
            (b"x-rate-limit-limit", b"%d" % limit),
            (b"x-rate-limit-remaining", b"%d" % left),
            (b"x-rate-limit-config", key.encode()),
        )
        return Rate(key, limit, allowed, headers)

    def _left(self, workspace: str, key: str, limit: int) -> float:
        now_ms = self._clock()
        bucket = self._buckets.get((workspace, key))
        if bucket is None:
            if len(self._buckets) >= _BUCKETS_MAX:
                self._forget_full(now_ms)
            return limit
        left, at_ms = bucket
        return min(limit, left + limit * max(0, now_ms - at_ms) / _WINDOW_MS)

    def _forget_full(self, now_ms: int) -> None:
        """Drop the buckets that are full again by now: they say no more than none would."""
        for name, (_, at_ms) in list(self._buckets.items()):
            if now_ms - at_ms >= _WINDOW_MS:
                del self._buckets[name]


def resource_key(method: str, path: str, query_string: bytes) -> str:
    """What a call counts as, such as `Task-Create` or `Task-List-EvaluateTaskAttributes`."""
    segments = path[1:].split("/")
    if segments[-1] in _KINDS_OF_STATISTICS:
        own = _STATISTICS.get((segments[-2], segments[-1]))
        return own or f"{_RESOURCES[segments[-3]]}{segments[-1]}-Fetch"
    is_one = len(segments) % 2 == 0
    collection = segments[-2] if is_one else segments[-1]
    resource = _RESOURCES.get(collection, collection)
    key = f"{resource}-{(_OF_ONE if is_one else _OF_ALL)[method]}"
    expensive = _EXPENSIVE.get(key)
    if expensive is not None and expensive in parse(query_string, keep_empty=False):
        return f"{key}-{expensive}"
    return key


def is_resource_key(text: str) -> bool:
    """Whether calls may count as this."""
    resource, _, action = text.partition("-")
    actions = {*_OF_ALL.values(), *_OF_ONE.values()}
    known = resource in _RESOURCES.values() and action in actions
    return known or text in PUBLISHED_RATES or text in _OF_STATISTICS
