"""A page in the style of the public one for task queues, with callbacks."""

import itertools
import time
from pathlib import Path
from typing import Any

import jwt
import pytest
from playwright.async_api import Page

from taskyard.demo.server_process import ServerProcess
from taskyard.server.app import Running

from .centre import Centre
from .conftest import ACCOUNT_SID, AUTH_TOKEN
from .pages import site

GUARD_MS = 30_000

PAGE = """<!doctype html><title>Task queue</title>
<script src="{server}/js/taskrouter/v1.21/taskrouter.min.js"></script>
<script>
  var events = [];
  function open(token) {{
    window.taskQueue = new Twilio.TaskRouter.TaskQueue(token);
    taskQueue.on("ready", function (queue) {{
      events.push(["ready", queue.sid, queue.friendlyName, queue.targetWorkers,
        queue.maxReservedWorkers]);
    }});
    taskQueue.on("connected", function () {{ events.push(["connected"]); }});
    taskQueue.on("disconnected", function (about) {{
      events.push(["disconnected", typeof about.message]);
    }});
    taskQueue.on("token.expired", function () {{ events.push(["token.expired"]); }});
    taskQueue.on("error", function () {{}});
  }}
  // What a callback was given: the error's code and message, or the result's properties.
  function called(ask, names) {{
    return new Promise(function (done) {{
      ask(function (error, result) {{
        done(error ? [error.code, error.message]
          : [null].concat((names || []).map(function (name) {{ return result[name]; }})));
      }});
    }});
  }}
</script>"""

UPDATE = """(values) => called(
    (callback) => taskQueue.update(...values, callback),
    ["friendlyName", "targetWorkers", "maxReservedWorkers"])"""
DELETE = "() => called((callback) => taskQueue.delete(callback))"
STATISTICS = """() => Promise.all(["statistics", "realtimeStats", "cumulativeStats"].map(
    (kind) => called((callback) => taskQueue[kind].fetch({Minutes: 60}, callback),
        ["cumulative", "realtime", "totalTasks", "reservationsCreated"])))"""


async def opened(page: Page, url: str, token: str) -> None:
    await page.goto(url)
    await page.evaluate("(token) => open(token)", token)
    await until(page, "ready")


async def until(page: Page, name: str, times: int = 1) -> None:
    await page.wait_for_function(
        "([name, times]) => events.filter(([event]) => event === name).length >= times",
        arg=[name, times],
        timeout=GUARD_MS,
    )


def claims(policies: list[dict[str, Any]], centre: Centre) -> str:
    """A token with exactly these policies, whatever a library would add."""
    return jwt.encode(
        {
            "version": "v1",
            "friendly_name": centre.queue["sid"],
            "iss": ACCOUNT_SID,
            "account_sid": ACCOUNT_SID,
            "workspace_sid": centre.sid,
            "channel": centre.queue["sid"],
            "taskqueue_sid": centre.queue["sid"],
            "iat": int(time.time()),
            "exp": int(time.time()) + 600,
            "policies": [{**one, "query_filter": {}, "post_filter": {}} for one in policies],
        },
        AUTH_TOKEN,
        algorithm="HS256",
    )


def public_sample(centre: Centre) -> str:
    """The published Node sample's policies: `TaskQueue` in the path, and no others."""
    base = "https://taskrouter.twilio.com/v1/Workspaces"
    queue = f"{base}/{centre.sid}/TaskQueue/{centre.queue['sid']}"
    return claims(
        [
            {"url": f"{queue}/**", "method": "GET", "allow": True},
            {"url": queue, "method": "POST", "allow": True},
        ],
        centre,
    )


async def test_ready_shows_the_queue_and_updates_of_one_and_of_several_attributes_change_it(
    server: Running, page: Page
) -> None:
    async with Centre(server.url) as centre, site({"/": PAGE.format(server=server.url)}) as url:
        await opened(page, url, centre.token(centre.queue["sid"]))
        assert await page.evaluate("() => events") == [
            ["connected"],
            ["ready", centre.queue["sid"], "Cakes", "1==1", 1],
        ]
        one = await page.evaluate(UPDATE, ["MaxReservedWorkers", "20"])
        assert one == [None, "Cakes", "1==1", 20]
        several = {"FriendlyName": "Kuchen für alle", "TargetWorkers": "skills HAS 'cake'"}
        both = await page.evaluate(UPDATE, [several])
        assert both == [None, "Kuchen für alle", "skills HAS 'cake'", 20]
        shown = await centre.see(f"{centre.below}/TaskQueues/{centre.queue['sid']}")
        assert shown["friendly_name"] == "Kuchen für alle"
        assert (shown["target_workers"], shown["max_reserved_workers"]) == ("skills HAS 'cake'", 20)
        assert await page.evaluate(
            "() => [taskQueue.friendlyName, taskQueue.maxReservedWorkers]"
        ) == ["Kuchen für alle", 20]


async def test_a_refused_update_says_its_code_and_message_and_changes_nothing(
    server: Running, page: Page
) -> None:
    async with Centre(server.url) as centre, site({"/": PAGE.format(server=server.url)}) as url:
        await opened(page, url, centre.token(centre.queue["sid"]))
        code, message = await page.evaluate(UPDATE, ["MaxReservedWorkers", "many"])
        assert code == 400
        assert message.startswith("MaxReservedWorkers")
        mixed = {"FriendlyName": "Tarts", "TargetWorkers": "skills HAS"}
        code, message = await page.evaluate(UPDATE, [mixed])
        assert code == 400
        assert "TargetWorkers" in message
        shown = await centre.see(f"{centre.below}/TaskQueues/{centre.queue['sid']}")
        assert shown == centre.queue


async def test_a_queue_is_deleted_by_a_token_that_may_and_only_by_such_a_one(
    server: Running, page: Page
) -> None:
    async with Centre(server.url) as centre, site({"/": PAGE.format(server=server.url)}) as url:
        queue = await centre.make(f"{centre.below}/TaskQueues", FriendlyName="Tarts")
        path = f"{centre.below}/TaskQueues/{queue['sid']}"
        await opened(page, url, centre.token(queue["sid"]))
        code, message = await page.evaluate(DELETE)
        assert code == 403
        assert message
        assert await centre.see(path) == queue
        may = centre.token(queue["sid"], may_delete=True)
        await page.evaluate("(token) => taskQueue.updateToken(token)", may)
        assert await page.evaluate(DELETE) == [None]
        lists = await centre.see(f"{centre.below}/TaskQueues?FriendlyName=Tarts")
        assert lists["task_queues"] == []
        code, message = await page.evaluate(UPDATE, ["FriendlyName", "Pies"])
        assert code == 404
        assert message


async def test_a_token_that_expires_is_replaced_and_the_page_goes_on_working(
    server: Running, page: Page
) -> None:
    async with Centre(server.url) as centre, site({"/": PAGE.format(server=server.url)}) as url:
        first = centre.token(centre.queue["sid"], ttl=7)
        ends_s = jwt.decode(first, options={"verify_signature": False})["exp"]
        await opened(page, url, first)
        await until(page, "token.expired")
        assert time.time() < ends_s  # there is time to fetch another
        # Nobody has replaced it yet, and it ends.
        await page.wait_for_timeout(max(0.0, ends_s - time.time() + 1.1) * 1_000)
        code, message = await page.evaluate(UPDATE, ["MaxReservedWorkers", "7"])
        assert code == 401
        assert "expired" in message
        await page.evaluate(
            "(token) => taskQueue.updateToken(token)", centre.token(centre.queue["sid"])
        )
        updated = await page.evaluate(UPDATE, ["MaxReservedWorkers", "7"])
        assert updated == [None, "Cakes", "1==1", 7]
        names = await page.evaluate("() => events.map(([event]) => event)")
        assert names.count("token.expired") == 1


async def test_what_is_asked_with_a_token_of_another_channel_is_refused(
    server: Running, page: Page
) -> None:
    async with Centre(server.url) as centre, site({"/": PAGE.format(server=server.url)}) as url:
        await opened(page, url, centre.token(centre.queue["sid"]))
        for sid, expected in [(centre.ada["sid"], 403), (centre.queue["sid"], None)]:
            await page.evaluate("(token) => taskQueue.updateToken(token)", centre.token(sid))
            code, *_ = await page.evaluate(UPDATE, ["MaxReservedWorkers", "7"])
            assert code == expected


async def test_a_server_that_is_killed_and_started_again_is_found_again(
    page: Page, tmp_path: Path
) -> None:
    async with ServerProcess(tmp_path / "yard.db", ACCOUNT_SID, AUTH_TOKEN) as process:
        address = await process.address()
        async with Centre(address) as centre, site({"/": PAGE.format(server=address)}) as url:
            await opened(page, url, centre.token(centre.queue["sid"]))
            await page.evaluate(UPDATE, ["MaxReservedWorkers", "20"])
            await process.restart()
            await process.address()
            await until(page, "ready", times=2)
            sid = centre.queue["sid"]
            events = await page.evaluate("() => events")
            # Each attempt that finds nobody is one more.
            assert [event for event, _ in itertools.groupby(events)] == [
                ["connected"],
                ["ready", sid, "Cakes", "1==1", 1],
                ["disconnected", "string"],
                ["connected"],
                ["ready", sid, "Cakes", "1==1", 20],
            ]
            updated = await page.evaluate(UPDATE, ["FriendlyName", "Still here"])
            assert updated == [None, "Still here", "1==1", 20]
        await page.close()


async def test_the_policies_of_the_public_node_sample_are_enough_for_ready_and_update(
    server: Running, page: Page
) -> None:
    async with Centre(server.url) as centre, site({"/": PAGE.format(server=server.url)}) as url:
        await opened(page, url, public_sample(centre))
        updated = await page.evaluate(UPDATE, ["TargetWorkers", "skills HAS 'cake'"])
        assert updated == [None, "Cakes", "skills HAS 'cake'", 1]
        code, _ = await page.evaluate(DELETE)
        assert code == 403


@pytest.mark.parametrize("whose", ["helper library", "public sample"])
async def test_the_three_statistics_are_fetched(server: Running, page: Page, whose: str) -> None:
    async with Centre(server.url) as centre, site({"/": PAGE.format(server=server.url)}) as url:
        await centre.make(f"{centre.below}/Tasks", Attributes="{}")
        sid = centre.queue["sid"]
        token = centre.token(sid) if whose == "helper library" else public_sample(centre)
        await opened(page, url, token)
        both, now, lately = await page.evaluate(STATISTICS)
        assert both[0] is None
        assert both[1]["tasksEntered"] == 1
        assert both[2]["totalTasks"] == 1
        assert (now[0], now[3]) == (None, 1)
        assert (lately[0], lately[4]) == (None, 0)
