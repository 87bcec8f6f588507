"""`/Workspaces/{WorkspaceSid}/Activities`."""

from collections.abc import Iterator

import msgspec

from taskyard.core.commands import CreateActivity, DeleteActivity, UpdateActivity
from taskyard.core.dates import date
from taskyard.core.errors import NotFound
from taskyard.core.ids import ActivitySid
from taskyard.core.machine import Decided
from taskyard.core.model import Activity
from taskyard.core.state import State

from .addresses import Addresses
from .calls import Answer, Call, no_content
from .forms import Fields
from .operations import operation
from .pages import page_of
from .parameters import boolean, text

FILTERS = ("FriendlyName", "Available")


class ActivityLinks(msgspec.Struct, gc=False):
    """Where an activity leads."""

    workspace: str


class ActivityBody(msgspec.Struct, gc=False):
    """An activity on the wire."""

    account_sid: str
    available: bool
    date_created: str
    date_updated: str
    friendly_name: str
    sid: str
    workspace_sid: str
    url: str
    links: ActivityLinks


def activity_body(state: State, activity: Activity, at: Addresses) -> ActivityBody:
    """An activity as callers see it."""
    return ActivityBody(
        account_sid=state.workspace.account_sid,
        available=activity.available,
        date_created=date(activity.created_ms),
        date_updated=date(activity.updated_ms),
        friendly_name=activity.friendly_name,
        sid=activity.sid,
        workspace_sid=state.workspace.sid,
        url=f"{at.activities}/{activity.sid}",
        links=ActivityLinks(at.workspace),
    )


def _shown(state: State, sid: str, call: Call, status: int = 200) -> Answer:
    activity = state.activities.get(ActivitySid(sid))
    if activity is None:
        raise NotFound("activity", sid)
    shown = call.shape(activity_body)(state, activity, call.addresses)
    return Answer(status, msgspec.json.encode(shown))


@operation(
    "CreateActivity",
    ActivityBody,
    form=(
        text(
            "FriendlyName",
            "Its name.",
            required=True,
            limit="friendly_name_characters",
            filled=True,
        ),
        boolean("Available", "Whether workers in it may be offered tasks.", False),
    ),
)
async def create(call: Call) -> Answer:
    """Add an activity."""
    form = call.form
    command = CreateActivity(
        friendly_name=form.required("FriendlyName"), available=form.boolean("Available", False)
    )

    def render(state: State, decided: Decided) -> Answer:
        return _shown(state, decided.sid, call, 201)

    return await call.ask(command, render)


@operation("FetchActivity", ActivityBody)
async def fetch(call: Call) -> Answer:
    """Show an activity."""
    sid = call.sids[1]
    return await (await call.engine()).read(lambda state, _: _shown(state, sid, call))


@operation(
    "UpdateActivity",
    ActivityBody,
    form=(text("FriendlyName", "Its name.", limit="friendly_name_characters", filled=True),),
)
async def update(call: Call) -> Answer:
    """Rename an activity. `Available` may be sent and changes nothing, as observed."""
    form, sid = call.form, call.sids[1]
    command = UpdateActivity(
        activity_sid=sid, friendly_name=form.text("FriendlyName", msgspec.UNSET)
    )
    return await call.ask(
        command,
        lambda state, _: _shown(state, sid, call),
    )


@operation("DeleteActivity")
async def delete(call: Call) -> Answer:
    """Remove an activity that nothing refers to."""
    return await call.ask(DeleteActivity(activity_sid=call.sids[1]), no_content)


@operation(
    "ListActivity",
    ActivityBody,
    key="activities",
    query=(
        text("FriendlyName", "Only those of this name."),
        boolean("Available", "Only those in which workers may, or may not, be offered tasks."),
    ),
)
async def list_(call: Call) -> Answer:
    """Show the activities, filtered by name or availability."""
    query, at, shape = call.query, call.addresses, call.shape(activity_body)
    asked = call.dialect.asked_page(query)

    def render(state: State, now_ms: int) -> Answer:
        found = page_of(_filtered(state, query), (), asked, state.activities)
        shown = [shape(state, activity, at) for activity in found.items]
        return Answer(
            200,
            call.dialect.listed(at.activities, "activities", query, FILTERS, asked, found, shown),
        )

    return await (await call.engine()).read(render)


def _filtered(state: State, query: Fields) -> Iterator[Activity]:
    name = query.text("FriendlyName", None)
    available = query.boolean("Available", None)
    for activity in state.activities.values():
        if name is not None and activity.friendly_name != name:
            continue
        if available is not None and activity.available is not available:
            continue
        yield activity
