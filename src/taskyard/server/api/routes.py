"""Every URL under `/v1` and what answers it: what calls are routed by, and the document tells."""

from collections.abc import Mapping

from . import (
    activities,
    events,
    reservations,
    task_channels,
    task_queue_statistics,
    task_queues,
    tasks,
    worker_channels,
    worker_statistics,
    workers,
    workflow_statistics,
    workflows,
    workspace_statistics,
    workspaces,
)
from .calls import Handler
from .operations import Operation

Methods = Mapping[str, Handler]
Operations = Mapping[str, Operation]
_W = "/Workspaces/{WorkspaceSid}"

ROUTES: dict[str, Operations] = {
    "/Workspaces": {"GET": workspaces.list_, "POST": workspaces.create},
    _W: {"GET": workspaces.fetch, "POST": workspaces.update, "DELETE": workspaces.delete},
    f"{_W}/Activities": {"GET": activities.list_, "POST": activities.create},
    f"{_W}/Activities/{{Sid}}": {
        "GET": activities.fetch,
        "POST": activities.update,
        "DELETE": activities.delete,
    },
    f"{_W}/Events": {"GET": events.list_},
    f"{_W}/Events/{{Sid}}": {"GET": events.fetch},
    f"{_W}/TaskChannels": {"GET": task_channels.list_, "POST": task_channels.create},
    f"{_W}/TaskChannels/{{Sid}}": {
        "GET": task_channels.fetch,
        "POST": task_channels.update,
        "DELETE": task_channels.delete,
    },
    f"{_W}/TaskQueues": {"GET": task_queues.list_, "POST": task_queues.create},
    f"{_W}/TaskQueues/{{Sid}}": {
        "GET": task_queues.fetch,
        "POST": task_queues.update,
        "DELETE": task_queues.delete,
    },
    f"{_W}/Workflows": {"GET": workflows.list_, "POST": workflows.create},
    f"{_W}/Workflows/{{Sid}}": {
        "GET": workflows.fetch,
        "POST": workflows.update,
        "DELETE": workflows.delete,
    },
    f"{_W}/Workers": {"GET": workers.list_, "POST": workers.create},
    f"{_W}/Workers/{{Sid}}": {
        "GET": workers.fetch,
        "POST": workers.update,
        "DELETE": workers.delete,
    },
    f"{_W}/Workers/{{WorkerSid}}/Channels": {"GET": worker_channels.list_},
    f"{_W}/Workers/{{WorkerSid}}/Channels/{{Sid}}": {
        "GET": worker_channels.fetch,
        "POST": worker_channels.update,
    },
    f"{_W}/Workers/{{WorkerSid}}/Reservations": {"GET": reservations.list_of_worker},
    f"{_W}/Workers/{{WorkerSid}}/Reservations/{{Sid}}": {
        "GET": reservations.fetch_of_worker,
        "POST": reservations.update_of_worker,
    },
    f"{_W}/Tasks": {"GET": tasks.list_, "POST": tasks.create},
    f"{_W}/Tasks/{{Sid}}": {"GET": tasks.fetch, "POST": tasks.update, "DELETE": tasks.delete},
    f"{_W}/Tasks/{{TaskSid}}/Reservations": {"GET": reservations.list_of_task},
    f"{_W}/Tasks/{{TaskSid}}/Reservations/{{Sid}}": {
        "GET": reservations.fetch_of_task,
        "POST": reservations.update_of_task,
    },
    f"{_W}/Statistics": {"GET": workspace_statistics.fetch},
    f"{_W}/RealTimeStatistics": {"GET": workspace_statistics.fetch_real_time},
    f"{_W}/CumulativeStatistics": {"GET": workspace_statistics.fetch_cumulative},
    f"{_W}/Workflows/{{WorkflowSid}}/Statistics": {"GET": workflow_statistics.fetch},
    f"{_W}/Workflows/{{WorkflowSid}}/RealTimeStatistics": {
        "GET": workflow_statistics.fetch_real_time
    },
    f"{_W}/Workflows/{{WorkflowSid}}/CumulativeStatistics": {
        "GET": workflow_statistics.fetch_cumulative
    },
    f"{_W}/TaskQueues/Statistics": {"GET": task_queue_statistics.list_},
    f"{_W}/TaskQueues/RealTimeStatistics": {"POST": task_queue_statistics.fetch_many},
    f"{_W}/TaskQueues/{{TaskQueueSid}}/Statistics": {"GET": task_queue_statistics.fetch},
    f"{_W}/TaskQueues/{{TaskQueueSid}}/RealTimeStatistics": {
        "GET": task_queue_statistics.fetch_real_time
    },
    f"{_W}/TaskQueues/{{TaskQueueSid}}/CumulativeStatistics": {
        "GET": task_queue_statistics.fetch_cumulative
    },
    f"{_W}/Workers/Statistics": {"GET": worker_statistics.fetch},
    f"{_W}/Workers/RealTimeStatistics": {"GET": worker_statistics.fetch_real_time},
    f"{_W}/Workers/CumulativeStatistics": {"GET": worker_statistics.fetch_cumulative},
    f"{_W}/Workers/{{WorkerSid}}/Statistics": {"GET": worker_statistics.fetch_one},
}

TAKE_JSON = frozenset(
    one.handler for methods in ROUTES.values() for one in methods.values() if one.takes_json
)
"""The handlers that read a body of JSON as well as a form."""


class RouteTable:
    """Finds the route of a path with one or two look-ups, however many routes there are.

    Segments take turns: a collection's name, then a SID. So the names and the length are the
    pattern, and what stands between them are the variables. A route may end in a name where a SID
    could stand (`/Workers/Statistics`); such a name wins.
    """

    def __init__(self, routes: Mapping[str, Operations]) -> None:
        self._by_names: dict[tuple[int, tuple[str, ...]], Methods] = {}
        self._by_last_name: dict[tuple[int, tuple[str, ...], str], Methods] = {}
        for template, operations in routes.items():
            # A call pays for its handler alone: what describes it is for the document.
            methods = {method: one.handler for method, one in operations.items()}
            segments = template[1:].split("/")
            length, names, variables = len(segments), tuple(segments[::2]), segments[1::2]
            last = segments[-1]
            if length % 2 == 0 and not last.startswith("{"):
                self._by_last_name[length, names, last] = methods
            else:
                assert all(variable.startswith("{") for variable in variables), template
                self._by_names[length, names] = methods

    def find(self, path: str) -> tuple[Methods, tuple[str, ...]] | None:
        """The methods of a path that follows `/v1`, and its variable segments."""
        segments = path[1:].split("/")
        length, names = len(segments), tuple(segments[::2])
        variables = tuple(segments[1::2])
        if self._by_last_name and length % 2 == 0:
            methods = self._by_last_name.get((length, names, segments[-1]))
            if methods is not None:
                return methods, variables[:-1]
        methods = self._by_names.get((length, names))
        if methods is None or "" in variables:
            return None
        return methods, variables
