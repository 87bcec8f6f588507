"""What lists can be narrowed to and sorted by."""

import asyncio
import json
from typing import Any
from urllib.parse import quote

import pytest

from .caller import Centre

NO_SUCH = "0" * 32


async def names(centre: Centre, noun: str, key: str, query: str) -> list[str]:
    items = await centre.caller.every(f"{centre.path}/{noun}?{query}&PageSize=2", key)
    return [item["friendly_name"] for item in items]


async def next_millisecond() -> None:
    """Dates are kept to the millisecond, in which two workers can be made."""
    await asyncio.sleep(0.002)


@pytest.fixture
async def staffed(centre: Centre) -> Centre:
    await centre.worker("ann", Attributes='{"skills":["tea"],"level":3}')
    await next_millisecond()
    await centre.worker("bob", "Offline", Attributes='{"skills":["tea","coffee"],"level":1}')
    await next_millisecond()
    await centre.worker("cy", Attributes='{"level":2}')
    return centre


async def test_activities_by_name_and_availability(centre: Centre) -> None:
    assert await names(centre, "Activities", "activities", "FriendlyName=Offline") == ["Offline"]
    assert await names(centre, "Activities", "activities", "Available=yes") == ["Available"]
    away = await names(centre, "Activities", "activities", "Available=nope")
    assert away == ["Offline", "Unavailable"]
    assert await names(centre, "Activities", "activities", "FriendlyName=offline") == []


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("", ["ann", "bob", "cy"]),
        ("FriendlyName=bob", ["bob"]),
        ("ActivityName=Available", ["ann", "cy"]),
        ("Available=1", ["ann", "cy"]),
        ("Available=0", ["bob"]),
        ("ActivitySid={Offline}", ["bob"]),
        ("ActivitySid={Offline}&Available=1", []),
        (f"ActivitySid=WA{NO_SUCH}", []),
        ("TargetWorkersExpression=" + quote('skills HAS "tea"'), ["ann", "bob"]),
        ("TargetWorkersExpression=" + quote('activity_name == "Offline"'), ["bob"]),
        ("TargetWorkersExpression=" + quote("level > 1") + "&Available=true", ["ann", "cy"]),
        ("TaskQueueName=Everybody", ["ann", "bob", "cy"]),
        ("TaskQueueName=Nobody", []),
        (f"TaskQueueSid=WQ{NO_SUCH}", []),
        ("Ordering=FriendlyName:desc", ["cy", "bob", "ann"]),
        ("Ordering=DateCreated:asc,FriendlyName:desc", ["ann", "bob", "cy"]),
        ("UnknownFilter=1", ["ann", "bob", "cy"]),
        ("FriendlyName=&ActivitySid=&TaskQueueSid=&Ordering=", ["ann", "bob", "cy"]),
        ("Available=&TargetWorkersExpression=&TaskQueueName=", ["ann", "bob", "cy"]),
    ],
)
async def test_workers(staffed: Centre, query: str, expected: list[str]) -> None:
    query = query.replace("{Offline}", staffed.activities["Offline"])
    assert await names(staffed, "Workers", "workers", query) == expected


async def test_workers_of_a_task_queue(staffed: Centre) -> None:
    queue = await staffed.caller.make(
        f"{staffed.path}/TaskQueues", FriendlyName="Coffee", TargetWorkers='skills HAS "coffee"'
    )
    nobody = await staffed.caller.make(
        f"{staffed.path}/TaskQueues", FriendlyName="Nobody", TargetWorkers=""
    )
    for by, expected in ((queue, ["bob"]), (nobody, [])):
        assert await names(staffed, "Workers", "workers", f"TaskQueueSid={by['sid']}") == expected


async def test_task_queues_by_the_workers_that_they_are_for(staffed: Centre) -> None:
    caller, at = staffed.caller, f"{staffed.path}/TaskQueues"
    await caller.make(at, FriendlyName="Hard", TargetWorkers="level > 2")
    await caller.make(at, FriendlyName="Nobody", TargetWorkers="")
    ann, bob, _ = await caller.every(f"{staffed.path}/Workers", "workers")

    async def queues(query: str) -> list[str]:
        return await names(staffed, "TaskQueues", "task_queues", query)

    assert await queues(f"WorkerSid={ann['sid']}") == ["Everybody", "Hard"]
    assert await queues(f"WorkerSid={bob['sid']}") == ["Everybody"]
    assert await queues(f"WorkerSid=WK{NO_SUCH}") == []
    attributes = quote('{"level": "6"}')
    assert await queues(f"EvaluateWorkerAttributes={attributes}") == ["Everybody", "Hard"]
    assert await queues("FriendlyName=Hard") == ["Hard"]
    assert await queues("Ordering=FriendlyName:desc") == ["Nobody", "Hard", "Everybody"]


async def test_workflows_by_name(centre: Centre) -> None:
    found = await names(centre, "Workflows", "workflows", "FriendlyName=To+everybody")
    assert found == ["To everybody"]
    assert await names(centre, "Workflows", "workflows", "FriendlyName=other") == []


async def test_tasks(centre: Centre) -> None:
    caller, at = centre.caller, centre.path
    other = await caller.make(f"{at}/TaskQueues", FriendlyName="Other", TargetWorkers="")
    configuration = {"task_routing": {"filters": [], "default_filter": {"queue": other["sid"]}}}
    workflow = await caller.make(
        f"{at}/Workflows", FriendlyName="Aside", Configuration=json.dumps(configuration)
    )
    by_default = {"WorkflowSid": centre.workflow["sid"]}
    aside = {"WorkflowSid": workflow["sid"]}
    made: list[dict[str, Any]] = [
        await centre.task(**by_default, Priority="1", Attributes='{"call_sid":"CA1"}'),
        await centre.task(**by_default, Priority="2", VirtualStartTime="2020-01-01T00:00:00Z"),
        await centre.task(**aside, Priority="1"),
        await centre.task(RoutingTarget=other["sid"], Priority="3"),
    ]
    await caller.change(f"{at}/Tasks/{made[2]['sid']}", AssignmentStatus="canceled")
    cases = {
        "": [0, 1, 2, 3],
        "Priority=1": [0, 2],
        "AssignmentStatus=canceled": [2],
        "AssignmentStatus=pending,canceled": [0, 1, 2, 3],
        "AssignmentStatus=canceled&AssignmentStatus=assigned": [2],
        "AssignmentStatus=reserved": [],
        f"WorkflowSid={workflow['sid']}": [2],
        "WorkflowName=To+everybody": [0, 1],
        f"WorkflowName=Aside&WorkflowSid={centre.workflow['sid']}": [],
        f"TaskQueueSid={other['sid']}": [2, 3],
        "TaskQueueName=Everybody": [0, 1],
        f"TaskQueueSid=WQ{NO_SUCH}": [],
        f"RoutingTarget={other['sid']}": [3],
        f"RoutingTarget=WK{NO_SUCH}": [],
        "HasAddons=true": [],
        "HasAddons=false": [0, 1, 2, 3],
        "EvaluateTaskAttributes=" + quote("call_sid == 'CA1'"): [0],
        "Ordering=Priority:desc": [3, 1, 0, 2],
        "Ordering=Priority,VirtualStartTime:desc": [2, 0, 1, 3],
        "Ordering=VirtualStartTime&AssignmentStatus=pending": [1, 0, 3],
        "Ordering=DateCreated:desc": [3, 2, 1, 0],
    }
    for query, expected in cases.items():
        found = await caller.every(f"{at}/Tasks?{query}&PageSize=3", "tasks")
        assert [task["sid"] for task in found] == [made[i]["sid"] for i in expected], query


@pytest.mark.parametrize("by", ["DateCreated", "VirtualStartTime"])
async def test_the_newest_task_comes_first_however_fast_they_came(centre: Centre, by: str) -> None:
    made = await asyncio.gather(*(centre.task() for _ in range(40)))

    async def sids(ordering: str) -> list[str]:
        path = f"{centre.path}/Tasks?Ordering={ordering}&PageSize=7"
        return [task["sid"] for task in await centre.caller.every(path, "tasks")]

    oldest_first = await sids(by)
    assert sorted(oldest_first) == sorted(task["sid"] for task in made)
    assert await sids(f"{by}:desc") == oldest_first[::-1]


async def test_a_start_time_set_by_hand_has_whole_seconds(centre: Centre) -> None:
    late = await centre.task(VirtualStartTime="2020-01-01T00:00:00.900Z")
    early = await centre.task(VirtualStartTime="2020-01-01T02:00:00.100+02:00")
    moved = await centre.task()
    path = f"{centre.path}/Tasks"
    await centre.caller.change(f"{path}/{moved['sid']}", VirtualStartTime="2020-01-01T00:00:00.5")
    found = await centre.caller.every(f"{path}?Ordering=VirtualStartTime", "tasks")
    assert [task["sid"] for task in found] == [late["sid"], early["sid"], moved["sid"]]
    assert {task["virtual_start_time"] for task in found} == {"2020-01-01T00:00:00Z"}


async def test_reservations_by_status_and_worker(centre: Centre) -> None:
    caller, at = centre.caller, centre.path
    ann = await centre.worker("ann")
    task = await centre.task()
    (offer,) = await centre.offers(task)
    of_task = f"{at}/Tasks/{task['sid']}/Reservations"
    of_worker = f"{at}/Workers/{ann['sid']}/Reservations"
    await caller.change(f"{of_task}/{offer['sid']}", ReservationStatus="rejected")
    again = next(o for o in await centre.offers(task) if o["sid"] != offer["sid"])
    for path in (of_task, of_worker):
        for query, expected in {
            "": [offer, again],
            "ReservationStatus=pending": [again],
            "ReservationStatus=rejected": [offer],
            "ReservationStatus=pending,rejected": [offer, again],
            "ReservationStatus=accepted": [],
        }.items():
            found = await caller.every(f"{path}?{query}", "reservations")
            assert [o["sid"] for o in found] == [o["sid"] for o in expected], (path, query)
    assert await caller.every(f"{of_task}?WorkerSid=WK{NO_SUCH}", "reservations") == []
    assert len(await caller.every(f"{of_task}?WorkerSid={ann['sid']}", "reservations")) == 2


@pytest.mark.parametrize(
    ("noun", "query"),
    [
        ("Workers", "ActivitySid=Offline"),
        ("Workers", "TaskQueueSid=WK1"),
        ("Workers", "TargetWorkersExpression=" + quote("skill-level > 3")),
        ("Workers", "Ordering=Age"),
        ("Tasks", "Priority=high"),
        ("Tasks", "AssignmentStatus=waiting"),
        ("Tasks", "WorkflowSid=WQ1"),
        ("Tasks", "RoutingTarget=WK1"),
        ("Tasks", f"RoutingTarget=WA{NO_SUCH}"),
        ("Tasks", "EvaluateTaskAttributes=" + quote("a ==")),
        ("Tasks", "Ordering=DateCreated,VirtualStartTime"),
        ("Tasks", "Ordering=Priority:sideways"),
        ("TaskQueues", "WorkerSid=x"),
        ("TaskQueues", "EvaluateWorkerAttributes=" + quote("a == 1")),
        ("TaskQueues", 'EvaluateWorkerAttributes={"a":' + "[" * 5_000),
        ("TaskQueues", 'EvaluateWorkerAttributes={"a":' + "[" * 101 + "]" * 101 + "}"),
    ],
)
async def test_a_filter_that_cannot_be_read_is_named(centre: Centre, noun: str, query: str) -> None:
    message = (await centre.caller.get(f"{centre.path}/{noun}?{query}")).refused(400, 20001)
    assert query.partition("=")[0] in message
