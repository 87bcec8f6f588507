"""What the second published browser client says in other words than REST.

Source: TaskRouter event bridge, requests of the `taskrouter.js` package 2.x and 3.x.
"""

from taskyard.core.errors import Invalid
from taskyard.core.ids import is_sid
from taskyard.server.api.reservations import LIVE

from .envelopes import Values

_LIVE = [",".join(sorted(LIVE))]
_TASK_CHANNELS = ("TaskChannelUniqueName", "TaskChannelSid")


def rest_path(path: str) -> str:
    """The path under which REST knows a resource."""
    segments = path.split("/")
    if segments[5:6] == ["WorkerChannels"] and segments[3] == "Workers":
        segments[5] = "Channels"
        return "/".join(segments)
    return path


def rest_query(path: str, values: Values) -> Values:
    """The query of a GET as REST takes it: `Active` asks for live reservations."""
    active = values.get("Active")
    if active is None or active[0] != "true" or not path.endswith("/Reservations"):
        return values
    return {"ReservationStatus": _LIVE, **values}


def rest_form(path: str, values: Values, account_sid: str) -> Values:
    """The form of a POST as REST takes it: new tasks name their task channel in two ways.

    Raises:
        Invalid: A task that is routed past the rules names a workflow that cannot be one.
    """
    if not path.endswith("/Tasks"):
        return values
    workflow = values.get("WorkflowSid")
    if workflow is not None and "RoutingTarget" in values and not is_sid(workflow[0], "WW"):
        # Its users compare the text: an old release the first half, later ones the second.
        invalid = "has an invalid format"
        raise Invalid(
            f"Value '{workflow[0]}' provided for WorkflowSid {invalid}. "
            f"Value '{workflow[0]}' provided for WorkflowSid as RoutingTarget {invalid}. "
            f"WorkspaceSid: {path.split('/')[2]}, AccountSid: {account_sid}"
        )
    for name in _TASK_CHANNELS:
        if name in values:
            return {"TaskChannel": values[name], **values}
    return values
