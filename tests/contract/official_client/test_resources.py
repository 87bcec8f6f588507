"""The official client creates, reads, lists, updates and deletes everything that there is."""

import json
from datetime import UTC, datetime
from typing import Any

import pytest
from twilio.base.exceptions import TwilioException, TwilioRestException
from twilio.rest import Client

from contract.api.caller import SID

from .centre import Centre, expect, routing_to


def gone(resource: Any) -> None:
    with pytest.raises(TwilioRestException) as caught:
        resource.fetch()
    assert (caught.value.status, caught.value.code) == (404, 20404)


def every_page(resources: Any, **filters: Any) -> list[str]:
    """The SIDs of a list, read in pages of two by `stream`, and again from page to page."""
    streamed = [one.sid for one in resources.stream(page_size=2, **filters)]
    page, paged = resources.page(page_size=2, **filters), []
    while page is not None:
        items = list(page)
        assert len(items) <= 2
        paged += [one.sid for one in items]
        page = page.next_page()
    assert paged == streamed
    assert [one.sid for one in resources.list(limit=3, page_size=2, **filters)] == streamed[:3]
    return streamed


def recent(*dates: datetime | None) -> None:
    for date in dates:
        assert date is not None
        assert date.tzinfo is not None
        assert date.microsecond == 0
        assert abs((datetime.now(UTC) - date).total_seconds()) < 600


def test_workspaces(client: Client) -> None:
    workspaces = client.taskrouter.v1.workspaces
    asked = {
        "friendly_name": "Shop & Söhne",
        "event_callback_url": "https://example.com/events?a=1&b=2",
        "events_filter": "task.created,task.canceled",
        "multi_task_enabled": False,
        "prioritize_queue_order": "LIFO",
    }
    made = workspaces.create(**asked, template="FIFO")
    expect(made, **asked, account_sid=SID, default_activity_name="Offline")
    expect(workspaces(made.sid).fetch(), **asked, sid=made.sid, links=made.links)
    recent(made.date_created, made.date_updated)
    (queue,) = workspaces(made.sid).task_queues.list()
    expect(queue, friendly_name="Sample Queue", target_workers="1==1")
    (workflow,) = workspaces(made.sid).workflows.list()
    expect(workflow, friendly_name="Default Fifo Workflow", configuration=routing_to(queue.sid))
    activities = {one.friendly_name: one.sid for one in workspaces(made.sid).activities.list()}
    changed = {
        "friendly_name": "Shop",
        "event_callback_url": "",
        "events_filter": "worker.created",
        "multi_task_enabled": True,
        "prioritize_queue_order": "FIFO",
        "default_activity_sid": activities["Available"],
        "timeout_activity_sid": activities["Unavailable"],
    }
    names = {"default_activity_name": "Available", "timeout_activity_name": "Unavailable"}
    expect(made.update(**changed), **changed, **names)
    expect(workspaces(made.sid).fetch(), **changed, **names)
    others = [workspaces.create(friendly_name="Many").sid for _ in range(4)]
    assert every_page(workspaces, friendly_name="Many") == others
    assert set(others) | {made.sid} <= set(every_page(workspaces))
    for sid in (made.sid, *others):
        assert workspaces(sid).delete() is True
        gone(workspaces(sid))


def test_activities(client: Client) -> None:
    centre = Centre(client)
    activities = centre.workspace.activities
    made = activities.create(friendly_name="Tea", available=True)
    where = {"account_sid": SID, "workspace_sid": centre.sid}
    expect(made, friendly_name="Tea", available=True, **where)
    recent(made.date_created, made.date_updated)
    expect(made.update(friendly_name="Coffee"), friendly_name="Coffee", available=True)
    expect(activities(made.sid).fetch(), friendly_name="Coffee", available=True, url=made.url)
    assert every_page(activities) == [*centre.activities.values(), made.sid]
    assert every_page(activities, available="false") == [
        centre.activities["Offline"],
        centre.activities["Unavailable"],
    ]
    assert every_page(activities, friendly_name="Coffee") == [made.sid]
    assert made.delete() is True
    gone(activities(made.sid))


def test_workers(client: Client) -> None:
    centre = Centre(client)
    workers = centre.workspace.workers
    attributes = {"skills": ["tea", "Kaffee ☕"], "level": 3}
    made = workers.create(
        friendly_name="Ann",
        activity_sid=centre.activities["Available"],
        attributes=json.dumps(attributes),
    )
    expect(
        made,
        friendly_name="Ann",
        activity_sid=centre.activities["Available"],
        activity_name="Available",
        available=True,
        account_sid=SID,
        workspace_sid=centre.sid,
    )
    assert json.loads(made.attributes) == attributes
    recent(made.date_created, made.date_updated, made.date_status_changed)
    changed = {
        "friendly_name": "Anna",
        "activity_sid": centre.activities["Offline"],
        "attributes": '{"level":4}',
    }
    expect(made.update(**changed), **changed, available=False, activity_name="Offline")
    expect(workers(made.sid).fetch(), **changed)
    others = [centre.worker(f"W{number}").sid for number in range(4)]
    assert every_page(workers) == [made.sid, *others]
    assert every_page(workers, available="1") == others
    assert every_page(workers, available="false") == [made.sid]
    assert every_page(workers, activity_sid=centre.activities["Available"]) == others
    assert every_page(workers, activity_name="Available", friendly_name="W2") == [others[2]]
    assert every_page(workers, task_queue_name="Everybody", available="1") == others
    assert every_page(workers, target_workers_expression="level == 4") == [made.sid]
    named = 'friendly_name IN ["W1", "W3"] AND activity_name == "Available"'
    assert every_page(workers, target_workers_expression=named) == [others[1], others[3]]
    assert every_page(workers, ordering="FriendlyName:desc") == [*reversed(others), made.sid]
    assert every_page(workers, task_queue_sid=centre.queue.sid, activity_name="Offline") == [
        made.sid
    ]
    assert made.delete() is True
    gone(workers(made.sid))


def test_worker_channels(client: Client) -> None:
    centre = Centre(client)
    worker = centre.worker("Ann")
    channels = centre.workspace.workers(worker.sid).worker_channels
    assert len(every_page(channels)) == 5
    voice = channels("voice").fetch()
    asked = {"task_channel_unique_name": "voice", "worker_sid": worker.sid, "assigned_tasks": 0}
    expect(voice, **asked, configured_capacity=1, available=True, available_capacity_percentage=100)
    updated = voice.update(capacity=4, available=False)
    expect(updated, configured_capacity=4, available=False, sid=voice.sid)
    expect(channels(voice.sid).fetch(), **asked, configured_capacity=4, available=False)
    channels("voice").update(available=True)
    centre.task(task_channel="voice")
    expect(channels("voice").fetch(), available_capacity_percentage=75, assigned_tasks=0)


def test_task_channels(client: Client) -> None:
    channels = Centre(client).workspace.task_channels
    asked = {"friendly_name": "Fax", "unique_name": "fax", "channel_optimized_routing": True}
    made = channels.create(**asked)
    expect(made, **asked, account_sid=SID)
    assert len(every_page(channels)) == 6
    changed = {"friendly_name": "Telex", "channel_optimized_routing": False}
    expect(channels("fax").update(**changed), **changed, unique_name="fax", sid=made.sid)
    expect(channels(made.sid).fetch(), **changed)
    assert channels("fax").delete() is True
    gone(channels("fax"))


def test_task_queues(client: Client) -> None:
    centre = Centre(client)
    queues, activities = centre.workspace.task_queues, centre.activities
    asked = {
        "friendly_name": "Tea",
        "target_workers": '"tea" IN skills AND level > 2',
        "max_reserved_workers": 5,
        "task_order": "LIFO",
        "reservation_activity_sid": activities["Unavailable"],
        "assignment_activity_sid": activities["Offline"],
    }
    made = queues.create(**asked)
    names = {
        "reservation_activity_name": "Unavailable",
        "assignment_activity_name": "Offline",
    }
    expect(made, **asked, **names, workspace_sid=centre.sid)
    changed = {
        "friendly_name": "Coffee",
        "target_workers": "1==2",
        "max_reserved_workers": 1,
        "task_order": "FIFO",
        "reservation_activity_sid": activities["Offline"],
        "assignment_activity_sid": activities["Available"],
    }
    expect(made.update(**changed), **changed)
    expect(queues(made.sid).fetch(), **changed, assignment_activity_name="Available")
    others = [queues.create(friendly_name=f"Q{number}").sid for number in range(3)]
    everything = [centre.queue.sid, made.sid, *others]
    assert every_page(queues) == everything
    assert every_page(queues, ordering="DateCreated:desc") == everything[::-1]
    assert every_page(queues, friendly_name="Coffee") == [made.sid]
    worker = centre.worker("Ann")
    assert every_page(queues, worker_sid=worker.sid) == [centre.queue.sid, *others]
    assert every_page(queues, evaluate_worker_attributes="{}") == [centre.queue.sid, *others]
    assert made.delete() is True
    gone(queues(made.sid))


def test_workflows(client: Client) -> None:
    centre = Centre(client)
    workflows = centre.workspace.workflows
    asked = {
        "friendly_name": "Other",
        "configuration": routing_to(centre.queue.sid),
        "assignment_callback_url": "https://example.com/assign",
        "fallback_assignment_callback_url": "http://127.0.0.1:9/fallback#rt=1000",
        "task_reservation_timeout": 15,
    }
    made = workflows.create(**asked)
    expect(made, **asked, document_content_type="application/json", workspace_sid=centre.sid)
    changed = asked | {
        "friendly_name": "Changed",
        "assignment_callback_url": "",
        "fallback_assignment_callback_url": "",
        "task_reservation_timeout": 86_400,
    }
    expect(made.update(**changed, re_evaluate_tasks="true"), **changed)
    expect(workflows(made.sid).fetch(), **changed)
    others = [workflows.create(**{**asked, "friendly_name": "Many"}).sid for _ in range(3)]
    assert every_page(workflows) == [centre.workflow.sid, made.sid, *others]
    assert every_page(workflows, friendly_name="Many") == others
    assert every_page(workflows, friendly_name="Changed") == [made.sid]
    assert made.delete() is True
    gone(workflows(made.sid))


def test_tasks(client: Client) -> None:
    centre = Centre(client)
    tasks = centre.workspace.tasks
    started = datetime(2026, 1, 5, 9, 15, tzinfo=UTC)
    made = tasks.create(
        attributes='{"type": "tea"}',
        priority=7,
        timeout=600,
        task_channel="chat",
        workflow_sid=centre.workflow.sid,
        virtual_start_time=started,
    )
    expect(
        made,
        attributes='{"type":"tea"}',
        priority=7,
        timeout=600,
        task_channel_unique_name="chat",
        workflow_sid=centre.workflow.sid,
        workflow_friendly_name="To everybody",
        virtual_start_time=started,
        assignment_status="pending",
        ignore_capacity=False,
        routing_target=None,
        reason=None,
        addons="{}",
        age=0,
    )
    recent(made.date_created, made.date_updated)
    earlier = datetime(2025, 1, 5, tzinfo=UTC)
    updated = made.update(
        attributes='{"type":"coffee"}',
        priority=9,
        task_channel="sms",
        virtual_start_time=earlier,
    )
    changed = {
        "attributes": '{"type":"coffee"}',
        "priority": 9,
        "task_channel_unique_name": "sms",
        "virtual_start_time": earlier,
        "task_queue_sid": centre.queue.sid,
        "task_queue_friendly_name": "Everybody",
    }
    expect(updated, **changed)
    expect(tasks(made.sid).fetch(), **changed)
    others = [centre.task({"n": n}, priority=n).sid for n in range(4)]
    assert every_page(tasks) == [made.sid, *others]
    assert every_page(tasks, ordering="Priority:desc") == [made.sid, *reversed(others)]
    assert every_page(tasks, assignment_status=["pending", "reserved"]) == [made.sid, *others]
    assert every_page(tasks, assignment_status="reserved,assigned") == []
    assert every_page(tasks, ordering="DateCreated:desc") == [*reversed(others), made.sid]
    assert every_page(tasks, ordering="VirtualStartTime") == [made.sid, *others]
    by_both = "Priority:desc,VirtualStartTime:asc"
    assert every_page(tasks, ordering=by_both) == [made.sid, *reversed(others)]
    assert every_page(tasks, workflow_name="To everybody", has_addons=False) == [made.sid, *others]
    assert every_page(tasks, workflow_sid=centre.workflow.sid, has_addons=True) == []
    assert every_page(tasks, task_queue_sid=centre.queue.sid, priority=0) == others[:1]
    assert every_page(tasks, evaluate_task_attributes="n >= 2") == others[2:]
    assert every_page(tasks, priority=3, task_queue_name="Everybody") == [others[3]]
    assert made.delete() is True
    gone(tasks(made.sid))
    worker = centre.worker("Ann", "Offline")
    target = tasks.create(routing_target=worker.sid, task_queue_sid=centre.queue.sid)
    expect(target, routing_target=worker.sid, ignore_capacity=True, workflow_sid=None)
    assert every_page(tasks, routing_target=worker.sid) == [target.sid]


def test_a_page_is_reached_and_not_counted(client: Client) -> None:
    activities = Centre(client).workspace.activities
    page = activities.page(page_size=2)
    again = activities.get_page(page.next_page_url)
    assert [one.sid for one in again] == [one.sid for one in page.next_page()]
    first = [one.sid for one in page]
    assert [one.sid for one in again.previous_page()] == first
    assert [one.sid for one in activities.page(page_number=0, page_size=2)] == first
    assert len([*activities.stream(limit=1, page_size=1_000)]) == 1
    for asked, code in (
        ({"page_number": 1}, 40153),
        ({"page_token": "made-up"}, 20001),
        ({"page_size": 0}, 20001),
    ):
        with pytest.raises(TwilioException, match=f'"code":{code}'):
            activities.page(**asked)


def test_reservations_under_their_task_and_under_their_worker(client: Client) -> None:
    centre = Centre(client)
    worker = centre.worker("Ann")
    centre.workspace.workers(worker.sid).worker_channels("default").update(capacity=5)
    made = [centre.task() for _ in range(5)]
    of_worker = centre.workspace.workers(worker.sid).reservations
    sids = every_page(of_worker)
    assert len(sids) == 5
    (offer,) = centre.offers(made[0])
    asked = {"task_sid": made[0].sid, "worker_sid": worker.sid, "worker_name": "Ann"}
    expect(offer, **asked, reservation_status="pending", sid=sids[0])
    accepted = of_worker(sids[0]).update(reservation_status="accepted")
    expect(accepted, **asked, reservation_status="accepted")
    of_task = centre.workspace.tasks(made[0].sid).reservations
    expect(of_task(sids[0]).fetch(), **asked, reservation_status="accepted")
    assert every_page(of_worker, reservation_status="pending") == sids[1:]
    assert every_page(of_task, reservation_status="accepted", worker_sid=worker.sid) == [sids[0]]
