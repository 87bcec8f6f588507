"""Words to a telephone, said for a reservation: checked, recorded, and some take the task.

The call itself is nobody's business here: who places calls reads the journal.

Source: TaskRouter, assignment instructions; choice: dequeue, conference, and call and redirect with
`accept` count as accepting.
"""

import msgspec

from taskyard.core.commands import AcceptReservation, InstructReservation
from taskyard.core.errors import InstructionRefused, Invalid
from taskyard.core.events import ReservationInstructed
from taskyard.core.ids import WorkerSid, is_sid
from taskyard.core.instructions import (
    INSTRUCTIONS,
    INVALID,
    NOT_FOR_TRANSFERS,
    UNKNOWN_INSTRUCTION,
    Field,
    Instruction,
    Kind,
    Value,
)
from taskyard.core.json_text import read_json
from taskyard.core.model import Reservation, ReservationStatus
from taskyard.core.state import State

from . import checks, reservations
from .turn import Turn


def instruct(turn: Turn, command: InstructReservation) -> str:
    """Have something done with calls, and take the task if that is part of it."""
    state = turn.state
    reservation = reservations.find(state, command.reservation_sid)
    checks.version("reservation", reservation.sid, reservation.version, command.expected_version)
    instruction = INSTRUCTIONS.get(command.instruction)
    if instruction is None:
        raise InstructionRefused(
            UNKNOWN_INSTRUCTION,
            f"Instruction must be one of accept, reject, {', '.join(INSTRUCTIONS)},"
            f" not {command.instruction[:60]!r}",
        )
    _check_state(turn, reservation, instruction)
    _check_suits_transfer(state, reservation, instruction)
    fields = _checked(turn, instruction, command.fields)
    _check_parties(state, reservation, instruction, fields)
    accepts = instruction.always_accepts or fields.get("accept") is True
    if accepts:
        post_work = fields.get("post_work_activity_sid")
        reservations.accept(
            turn,
            AcceptReservation(
                reservation_sid=reservation.sid,
                post_work_activity_sid=post_work if isinstance(post_work, str) else None,
            ),
        )
    said = msgspec.json.encode(fields).decode()
    turn.emit(ReservationInstructed(reservation.sid, command.instruction, said, accepts))
    return reservation.sid


def _check_state(turn: Turn, reservation: Reservation, instruction: Instruction) -> None:
    wanted = ReservationStatus.PENDING
    if instruction is INSTRUCTIONS["supervise"]:
        wanted = ReservationStatus.ACCEPTED
    lapsed = wanted is ReservationStatus.PENDING and reservation.expires_ms <= turn.now_ms
    if reservation.status is not wanted or lapsed:
        raise InstructionRefused(
            instruction.wrong_state,
            f"Unable to execute {instruction.title} instruction. Reservation {reservation.sid}"
            f" is not currently in {_ARTICLE[wanted]} state.",
        )


def _check_suits_transfer(state: State, reservation: Reservation, instruction: Instruction) -> None:
    if not instruction.for_transfers and state.transfer_of(reservation) is not None:
        raise InstructionRefused(
            NOT_FOR_TRANSFERS,
            f"{instruction.title} cannot be used for reservation {reservation.sid}, which is part"
            " of a transfer: accept, reject, conference and supervise can",
        )


_ARTICLE = {ReservationStatus.PENDING: "a Pending", ReservationStatus.ACCEPTED: "an Accepted"}


def _checked(turn: Turn, instruction: Instruction, given: dict[str, Value]) -> dict[str, Value]:
    """The fields that were given and are not empty, in the order of the table."""
    fields: dict[str, Value] = {}
    for field in instruction.fields:
        value = given.get(field.name, "")
        if value == "" or value == ():
            if field.required:
                raise InstructionRefused(field.code, f"{field.parameter} field is required")
            continue
        try:
            _check(turn, field, value)
        except Invalid as problem:
            if field.code == INVALID:
                raise
            raise InstructionRefused(field.code, str(problem)) from problem
        fields[field.name] = value
    return fields


def _check(turn: Turn, field: Field, value: Value) -> None:
    """See that a value is one that the field may have.

    Raises:
        Invalid: It is not.
    """
    name = field.parameter
    if field.kind is Kind.TRUTH:
        if not isinstance(value, bool):
            raise Invalid(f"{name} must be true or false, not {value!r}")
    elif field.kind is Kind.NUMBER:
        checks.whole_number(name, value if type(value) is int else -1, field.low, field.high)
    elif field.kind is Kind.NAMES:
        names = value if isinstance(value, tuple) else ()
        if not names or not set(names) <= set(field.choices):
            raise Invalid(f"{name} must be one or more of {', '.join(field.choices)}")
    elif not isinstance(value, str):
        raise Invalid(f"{name} must be a text, not {value!r}")
    elif field.kind is Kind.URL:
        checks.callback_url(name, value, turn.limits)
    elif field.kind is Kind.ACTIVITY:
        checks.activity(turn.state, name, value)
    elif field.kind is Kind.CALL:
        if not is_sid(value, "CA"):
            raise Invalid(f"{name} must be CA and 32 hex digits, not {value[:60]!r}")
    elif field.choices and value not in field.choices:
        raise Invalid(f"{name} must be one of {', '.join(field.choices)}, not {value[:60]!r}")
    else:
        checks.characters(name, value, turn.limits.url_characters)


def _check_parties(
    state: State, reservation: Reservation, instruction: Instruction, fields: dict[str, Value]
) -> None:
    """See that it is known who calls, who is called, and about which call."""
    title = instruction.title
    if instruction.no_callee is not None and "to" not in fields:
        worker = state.workers[reservation.worker_sid]
        if not _text(worker.attributes, "contact_uri"):
            raise InstructionRefused(
                instruction.no_callee,
                f"{title} has no To, and worker {worker.sid} has no contact_uri in the attributes",
            )
    task = state.tasks[reservation.task_sid]
    known = instruction.call_attributes
    if instruction.no_call is not None and not any(_text(task.attributes, one) for one in known):
        raise InstructionRefused(
            instruction.no_call,
            f"{title} needs {' or '.join(known)} in the attributes of task {task.sid}",
        )
    # Without one it is the number that the customer dialled.
    caller = fields.get("from") or _text(task.attributes, "to") or _text(task.attributes, "called")
    if instruction.no_caller is not None and not caller:
        raise InstructionRefused(
            instruction.no_caller,
            f"{title} has no From, and task {task.sid} has no to in the attributes",
        )
    supervisor = fields.get("supervisor")
    if isinstance(supervisor, str) and is_sid(supervisor, "WK"):
        found = state.workers.get(WorkerSid(supervisor))
        if found is None or not _text(found.attributes, "contact_uri"):
            raise InstructionRefused(
                _code_of(instruction, "supervisor"),
                f"Supervisor {supervisor} is no worker with a contact_uri in the attributes",
            )


def _code_of(instruction: Instruction, name: str) -> int:
    return next(field.code for field in instruction.fields if field.name == name)


def _text(attributes: str, name: str) -> str:
    """An attribute that is a text; nothing for any other."""
    document = read_json(attributes)
    value = document.get(name) if isinstance(document, dict) else None
    return value.strip() if isinstance(value, str) else ""
