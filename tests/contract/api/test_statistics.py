"""Statistics over HTTP: what is counted, for whom, and what cannot be asked."""

import json
from pathlib import Path
from typing import Any

import pytest

from taskyard.core.limits import Limits
from taskyard.server.app import running
from taskyard.server.config import Config

from .caller import SID, TOKEN, Caller, Centre, session_of

NOBODY = {"pending": 0, "reserved": 0, "assigned": 0, "wrapping": 0, "completed": 0, "canceled": 0}
NO_WAIT = {"avg": 0, "min": 0, "max": 0, "total": 0}


async def accepted(centre: Centre) -> dict[str, Any]:
    """A task that the one who was offered it has accepted."""
    task = await centre.task()
    (offer,) = await centre.offers(task)
    at = f"{centre.path}/Tasks/{task['sid']}/Reservations/{offer['sid']}"
    await centre.caller.change(at, ReservationStatus="accepted")
    return task


async def statistics(centre: Centre, path: str) -> dict[str, Any]:
    return await centre.caller.see(f"{centre.path}{path}")


async def test_a_task_queue_counts_what_has_just_happened(centre: Centre) -> None:
    ann = await centre.worker("Ann")
    task = await accepted(centre)
    waiting = await centre.task(Priority="7")
    at = f"/TaskQueues/{centre.queue['sid']}"
    found = await statistics(centre, f"{at}/Statistics?SplitByWaitTime=30,5")
    now, past = found["realtime"], found["cumulative"]
    assert now["tasks_by_status"] == NOBODY | {"assigned": 1, "pending": 1}
    assert now["tasks_by_priority"] == {"0": 1, "7": 1}
    assert (now["total_tasks"], now["longest_task_waiting_sid"]) == (2, waiting["sid"])
    assert now["longest_relative_task_sid_in_queue"] == waiting["sid"]
    assert (now["total_eligible_workers"], now["total_available_workers"]) == (1, 1)
    assert {one["sid"]: one["workers"] for one in now["activity_statistics"]} == {
        sid: int(sid == ann["activity_sid"]) for sid in centre.activities.values()
    }
    assert (past["tasks_entered"], past["reservations_created"]) == (2, 1)
    assert past["reservations_accepted"] == 1
    none = {"tasks_canceled": 0, "reservations_accepted": 0}
    split = {"above": none, "below": none | {"reservations_accepted": 1}}
    assert [*past["split_by_wait_time"].items()] == [("30", split), ("5", split)]
    assert past["taskyard"]["service_level"]["5"] == {"of_accepted": 1.0, "of_all": 1.0}
    assert past["taskyard"]["wait_until_accepted"] == {"p50": 0, "p90": 0, "p99": 0}
    await centre.caller.change(
        f"{centre.path}/Tasks/{task['sid']}", AssignmentStatus="completed", Reason="done"
    )
    past = await statistics(centre, f"{at}/CumulativeStatistics")
    assert (past["tasks_completed"], past["split_by_wait_time"]) == (1, None)


async def test_the_workspace_and_the_workflow_count_the_same_tasks(centre: Centre) -> None:
    await centre.worker("Ann")
    await accepted(centre)
    canceled = await centre.task()
    at = f"{centre.path}/Tasks/{canceled['sid']}"
    await centre.caller.change(at, AssignmentStatus="canceled", Reason="gone")
    workspace = await statistics(centre, "/Statistics")
    workflow = await statistics(centre, f"/Workflows/{centre.workflow['sid']}/Statistics")
    assert workspace["cumulative"]["tasks_created"] == 2
    assert workflow["cumulative"]["tasks_entered"] == 2
    for found in (workspace, workflow):
        assert found["cumulative"]["tasks_canceled"] == 1
        assert found["cumulative"]["reservations_accepted"] == 1
        assert found["realtime"]["tasks_by_status"] == NOBODY | {"assigned": 1, "canceled": 1}
        assert found["realtime"]["total_tasks"] == 1
    assert workspace["realtime"]["total_workers"] == 1


async def test_workers_are_counted_together_one_by_one_and_by_their_task_queue(
    centre: Centre,
) -> None:
    ann = await centre.worker("Ann")
    await centre.worker("Bob", "Offline", Attributes='{"team":"night"}')
    night = await centre.caller.make(
        f"{centre.path}/TaskQueues", FriendlyName="Night", TargetWorkers="team == 'night'"
    )
    await accepted(centre)
    everybody = await statistics(centre, "/Workers/Statistics")
    assert everybody["realtime"]["total_workers"] == 2
    assert everybody["cumulative"]["reservations_accepted"] == 1
    for query in (
        f"TaskQueueSid={night['sid']}",
        "TaskQueueName=Night",
        "FriendlyName=Bob",
        "FriendlyName=Bob&TaskQueueName=Night",
    ):
        some = await statistics(centre, f"/Workers/Statistics?{query}")
        assert some["realtime"]["total_workers"] == 1
        assert some["cumulative"]["reservations_accepted"] == 0
    nobody = await statistics(centre, "/Workers/Statistics?FriendlyName=Ann&TaskQueueName=Night")
    assert nobody["realtime"]["total_workers"] == 0
    one = await statistics(centre, f"/Workers/{ann['sid']}/Statistics")
    assert one["cumulative"]["reservations_accepted"] == 1
    durations = one["cumulative"]["activity_durations"]
    assert [row["sid"] for row in durations] == [*centre.activities.values()]


async def test_occupancy_is_handling_time_as_a_share_of_it_and_of_available_time(
    centre: Centre,
) -> None:
    ann = await centre.worker("Ann")
    await accepted(centre)
    await centre.worker("Bob")
    await centre.worker("Off", "Offline")
    seen: dict[str, Any] = {}
    # Ann's share only grows from here on: everybody's is read before it.
    for query in ("", "FriendlyName=Ann", "FriendlyName=Bob", "FriendlyName=Off"):
        found = await statistics(centre, f"/Workers/Statistics?{query}")
        seen[query[-3:]] = found["cumulative"]["taskyard"]
    assert seen["Ann"]["occupancy"] > 0
    assert seen["Bob"]["occupancy"] in (0, None)
    assert seen["Off"] == {"occupancy": None, "handling_time": 0, "available_time": 0}
    assert 0 < seen[""]["occupancy"] <= seen["Ann"]["occupancy"]
    before = ann["date_created"][:11] + "00:00:00Z"
    for path in (f"/Workers/{ann['sid']}/Statistics", "/Workers/CumulativeStatistics"):
        past = await statistics(centre, f"{path}?EndDate={before}")
        past = past.get("cumulative", past)
        assert past["taskyard"] == {"occupancy": None, "handling_time": 0, "available_time": 0}


async def test_a_task_channel_is_counted_alone_by_its_sid_or_name(centre: Centre) -> None:
    await centre.task(TaskChannel="voice")
    await centre.task(TaskChannel="chat")
    channels = await centre.caller.every(f"{centre.path}/TaskChannels", "channels")
    voice = next(one["sid"] for one in channels if one["unique_name"] == "voice")
    for name in ("voice", voice):
        found = await statistics(centre, f"/Statistics?TaskChannel={name}")
        assert found["realtime"]["total_tasks"] == 1
        assert found["cumulative"]["tasks_created"] == 1
    assert (await statistics(centre, "/Statistics"))["cumulative"]["tasks_created"] == 2


async def test_the_list_has_every_task_queue_in_order_and_in_pages(centre: Centre) -> None:
    second = await centre.caller.make(f"{centre.path}/TaskQueues", FriendlyName="Second")
    await centre.task()
    at = f"{centre.path}/TaskQueues/Statistics"
    items = await centre.caller.every(f"{at}?PageSize=1&Minutes=5", "task_queues_statistics")
    assert [one["task_queue_sid"] for one in items] == [centre.queue["sid"], second["sid"]]
    assert [one["cumulative"]["tasks_entered"] for one in items] == [1, 0]
    (only,) = await centre.caller.every(f"{at}?FriendlyName=Second", "task_queues_statistics")
    assert only["task_queue_sid"] == second["sid"]


def queues(*sids: object, name: str = "queueSids") -> str:
    return json.dumps({name: sids})


async def test_several_task_queues_are_shown_at_once_unknown_ones_as_zeros(centre: Centre) -> None:
    await centre.task()
    known, unknown = centre.queue["sid"], "WQ" + "f" * 32
    at = f"{centre.path}/TaskQueues/RealTimeStatistics"
    for name in ("queueSids", "QueueSids", "TaskQueueSids"):
        for reply in (
            await centre.caller.post(
                at, queues(unknown, known, known, name=name), Content_Type="application/json"
            ),
            await centre.caller.post(at, [(name, f"{unknown},{known}")]),
        ):
            found = reply.expect(200)
            assert found["task_queue_response_count"] == 2
            first, second = found["task_queue_data"]
            assert (first["task_queue_sid"], second["task_queue_sid"]) == (unknown, known)
            assert (first["total_tasks"], second["total_tasks"]) == (0, 1)
            assert first["tasks_by_status"] == NOBODY
            assert (first["activity_statistics"], first["longest_task_waiting_sid"]) == ([], None)


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ("{}", "QueueSids must be from 1 to 50 SIDs, not 0"),
        (queues(*(f"WQ{n:032x}" for n in range(51))), "from 1 to 50 SIDs, not 51"),
        (queues("WQ1"), "QueueSids must be SIDs that begin with WQ, not 'WQ1'"),
        (queues(7), "QueueSids must be SIDs that begin with WQ, not '7'"),
        ('{"queueSids": "WQ"}', "QueueSids must be a list of SIDs"),
        ('{"queueSids": [', "the body is not valid JSON"),
        ('{"queueSids":' * 5_000, "the body is nested more than 100 deep"),
        (queues("\ud800"), "the body is not valid JSON"),
        (b'{"queueSids":["\xff"]}', "the body is not valid UTF-8"),
    ],
)
async def test_a_bulk_call_that_cannot_be_understood_is_refused(
    centre: Centre, body: str | bytes, said: str
) -> None:
    at = f"{centre.path}/TaskQueues/RealTimeStatistics"
    reply = await centre.caller.post(at, body, Content_Type="application/json")
    assert said in reply.refused(400, 20001)


@pytest.mark.parametrize(
    ("query", "said"),
    [
        ("Minutes=0", "Minutes must be from 1 to 43200, not 0"),
        ("Minutes=43201", "Minutes must be from 1 to 43200, not 43201"),
        ("Minutes=some", "Minutes must be a whole number, not 'some'"),
        ("Minutes=5&EndDate=2026-01-01", "Minutes cannot be combined"),
        ("StartDate=yesterday", "StartDate must be an ISO 8601 date"),
        ("EndDate=2026-13-01", "EndDate must be an ISO 8601 date"),
        ("StartDate=2099-01-02&EndDate=2099-01-01", "StartDate must not be after EndDate"),
        ("TaskChannel=telepathy", "TaskChannel must be the SID or unique name"),
        ("SplitByWaitTime=-5", "SplitByWaitTime must be whole seconds with commas"),
        ("SplitByWaitTime=1.5", "SplitByWaitTime must be whole seconds with commas"),
        ("SplitByWaitTime=5,,30", "SplitByWaitTime must be whole seconds with commas"),
        ("SplitByWaitTime=" + ",".join(map(str, range(101))), "at most 100 thresholds"),
    ],
)
async def test_a_window_that_cannot_be_is_refused_everywhere(
    centre: Centre, query: str, said: str
) -> None:
    for path in (
        "/CumulativeStatistics",
        "/Statistics",
        f"/Workflows/{centre.workflow['sid']}/CumulativeStatistics",
        f"/TaskQueues/{centre.queue['sid']}/Statistics",
        "/TaskQueues/Statistics",
    ):
        reply = await centre.caller.get(f"{centre.path}{path}?{query}")
        assert said in reply.refused(400, 20001)


@pytest.mark.parametrize("query", ["StartDate=2020-01-01", "EndDate=2020-01-01T00:00:00Z"])
async def test_a_window_that_begins_too_long_ago_is_refused_everywhere_with_its_own_code(
    centre: Centre, query: str
) -> None:
    ann = await centre.worker("Ann")
    for path in (
        "/CumulativeStatistics",
        "/Statistics",
        f"/Workflows/{centre.workflow['sid']}/Statistics",
        f"/TaskQueues/{centre.queue['sid']}/CumulativeStatistics",
        "/TaskQueues/Statistics",
        "/Workers/Statistics",
        "/Workers/CumulativeStatistics",
        f"/Workers/{ann['sid']}/Statistics",
    ):
        reply = await centre.caller.get(f"{centre.path}{path}?{query}")
        said = reply.refused(400, 14241)
        assert said == "StartDate must be no more than 43200 minutes ago"


async def test_what_workers_cannot_be_asked_is_refused_in_one_sentence(centre: Centre) -> None:
    ann = await centre.worker("Ann")
    for query, said in (
        ("Minutes=1.5", "Minutes must be a whole number, not '1.5'"),
        ("Minutes=-1", "Minutes must be from 1 to 43200, not -1"),
        ("StartDate=2099-01-01", "StartDate must not be after EndDate, or after now"),
        ("EndDate=soon", "EndDate must be an ISO 8601 date"),
        ("Minutes=5&StartDate=2099-01-01", "Minutes cannot be combined"),
        ("TaskChannel=telepathy", "TaskChannel must be the SID or unique name"),
    ):
        for path in (
            "/Workers/Statistics",
            "/Workers/CumulativeStatistics",
            f"/Workers/{ann['sid']}/Statistics",
        ):
            reply = await centre.caller.get(f"{centre.path}{path}?{query}")
            assert said in reply.refused(400, 20001)
    reply = await centre.caller.get(f"{centre.path}/Workers/Statistics?TaskQueueSid=WQ1")
    assert "TaskQueueSid" in reply.refused(400, 20001)


async def test_a_task_channel_that_is_not_there_has_no_real_time_statistics(
    centre: Centre,
) -> None:
    for path in (
        "/RealTimeStatistics",
        f"/Workflows/{centre.workflow['sid']}/RealTimeStatistics",
        f"/TaskQueues/{centre.queue['sid']}/RealTimeStatistics",
        "/Workers/RealTimeStatistics",
    ):
        ignored = "Minutes=none&StartDate=yesterday"
        reply = await centre.caller.get(f"{centre.path}{path}?TaskChannel=x&{ignored}")
        assert "TaskChannel must be the SID or unique name" in reply.refused(400, 20001)
        (await centre.caller.get(f"{centre.path}{path}?{ignored}")).expect(200)


@pytest.mark.parametrize(
    "path",
    [
        "/TaskQueues/WQ00000000000000000000000000000000/Statistics",
        "/TaskQueues/WQ00000000000000000000000000000000/RealTimeStatistics",
        "/TaskQueues/WQ00000000000000000000000000000000/CumulativeStatistics",
        "/Workflows/WW00000000000000000000000000000000/Statistics",
        "/Workflows/WW00000000000000000000000000000000/RealTimeStatistics",
        "/Workflows/WW00000000000000000000000000000000/CumulativeStatistics",
        "/Workers/WK00000000000000000000000000000000/Statistics",
    ],
)
async def test_what_is_not_there_has_no_statistics(centre: Centre, path: str) -> None:
    (await centre.caller.get(f"{centre.path}{path}")).refused(404, 20404)


async def test_a_workspace_that_is_not_there_has_none_either(caller: Caller) -> None:
    nowhere = "/Workspaces/WS" + "0" * 32
    for path in ("/Statistics", "/RealTimeStatistics", "/Workers/CumulativeStatistics"):
        (await caller.get(nowhere + path)).refused(404, 20404)


async def test_a_window_in_the_past_has_nothing_of_now_and_thresholds_stay_as_sent(
    centre: Centre,
) -> None:
    await centre.task()
    past = await statistics(
        centre, "/CumulativeStatistics?SplitByWaitTime=%2005%20,5,05&Minutes=43200"
    )
    assert [*past["split_by_wait_time"]] == ["05", "5"]
    assert past["wait_duration_until_accepted"] == NO_WAIT
    end = past["end_time"]
    before = await statistics(centre, f"/CumulativeStatistics?EndDate={end[:11]}00:00:00Z")
    assert before["tasks_created"] == 0
    assert before["end_time"] == f"{end[:11]}00:00:00Z"


async def test_what_a_deleted_task_queue_counted_stays_with_the_workspace(centre: Centre) -> None:
    second = await centre.caller.make(f"{centre.path}/TaskQueues", FriendlyName="Second")
    rules = {"task_routing": {"filters": [], "default_filter": {"queue": second["sid"]}}}
    flow = await centre.caller.make(
        f"{centre.path}/Workflows", FriendlyName="To it", Configuration=json.dumps(rules)
    )
    task = await centre.task(WorkflowSid=flow["sid"])
    await centre.caller.delete(f"{centre.path}/Tasks/{task['sid']}")
    await centre.caller.delete(f"{centre.path}/Workflows/{flow['sid']}")
    await centre.caller.delete(f"{centre.path}/TaskQueues/{second['sid']}")
    past = await statistics(centre, "/CumulativeStatistics")
    assert (past["tasks_created"], past["tasks_deleted"]) == (1, 1)


async def test_an_operator_may_bound_of_how_many_workers_statistics_are(tmp_path: Path) -> None:
    config = Config(
        database=f"sqlite:///{tmp_path}/taskyard.db",
        port=0,
        account_sid=SID,
        auth_token=TOKEN,
        limits=Limits(max_workers_for_statistics=1),
    )
    async with running(config) as server, session_of(SID, TOKEN) as session:
        centre = await Centre(Caller(server.url, session)).open()
        ann = await centre.worker("Ann")
        paths = [f"/Workers/{kind}Statistics" for kind in ("", "RealTime", "Cumulative")]
        for path in paths:
            await statistics(centre, path)
        await centre.worker("Bob")
        for path in paths:
            said = (await centre.caller.get(centre.path + path)).refused(400, 20001)
            assert said == "statistics are of at most 1 workers, and there are 2"
        await statistics(centre, "/Workers/Statistics?FriendlyName=Bob")
        await statistics(centre, f"/Workers/{ann['sid']}/Statistics")
