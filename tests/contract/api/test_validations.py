"""What saving would say, asked before anything is saved."""

import json
from typing import Any

import aiohttp
import pytest

from taskyard.core.limits import Limits

from .caller import Caller, Centre, Reply

NOBODY = "WQ" + "f" * 32


async def ask(centre: Centre, bearer: str | None = None, **form: str) -> Reply:
    url = f"{centre.caller.url}/taskyard/v1{centre.path}/Validations"
    if bearer is None:
        async with centre.caller.session.post(url, data=form) as answer:
            return Reply(answer.status, answer.headers, await answer.text())
    headers = {"Authorization": f"Bearer {bearer}"}
    async with (
        aiohttp.ClientSession() as page,
        page.post(url, data=form, headers=headers) as answer,
    ):
        return Reply(answer.status, answer.headers, await answer.text())


async def token(caller: Caller, centre: Centre, role: str, **form: str) -> str:
    asked = {"WorkspaceSid": centre.path.rpartition("/")[2], "Role": role} | form
    async with caller.session.post(f"{caller.url}/taskyard/v1/Tokens", data=asked) as answer:
        made: str = (await answer.json())["token"]
        return made


def routing(**part: Any) -> str:
    return json.dumps({"task_routing": part})


async def test_an_expression_tells_how_many_workers_it_is_for(centre: Centre) -> None:
    cake = json.dumps({"skill": "cake"})
    for name, activity in (("Ann", "Available"), ("Ben", "Offline"), ("Cleo", "Offline")):
        await centre.worker(name, activity, Attributes=cake)
    await centre.worker("Dan")
    assert (await ask(centre, TargetWorkers="skill == 'cake'")).expect(200) == {
        "field": "TargetWorkers",
        "valid": True,
        "problem": None,
        "matching_workers": 3,
        "available_workers": 1,
    }
    nobody = (await ask(centre, TargetWorkers="  ")).expect(200)
    assert (nobody["valid"], nobody["matching_workers"]) == (True, 0)


async def test_a_mistake_in_an_expression_has_its_place_and_the_words_of_saving(
    centre: Centre,
) -> None:
    text = "skill == 'cake'\nAND skill HAZ 'pie'"
    said = (await ask(centre, TargetWorkers=text)).expect(200)
    assert (said["valid"], said["matching_workers"]) == (False, None)
    assert said["problem"]["position"] == text.index("HAZ")
    path = f"{centre.path}/TaskQueues"
    saved = await centre.caller.post(path, {"FriendlyName": "x", "TargetWorkers": text})
    assert saved.refused(400, 20001) == f"TargetWorkers: {said['problem']['message']}"


async def test_a_good_configuration_is_valid_and_not_saved(centre: Centre) -> None:
    before = await centre.caller.see(f"{centre.path}/Workflows")
    text = routing(default_filter={"queue": centre.queue["sid"]})
    said = (await ask(centre, Configuration=text)).expect(200)
    assert (said["field"], said["valid"], said["problem"]) == ("Configuration", True, None)
    assert await centre.caller.see(f"{centre.path}/Workflows") == before


@pytest.mark.parametrize(
    ("configuration", "place", "says"),
    [
        ("{", None, "JSON"),
        ("[]", None, "expected an object"),
        (routing(), "task_routing", "at least one filter"),
        (routing(filters=[{}]), "task_routing.filters[0].expression", "missing"),
        (
            routing(filters=[{"expression": "a HAZ: b", "targets": [{}]}]),
            "task_routing.filters[0].expression",
            "at position 2",
        ),
        (
            routing(filters=[{"expression": "1==1", "targets": [{"queue": NOBODY}]}]),
            "task_routing.filters[0].targets[0].queue",
            "expected a task queue of this workspace",
        ),
        (" " * (Limits().configuration_bytes + 1), None, "bytes"),
    ],
)
async def test_a_mistake_in_a_configuration_has_its_place_and_the_words_of_saving(
    centre: Centre, configuration: str, place: str | None, says: str
) -> None:
    said = (await ask(centre, Configuration=configuration)).expect(200)
    assert said["valid"] is False
    problem = said["problem"]
    assert problem["place"] == place
    assert says in problem["message"]
    form = {"FriendlyName": "x", "Configuration": configuration}
    saved = await centre.caller.post(f"{centre.path}/Workflows", form)
    assert problem["message"] in saved.refused(400, 20001)


@pytest.mark.parametrize(
    ("form", "found"),
    [({}, "neither"), ({"TargetWorkers": "1==1", "Configuration": "{}"}, "both")],
)
async def test_exactly_one_field_is_validated(
    centre: Centre, form: dict[str, str], found: str
) -> None:
    message = (await ask(centre, **form)).refused(400, 20001)
    assert message == f"one of TargetWorkers and Configuration is required, not {found}"


async def test_who_may_read_the_lists_may_ask_and_nobody_else(centre: Centre) -> None:
    worker = (await centre.worker("Ann"))["sid"]
    caller = centre.caller
    viewer = await token(caller, centre, "viewer")
    agent = await token(caller, centre, "agent", WorkerSid=worker)
    for form in ({"TargetWorkers": "1==1"}, {"Configuration": "{}"}):
        (await ask(centre, viewer, **form)).expect(200)
        assert "does not permit" in (await ask(centre, agent, **form)).refused(403, 20403)
        (await ask(centre, "none", **form)).expect(400)
    other = await Centre(caller).open()
    assert (await ask(other, viewer, TargetWorkers="1==1")).status == 403
    url = f"{caller.url}/taskyard/v1{centre.path}/Validations"
    async with aiohttp.ClientSession() as page:
        assert (await page.post(url, data={"TargetWorkers": "1==1"})).status == 401
    async with caller.session.get(url) as answer:
        assert (answer.status, answer.headers["Allow"]) == (405, "POST, OPTIONS")


async def test_a_workspace_that_is_not_there_is_not_found(centre: Centre) -> None:
    url = f"{centre.caller.url}/taskyard/v1/Workspaces/WS{'f' * 32}/Validations"
    async with centre.caller.session.post(url, data={"TargetWorkers": "1==1"}) as answer:
        assert answer.status == 404
