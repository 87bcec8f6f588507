"""A day in a small contact centre, told over HTTP."""

import json

from .caller import SID, Caller, Centre


async def test_a_task_is_offered_accepted_and_completed(caller: Caller) -> None:
    workspace = await caller.make("/Workspaces", FriendlyName="Support")
    at = f"/Workspaces/{workspace['sid']}"
    assert workspace["account_sid"] == SID
    assert workspace["default_activity_name"] == "Offline"
    assert workspace["multi_task_enabled"] is True

    activities = await caller.every(f"{at}/Activities", "activities")
    names = [(activity["friendly_name"], activity["available"]) for activity in activities]
    assert names == [("Offline", False), ("Available", True), ("Unavailable", False)]
    lunch = await caller.make(f"{at}/Activities", FriendlyName="Lunch", Available="no")
    assert lunch["available"] is False

    spanish = await caller.make(
        f"{at}/TaskQueues", FriendlyName="Spanish", TargetWorkers='languages HAS "es"'
    )
    configuration = {
        "task_routing": {
            "filters": [
                {
                    "filter_friendly_name": "Spanish",
                    "expression": "language == 'es'",
                    "targets": [{"queue": spanish["sid"], "priority": 7}],
                }
            ]
        }
    }
    workflow = await caller.make(
        f"{at}/Workflows",
        FriendlyName="By language",
        Configuration=json.dumps(configuration, indent=2),
        TaskReservationTimeout="60",
    )
    assert workflow["configuration"] == json.dumps(configuration, separators=(",", ":"))

    ana = await caller.make(
        f"{at}/Workers",
        FriendlyName="Ana",
        Attributes='{"languages": ["es", "en"]}',
        ActivitySid=lunch["sid"],
    )
    assert ana["attributes"] == '{"languages":["es","en"]}'
    assert (ana["activity_name"], ana["available"]) == ("Lunch", False)

    task = await caller.make(
        f"{at}/Tasks", Attributes='{"language": "es"}', WorkflowSid=workflow["sid"]
    )
    assert task["assignment_status"] == "pending"
    assert task["task_queue_friendly_name"] == "Spanish"
    assert task["priority"] == 7
    assert task["workflow_friendly_name"] == "By language"
    assert task["task_channel_unique_name"] == "default"

    available = next(a["sid"] for a in activities if a["friendly_name"] == "Available")
    ana = await caller.change(f"{at}/Workers/{ana['sid']}", ActivitySid=available)
    assert ana["available"] is True

    task = await caller.see(f"{at}/Tasks/{task['sid']}")
    assert task["assignment_status"] == "reserved"
    (offer,) = await caller.every(
        f"{at}/Workers/{ana['sid']}/Reservations?ReservationStatus=pending", "reservations"
    )
    assert (offer["task_sid"], offer["worker_name"]) == (task["sid"], "Ana")
    assert offer["url"] == f"{caller.url}/v1{at}/Workers/{ana['sid']}/Reservations/{offer['sid']}"

    offer_at = f"{at}/Tasks/{task['sid']}/Reservations/{offer['sid']}"
    accepted = await caller.change(offer_at, ReservationStatus="accepted")
    assert accepted["reservation_status"] == "accepted"
    assert accepted["url"] == f"{caller.url}/v1{offer_at}"
    channel = await caller.see(f"{at}/Workers/{ana['sid']}/Channels/default")
    assert (channel["assigned_tasks"], channel["available_capacity_percentage"]) == (1, 0)

    done = await caller.change(
        f"{at}/Tasks/{task['sid']}", AssignmentStatus="completed", Reason="solved"
    )
    assert (done["assignment_status"], done["reason"]) == ("completed", "solved")
    offer = await caller.see(offer_at)
    assert offer["reservation_status"] == "completed"
    channel = await caller.see(f"{at}/Workers/{ana['sid']}/Channels/default")
    assert (channel["assigned_tasks"], channel["available_capacity_percentage"]) == (0, 100)


async def test_a_rejected_task_is_offered_to_somebody_else(centre: Centre) -> None:
    caller = centre.caller
    ann = await centre.worker("Ann")
    task = await centre.task()
    (offer,) = await centre.offers(task)
    assert offer["worker_sid"] == ann["sid"]
    bob = await centre.worker("Bob")

    rejected = await caller.change(
        f"{centre.path}/Workers/{ann['sid']}/Reservations/{offer['sid']}",
        ReservationStatus="rejected",
        WorkerActivitySid=centre.activities["Unavailable"],
    )
    assert rejected["reservation_status"] == "rejected"
    ann = await caller.see(f"{centre.path}/Workers/{ann['sid']}")
    assert ann["activity_name"] == "Unavailable"
    first, second = await centre.offers(task)
    assert first["sid"] == offer["sid"]
    assert (second["worker_sid"], second["reservation_status"]) == (bob["sid"], "pending")


async def test_accepted_work_may_be_wrapped_up_first(centre: Centre) -> None:
    caller = centre.caller
    await centre.worker("Ann")
    task = await centre.task()
    (offer,) = await centre.offers(task)
    at = f"{centre.path}/Tasks/{task['sid']}/Reservations/{offer['sid']}"
    for status in ("accepted", "wrapping", "completed"):
        assert (await caller.change(at, ReservationStatus=status))["reservation_status"] == status
    assert (await caller.see(f"{centre.path}/Tasks/{task['sid']}"))[
        "assignment_status"
    ] == "completed"


async def test_instructions_that_accept_and_reject_do_the_same(centre: Centre) -> None:
    caller = centre.caller
    ann = await centre.worker("Ann")
    at = f"{centre.path}/Workers/{ann['sid']}/Reservations"
    task = await centre.task()
    (offer,) = await centre.offers(task)
    rejected = await caller.change(
        f"{at}/{offer['sid']}", Instruction="Reject", WorkerActivitySid=centre.activities["Offline"]
    )
    assert rejected["reservation_status"] == "rejected"
    await caller.change(
        f"{centre.path}/Workers/{ann['sid']}", ActivitySid=centre.activities["Available"]
    )
    _, offer = await centre.offers(task)
    accepted = await caller.change(
        f"{at}/{offer['sid']}", Instruction="accept", ReservationStatus="accepted"
    )
    assert accepted["reservation_status"] == "accepted"


async def test_a_created_task_is_shown_as_it_came_in(centre: Centre) -> None:
    await centre.worker("Ann")
    reply = await centre.caller.post(f"{centre.path}/Tasks", {"Attributes": "{}"})
    task = reply.expect(201)
    assert reply.headers["ETag"] == '"0"'
    assert task["assignment_status"] == "pending"
    assert task["date_updated"] == task["date_created"]
    assert task["age"] == 0
    assert task["reason"] is None
    reply = await centre.caller.get(f"{centre.path}/Tasks/{task['sid']}")
    assert reply.expect(200)["assignment_status"] == "reserved"
    assert reply.headers["ETag"] == '"1"'


async def test_a_deleted_workspace_is_gone_with_all_that_it_held(centre: Centre) -> None:
    caller = centre.caller
    task = await centre.task()
    reply = await caller.delete(centre.path)
    assert (reply.status, reply.text) == (204, "")
    (await caller.get(centre.path)).refused(404, 20404)
    (await caller.get(f"{centre.path}/Tasks/{task['sid']}")).refused(404, 20404)
    assert await caller.every("/Workspaces", "workspaces") == []


async def test_each_kind_of_resource_can_be_changed_and_deleted(centre: Centre) -> None:
    caller, at = centre.caller, centre.path
    workspace = await caller.change(
        at, FriendlyName="Renamed", DefaultActivitySid=centre.activities["Available"]
    )
    assert workspace["friendly_name"] == "Renamed"
    assert workspace["default_activity_name"] == "Available"

    made = await caller.make(
        f"{at}/TaskChannels", FriendlyName="Fax", UniqueName="fax", ChannelOptimizedRouting="yes"
    )
    assert made["channel_optimized_routing"] is True
    changed = await caller.change(f"{at}/TaskChannels/fax", FriendlyName="Telefax")
    assert (changed["sid"], changed["friendly_name"]) == (made["sid"], "Telefax")

    worker = await centre.worker("Ann")
    channel_at = f"{at}/Workers/{worker['sid']}/Channels"
    channel = await caller.change(f"{channel_at}/fax", Capacity="4", Available="false")
    assert (channel["configured_capacity"], channel["available"]) == (4, False)
    for name in ("fax", channel["sid"], made["sid"]):
        assert await caller.see(f"{channel_at}/{name}") == channel
    assert (await caller.delete(f"{at}/TaskChannels/fax")).status == 204
    (await caller.get(f"{channel_at}/fax")).refused(404, 20404)

    queue = await caller.make(
        f"{at}/TaskQueues",
        FriendlyName="Few",
        TargetWorkers="",
        MaxReservedWorkers="3",
        TaskOrder="LIFO",
        ReservationActivitySid=centre.activities["Unavailable"],
    )
    assert queue["reservation_activity_name"] == "Unavailable"
    assert queue["assignment_activity_sid"] is None
    assert queue["links"]["assignment_activity"] is None
    assert queue["links"]["reservation_activity"].endswith(centre.activities["Unavailable"])
    assert (queue["target_workers"], queue["task_order"]) == ("", "LIFO")
    queue = await caller.change(
        f"{at}/TaskQueues/{queue['sid']}", ReservationActivitySid="", MaxReservedWorkers="2"
    )
    assert (queue["reservation_activity_sid"], queue["max_reserved_workers"]) == (None, 2)
    assert (await caller.delete(f"{at}/TaskQueues/{queue['sid']}")).status == 204

    workflow_at = f"{at}/Workflows/{centre.workflow['sid']}"
    workflow = await caller.change(workflow_at, FriendlyName="Flow", TaskReservationTimeout="9")
    assert (workflow["friendly_name"], workflow["task_reservation_timeout"]) == ("Flow", 9)
    assert workflow["configuration"] == centre.workflow["configuration"]
    assert (await caller.delete(workflow_at)).status == 204

    activity = await caller.make(f"{at}/Activities", FriendlyName="Tea", Available="1")
    activity = await caller.change(
        f"{at}/Activities/{activity['sid']}", FriendlyName="Coffee", Available="false"
    )
    assert (activity["friendly_name"], activity["available"]) == ("Coffee", True)
    assert (await caller.delete(f"{at}/Activities/{activity['sid']}")).status == 204

    assert (await caller.delete(f"{at}/Workers/{worker['sid']}")).status == 204
    (await caller.get(f"{at}/Workers/{worker['sid']}")).refused(404, 20404)


async def test_a_fifo_workspace_is_ready_for_work(caller: Caller) -> None:
    workspace = await caller.make("/Workspaces", FriendlyName="Ready", Template="FIFO")
    at = f"/Workspaces/{workspace['sid']}"
    (queue,) = await caller.every(f"{at}/TaskQueues", "task_queues")
    (workflow,) = await caller.every(f"{at}/Workflows", "workflows")
    assert queue["friendly_name"] == "Sample Queue"
    assert workflow["friendly_name"] == "Default Fifo Workflow"
    channels = await caller.every(f"{at}/TaskChannels", "channels")
    assert [c["unique_name"] for c in channels] == ["default", "voice", "chat", "sms", "video"]
    task = await caller.make(f"{at}/Tasks")
    assert task["task_queue_sid"] == queue["sid"]
