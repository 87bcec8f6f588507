"""Words to a telephone over REST: every published parameter is read, and kept in the journal."""

import json
from typing import Any

import pytest

from contract.published_api import FACTS
from taskyard.core.events import ReservationInstructed
from taskyard.core.instructions import INSTRUCTIONS
from taskyard.server.app import Running

from .caller import Centre

CALL_SID = "CA" + "0" * 32
URL = "https://example.com/x"
VALUES: dict[str, str | list[str]] = {
    "Beep": "onEnter",
    "ConferenceRecord": "record-from-start",
    "ConferenceTrim": "do-not-trim",
    "RecordingChannels": "dual",
    "Region": "ie1",
    "JitterBufferSize": "small",
    "DequeueStatusCallbackEvent": ["answered", "completed"],
    "DequeueRecord": "record-from-answer",
    "CallRecord": "do-not-record",
    "SupervisorMode": "whisper",
    "RedirectCallSid": CALL_SID,
    "MaxParticipants": "9",
}


def a_value(parameter: str, kind: str, activity_sid: str) -> str | list[str]:
    if parameter in VALUES:
        return VALUES[parameter]
    if kind.startswith("list of one of"):
        return kind.split(" ")[4:6]
    by_kind = {"uri": URL, "integer": "30", "boolean": "yes", "sid WA": activity_sid}
    return by_kind.get(kind, "POST" if kind == "one of GET POST" else "client:ann")


async def offered(centre: Centre) -> str:
    await centre.worker("Ann", Attributes='{"contact_uri":"client:ann"}')
    task = await centre.task(Attributes=json.dumps({"call_sid": CALL_SID, "to": "+15550100"}))
    (offer,) = await centre.offers(task)
    return f"{centre.path}/Tasks/{task['sid']}/Reservations/{offer['sid']}"


def test_the_table_has_every_published_parameter() -> None:
    published = FACTS["operations"]["UpdateTaskReservation"]["form"]
    said = [field.parameter for one in INSTRUCTIONS.values() for field in one.fields]
    assert len(said) == len(set(said))
    assert set(said) == set(published) - {"ReservationStatus", "WorkerActivitySid", "Instruction"}


@pytest.mark.parametrize("instruction", list(INSTRUCTIONS))
async def test_everything_that_is_said_is_kept(
    centre: Centre, server: Running, instruction: str
) -> None:
    at = await offered(centre)
    if instruction == "supervise":
        await centre.caller.change(at, ReservationStatus="accepted")
    published = FACTS["operations"]["UpdateTaskReservation"]["form"]
    table = INSTRUCTIONS[instruction].fields
    form: list[tuple[str, str]] = [("Instruction", instruction.title())]
    wanted: dict[str, Any] = {}
    for field in table:
        kind = published[field.parameter]
        value = a_value(field.parameter, kind, centre.activities["Unavailable"])
        form += [(field.parameter, one) for one in (value if isinstance(value, list) else [value])]
        wanted[field.name] = (
            True if kind == "boolean" else int(str(value)) if kind == "integer" else value
        )
    happened: list[ReservationInstructed] = []
    engine = await server.directory.engine(centre.path.split("/")[2])
    engine.subscribe(
        lambda turn: happened.extend(e for e in turn.events if isinstance(e, ReservationInstructed))
    )
    body = (await centre.caller.post(at, form)).expect(200)
    assert body["reservation_status"] == "accepted"
    (event,) = happened
    assert event.instruction == instruction
    assert json.loads(event.fields) == wanted


async def test_an_instruction_that_cannot_be_carried_out_has_the_published_code(
    centre: Centre,
) -> None:
    caller, at = centre.caller, await offered(centre)
    (await caller.post(at, {"Instruction": "juggle"})).refused(400, 55555)
    (await caller.post(at, {"Instruction": "call"})).refused(400, 40111)
    (await caller.post(at, {"Instruction": "conference", "Timeout": "soon"})).refused(400, 20001)
    form = {"Instruction": "reject", "WorkerActivitySid": "WA1"}
    assert "WorkerActivitySid" in (await caller.post(at, form)).refused(400, 40100)
    form = {"ReservationStatus": "rejected", "WorkerActivitySid": "WA1"}
    (await caller.post(at, form)).refused(400, 20001)
    for instruction, parameter, code in (
        ("dequeue", "DequeueTo", 40131),
        ("dequeue", "DequeueFrom", 40132),
        ("call", "CallTo", 40110),
        ("conference", "To", 40137),
        ("conference", "From", 40141),
    ):
        call = {"CallFrom": "+15550111", "CallUrl": URL} if instruction == "call" else {}
        form = {"Instruction": instruction, parameter: "9" * 2_049, **call}
        assert parameter in (await caller.post(at, form)).refused(400, code)
    (await caller.post(at, {"Instruction": "supervise"})).refused(400, 40146)
    (await caller.post(at, {"Instruction": "dequeue"}, If_Match="9")).refused(412, 20412)
    (await caller.post(at, {"Instruction": "dequeue"}, If_Match="0")).expect(200)
    message = (await caller.post(at, {"Instruction": "Conference"})).refused(400, 40136)
    sid = at.rpartition("/")[2]
    assert message == (
        f"Unable to execute Conference instruction. Reservation {sid} is not currently in a"
        " Pending state."
    )


async def test_supervising_is_for_the_tasks_address(centre: Centre) -> None:
    at = await offered(centre)
    offer = await centre.caller.change(at, ReservationStatus="accepted")
    of_worker = f"{centre.path}/Workers/{offer['worker_sid']}/Reservations/{offer['sid']}"
    form = {"Instruction": "supervise", "Supervisor": "client:boss"}
    assert "under the task" in (await centre.caller.post(of_worker, form)).refused(400, 20001)
    (await centre.caller.post(at, form)).expect(200)
