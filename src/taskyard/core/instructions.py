"""What may be said to a telephone for a reservation, and what each word of it may be.

The names of the fields are those of an assignment callback's answer; `parameter` is the name that
the same field has in a REST form.

Source: TaskRouter, assignment instructions and the parameters of a reservation update; the codes
are those of its dictionary of errors.
"""

from enum import Enum, auto

import msgspec

Value = str | int | bool | tuple[str, ...]

INVALID = 20001
UNKNOWN_INSTRUCTION = 55555
NO_ACTIVITY = 40100
"""A rejection by instruction names what is no activity."""
NOT_FOR_TRANSFERS = 40151


class Kind(Enum):
    """How a field's value is to be read."""

    TEXT = auto()
    NUMBER = auto()
    TRUTH = auto()
    NAMES = auto()
    URL = auto()
    ACTIVITY = auto()
    CALL = auto()


class Field(msgspec.Struct, frozen=True):
    """One field of an instruction; `code` is what a value that cannot be used is refused with."""

    name: str
    parameter: str
    kind: Kind = Kind.TEXT
    choices: tuple[str, ...] = ()
    low: int = 0
    high: int = 0
    required: bool = False
    code: int = INVALID


class Instruction(msgspec.Struct, frozen=True, kw_only=True):
    """One word to the telephone.

    Attributes:
        title: How messages call it.
        fields: What may be said with it.
        always_accepts: Whether it takes the task; one that need not may have a field `accept`.
        for_transfers: Whether it may be said to an offer that was made for a transfer.
        no_adapter: The code for a call that nobody is there to place.
        wrong_state: The code for a reservation in a status that does not allow it.
        no_callee: The code for a worker whom nobody knows how to call; None if nobody is called.
        no_caller: The code for a call that comes from nowhere; None if that does not matter.
        no_call: The code for a task that has no call of the customer; None if it needs none.
        call_attributes: The attributes of a task any of which is such a call.
    """

    title: str
    fields: tuple[Field, ...]
    always_accepts: bool = False
    for_transfers: bool = False
    no_adapter: int
    wrong_state: int
    no_callee: int | None = None
    no_caller: int | None = None
    no_call: int | None = None
    call_attributes: tuple[str, ...] = ()


_CALL_EVENTS = ("initiated", "ringing", "answered", "completed")
_CONFERENCE_EVENTS = ("start", "end", "join", "leave", "mute", "hold", "speaker")
_METHODS = ("GET", "POST")
_RECORD = ("record-from-answer", "do-not-record")


def _timeout(parameter: str) -> Field:
    return Field("timeout", parameter, Kind.NUMBER, low=1, high=999)


def _truth(name: str, parameter: str) -> Field:
    return Field(name, parameter, Kind.TRUTH)


def _method(name: str, parameter: str) -> Field:
    return Field(name, parameter, choices=_METHODS)


INSTRUCTIONS: dict[str, Instruction] = {
    "dequeue": Instruction(
        title="Dequeue",
        always_accepts=True,
        no_adapter=40133,
        wrong_state=40135,
        no_callee=40131,
        no_caller=40132,
        no_call=40140,
        call_attributes=("call_sid",),
        fields=(
            Field("to", "DequeueTo", code=40131),
            Field("from", "DequeueFrom", code=40132),
            Field(
                "post_work_activity_sid", "DequeuePostWorkActivitySid", Kind.ACTIVITY, code=40130
            ),
            Field("record", "DequeueRecord", choices=_RECORD),
            _timeout("DequeueTimeout"),
            Field("status_callback_url", "DequeueStatusCallbackUrl", Kind.URL, code=40157),
            Field(
                "status_callback_events",
                "DequeueStatusCallbackEvent",
                Kind.NAMES,
                _CALL_EVENTS,
                code=40134,
            ),
        ),
    ),
    "call": Instruction(
        title="Call",
        no_adapter=40113,
        wrong_state=40114,
        no_callee=40110,
        fields=(
            Field("to", "CallTo", code=40110),
            Field("from", "CallFrom", required=True, code=40111),
            Field("url", "CallUrl", Kind.URL, required=True, code=40112),
            _truth("accept", "CallAccept"),
            Field("record", "CallRecord", choices=_RECORD),
            _timeout("CallTimeout"),
            Field("status_callback_url", "CallStatusCallbackUrl", Kind.URL, code=40158),
        ),
    ),
    "redirect": Instruction(
        title="Redirect",
        no_adapter=40122,
        wrong_state=40123,
        fields=(
            Field("call_sid", "RedirectCallSid", Kind.CALL, required=True, code=40121),
            Field("url", "RedirectUrl", Kind.URL, required=True, code=40120),
            _truth("accept", "RedirectAccept"),
        ),
    ),
    "conference": Instruction(
        title="Conference",
        always_accepts=True,
        for_transfers=True,
        no_adapter=40145,
        wrong_state=40136,
        no_callee=40137,
        no_caller=40138,
        no_call=40142,
        call_attributes=("call_sid", "outbound_to"),
        fields=(
            Field("to", "To", code=40137),
            Field("from", "From", code=40141),
            _timeout("Timeout"),
            _truth("record", "Record"),
            _truth("muted", "Muted"),
            Field("beep", "Beep", choices=("true", "false", "onEnter", "onExit")),
            _truth("start_conference_on_enter", "StartConferenceOnEnter"),
            _truth("end_conference_on_exit", "EndConferenceOnExit"),
            _truth("end_conference_on_customer_exit", "EndConferenceOnCustomerExit"),
            _truth("beep_on_customer_entrance", "BeepOnCustomerEntrance"),
            Field("wait_url", "WaitUrl", Kind.URL),
            _method("wait_method", "WaitMethod"),
            _truth("early_media", "EarlyMedia"),
            Field("max_participants", "MaxParticipants", Kind.NUMBER, low=2, high=250),
            Field("status_callback", "StatusCallback", Kind.URL, code=40159),
            _method("status_callback_method", "StatusCallbackMethod"),
            Field("status_callback_event", "StatusCallbackEvent", Kind.NAMES, _CALL_EVENTS),
            Field("conference_status_callback", "ConferenceStatusCallback", Kind.URL),
            _method("conference_status_callback_method", "ConferenceStatusCallbackMethod"),
            Field(
                "conference_status_callback_event",
                "ConferenceStatusCallbackEvent",
                Kind.NAMES,
                _CONFERENCE_EVENTS,
            ),
            Field(
                "conference_record",
                "ConferenceRecord",
                choices=("true", "false", "record-from-start", "do-not-record"),
            ),
            Field("conference_trim", "ConferenceTrim", choices=("trim-silence", "do-not-trim")),
            Field("recording_channels", "RecordingChannels", choices=("mono", "dual")),
            Field("recording_status_callback", "RecordingStatusCallback", Kind.URL),
            _method("recording_status_callback_method", "RecordingStatusCallbackMethod"),
            Field(
                "conference_recording_status_callback",
                "ConferenceRecordingStatusCallback",
                Kind.URL,
            ),
            _method(
                "conference_recording_status_callback_method",
                "ConferenceRecordingStatusCallbackMethod",
            ),
            Field(
                "region",
                "Region",
                choices=("us1", "us2", "ie1", "de1", "sg1", "br1", "au1", "jp1"),
            ),
            Field("sip_auth_username", "SipAuthUsername"),
            Field("sip_auth_password", "SipAuthPassword"),
            Field("post_work_activity_sid", "PostWorkActivitySid", Kind.ACTIVITY, code=40143),
            Field(
                "jitter_buffer_size",
                "JitterBufferSize",
                choices=("small", "medium", "large", "off"),
            ),
        ),
    ),
    "supervise": Instruction(
        title="Supervise",
        for_transfers=True,
        no_adapter=40145,
        wrong_state=40146,
        fields=(
            Field("supervisor", "Supervisor", required=True, code=40147),
            Field("supervisor_mode", "SupervisorMode", choices=("monitor", "whisper", "barge")),
        ),
    ),
}


def codes() -> frozenset[int]:
    """Every code of their own that instructions are refused with."""
    found = {UNKNOWN_INSTRUCTION, NOT_FOR_TRANSFERS, NO_ACTIVITY}
    for one in INSTRUCTIONS.values():
        optional = (one.no_callee, one.no_caller, one.no_call)
        found |= {one.wrong_state, *(code for code in optional if code is not None)}
        found |= {field.code for field in one.fields}
    return frozenset(found - {INVALID})
