"""A worker comes, and changes."""

import json

import pytest

from contract.api.caller import SID

from .conftest import Play
from .players import Office

CHANNELS = ["default", "voice", "chat", "sms", "video"]


@pytest.mark.parametrize("official", [False, True])
def test_a_worker_becomes_ready_and_has_everything_in_its_maps(
    office: Office, play: Play, official: bool
) -> None:
    sid = office.hire("alice", attributes=json.dumps({"level": 3}))
    if official:
        office.tokens["alice"] = office.official_token(sid)
    task = office.centre.task({"product": "tea"}, priority=7)
    worker, dates, activity, activities, *channels, reservation = play("comes")
    assert worker[1].pop("version") == "1"
    assert worker[1] == {
        "accountSid": SID,
        "workspaceSid": office.centre.sid,
        "sid": sid,
        "name": "alice",
        "attributes": {"level": 3},
    }
    assert all(date.startswith("20") for date in dates[1])
    assert activity == ["activity", "Available", True]
    assert activities[1] == {
        sid: {"sid": sid, "name": name, "available": name == "Available"}
        for name, sid in office.activities.items()
    }
    assert [one[2] for one in channels] == CHANNELS
    for _, keyed, name, channel in channels:
        reserved_ms = channel.pop("lastReserved")
        assert (keyed, reserved_ms > 1_000_000_000_000) == (True, name == "default")
        assert channel == {
            "capacity": 1,
            "available": True,
            "assignedTasks": 0,
            "availableCapacityPercentage": 0 if name == "default" else 100,
            "workerSid": sid,
        }
    assert reservation[1:5] == [True, "pending", 60, "0"]
    assert reservation[5] == {
        "sid": task.sid,
        "attributes": {"product": "tea"},
        "addOns": {},
        "priority": 7,
        "queueName": "Everybody",
        "queueSid": office.queue,
        "workflowName": "To everybody",
        "workflowSid": office.workflow,
        "status": "reserved",
        "taskChannelUniqueName": "default",
        "timeout": 86_400,
        "started": True,
    }


def test_a_worker_changes_its_activity_and_rejects_what_is_pending(
    office: Office, play: Play
) -> None:
    office.hire("alice", "Offline")
    told = play("changes_activity")
    assert told[:3] == [
        ["set", "Available", "Available", True, False],
        ["alice activityUpdated", "Available"],
        ["set", "Offline", False],
    ]
    assert sorted(told[3:5]) == [
        ["alice activityUpdated", "Offline"],
        ["alice rejected", ["rejected", "pending"]],
    ]
    assert told[5:] == [["left", 0]]


def test_a_worker_begins_in_the_activity_that_its_client_was_given(
    office: Office, play: Play
) -> None:
    office.hire("alice", "Offline")
    assert play("begins_in_an_activity") == [["activity", "Available", True]]


def test_attributes_capacity_and_availability_are_shown_as_they_change(
    office: Office, play: Play
) -> None:
    office.hire("alice")
    attributes = {"languages": ["en", "fi"], "level": 2}
    assert play("is_changed") == [
        ["set", attributes, 1],
        ["alice attributesUpdated", attributes],
        ["chat capacityUpdated", [4, True]],
        ["chat availabilityUpdated", [4, False]],
        ["the version it counted is ours", True],
    ]
