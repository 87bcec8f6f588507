"""A worker, a task queue and a workspace on pages of their own, over the real event bridge."""

from typing import Any

import pytest
from playwright.async_api import Page

from taskyard.server.app import Running

from .centre import Centre
from .pages import site

GUARD_MS = 30_000


PAGE = """<!doctype html><title>Agent</title>
<script src="{server}/js/taskrouter/v1.21/taskrouter.min.js"></script>
<script>
  window.events = [];
  const note = (name, value) => window.events.push([name, value]);
  const open = (kind, ...options) => {{
    const client = window.client = new Twilio.TaskRouter[kind](...options);
    for (const name of ["connected", "disconnected", "token.expired"])
      client.on(name, () => note(name, null));
    client.on("ready", (one) => note("ready", one.friendlyName));
    client.on("error", (error) => note("error", error.message));
    for (const name of ["created", "accepted", "completed"])
      client.on("reservation." + name, (one) => note(name, one.task.attributes.order));
    client.on("activity.update", (one) => note("activity", one.activityName));
  }};
</script>"""


async def wait_for(page: Page, name: str) -> None:
    await page.wait_for_function(
        "(name) => events.some(([event]) => event === name)", arg=name, timeout=GUARD_MS
    )


async def events(page: Page) -> list[list[Any]]:
    seen: list[list[Any]] = await page.evaluate("() => events")
    return seen


async def test_a_worker_goes_to_work_is_offered_a_task_and_completes_it(
    server: Running, page: Page
) -> None:
    async with Centre(server.url) as centre, site({"/": PAGE.format(server=server.url)}) as url:
        await page.goto(url)
        available = centre.activities["Available"]
        await page.evaluate(
            "([token, activity]) => open('Worker', token, false, activity)",
            [centre.token(centre.ada["sid"]), available],
        )
        await wait_for(page, "activity")
        assert (await events(page))[:3] == [
            ["connected", None],
            ["ready", "Ada"],
            ["activity", "Available"],
        ]
        task = await centre.make(f"{centre.below}/Tasks", Attributes='{"order": "croissants"}')
        await wait_for(page, "created")
        statuses = await page.evaluate(
            """async () => {
                const pending = await client.fetchReservations({ReservationStatus: "pending"});
                const [offer] = pending.data;
                const seen = [offer.task.assignmentStatus, offer.dateCreated instanceof Date];
                await offer.accept();
                seen.push(offer.reservationStatus, offer.task.assignmentStatus);
                await new Promise((done, failed) => offer.task.complete(
                    (error, task) => error ? failed(error) : done(seen.push(task.assignmentStatus)),
                    "eaten"));
                return seen;
            }"""
        )
        assert statuses == ["reserved", True, "accepted", "assigned", "completed"]
        await wait_for(page, "completed")
        assert (await events(page))[3:] == [
            ["created", "croissants"],
            ["accepted", "croissants"],
            ["completed", "croissants"],
        ]
        shown = await centre.see(f"{centre.below}/Tasks/{task['sid']}")
        assert (shown["assignment_status"], shown["reason"]) == ("completed", "eaten")


async def test_a_page_that_is_left_gives_its_worker_the_disconnect_activity(
    server: Running, page: Page
) -> None:
    async with Centre(server.url) as centre, site({"/": PAGE.format(server=server.url)}) as url:
        await page.goto(url)
        await page.evaluate(
            "([token, to, then]) => open('Worker', token, false, to, then)",
            [
                centre.token(centre.ada["sid"]),
                centre.activities["Available"],
                centre.activities["Unavailable"],
            ],
        )
        await wait_for(page, "activity")
        await page.goto("about:blank")
        path = f"{centre.below}/Workers/{centre.ada['sid']}"
        for _ in range(GUARD_MS // 100):
            if (await centre.see(path))["activity_name"] == "Unavailable":
                return
            await page.wait_for_timeout(100)
        pytest.fail("the worker is still available")


async def test_a_task_queue_is_watched_updated_and_refused_what_its_token_does_not_allow(
    server: Running, page: Page
) -> None:
    async with Centre(server.url) as centre, site({"/": PAGE.format(server=server.url)}) as url:
        await page.goto(url)
        await page.evaluate(
            "(token) => open('TaskQueue', token)", centre.token(centre.queue["sid"])
        )
        await wait_for(page, "ready")
        seen = await page.evaluate(
            """async () => {
                const before = [client.friendlyName, client.targetWorkers];
                await client.update("TargetWorkers", "skills HAS 'cake'");
                const error = await client.delete().catch((one) => one);
                return [...before, client.targetWorkers, error.code, error instanceof Error];
            }"""
        )
        assert seen == ["Cakes", "1==1", "skills HAS 'cake'", 403, True]


async def test_a_workspace_lists_creates_and_pages_what_is_in_it(
    server: Running, page: Page
) -> None:
    async with Centre(server.url) as centre, site({"/": PAGE.format(server=server.url)}) as url:
        await page.goto(url)
        await page.evaluate("(token) => open('Workspace', token)", centre.token(centre.sid))
        await wait_for(page, "ready")
        seen = await page.evaluate(
            """async () => {
                for (const order of [1, 2, 3]) await client.tasks.create({Attributes: {order}});
                const first = await client.tasks.fetch({PageSize: 2, Ordering: "DateCreated:asc"});
                const second = await first.next();
                const shown = ({data, hasNext, hasPrevious}) =>
                    [data.map((task) => task.attributes.order), hasNext, hasPrevious];
                return [shown(first), shown(second)];
            }"""
        )
        assert seen == [[[1, 2], True, False], [[3], False, True]]


async def test_a_client_that_disconnected_stays_so_and_can_still_ask(
    server: Running, page: Page
) -> None:
    async with Centre(server.url) as centre, site({"/": PAGE.format(server=server.url)}) as url:
        await page.goto(url)
        await page.evaluate("(token) => open('Workspace', token)", centre.token(centre.sid))
        await wait_for(page, "ready")
        await page.evaluate("() => { events.length = 0; }")
        await page.evaluate(
            "([token]) => { client.updateToken(token); client.disconnect(); }",
            [centre.token(centre.sid)],
        )
        assert await events(page) == [["disconnected", None]]
        assert await page.evaluate("async () => (await client.fetch()).friendlyName") == "Bakery"
