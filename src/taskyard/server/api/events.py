"""`/Workspaces/{WorkspaceSid}/Events`: what has happened, as it was; nothing here changes it.

Source: TaskRouter, events, section 7.3. Choice: the newest first; the filters combine with AND;
Minutes and dates exclude each other; EndDate alone means the quarter of an hour before it.
"""

import msgspec

from taskyard.core.errors import Invalid, NotFound
from taskyard.core.event_details import EventRecord
from taskyard.core.events import event_type
from taskyard.core.ids import event_position, event_sid
from taskyard.engine import EventQuery
from taskyard.server.events.asked_types import asked_type
from taskyard.server.events.resource import EventBody, event_body

from .calls import Answer, Call
from .forms import Fields
from .operations import operation
from .page_search import Found
from .page_tokens import Asked, Mark, asked_page, token_of
from .pages import listed
from .parameters import instant, integer, sid_filter, text

MINUTES = 15
_MINUTE_MS = 60_000
_MINUTES_MAX = 2**53 // _MINUTE_MS
FILTERS = (
    "EndDate",
    "EventType",
    "Minutes",
    "ReservationSid",
    "StartDate",
    "TaskQueueSid",
    "TaskSid",
    "WorkerSid",
    "WorkflowSid",
    "TaskChannel",
    "Sid",
)
_FOR_EVER_MS = 2**53


class _Kind(msgspec.Struct, frozen=True):
    """What kind of event is wanted; the index has types, channels and SIDs under one roof."""

    type: str | None
    channel: str | None

    @classmethod
    def asked_for(cls, query: Fields) -> "_Kind":
        kind = query.text("EventType", None)
        return cls(None if kind is None else asked_type(kind), query.text("TaskChannel", None))

    def fits(self, record: EventRecord) -> bool:
        if self.type not in (None, event_type(record.event)):
            return False
        if self.channel is None:
            return True
        details = record.details
        channels = (
            details.task_channel,
            details.task and details.task.task_channel,
            details.worker_channel and details.worker_channel.task_channel,
        )
        return any(one and self.channel in (one.sid, one.unique_name) for one in channels)


class _Window(msgspec.Struct, frozen=True):
    """From when to when events are wanted, both ends included."""

    from_ms: int
    to_ms: int


@operation("FetchEvent", EventBody)
async def fetch(call: Call) -> Answer:
    """Show an event."""
    await call.engine()
    workspace_sid, sid = call.sids
    position = event_position(workspace_sid, sid)
    if position is not None:
        query = EventQuery(
            workspace_sid=workspace_sid,
            after_position=position - 1,
            before_position=position + 1,
        )
        async for record in call.directory.find_events(query):
            return Answer(200, msgspec.json.encode(_shown(call, record)))
    raise NotFound("event", sid)


@operation(
    "ListEvent",
    EventBody,
    key="events",
    query=(
        instant("EndDate", "Only those of this second or before."),
        text("EventType", "Only those of this type."),
        integer(
            "Minutes",
            "Only those of the last so many minutes; not together with a date.",
            1,
            high=_MINUTES_MAX,
            absent=MINUTES,
        ),
        sid_filter("ReservationSid", "Only those that tell of this reservation.", "WR"),
        instant("StartDate", "Only those of this second or later."),
        sid_filter("TaskQueueSid", "Only those that tell of this task queue.", "WQ"),
        sid_filter("TaskSid", "Only those that tell of this task.", "WT"),
        sid_filter("WorkerSid", "Only those that tell of this worker.", "WK"),
        sid_filter("WorkflowSid", "Only those that tell of this workflow.", "WW"),
        text("TaskChannel", "Only those that tell of this task channel, by SID or unique name."),
        sid_filter("Sid", "Only this event.", "EV"),
    ),
)
async def list_(call: Call) -> Answer:
    """Show what has happened, the newest first."""
    query, at, workspace_sid = call.query, call.addresses, call.sids[0]
    asked = asked_page(query)
    window = _window_of(asked.mark) or _asked_window(query, call.clock())
    wanted = EventQuery(
        workspace_sid=workspace_sid,
        from_ms=window.from_ms,
        to_ms=window.to_ms,
        names=_names(query),
    )
    only = query.sid("Sid", "EV", None)
    if only is not None:
        position = event_position(workspace_sid, only) or 0  # there is none at 0
        wanted = _between(wanted, position - 1, position + 1)
    await call.engine()
    found = await _page(call, wanted, window, asked, _Kind.asked_for(query))
    shown = [_shown(call, record) for record in found.items]
    return Answer(200, listed(at.events, "events", query, FILTERS, asked, found, shown))


def _shown(call: Call, record: EventRecord) -> EventBody:
    account_sid = call.directory.account.sid
    return event_body(record, account_sid, call.sids[0], call.addresses, call.clock())


def _names(query: Fields) -> tuple[str, ...]:
    """All that an event has to tell of, besides its time."""
    kind = _Kind.asked_for(query)
    names = [name for name in (kind.type, kind.channel) if name is not None]
    for name, prefix in (
        ("ReservationSid", "WR"),
        ("TaskQueueSid", "WQ"),
        ("TaskSid", "WT"),
        ("WorkerSid", "WK"),
        ("WorkflowSid", "WW"),
    ):
        if (sid := query.sid(name, prefix, None)) is not None:
            names.append(sid)
    return tuple(names)


def _asked_window(query: Fields, now_ms: int) -> _Window:
    """The time that is asked for.

    Raises:
        Invalid: It is asked for in two ways, or ends before it begins.
    """
    minutes = query.integer("Minutes", None)
    start_ms, end_ms = query.instant("StartDate", None), query.instant("EndDate", None)
    if minutes is not None:
        if start_ms is not None or end_ms is not None:
            raise Invalid("Minutes cannot be combined with StartDate or EndDate")
        if not 1 <= minutes <= _MINUTES_MAX:
            raise Invalid(f"Minutes must be from 1 to {_MINUTES_MAX}, not {minutes}")
        return _Window(now_ms - minutes * _MINUTE_MS, _FOR_EVER_MS)
    if end_ms is None:
        from_ms = now_ms - MINUTES * _MINUTE_MS if start_ms is None else start_ms
        return _Window(from_ms, _FOR_EVER_MS)
    if start_ms is None:
        start_ms = end_ms - MINUTES * _MINUTE_MS
    if end_ms < start_ms:
        raise Invalid("EndDate must not be before StartDate")
    # Dates are whole seconds, also those that are shown: the last one is wanted to its end.
    return _Window(start_ms, end_ms + 999)


def _window_of(mark: Mark | None) -> _Window | None:
    """The time of the page before: a walk through the pages is of one time from end to end.

    Raises:
        Invalid: The token is that of another list.
    """
    if mark is None:
        return None
    places = [one for one in mark.key if isinstance(one, int) and abs(one) <= _FOR_EVER_MS]
    if len(mark.key) != 3 or len(places) != 3:
        raise Invalid("PageToken belongs to a list in another order")
    return _Window(places[1], places[2])


async def _page(
    call: Call, wanted: EventQuery, window: _Window, asked: Asked, kind: _Kind
) -> Found[EventRecord]:
    """Find the events of one page, and read hardly any others."""
    mark, size = asked.mark, asked.size
    backward = mark is not None and mark.backward
    if mark is not None:
        position = int(mark.key[0])
        wanted = (
            _between(wanted, max(wanted.after_position, position), wanted.before_position)
            if backward
            else _between(wanted, wanted.after_position, min(wanted.before_position, position))
        )
        wanted = msgspec.structs.replace(wanted, oldest_first=backward)
    records: list[EventRecord] = []
    async for record in call.directory.find_events(wanted):
        if kind.fits(record):
            records.append(record)
            if len(records) > size:
                break
    more = len(records) > size
    records = records[:size]
    if backward:
        records.reverse()
        more = True  # the page that it was asked from

    def token(page: int, backward: bool, record: EventRecord) -> str:
        key: list[int | str] = [record.position, window.from_ms, window.to_ms]
        sid = event_sid(wanted.workspace_sid, record.position)
        return token_of(Mark(page, backward, key, sid))

    return Found(
        records,
        token(asked.page - 1, True, records[0]) if asked.page > 1 and records else None,
        token(asked.page + 1, False, records[-1]) if more and records else None,
    )


def _between(query: EventQuery, after: int, before: int) -> EventQuery:
    return msgspec.structs.replace(query, after_position=after, before_position=before)
