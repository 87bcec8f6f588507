"""Reservations under their task and under their worker: one object, two families of addresses."""

from collections.abc import Callable, Iterable

import msgspec

from taskyard.core.commands import (
    AcceptReservation,
    Command,
    CompleteReservation,
    InstructReservation,
    RejectReservation,
    WrapReservation,
)
from taskyard.core.dates import date
from taskyard.core.errors import InstructionRefused, Invalid, LimitReached, NotFound
from taskyard.core.ids import ReservationSid, TaskSid, WorkerSid
from taskyard.core.instructions import INSTRUCTIONS, NO_ACTIVITY, Kind, Value
from taskyard.core.model import Reservation, ReservationStatus, Task, Worker
from taskyard.core.state import State

from .addresses import Addresses
from .calls import Answer, Call
from .forms import Fields
from .instruction_parameters import instruction_parameters
from .operations import operation
from .pages import page_of
from .parameters import Parameter, choice, choices, sid, sid_filter
from .statuses import asked_statuses

LIVE = frozenset(
    {ReservationStatus.PENDING, ReservationStatus.ACCEPTED, ReservationStatus.WRAPPING}
)
"""A worker with a reservation in one of these holds its task."""
STATUS_OF_INSTRUCTION = {
    "accept": ReservationStatus.ACCEPTED,
    "reject": ReservationStatus.REJECTED,
}

_STATUS = choice(
    "ReservationStatus",
    "The status to take it to. This or Instruction has to be sent.",
    (
        ReservationStatus.ACCEPTED,
        ReservationStatus.REJECTED,
        ReservationStatus.WRAPPING,
        ReservationStatus.COMPLETED,
    ),
)
_NEXT_ACTIVITY = sid("WorkerActivitySid", "What the worker does after a rejection.", "WA")
SUPERVISE = "supervise"
"""It is for somebody beside the worker, and so is given under the task alone."""


def _update_form(instructions: tuple[str, ...]) -> tuple[Parameter, ...]:
    words = (*STATUS_OF_INSTRUCTION, *instructions)
    return (
        _STATUS,
        choice("Instruction", "The answer to an offer, in the words of a callback.", words),
        _NEXT_ACTIVITY,
        *instruction_parameters(instructions),
    )


Statuses = frozenset[ReservationStatus] | None


class ReservationLinks(msgspec.Struct, gc=False):
    """Where a reservation leads."""

    task: str
    worker: str
    workspace: str


class ReservationBody(msgspec.Struct, gc=False):
    """A reservation on the wire."""

    account_sid: str
    date_created: str
    date_updated: str
    reservation_status: str
    sid: str
    task_sid: str
    worker_name: str | None
    worker_sid: str
    workspace_sid: str
    url: str
    links: ReservationLinks


class Family(msgspec.Struct, frozen=True):
    """One of the two ways to a reservation.

    Attributes:
        parents: Where the tasks or workers are.
        parent: Which of them the reservation is of; None for a worker whom it has outlived.
    """

    parents: Callable[[Addresses], str]
    parent: Callable[[State, Reservation], Task | Worker | None]

    def address(self, call: Call) -> str:
        """Where the reservations of the call's task or worker are."""
        return f"{self.parents(call.addresses)}/{call.sids[1]}/Reservations"


OF_TASK = Family(lambda at: at.tasks, lambda state, one: state.tasks.get(one.task_sid))
OF_WORKER = Family(lambda at: at.workers, lambda state, one: state.workers.get(one.worker_sid))


def reservation_body(
    state: State, reservation: Reservation, address: str, at: Addresses
) -> ReservationBody:
    """A reservation as callers see it.

    Its worker may have been deleted since; the name is null then.

    Args:
        state: Where the worker's name is found.
        reservation: What to show.
        address: Where the reservations of its task or worker are, through which it is read.
        at: Where the workspace's resources are.
    """
    worker = state.workers.get(reservation.worker_sid)
    return ReservationBody(
        account_sid=state.workspace.account_sid,
        date_created=date(reservation.created_ms),
        date_updated=date(reservation.updated_ms),
        reservation_status=reservation.status,
        sid=reservation.sid,
        task_sid=reservation.task_sid,
        worker_name=None if worker is None else worker.friendly_name,
        worker_sid=reservation.worker_sid,
        workspace_sid=state.workspace.sid,
        url=f"{address}/{reservation.sid}",
        links=ReservationLinks(
            task=f"{at.tasks}/{reservation.task_sid}",
            worker=f"{at.workers}/{reservation.worker_sid}",
            workspace=at.workspace,
        ),
    )


@operation("FetchTaskReservation", ReservationBody, has_etag=True)
async def fetch_of_task(call: Call) -> Answer:
    """Show a reservation of a task."""
    return await _fetch(call, OF_TASK)


@operation("FetchWorkerReservation", ReservationBody, has_etag=True)
async def fetch_of_worker(call: Call) -> Answer:
    """Show a reservation of a worker."""
    return await _fetch(call, OF_WORKER)


async def _fetch(call: Call, family: Family) -> Answer:
    return await (await call.engine()).read(lambda state, _: _shown(state, call, family))


@operation(
    "UpdateTaskReservation",
    ReservationBody,
    form=_update_form((*INSTRUCTIONS,)),
    has_etag=True,
    honours_if_match=True,
    may_be_gone=True,
)
async def update_of_task(call: Call) -> Answer:
    """Answer an offer, or end accepted work, under the task."""
    return await _update(call, OF_TASK)


@operation(
    "UpdateWorkerReservation",
    ReservationBody,
    form=_update_form(tuple(one for one in INSTRUCTIONS if one != SUPERVISE)),
    has_etag=True,
    honours_if_match=True,
    may_be_gone=True,
)
async def update_of_worker(call: Call) -> Answer:
    """Answer an offer, or end accepted work, under the worker."""
    return await _update(call, OF_WORKER)


async def _update(call: Call, family: Family) -> Answer:
    engine = await call.engine()
    # Whose reservation it is never changes, so that this may be asked before the turn. That it is
    # not there is told to somebody, and so has to be read.
    if not engine.sees(lambda state: _found(state, call, family) is not None):
        await engine.read(lambda state, _: _reservation(state, call, family).sid)
    form = call.form
    command = _command(form, call.sids[2], call.expected_version, family)
    try:
        return await call.ask(command, lambda state, _: _shown(state, call, family))
    except LimitReached:
        raise
    except Invalid as refused:
        instruction = form.filled("Instruction", "")
        if instruction and isinstance(command, RejectReservation):
            raise InstructionRefused(NO_ACTIVITY, str(refused)) from refused
        raise


def _shown(state: State, call: Call, family: Family) -> Answer:
    reservation = _reservation(state, call, family)
    shape = call.shape(reservation_body)
    shown = shape(state, reservation, family.address(call), call.addresses)
    return Answer(200, msgspec.json.encode(shown), reservation.version)


def _reservation(state: State, call: Call, family: Family) -> Reservation:
    reservation = _found(state, call, family)
    if reservation is None:
        raise NotFound("reservation", call.sids[2])
    return reservation


def _found(state: State, call: Call, family: Family) -> Reservation | None:
    """The reservation of the path, if it is that task's or that worker's."""
    _, parent_sid, sid = call.sids
    reservation = state.reservations.get(ReservationSid(sid))
    parent = None if reservation is None else family.parent(state, reservation)
    return reservation if parent is not None and parent.sid == parent_sid else None


def _command(form: Fields, sid: str, expected_version: int | None, family: Family) -> Command:
    status = form.filled("ReservationStatus", "").lower()
    instruction = form.filled("Instruction", "").lower()
    if instruction and instruction not in STATUS_OF_INSTRUCTION:
        if status:
            raise _contradiction(status, instruction)
        if instruction == SUPERVISE and family is OF_WORKER:
            raise Invalid("Instruction supervise is given under the task, not under the worker")
        return InstructReservation(
            reservation_sid=sid,
            instruction=instruction,
            fields=_said(form, instruction),
            expected_version=expected_version,
        )
    match _wanted_status(status, instruction):
        case ReservationStatus.ACCEPTED:
            return AcceptReservation(reservation_sid=sid, expected_version=expected_version)
        case ReservationStatus.REJECTED:
            return RejectReservation(
                reservation_sid=sid,
                worker_activity_sid=form.filled("WorkerActivitySid", None),
                expected_version=expected_version,
            )
        case ReservationStatus.WRAPPING:
            return WrapReservation(reservation_sid=sid, expected_version=expected_version)
        case ReservationStatus.COMPLETED:
            return CompleteReservation(reservation_sid=sid, expected_version=expected_version)
        case other:
            raise Invalid(
                "ReservationStatus can be set to accepted, rejected, wrapping or completed, "
                f"not to {other[:60]!r}"
            )


def _wanted_status(status: str, instruction: str) -> str:
    """The status that is asked for, by name or as an instruction.

    Raises:
        Invalid: It asks for none, or for two that differ.
    """
    if not instruction:
        if not status:
            raise Invalid("ReservationStatus or Instruction field is required")
        return status
    meant = STATUS_OF_INSTRUCTION[instruction]
    if status and status != meant:
        raise _contradiction(status, instruction)
    return meant


def _contradiction(status: str, instruction: str) -> Invalid:
    return Invalid(f"ReservationStatus {status} and Instruction {instruction} contradict")


def _said(form: Fields, instruction: str) -> dict[str, Value]:
    """What the form says with an instruction, under the names that a callback has for it."""
    known = INSTRUCTIONS.get(instruction)
    said: dict[str, Value] = {}
    for field in () if known is None else known.fields:
        if form.filled(field.parameter, None) is None:
            continue
        if field.kind is Kind.TRUTH:
            said[field.name] = form.boolean(field.parameter, False)
        elif field.kind is Kind.NUMBER:
            said[field.name] = form.integer(field.parameter, 0)
        elif field.kind is Kind.NAMES:
            said[field.name] = tuple(form.all(field.parameter))
        else:
            said[field.name] = form.text(field.parameter, "")
    return said


@operation(
    "ListTaskReservation",
    ReservationBody,
    key="reservations",
    query=(
        choices("ReservationStatus", "Only those in one of these statuses.", ReservationStatus),
        sid_filter("WorkerSid", "Only those of this worker.", "WK"),
    ),
)
async def list_of_task(call: Call) -> Answer:
    """Show the reservations that were made for a task."""
    sid, worker_sid = call.sids[1], call.query.sid("WorkerSid", "WK", None)

    def of_task(state: State, statuses: Statuses) -> Iterable[Reservation]:
        task = state.tasks.get(TaskSid(sid))
        if task is None:
            raise NotFound("task", sid)
        reservations = (state.reservations[one] for one in task.reservations)
        return (one for one in reservations if worker_sid in (None, one.worker_sid))

    return await _list(call, OF_TASK, ("ReservationStatus", "WorkerSid"), of_task)


@operation(
    "ListWorkerReservation",
    ReservationBody,
    key="reservations",
    query=(
        choices("ReservationStatus", "Only those in one of these statuses.", ReservationStatus),
    ),
)
async def list_of_worker(call: Call) -> Answer:
    """Show a worker's reservations; past ones disappear with their task."""
    sid = call.sids[1]

    def of_worker(state: State, statuses: Statuses) -> Iterable[Reservation]:
        worker = state.workers.get(WorkerSid(sid))
        if worker is None:
            raise NotFound("worker", sid)
        if statuses is not None and statuses <= LIVE:
            # Agents poll for their offers, and the worker knows the live ones.
            return (state.reservations[one] for one in worker.reservations)
        return (one for one in state.reservations.values() if one.worker_sid == sid)

    return await _list(call, OF_WORKER, ("ReservationStatus",), of_worker)


async def _list(
    call: Call,
    family: Family,
    filters: tuple[str, ...],
    candidates: Callable[[State, Statuses], Iterable[Reservation]],
) -> Answer:
    query, address, shape = call.query, family.address(call), call.shape(reservation_body)
    asked = call.dialect.asked_page(query)
    statuses = asked_statuses(query, "ReservationStatus", ReservationStatus)

    def render(state: State, now_ms: int) -> Answer:
        reservations = candidates(state, statuses)
        if statuses is not None:
            reservations = (one for one in reservations if one.status in statuses)
        found = page_of(reservations, (), asked, state.reservations)
        shown = [shape(state, one, address, call.addresses) for one in found.items]
        return Answer(
            200, call.dialect.listed(address, "reservations", query, filters, asked, found, shown)
        )

    return await (await call.engine()).read(render)
