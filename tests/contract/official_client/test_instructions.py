"""Every parameter that the official client has for a reservation's update is understood."""

import inspect
from typing import Any

import pytest
from twilio.base.exceptions import TwilioRestException
from twilio.rest import Client

from .centre import Centre, expect

CALL_SID, URL = "CA" + "0" * 32, "https://example.com/x"
CALL_EVENTS = ["initiated", "ringing", "answered", "completed"]
GIVEN: dict[str, dict[str, Any]] = {
    "dequeue": {
        "dequeue_to": "client:ann",
        "dequeue_from": "+15550100",
        "dequeue_record": "record-from-answer",
        "dequeue_timeout": 60,
        "dequeue_status_callback_url": URL,
        "dequeue_status_callback_event": CALL_EVENTS,
    },
    "call": {
        "call_to": "client:ann",
        "call_from": "+15550100",
        "call_url": URL,
        "call_record": "do-not-record",
        "call_timeout": 999,
        "call_status_callback_url": URL,
        "call_accept": True,
    },
    "redirect": {"redirect_call_sid": CALL_SID, "redirect_url": URL, "redirect_accept": True},
    "conference": {
        "to": "client:ann",
        "from_": "+15550100",
        "timeout": 30,
        "record": True,
        "muted": False,
        "beep": "onEnter",
        "start_conference_on_enter": True,
        "end_conference_on_exit": False,
        "end_conference_on_customer_exit": True,
        "beep_on_customer_entrance": False,
        "wait_url": URL,
        "wait_method": "GET",
        "early_media": True,
        "max_participants": 250,
        "status_callback": URL,
        "status_callback_method": "POST",
        "status_callback_event": CALL_EVENTS,
        "conference_status_callback": URL,
        "conference_status_callback_method": "GET",
        "conference_status_callback_event": ["start", "end", "join", "leave", "mute", "hold"],
        "conference_record": "record-from-start",
        "conference_trim": "do-not-trim",
        "recording_channels": "dual",
        "recording_status_callback": URL,
        "recording_status_callback_method": "POST",
        "conference_recording_status_callback": URL,
        "conference_recording_status_callback_method": "GET",
        "region": "ie1",
        "sip_auth_username": "ann",
        "sip_auth_password": "secret",
        "jitter_buffer_size": "off",
    },
    "supervise": {"supervisor": "client:boss", "supervisor_mode": "whisper"},
}
ACTIVITIES = {"dequeue": "dequeue_post_work_activity_sid", "conference": "post_work_activity_sid"}
OF_STATUSES = {"if_match", "reservation_status", "worker_activity_sid", "instruction"}


def test_this_is_every_parameter_of_the_client(client: Client) -> None:
    workspace = client.taskrouter.v1.workspaces("WS" + "0" * 32)
    said = {name for given in GIVEN.values() for name in given} | {*ACTIVITIES.values()}
    of_task = workspace.tasks("WT" + "0" * 32).reservations("WR" + "0" * 32).update
    assert {*inspect.signature(of_task).parameters} == said | OF_STATUSES
    of_worker = workspace.workers("WK" + "0" * 32).reservations("WR" + "0" * 32).update
    less = {*GIVEN["supervise"]}
    assert {*inspect.signature(of_worker).parameters} == (said | OF_STATUSES) - less


@pytest.mark.parametrize("instruction", ["dequeue", "call", "redirect", "conference"])
@pytest.mark.parametrize("side", ["task", "worker"])
def test_an_instruction_with_all_of_its_parameters_takes_the_task(
    client: Client, instruction: str, side: str
) -> None:
    centre = Centre(client)
    ann = centre.worker("Ann")
    task = centre.task({"call_sid": CALL_SID, "to": "+15550111"}, task_channel="voice")
    (offer,) = centre.offers(task)
    reservation: Any = offer
    if side == "worker":
        reservation = centre.workspace.workers(ann.sid).reservations(offer.sid)
    given = dict(GIVEN[instruction])
    if instruction in ACTIVITIES:
        given[ACTIVITIES[instruction]] = centre.activities["Unavailable"]
    taken = reservation.update(instruction=instruction, **given)
    expect(taken, sid=offer.sid, reservation_status="accepted", worker_sid=ann.sid)
    assert centre.status(task) == "assigned"
    supervised = offer.update(instruction="supervise", **GIVEN["supervise"])
    expect(supervised, reservation_status="accepted")
    done = task.update(assignment_status="completed", reason="served")
    expect(done, assignment_status="completed", reason="served")
    after = "Unavailable" if instruction in ACTIVITIES else "Available"
    expect(ann.fetch(), activity_name=after)


@pytest.mark.parametrize("instruction", ["call", "redirect"])
def test_one_that_does_not_accept_leaves_the_offer_open(client: Client, instruction: str) -> None:
    centre = Centre(client)
    centre.worker("Ann")
    task = centre.task()
    (offer,) = centre.offers(task)
    given = GIVEN[instruction] | {f"{instruction}_accept": False}
    expect(offer.update(instruction=instruction, **given), reservation_status="pending")
    assert centre.status(task) == "reserved"
    expect(offer.update(instruction="reject"), reservation_status="rejected")


def test_an_instruction_comes_too_late(client: Client) -> None:
    centre = Centre(client)
    centre.worker("Ann")
    task = centre.task({"call_sid": CALL_SID, "to": "+15550111"})
    (offer,) = centre.offers(task)
    task.update(assignment_status="canceled", reason="hangup")
    for instruction, code in (
        ("dequeue", 40135),
        ("call", 40114),
        ("redirect", 40123),
        ("conference", 40136),
        ("supervise", 40146),
    ):
        with pytest.raises(TwilioRestException) as refused:
            offer.update(instruction=instruction, **GIVEN[instruction])
        assert (refused.value.status, refused.value.code) == (400, code)
        assert f"Unable to execute {instruction.title()} instruction." in refused.value.msg
    expect(offer.fetch(), reservation_status="canceled")
