"""Every way in which a call can be wrong, and what it looks like."""

from collections.abc import AsyncIterator
from io import BytesIO

import pytest

from taskyard.server.api.application import BODY_BYTES_MAX
from taskyard.server.app import Running

from .caller import SID, TOKEN, Caller, Centre, session_of

NO_SUCH = "0" * 32


@pytest.mark.parametrize(
    ("sid", "secret"),
    [(None, ""), (SID, "wrong"), ("AC" + NO_SUCH, TOKEN), ("", "")],
)
async def test_without_the_right_credentials_there_is_one_answer(
    server: Running, sid: str | None, secret: str
) -> None:
    async with session_of(sid, secret) as session:
        for path in ("/Workspaces", "/Nothing"):
            reply = await Caller(server.url, session).get(path)
            assert reply.refused(401, 20003) == "Authenticate"
            assert reply.headers["WWW-Authenticate"] == 'Basic realm="Twilio API"'


async def test_what_is_not_there_is_named_by_its_path(centre: Centre) -> None:
    caller, at = centre.caller, centre.path
    worker = await centre.worker("Ann")
    paths = [
        f"/Workspaces/WS{NO_SUCH}",
        f"/Workspaces/WS{NO_SUCH}/Tasks",
        "/Workspaces/nonsense",
        f"{at}/Workers/WK{NO_SUCH}",
        f"{at}/Workers/{centre.queue['sid']}",
        f"{at}/Workers/WK{NO_SUCH}/Channels",
        f"{at}/Workers/WK{NO_SUCH}/Reservations",
        f"{at}/Workers/{worker['sid']}/Channels/fax",
        f"{at}/Workers/{worker['sid']}/Reservations/WR{NO_SUCH}",
        f"{at}/Activities/WA{NO_SUCH}",
        f"{at}/TaskChannels/fax",
        f"{at}/TaskQueues/WQ{NO_SUCH}",
        f"{at}/Workflows/WW{NO_SUCH}",
        f"{at}/Tasks/WT{NO_SUCH}",
        f"{at}/Tasks/WT{NO_SUCH}/Reservations",
        f"{at}/Tasks/WT{NO_SUCH}/Reservations/WR{NO_SUCH}",
        f"{at}/Nothing",
        "/Nothing",
    ]
    for path in paths:
        message = (await caller.get(path)).refused(404, 20404)
        assert message == f"The requested resource {path} was not found"


async def test_what_is_not_there_can_be_neither_changed_nor_deleted(centre: Centre) -> None:
    caller, at = centre.caller, centre.path
    for path in (
        f"{at}/Workers/WK{NO_SUCH}",
        f"{at}/Activities/WA{NO_SUCH}",
        f"{at}/TaskChannels/fax",
        f"{at}/TaskQueues/WQ{NO_SUCH}",
        f"{at}/Workflows/WW{NO_SUCH}",
        f"{at}/Tasks/WT{NO_SUCH}",
        f"/Workspaces/WS{NO_SUCH}",
    ):
        wanted = f"The requested resource {path} was not found"
        assert (await caller.post(path, {"FriendlyName": "x"})).refused(404, 20404) == wanted
        assert (await caller.delete(path)).refused(404, 20404) == wanted


async def test_a_reservation_belongs_to_its_task_and_worker(centre: Centre) -> None:
    caller, at = centre.caller, centre.path
    ann, bob = await centre.worker("Ann"), await centre.worker("Bob", "Offline")
    task, other = await centre.task(), await centre.task()
    (offer,) = await centre.offers(task)
    wrong = [
        f"{at}/Tasks/{other['sid']}/Reservations/{offer['sid']}",
        f"{at}/Workers/{bob['sid']}/Reservations/{offer['sid']}",
        f"{at}/Tasks/{ann['sid']}/Reservations/{offer['sid']}",
        f"{at}/Workers/{task['sid']}/Reservations/{offer['sid']}",
    ]
    for path in wrong:
        (await caller.get(path)).refused(404, 20404)
        for form in ({"ReservationStatus": "accepted"}, {"ReservationStatus": "?"}, {}):
            (await caller.post(path, form)).refused(404, 20404)
    still = await caller.see(f"{at}/Tasks/{task['sid']}/Reservations/{offer['sid']}")
    assert still["reservation_status"] == "pending"


async def test_a_deleted_worker_leaves_their_reservations_to_the_task(centre: Centre) -> None:
    caller, at = centre.caller, centre.path
    ann, task = await centre.worker("Ann"), await centre.task()
    (offer,) = await centre.offers(task)
    of_worker = f"{at}/Workers/{ann['sid']}/Reservations/{offer['sid']}"
    await caller.see(of_worker)
    assert (await caller.delete(f"{at}/Workers/{ann['sid']}")).status == 204
    (await caller.get(of_worker)).refused(404, 20404)
    (await caller.post(of_worker, {"ReservationStatus": "accepted"})).refused(404, 20404)
    of_task = f"{at}/Tasks/{task['sid']}/Reservations/{offer['sid']}"
    assert (await caller.see(of_task))["reservation_status"] == "rescinded"


async def test_resources_of_one_workspace_are_not_in_another(centre: Centre) -> None:
    caller = centre.caller
    other = await caller.make("/Workspaces", FriendlyName="Other")
    task = await centre.task()
    (await caller.get(f"/Workspaces/{other['sid']}/Tasks/{task['sid']}")).refused(404, 20404)
    form = {"WorkflowSid": centre.workflow["sid"]}
    (await caller.post(f"/Workspaces/{other['sid']}/Tasks", form)).refused(400, 20001)


async def test_outside_of_the_api_nothing_is_there_either_and_said_in_the_same_way(
    server: Running, caller: Caller
) -> None:
    for path in ("/nothing", "/v1", "/v2/Workspaces", "/docs/x"):
        for method in ("GET", "POST"):
            message = (await caller.call(method, server.url + path)).refused(404, 20404)
            assert message == f"The requested resource {path} was not found"
    reply = await caller.call("POST", f"{server.url}/openapi.json")
    assert reply.refused(405, 20004) == "Method not allowed: POST on /openapi.json"
    assert {*reply.headers["Allow"].split(", ")} == {"GET", "HEAD"}


@pytest.mark.parametrize("method", ["PUT", "PATCH", "DELETE"])
async def test_a_method_that_a_path_does_not_have_is_refused(caller: Caller, method: str) -> None:
    reply = await caller.call(method, "/Workspaces")
    message = reply.refused(405, 20004)
    assert message == f"Method not allowed: {method} on /Workspaces"
    assert reply.headers["Allow"] == "GET, POST, HEAD, OPTIONS"


async def test_values_that_are_missing_or_wrong_are_named(centre: Centre) -> None:
    caller, at = centre.caller, centre.path
    worker, task = await centre.worker("Ann"), await centre.task()
    cases = [
        ("/Workspaces", {}, "FriendlyName field is required"),
        (f"{at}/Activities", {}, "FriendlyName field is required"),
        (f"{at}/TaskChannels", {"FriendlyName": "Fax"}, "UniqueName field is required"),
        (f"{at}/Workflows", {"FriendlyName": "x"}, "Configuration field is required"),
        (f"{at}/Activities", {"FriendlyName": ""}, "FriendlyName"),
        (f"{at}/Activities", {"FriendlyName": "x" * 65}, "FriendlyName"),
        (f"{at}/Tasks", {"Priority": "high"}, "Priority"),
        (f"{at}/Tasks", {"Priority": "-1"}, "Priority"),
        (f"{at}/Tasks", {"Timeout": "0"}, "Timeout"),
        (f"{at}/Tasks", {"Attributes": "[1]"}, "Attributes"),
        (f"{at}/Tasks", {"Attributes": "{'a': 1}"}, "Attributes"),
        (f"{at}/Tasks", {"VirtualStartTime": "soon"}, "VirtualStartTime"),
        (f"{at}/Tasks", {"VirtualStartTime": "2999-01-01T00:00:00Z"}, "future"),
        (f"{at}/Tasks", {"TaskChannel": "fax"}, "TaskChannel"),
        (f"{at}/Tasks", {"WorkflowSid": f"WW{NO_SUCH}"}, "WorkflowSid"),
        (f"{at}/Tasks", {"RoutingTarget": "Ann"}, "RoutingTarget"),
        (f"{at}/Workers", {"FriendlyName": "aNN"}, "Worker with the same friendly name"),
        (f"{at}/Workers", {"FriendlyName": "B", "ActivitySid": "x"}, "ActivitySid"),
        (f"{at}/TaskQueues", {"FriendlyName": "Q", "MaxReservedWorkers": "51"}, "MaxReserved"),
        (f"{at}/TaskQueues", {"FriendlyName": "Q", "TargetWorkers": "a-b > 3"}, "TargetWorkers"),
        (f"{at}/TaskQueues", {"FriendlyName": "Q", "TaskOrder": "RANDOM"}, "TaskOrder"),
        (f"{at}/Workers/{worker['sid']}/Channels/voice", {"Capacity": "51"}, "Capacity"),
        (f"{at}/Workers/{worker['sid']}/Channels/voice", {"Capacity": "one"}, "Capacity"),
        (at, {"DefaultActivitySid": ""}, "DefaultActivitySid"),
        (at, {"EventCallbackUrl": "example.com/events"}, "EventCallbackUrl must be an http://"),
        (at, {"EventCallbackUrl": "ftp://example.com"}, "EventCallbackUrl"),
        (at, {"EventsFilter": "a," * 2_049}, "EventsFilter has 4098 characters"),
        (f"{at}/Tasks/{task['sid']}", {"Reason": "x" * 4_097}, "Reason has 4097 characters"),
    ]
    for path, form, expected in cases:
        message = (await caller.post(path, form)).refused(400, 20001)
        assert expected in message, (form, message)
        assert "\n" not in message


async def test_reservations_cannot_be_updated_to_nonsense(centre: Centre) -> None:
    caller = centre.caller
    await centre.worker("Ann")
    task = await centre.task()
    (offer,) = await centre.offers(task)
    at = f"{centre.path}/Tasks/{task['sid']}/Reservations/{offer['sid']}"
    cases = [
        ({}, "ReservationStatus or Instruction field is required"),
        ({"ReservationStatus": "timeout"}, "not to 'timeout'"),
        ({"ReservationStatus": "completed"}, offer["sid"]),
        ({"Instruction": "dequeue", "ReservationStatus": "accepted"}, "contradict"),
        ({"Instruction": "reject", "ReservationStatus": "accepted"}, "contradict"),
    ]
    for form, expected in cases:
        assert expected in (await caller.post(at, form)).refused(400, 20001)
    assert (await caller.see(at))["reservation_status"] == "pending"


async def test_a_withdrawn_reservation_is_gone(centre: Centre) -> None:
    caller = centre.caller
    await centre.worker("Ann")
    task = await centre.task()
    (offer,) = await centre.offers(task)
    at = f"{centre.path}/Tasks/{task['sid']}"
    await caller.change(at, AssignmentStatus="canceled", Reason="caller hung up")
    offer_at = f"{at}/Reservations/{offer['sid']}"
    (await caller.post(offer_at, {"ReservationStatus": "accepted"})).refused(410, 20001)


async def test_a_task_in_the_wrong_state_is_named_with_its_surroundings(centre: Centre) -> None:
    caller = centre.caller
    task = await centre.task()
    where = f"{task['sid']} in workspace {task['workspace_sid']} for account {SID}"
    message = (
        await caller.post(f"{centre.path}/Tasks/{task['sid']}", {"AssignmentStatus": "completed"})
    ).refused(400, 20001)
    assert message == f"Cannot complete task {where} because it is not currently assigned."


async def test_a_body_that_is_no_form_is_refused(centre: Centre) -> None:
    reply = await centre.caller.call(
        "POST",
        f"{centre.path}/Tasks",
        b'{"Attributes": "{}"}',
        {"Content-Type": "application/json; charset=utf-8"},
    )
    message = reply.refused(400, 20001)
    assert message == "the body must be application/x-www-form-urlencoded, not application/json"


async def test_a_post_without_a_body_needs_no_content_type(centre: Centre) -> None:
    for headers in ({}, {"Content-Type": "application/json"}):
        reply = await centre.caller.call("POST", f"{centre.path}/Tasks", b"", headers)
        assert reply.status == 201


async def test_a_body_that_is_too_large_is_refused_and_the_next_call_answered(
    centre: Centre,
) -> None:
    caller = centre.caller
    huge = BytesIO(b"Attributes=" + b"x" * BODY_BYTES_MAX)
    async with caller.session.post(f"{caller.url}/v1{centre.path}/Tasks", data=huge) as response:
        assert response.status == 413

    async def in_pieces() -> AsyncIterator[bytes]:
        for _ in range(BODY_BYTES_MAX // 65_536 + 2):
            yield b"x" * 65_536

    async with caller.session.post(
        f"{caller.url}/v1{centre.path}/Tasks", data=in_pieces()
    ) as response:
        assert response.status == 413
    assert (await caller.get(centre.path)).status == 200


async def test_errors_carry_the_same_headers_as_answers(centre: Centre) -> None:
    for path in (centre.path, "/Nothing"):
        headers = (await centre.caller.get(path)).headers
        assert headers["Access-Control-Allow-Origin"] == "*"
        assert headers["Access-Control-Expose-Headers"] == "ETag, Idempotent-Replay"
        assert headers["Twilio-Request-Id"].startswith("RQ")
        assert len(headers["Twilio-Request-Id"]) == 34
        assert "server" not in headers
        assert not [name for name in headers if name.lower().startswith("x-rate-limit")]


async def test_browsers_may_ask_first_without_credentials(server: Running) -> None:
    async with session_of(None) as session:
        reply = await Caller(server.url, session).call("OPTIONS", "/Workspaces/WS1/Tasks")
    assert reply.status == 204
    assert reply.headers["Access-Control-Allow-Origin"] == "*"
    assert reply.headers["Access-Control-Allow-Credentials"] == "true"
    assert reply.headers["Access-Control-Allow-Methods"] == "GET, POST, DELETE, OPTIONS"
    allowed = reply.headers["Access-Control-Allow-Headers"].split(", ")
    assert {"Authorization", "Content-Type", "If-Match"} <= set(allowed)


async def test_health_and_name_need_no_credentials(server: Running) -> None:
    async with session_of(None) as session:
        async with session.get(f"{server.url}/healthz") as response:
            assert (response.status, await response.text()) == (200, "ok")
        async with session.get(f"{server.url}/") as response:
            assert (await response.json())["name"] == "taskyard"
        async with session.get(f"{server.url}/nothing") as response:
            assert response.status == 404


async def test_what_is_not_there_is_not_there_whatever_the_call_says(centre: Centre) -> None:
    caller, at = centre.caller, centre.path
    bad = {"Priority": "high", "MaxReservedWorkers": "many", "Capacity": "one"}
    worker = await centre.worker("Ann")
    for path in (
        f"/Workspaces/WS{NO_SUCH}",
        f"/Workspaces/WS{NO_SUCH}/Tasks",
        f"{at}/Tasks/WT{NO_SUCH}",
        f"{at}/TaskQueues/WQ{NO_SUCH}",
        f"{at}/Workers/WK{NO_SUCH}/Channels/voice",
        f"{at}/Workers/{worker['sid']}/Channels/fax",
        f"{at}/Workers/{worker['sid']}/Reservations/WR{NO_SUCH}",
    ):
        (await caller.post(path, bad)).refused(404, 20404)
    for noun in (f"Tasks/WT{NO_SUCH}", f"Workers/WK{NO_SUCH}"):
        (await caller.delete(f"{at}/{noun}", If_Match="junk")).refused(404, 20404)
        (await caller.post(f"{at}/{noun}", {}, If_Match="junk")).refused(404, 20404)


async def test_head_is_get_without_the_body(centre: Centre) -> None:
    caller = centre.caller
    worker = await centre.worker("Ann")
    path = f"{centre.path}/Workers/{worker['sid']}"
    got, asked = await caller.get(path), await caller.call("HEAD", path)
    assert (asked.status, asked.text) == (200, "")
    for name in ("Content-Type", "Content-Length", "ETag"):
        assert asked.headers[name] == got.headers[name]
    missing = await caller.call("HEAD", f"{centre.path}/Workers/WK{NO_SUCH}")
    assert (missing.status, missing.text) == (404, "")
    assert (await caller.get(path)).status == 200
