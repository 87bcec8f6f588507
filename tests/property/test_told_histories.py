"""Short histories that the core and the twin once disagreed on, told by hand."""

import json
from typing import Any

from property.trial import Step, play
from taskyard.core import commands as ask

OFFLINE, AVAILABLE = (f"WA{n:032x}" for n in (1, 2))
ANN, BOB = (f"WK{n:032x}" for n in (1, 2))
SALES = f"WQ{1:032x}"


def offer(number: int) -> str:
    return f"WR{number:032x}"


def workspace(*, multi_task_enabled: bool = True) -> Step:
    command = ask.CreateWorkspace(
        account_sid="AC" + "0" * 32,
        friendly_name="Desk",
        multi_task_enabled=multi_task_enabled,
    )
    return Step(0, command)


def queue() -> Step:
    return Step(0, ask.CreateTaskQueue(friendly_name="Sales"))


def worker(name: str, activity_sid: str = OFFLINE) -> Step:
    return Step(0, ask.CreateWorker(friendly_name=name, activity_sid=activity_sid))


def workflow(
    *targets: dict[str, Any], default: dict[str, Any] | None = None, timeout_s: int = 120
) -> Step:
    filters = [{"expression": "1==1", "targets": list(targets)}] if targets else []
    routing: dict[str, Any] = {"filters": filters}
    if default is not None:
        routing["default_filter"] = default
    command = ask.CreateWorkflow(
        friendly_name="Main",
        configuration=json.dumps({"task_routing": routing}),
        task_reservation_timeout_s=timeout_s,
    )
    return Step(0, command)


def test_two_who_become_free_in_one_look_at_the_clock_are_both_offered_what_waits() -> None:
    play(
        [
            workspace(),
            queue(),
            worker("Ann"),
            worker("Bob"),
            workflow(default={"queue": SALES, "expression": "worker.team == task.team"}),
            Step(0, ask.UpdateWorkspace(timeout_activity_sid=AVAILABLE)),
            Step(0, ask.CreateTask()),
            Step(0, ask.CreateTask()),
            Step(1000, ask.CreateTask(routing_target=ANN)),
            Step(1000, ask.CreateTask(routing_target=BOB)),
            Step(200_000),
        ]
    )


def test_the_clock_of_a_step_goes_on_while_the_task_is_reserved() -> None:
    play(
        [
            workspace(),
            queue(),
            worker("Ann", AVAILABLE),
            workflow({"queue": SALES, "timeout": 60}, {"priority": 5}),
            Step(0, ask.CreateTask()),
            Step(70_000),
            Step(75_000, ask.CreateTask()),
            # its step has an earlier end than anything else when the core looks at its clocks
            Step(75_000, ask.DeleteTask(task_sid=f"WT{1:032x}")),
            Step(80_000, ask.RejectReservation(reservation_sid=offer(1))),
            Step(
                81_000,
                ask.RejectReservation(reservation_sid=offer(2), worker_activity_sid=OFFLINE),
            ),
            Step(140_000),
        ]
    )


def test_a_time_of_day_that_came_while_nobody_waited_is_seen_by_the_next_task() -> None:
    only_later = {"queue": SALES, "expression": "taskrouter.currentMin > 0", "timeout": 1}
    play(
        [
            workspace(),
            queue(),
            worker("Ann", AVAILABLE),
            workflow(only_later),
            Step(0, ask.CreateTask()),
            Step(1000),
            Step(90_000, ask.CreateTask()),
        ]
    )


def test_priority_counts_between_task_channels_in_single_tasking() -> None:
    play(
        [
            workspace(multi_task_enabled=False),
            queue(),
            worker("Ann", AVAILABLE),
            workflow(default={"queue": SALES}, timeout_s=10),
            Step(0, ask.UpdateWorkspace(timeout_activity_sid=AVAILABLE)),
            Step(0, ask.CreateTask(task_channel="voice", priority=1)),
            Step(5000, ask.CreateTask(task_channel="chat", priority=5)),
            Step(6000, ask.CreateTask(priority=3)),
            Step(10_000),
            Step(12_000, ask.RejectReservation(reservation_sid=offer(2))),
            Step(13_000, ask.AcceptReservation(reservation_sid=offer(3))),
            Step(14_000, ask.CompleteReservation(reservation_sid=offer(3))),
        ]
    )


def test_a_task_that_is_offered_again_leaves_those_behind_it_in_sight() -> None:
    play(
        [
            workspace(),
            queue(),
            worker("Ann"),
            worker("Bob"),
            workflow(default={"queue": SALES}),
            Step(0, ask.CreateTask(task_channel="chat")),
            Step(1000, ask.CreateTask(priority=5)),
            Step(2000, ask.CreateTask(task_channel="chat")),
            Step(3000, ask.UpdateWorker(worker_sid=BOB, activity_sid=AVAILABLE)),
            Step(3000, ask.RejectReservation(reservation_sid=offer(2))),
            Step(4000, ask.UpdateWorker(worker_sid=ANN, activity_sid=AVAILABLE)),
        ]
    )
