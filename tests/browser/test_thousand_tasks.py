"""Two agents' pages and many programs share the work, on a server of its own and on disk."""

import asyncio
import contextlib
import json
from collections import Counter
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

from playwright.async_api import Page

from taskyard import ApiError, WorkerCapability
from taskyard.aio import Worker
from taskyard.demo.server_process import ServerProcess

from .centre import Centre
from .chromium import browser
from .conftest import ACCOUNT_SID, AUTH_TOKEN
from .pages import site

TASKS = 1_000
PROGRAMS = 100
GUARD_S = 120
AT_ONCE = 20
OFFERED_TO = 2  # workers at a time, of whom one can have the task
HEARD = ("created", "accepted", "rejected", "timeout", "canceled", "rescinded", "completed")

PAGE = """<!doctype html><title>Agent</title>
<script src="{server}/sdk/taskrouter.min.js"></script>
<script>
  const heard = [], troubles = [];
  let completed = 0;
  function work(token) {{
    window.worker = new Twilio.TaskRouter.Worker(token);
    worker.on("ready", () => {{ window.isReady = true; }});
    worker.on("error", ({{ message }}) => troubles.push(message));
    for (const name of {names})
      worker.on("reservation." + name, (one) => heard.push(["reservation." + name, one.sid]));
    worker.on("reservation.created", async (offer) => {{
      try {{
        await offer.accept();
      }} catch (error) {{
        if (error.code < 400 || error.code >= 500) troubles.push(error.message);
        return; // somebody else was quicker
      }}
      try {{
        await offer.task.complete("done");
        completed += 1;
      }} catch (error) {{
        troubles.push(error.message);
      }}
    }});
  }}
</script>"""


class Program:
    """A worker without a page, who takes whatever is offered and remembers what was said."""

    def __init__(self, url: str, token: str) -> None:
        self.heard: list[list[str]] = []
        self.completed = 0
        self.troubles: list[Exception] = []
        self.client = Worker(token, base_url=url)
        for name in HEARD:
            self.client.on(f"reservation.{name}", self._noting(f"reservation.{name}"))
        self.client.on("reservation.created", self._work)
        self.client.on("error", self.troubles.append)

    def _noting(self, name: str) -> Any:
        return lambda reservation: self.heard.append([name, reservation.sid])

    async def _work(self, offer: Any) -> None:
        try:
            await offer.accept()
        except ApiError as error:
            if error.status >= 500:
                self.troubles.append(error)
            return  # somebody else was quicker
        try:
            await offer.task.complete("done")
        except ApiError as error:
            self.troubles.append(error)
        else:
            self.completed += 1


@contextlib.asynccontextmanager
async def pages(url: str, tokens: list[str]) -> AsyncIterator[list[Page]]:
    """A page for each token, at work."""
    async with browser() as chromium:
        opened = [await chromium.new_page() for _ in tokens]
        for page, token in zip(opened, tokens, strict=True):
            await page.goto(url)
            await page.evaluate("(token) => work(token)", token)
            await page.wait_for_function("() => window.isReady", timeout=GUARD_S * 1_000)
        yield opened
        for page in opened:
            await page.close()


async def all_of(centre: Centre, path: str, key: str) -> list[dict[str, Any]]:
    """Every item of a list, through all of its pages."""
    found: list[dict[str, Any]] = []
    address = f"{centre.below}/{path}"
    while address:
        shown = await centre.see(address)
        found += shown[key]
        address = (shown["meta"]["next_page_url"] or "").partition("/v1/")[2]
    return found


async def truth_of(centre: Centre) -> dict[str, list[list[str]]]:
    """What became of each worker's reservations, in order, by the worker's SID."""
    told: dict[str, list[list[str]]] = {}
    for event in reversed(await all_of(centre, "Events?Minutes=60&PageSize=1000", "events")):
        if event["event_type"].startswith("reservation."):
            whose = told.setdefault(event["event_data"]["worker_sid"], [])
            whose.append([event["event_type"], event["event_data"]["reservation_sid"]])
    return told


async def in_parallel(asked: list[Any]) -> list[Any]:
    """All results, with a bounded number under way."""
    lock = asyncio.Semaphore(AT_ONCE)

    async def one(awaitable: Any) -> Any:
        async with lock:
            return await awaitable

    return await asyncio.gather(*map(one, asked))


async def test_each_task_is_accepted_once_and_everybody_hears_what_became_of_their_offers_in_order(
    tmp_path: Path,
) -> None:
    async with contextlib.AsyncExitStack() as stack:
        process = ServerProcess(tmp_path / "yard.db", ACCOUNT_SID, AUTH_TOKEN)
        await stack.enter_async_context(process)
        server = await process.address()
        centre = await stack.enter_async_context(Centre(server))
        queue = f"{centre.below}/TaskQueues/{centre.queue['sid']}"
        await centre.make(queue, MaxReservedWorkers=str(OFFERED_TO))
        available = centre.activities["Available"]
        everybody = await in_parallel(
            [
                centre.make(
                    f"{centre.below}/Workers", FriendlyName=f"Worker {n}", ActivitySid=available
                )
                for n in range(PROGRAMS + 2)
            ]
        )
        sids = [worker["sid"] for worker in everybody]
        tokens = [
            WorkerCapability(ACCOUNT_SID, AUTH_TOKEN, centre.sid, sid)
            .allow_reservation_updates()
            .to_jwt()
            for sid in sids
        ]
        page = PAGE.format(server=server, names=json.dumps(HEARD))
        url = await stack.enter_async_context(site({"/": page}))
        opened = await stack.enter_async_context(pages(url, tokens[:2]))
        programs = [Program(server, token) for token in tokens[2:]]
        for program in programs:
            await stack.enter_async_context(program.client)
        for program in programs:
            await program.client.wait_until_ready(GUARD_S)

        tasks = await in_parallel(
            [centre.make(f"{centre.below}/Tasks", Attributes=f'{{"n":{n}}}') for n in range(TASKS)]
        )
        async with asyncio.timeout(GUARD_S):
            while True:
                done = [await page.evaluate("() => completed") for page in opened]
                if sum(done) + sum(program.completed for program in programs) >= TASKS:
                    break
                await asyncio.sleep(0.1)

        truth = await truth_of(centre)
        async with asyncio.timeout(GUARD_S):
            while True:  # the last frames are on their way
                heard = [await page.evaluate("() => heard") for page in opened]
                heard += [program.heard for program in programs]
                if sum(map(len, heard)) >= sum(map(len, truth.values())):
                    break
                await asyncio.sleep(0.1)

        # By the server: every task is completed, and was accepted by one worker.
        accepted = Counter[str]()
        for sid in sids:
            for one in await all_of(
                centre, f"Workers/{sid}/Reservations?PageSize=1000", "reservations"
            ):
                assert one["reservation_status"] in {"completed", "rescinded"}, one
                accepted[one["task_sid"]] += one["reservation_status"] == "completed"
        assert accepted == {task["sid"]: 1 for task in tasks}
        statuses = {
            task["assignment_status"]
            for task in await all_of(centre, "Tasks?PageSize=1000", "tasks")
        }
        assert statuses == {"completed"}

        # By everybody: all of their own, nothing else, in the order in which it happened.
        for sid, said in zip(sids, heard, strict=True):
            assert said == truth.get(sid, [])
        assert all(done), "a page has done nothing"
        names = Counter(name for said in heard for name, _ in said)
        assert names["reservation.accepted"] == names["reservation.completed"] == TASKS
        assert names["reservation.rescinded"], "nobody was ever too late"
        assert [await page.evaluate("() => troubles") for page in opened] == [[], []]
        assert [program.troubles for program in programs if program.troubles] == []
