"""Channels: which one an address names, whose token opens it, and whether it is there.

The path tells the dialects apart: `/v1/wschannels/{AccountSid}/{ChannelSid}` is dialect A, whose
tokens are capability tokens; `/v1/wschannels` with nothing after it is dialect B, whose channel is
the worker that its access token names.
"""

from taskyard.core.errors import NotFound
from taskyard.core.ids import TaskQueueSid, WorkerSid
from taskyard.core.state import State
from taskyard.engine import Directory, WorkspaceEngine
from taskyard.server.api.application import PREFIX
from taskyard.server.api.problems import Problem, not_found
from taskyard.server.tokens import Bearer

CHANNELS = PREFIX + "/wschannels"

Named = tuple[str, str]
"""An account's SID and a channel's."""


def named_by(path: str) -> Named | None:
    """What an address of dialect A names; None for the address of dialect B.

    Raises:
        Problem: 404 for any other address.
    """
    match path.removeprefix(CHANNELS).removesuffix("/").split("/"):
        case [""]:
            return None
        case ["", account_sid, channel_sid] if account_sid and channel_sid:
            return account_sid, channel_sid
    raise not_found(path[len(PREFIX) :])


def check_token(bearer: Bearer, named: Named | None) -> None:
    """Let a token pass that is of the dialect of the address, and for its channel.

    Raises:
        Problem: 403 for any other.
    """
    if bearer.kind != ("access" if named is None else "capability"):
        wants = "an access token" if named is None else "a capability token"
        raise forbidden(f"this address takes {wants}, and the token is none")
    if named is None:
        return
    # Clients go to the channel that the token names.
    account_sid, channel_sid = named
    channels = {bearer.channel_sid, bearer.named_channel}
    if account_sid != bearer.account_sid or channel_sid not in channels:
        raise forbidden("the token is for another channel than that of the address")


async def engine_of(directory: Directory, bearer: Bearer) -> WorkspaceEngine:
    """The engine of the bearer's workspace, if the bearer's channel is still there.

    Raises:
        Problem: 404 for a channel that was deleted.
    """
    sid = bearer.channel_sid or bearer.workspace_sid
    try:
        engine = await directory.engine(bearer.workspace_sid)
    except NotFound:
        raise _gone(sid) from None
    # That it is not there is told to somebody, and so has to be read.
    if not is_there(engine, sid) and not await engine.read(lambda state, _: _has(state, sid)):
        raise _gone(sid)
    return engine


def is_there(engine: WorkspaceEngine, sid: str) -> bool:
    """Whether a channel is there after the last turn, which may not be durable yet."""
    return engine.sees(lambda state: _has(state, sid))


def forbidden(message: str) -> Problem:
    """The answer for a token that does not open what was asked for."""
    return Problem(403, 20403, message)


def _has(state: State, sid: str) -> bool:
    match sid[:2]:
        case "WK":
            return WorkerSid(sid) in state.workers
        case "WQ":
            return TaskQueueSid(sid) in state.task_queues
    return not state.deleted


def _gone(sid: str) -> Problem:
    return Problem(404, 20404, f"{sid}, which the token is for, is not there")
