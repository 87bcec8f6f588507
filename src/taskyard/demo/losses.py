"""What a server that came back no longer knows, although it had said so before."""

from collections.abc import Mapping

_PROGRESS = {
    "pending": 0,
    "reserved": 0,  # an offer that nobody takes makes the task pending again
    "assigned": 1,
    "accepted": 1,
    "wrapping": 2,
}
_ENDED = 3


def losses(acknowledged: Mapping[str, str], found: Mapping[str, str]) -> list[str]:
    """Compare what the server had answered with what it answers now.

    Args:
        acknowledged: Statuses of tasks and reservations by SID, from answers before.
        found: The same from answers after; more is no loss.

    Returns:
        A line for each task or reservation that is missing, has gone back, or ended differently.
    """
    lines = []
    for sid, before in acknowledged.items():
        after = found.get(sid)
        if after is None:
            lines.append(f"{sid} was {before} and is missing")
        elif _progress(after) < _progress(before):
            lines.append(f"{sid} was {before} and is {after} again")
        elif _progress(before) == _ENDED and after != before:
            lines.append(f"{sid} was {before} and is {after} now")
    return lines


def _progress(status: str) -> int:
    return _PROGRESS.get(status, _ENDED)
