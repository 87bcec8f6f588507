"""Alerts about routing: who keeps a workflow hears of known workers who cannot be the one."""

import asyncio
import json
from typing import Any

from .caller import Centre


async def alerts(centre: Centre, count: int) -> list[dict[str, Any]]:
    """As soon as there are so many, the oldest first."""
    workspace_sid = centre.path.rpartition("/")[2]
    url = f"{centre.caller.url}/taskyard/v1/Alerts?WorkspaceSid={workspace_sid}"
    async with asyncio.timeout(60):  # against a hang only
        while True:
            async with centre.caller.session.get(url) as response:
                found: list[dict[str, Any]] = (await response.json())["alerts"]
            if len(found) >= count:
                return found[::-1]
            await asyncio.sleep(0.02)


async def test_a_known_worker_who_cannot_be_the_one_makes_an_alert_although_the_task_goes_on(
    centre: Centre,
) -> None:
    cooks = await centre.caller.make(
        f"{centre.path}/TaskQueues", FriendlyName="Cooks", TargetWorkers="cook == true"
    )
    first = {"queue": cooks["sid"], "known_worker_sid": "task.agent", "skip_if": "1==1"}
    targets = [first, {"queue": centre.queue["sid"]}]
    rules = {"task_routing": {"filters": [{"expression": "1==1", "targets": targets}]}}
    await centre.caller.change(
        f"{centre.path}/Workflows/{centre.workflow['sid']}", Configuration=json.dumps(rules)
    )
    ann = await centre.worker("Ann")
    await centre.task()  # names nobody, and that is no problem
    nobody = "WK" + "f" * 32
    tasks = [
        await centre.task(Attributes=json.dumps({"agent": agent}))
        for agent in (ann["sid"], nobody, "Ann")
    ]
    assert [task["task_queue_sid"] for task in tasks] == [centre.queue["sid"]] * 3
    found = await alerts(centre, 3)
    assert [(one["code"], one["level"], one["task_sid"]) for one in found] == [
        (code, "error", task["sid"])
        for code, task in zip((40152, 40155, 40154), tasks, strict=True)
    ]
    assert found[0]["message"] == (
        f"known_worker_sid: worker {ann['sid']} does not belong to task queue {cooks['sid']}"
    )
