"""What an envelope is, and what is said to one that is none."""

import json
from io import BytesIO
from typing import Any

import pytest

from contract.api.caller import SID, Centre
from taskyard.core.causes import Cause
from taskyard.core.events import event_type
from taskyard.engine.event_index import EventQuery
from taskyard.server.api.application import BODY_BYTES_MAX
from taskyard.server.app import Running

from .poster import Poster, Posters


@pytest.fixture
async def ann(centre: Centre) -> str:
    return str((await centre.worker("Ann"))["sid"])


@pytest.fixture
def a(posters: Posters, ann: str) -> Poster:
    return posters.a(ann)


@pytest.fixture
def b(posters: Posters, ann: str) -> Poster:
    return posters.b(ann)


@pytest.mark.parametrize(
    ("body", "said"),
    [
        (b"", "the message is not JSON"),
        (b"url=x&method=GET", "the message is not JSON"),
        (b"{", "the message is not JSON"),
        (b'"\xff"', "not valid UTF-8"),
        (b'{"token":"t","url":"x","method":"GET","params":{"a":"\\ud800"}}', ""),
        (b"[]", "an object with url, method and token"),
        (b"{}", "missing required field `url`"),
        (b'{"url":1,"method":"GET","token":"t"}', "at `$.url`"),
        (b'{"url":"x","method":null,"token":"t"}', "at `$.method`"),
        (b'{"url":"x","method":"GET"}', "missing required field `token`"),
        (b'{"url":"x","method":"GET","token":"t","params":[]}', "at `$.params`"),
        (b'{"url":"x","method":"GET","token":"t","event_type":{}}', "at `$.event_type`"),
        (b'{"params":' + b"[" * 100_000, "the message"),
    ],
)
async def test_a_message_that_is_no_envelope_is_refused(
    a: Poster, b: Poster, body: bytes, said: str
) -> None:
    for poster in (a, b):
        assert said in (await poster.raw(body)).refused(400, 20001)


@pytest.mark.parametrize(
    ("url", "status", "code", "said"),
    [
        ("https://x.invalid/v1/Workspaces/{ws}/Workers/../Tasks", 400, 20001, "'.' or '..'"),
        ("https://x.invalid/v1/Workspaces/{ws}/%2e%2e/Tasks", 400, 20001, "'.' or '..'"),
        ("https://x.invalid/v1/Workspaces/{ws}/Tasks/a b", 400, 20001, "no address has"),
        ("https://x.invalid/v1/Workspaces/{ws}/Tasks/%00", 400, 20001, "no address has"),
        ("https://x.invalid/v1/Workspaces/{ws}/Tasks/%ff", 400, 20001, "not valid UTF-8"),
        ("https://x.invalid/\\v1\\Workspaces", 400, 20001, "no address has"),
        ("ftp://x.invalid/v1/Workspaces/{ws}", 400, 20001, "http:// or https://"),
        ("//x.invalid/v1/Workspaces/{ws}", 400, 20001, "http:// or https://"),
        ("https://x.invalid/v2/Workspaces/{ws}", 404, 20404, "under /v1/"),
        ("https://x.invalid/", 404, 20404, "under /v1/"),
        ("/Workspaces/{ws}", 404, 20404, "under /v1/"),
        ("https://x.invalid/v1/", 404, 20404, "not found"),
        ("", 404, 20404, "not found"),
        ("https://x.invalid/v1/Accounts/{ws}", 404, 20404, "not found"),
        ("https://x.invalid/v1/Workspaces/{ws}/Nothing", 404, 20404, "not found"),
        ("https://x.invalid/v1/Workspaces/{ws}/Tasks//", 404, 20404, "not found"),
        ("https://x.invalid/v1/Workspaces/WS" + "0" * 32, 403, 20403, "does not permit"),
        ("https://x.invalid/v1/Workspaces", 403, 20403, "does not permit"),
    ],
)
async def test_an_address_that_leads_nowhere_is_refused(
    a: Poster, b: Poster, posters: Posters, url: str, status: int, code: int, said: str
) -> None:
    url = url.replace("{ws}", posters.workspace_sid)
    for poster in (a, b):
        reply = await poster.envelope({"url": url, "method": "GET"})
        assert said in reply.refused(status, code)


async def test_an_address_is_no_longer_than_one_of_rest(a: Poster) -> None:
    for tail in ("x" * 32_769, f"Workspaces?{'x' * 32_768}"):
        reply = await a.envelope({"url": tail, "method": "GET"})
        assert "32768" in reply.refused(414, 20001)


@pytest.mark.parametrize("method", ["PUT", "HEAD", "OPTIONS", "get", "", "X" * 5_000])
async def test_a_method_that_the_path_does_not_have_is_refused(
    a: Poster, centre: Centre, method: str
) -> None:
    reply = await a.send(method, f"{centre.path}/Tasks")
    assert len(reply.refused(405, 20004)) < 200


@pytest.mark.parametrize(
    "url",
    [
        "https://taskrouter.twilio.com/v1{at}",
        "http://127.0.0.1:1/v1{at}",
        "HTTPS://anything/v1{at}/",
        "https://anything/v1{at}?",
        "/v1{at}",
        "v1{at}",
        "{relative}",
        "{relative}/",
    ],
)
async def test_the_host_takes_no_part_and_a_slash_at_the_end_neither(
    a: Poster, b: Poster, centre: Centre, ann: str, url: str
) -> None:
    at = f"{centre.path}/Workers/{ann}"
    for poster in (a, b):
        envelope = {"url": url.format(at=at, relative=at[1:]), "method": "GET"}
        body = (await poster.envelope(envelope)).expect(200)
        assert body["payload"]["sid"] == ann


async def test_whatever_the_content_type_says_the_body_is_json(
    a: Poster, b: Poster, centre: Centre
) -> None:
    kinds = ("text/plain;charset=UTF-8", "application/x-www-form-urlencoded", "application/json")
    for poster in (a, b):
        for kind in kinds:
            reply = await poster.send("GET", f"{centre.path}/Activities", Content_Type=kind)
            reply.expect(200)


async def test_an_event_type_comes_back_with_the_answer(a: Poster, centre: Centre) -> None:
    url = f"https://x.invalid/v1{centre.path}/"
    body = (await a.envelope({"url": url, "method": "GET", "event_type": "ready"})).expect(200)
    assert body["event_type"] == "ready"
    assert body["payload"]["sid"] == centre.path.rpartition("/")[2]
    body = (await a.envelope({"url": url, "method": "GET"})).expect(200)
    assert body.keys() == {"payload"}


async def test_every_success_is_200_also_of_creates_and_deletes(a: Poster, centre: Centre) -> None:
    at = f"{centre.path}/Tasks"
    task = (await a.send("POST", at)).expect(200)["payload"]
    reply = await a.send("DELETE", f"{at}/{task['sid']}")
    assert reply.expect(200) == {"payload": None}


async def test_params_are_written_as_a_form_would_have_them(a: Poster, centre: Centre) -> None:
    params: dict[str, Any] = {
        "Attributes": {"language": "fr", "score": 1.50, "deep": [{"a": None}]},
        "Priority": 7,
        "TaskChannel": "chat",
        "Timeout": None,
        "IgnoreCapacity": True,
    }
    task = (await a.send("POST", f"{centre.path}/Tasks", params)).expect(200)["payload"]
    assert json.loads(task["attributes"]) == params["Attributes"]
    assert (task["priority"], task["timeout"]) == (7, 86_400)
    assert task["task_channel_unique_name"] == "chat"


async def test_an_objects_text_is_kept_to_the_digit(a: Poster, centre: Centre) -> None:
    body = json.dumps({"token": a.token, "url": f"v1{centre.path}/Tasks", "method": "POST"})
    exact = '{"n":12345678901234567890123,"f":1.10}'
    reply = await a.raw(f'{body[:-1]},"params":{{"Attributes":{exact}}}}}'.encode())
    assert reply.expect(200)["payload"]["attributes"] == exact


async def test_a_list_is_a_repeated_key(a: Poster, centre: Centre) -> None:
    await centre.task()
    at = f"{centre.path}/Tasks"
    found = await a.get(at, {"AssignmentStatus": ["pending", "reserved"]})
    assert len(found["tasks"]) == 1
    assert (await a.get(at, {"AssignmentStatus": ["completed"]}))["tasks"] == []
    assert len((await a.get(at, {"AssignmentStatus": []}))["tasks"]) == 1


async def test_truth_values_and_empty_ones_filter_as_in_a_query(a: Poster, centre: Centre) -> None:
    at = f"{centre.path}/Activities"
    assert {one["available"] for one in (await a.get(at, {"Available": True}))["activities"]} == {
        True
    }
    every = len((await a.get(at))["activities"])
    assert len((await a.get(at, {"FriendlyName": "", "Available": None}))["activities"]) == every


async def test_a_nul_character_is_refused_and_so_are_too_many_values(
    a: Poster, centre: Centre
) -> None:
    at = f"{centre.path}/Tasks"
    reply = await a.send("POST", at, {"Reason": "a\0b"})
    assert "NUL" in reply.refused(400, 20001)
    reply = await a.send("GET", at, {"A\0": "b"})
    assert "NUL" in reply.refused(400, 20001)
    reply = await a.send("GET", at, {"AssignmentStatus": ["pending"] * 1_001})
    assert "at most 1000" in reply.refused(400, 20001)


async def test_an_address_of_a_next_page_is_posted_back_whole(a: Poster, centre: Centre) -> None:
    for name in ("A", "B", "C"):
        await centre.worker(name)
    page = await a.get(f"{centre.path}/Workers", {"PageSize": 1, "Ordering": "FriendlyName:asc"})
    names = []
    while True:
        names += [one["friendly_name"] for one in page["workers"]]
        following = page["meta"]["next_page_url"]
        if following is None:
            break
        page = (await a.envelope({"url": following, "method": "GET"})).expect(200)["payload"]
    assert names == ["A", "Ann", "B", "C"]


async def test_params_join_the_query_of_the_address(a: Poster, centre: Centre) -> None:
    url = f"v1{centre.path}/Activities?PageSize=1"
    reply = await a.envelope({"url": url, "method": "GET", "params": {"Available": "true"}})
    page = reply.expect(200)["payload"]
    assert page["meta"]["page_size"] == 1
    assert page["activities"][0]["available"] is True


async def test_a_stale_if_match_is_412_and_the_version_is_a_bare_number(
    b: Poster, centre: Centre, ann: str
) -> None:
    at = f"{centre.path}/Workers/{ann}"
    worker = await b.get(at)
    form = {"Attributes": {"a": 1}}
    stale = await b.send("POST", at, form, If_Match=str(worker["version"] + 7))
    stale.refused(412, 20412)
    good = await b.send("POST", at, form, If_Match=str(worker["version"]))
    assert good.expect(200)["payload"]["version"] == worker["version"] + 1
    assert good.headers["ETag"] == f'"{worker["version"] + 1}"'


async def test_refusals_are_those_of_rest(a: Poster, b: Poster, centre: Centre, ann: str) -> None:
    for poster in (a, b):
        reply = await poster.send("POST", f"{centre.path}/Workers/{ann}", {"ActivitySid": "WAnone"})
        assert "WAnone" in reply.refused(400, 20001)
    missing = f"{centre.path}/Tasks/WT{'0' * 32}"
    message = (await a.send("GET", missing)).refused(404, 20404)
    assert message == f"The requested resource {missing} was not found"
    (await a.send("POST", missing, {"Priority": "x"})).refused(404, 20404)


async def test_a_body_that_is_too_large_is_413(a: Poster) -> None:
    reply = await a.raw(BytesIO(b" " * (BODY_BYTES_MAX + 1)))
    reply.refused(413, 20001)


async def test_a_preflight_is_answered_for_all_that_the_clients_send(a: Poster, b: Poster) -> None:
    for poster in (a, b):
        reply = await poster.raw(
            b"",
            "OPTIONS",
            Origin="https://agents.invalid",
            Access_Control_Request_Method="POST",
            Access_Control_Request_Headers="apiversion,clientversion,content-type,if-match",
        )
        assert reply.status == 204
        allowed = reply.headers["Access-Control-Allow-Headers"].lower().split(", ")
        assert {"apiversion", "clientversion", "content-type", "if-match"} <= set(allowed)
        assert "POST" in reply.headers["Access-Control-Allow-Methods"]


async def test_the_etag_is_exposed_to_the_page(b: Poster, centre: Centre, ann: str) -> None:
    reply = await b.send("GET", f"{centre.path}/Workers/{ann}")
    assert "ETag" in reply.headers["Access-Control-Expose-Headers"]


async def test_channels_are_posted_to_and_nothing_else(b: Poster) -> None:
    for method in ("GET", "PUT", "DELETE"):
        reply = await b.raw(b"", method)
        reply.refused(405, 20004)
        assert reply.headers["Allow"] == "POST, OPTIONS"
    address = b.address
    for tail in (f"/{SID}", "/a/b/c", "//", "x"):
        b.address = address + tail
        (await b.raw(b"{}")).refused(404, 20404)


async def test_a_worker_is_the_cause_of_what_their_browser_does(
    server: Running, a: Poster, b: Poster, posters: Posters, centre: Centre, ann: str
) -> None:
    async def causes(sid: str, kind: str) -> list[Cause | None]:
        query = EventQuery(workspace_sid=posters.workspace_sid, names=(sid,))
        found = [one async for one in server.directory.find_events(query)]
        return [one.cause for one in found if event_type(one.event) == kind]

    by_ann = Cause("worker", ann, "127.0.0.1")
    for poster in (a, b):
        task = await poster.post(f"{centre.path}/Tasks")
        assert await causes(task["sid"], "task.created") == [by_ann]
    queue = posters.a(centre.queue["sid"])
    task = await queue.post(f"{centre.path}/Tasks")
    assert await causes(task["sid"], "task.created") == [Cause("account", SID, "127.0.0.1")]
