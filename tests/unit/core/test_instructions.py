"""Words to a telephone: what they do to a reservation, what is kept of them, what is refused."""

import json
from typing import Any

import pytest

from story import Story, tag
from taskyard.core.commands import InstructReservation
from taskyard.core.errors import InstructionRefused, Invalid, VersionMismatch
from taskyard.core.instructions import INSTRUCTIONS, codes
from taskyard.core.model import ReservationStatus

INSTRUCTED = "taskyard.reservation.instructed"
CALL_SID = "CA" + "0" * 32
WITH_CALL = json.dumps({"call_sid": CALL_SID, "to": "+15550100"})
ALICE = json.dumps({"contact_uri": "client:alice"})
LEAST: dict[str, dict[str, Any]] = {
    "dequeue": {},
    "conference": {},
    "call": {"from": "+15550100", "url": "https://example.com/twiml"},
    "redirect": {"call_sid": CALL_SID, "url": "https://example.com/twiml"},
    "supervise": {"supervisor": "client:boss"},
}
"""What each needs at least, for a worker and a task that bring the rest."""


def offered(*, attributes: str = WITH_CALL, worker: str = ALICE, **keys: Any) -> Story:
    story = Story(**keys).queue("Q1").workflow("w", default="Q1").worker("alice", worker)
    return story.task("T1", attributes)


def instruct(story: Story, instruction: str, **fields: Any) -> None:
    sid = story.reservation("alice").sid
    story.ask(InstructReservation(reservation_sid=sid, instruction=instruction, fields=fields))


@pytest.mark.parametrize(
    ("instruction", "more"),
    [
        ("dequeue", {}),
        ("conference", {}),
        ("call", {"accept": True}),
        ("redirect", {"accept": True}),
    ],
)
def test_it_takes_the_task_and_raises_the_version_once(
    instruction: str, more: dict[str, Any]
) -> None:
    story = offered()
    version = story.reservation("alice").version
    instruct(story, instruction, **LEAST[instruction], **more)
    assert [tag(event) for event in story.latest][-2:] == ["reservation.accepted", INSTRUCTED]
    assert story.reservation("alice").status is ReservationStatus.ACCEPTED
    assert story.reservation("alice").version == version + 1
    assert story.tasks["T1"].status == "assigned"


@pytest.mark.parametrize("instruction", ["call", "redirect"])
def test_without_accept_the_reservation_stays_pending_and_is_changed(instruction: str) -> None:
    story = offered()
    version = story.reservation("alice").version
    story.advance(ms=1_000)
    instruct(story, instruction, **LEAST[instruction], accept=False)
    assert [tag(event) for event in story.latest] == [INSTRUCTED]
    reservation = story.reservation("alice")
    assert (reservation.status, reservation.version) == (ReservationStatus.PENDING, version + 1)
    assert reservation.updated_ms == story.now_ms


def test_supervising_is_for_accepted_work() -> None:
    story = offered()
    with story.refuses(InstructionRefused, "not currently in an Accepted state") as refused:
        instruct(story, "supervise", supervisor="client:boss")
    assert refused.value.code == 40146
    story.accept("alice")
    instruct(story, "supervise", supervisor="client:boss", supervisor_mode="barge")
    assert [tag(event) for event in story.latest] == [INSTRUCTED]
    assert story.reservation("alice").status is ReservationStatus.ACCEPTED


def test_what_was_said_is_kept_in_the_event() -> None:
    story = offered()
    said = {
        "to": "client:alice2",
        "from": "+15550111",
        "record": "record-from-answer",
        "timeout": 20,
        "status_callback_url": "https://example.com/s",
        "status_callback_events": ("answered", "completed"),
    }
    instruct(story, "dequeue", **said, unheard="of", post_work_activity_sid="")
    event = story.latest[-1]
    assert (event.instruction, event.accepts) == ("dequeue", True)
    assert json.loads(event.fields) == said | {"status_callback_events": ["answered", "completed"]}


@pytest.mark.parametrize("instruction", ["dequeue", "conference"])
def test_the_worker_goes_to_the_post_work_activity_when_the_task_is_done(instruction: str) -> None:
    story = offered().activity("Notes")
    notes = story.activities["Notes"].sid
    instruct(story, instruction, post_work_activity_sid=notes)
    story.complete("alice")
    assert story.activity_of("alice") == "Notes"


@pytest.mark.parametrize("instruction", [name for name in INSTRUCTIONS if name != "supervise"])
@pytest.mark.parametrize("ended", ["accepted", "rejected", "canceled", "lapsed"])
def test_an_offer_that_no_longer_stands_is_refused_with_its_code(
    instruction: str, ended: str
) -> None:
    story = offered(reservation_timeout_s=10)
    sid = story.reservation("alice").sid
    if ended == "accepted":
        story.accept("alice")
    elif ended == "rejected":
        story.activity("Away").reject("alice", activity="Away")
    elif ended == "canceled":
        story.cancel("T1")
    else:
        story.advance(ms=10_000)
    command = InstructReservation(
        reservation_sid=sid, instruction=instruction, fields=LEAST[instruction]
    )
    with story.refuses(InstructionRefused, f"{sid} is not currently in a Pending") as refused:
        story.ask(command)
    assert refused.value.code == INSTRUCTIONS[instruction].wrong_state


@pytest.mark.parametrize(
    ("instruction", "fields", "code", "why"),
    [
        ("juggle", {}, 55555, "must be one of accept, reject, dequeue"),
        ("call", {"from": ""}, 40111, "CallFrom field is required"),
        ("call", {"url": ""}, 40112, "CallUrl field is required"),
        ("call", {"url": "twiml"}, 40112, "CallUrl must be an http"),
        ("call", {"status_callback_url": "x"}, 40158, "CallStatusCallbackUrl must be"),
        ("redirect", {"url": ""}, 40120, "RedirectUrl"),
        ("redirect", {"call_sid": ""}, 40121, "RedirectCallSid field is required"),
        ("redirect", {"call_sid": "CA1"}, 40121, "RedirectCallSid must be CA and 32"),
        ("dequeue", {"post_work_activity_sid": "WA1"}, 40130, "DequeuePostWorkActivitySid"),
        ("dequeue", {"status_callback_events": ("hold",)}, 40134, "initiated, ringing"),
        ("dequeue", {"status_callback_url": "x"}, 40157, "DequeueStatusCallbackUrl"),
        ("conference", {"post_work_activity_sid": "x"}, 40143, "PostWorkActivitySid"),
        ("conference", {"status_callback": "x"}, 40159, "StatusCallback must be"),
        ("conference", {"to": "x" * 2_049}, 40137, "To has 2049 characters"),
        ("conference", {"from": 5}, 40141, "From must be a text"),
        ("call", {"to": 5}, 40110, "CallTo must be a text"),
        ("dequeue", {"to": 5}, 40131, "DequeueTo must be a text"),
        ("dequeue", {"from": 5}, 40132, "DequeueFrom must be a text"),
    ],
)
def test_a_field_that_cannot_be_used_is_refused_with_its_code(
    instruction: str, fields: dict[str, Any], code: int, why: str
) -> None:
    story = offered()
    with story.refuses(InstructionRefused, why) as refused:
        instruct(story, instruction, **(LEAST.get(instruction, {}) | fields))
    assert refused.value.code == code


@pytest.mark.parametrize(
    "fields",
    [
        {"timeout": 0},
        {"timeout": 1_000},
        {"timeout": "60"},
        {"muted": "true"},
        {"beep": "loud"},
        {"wait_method": "PUT"},
        {"max_participants": 1},
        {"max_participants": 251},
        {"conference_status_callback_event": ("ringing",)},
        {"conference_record": "record-from-answer"},
        {"conference_trim": "yes"},
        {"recording_channels": "stereo"},
        {"region": "moon"},
        {"jitter_buffer_size": "huge"},
        {"wait_url": "music"},
        {"sip_auth_username": "x" * 2_049},
        {"sip_auth_username": 5},
    ],
)
def test_a_field_without_a_code_of_its_own_is_invalid(fields: dict[str, Any]) -> None:
    story = offered()
    with story.refuses(Invalid):
        instruct(story, "conference", **fields)


@pytest.mark.parametrize(
    ("instruction", "worker", "attributes", "code"),
    [
        ("dequeue", "{}", WITH_CALL, 40131),
        ("conference", '{"contact_uri":" "}', WITH_CALL, 40137),
        ("call", "{}", WITH_CALL, 40110),
        ("dequeue", ALICE, '{"to":"+1"}', 40140),
        ("conference", ALICE, '{"to":"+1","call_sid":7}', 40142),
        ("dequeue", ALICE, '{"call_sid":"CA1"}', 40132),
        ("conference", ALICE, '{"outbound_to":"+1"}', 40138),
    ],
)
def test_it_must_be_known_who_calls_whom_about_which_call(
    instruction: str, worker: str, attributes: str, code: int
) -> None:
    story = offered(worker=worker, attributes=attributes)
    with story.refuses(InstructionRefused) as refused:
        instruct(story, instruction, **LEAST[instruction])
    assert refused.value.code == code


def test_what_the_instruction_says_makes_up_for_what_is_not_known() -> None:
    story = offered(worker="{}", attributes='{"outbound_to":"+1"}')
    instruct(story, "conference", **{"to": "client:a", "from": "+2"})
    assert story.reservation("alice").status is ReservationStatus.ACCEPTED


def test_a_supervisor_who_is_a_worker_needs_an_address() -> None:
    story = offered().accept("alice").worker("boss").worker("chief", ALICE)
    for sid in (story.workers["boss"].sid, "WK" + "f" * 32, ""):
        with story.refuses(InstructionRefused, "Supervisor") as refused:
            instruct(story, "supervise", supervisor=sid)
        assert refused.value.code == 40147
    instruct(story, "supervise", supervisor=story.workers["chief"].sid)


def test_a_stale_version_is_refused_first() -> None:
    story = offered()
    with story.refuses(VersionMismatch):
        story.ask(
            InstructReservation(
                reservation_sid=story.reservation("alice").sid,
                instruction="call",
                fields={},
                expected_version=7,
            )
        )


def test_the_codes_are_those_of_instructions() -> None:
    assert all(40_100 <= code <= 40_159 or code == 55_555 for code in codes())
