"""What becomes of a worker whose last session has ended."""

import asyncio
import contextlib
import logging
from itertools import count
from urllib.parse import urlencode

import msgspec

from taskyard.core.causes import Cause
from taskyard.core.commands import UpdateWorker
from taskyard.core.errors import NotFound, Refusal
from taskyard.core.state import State
from taskyard.engine import Directory, Unavailable
from taskyard.server.api.application import PREFIX
from taskyard.server.api.calls import NO_CONTENT, Answer
from taskyard.server.api.problems import Problem
from taskyard.server.forwarded import Forwarded
from taskyard.server.forwarding import Forwarding, Relayed, Request
from taskyard.server.tokens import Bearer, permits

from .sessions import Sessions

OFFLINE = "Offline"
"""The name of the activity that means it; a workspace without one has its timeout activity."""
RETURN_WITHIN_S = 10.0
"""Whom the server itself has hung up on has so long to come back: clients take about a second."""
_RETRY_S = (1.0, 2.0, 5.0, 10.0, 30.0)

logger = logging.getLogger(__name__)


class Leaver(msgspec.Struct, frozen=True, kw_only=True):
    """A worker, and what they asked for when they connected.

    Attributes:
        bearer: Whom their token speaks for: it has to permit the change of activity.
        activity_sid: What they do when their last session has ended; None for going offline.
    """

    bearer: Bearer
    workspace_sid: str
    worker_sid: str
    activity_sid: str | None
    ip_address: str | None


class Departures:
    """Gives workers who have left another activity."""

    def __init__(
        self,
        directory: Directory,
        sessions: Sessions,
        unavailable: tuple[type[Exception], ...],
        forwarding: Forwarding | None = None,
    ) -> None:
        """Nobody has left.

        Args:
            directory: Where the workers are.
            sessions: Who is still there.
            unavailable: Failures that pass: what failed so is tried again.
            forwarding: Leads to the nodes that serve the workspaces; None if there is only this.
        """
        self._directory = directory
        self._sessions = sessions
        self._unavailable = unavailable
        self._forwarding = forwarding
        self._stopped = asyncio.Event()

    def stop(self) -> None:
        """Change nobody's activity any more: they have not left, the server is stopping."""
        self._stopped.set()

    async def left(self, leaver: Leaver, *, patience_s: float) -> None:
        """A session has ended. Was it the worker's last, they get their activity.

        Args:
            leaver: Whose session it was.
            patience_s: How long they may take to come back before.
        """
        cause = Cause("worker", leaver.worker_sid, leaver.ip_address)
        if patience_s:
            await self._rest(patience_s)
        for number in count():
            is_back = self._sessions.listens(leaver.workspace_sid, leaver.worker_sid)
            if is_back or self._stopped.is_set():
                return
            try:
                await self._change_activity(leaver, cause)
            except NotFound:
                return  # the worker has gone for good
            except Refusal as refusal:
                extra = {"worker_sid": leaver.worker_sid, "reason": str(refusal)}
                logger.warning("a worker who has left keeps their activity", extra=extra)
                return
            except self._unavailable as error:
                logger.warning("a worker who has left waits for their activity: %s", error)
            else:
                return
            await self._rest(_RETRY_S[min(number, len(_RETRY_S) - 1)])

    async def _rest(self, for_s: float) -> None:
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(for_s):
                await self._stopped.wait()

    async def _change_activity(self, leaver: Leaver, cause: Cause) -> None:
        engine = await self._directory.engine(leaver.workspace_sid)
        activity_sid = leaver.activity_sid
        if activity_sid is None:
            activity_sid = await engine.read(lambda state, _: _offline(state))
        path = f"{PREFIX}/Workspaces/{leaver.workspace_sid}/Workers/{leaver.worker_sid}"
        form = {"ActivitySid": [activity_sid]}
        # As it was when they connected: that the token has expired since does not matter.
        if not permits(leaver.bearer, "POST", path, {}, form, engine.sees):
            raise Refusal("their token does not permit them to change it")
        command = UpdateWorker(worker_sid=leaver.worker_sid, activity_sid=activity_sid)

        async def here() -> Answer:
            await engine.ask(command, lambda _state, _decided: None, cause=cause)
            return NO_CONTENT

        if self._forwarding is None:
            await here()
            return
        request = Request(
            method="POST",
            path=path.encode(),
            query=b"",
            headers={},
            body=urlencode(form, doseq=True).encode(),
            caller=Forwarded("", cause),
        )
        try:
            answer = await self._forwarding.answer(leaver.workspace_sid, request, here)
        except Problem as problem:
            raise Unavailable(str(problem)) from problem
        if not isinstance(answer, Relayed):
            return
        if answer.status == 404:
            raise NotFound("worker", leaver.worker_sid)
        if answer.status >= 500:
            raise Unavailable(f"the node that serves it said {answer.status}")
        if answer.status >= 400:
            raise Refusal(answer.body.decode(errors="replace")[:300])


def _offline(state: State) -> str:
    for activity in state.activities.values():
        if activity.friendly_name == OFFLINE:
            return activity.sid
    return state.workspace.timeout_activity_sid
