"""What is created with the least that has to be said shows the published defaults, all of them."""

from collections.abc import Iterator
from typing import Any

import pytest
from twilio.rest import Client

from contract.api.caller import SID

from .centre import Centre, routing_to, shown

DATES = {"date_created", "date_status_changed", "task_queue_entered_date", "virtual_start_time"}


@pytest.fixture
def centre(client: Client) -> Iterator[Centre]:
    centre = Centre(client)
    yield centre
    centre.workspace.delete()


def expect_all(resource: Any, **expected: Any) -> None:
    """Expect these properties, dates and addresses aside, and no others."""
    everything = shown(resource)
    dates = [everything.pop(name) for name in DATES & everything.keys()]
    assert len({date for date in dates if date is not None}) == 1
    links = everything.pop("links", {})
    assert set(everything.pop("url").split("/")) >= {"v1", everything["sid"]}
    assert all(address is None or "/v1/Workspaces/" in address for address in links.values())
    assert everything == {"account_sid": SID, "sid": resource.sid} | expected


def test_a_workspace(client: Client) -> None:
    made = client.taskrouter.v1.workspaces.create(friendly_name="Least")
    workspace = client.taskrouter.v1.workspaces(made.sid)
    offline, available, unavailable = workspace.activities.list()
    expect_all(
        made,
        friendly_name="Least",
        default_activity_name="Offline",
        default_activity_sid=offline.sid,
        timeout_activity_name="Offline",
        timeout_activity_sid=offline.sid,
        event_callback_url="",
        events_filter=None,
        multi_task_enabled=True,
        prioritize_queue_order="FIFO",
    )
    for activity, name, is_available in (
        (offline, "Offline", False),
        (available, "Available", True),
        (unavailable, "Unavailable", False),
    ):
        expect_all(activity, workspace_sid=made.sid, friendly_name=name, available=is_available)
    names = [(one.unique_name, one.friendly_name) for one in workspace.task_channels.list()]
    assert names == [
        ("default", "Default"),
        ("voice", "Voice"),
        ("chat", "Programmable Chat"),
        ("sms", "SMS"),
        ("video", "Video"),
    ]
    for of in (workspace.task_queues, workspace.workflows, workspace.workers, workspace.tasks):
        assert of.list() == []
    workspace.delete()


def test_an_activity_and_a_task_channel(centre: Centre) -> None:
    activity = centre.workspace.activities.create(friendly_name="Tea")
    expect_all(activity, workspace_sid=centre.sid, friendly_name="Tea", available=False)
    channel = centre.workspace.task_channels.create(friendly_name="Fax", unique_name="fax")
    expect_all(
        channel,
        workspace_sid=centre.sid,
        friendly_name="Fax",
        unique_name="fax",
        channel_optimized_routing=False,
    )


def test_a_worker_and_the_channels_that_come_with_it(centre: Centre) -> None:
    ann = centre.workspace.workers.create(friendly_name="Ann")
    expect_all(
        ann,
        workspace_sid=centre.sid,
        friendly_name="Ann",
        activity_name="Offline",
        activity_sid=centre.activities["Offline"],
        attributes="{}",
        available=False,
    )
    kinds = centre.workspace.task_channels.list()
    channels = centre.workspace.workers(ann.sid).worker_channels.list()
    for channel, kind in zip(channels, kinds, strict=True):
        expect_all(
            channel,
            workspace_sid=centre.sid,
            worker_sid=ann.sid,
            task_channel_sid=kind.sid,
            task_channel_unique_name=kind.unique_name,
            assigned_tasks=0,
            available=True,
            available_capacity_percentage=100,
            configured_capacity=1,
        )


def test_a_task_queue_and_a_workflow(centre: Centre) -> None:
    queue = centre.workspace.task_queues.create(friendly_name="Least")
    expect_all(
        queue,
        workspace_sid=centre.sid,
        friendly_name="Least",
        target_workers="1==1",
        max_reserved_workers=1,
        task_order="FIFO",
        reservation_activity_name=None,
        reservation_activity_sid=None,
        assignment_activity_name=None,
        assignment_activity_sid=None,
    )
    rules = routing_to(queue.sid)
    workflow = centre.workspace.workflows.create(friendly_name="Least", configuration=rules)
    expect_all(
        workflow,
        workspace_sid=centre.sid,
        friendly_name="Least",
        configuration=rules,
        document_content_type="application/json",
        assignment_callback_url="",
        fallback_assignment_callback_url="",
        task_reservation_timeout=120,
    )


def test_a_task_and_its_reservation(centre: Centre) -> None:
    task = centre.workspace.tasks.create()
    least = {
        "workspace_sid": centre.sid,
        "assignment_status": "pending",
        "attributes": "{}",
        "addons": "{}",
        "ignore_capacity": False,
        "priority": 0,
        "reason": None,
        "routing_target": None,
        "task_channel_sid": centre.workspace.task_channels("default").fetch().sid,
        "task_channel_unique_name": "default",
        "task_queue_friendly_name": "Everybody",
        "task_queue_sid": centre.queue.sid,
        "timeout": 86_400,
        "workflow_friendly_name": "To everybody",
        "workflow_sid": centre.workflow.sid,
    }
    expect_all(task, **least)
    expect_all(task.fetch(), **least)
    ann = centre.worker("Ann")
    for offers in (task.reservations, centre.workspace.workers(ann.sid).reservations):
        (offer,) = offers.list()
        expect_all(
            offer,
            workspace_sid=centre.sid,
            task_sid=task.sid,
            worker_sid=ann.sid,
            worker_name="Ann",
            reservation_status="pending",
        )


def test_a_task_for_one_worker(centre: Centre) -> None:
    ann = centre.worker("Ann", "Offline")
    task = centre.workspace.tasks.create(routing_target=ann.sid)
    got = {name: getattr(task, name) for name in ("workflow_sid", "task_queue_sid", "priority")}
    assert got == {"workflow_sid": None, "task_queue_sid": None, "priority": 0}
    assert (task.ignore_capacity, task.routing_target) == (True, ann.sid)
    (offer,) = centre.offers(task)
    assert (offer.worker_sid, offer.reservation_status) == (ann.sid, "pending")
