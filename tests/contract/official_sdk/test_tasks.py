"""What a worker does to tasks."""

from .conftest import Play
from .players import Office
from .test_reservations import refusals


def test_a_worker_changes_wraps_up_and_completes_its_task(office: Office, play: Play) -> None:
    office.hire("alice")
    told = play("completes_its_task")
    shown = [one for one in told if one[0] != "alice's task updated"]
    assert shown == [
        ["alice accepted", ["accepted", "assigned"]],
        ["attributes", {"sugar": 2}, 1],
        ["started", "2026-01-05T09:15:00.000Z"],
        [
            "future",
            "Request failed with status code 400. VirtualStartTime must not be in the future",
        ],
        ["wrapUp", "wrapping", "notes"],
        ["alice wrapup", ["wrapping", "assigned"]],
        ["alice's task wrapup", "wrapping"],
        ["complete", "completed", "served"],
        ["alice's task completed", "completed"],
        ["alice completed", ["completed", "completed"]],
        ["left", 0],
    ]
    assert told.count(["alice's task updated", "assigned"]) == 2


def test_a_worker_makes_tasks_for_itself(office: Office, play: Play) -> None:
    office.hire("alice")
    chat = office.centre.workspace.task_channels("chat").fetch()
    told = play("makes_tasks", channel=chat.sid)
    numbers = {"outbound_to": "+15550001", "from": "+15550002"}
    assert told[:6] == [
        ["plain", numbers, "default"],
        ["routed", True, office.workflow, office.queue],
        ["by name", {"product": "tea", **numbers}, "chat"],
        ["by sid", numbers, "chat"],
        ["late", numbers, "default"],
        ["started", "2026-01-05T09:15:00Z"],
    ]
    said = refusals(told[6:])
    for message in said.values():
        assert message.startswith("Request failed with status code 400. ")
    # Pages look for one of these texts, by the release that they were written for.
    value, invalid = "Value 'nonsense' provided for WorkflowSid", "has an invalid format"
    where = f"WorkspaceSid: {office.centre.sid}, AccountSid: "
    assert f"{value} {invalid}" in said["workflow"]
    assert f"{value} as RoutingTarget {invalid}. {where}" in said["workflow"]
    assert "TaskQueueSid" in said["queue"]
    assert "future" in said["future"]


def test_a_task_that_is_meant_for_a_worker_ends_when_the_worker_declines(
    office: Office, play: Play
) -> None:
    office.hire("alice")
    told = play("is_meant_and_declines")
    assert told[:2] == [["meant", True], ["alice rejected", ["rejected", "pending"]]]
    # It never held the task, and so has no more to do with it.
    assert told[2][1].startswith("Request failed with status code 403. ")
    (task,) = office.centre.workspace.tasks.list()
    assert task.assignment_status == "canceled"


def test_a_worker_hears_of_a_task_that_was_meant_for_it_and_never_offered(
    office: Office, play: Play
) -> None:
    office.hire("alice", "Offline")
    assert play("is_meant_and_never_there") == [["failed", True, {"product": "tea"}]]
