"""The official client reads past events: all of them, some, and page by page."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from twilio.base.exceptions import TwilioException, TwilioRestException
from twilio.rest import Client

from .centre import Centre, expect


class Past:
    """Ann accepts one task; another waits."""

    def __init__(self, client: Client) -> None:
        self.centre = centre = Centre(client)
        self.events: Any = centre.workspace.events
        self.ann = centre.worker("Ann")
        self.task = centre.task(task_channel="voice")
        (self.offer,) = centre.offers(self.task)
        self.offer.update(reservation_status="accepted")
        self.waiting = centre.task(task_channel="voice")

    def types(self, **asked: Any) -> list[str]:
        return [one.event_type for one in self.events.list(**asked)]


@pytest.fixture
def past(client: Client) -> Past:
    return Past(client)


def test_events_are_filtered_by_what_they_are_about(past: Past) -> None:
    of_task = past.types(task_sid=past.task.sid)
    assert sorted(of_task) == sorted(
        [
            "task.created",
            "workflow.entered",
            "workflow.target-matched",
            "task-queue.entered",
            "reservation.created",
            "reservation.accepted",
        ]
    )
    assert past.types(event_type="reservation.accepted") == ["reservation.accepted"]
    of_offer = past.types(reservation_sid=past.offer.sid)
    assert of_offer == ["reservation.accepted", "reservation.created"]
    of_ann = past.types(worker_sid=past.ann.sid)
    assert {"worker.created", "reservation.accepted"} <= {*of_ann}
    assert "task.created" not in of_ann
    assert past.types(event_type="task.created", task_channel="voice") == ["task.created"] * 2
    assert past.types(event_type="task.created", task_channel="sms") == []
    entered = past.types(
        task_queue_sid=past.centre.queue.sid,
        workflow_sid=past.centre.workflow.sid,
        event_type="task-queue.entered",
    )
    assert entered == ["task-queue.entered"] * 2
    now = datetime.now(UTC)
    assert past.types(start_date=now - timedelta(minutes=5), task_sid=past.task.sid) == of_task
    assert past.types(end_date=now - timedelta(minutes=5), task_sid=past.task.sid) == []
    assert past.types(minutes=5, task_sid=past.task.sid) == of_task


def test_events_are_the_same_in_pages_of_any_size_and_one_by_one(past: Past) -> None:
    everything = [one.sid for one in past.events.list()]
    assert len(everything) == len({*everything}) > 10
    assert [one.sid for one in past.events.list(page_size=3)] == everything
    assert [one.sid for one in past.events.list(page_size=3, limit=7)] == everything[:7]
    page = past.events.page(page_size=4)
    first = [one.sid for one in page]
    second = [one.sid for one in page.next_page()]
    assert first + second == everything[:8]
    newest = past.events(everything[0]).fetch()
    expect(newest, sid=everything[0], workspace_sid=past.centre.sid)
    (listed,) = past.events.list(sid=everything[0])
    assert (listed.event_date, listed.event_data) == (newest.event_date, newest.event_data)


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        ({"minutes": -1}, "Minutes must be from 1 to "),
        ({"minutes": 5, "start_date": datetime(2026, 1, 1, tzinfo=UTC)}, "Minutes cannot be comb"),
        ({"task_sid": "WT1"}, "TaskSid must be a SID that begins with WT, not 'WT1'"),
        ({"worker_sid": "nobody"}, "WorkerSid must be a SID that begins with WK, not 'nobody'"),
    ],
)
def test_what_cannot_be_asked_of_events_is_refused_with_a_code_and_a_sentence(
    past: Past, asked: dict[str, Any], said: str
) -> None:
    # For a list the client hands on the answer as it came.
    with pytest.raises(TwilioException) as refused:
        past.events.list(**asked)
    assert f'HTTP 400 {{"code":20001,"message":"{said}' in str(refused.value)


def test_an_event_that_is_not_there_is_not_found(past: Past) -> None:
    with pytest.raises(TwilioRestException) as refused:
        past.events("EV" + "0" * 32).fetch()
    assert (refused.value.status, refused.value.code) == (404, 20404)
