"""The official client reads every kind of statistics."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from twilio.base.exceptions import TwilioRestException
from twilio.rest import Client

from .centre import Centre, expect


class Queues:
    """The client sends whatever says what it is."""

    def __init__(self, sids: list[str]) -> None:
        self.sids = sids

    def to_dict(self) -> dict[str, list[str]]:
        return {"queueSids": self.sids}


@pytest.fixture
def centre(client: Client) -> Centre:
    centre = Centre(client)
    centre.worker("Ann")
    task = centre.task()
    (offer,) = centre.offers(task)
    offer.update(reservation_status="accepted")
    return centre


def test_the_statistics_of_tasks_are_read_whole_and_in_parts(centre: Centre) -> None:
    for noun in (
        centre.workspace,
        centre.workspace.workflows(centre.workflow.sid),
        centre.workspace.task_queues(centre.queue.sid),
    ):
        both = noun.statistics().fetch(minutes=5, split_by_wait_time="5,30")
        assert both.realtime["tasks_by_status"]["assigned"] == 1
        assert both.cumulative["split_by_wait_time"]["5"]["below"]["reservations_accepted"] == 1
        expect(noun.real_time_statistics().fetch(), total_tasks=1, longest_task_waiting_sid=None)
        past = noun.cumulative_statistics().fetch(task_channel="default")
        expect(past, reservations_accepted=1, tasks_canceled=0, split_by_wait_time=None)
        assert past.end_time > past.start_time


def test_the_statistics_of_workers_are_read_together_and_of_one(centre: Centre) -> None:
    workers: Any = centre.workspace.workers
    everybody = workers.statistics().fetch(friendly_name="Ann", task_queue_name="Everybody")
    assert everybody.realtime["total_workers"] == 1
    expect(workers.real_time_statistics().fetch(), total_workers=1)
    expect(workers.cumulative_statistics().fetch(), reservations_accepted=1)
    (ann,) = workers.list()
    one = workers(ann.sid).statistics().fetch(minutes=60)
    assert one.cumulative["reservations_accepted"] == 1
    assert len(one.cumulative["activity_durations"]) == len(centre.activities)


def test_task_queues_are_read_in_a_list_and_in_bulk(centre: Centre) -> None:
    queues: Any = centre.workspace.task_queues
    (listed,) = queues.statistics.list(minutes=5)
    assert listed.task_queue_sid == centre.queue.sid
    asked = Queues([centre.queue.sid])
    bulk = queues.bulk_real_time_statistics.create(body=asked)
    assert bulk.task_queue_response_count == 1
    assert bulk.task_queue_data[0]["total_tasks"] == 1


class Shift:
    """Ann completes one task and has accepted another; a third was canceled."""

    def __init__(self, client: Client) -> None:
        self.centre = centre = Centre(client)
        self.other = centre.workspace.task_queues.create(
            friendly_name="Nobody", target_workers="name == 'nobody'"
        )
        centre.worker("Bob", "Offline")
        self.ann = centre.worker("Ann")
        self.done = centre.task(task_channel="voice")
        (offer,) = centre.offers(self.done)
        offer.update(reservation_status="accepted")
        centre.workspace.tasks(self.done.sid).update(assignment_status="completed", reason="done")
        self.gone = centre.task(priority=5)
        centre.workspace.tasks(self.gone.sid).update(assignment_status="canceled", reason="gone")
        self.held = centre.task()
        offers = centre.offers(self.held)
        offers[-1].update(reservation_status="accepted")

    def tasks(self) -> list[tuple[Any, dict[str, int]]]:
        """Workspace, workflow and task queue, and what only their statistics count."""
        workspace = self.centre.workspace
        return [
            (workspace, {"tasks_created": 3, "tasks_timed_out_in_workflow": 0}),
            (workspace.workflows(self.centre.workflow.sid), {"tasks_entered": 3}),
            (workspace.task_queues(self.centre.queue.sid), {"tasks_entered": 3}),
        ]


PAST = {
    "tasks_canceled": 1,
    "tasks_completed": 1,
    "tasks_deleted": 0,
    "tasks_moved": 0,
    "reservations_created": 3,
    "reservations_accepted": 2,
    "reservations_rejected": 0,
    "reservations_timed_out": 0,
}
STATUSES = {
    "pending": 0,
    "reserved": 0,
    "assigned": 1,
    "wrapping": 0,
    "completed": 1,
    "canceled": 1,
}


@pytest.fixture
def shift(client: Client) -> Shift:
    return Shift(client)


def test_cumulative_statistics_of_tasks_are_what_was_done(shift: Shift) -> None:
    for noun, more in shift.tasks():
        past = noun.cumulative_statistics().fetch(minutes=10, split_by_wait_time="600")
        expect(past, **PAST, **more)
        assert past.reservations_canceled + past.reservations_rescinded == 1
        split = past.split_by_wait_time["600"]
        assert split["below"] == {"tasks_canceled": 1, "reservations_accepted": 2}
        assert split["above"] == {"tasks_canceled": 0, "reservations_accepted": 0}
        assert past.wait_duration_until_accepted["max"] < 600
        voice = noun.cumulative_statistics().fetch(task_channel="voice")
        expect(voice, reservations_accepted=1, tasks_completed=1, tasks_canceled=0)
        both = noun.statistics().fetch(minutes=10)
        assert {name: both.cumulative[name] for name in PAST} == PAST
        before = past.start_time - timedelta(minutes=30)
        earlier = noun.cumulative_statistics().fetch(start_date=before, end_date=past.start_time)
        expect(earlier, start_time=before, end_time=past.start_time, reservations_created=0)


def test_real_time_statistics_of_tasks_are_how_things_stand(shift: Shift) -> None:
    for noun, _ in shift.tasks():
        now = noun.real_time_statistics().fetch()
        expect(now, tasks_by_status=STATUSES, total_tasks=1, tasks_by_priority={"0": 1})
        assert noun.statistics().fetch().realtime["tasks_by_status"] == STATUSES
        expect(noun.real_time_statistics().fetch(task_channel="voice"), total_tasks=0)
    queue = shift.tasks()[-1][0].real_time_statistics().fetch()
    expect(queue, total_eligible_workers=2, total_available_workers=1)


def test_statistics_of_workers_are_what_they_did(shift: Shift) -> None:
    workers: Any = shift.centre.workspace.workers
    expect(workers.real_time_statistics().fetch(), total_workers=2)
    by_name = {
        one["friendly_name"]: one["workers"]
        for one in workers.real_time_statistics().fetch().activity_statistics
    }
    assert (by_name["Available"], by_name["Offline"]) == (1, 1)
    expect(
        workers.cumulative_statistics().fetch(minutes=10),
        reservations_created=3,
        reservations_accepted=2,
    )
    ann = workers(shift.ann.sid).statistics().fetch(minutes=10)
    assert ann.cumulative["reservations_accepted"] == 2
    durations = {one["friendly_name"]: one for one in ann.cumulative["activity_durations"]}
    assert durations["Offline"]["total"] == 0
    assert ann.cumulative["taskyard"]["occupancy"] > 0
    bob = workers.statistics().fetch(friendly_name="Bob", task_queue_sid=shift.centre.queue.sid)
    assert bob.cumulative["reservations_created"] == 0
    assert bob.cumulative["taskyard"]["occupancy"] is None
    nobody = workers.statistics().fetch(task_queue_name="Nobody")
    assert nobody.realtime["total_workers"] == 0


def test_statistics_of_task_queues_are_paged_by_the_client(shift: Shift) -> None:
    queues: Any = shift.centre.workspace.task_queues
    listed = queues.statistics.list(page_size=1, minutes=10, split_by_wait_time="5")
    assert [one.task_queue_sid for one in listed] == [shift.centre.queue.sid, shift.other.sid]
    assert [one.cumulative["tasks_entered"] for one in listed] == [3, 0]
    (only,) = queues.statistics.list(friendly_name="Nobody")
    assert only.realtime["total_tasks"] == 0
    with pytest.raises(TwilioRestException) as refused:
        queues.bulk_real_time_statistics.create(body=Queues([shift.other.sid, *SIDS]))
    assert (refused.value.status, refused.value.code) == (400, 20001)
    found = queues.bulk_real_time_statistics.create(body=Queues(SIDS))
    assert [one["total_tasks"] for one in found.task_queue_data] == [0] * 50


SIDS = [f"WQ{number:032x}" for number in range(50)]


@pytest.mark.parametrize(
    ("asked", "code"),
    [
        ({"minutes": 0}, 20001),
        ({"start_date": datetime(2020, 1, 1, tzinfo=UTC)}, 14241),
        ({"minutes": 5, "end_date": datetime(2026, 1, 1, tzinfo=UTC)}, 20001),
        ({"task_channel": "telepathy"}, 20001),
        ({"split_by_wait_time": "-1"}, 20001),
        ({"split_by_wait_time": "1.5"}, 20001),
    ],
)
def test_what_cannot_be_asked_is_refused_with_a_code_and_a_sentence(
    centre: Centre, asked: dict[str, Any], code: int
) -> None:
    with pytest.raises(TwilioRestException) as refused:
        centre.workspace.cumulative_statistics().fetch(**asked)
    assert (refused.value.status, refused.value.code) == (400, code)
    assert len(refused.value.msg.splitlines()) == 1
