"""Those who see more than one worker."""

import json

from .conftest import Play
from .players import Office


def test_an_admin_looks_around_a_workspace_page_by_page(office: Office, play: Play) -> None:
    for n in range(5):
        activity = "Available" if n in (1, 4) else "Offline"
        office.hire(f"w{n}", activity, attributes=json.dumps({"n": n}))
    for n in range(3):
        office.centre.workspace.task_queues.create(friendly_name=f"q{n}", target_workers="n > 2")
    office.tokens["admin"] = office.token(None, "admin")
    told = play("looks_around")
    assert told[:-2] == [
        ["workers", ["w0", "w1", "w2", "w3", "w4"], True],
        ["latest first", ["w4", "w3", "w2", "w1", "w0"]],
        ["earliest first", ["w0", "w1", "w2", "w3", "w4"]],
        ["at most", ["w0", "w1", "w2"]],
        ["named", ["w3"]],
        ["available", ["w1", "w4"]],
        ["skilled", ["w3", "w4"]],
        ["after", ["w1", "w2", "w3", "w4"]],
        ["worker", "w0", {"n": 0}, "Offline"],
        ["queues", ["Everybody", "q0", "q1", "q2"]],
        ["last first", ["q2", "q1", "q0", "Everybody"]],
        ["of a worker", ["Everybody"]],
        ["queue", "Everybody", "1==1", 1, "FIFO"],
        ["task", True, {"product": "tea"}, "Everybody"],
    ]
    assert told[-2][1].startswith("Request failed with status code 404. ")
    assert told[-1][1].startswith("Request failed with status code 400. AfterSid ")


def test_a_supervisor_changes_a_worker_and_monitors_a_task(office: Office, play: Play) -> None:
    reached = json.dumps({"contact_uri": "sip:sam@example.com"})
    office.hire("sam", "Offline", "supervisor", attributes=reached)
    office.hire("bob", "Offline")
    told = play("supervises")
    assert told[:4] == [
        ["bob attributesUpdated", ["Offline", {"level": 5}]],
        ["bob activityUpdated", ["Available", {"level": 5}]],
        ["bob accepted", ["accepted", "assigned"]],
        ["monitors"],
    ]
    (nobody, upstart) = told[4:]
    assert nobody[1].startswith("Request failed with status code 404. ")
    assert upstart[1].startswith("Request failed with status code 403. ")
