"""What is asked over the wire, and what becomes of the answers."""

from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest

from sdk_members import members
from taskyard import ApiError, ClientClosed, TaskyardError
from taskyard.client import models

from .faces import Face, done
from .wire import WA, WK, WQ, WR, WS, WT, Wire, page, reservation, task, task_queue, token

QUEUE = f"/TaskQueues/{WQ}"


@pytest.fixture
def queue(face: Face) -> Any:
    return face.make("TaskQueue", token(WQ))


async def test_what_is_read_has_python_values_and_keeps_what_nobody_knows(queue: Any) -> None:
    fetched = await done(queue.fetch())
    assert fetched is queue
    assert isinstance(queue, models.TaskQueue)
    assert queue.max_reserved_workers == 1
    assert queue.date_created == datetime(2026, 1, 5, 9, 15, tzinfo=UTC)
    assert queue.assignment_activity_sid is None
    assert set(queue["novelty"]) == {"start_time"}
    assert "url" not in queue


async def test_attributes_are_the_programs_own_words(face: Face) -> None:
    worker = await done(face.make("Worker", token(WK)).fetch())
    assert worker.attributes == {"skills": ["cake"], "start_time": 5}
    assert worker.date_status_changed == datetime(2026, 1, 5, 9, 15, tzinfo=UTC)


async def test_a_value_that_did_not_come_is_said_to_be_missing(queue: Any) -> None:
    with pytest.raises(AttributeError, match="fetch"):
        _ = queue.friendly_name
    with pytest.raises(AttributeError, match="update"):
        queue.friendly_name = "Bread"


@pytest.mark.parametrize(
    ("positional", "named", "sent"),
    [
        (("MaxReservedWorkers", "20"), {}, {"MaxReservedWorkers": "20"}),
        (({"MaxReservedWorkers": 20},), {}, {"MaxReservedWorkers": "20"}),
        (({"friendly_name": "A"},), {}, {"FriendlyName": "A"}),
        ((), {"max_reserved_workers": 20, "task_order": None}, {"MaxReservedWorkers": "20"}),
    ],
)
async def test_update_takes_all_its_forms_and_refreshes_the_client(
    wire: Wire, queue: Any, positional: Any, named: Any, sent: dict[str, str]
) -> None:
    wire.answer("POST", QUEUE, task_queue(max_reserved_workers=20))
    assert await done(queue.update(*positional, **named)) is queue
    (envelope,) = wire.asked("POST", QUEUE)
    assert envelope["params"] == sent
    assert queue.max_reserved_workers == 20


@pytest.mark.parametrize("wrong", [(), ("MaxReservedWorkers",), ("Max", 20), (7,), ({}, 3)])
async def test_update_refuses_what_is_none_of_its_forms(queue: Any, wrong: Any) -> None:
    with pytest.raises(TypeError, match="update takes"):
        await done(queue.update(*wrong))


async def test_an_update_leaves_the_callers_mapping_as_it_was(wire: Wire, face: Face) -> None:
    wire.answer("POST", f"/Workers/{WK}", {"sid": WK})
    given = {"Attributes": {"skills": ["bread"]}}
    await done(face.make("Worker", token(WK)).update(given))
    assert given == {"Attributes": {"skills": ["bread"]}}
    (envelope,) = wire.asked("POST", f"/Workers/{WK}")
    assert envelope["params"] == {"Attributes": '{"skills":["bread"]}'}


async def test_a_callback_is_told_the_result_or_the_error_and_nothing_is_raised(
    wire: Wire, queue: Any
) -> None:
    told: list[tuple[TaskyardError | None, Any]] = []

    def callback(error: TaskyardError | None, result: Any) -> None:
        told.append((error, result))

    wire.answer("POST", QUEUE, task_queue(), (400, {"code": 20001, "message": "no"}))
    wire.answer("DELETE", QUEUE, (204, ""))
    await done(queue.update("FriendlyName", "Cakes", callback))
    await done(queue.update({"FriendlyName": ""}, callback))
    await done(queue.delete(callback))
    (good, bad, gone) = told
    assert good == (None, queue)
    assert isinstance(bad[0], ApiError)
    assert bad[1] is None
    assert gone == (None, None)


async def test_a_refusal_says_all_that_the_server_said(wire: Wire, queue: Any) -> None:
    body = {"code": 20001, "message": "MaxReservedWorkers is 99", "more_info": "https://more"}
    wire.answer("POST", QUEUE, (400, body))
    with pytest.raises(ApiError) as refusal:
        await done(queue.update(max_reserved_workers=99))
    error = refusal.value
    assert (error.status, error.code, error.message) == (400, 20001, "MaxReservedWorkers is 99")
    assert error.more_info == "https://more"
    assert str(error) == "MaxReservedWorkers is 99 (400, code 20001)"


async def test_a_refusal_without_words_is_named_after_its_status(wire: Wire, queue: Any) -> None:
    wire.answer("POST", QUEUE, (403, "<html>"))
    with pytest.raises(ApiError, match="Forbidden") as refusal:
        await done(queue.update(max_reserved_workers=2))
    assert refusal.value.code is None


async def test_statistics_are_asked_for_with_their_parameters(wire: Wire, queue: Any) -> None:
    wire.answer(
        "GET",
        f"{QUEUE}/Statistics",
        {
            "task_queue_sid": WQ,
            "cumulative": {"start_time": "2026-01-05T09:00:00Z", "tasks_entered": 4},
            "realtime": {"total_tasks": 2, "tasks_by_status": {"pending": 2}},
        },
    )
    begin = datetime(2026, 1, 5, 10, 0, tzinfo=timezone(timedelta(hours=1)))
    without_zone = datetime.fromisoformat("2026-01-05T09:30:00")
    counted = await done(
        queue.statistics.fetch(start_date=begin, split_by_wait_time=[5, 30], end_date=without_zone)
    )
    assert counted.cumulative.tasks_entered == 4
    assert counted.cumulative.start_time == datetime(2026, 1, 5, 9, 0, tzinfo=UTC)
    assert counted.realtime.tasks_by_status == {"pending": 2}
    (envelope,) = wire.asked("GET", f"{QUEUE}/Statistics")
    assert envelope["params"] == {
        "StartDate": "2026-01-05T09:00:00Z",
        "EndDate": "2026-01-05T09:30:00Z",
        "SplitByWaitTime": "5,30",
    }


async def test_the_other_statistics_are_flat(wire: Wire, queue: Any) -> None:
    wire.answer("GET", f"{QUEUE}/CumulativeStatistics", {"reservations_accepted": 3})
    wire.answer("GET", f"{QUEUE}/RealTimeStatistics", {"total_available_workers": 2})
    cumulative = await done(queue.cumulative_stats.fetch(minutes=60))
    assert cumulative.reservations_accepted == 3
    assert (await done(queue.realtime_stats.fetch())).total_available_workers == 2
    (envelope,) = wire.asked("GET", f"{QUEUE}/CumulativeStatistics")
    assert envelope["params"] == {"Minutes": "60"}


async def test_a_list_is_gone_through_page_by_page(wire: Wire, face: Face) -> None:
    workspace = face.make("Workspace", token(WS))
    second = f"{wire.url}/v1/Workspaces/{WS}/Tasks?PageToken=b&Page=1"
    wire.answer("GET", "/Tasks", page("tasks", [task("WT" + "a" * 32)], second))
    wire.answer("GET", "/Tasks?PageToken=b&Page=1", page("tasks", [task("WT" + "b" * 32)]))
    tasks = await face.every(workspace.tasks)
    assert [one.sid[2] for one in tasks] == ["a", "b"]
    first = await done(workspace.tasks.fetch(assignment_status=["pending", "reserved"]))
    assert first.has_next
    assert not first.has_previous
    assert wire.asked("GET", "/Tasks")[-1]["params"] == {"AssignmentStatus": "pending,reserved"}
    last = await done(first.next())
    with pytest.raises(LookupError, match="last page"):
        await done(last.next())


async def test_a_collection_creates_fetches_changes_and_deletes(wire: Wire, face: Face) -> None:
    workspace = face.make("Workspace", token(WS))
    wire.answer("POST", "/Tasks", (201, {"payload": task()}))
    wire.answer("GET", f"/Tasks/{WT}", task(priority=1))
    wire.answer("POST", f"/Tasks/{WT}", task(priority=2))
    wire.answer("DELETE", f"/Tasks/{WT}", (200, {"payload": None}))
    made = await done(workspace.tasks.create(attributes={"tiers": 3}, ignore_capacity=True))
    assert made.attributes == {"tiers": 3}
    assert wire.asked("POST", "/Tasks")[0]["params"] == {
        "Attributes": '{"tiers":3}',
        "IgnoreCapacity": "true",
    }
    assert (await done(workspace.tasks.fetch(WT))).priority == 1
    assert (await done(workspace.tasks.update(WT, "Priority", "2"))).priority == 2
    assert await done(workspace.tasks.delete(WT)) is None
    assert len(wire.asked("DELETE", f"/Tasks/{WT}")) == 1


async def test_what_an_unknown_sid_begins_is_still_a_resource(wire: Wire, face: Face) -> None:
    workspace = face.make("Workspace", token(WS))
    wire.answer("GET", "/Tasks", page("tasks", [{"sid": "ZZ1", "colour": "red"}]))
    (strange,) = await done(workspace.tasks.fetch())
    assert strange["colour"] == "red"


INSTRUCTIONS = [
    ("accept", (), {}, {"ReservationStatus": "accepted"}),
    ("reject", (), {}, {"ReservationStatus": "rejected"}),
    ("reject", (WA,), {}, {"ReservationStatus": "rejected", "WorkerActivitySid": WA}),
    ("wrap", (), {}, {"ReservationStatus": "wrapping"}),
    ("complete", (), {}, {"ReservationStatus": "completed"}),
    (
        "dequeue",
        ("+1",),
        {"timeout": 5, "status_callback_events": ["start", "end"]},
        {
            "Instruction": "dequeue",
            "DequeueFrom": "+1",
            "DequeueTimeout": "5",
            "DequeueStatusCallbackEvent": ["start", "end"],
        },
    ),
    (
        "call",
        ("+1", "https://u"),
        {"accept": True},
        {"Instruction": "call", "CallFrom": "+1", "CallUrl": "https://u", "CallAccept": "true"},
    ),
    (
        "redirect",
        ("CA1", "https://u"),
        {"accept": "true"},
        {
            "Instruction": "redirect",
            "RedirectCallSid": "CA1",
            "RedirectUrl": "https://u",
            "RedirectAccept": "true",
        },
    ),
    (
        "conference",
        ("+1",),
        {"options": {"From": "+2"}, "end_conference_on_exit": True},
        {"Instruction": "conference", "From": "+2", "EndConferenceOnExit": "true"},
    ),
]


@pytest.mark.parametrize(("name", "positional", "named", "sent"), INSTRUCTIONS)
async def test_an_answer_to_an_offer_is_sent_with_its_parameters(
    wire: Wire, face: Face, name: str, positional: Any, named: Any, sent: Any
) -> None:
    path = f"/Tasks/{WT}/Reservations/{WR}"
    wire.answer("GET", f"/Workers/{WK}/Reservations", page("reservations", [reservation()]))
    wire.answer("GET", f"/Tasks/{WT}", task())
    wire.answer("POST", path, reservation(reservation_status="accepted"))
    worker = face.make("Worker", token(WK))
    (offered,) = await done(worker.fetch_reservations())
    assert offered.task.attributes == {"tiers": 3}
    answered = await done(getattr(offered, name)(*positional, **named))
    assert answered is offered
    assert offered.reservation_status == "accepted"
    assert wire.asked("POST", path)[0]["params"] == sent


async def test_reject_takes_a_callback_in_the_first_place(wire: Wire, face: Face) -> None:
    wire.answer("GET", f"/Workers/{WK}/Reservations", page("reservations", [reservation()]))
    told: list[Any] = []
    (offered,) = await done(face.make("Worker", token(WK)).fetch_reservations())
    assert offered.task.sid == WT  # its task may not be read: the sid is all there is
    await done(offered.reject(lambda error, _: told.append(error.status)))
    assert told == [404]


async def test_a_worker_changes_and_completes_tasks(wire: Wire, face: Face) -> None:
    wire.answer("POST", f"/Tasks/{WT}", task(assignment_status="completed"))
    worker = face.make("Worker", token(WK))
    await done(worker.update_task(WT, {"Attributes": {"tiers": 4}}))
    completed = await done(worker.complete_task(WT, "eaten"))
    assert completed.assignment_status == "completed"
    await done(completed.complete("again"))
    assert [one["params"] for one in wire.asked("POST", f"/Tasks/{WT}")] == [
        {"Attributes": '{"tiers":4}'},
        {"AssignmentStatus": "completed", "Reason": "eaten"},
        {"AssignmentStatus": "completed", "Reason": "again"},
    ]


@pytest.mark.parametrize(
    ("kind", "channel"), [("TaskQueue", WQ), ("Worker", WK), ("Workspace", WS)]
)
async def test_every_published_name_of_a_client_is_understood_too(
    face: Face, kind: str, channel: str
) -> None:
    client = face.make(kind, token(channel))
    listening = [("addListener", "on"), ("removeListener", "off"), ("removeAllListeners", "off")]
    for published, own in [*members()[kind], *listening]:
        one, other = getattr(client, published), getattr(client, own)
        assert one == other or type(one) is type(other), published
    await done(client.disconnect())
    with pytest.raises(ClientClosed):
        await done(client.fetch())


async def test_properties_and_pages_are_understood_by_their_published_names(
    wire: Wire, face: Face
) -> None:
    wire.answer("GET", "/TaskQueues", page("task_queues", [task_queue(max_reserved_workers=3)]))
    listed = await done(face.make("Workspace", token(WS)).taskqueues.fetch())
    assert (listed.hasNext, listed.pageSize) == (False, 50)
    (queue,) = listed
    assert (queue.maxReservedWorkers, queue.friendlyName) == (3, "Cakes")
    with pytest.raises(AttributeError, match="no attribute"):
        _ = queue.maxReservedTasks
    with pytest.raises(AttributeError, match="no task_order yet"):
        _ = queue.taskOrder


async def test_a_callback_may_come_where_the_published_methods_have_it(
    wire: Wire, face: Face
) -> None:
    statistics = {"total_tasks": 7}
    wire.answer("GET", f"/Workers/{WK}/Reservations", page("reservations", [reservation()]))
    wire.answer("GET", f"/Tasks/{WT}", task())
    wire.answer("POST", f"/Tasks/{WT}", task(assignment_status="completed"))
    wire.answer("GET", "/Activities", page("activities", []))
    wire.answer("GET", f"{QUEUE}/RealTimeStatistics", statistics)
    told: list[Any] = []

    def callback(error: TaskyardError | None, result: Any) -> None:
        assert error is None
        told.append(result)

    worker = face.make("Worker", token(WK))
    await done(worker.fetch_reservations(callback, {"ReservationStatus": "pending"}))
    await done(worker.activities.fetch(callback))
    await done(worker.complete_task(WT, callback, "eaten"))
    await done(told[0][0].task.complete(callback))
    await done(told[0][0].task.complete("again", callback))
    await done(face.make("TaskQueue", token(WQ)).realtimeStats.fetch(callback))
    assert len(told) == 6
    (asked,) = wire.asked("GET", f"/Workers/{WK}/Reservations")
    assert asked["params"] == {"ReservationStatus": "pending"}
    reasons = [one["params"].get("Reason") for one in wire.asked("POST", f"/Tasks/{WT}")]
    assert reasons == ["eaten", None, "again"]
    assert told[-1].totalTasks == 7
