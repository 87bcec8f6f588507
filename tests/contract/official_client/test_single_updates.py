"""An update with one parameter changes what it names, and nothing else that is shown."""

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest
from twilio.rest import Client

from .centre import Centre, routing_to, shown

OTHERWISE_CALLED = {"task_channel": "task_channel_unique_name", "capacity": "configured_capacity"}


def change(resource: Any, parameter: str, value: Any, **also: Any) -> None:
    """Update one parameter, whose property changes; and those that follow from it.

    What is read back then is the same again.
    """
    before = shown(resource)
    after = resource.update(**{parameter: value})
    property_ = OTHERWISE_CALLED.get(parameter, parameter)
    expected = before | also
    if property_ in before:
        assert before[property_] != value, f"{parameter} would not change"
        expected[property_] = value
    assert shown(after) == expected
    assert shown(resource.fetch()) == expected


@pytest.fixture
def centre(client: Client) -> Iterator[Centre]:
    centre = Centre(client)
    yield centre
    centre.workspace.delete()


def test_of_a_workspace(centre: Centre) -> None:
    workspace = centre.workspace.fetch()
    other = centre.activities["Available"]
    for parameter, value, also in (
        ("friendly_name", "Büro ☕", {}),
        ("event_callback_url", "https://example.com/x?y=1", {}),
        ("events_filter", "task.created", {}),
        ("multi_task_enabled", False, {}),
        ("multi_task_enabled", True, {}),
        ("prioritize_queue_order", "LIFO", {}),
        ("default_activity_sid", other, {"default_activity_name": "Available"}),
        ("timeout_activity_sid", other, {"timeout_activity_name": "Available"}),
        ("event_callback_url", "", {}),
    ):
        change(workspace.fetch(), parameter, value, **also)
    assert workspace.update(events_filter="").events_filter is None


def test_of_an_activity_and_of_a_task_channel(centre: Centre) -> None:
    change(centre.workspace.activities.create(friendly_name="Tea"), "friendly_name", "Coffee")
    channels = centre.workspace.task_channels
    fax = channels.create(friendly_name="Fax", unique_name="fax")
    change(fax, "friendly_name", "Telex")
    change(channels("fax").fetch(), "channel_optimized_routing", True)


def test_of_a_worker(centre: Centre) -> None:
    ann = centre.worker("Ann", "Offline", attributes='{"level":1}')
    available = centre.activities["Available"]
    change(ann, "friendly_name", "Anna")
    change(ann.fetch(), "attributes", '{"skills":["é","☕"]}')
    worker, was = ann.fetch(), ann.fetch().date_status_changed
    links = {**worker.links, "activity": centre.workspace.activities(available).fetch().url}
    updated = worker.update(activity_sid=available)
    assert updated.date_status_changed >= was
    moved = {
        "activity_sid": available,
        "activity_name": "Available",
        "available": True,
        "links": links,
        "date_status_changed": updated.date_status_changed,
    }
    assert shown(updated) == shown(worker) | moved
    change(updated, "attributes", "{}")


def test_of_a_worker_channel(centre: Centre) -> None:
    channels = centre.workspace.workers(centre.worker("Ann").sid).worker_channels
    change(channels("voice").fetch(), "capacity", 7)
    change(channels("voice").fetch(), "available", False)
    change(channels("voice").fetch(), "capacity", 0, available_capacity_percentage=0)


def test_of_a_task_queue(centre: Centre) -> None:
    queue, tea = centre.queue, centre.workspace.activities.create(friendly_name="Tea")
    for parameter, value, also in (
        ("friendly_name", "Nobody", {}),
        ("target_workers", "", {}),
        ("target_workers", 'skills HAS "tea" OR (level > 2)', {}),
        ("max_reserved_workers", 50, {}),
        ("task_order", "LIFO", {}),
    ):
        change(queue.fetch(), parameter, value, **also)
    for role in ("reservation_activity", "assignment_activity"):
        also = {f"{role}_name": "Tea", "links": {**queue.fetch().links, role: tea.url}}
        change(queue.fetch(), f"{role}_sid", tea.sid, **also)


def test_of_a_workflow(centre: Centre) -> None:
    other = centre.workspace.task_queues.create(friendly_name="Other")
    for parameter, value in (
        ("friendly_name", "Changed"),
        ("configuration", routing_to(other.sid)),
        ("assignment_callback_url", "http://127.0.0.1:9/assign"),
        ("fallback_assignment_callback_url", "https://example.com/fallback"),
        ("task_reservation_timeout", 1),
        ("assignment_callback_url", ""),
        ("re_evaluate_tasks", "true"),
    ):
        change(centre.workflow.fetch(), parameter, value)


def test_of_a_task(centre: Centre) -> None:
    task = centre.workspace.tasks(centre.task().sid)
    for parameter, value in (
        ("priority", 2_147_483_647),
        ("attributes", '{"name":"ж","n":[1,2.5,null,true]}'),
        ("virtual_start_time", datetime(1999, 12, 31, 23, 59, 59, tzinfo=UTC)),
    ):
        was = task.fetch()
        change(was, parameter, value, task_queue_entered_date=was.task_queue_entered_date)
    sms = centre.workspace.task_channels("sms").fetch()
    change(task.fetch(), "task_channel", "sms", task_channel_sid=sms.sid)
    voice = centre.workspace.task_channels("voice").fetch()
    by_sid = task.update(task_channel=voice.sid)
    assert (by_sid.task_channel_sid, by_sid.task_channel_unique_name) == (voice.sid, "voice")
    change(task.fetch(), "assignment_status", "canceled")
