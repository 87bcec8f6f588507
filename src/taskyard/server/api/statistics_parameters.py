"""What callers may ask of statistics: a window, a task channel, thresholds.

Source: TaskRouter statistics, query parameters.
"""

import re

import msgspec

from taskyard.core.errors import Invalid, NotFound
from taskyard.core.ids import TaskQueueSid, WorkflowSid
from taskyard.core.state import State
from taskyard.engine import Window
from taskyard.engine.time_windows import UNTIL_NOW

from .calls import Call
from .forms import Fields
from .parameters import Kind, Parameter, instant, integer, text
from .problems import too_long_ago

MINUTES = 15
MINUTES_MAX = 43_200
_MINUTE_MS = 60_000
_THRESHOLD = re.compile(r"[0-9]{1,9}")
THRESHOLDS_MAX = 100

TASK_CHANNEL = text("TaskChannel", "Only this task channel: its SID or unique name.")
SPLIT = text(
    "SplitByWaitTime", "Whole seconds with commas, at which waits are split into short and long."
)
WINDOW = (
    integer(
        "Minutes",
        "How many minutes the window is long, until now.",
        1,
        high=MINUTES_MAX,
        absent=MINUTES,
    ),
    instant("StartDate", "When the window begins; not together with Minutes."),
    instant("EndDate", "When the window ends; not together with Minutes."),
)
QUEUE_SID_NAMES = ("QueueSids", "queueSids", "TaskQueueSids")
QUEUE_SIDS_MAX = 50


def task_queue_sids(name: str, about: str) -> Parameter:
    """Some task queues."""
    schema = {
        "type": "array",
        "items": {"type": "string", "pattern": "^WQ[0-9a-fA-F]{32}$"},
        "maxItems": QUEUE_SIDS_MAX,
    }
    return Parameter(name=name, about=about, kind=Kind.LIST, schema=schema)


class Asked(msgspec.Struct, frozen=True):
    """What a caller wants to know.

    Attributes:
        window: The window of cumulative statistics.
        end_ms: The instant that is told as its end, and belongs to it.
        thresholds: Seconds by the text that they were sent as; None if none were.
    """

    window: Window
    end_ms: int
    thresholds: dict[str, int] | None = None

    @property
    def is_open(self) -> bool:
        """Whether the window ends now."""
        return self.window.end_ms == UNTIL_NOW

    @property
    def until_end(self) -> Window:
        """The same window; of one that ends now, without what happens after that was said."""
        return Window(self.window.start_ms, self.end_ms + 1)


def asked_of(call: Call, *, split: bool = True) -> Asked:
    """Read what a call for cumulative statistics asks for.

    Args:
        call: The call.
        split: Whether it may have thresholds.

    Raises:
        Invalid: A value cannot be used.
        Problem: 14241 for a window that begins before anything is known.
    """
    query = call.query
    asked = asked_window(query, call.clock(), call.directory.statistics.history_ms)
    if not split:
        return asked
    return msgspec.structs.replace(asked, thresholds=asked_thresholds(query))


def asked_window(query: Fields, now_ms: int, history_ms: int) -> Asked:
    """Read Minutes, StartDate and EndDate.

    Both its ends belong to a window, to the millisecond; one that ends now has all that has
    happened.

    Source: TaskRouter statistics, section 3.1: events inside [start_time, end_time].

    Args:
        query: Where they may be.
        now_ms: The instant.
        history_ms: How far back a window may begin.

    Raises:
        Invalid: A value cannot be read, both kinds were sent, or the window is reversed.
        Problem: 14241 for a window that begins before anything is known.
    """
    minutes = query.integer("Minutes", None)
    start_ms = query.instant("StartDate", None)
    end_ms = query.instant("EndDate", None)
    now_s_ms = now_ms // 1000 * 1000
    most = history_ms // _MINUTE_MS
    if minutes is not None:
        if start_ms is not None or end_ms is not None:
            raise Invalid("Minutes cannot be combined with StartDate or EndDate")
        if not 1 <= minutes <= most:
            raise Invalid(f"Minutes must be from 1 to {most}, not {minutes}")
    is_open = end_ms is None or end_ms > now_ms
    shown_ms = now_ms if end_ms is None or is_open else end_ms
    if start_ms is None:
        start_ms = (now_s_ms if is_open else shown_ms) - (minutes or MINUTES) * _MINUTE_MS
    if start_ms > shown_ms:
        raise Invalid("StartDate must not be after EndDate, or after now")
    # What was asked for a moment ago is answered still.
    if start_ms < now_s_ms - history_ms - _MINUTE_MS:
        raise too_long_ago(most)
    return Asked(Window(start_ms, UNTIL_NOW if is_open else shown_ms + 1), shown_ms)


def asked_thresholds(query: Fields) -> dict[str, int] | None:
    """Read SplitByWaitTime.

    Returns:
        Seconds by the text that they were sent as, in the order in which they came; None for none.

    Raises:
        Invalid: One of them is not a whole number of seconds, or there are too many.
    """
    sent = query.text("SplitByWaitTime", None)
    if sent is None:
        return None
    found: dict[str, int] = {}
    for part in sent.split(","):
        threshold = part.strip()
        if _THRESHOLD.fullmatch(threshold) is None:
            raise Invalid(
                "SplitByWaitTime must be whole seconds with commas such as 5,30, not "
                f"'{sent if len(sent) <= 64 else sent[:61] + '...'}'"
            )
        found.setdefault(threshold, int(threshold))
    if len(found) > THRESHOLDS_MAX:
        raise Invalid(f"SplitByWaitTime may have at most {THRESHOLDS_MAX} thresholds")
    return found


def asked_channel(state: State, sent: str | None) -> str | None:
    """The SID of the task channel that was asked for; None for all.

    Raises:
        Invalid: The workspace has no such channel.
    """
    if sent is None:
        return None
    found = state.task_channel_named(sent)
    if found is None:
        short = sent if len(sent) <= 64 else sent[:61] + "..."
        raise Invalid(
            f"TaskChannel must be the SID or unique name of a task channel, not '{short}'"
        )
    return found.sid


def workflow_exists(state: State, sid: str) -> None:
    """Raises NotFound for a workflow that is not there."""
    if WorkflowSid(sid) not in state.workflows:
        raise NotFound("workflow", sid)


def task_queue_exists(state: State, sid: str) -> None:
    """Raises NotFound for a task queue that is not there."""
    if TaskQueueSid(sid) not in state.task_queues:
        raise NotFound("task queue", sid)
