"""What is told of each event has the published names, in a callback as in the Events resource."""

import json
import re
from pathlib import Path
from typing import Any

import pytest

from contract.distil_published_events import FACTS as FILE
from contract.distil_published_events import distil, written
from story import ACCOUNT, Story, rule, step, tag
from taskyard.core.causes import Cause
from taskyard.core.event_details import EventDetails, EventRecord, TransferDetails
from taskyard.core.events import (
    ALL_EVENTS,
    Event,
    ReservationAccepted,
    TransferAttemptFailed,
    TransferCanceled,
    TransferCompleted,
    TransferFailed,
    TransferInitiated,
)
from taskyard.core.ids import TransferSid, event_position, event_sid
from taskyard.core.model import TransferMode, TransferStatus, TransferType
from taskyard.server.api.addresses import Addresses
from taskyard.server.events.callback import callback_parameters
from taskyard.server.events.fields import REDACTED_AFTER_MS, snake_case
from taskyard.server.events.resource import EventBody, event_body

EXAMPLES = Path(__file__).resolve().parents[3] / "shared" / "reference" / "examples" / "events"
PUBLISHED: dict[str, Any] = json.loads(FILE.read_text())
SHOWN = {str(kind.__struct_config__.tag) for kind in ALL_EVENTS}
TYPES = sorted(one for one in SHOWN if not one.startswith("taskyard."))
WS = "WS" + "5" * 32
AT = Addresses("http://localhost/v1", WS)
DAY_S = 86_400

NOT_IN_THE_DATA = {
    "AccountSid",
    "EventDescription",
    "EventType",
    "ResourceSid",
    "ResourceType",
    "Sid",
    "Timestamp",
    "TimestampMs",
}
# The field lists have it, the examples leave it out.
BESIDE_THE_EXAMPLES = {"TaskVirtualStartTime"}
# There when there is one.
REASONS = {"TaskCanceledReason", "TaskCompletedReason", "TaskReEvaluatedReason"}
# What the examples and the stories call things.
NAMES = re.compile(
    r"\b(alice|bob|Q1|Q2|English|Everyone|Support|support|Break|Available|Offline|voice|default)\b"
)
# A task that is routed straight to a worker has neither.
OF_ROUTED_TASKS = {
    "TaskQueueEnteredDate",
    "TaskQueueName",
    "TaskQueueSid",
    "TaskQueueTargetExpression",
    "WorkflowName",
    "WorkflowSid",
}


def furniture() -> Story:
    story = Story().activity("Break").queue("Q1", "1==2").task_channel("fax", friendly_name="Fax")
    story.update_workspace(friendly_name="Demo").update_activity("Break", friendly_name="Pause")
    story.update_task_channel("fax", friendly_name="Telefax").update_queue(
        "Q1", target_workers="1==1"
    )
    story.workflow("support", default="Q1").update_workflow("support", friendly_name="Help")
    story.delete_workflow("support").delete_queue("Q1").delete_task_channel("fax")
    return story.delete_activity("Break").delete_workspace()


def people() -> Story:
    story = Story().activity("Break").worker("alice", {"languages": ["english"]})
    story.advance(ms=26_123).goes("alice", "Break").update_worker("alice", {"languages": []})
    story.worker_channel("alice", "default", capacity=3)
    return story.worker_channel("alice", "default", available=False).delete_worker("alice")


def happy_end() -> Story:
    story = Story().queue("Q1", max_reserved_workers=2).worker("alice").worker("bob")
    story.workflow("support", rule("1==1", "Q1", filter_friendly_name="all")).task("T1")
    story.accept("alice").wrap("alice").advance(s=2).complete_task("T1", reason="well done")
    return story.delete_task("T1")


def other_ends() -> Story:
    story = Story(reservation_timeout_s=10).queue("Q1").queue("Q2", "1==2").worker("alice")
    story.workflow("support", rule("1==1", step("Q1", timeout=30), step("Q2", timeout=30)))
    story.task("T1").update_task("T1", priority=7).reject("alice", activity="Offline")
    story.goes("alice", "Available").advance(s=10).advance(s=20).advance(s=30)
    story.goes("alice", "Available").task("T2").cancel("T2", reason="gave up")
    story.task("T3").accept("alice")
    return story.advance(s=DAY_S)


def skipped() -> Story:
    story = Story().queue("Q1")
    return story.workflow("support", rule("1==1", step("Q1", skip_if="1==1"))).task("T1")


def failed() -> Story:
    return (
        Story()
        .worker("alice", activity="Offline")
        .task("T1", to="alice", ignore_capacity=False, timeout_s=60)
        .advance(s=60)
    )


def transfers() -> list[EventRecord]:
    """Handings-on of a task that is in somebody's hands."""
    (taken,) = (one for one in told_in(happy_end()) if isinstance(one.event, ReservationAccepted))
    task, reservation, worker = taken.details.task, taken.details.reservation, taken.details.worker
    assert task is not None
    assert reservation is not None
    assert worker is not None
    sid, reason = TransferSid("TT" + "8" * 32), "nobody took it"
    initiated = TransferInitiated(
        sid, task.sid, reservation.sid, TransferMode.WARM, f"WQ{'6' * 32}"
    )
    ends: list[tuple[Event, TransferStatus, str | None]] = [
        (initiated, TransferStatus.INITIATED, None),
        (
            TransferAttemptFailed(sid, task.sid, reservation.sid),
            TransferStatus.INITIATED,
            reason,
        ),
        (TransferFailed(sid, task.sid, reason), TransferStatus.FAILED, reason),
        (TransferCanceled(sid, task.sid), TransferStatus.CANCELED, None),
        (TransferCompleted(sid, task.sid), TransferStatus.COMPLETE, None),
    ]
    return [
        EventRecord(
            position,
            taken.at_ms,
            event,
            EventDetails(
                "Demo",
                task=task,
                transfer=TransferDetails(
                    sid,
                    task.sid,
                    TransferMode.WARM,
                    TransferType.QUEUE,
                    f"WQ{'6' * 32}",
                    status,
                    reservation.sid,
                    worker.sid,
                    None,
                    None,
                    failed_reason,
                    taken.at_ms,
                    taken.at_ms,
                ),
            ),
            Cause("worker", worker.sid),
        )
        for position, (event, status, failed_reason) in enumerate(ends, 1)
    ]


def told_in(story: Story) -> list[EventRecord]:
    found: list[EventRecord] = []
    for (at_ms, events), details in zip(story.history, story.details, strict=True):
        found += [
            EventRecord(len(found) + number, at_ms, event, about, None)
            for number, (event, about) in enumerate(zip(events, details, strict=True), 1)
            if about is not None
        ]
    return found


def records() -> list[EventRecord]:
    """Every type of event, most of them several times."""
    stories = (furniture(), people(), happy_end(), other_ends(), skipped(), failed())
    return [*(record for story in stories for record in told_in(story)), *transfers()]


RECORDS = records()


def told(kind: str) -> list[EventRecord]:
    return [record for record in RECORDS if tag(record.event) == kind]


def body_of(record: EventRecord, now_ms: int | None = None) -> EventBody:
    return event_body(record, ACCOUNT, WS, AT, record.at_ms if now_ms is None else now_ms)


def test_the_facts_are_those_of_the_published_examples() -> None:
    if not EXAMPLES.exists():
        pytest.skip("the published examples are no part of this repository")
    assert FILE.read_text() == written(distil(EXAMPLES))


def test_every_published_type_is_there_and_no_other() -> None:
    assert len(PUBLISHED) == 49
    assert set(TYPES) == PUBLISHED.keys()


@pytest.mark.parametrize("kind", TYPES)
def test_a_callback_has_the_published_parameters(kind: str) -> None:
    found = told(kind)
    assert found
    for record in found:
        names = callback_parameters(record, ACCOUNT, WS).keys() - BESIDE_THE_EXAMPLES - REASONS
        published = set(PUBLISHED[kind]["callback"]) - REASONS
        details = record.details
        if details.task is not None and details.task.workflow is None:
            published -= OF_ROUTED_TASKS
        if details.filter is not None and details.filter.name is None:
            published -= {"WorkflowFilterName"}
        if details.filter is None:
            published -= {"WorkflowFilterName", "WorkflowFilterExpression"}
        assert names == published


@pytest.mark.parametrize("kind", TYPES)
def test_the_event_data_is_the_callback_in_other_spelling(kind: str) -> None:
    for record in told(kind):
        sent = callback_parameters(record, ACCOUNT, WS)
        shown = body_of(record)
        kept = {name: value for name, value in sent.items() if name not in NOT_IN_THE_DATA}
        assert shown.event_data == snake_case(kept)
        assert set(PUBLISHED[kind]["event_data"]) >= shown.event_data.keys() - {
            "task_virtual_start_time",
            "task_canceled_reason",
            "task_completed_reason",
            "task_re_evaluated_reason",
        }
        assert shown.sid == sent["Sid"]
        assert str(shown.event_date_ms) == sent["TimestampMs"]
        assert sent["TimestampMs"][:10] == sent["Timestamp"]
        assert (shown.resource_type, shown.resource_sid) == (
            sent["ResourceType"],
            sent["ResourceSid"],
        )
        assert all(isinstance(value, str) for value in sent.values())


@pytest.mark.parametrize("kind", TYPES)
def test_an_event_has_the_published_properties_resource_and_description(kind: str) -> None:
    published = PUBLISHED[kind]
    for record in told(kind):
        body = body_of(record)
        assert sorted(body.__struct_fields__) == published["properties"]
        assert [body.resource_type, body.resource_sid[:2]] == published["resource"]
        assert _without_names(body.description) == _without_names(published["description"])
        assert body.resource_url.startswith(AT.workspace)
        if body.resource_type == "transfer":  # it has no address of its own
            assert record.details.task is not None
            assert body.resource_url.endswith(f"/Tasks/{record.details.task.sid}")
        else:
            assert body.resource_url.endswith(body.resource_sid)


def _without_names(said: str) -> str:
    return NAMES.sub("…", re.sub(r"\b([A-Z]{2})[0-9a-f]{32}", r"\1", said))


def test_descriptions_have_the_names() -> None:
    descriptions = {body_of(record).description for record in RECORDS}
    assert {
        "Worker alice updated to Break Activity",
        "Worker alice channel default capacity updated",
        "Worker bob created",
    } <= descriptions
    said = {body_of(record).description.partition(" ")[2][35:] for record in RECORDS}
    assert {
        "entered TaskQueue Q1",
        "timed out of TaskQueue Q1",
        "moved to TaskQueue Q2",
        "timed out of Workflow support",
        "skipped out of Workflow support",
        "expression updated to '1==1'",
    } <= said


def fields(kind: str, at: int = 0) -> dict[str, str]:
    return callback_parameters(told(kind)[at], ACCOUNT, WS)


def test_numbers_dates_and_truths_are_texts() -> None:
    moved = fields("worker.activity.update")
    assert moved["WorkerTimeInPreviousActivity"] == "26"
    assert moved["WorkerTimeInPreviousActivityMs"] == "26123"
    assert moved["WorkerPreviousActivityName"] == "Available"
    changed = fields("worker.capacity.update")
    assert (changed["WorkerChannelPreviousCapacity"], changed["WorkerChannelCapacity"]) == (
        "1",
        "3",
    )
    assert changed["WorkerChannelAvailable"] == "true"
    assert fields("activity.created")["ActivityAvailable"] in ("true", "false")
    completed = fields("task.completed")
    assert completed["TaskAge"] == "2"
    assert completed["TaskDateCreated"] == str(int(completed["Timestamp"]) - 2)
    assert completed["TaskCompletedReason"] == "well done"
    assert completed["WorkerName"] == "alice"


def test_a_filter_is_told_as_an_array_in_a_text() -> None:
    matched = fields("workflow.target-matched")
    assert matched["WorkflowFilterExpression"] == '["1==1"]'
    assert matched["WorkflowFilterName"] == "all"


def test_a_move_names_the_queue_that_was_left() -> None:
    moved = fields("task-queue.moved")
    assert (moved["TaskQueueName"], moved["PreviousTaskQueueName"]) == ("Q2", "Q1")


def test_a_reservation_that_could_not_be_made_says_why() -> None:
    reason = fields("reservation.failed")["Reason"]
    assert reason
    assert "WorkerSid" not in fields("reservation.failed")


def test_who_has_caused_an_event_is_its_actor() -> None:
    record = told("task.created")[0]
    engine = body_of(record)
    assert (engine.actor_type, engine.actor_sid, engine.actor_url) == (
        "workspace",
        WS,
        AT.workspace,
    )
    assert (engine.source, engine.source_ip_address) == ("twilio", None)
    worker_sid = "WK" + "7" * 32

    def caused(cause: Cause) -> EventBody:
        return body_of(
            EventRecord(record.position, record.at_ms, record.event, record.details, cause)
        )

    worker = caused(Cause("worker", worker_sid, "203.0.113.7"))
    assert (worker.actor_type, worker.actor_url) == ("worker", f"{AT.workers}/{worker_sid}")
    assert (worker.source, worker.source_ip_address) == ("api", "203.0.113.7")
    account = caused(Cause("account", ACCOUNT, None))
    assert (account.actor_type, account.actor_sid, account.actor_url) == ("account", ACCOUNT, None)


@pytest.mark.parametrize("kind", TYPES)
def test_what_the_rules_did_names_nobody_even_within_a_callers_command(kind: str) -> None:
    record = told(kind)[0]
    caller = Cause("account", ACCOUNT, "203.0.113.7")
    asked = EventRecord(record.position, record.at_ms, record.event, record.details, caller)
    assert body_of(asked).source == PUBLISHED[kind]["source"]


def test_attributes_of_events_older_than_30_days_are_not_shown() -> None:
    record = told("reservation.created")[0]
    young = body_of(record, record.at_ms + REDACTED_AFTER_MS)
    assert young.event_data["task_attributes"] == record.details.task.attributes  # type: ignore[union-attr]
    old = body_of(record, record.at_ms + REDACTED_AFTER_MS + 1)
    assert old.event_data["task_attributes"] == old.event_data["worker_attributes"] == "{}"
    assert old.event_data.keys() == young.event_data.keys()


def test_an_event_sid_leads_back_to_its_place_and_to_no_other_workspace() -> None:
    sid = event_sid(WS, 77)
    assert re.fullmatch("EV[0-9a-f]{32}", sid)
    assert event_position(WS, sid) == 77
    assert event_position("WS" + "6" * 32, sid) is None
    assert event_position(WS, "EV77") is None
    sids = [event_sid(WS, position) for position in (1, 9, 10, 255, 256, 10**9)]
    assert sids == sorted(sids)
