"""SIDs: two letters that name the kind, then 32 hex digits."""

import hashlib
import re
from collections.abc import Callable
from typing import NewType

AccountSid = NewType("AccountSid", str)
WorkspaceSid = NewType("WorkspaceSid", str)
ActivitySid = NewType("ActivitySid", str)
TaskChannelSid = NewType("TaskChannelSid", str)
WorkerSid = NewType("WorkerSid", str)
WorkerChannelSid = NewType("WorkerChannelSid", str)
TaskQueueSid = NewType("TaskQueueSid", str)
WorkflowSid = NewType("WorkflowSid", str)
TaskSid = NewType("TaskSid", str)
ReservationSid = NewType("ReservationSid", str)
TransferSid = NewType("TransferSid", str)

Mint = Callable[[str], str]
"""Makes a new SID of the given prefix. Passed in, so that a replay or a test can repeat it."""

_SHAPE = re.compile(r"[A-Z]{2}[0-9a-fA-F]{32}")
_BLOCK = 4096


def is_sid(text: str, prefix: str) -> bool:
    """Whether the text has the shape of a SID of this kind."""
    return text.startswith(prefix) and _SHAPE.fullmatch(text) is not None


def mint_from(random_bytes: Callable[[int], bytes]) -> Mint:
    """A mint that cuts its SIDs off blocks of random bytes: one draw serves many.

    Args:
        random_bytes: Gives so many unpredictable bytes, for example `os.urandom`.
    """
    digits = ""
    at = 0

    def mint(prefix: str) -> str:
        nonlocal digits, at
        if at == len(digits):
            digits = random_bytes(_BLOCK).hex()
            at = 0
        at += 32
        return prefix + digits[at - 32 : at]

    return mint


def counting_mint() -> Mint:
    """A mint that counts up for each prefix, for tests and simulations that must repeat."""
    counts: dict[str, int] = {}

    def mint(prefix: str) -> str:
        counts[prefix] = counts.get(prefix, 0) + 1
        return f"{prefix}{counts[prefix]:032x}"

    return mint


def worker_channel_sid(worker_sid: str, task_channel_sid: str) -> WorkerChannelSid:
    """The SID of the one channel that a worker has for a task channel.

    It follows from the two others, so that adding a task channel to 15,000 workers stores nothing.
    """
    pair = (worker_sid + task_channel_sid).encode()
    return WorkerChannelSid("WC" + hashlib.blake2b(pair, digest_size=16).hexdigest())


def event_sid(workspace_sid: str, position: int) -> str:
    """The SID of the event at a position of a workspace's journal, the same wherever it is told.

    It follows from the two, so that nothing has to keep it. Within a workspace SIDs are in the
    order of their events.
    """
    return f"EV{workspace_sid[2:22].lower()}{position:012x}"


def event_position(workspace_sid: str, sid: str) -> int | None:
    """Where in a workspace's journal the event of this SID is; None if it is not of it."""
    if not is_sid(sid, "EV") or sid[2:22].lower() != workspace_sid[2:22].lower():
        return None
    return int(sid[22:], 16)
