"""A worker's client: for whoever takes tasks."""

from collections.abc import Mapping
from typing import Any

from taskyard.client.parameters import Callback, in_order, wire_parameters
from taskyard.client.requests import Request, complete_task

from . import resources
from .client import Client
from .connection import Connection
from .lists import Collection, Page
from .transport import Transport
from .worker_connection import WorkerConnection, session_query, with_tasks


class Worker(Client, resources.Worker):
    """A worker that is offered tasks.

    Offers come as `reservation.created`, each once: those that waited when it became ready, then
    the new ones.

    Args:
        token: A capability token for a worker.
        connect_activity_sid: The activity to change to at the first `ready`, if no offer waits.
        disconnect_activity_sid: The activity that the server gives the worker when its last
            connection has ended.
        close_existing_sessions: End the worker's other connections.
        base_url: Where the server is; else TASKYARD_URL, else http://127.0.0.1:8080.
        debug: Log what happens, without the token, to the logger `taskyard.client`.
        region: Ignored: there is no other region than the server's.
        max_retries: How often a request is repeated where that is safe.
        timeout_s: How long a request may take, in seconds.

    Raises:
        TokenProblem: The token is none, or is not for a worker.
        ValueError: The base address is none.
    """

    _prefix = "WK"

    def __init__(
        self,
        token: str,
        *,
        connect_activity_sid: str | None = None,
        disconnect_activity_sid: str | None = None,
        close_existing_sessions: bool = False,
        base_url: str | None = None,
        debug: bool = False,
        region: str | None = None,
        max_retries: int = 3,
        timeout_s: float = 15.0,
    ) -> None:
        self._connect_activity_sid = connect_activity_sid
        self._query = session_query(disconnect_activity_sid, close_existing_sessions)
        super().__init__(
            token,
            base_url=base_url,
            debug=debug,
            region=region,
            max_retries=max_retries,
            timeout_s=timeout_s,
        )

    def _connection_of(self, transport: Transport) -> Connection:
        return WorkerConnection(
            transport,
            self.path,
            self._query,
            self._calls.call,
            self._link.entity,
            self._refreshed,
            self._connect_activity_sid,
        )

    @property
    def activities(self) -> Collection[resources.Activity]:
        """The activities of the workspace."""
        return Collection(self._link, "Activities")

    async def fetch_reservations(
        self,
        params: Mapping[str, Any] | Callback[Page[resources.Reservation]] | None = None,
        /,
        callback: Callback[Page[resources.Reservation]] | Mapping[str, Any] | None = None,
        **filters: Any,
    ) -> Page[resources.Reservation]:
        """The offers to this worker, each with its task fetched where the token allows it.

        Parameters and callback may come in either order.

        Raises:
            TaskyardError: The server refused, or gave no answer.
        """
        given, told = in_order(params, callback)
        request = Request("GET", self._below("Reservations"), wire_parameters(given, filters))
        source = with_tasks(self._link.transport)

        def read(payload: Any) -> Page[resources.Reservation]:
            return Page(payload, self._link.entity, self._link, source)

        return await self._link.ask(request, read, told, source)

    async def fetch_channels(
        self, callback: Callback[Page[resources.WorkerChannel]] | None = None
    ) -> Page[resources.WorkerChannel]:
        """The worker's capacity for each kind of work.

        Raises:
            TaskyardError: The server refused, or gave no answer.
        """
        return await self.channels.fetch(None, callback)

    async def update_task(
        self,
        task_sid: str,
        params: Mapping[str, Any] | None = None,
        /,
        callback: Callback[resources.Task] | None = None,
        **parameters: Any,
    ) -> resources.Task:
        """Change a task.

        Raises:
            TaskyardError: The server refused, or gave no answer.
        """
        return await self._tasks.update(task_sid, params or {}, callback=callback, **parameters)

    async def complete_task(
        self,
        task_sid: str,
        reason: str | Callback[resources.Task] | None = None,
        callback: Callback[resources.Task] | str | None = None,
    ) -> resources.Task:
        """Say that a task is done; reason and callback in either order.

        Raises:
            TaskyardError: The server refused, or gave no answer.
        """
        given, told = in_order(reason, callback)
        return await self._tasks.update(task_sid, complete_task(given), callback=told)

    @property
    def _tasks(self) -> Collection[resources.Task]:
        return Collection(self._link, "Tasks")
