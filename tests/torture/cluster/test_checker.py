"""The judge of a history, given histories that have something wrong with them."""

import json
from collections.abc import Callable
from copy import deepcopy
from dataclasses import replace
from itertools import count
from typing import Any

import pytest

from .checker import problems
from .flow import standstills, worst
from .history import Fault, History, Operation, Told, View

NODES = ("node 1", "node 2", "node 3")


def operation(kind: str, subject: str, at_s: float, **more: Any) -> Operation:
    given = {"node": "node 1", "status": 200, "start_s": at_s, "end_s": at_s + 0.5} | more
    return Operation(kind=kind, workspace="WS1", subject=subject, **given)


def task(sid: str, tag: str, status: str) -> dict[str, Any]:
    return {
        "sid": sid,
        "attributes": json.dumps({"tag": tag}),
        "assignment_status": status,
        "age": 7,
        "url": "http://one/",
    }


def good() -> History:
    """One task that was completed after a rejection, and one that was canceled."""
    places = count(1)

    def told(kind: str, of_task: str, reservation: str | None = None) -> Told:
        place = next(places)
        return Told(place=place, sid=f"EV{place}", type=kind, task=of_task, reservation=reservation)

    sequence = [
        told("task.created", "WT1"),
        told("reservation.created", "WT1", "WR1"),
        told("reservation.rejected", "WT1", "WR1"),
        told("task.created", "WT2"),
        told("reservation.created", "WT1", "WR2"),
        told("reservation.accepted", "WT1", "WR2"),
        told("task.canceled", "WT2"),
        told("reservation.completed", "WT1", "WR2"),
        told("task.completed", "WT1"),
    ]
    view = View(
        tasks={"WT1": task("WT1", "a", "completed"), "WT2": task("WT2", "b", "canceled")},
        reservations={
            "WR1": {"sid": "WR1", "reservation_status": "rejected"},
            "WR2": {"sid": "WR2", "reservation_status": "completed"},
        },
        workers={"WK1": {"sid": "WK1", "available": True}},
        sequence=sequence,
    )
    made = {"sid": "WT1", "assignment_status": "pending"}
    history = History()
    history.operations = [
        operation("create", "a", 1, key="k1", status=None),
        operation("create", "a", 2, key="k1", status=201, body=made, version=0),
        operation("create", "a", 3, key="k1", status=201, body=made, node="node 2"),
        operation("create", "b", 3, status=201, body={"sid": "WT2"}),
        operation("read", "WT1", 4, version=0, body=made),
        operation("rejected", "WR1", 4, key="k2", body={"sid": "WR1"}),
        operation("accepted", "WR2", 5, key="k3", status=503),
        operation("accepted", "WR2", 6, key="k3", body={"sid": "WR2"}),
        operation("canceled", "WT2", 6, body={"sid": "WT2"}),
        operation("completed", "WR2", 7, body={"sid": "WR2"}),
    ]
    history.views["WS1"] = {node: deepcopy(view) for node in NODES}
    history.views["WS1"]["node 2"].tasks["WT1"]["age"] = 8
    history.followed["WS1"] = list(sequence)
    return history


def everywhere(change: Callable[[View], None]) -> Callable[[History], None]:
    def plant(history: History) -> None:
        for view in history.views["WS1"].values():
            change(view)
        history.followed["WS1"] = list(history.views["WS1"]["node 1"].sequence)

    return plant


def test_nothing_is_wrong_with_a_good_history() -> None:
    assert problems(good()) == []


@everywhere
def a_lost_task(view: View) -> None:
    del view.tasks["WT2"]
    view.sequence = [one for one in view.sequence if one.task != "WT2"]


@everywhere
def a_lost_rejection(view: View) -> None:
    view.sequence[2] = replace(view.sequence[2], type="reservation.timeout")
    view.reservations["WR1"]["reservation_status"] = "timeout"


def a_lost_cancelation(history: History) -> None:
    for view in history.views["WS1"].values():
        del view.sequence[6]
        view.tasks["WT2"]["assignment_status"] = "pending"
    del history.followed["WS1"][6]


@everywhere
def a_double_accept(view: View) -> None:
    view.sequence[2] = replace(view.sequence[2], type="reservation.accepted")
    view.reservations["WR1"]["reservation_status"] = "accepted"


@everywhere
def a_gap_in_a_life(view: View) -> None:
    del view.sequence[5]


def a_gap_at_one_node(history: History) -> None:
    del history.views["WS1"]["node 3"].sequence[1]


def a_gap_that_was_told(history: History) -> None:
    first = history.followed["WS1"][0]
    history.followed["WS1"][0] = replace(first, type="taskyard.gap")


def a_gap_for_who_follows(history: History) -> None:
    del history.followed["WS1"][3]


@everywhere
def a_place_told_twice(view: View) -> None:
    view.sequence.insert(4, replace(view.sequence[3], sid="EV100"))


def an_event_told_twice(history: History) -> None:
    history.followed["WS1"].append(replace(history.followed["WS1"][0], place=100))


def two_effects_of_a_key(history: History) -> None:
    @everywhere
    def twice(view: View) -> None:
        view.tasks["WT3"] = task("WT3", "a", "pending")
        view.sequence.append(
            Told(place=100, sid="EV100", type="task.created", task="WT3", reservation=None)
        )

    twice(history)


def two_answers_to_a_key(history: History) -> None:
    other = history.operations[2]
    history.operations[2] = replace(other, body={"sid": "WT2"})


def a_key_that_denies_its_effect(history: History) -> None:
    history.operations[7] = replace(history.operations[7], status=400)


@everywhere
def a_task_nobody_asked_for(view: View) -> None:
    view.tasks["WT2"]["attributes"] = json.dumps({"tag": "c"})


def nodes_that_disagree_on_a_task(history: History) -> None:
    history.views["WS1"]["node 2"].tasks["WT1"]["attributes"] = json.dumps({"tag": "a", "x": 1})


def nodes_that_disagree_on_a_worker(history: History) -> None:
    history.views["WS1"]["node 3"].workers["WK1"]["available"] = False


@everywhere
def a_state_unlike_its_events(view: View) -> None:
    view.reservations["WR2"]["reservation_status"] = "accepted"


@everywhere
def a_task_unlike_its_events(view: View) -> None:
    view.tasks["WT1"]["assignment_status"] = "assigned"


def an_older_read_at_the_same_node(history: History) -> None:
    history.operations[1] = replace(history.operations[1], version=3)


def a_bug_of_the_server(history: History) -> None:
    history.operations[0] = replace(history.operations[0], status=500)


def something_seen_that_is_gone(history: History) -> None:
    history.operations[6] = replace(history.operations[6], status=404)


@pytest.mark.parametrize(
    ("plant", "told"),
    [
        (a_lost_task, "is not there"),
        (a_lost_rejection, "no event tells"),
        (a_lost_cancelation, "no event tells"),
        (a_double_accept, "was accepted as WR1 and as WR2"),
        (a_gap_in_a_life, "became completed after pending"),
        (a_gap_at_one_node, "node 1 and node 3 tell"),
        (a_gap_that_was_told, "a gap was told"),
        (a_gap_for_who_follows, "missed 1 events"),
        (a_place_told_twice, "was told after place"),
        (an_event_told_twice, "was told 2 times"),
        (two_effects_of_a_key, "2 tasks were made for a"),
        (two_answers_to_a_key, "key k1: 2 answers"),
        (a_key_that_denies_its_effect, "key k3: WR2 is accepted, and a repetition was refused"),
        (a_task_nobody_asked_for, "which nobody has asked for"),
        (nodes_that_disagree_on_a_task, "disagree on 1 tasks"),
        (nodes_that_disagree_on_a_worker, "disagree on 1 workers"),
        (a_state_unlike_its_events, "events say completed, it is accepted"),
        (a_task_unlike_its_events, "events say completed, it is assigned"),
        (an_older_read_at_the_same_node, "after it had shown version 3"),
        (a_bug_of_the_server, "500"),
        (something_seen_that_is_gone, "it is gone"),
    ],
)
def test_a_planted_fault_is_found(plant: Callable[[History], None], told: str) -> None:
    history = good()
    plant(history)
    assert any(told in problem for problem in problems(history)), problems(history)


def test_a_standstill_lasts_from_a_fault_to_the_first_acceptance_asked_for_after_it() -> None:
    history = good()
    history.operations = [
        operation("accepted", "WR1", 9.9),
        operation("accepted", "WR2", 12.0),
        operation("accepted", "WR3", 16.0),
    ]
    history.faults = [
        Fault(kind="killed", start_s=10.0, over_s=11.0, alone=True),
        Fault(kind="database killed", start_s=11.0, over_s=15.0, alone=True),
        Fault(kind="halted", start_s=1.0, over_s=15.0, alone=False),
    ]
    assert worst(standstills(history)) == {"killed": 2.5, "database killed": 1.5}
