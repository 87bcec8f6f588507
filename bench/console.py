"""What the console's floor takes of a browser: `python bench/console.py [--seconds 600]`.

1,000 workers and 200 task queues live, tasks coming in and being done all the time, on a server in
a process of its own. Shown are when the floor is painted, the longest task of the page's thread and
what is left on its heap after a forced collection, sample by sample. It fails if the heap grows, if
the first paint takes more than two seconds, or if a task takes more than 200 ms.
"""

import argparse
import asyncio
import itertools
import json
import random
import shutil
import statistics
import sys
import tempfile
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import aiohttp
from playwright.async_api import CDPSession, Page, async_playwright

from taskyard.demo.server_process import ServerProcess

ACCOUNT_SID = "AC" + "0" * 31 + "1"
AUTH_TOKEN = "a secret of thirty-two characters"
WORKERS, QUEUES, CALLERS = 1_000, 200, 8
TASKS_A_SECOND = 10
WARM_UP_S = 20.0
SAMPLES = 20
GROWTH_MAX = 1.1
PAINT_MS_MAX, TASK_MS_MAX = 2_000, 200
MIB = 1024 * 1024

# Long tasks are those of more than 50 ms; shorter ones are of no interest.
WATCH = """
window.longest = 0;
new PerformanceObserver((list) => {
  for (const one of list.getEntries()) window.longest = Math.max(window.longest, one.duration);
}).observe({type: "longtask", buffered: true});
new MutationObserver(() => {
  if (window.rowsMs === undefined && document.querySelector(".queues .windowed-all .row")) {
    requestAnimationFrame(() => setTimeout(() => { window.rowsMs ??= performance.now(); }));
  }
}).observe(document, {subtree: true, childList: true});
"""
PAINT = """() => ({
  paintMs: performance.getEntriesByName("first-contentful-paint")[0]?.startTime,
  rowsMs: window.rowsMs,
})"""


class Centre:
    """A workspace of the server, and the tasks that come into it."""

    def __init__(self, session: aiohttp.ClientSession) -> None:
        self._session = session
        self._below = ""
        self.done = 0

    async def ask(self, path: str, **form: str) -> dict[str, Any]:
        """Look, or with a form make or change."""
        method = "POST" if form else "GET"
        async with self._session.request(method, path, data=form) as answer:
            answer.raise_for_status()
            found: dict[str, Any] = await answer.json()
            return found

    async def furnish(self) -> str:
        """Make everything that the floor shows; a supervisor's token is given back."""
        workspace = await self.ask("/v1/Workspaces", FriendlyName="A large one")
        self._below = f"/v1/Workspaces/{workspace['sid']}"
        activities = (await self.ask(f"{self._below}/Activities"))["activities"]
        at_work = next(one["sid"] for one in activities if one["available"])
        queues = [
            await self.ask(
                f"{self._below}/TaskQueues",
                FriendlyName=f"Queue {number}",
                TargetWorkers=f"team == {number}",
            )
            for number in range(QUEUES)
        ]
        filters = [
            {"expression": f"team == {number}", "targets": [{"queue": queue["sid"]}]}
            for number, queue in enumerate(queues)
        ]
        await self.ask(
            f"{self._below}/Workflows",
            FriendlyName="By team",
            Configuration=json.dumps({"task_routing": {"filters": filters}}),
        )
        numbers = iter(range(WORKERS))

        async def hire() -> None:
            for number in numbers:
                await self.ask(
                    f"{self._below}/Workers",
                    FriendlyName=f"Worker {number}",
                    Attributes=json.dumps({"team": number % QUEUES}),
                    ActivitySid=at_work if number % 3 else activities[0]["sid"],
                )

        await asyncio.gather(*(hire() for _ in range(CALLERS)))
        wanted = {"WorkspaceSid": workspace["sid"], "Role": "supervisor", "Ttl": "7200"}
        token: str = (await self.ask("/taskyard/v1/Tokens", **wanted))["token"]
        return token

    async def work(self, chance: random.Random) -> None:
        """Let a task come, be accepted and after a while be done; for ever."""
        while True:
            began = time.monotonic()
            attributes = json.dumps({"team": chance.randrange(QUEUES)})
            task = await self.ask(f"{self._below}/Tasks", Attributes=attributes)
            path = f"{self._below}/Tasks/{task['sid']}"
            offers = (await self.ask(f"{path}/Reservations"))["reservations"]
            for offer in offers:
                await self.ask(f"{path}/Reservations/{offer['sid']}", ReservationStatus="accepted")
                await asyncio.sleep(chance.uniform(0, 0.5))
                await self.ask(path, AssignmentStatus="completed")
            self.done += len(offers)
            apart = CALLERS / TASKS_A_SECOND
            await asyncio.sleep(max(0.0, apart - (time.monotonic() - began)))


@asynccontextmanager
async def centre_at_work() -> AsyncIterator[tuple[Centre, str, str]]:
    """The centre, the server's address, and a token for its floor."""
    credentials = aiohttp.encode_basic_auth(ACCOUNT_SID, AUTH_TOKEN)
    with tempfile.TemporaryDirectory() as folder:
        async with ServerProcess(Path(folder) / "floor.db", ACCOUNT_SID, AUTH_TOKEN) as server:
            url = await server.address()
            async with aiohttp.ClientSession(
                url, headers={"Authorization": credentials}
            ) as session:
                centre = Centre(session)
                token = await centre.furnish()
                at_work = [
                    asyncio.create_task(centre.work(random.Random(seed))) for seed in range(CALLERS)
                ]
                try:
                    yield centre, url, token
                finally:
                    for one in at_work:
                        one.cancel()
                    await asyncio.gather(*at_work, return_exceptions=True)


async def heap_of(cdp: CDPSession) -> tuple[float, float]:
    """What is left after a collection: MiB of JavaScript's heap, and nodes of the page."""
    for _ in range(2):  # the second one takes what the first one's finalisers let go
        await cdp.send("HeapProfiler.collectGarbage")
    metrics = (await cdp.send("Performance.getMetrics"))["metrics"]
    found = {one["name"]: one["value"] for one in metrics}
    return found["JSHeapUsedSize"] / MIB, found["Nodes"]


async def opened(page: Page, url: str, token: str) -> dict[str, float]:
    """Open the floor; when it was first painted, and when it had rows, in milliseconds."""
    await page.add_init_script(WATCH)
    await page.goto(f"{url}/console/#token={token}")
    await page.wait_for_function("() => window.rowsMs !== undefined")
    painted: dict[str, float] = await page.evaluate(PAINT)
    return painted


async def measure(seconds: float) -> bool:
    """Measure, say so, and tell whether all is as it should be."""
    executable = shutil.which("chromium") or shutil.which("chromium-browser")
    async with centre_at_work() as (centre, url, token), async_playwright() as playwright:
        browser = await playwright.chromium.launch(
            executable_path=executable, args=["--no-sandbox"]
        )
        try:
            page = await browser.new_page(viewport={"width": 1280, "height": 720})
            painted = await opened(page, url, token)
            print(f"first paint  {painted['paintMs']:.0f} ms")
            print(f"first rows   {painted['rowsMs']:.0f} ms")
            cdp = await page.context.new_cdp_session(page)
            await cdp.send("Performance.enable")
            await page.wait_for_timeout(min(WARM_UP_S, seconds / 4) * 1_000)
            heaps = []
            began, tasks = time.monotonic(), centre.done
            print("     s    tasks  heap, MiB  nodes")
            for number in itertools.count():
                # A collection may itself take long: what the page takes is what came before it.
                longest: float = await page.evaluate("() => window.longest")
                heap, nodes = await heap_of(cdp)
                await page.wait_for_timeout(200)
                await page.evaluate("(longest) => { window.longest = longest }", longest)
                heaps.append(heap)
                past_s = time.monotonic() - began
                print(
                    f"{past_s:6.0f}  {centre.done - tasks:7}  {heap:9.2f}  {nodes:5.0f}", flush=True
                )
                if past_s >= seconds:
                    break
                due_s = (number + 1) * seconds / SAMPLES
                await page.wait_for_timeout(max(0.0, due_s - past_s) * 1_000)
        finally:
            await browser.close()
    third = max(1, len(heaps) // 3)
    first, last = statistics.median(heaps[:third]), statistics.median(heaps[-third:])
    print(f"longest task {f'{longest:.0f}' if longest else 'under 50'} ms")
    print(f"heap         {first:.2f} MiB in the first third, {last:.2f} in the last")
    return (
        last <= first * GROWTH_MAX and painted["paintMs"] <= PAINT_MS_MAX and longest <= TASK_MS_MAX
    )


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description="What the console's floor takes of a browser.")
    parser.add_argument("--seconds", type=float, default=600.0, help="how long to watch")
    if not asyncio.run(measure(parser.parse_args().seconds)):
        sys.exit("taskyard: the floor took more than it should")
