"""What an application says to an offer in the answer to its callback.

Source: TaskRouter, assignment callback, answer rules and instructions; the codes are those of its
dictionary of errors. Choice: an instruction may be written in capitals, as over REST.
"""

import msgspec

from taskyard.core.commands import (
    AcceptReservation,
    Command,
    InstructReservation,
    RejectReservation,
)
from taskyard.core.expressions.facts import Json
from taskyard.core.instructions import (
    INSTRUCTIONS,
    NO_ACTIVITY,
    UNKNOWN_INSTRUCTION,
    Field,
    Instruction,
    Kind,
    Value,
)
from taskyard.core.json_text import JsonProblem, read_json

from .excerpts import said
from .sender import Reply

HTTP_RETRIEVAL_FAILURE = 11200
NOT_JSON = 40000
NOT_VALID = 40001
NO_INSTRUCTION = 40005


class Problem(msgspec.Struct, frozen=True):
    """Why an answer, or a part of it, is of no use."""

    code: int
    message: str


def problem_of(reply: Reply) -> Problem | None:
    """Why somebody else has to be asked; None if this was an answer."""
    if reply.status is None:
        return Problem(HTTP_RETRIEVAL_FAILURE, said(reply))
    if 300 <= reply.status < 400:
        return Problem(HTTP_RETRIEVAL_FAILURE, "redirects are not followed")
    if reply.status != 200:
        return Problem(HTTP_RETRIEVAL_FAILURE, said(reply))
    if not reply.is_whole:
        return Problem(
            HTTP_RETRIEVAL_FAILURE, "its answer is too long, or broke off, or did not end in time"
        )
    if not reply.body.strip():
        return None
    if reply.content_type != "application/json":
        return Problem(NOT_JSON, "the answer is not application/json")
    try:
        document = _document(reply.body)
    except JsonProblem as error:
        return Problem(NOT_VALID, f"the answer {error}")
    if not isinstance(document, dict):
        return Problem(NOT_VALID, "the answer is no JSON object")
    return None


def command_of(reply: Reply, reservation_sid: str) -> Command | Problem | None:
    """What an answer asks for, if `problem_of` finds nothing wrong with it.

    Returns:
        None for one that leaves the offer open, a problem for one that cannot be followed.
    """
    document = _document(reply.body) if reply.body.strip() else {}
    assert isinstance(document, dict)
    if not document:
        return None
    if "instruction" not in document:
        return Problem(NO_INSTRUCTION, "the answer has no instruction")
    given = document["instruction"]
    word = given.strip().lower() if isinstance(given, str) else ""
    if word == "accept":
        return AcceptReservation(reservation_sid=reservation_sid)
    if word == "reject":
        activity_sid = document.get("activity_sid") or None
        if activity_sid is not None and not isinstance(activity_sid, str):
            return Problem(NO_ACTIVITY, "reject: activity_sid must be the SID of an activity")
        return RejectReservation(reservation_sid=reservation_sid, worker_activity_sid=activity_sid)
    instruction = INSTRUCTIONS.get(word)
    if instruction is None:
        known = ", ".join(INSTRUCTIONS)
        return Problem(
            UNKNOWN_INSTRUCTION,
            f"instruction must be one of accept, reject, {known}, not {str(given)[:60]!r}",
        )
    fields = _fields(instruction, document)
    if isinstance(fields, Problem):
        return fields
    return InstructReservation(reservation_sid=reservation_sid, instruction=word, fields=fields)


def _document(body: bytes) -> Json:
    try:
        text = body.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise JsonProblem("is not UTF-8") from error
    return read_json(text)


def _fields(instruction: Instruction, document: dict[str, Json]) -> dict[str, Value] | Problem:
    """What is said with an instruction; what it does not know is passed over."""
    fields: dict[str, Value] = {}
    for field in instruction.fields:
        given = document.get(field.name)
        # Such as conference_record: only texts count there, and the published service says nothing.
        if given is None or given == "" or (isinstance(given, bool) and field.choices):
            continue
        value = _value(field, given)
        if value is None:
            return Problem(field.code, f"{field.name} must be {_WANTED.get(field.kind, 'a text')}")
        fields[field.name] = value
    return fields


_WANTED = {
    Kind.NUMBER: "a whole number",
    Kind.TRUTH: "true or false",
    Kind.NAMES: "a text of names with commas",
}


def _value(field: Field, given: Json) -> Value | None:
    """A value as the instruction takes it; texts may stand for others. None: it cannot be read."""
    text = given.strip() if isinstance(given, str) else None
    if field.kind is Kind.TRUTH:
        if isinstance(given, bool):
            return given
        return {"true": True, "false": False}.get((text or "").lower())
    if field.kind is Kind.NUMBER:
        if type(given) is int:
            return given
        return int(text) if text and text.isascii() and text.isdigit() and len(text) < 10 else None
    if field.kind is Kind.NAMES:
        names = text.split(",") if text is not None else given
        if not isinstance(names, list) or not all(isinstance(one, str) for one in names):
            return None
        return tuple(str(one).strip() for one in names)
    return text
