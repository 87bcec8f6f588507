"""A task that Alice holds goes to Bob, or does not."""

from typing import Any

import pytest

from .conftest import Play
from .players import Office, Told

ACCEPTED = ["alice accepted", ["accepted", "assigned"]]


@pytest.fixture
def bob(office: Office) -> str:
    office.hire("alice")
    return office.hire("bob", "Unavailable")


def begun(office: Office, told: Told, to: str, mode: str = "WARM") -> Told:
    """Expect the beginning that all transfers have; what follows it is given back."""
    transfer = {
        "mode": mode,
        "status": "initiated",
        "to": to,
        "type": "WORKER" if to.startswith("WK") else "QUEUE",
    }
    alice = office.workers["alice"]
    told = [one for one in told if one != ["alice's task updated", "assigned"]]
    assert told[:4] == [
        ACCEPTED,
        ["transfer", True, transfer],
        ["alice's task transferInitiated", "initiated"],
        ["incoming", "reserved", transfer, alice],
    ]
    return told[4:]


@pytest.mark.parametrize("to", ["worker", "queue"])
@pytest.mark.parametrize("mode", ["WARM", "COLD"])
def test_a_transfer_is_accepted(office: Office, bob: str, play: Play, to: str, mode: str) -> None:
    target = bob if to == "worker" else office.queue
    options: dict[str, Any] = {"mode": mode, "priority": 7, "attributes": {"sugar": 1}}
    told = begun(office, play("hands_on", to=target, options=options), target, mode)
    refusal = told.pop([one[0] for one in told].index("cancel"))[1]
    assert refusal.startswith("Request failed with status code 400. Transfer TT")
    assert refusal.endswith(" is already complete . Cannot cancel transfer.")
    assert told[0] == ["accept", "accepted", "reserved"]
    heard = [one[0] for one in told if one[0].startswith("alice")]
    # Who hands a task on for good is done with it; who stays on it holds it still.
    assert heard == (["alice completed"] if mode == "COLD" else [])
    for expected in (
        ["bob accepted", ["accepted", "assigned"]],
        ["transfer completed", "complete"],
        ["latest", "accepted", "assigned"],
        ["bob completed", ["completed", "assigned"]],
    ):
        assert expected in told
    assert (["bob's task completed", "completed"] in told) == (mode == "COLD")
    (task,) = office.centre.workspace.tasks.list()
    assert (task.priority, task.attributes) == (7, '{"sugar":1}')


@pytest.mark.parametrize("mode", ["WARM", "COLD"])
def test_a_worker_rejects_a_transfer_and_the_task_is_assigned_again(
    office: Office, bob: str, play: Play, mode: str
) -> None:
    told = play("hands_on_in_vain", to=bob, options={"mode": mode})
    updated = [one[0] for one in told].index("alice's task updated")
    assert told[updated] == ["alice's task updated", "assigned"]
    assert told[updated - 1][0] in ("transfer failed", "bob rejected")
    rest = begun(office, told, bob, mode)
    assert rest[0] == ["reject", "rejected"]
    assert sorted(rest[1:3]) == [
        ["bob rejected", ["rejected", "assigned"]],
        ["transfer failed", "failed"],
    ]
    assert rest[3:] == [["failed", True, "accepted", "assigned"]]


def test_a_worker_of_a_queue_rejects_and_the_transfer_goes_on(
    office: Office, bob: str, play: Play
) -> None:
    rest = begun(office, play("tries_a_queue_in_vain"), office.queue)
    assert sorted(rest[:2]) == [
        ["bob rejected", ["rejected", "pending"]],
        ["transfer attemptFailed", "initiated"],
    ]
    assert rest[2:] == [["still", "initiated"]]


def test_a_transfer_is_canceled_once(office: Office, bob: str, play: Play) -> None:
    rest = begun(office, play("thinks_better_of_it"), bob)
    assert rest[0] == ["cancel", True, "canceled"]
    assert sorted(rest[1:3]) == [
        ["bob canceled", ["canceled", "assigned"]],
        ["transfer canceled", "canceled"],
    ]
    transfer = rest[3][1]
    refusal = f"Transfer {transfer} is already canceled . Cannot cancel transfer."
    assert rest[4:] == [
        ["again", f"Request failed with status code 400. {refusal}"],
        ["left", 0],
    ]


def test_transfers_are_there_when_either_side_comes_back(
    office: Office, bob: str, play: Play
) -> None:
    rest = begun(office, play("comes_back_to_transfers"), bob)
    transfer = {"mode": "WARM", "status": "initiated", "to": bob, "type": "WORKER"}
    assert rest == [["out", transfer, None], ["in", transfer, None]]
