"""What the pages of single things show beside their settings: charts, and what a task waits for."""

from playwright.async_api import Page, expect

from taskyard.server.app import Running

from .centre import Centre
from .console import blameless, go, sign_in

# Steps of five minutes begin by the clock: what is counted in one test may be in two of them.
SUM_OF_CURVE = """([label, total]) => {
    const said = document.querySelector(`.chart[aria-label^="${label}: "]`)?.ariaLabel ?? "";
    const known = said.slice(label.length + 2).split(", ").map(Number).filter((one) => one >= 0);
    const sum = known.reduce((before, one) => before + one, 0);
    return known.length > 0 && (total === null || sum === total);
}"""


async def test_waits_and_volume_of_the_hour_are_drawn_and_follow_what_happens(
    server: Running, page: Page
) -> None:
    async with Centre(server.url) as centre:
        ada = f"{centre.below}/Workers/{centre.ada['sid']}"
        await centre.make(ada, ActivitySid=centre.activities["Available"])

        async def work() -> None:
            task = await centre.make(f"{centre.below}/Tasks")
            (offer,) = (await centre.see(f"{ada}/Reservations?ReservationStatus=pending"))[
                "reservations"
            ]
            path = f"{centre.below}/Tasks/{task['sid']}"
            await centre.make(f"{path}/Reservations/{offer['sid']}", ReservationStatus="accepted")
            await centre.make(path, AssignmentStatus="completed")

        async def drawn(label: str, total: int | None) -> None:
            curve = page.get_by_role("img", name=label)
            await expect(curve.locator("canvas")).to_be_visible()
            await page.wait_for_function(SUM_OF_CURVE, arg=[label, total])

        await work()
        workflow = (await centre.see(f"{centre.below}/Workflows"))["workflows"][0]["sid"]
        with blameless(page):
            await sign_in(page, server.url)
            await go(page, f"#/workers/{centre.ada['sid']}")
            await drawn("offers accepted", 1)
            await drawn("per cent of the time at work", None)
            await go(page, f"#/workflows/{workflow}")
            await drawn("tasks completed", 1)
            await go(page, f"#/queues/{centre.queue['sid']}")
            await drawn("tasks that came", 1)
            await drawn("seconds until acceptance, 90 %", None)
            await work()
            await drawn("tasks that came", 2)


async def test_a_task_tells_what_it_waits_for(server: Running, page: Page) -> None:
    async with Centre(server.url) as centre:
        ada = f"{centre.below}/Workers/{centre.ada['sid']}"
        task, other = [(await centre.make(f"{centre.below}/Tasks"))["sid"] for _ in range(2)]
        with blameless(page):
            await sign_in(page, server.url)
            await go(page, f"#/tasks/{task}")
            waits = page.get_by_role("region", name="What it waits for")
            await expect(waits).to_contain_text("A worker of Cakes to become available")
            await expect(waits.get_by_role("listitem")).to_have_text(["AdaOffline"])
            await centre.make(ada, ActivitySid=centre.activities["Available"])
            await expect(waits).to_contain_text("The answer of Ada.")
            await go(page, f"#/tasks/{other}")
            await expect(waits).to_contain_text("Room with a worker of Cakes: 1 is available.")
            await expect(waits.get_by_role("listitem")).to_contain_text("pending")
            await page.get_by_role("button", name="Cancel the task").click()
            await expect(waits).to_have_count(0)
            await go(page, f"#/tasks/{task}")
            await expect(waits).to_contain_text("The answer of Ada.")
            await centre.make(
                f"{centre.below}/Workers",
                FriendlyName="Ben",
                ActivitySid=centre.activities["Available"],
            )
            (offer,) = (await centre.see(f"{centre.below}/Tasks/{task}/Reservations"))[
                "reservations"
            ]
            await centre.make(
                f"{centre.below}/Tasks/{task}/Reservations/{offer['sid']}",
                ReservationStatus="rejected",
                WorkerActivitySid=centre.activities["Offline"],
            )
            await expect(waits).to_contain_text("The answer of Ben.")
