"""`/taskyard/v1/Alerts`: what went wrong where no caller could be told, the newest first."""

import msgspec

from taskyard.core.dates import date
from taskyard.core.errors import Invalid
from taskyard.engine import Directory
from taskyard.server.api.forms import Fields

LIMIT = 50
LIMIT_MAX = 1_000
_FOR_EVER = 2**53


class AlertBody(msgspec.Struct, gc=False):
    """An alert on the wire."""

    number: int
    date: str
    date_ms: int
    code: int
    level: str
    message: str
    more_info: str
    account_sid: str
    workspace_sid: str
    task_sid: str | None
    reservation_sid: str | None
    worker_sid: str | None
    event_sid: str | None
    url: str | None
    request: str | None
    response: str | None


async def list_alerts(directory: Directory, query: Fields) -> bytes:
    """The JSON of some alerts.

    Raises:
        Invalid: A value cannot be used.
        StoreError: They cannot be read.
    """
    workspace_sid = query.sid("WorkspaceSid", "WS", None)
    limit = query.integer("Limit", LIMIT)
    before = query.integer("Before", _FOR_EVER)
    if not 1 <= limit <= LIMIT_MAX:
        raise Invalid(f"Limit must be from 1 to {LIMIT_MAX}, not {limit}")
    if not 1 <= before <= _FOR_EVER:
        raise Invalid(f"Before must be the number of an alert, not {before}")
    found = await directory.alerts.find(workspace_sid, before, limit)
    shown = [
        AlertBody(
            number=number,
            date=date(one.at_ms),
            date_ms=one.at_ms,
            code=one.code,
            level=one.level,
            message=one.message,
            more_info=f"https://www.twilio.com/docs/errors/{one.code}",
            account_sid=one.account_sid,
            workspace_sid=one.workspace_sid,
            task_sid=one.task_sid,
            reservation_sid=one.reservation_sid,
            worker_sid=one.worker_sid,
            event_sid=one.event_sid,
            url=one.url,
            request=one.request,
            response=one.response,
        )
        for number, one in found
    ]
    return msgspec.json.encode({"alerts": shown})
