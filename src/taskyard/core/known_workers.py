"""What is wrong with the one worker whom a step of a workflow wants.

The task waits in its step all the same, and nobody was there to be told. So it is for the alerts.

Source: TaskRouter, known agent routing. That the task names nobody is no problem.
"""

from collections.abc import Callable, Mapping

import msgspec

from .expressions import Json
from .ids import TaskQueueSid, WorkerSid, is_sid
from .model import Worker
from .state import State
from .workflow_document import Target

NOT_OF_THE_QUEUE = 40152
NO_NAME = 40154
NOBODY = 40155
"""The codes of the published alerts."""

_SHOWN = 60


class KnownWorkerProblem(msgspec.Struct, frozen=True):
    """One line for whoever keeps the workflow, and the code of the alert."""

    code: int
    message: str


def problem_of(
    state: State,
    target: Target,
    attributes: Mapping[str, Json],
    belongs: Callable[[TaskQueueSid, WorkerSid], bool],
) -> KnownWorkerProblem | None:
    """What is wrong with the known worker of a task at this step; None if nothing is.

    Args:
        state: Where the workers are.
        target: The step.
        attributes: Those of the task.
        belongs: Says whether a worker is one of a task queue's.
    """
    known = target.known_worker
    if known is None:
        return None
    name = known.named_by(attributes)
    if name is None:
        return None
    key = f"known_worker_{known.by}"
    if not isinstance(name, str) or (known.by == "sid" and not is_sid(name, "WK")):
        what = "a name" if known.by == "friendly_name" else "the SID of a worker"
        return KnownWorkerProblem(NO_NAME, f"{key}: {_shown(name)} is not {what}")
    worker = _worker(state, known.by, name)
    if worker is None:
        return KnownWorkerProblem(NOBODY, f"{key}: no worker of this workspace is {_shown(name)}")
    if not belongs(target.queue_sid, worker.sid):
        return KnownWorkerProblem(
            NOT_OF_THE_QUEUE,
            f"{key}: worker {worker.sid} does not belong to task queue {target.queue_sid}",
        )
    return None


def _worker(state: State, by: str, name: str) -> Worker | None:
    return state.workers.get(WorkerSid(name)) if by == "sid" else state.worker_named(name)


def _shown(name: Json) -> str:
    text = msgspec.json.encode(name).decode()
    return text if len(text) <= _SHOWN else text[: _SHOWN - 3] + "..."
