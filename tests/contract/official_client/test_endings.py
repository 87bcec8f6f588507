"""Tasks from their creation to each end that there is, by the official client."""

import time
from typing import Any

import pytest
from twilio.base.exceptions import TwilioRestException
from twilio.rest import Client

from .centre import Centre, expect


@pytest.fixture
def centre(client: Client) -> Centre:
    return Centre(client)


def becomes(centre: Centre, task: Any, status: str) -> Any:
    """Wait for what the clock does, without saying how long that may take."""
    while (seen := centre.workspace.tasks(task.sid).fetch()).assignment_status != status:
        assert seen.assignment_status in ("pending", "reserved", "assigned")
        time.sleep(0.05)
    return seen


def refused(status: int, code: int, do: Any, **asked: Any) -> None:
    with pytest.raises(TwilioRestException) as caught:
        do(**asked)
    assert (caught.value.status, caught.value.code) == (status, code)


def test_accepted_and_completed(centre: Centre) -> None:
    worker, task = centre.worker("Ann"), centre.task()
    (offer,) = centre.offers(task)
    expect(offer.update(reservation_status="accepted"), reservation_status="accepted")
    assert centre.status(task) == "assigned"
    done = task.update(assignment_status="completed", reason="served")
    expect(done, assignment_status="completed", reason="served")
    expect(offer.fetch(), reservation_status="completed", worker_sid=worker.sid)
    refused(400, 20001, offer.update, reservation_status="accepted")


def test_accepted_wrapped_up_and_completed(centre: Centre) -> None:
    centre.worker("Ann")
    task = centre.task()
    (offer,) = centre.offers(task)
    offer.update(reservation_status="accepted")
    wrapping = task.update(assignment_status="wrapping", reason="writing notes")
    expect(wrapping, assignment_status="wrapping", reason="writing notes")
    expect(offer.fetch(), reservation_status="wrapping")
    expect(offer.update(reservation_status="completed"), reservation_status="completed")
    expect(task.fetch(), assignment_status="completed", reason="writing notes")


def test_wrapped_up_by_the_reservation(centre: Centre) -> None:
    centre.worker("Ann")
    task = centre.task()
    (offer,) = centre.offers(task)
    offer.update(reservation_status="accepted")
    expect(offer.update(reservation_status="wrapping"), reservation_status="wrapping")
    assert centre.status(task) == "wrapping"


def test_canceled_while_it_waits_and_while_it_is_offered(centre: Centre) -> None:
    waiting = centre.task()
    canceled = waiting.update(assignment_status="canceled", reason="hangup")
    expect(canceled, assignment_status="canceled", reason="hangup")
    centre.worker("Ann")
    offered = centre.task()
    (offer,) = centre.offers(offered)
    offered.update(assignment_status="canceled")
    expect(offer.fetch(), reservation_status="canceled")
    refused(410, 20001, offer.update, reservation_status="accepted")
    refused(400, 20001, offered.update, assignment_status="completed")


def test_timed_out_by_its_time_to_live(centre: Centre) -> None:
    task = centre.task(timeout=1)
    expect(becomes(centre, task, "canceled"), reason="Task TTL Exceeded")


def test_an_offer_that_nobody_answers(centre: Centre) -> None:
    centre.workflow.update(task_reservation_timeout=1)
    worker, task = centre.worker("Ann"), centre.task()
    (offer,) = centre.offers(task)
    becomes(centre, task, "pending")
    expect(offer.fetch(), reservation_status="timeout")
    expect(worker.fetch(), activity_name="Offline", available=False)
    refused(410, 20001, offer.update, reservation_status="accepted")


def test_rejected_and_offered_to_somebody_else(centre: Centre) -> None:
    ann = centre.worker("Ann")
    task = centre.task()
    (offer,) = centre.offers(task)
    bob = centre.worker("Bob")
    tea = centre.activities["Unavailable"]
    rejected = offer.update(reservation_status="rejected", worker_activity_sid=tea)
    expect(rejected, reservation_status="rejected")
    expect(ann.fetch(), activity_sid=tea)
    _, second = centre.offers(task)
    expect(second, worker_sid=bob.sid, reservation_status="pending")


def test_of_several_offers_one_is_accepted_and_the_others_are_rescinded(centre: Centre) -> None:
    centre.queue.update(max_reserved_workers=3)
    for name in ("Ann", "Bob", "Cy"):
        centre.worker(name)
    task = centre.task()
    offers = centre.offers(task)
    assert [one.reservation_status for one in offers] == ["pending"] * 3
    in_pages = task.reservations.stream(page_size=1)
    assert [one.sid for one in in_pages] == [one.sid for one in offers]
    offers[1].update(reservation_status="accepted")
    seen = [one.reservation_status for one in centre.offers(task)]
    assert seen == ["rescinded", "accepted", "rescinded"]
    refused(410, 20001, offers[0].update, reservation_status="accepted")
    task.update(assignment_status="completed")


def test_of_several_offers_none_is_accepted_and_the_task_waits_again(centre: Centre) -> None:
    centre.queue.update(max_reserved_workers=2)
    tea = centre.activities["Unavailable"]
    workers = [centre.worker(name) for name in ("Ann", "Bob")]
    task = centre.task()
    first, second = centre.offers(task)
    first.update(reservation_status="rejected", worker_activity_sid=tea)
    assert centre.status(task) == "reserved"
    expect(second.fetch(), reservation_status="pending")
    second.update(reservation_status="rejected", worker_activity_sid=tea)
    assert centre.status(task) == "pending"
    workers[1].update(activity_sid=centre.activities["Available"])
    (third,) = [one for one in centre.offers(task) if one.reservation_status == "pending"]
    expect(third, worker_sid=workers[1].sid)
    task.update(assignment_status="canceled")
    expect(third.fetch(), reservation_status="canceled")


def test_a_worker_who_leaves_may_reject_what_they_were_offered(centre: Centre) -> None:
    worker, task = centre.worker("Ann"), centre.task()
    (offer,) = centre.offers(task)
    here, away = centre.activities["Available"], centre.activities["Offline"]
    for asked in ({}, {"activity_sid": here}):
        refused(400, 20001, worker.update, reject_pending_reservations=True, **asked)
    expect(offer.fetch(), reservation_status="pending")
    left = worker.update(activity_sid=away, reject_pending_reservations=True)
    expect(left, activity_name="Offline", available=False)
    expect(offer.fetch(), reservation_status="rejected")
    assert centre.status(task) == "pending"


def test_deleted_while_somebody_has_it(centre: Centre) -> None:
    worker, task = centre.worker("Ann"), centre.task(task_channel="voice")
    (offer,) = centre.offers(task)
    offer.update(reservation_status="accepted")
    refused(400, 20001, worker.delete)
    voice = centre.workspace.workers(worker.sid).worker_channels("voice")
    expect(voice.fetch(), assigned_tasks=1, available_capacity_percentage=0)
    assert task.delete() is True
    refused(404, 20404, task.fetch)
    refused(404, 20404, offer.update, reservation_status="completed")
    expect(voice.fetch(), assigned_tasks=0, available_capacity_percentage=100)
    assert worker.delete() is True


def test_deleted_with_its_reservation(centre: Centre) -> None:
    centre.worker("Ann")
    task = centre.task()
    (offer,) = centre.offers(task)
    assert task.delete() is True
    refused(404, 20404, offer.fetch)


def test_a_worker_is_gone_and_the_task_waits_again(centre: Centre) -> None:
    worker, task = centre.worker("Ann"), centre.task()
    (offer,) = centre.offers(task)
    worker.delete()
    assert centre.status(task) == "pending"
    expect(offer.fetch(), reservation_status="rescinded", worker_name=None)


def test_single_tasking_takes_the_worker_through_the_activities(client: Client) -> None:
    centre = Centre(client, multi_task_enabled=False)
    busy = centre.workspace.activities.create(friendly_name="Busy").sid
    centre.queue.update(assignment_activity_sid=busy, reservation_activity_sid=busy)
    worker, task = centre.worker("Ann"), centre.task()
    expect(worker.fetch(), activity_sid=busy)
    (offer,) = centre.offers(task)
    offer.update(reservation_status="accepted")
    refused(400, 20001, task.update, assignment_status="wrapping")
    task.update(assignment_status="completed")
    expect(worker.fetch(), activity_sid=busy)


def test_taken_by_an_instruction_to_a_telephone(centre: Centre) -> None:
    worker = centre.worker("Ann", attributes='{"contact_uri":"client:ann"}')
    task = centre.task({"call_sid": "CA" + "0" * 32, "to": "+15550100"}, task_channel="voice")
    (offer,) = centre.offers(task)
    refused(400, 40111, offer.update, instruction="call", call_to="client:ann")
    taken = offer.update(
        instruction="conference",
        from_="+15550111",
        status_callback_event=["initiated", "completed"],
        end_conference_on_exit=True,
        post_work_activity_sid=centre.activities["Unavailable"],
    )
    expect(taken, reservation_status="accepted")
    supervised = offer.update(instruction="supervise", supervisor="client:boss")
    expect(supervised, reservation_status="accepted")
    task.update(assignment_status="completed")
    expect(worker.fetch(), activity_name="Unavailable")
