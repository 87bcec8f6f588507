"""Offers, and what becomes of them."""

from .conftest import Play
from .players import Office, Told

OFFERED = ["offered", True, "pending", "reserved"]


def refusals(told: Told) -> dict[str, str]:
    return dict(told)


def test_an_offer_is_accepted_wrapped_up_and_completed(office: Office, play: Play) -> None:
    office.hire("alice")
    told = play("accepts_wraps_up_and_completes")
    # Each answer comes before the frames of what it answers.
    assert told[:4] == [
        OFFERED,
        ["accept", True, "accepted", "reserved"],
        ["alice accepted", ["accepted", "assigned"]],
        ["wrap", "wrapping"],
    ]
    assert sorted(one[0] for one in told[4:6]) == ["alice wrapup", "alice's task wrapup"]
    assert told[6:] == [
        ["complete", "completed"],
        ["alice completed", ["completed", "wrapping"]],
        ["alice's task completed", "completed"],
        ["left", 0],
        ["latest", "completed", "completed"],
    ]


def test_an_offer_is_rejected_into_an_activity(office: Office, play: Play) -> None:
    sid = office.hire("alice")
    assert play("rejects") == [
        OFFERED,
        ["reject", "rejected"],
        ["alice rejected", ["rejected", "pending"]],
        ["left", 0],
    ]
    assert office.centre.workspace.workers(sid).fetch().activity_name == "Offline"


def test_an_offer_lapses(office: Office, play: Play) -> None:
    office.hire("alice")
    office.centre.workspace.workflows(office.workflow).update(task_reservation_timeout=3)
    assert play("lets_it_lapse") == [
        OFFERED,
        ["alice timeout", ["timeout", "pending"]],
        ["left", 0],
    ]


def test_an_offer_ends_with_the_task_that_is_canceled(office: Office, play: Play) -> None:
    office.hire("alice")
    assert play("loses_it_to_a_cancel") == [
        OFFERED,
        ["alice's task canceled", "canceled"],
        ["alice canceled", ["canceled", "canceled"]],
        ["reason", "too late"],
        ["left", 0],
    ]


def test_a_reservation_is_completed_when_its_task_is_deleted(office: Office, play: Play) -> None:
    office.hire("alice")
    told = play("loses_it_to_a_delete")
    assert told[-1] == ["alice completed", ["completed", "assigned"]]


def test_an_offer_is_rescinded_when_another_is_quicker(office: Office, play: Play) -> None:
    office.hire("alice")
    office.hire("bob")
    office.centre.workspace.task_queues(office.queue).update(max_reserved_workers=2)
    told = play("is_quicker_than_another")
    assert sorted(told[:2]) == [
        ["alice accepted", ["accepted", "assigned"]],
        ["bob rescinded", ["rescinded", "assigned"]],
    ]
    assert told[2] == ["left", 1, 0]
    assert told[3][1].startswith("Request failed with status code 410. reservation WR")


def test_refusals_carry_their_status_and_our_sentence(office: Office, play: Play) -> None:
    office.hire("alice")
    said = refusals(play("is_refused")[1:])
    assert [*said] == ["complete", "call", "activity", "hold"]
    for message in said.values():
        assert message.startswith("Request failed with status code 400. ")
    assert said["complete"].endswith("is pending: it cannot be completed")
    assert "'not an address'" in said["call"]
    assert "'WAnothing'" in said["activity"]
    assert "voice adapter" in said["hold"]
