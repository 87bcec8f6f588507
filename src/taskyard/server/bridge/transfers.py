"""`Workspaces/{WorkspaceSid}/Workers/{WorkerSid}/Transfers`: what only the event bridge has.

Source: TaskRouter event bridge, transfers as the `taskrouter.js` package asks for them.
"""

import msgspec
from msgspec import UNSET

from taskyard.core.commands import CancelTransfer, InitiateTransfer
from taskyard.core.errors import Invalid, NotFound
from taskyard.core.ids import TransferSid
from taskyard.core.machine import Decided
from taskyard.core.model import TransferMode, TransferStatus
from taskyard.core.state import State
from taskyard.server.api.calls import Answer, Call
from taskyard.server.api.operations import Operation

from .dialect_b import transfer_payload


async def initiate(call: Call) -> Answer:
    """Hand an accepted task on to a worker or a task queue."""
    form = call.form
    command = InitiateTransfer(
        reservation_sid=form.required("ReservationSid"),
        to=form.required("To"),
        mode=form.filled("Mode", TransferMode.WARM),
        attributes=form.filled("Attributes", UNSET),
        priority=form.integer("Priority", UNSET),
        task_sid=form.filled("TaskSid", None),
        worker_sid=call.sids[1],
    )
    return await call.ask(command, _shown)


async def cancel(call: Call) -> Answer:
    """Keep a task after all, while nobody has taken it over yet."""
    form = call.form
    status = form.required("TransferStatus")
    if status != TransferStatus.CANCELED:
        raise Invalid(f"TransferStatus can be set to canceled, not to '{status[:64]}'")
    command = CancelTransfer(
        transfer_sid=call.sids[2], task_sid=form.filled("TaskSid", None), worker_sid=call.sids[1]
    )
    return await call.ask(command, _shown)


def _shown(state: State, decided: Decided) -> Answer:
    transfer = state.transfers.get(TransferSid(decided.sid))
    if transfer is None:  # its task has ended for good in the same turn
        raise NotFound("transfer", decided.sid)
    return Answer(200, msgspec.json.encode(transfer_payload(state, transfer)))


INITIATE = Operation(id="CreateTransfer", handler=initiate, status=201)
CANCEL = Operation(id="UpdateTransfer", handler=cancel, status=200)
