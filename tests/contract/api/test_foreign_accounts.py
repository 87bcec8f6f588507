"""What belongs to another account is not there: 404, whatever is asked, and never 403."""

import re
from pathlib import Path

from contract.published_api import FACTS
from taskyard.server.app import running
from taskyard.server.config import Config

from .caller import SID, TOKEN, Caller, Centre, session_of

OTHER_SID, OTHER_TOKEN = "AC" + "0b" * 16, "o" * 32
OPERATIONS: dict[str, str] = {
    name: facts["at"]
    for name, facts in FACTS["operations"].items()
    if "{" in facts["at"]  # but for the list of workspaces and their creation
}


async def test_no_operation_reaches_what_belongs_to_another_account(tmp_path: Path) -> None:
    database = f"sqlite:///{tmp_path}/shared.db"
    ours = Config(database=database, port=0, account_sid=SID, auth_token=TOKEN)
    theirs = Config(database=database, port=0, account_sid=OTHER_SID, auth_token=OTHER_TOKEN)
    async with running(ours) as server, session_of(SID, TOKEN) as session:
        centre = await Centre(Caller(server.url, session)).open()
        worker = await centre.worker("Ann")
        task = await centre.task()
        (offer,) = await centre.offers(task)
        before = await seen(centre)
    sids = {
        "WorkspaceSid": centre.path.rpartition("/")[2],
        "WorkerSid": worker["sid"],
        "TaskSid": task["sid"],
        "TaskQueueSid": centre.queue["sid"],
        "WorkflowSid": centre.workflow["sid"],
    }
    named = {
        "Workspaces": sids["WorkspaceSid"],
        "Activities": centre.activities["Available"],
        "Workers": worker["sid"],
        "Channels": "voice",
        "TaskChannels": "voice",
        "TaskQueues": centre.queue["sid"],
        "Workflows": centre.workflow["sid"],
        "Tasks": task["sid"],
        "Reservations": offer["sid"],
        "Events": "EV" + "0" * 32,
    }
    async with running(theirs) as server, session_of(OTHER_SID, OTHER_TOKEN) as session:
        caller = Caller(server.url, session)
        assert await caller.every("/Workspaces", "workspaces") == []
        for at in OPERATIONS.values():
            method, template = at.split(" ")
            path = re.sub(r"/(\w+)/\{Sid\}", lambda m: f"/{m[1]}/{named[m[1]]}", template)
            path = path.format(**sids).removeprefix("/v1")
            for form in ({"FriendlyName": "Mine", "Reason": "mine"}, "Attributes=%ff"):
                reply = await caller.call(method, path, form if method == "POST" else None)
                assert reply.refused(404, 20404) == f"The requested resource {path} was not found"
    async with running(ours) as server, session_of(SID, TOKEN) as session:
        centre.caller = Caller(server.url, session)
        assert await seen(centre) == before


async def seen(centre: Centre) -> list[dict[str, object]]:
    """What there is in the workspace, without what moves with time and place."""
    caller, at = centre.caller, centre.path
    everything = [await caller.see(at)]
    for noun, key in (
        ("Activities", "activities"),
        ("TaskQueues", "task_queues"),
        ("Workflows", "workflows"),
        ("Workers", "workers"),
        ("Tasks", "tasks"),
    ):
        everything += await caller.every(f"{at}/{noun}", key)
    moving = {"age", "url", "links"}
    return [{name: one[name] for name in one.keys() - moving} for one in everything]
