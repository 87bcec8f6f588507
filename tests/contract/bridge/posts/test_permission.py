"""Who may post what: the token says it, and nothing that it does not grant is done."""

import time

import pytest

from contract.api.caller import SID, TOKEN, Centre
from contract.bridge.clients import capability_token
from taskyard.client.tokens import AccessToken, TaskQueueCapability, WorkerCapability
from taskyard.server.api.routes import ROUTES
from taskyard.server.bridge.routes import ROUTES_B

from .poster import KEY, Poster, Posters, access, capability, everything


async def sids_of(centre: Centre) -> dict[str, str]:
    """A resource for each variable of each path, and for the collections' items."""
    worker = await centre.worker("Ann")
    task = await centre.task()
    (offer,) = await centre.offers(task)
    (channel, *_) = await centre.caller.every(f"{centre.path}/TaskChannels", "channels")
    (event, *_) = await centre.caller.every(f"{centre.path}/Events", "events")
    return {
        "WorkspaceSid": centre.path.rpartition("/")[2],
        "WorkerSid": worker["sid"],
        "TaskSid": task["sid"],
        "TaskQueueSid": centre.queue["sid"],
        "WorkflowSid": centre.workflow["sid"],
        "Events": event["sid"],
        "Activities": centre.activities["Offline"],
        "Channels": "voice",
        "Reservations": offer["sid"],
        "TaskChannels": channel["sid"],
        "TaskQueues": centre.queue["sid"],
        "Tasks": task["sid"],
        "Transfers": "TT" + "0" * 32,
        "Workers": worker["sid"],
        "Workflows": centre.workflow["sid"],
    }


def filled(template: str, sids: dict[str, str]) -> str:
    collection = template.split("/")[-2]
    return template.replace("{Sid}", sids.get(collection, "")).format(**sids)


@pytest.mark.parametrize("kind", ["WorkerSid", "TaskQueues", "WorkspaceSid"])
async def test_a_capability_token_without_a_policy_for_it_does_nothing(
    centre: Centre, posters: Posters, kind: str
) -> None:
    sids = await sids_of(centre)
    channel = sids[kind]
    token = capability(posters.workspace_sid, channel)
    poster = posters.a(channel, token.to_jwt())
    granted = {(one.method, one.url) for one in token.policies}
    before = await centre.caller.see(centre.path)
    refused = 0
    for template, methods in ROUTES.items():
        path = filled(template, sids)
        for method in methods:
            if (method, f"https://taskrouter.twilio.com/v1{path}") in granted:
                continue
            reply = await poster.send(method, path)
            if reply.status == 200:  # below one of the policies that end in /**
                assert method == "GET"
                assert any(url.endswith("/**") for _, url in granted)
                assert kind == "WorkerSid"
                assert "/Reservations" in path or "/Tasks" in path or "/Activities" in path
            else:
                reply.refused(403, 20403)
                refused += 1
    assert refused > len(ROUTES)
    assert await centre.caller.see(centre.path) == before


@pytest.mark.parametrize("granted", ["GET", "POST", "DELETE"])
@pytest.mark.parametrize("channel", ["WorkerSid", "TaskQueues", "WorkspaceSid"])
async def test_a_policy_opens_its_method_alone(
    centre: Centre, posters: Posters, channel: str, granted: str
) -> None:
    sids = await sids_of(centre)
    token = capability(posters.workspace_sid, sids[channel])
    token.policies = token.policies[:2]
    token.allow(f"https://x.invalid/v1/Workspaces/{posters.workspace_sid}/**", granted)
    poster = posters.a(sids[channel], token.to_jwt())
    for template, methods in ROUTES.items():
        if template.count("/") < 3:
            continue
        for method in methods.keys() - {granted, "GET"}:
            # What can be read of its own it may always read.
            (await poster.send(method, filled(template, sids))).refused(403, 20403)


@pytest.mark.parametrize("role", ["worker", "supervisor", "admin"])
async def test_a_role_opens_nothing_of_another_workspace(
    centre: Centre, posters: Posters, role: str
) -> None:
    sids = await sids_of(centre)
    other = await Centre(centre.caller).open()
    worker = None if role == "admin" else sids["WorkerSid"]
    poster = posters.b(worker, role)
    foreign = {**sids, "WorkspaceSid": other.path.rpartition("/")[2]}
    for template, methods in ROUTES_B.items():
        for method in methods:
            (await poster.send(method, filled(template, foreign))).refused(403, 20403)


_IN = "/Workspaces/{WorkspaceSid}"
_OPEN_TO_ALL = {
    ("POST", f"{_IN}/Tasks"),
    *(("GET", f"{_IN}/{one}") for one in ("Activities", "Workers", "TaskQueues")),
    *(("GET", f"{_IN}/{one}/{{Sid}}") for one in ("Activities", "Workers", "TaskQueues")),
}
_READ_BY_SUPERVISORS = (f"{_IN}/{one}" for one in ("Workers", "Tasks", "TaskChannels", "Events"))


async def test_a_worker_s_role_opens_nothing_that_is_anothers(
    centre: Centre, posters: Posters
) -> None:
    sids = await sids_of(centre)
    poster = posters.b((await centre.worker("Bob", "Offline"))["sid"])
    for template, methods in ROUTES_B.items():
        for method in methods:
            reply = await poster.send(method, filled(template, sids))
            if (method, template) in _OPEN_TO_ALL:
                reply.expect(200)
            else:
                reply.refused(403, 20403)


async def test_a_supervisor_s_role_reads_and_changes_what_is_theirs_to_supervise(
    centre: Centre, posters: Posters
) -> None:
    sids = await sids_of(centre)
    poster = posters.b((await centre.worker("Bob", "Offline"))["sid"], "supervisor")
    reads = tuple(_READ_BY_SUPERVISORS)
    for template, methods in ROUTES_B.items():
        for method in methods:
            reply = await poster.send(method, filled(template, sids))
            if (
                (method, template) in _OPEN_TO_ALL
                or (method == "GET" and template.startswith(reads))
                or (method == "GET" and template.endswith("Statistics"))
                or (method, template) == ("POST", f"{_IN}/Workers/{{Sid}}")
            ):
                assert reply.status != 403, (method, template)
            else:
                reply.refused(403, 20403)


async def test_an_admin_s_role_opens_all_of_the_workspace_but_its_deletion(
    centre: Centre, posters: Posters
) -> None:
    sids = await sids_of(centre)
    poster = posters.b(None, "admin")
    for template, methods in ROUTES_B.items():
        for method in methods.keys() & {"GET", "POST"}:
            reply = await poster.send(method, filled(template, sids))
            if template == "/Workspaces":
                reply.refused(403, 20403)
            else:
                assert reply.status != 403, (method, template)
    (await poster.send("DELETE", centre.path)).refused(403, 20403)


@pytest.mark.parametrize("dialect", ["a", "b"])
async def test_nothing_that_a_token_opens_answers_500(
    centre: Centre, posters: Posters, dialect: str
) -> None:
    sids = await sids_of(centre)
    poster = posters.a(sids["WorkerSid"]) if dialect == "a" else posters.b(None, "admin")
    for method in ("GET", "POST"):
        for template, methods in ROUTES_B.items():
            if template.count("/") > 1 and method in methods:
                for params in ({}, {"PageSize": "x", "AfterSid": {}, "Attributes": [1], "Sid": 1}):
                    reply = await poster.send(method, filled(template, sids), params)
                    assert reply.status < 500, (method, template, reply.text)


async def test_the_channel_of_the_address_is_that_of_the_token(
    centre: Centre, posters: Posters
) -> None:
    ann, bob = [(await centre.worker(name))["sid"] for name in ("Ann", "Bob")]
    token = everything(posters.workspace_sid, ann)
    (await posters.a(bob, token).send("GET", centre.path)).refused(403, 20403)
    poster = posters.a(ann, token)
    poster.address = poster.address.replace(SID, "AC" + "9" * 32)
    (await poster.send("GET", centre.path)).refused(403, 20403)


async def test_a_workers_token_may_have_the_workspace_as_its_channel(
    centre: Centre, posters: Posters
) -> None:
    ann = (await centre.worker("Ann"))["sid"]
    token = capability_token(posters.workspace_sid, posters.workspace_sid, worker_sid=ann)
    for address in (posters.workspace_sid, ann):
        poster = posters.a(address, token)
        assert (await poster.get(f"{centre.path}/Workers/{ann}"))["sid"] == ann
        (await poster.send("GET", centre.path)).refused(403, 20403)


async def test_each_dialect_takes_its_own_kind_of_token(centre: Centre, posters: Posters) -> None:
    ann = (await centre.worker("Ann"))["sid"]
    at = f"{centre.path}/Workers/{ann}"
    swapped = posters.a(ann, access(posters.workspace_sid, ann))
    assert "capability token" in (await swapped.send("GET", at)).refused(403, 20403)
    swapped = posters.b(ann, token=everything(posters.workspace_sid, ann))
    assert "access token" in (await swapped.send("GET", at)).refused(403, 20403)


async def test_a_token_that_denies_its_channel_posts_nothing(
    centre: Centre, posters: Posters
) -> None:
    ann = (await centre.worker("Ann"))["sid"]
    token = WorkerCapability(SID, TOKEN, posters.workspace_sid, ann)
    del token.policies[1]
    reply = await posters.a(ann, token.to_jwt()).send("GET", f"{centre.path}/Workers/{ann}")
    assert "POST on its channel" in reply.refused(403, 20403)


async def test_a_default_token_reads_what_the_first_client_reads_at_its_start(
    centre: Centre, posters: Posters
) -> None:
    ann = (await centre.worker("Ann"))["sid"]
    task = await centre.task()
    token = WorkerCapability(SID, TOKEN, posters.workspace_sid, ann).to_jwt()
    poster = posters.a(ann, token)
    assert (await poster.get(f"{centre.path}/Workers/{ann}"))["sid"] == ann
    page = await poster.get(
        f"{centre.path}/Workers/{ann}/Reservations", {"ReservationStatus": "pending"}
    )
    assert page["meta"]["key"] == "reservations"
    assert page["meta"]["url"].startswith(centre.caller.url)
    assert page["reservations"][0]["task_sid"] == task["sid"]
    assert (await poster.get(f"{centre.path}/Tasks/{task['sid']}"))["attributes"] == "{}"
    assert (await poster.get(f"{centre.path}/Activities"))["meta"]["key"] == "activities"


async def test_a_filter_of_a_policy_is_about_the_params(centre: Centre, posters: Posters) -> None:
    ann = (await centre.worker("Ann"))["sid"]
    token = WorkerCapability(SID, TOKEN, posters.workspace_sid, ann).allow_activity_updates()
    poster, at = posters.a(ann, token.to_jwt()), f"{centre.path}/Workers/{ann}"
    changed = await poster.post(at, ActivitySid=centre.activities["Offline"])
    assert changed["activity_name"] == "Offline"
    more = {"ActivitySid": centre.activities["Offline"], "FriendlyName": "Zoe"}
    (await poster.send("POST", at, more)).refused(403, 20403)


async def test_the_channel_of_a_task_queue_and_of_a_workspace_are_ready(
    centre: Centre, posters: Posters
) -> None:
    queue_sid = centre.queue["sid"]
    token = TaskQueueCapability(SID, TOKEN, posters.workspace_sid, queue_sid).to_jwt()
    queue = await posters.a(queue_sid, token).get(f"{centre.path}/TaskQueues/{queue_sid}")
    assert queue["sid"] == queue_sid
    token = capability(posters.workspace_sid, posters.workspace_sid).to_jwt()
    workspace = await posters.a(posters.workspace_sid, token).get(f"{centre.path}/")
    assert workspace["sid"] == posters.workspace_sid


async def test_tokens_that_are_not_good_get_the_published_codes(
    centre: Centre, posters: Posters, monkeypatch: pytest.MonkeyPatch
) -> None:
    ann = (await centre.worker("Ann"))["sid"]
    workspace_sid, at = posters.workspace_sid, f"{centre.path}/Workers/{ann}"
    forged = WorkerCapability(SID, "f" * 32, workspace_sid, ann).to_jwt()
    (await posters.a(ann, forged).send("GET", at)).refused(403, 20403)
    unsigned = AccessToken(SID, KEY, "f" * 32, workspace_sid, ann).to_jwt()
    (await posters.b(ann, token=unsigned).send("GET", at)).refused(401, 20107)
    for nonsense in ("x", "a.b.c", "a.b"):
        (await posters.a(ann, nonsense).send("GET", at)).refused(400, 20001)
    now = time.time()
    with monkeypatch.context() as patched:
        patched.setattr(time, "time", lambda: now - 7_200)
        old_a, old_b = everything(workspace_sid, ann), access(workspace_sid, ann)
    (await posters.a(ann, old_a).send("GET", at)).refused(401, 20104)
    (await posters.b(ann, token=old_b).send("GET", at)).refused(401, 20104)


async def test_a_channel_that_was_deleted_is_404(centre: Centre, posters: Posters) -> None:
    ann = (await centre.worker("Ann"))["sid"]
    browsers: list[Poster] = [posters.a(ann), posters.b(ann)]
    at = f"{centre.path}/Workers/{ann}"
    for browser in browsers:
        assert (await browser.get(at))["sid"] == ann
    assert await browsers[0].send("DELETE", at) is not None
    for browser in browsers:
        (await browser.send("GET", f"{centre.path}/Activities")).refused(404, 20404)
    await centre.caller.delete(centre.path)
    (await posters.b(None, "admin").send("GET", centre.path)).refused(404, 20404)
