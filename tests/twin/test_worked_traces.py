"""The ten traces that the reference works through, one test each."""

import json
from typing import Any

from taskyard.core import commands as ask
from taskyard.core.ids import counting_mint
from twin.things import Task
from twin.twin import Twin

FELL_OUT = "Task canceled on Workflow timeout"
OFFLINE, AVAILABLE = (f"WA{n:032x}" for n in (1, 2))
Q1, Q2, Q3, D = (f"WQ{n:032x}" for n in (1, 2, 3, 4))
WORKER, TASK, OFFER = (f"{prefix}{1:032x}" for prefix in ("WK", "WT", "WR"))


class Desk:
    """Four queues, one workflow, at most one worker, one task at second 0."""

    def __init__(
        self,
        filters: list[dict[str, Any]],
        default: dict[str, Any] | None,
        *,
        reservation_timeout_s: int = 120,
        worker: str | None = None,
        capacity: int = 1,
    ) -> None:
        self.twin = Twin(mint=counting_mint())
        self.ask(ask.CreateWorkspace(account_sid="AC", friendly_name="Desk"))
        for name in ("Q1", "Q2", "Q3", "D"):
            self.ask(ask.CreateTaskQueue(friendly_name=name))
        if worker is not None:
            self.ask(ask.CreateWorker(friendly_name="Ann", activity_sid=worker))
            self.ask(
                ask.UpdateWorkerChannel(
                    worker_sid=WORKER, worker_channel="default", capacity=capacity
                )
            )
        routing: dict[str, Any] = {"filters": filters}
        if default is not None:
            routing["default_filter"] = default
        self.ask(
            ask.CreateWorkflow(
                friendly_name="Main",
                configuration=json.dumps({"task_routing": routing}),
                task_reservation_timeout_s=reservation_timeout_s,
            )
        )
        self.ask(ask.CreateTask(attributes='{"type":"x"}'))

    def ask(self, command: ask.Command, at_s: int = 0) -> None:
        self.twin.handle(command, at_s * 1000)

    def at(self, second: float) -> Task:
        self.twin.advance(int(second * 1000))
        return self.twin.world.tasks[TASK]


def only_x(*targets: dict[str, Any]) -> dict[str, Any]:
    return {"expression": "type == 'x'", "targets": list(targets)}


def waits_in(queue: str, task: Task) -> bool:
    return task.status == "pending" and task.task_queue_sid == queue


def has_fallen_out(task: Task) -> bool:
    return task.status == "canceled" and task.reason == FELL_OUT


def test_trace_1_time_over_on_the_last_step_cancels_and_the_default_is_not_used() -> None:
    desk = Desk([only_x({"queue": Q1, "timeout": 10}, {"queue": Q2, "timeout": 10})], {"queue": D})
    assert waits_in(Q1, desk.at(9.999))
    assert waits_in(Q2, desk.at(10))
    assert waits_in(Q2, desk.at(19.999))
    assert has_fallen_out(desk.at(20))


def test_trace_2_time_over_on_the_last_step_goes_to_a_later_filter_that_matches() -> None:
    later = {"expression": "1==1", "targets": [{"queue": Q3}]}
    first = only_x({"queue": Q1, "timeout": 10}, {"queue": Q2, "timeout": 10})
    desk = Desk([first, later], {"queue": D})
    assert waits_in(Q3, desk.at(20))
    assert waits_in(Q3, desk.at(86_399))
    assert desk.at(86_400).reason == "Task TTL Exceeded"


def test_trace_3_skipped_steps_lead_to_the_default_at_once() -> None:
    skipped = only_x({"queue": Q1, "skip_if": "1==1"}, {"queue": Q2, "skip_if": "1==1"})
    assert waits_in(D, Desk([skipped], {"queue": D}).at(0))


def test_trace_4_an_agent_who_is_full_is_available_still() -> None:
    step = {"queue": Q1, "timeout": 10, "skip_if": "workers.available==0"}
    desk = Desk([only_x(step)], {"queue": D}, worker=AVAILABLE, capacity=0)
    assert waits_in(Q1, desk.at(9))
    assert has_fallen_out(desk.at(10))


def test_trace_5_with_no_agent_available_the_default_takes_over_at_once() -> None:
    step = {"queue": Q1, "timeout": 10, "skip_if": "workers.available==0"}
    assert waits_in(D, Desk([only_x(step)], {"queue": D}, worker=OFFLINE).at(0))


def test_trace_6_a_later_step_in_the_same_queue_raises_the_priority() -> None:
    desk = Desk([only_x({"queue": Q1, "priority": 1, "timeout": 300}, {"priority": 10})], None)
    assert desk.at(299).priority == 1
    assert waits_in(Q1, desk.at(300))
    assert desk.at(86_399).priority == 10
    assert desk.at(86_400).reason == "Task TTL Exceeded"


def test_trace_7_an_ignored_offer_takes_the_agent_offline_and_the_task_waits() -> None:
    desk = Desk([only_x({"queue": Q1})], None, worker=AVAILABLE, reservation_timeout_s=5)
    assert desk.at(4.999).status == "reserved"
    assert waits_in(Q1, desk.at(5))
    assert desk.twin.world.reservations[OFFER].status == "timeout"
    assert desk.twin.world.workers[WORKER].activity_sid == OFFLINE
    assert waits_in(Q1, desk.at(86_399))


def test_trace_8_a_rejection_after_the_deadline_leads_to_the_next_step() -> None:
    desk = Desk(
        [only_x({"queue": Q1, "timeout": 10}, {"queue": Q2})],
        None,
        worker=OFFLINE,
        reservation_timeout_s=20,
    )
    desk.ask(ask.UpdateWorker(worker_sid=WORKER, activity_sid=AVAILABLE), 8)
    assert desk.at(14).status == "reserved"
    desk.ask(ask.RejectReservation(reservation_sid=OFFER, worker_activity_sid=OFFLINE), 15)
    assert waits_in(Q2, desk.at(15))


def test_trace_9_the_default_has_no_time_limit() -> None:
    desk = Desk([], {"queue": D, "timeout": 30})
    assert waits_in(D, desk.at(86_399))
    assert desk.at(86_400).reason == "Task TTL Exceeded"


def test_trace_10_a_step_reached_by_a_skip_gets_the_time_of_the_skipped_one() -> None:
    first = {"queue": Q1, "skip_if": "1==1", "timeout": 10}
    desk = Desk([only_x(first, {"queue": Q2, "timeout": 10})], None)
    assert waits_in(Q2, desk.at(0))
    assert waits_in(Q2, desk.at(19.999))
    assert has_fallen_out(desk.at(20))
