"""The legs of a conference, which only a voice platform can make, hold and end.

Source: TaskRouter event bridge, the four participant calls of the `taskrouter.js` package.
"""

from taskyard.server.api.calls import Answer, Call
from taskyard.server.api.operations import Operation
from taskyard.server.api.problems import Problem

NAMES = (
    "CustomerParticipant",
    "HoldWorkerParticipant",
    "KickWorkerParticipant",
    "WorkerParticipant",
)


async def refuse(call: Call) -> Answer:
    """Say that there is no telephone."""
    name = call.path.rpartition("/")[2]
    raise Problem(400, 20001, f"{name} needs a voice adapter, and none is installed")


REFUSED = {name: Operation(id=f"Create{name}", handler=refuse, status=201) for name in NAMES}
