"""The official client reads every kind of statistics."""

from typing import Any

import pytest
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
