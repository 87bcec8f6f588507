"""Who asked for what stands beside the past events."""

from taskyard.core.causes import Cause
from taskyard.core.event_details import EventRecord
from taskyard.core.events import event_type
from taskyard.engine.event_index import EventQuery
from taskyard.server.app import Running

from .caller import SID, Centre

CALLER = Cause("account", SID, "127.0.0.1")


async def events(server: Running, centre: Centre, *names: str) -> list[EventRecord]:
    query = EventQuery(workspace_sid=centre.path.rpartition("/")[2], names=names)
    return [one async for one in server.directory.find_events(query)]


async def test_a_call_is_the_cause_of_what_it_led_to(server: Running, centre: Centre) -> None:
    task = await centre.task()
    await centre.caller.call("DELETE", f"{centre.path}/Tasks/{task['sid']}")
    found = {event_type(one.event): one.cause for one in await events(server, centre, task["sid"])}
    assert found["task.created"] == found["task.deleted"] == CALLER


async def test_a_workspace_names_who_made_it(server: Running, centre: Centre) -> None:
    (made,) = await events(server, centre, "workspace.created")
    assert made.cause == CALLER
