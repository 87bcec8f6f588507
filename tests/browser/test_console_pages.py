"""The pages of the console beside the floor: what they show, check, save and refuse."""

import json
import re

import pytest
from playwright.async_api import Page, expect

from taskyard.server.app import Running

from .centre import Centre
from .console import SCHEMES, TELEPHONE, blameless, go, serious_faults, sign_in, width_of

EDITED = {"Cakes", "Ada", "Orders", "Settings", "Offline", "Default"}


@pytest.mark.parametrize("role", ["supervisor", "viewer"])
async def test_every_page_opens_without_a_fault(server: Running, page: Page, role: str) -> None:
    async with Centre(server.url) as centre:
        task = (await centre.make(f"{centre.below}/Tasks", Attributes='{"order": "scones"}'))["sid"]
        workflow = (await centre.see(f"{centre.below}/Workflows"))["workflows"][0]["sid"]
        channels = (await centre.see(f"{centre.below}/TaskChannels"))["channels"]
        channel = next(one["sid"] for one in channels if one["unique_name"] == "default")
        places = {
            f"#/queues/{centre.queue['sid']}": "Cakes",
            f"#/workers/{centre.ada['sid']}": "Ada",
            "#/tasks": "Tasks",
            f"#/tasks/{task}": f"Task {task}",
            "#/workflows": "Workflows",
            f"#/workflows/{workflow}": "Orders",
            "#/settings": "Settings",
            f"#/activities/{centre.activities['Offline']}": "Offline",
            f"#/channels/{channel}": "Default",
        }
        if role == "supervisor":
            places |= {
                "#/try": "Try it",
                "#/queues/new": "New task queue",
                "#/workers/new": "New worker",
                "#/workflows/new": "New workflow",
                "#/activities/new": "New activity",
                "#/channels/new": "New task channel",
            }
        with blameless(page):
            if role == "viewer":
                await page.set_viewport_size(TELEPHONE)
            await sign_in(page, server.url, role)
            for place, heading in places.items():
                await go(page, place)
                await expect(page.get_by_role("heading", name=heading, level=1)).to_be_visible()
                await expect(page.get_by_text("Reading")).to_have_count(0)
                for scheme in SCHEMES if role == "supervisor" else SCHEMES[:1]:
                    await page.emulate_media(color_scheme=scheme)
                    assert await serious_faults(page) == [], (place, scheme)
                if role == "viewer":
                    assert await width_of(page) <= TELEPHONE["width"], place
                saving = page.get_by_role("button", name="Save")
                is_editor = "new" not in place and heading in EDITED
                await expect(saving).to_have_count(1 if is_editor and role == "supervisor" else 0)
        await go(page, "#/nowhere")
        await expect(page.get_by_role("heading", name="There is no such page.")).to_be_visible()


async def test_a_link_that_is_followed_at_once_is_not_missed(server: Running, page: Page) -> None:
    async with Centre(server.url):
        await sign_in(page, server.url)
        await page.add_init_script(
            "addEventListener('DOMContentLoaded', () => { location.hash = '#/tasks' })"
        )
        await page.reload()
        await expect(page.get_by_role("heading", name="Tasks", level=1)).to_be_visible()


async def test_what_is_not_there_is_told_in_words(server: Running, page: Page) -> None:
    async with Centre(server.url):
        with blameless(page):
            await page.set_viewport_size(TELEPHONE)
            await sign_in(page, server.url)
            for place, what in {
                "queues/WQ": "There is no such task queue",
                "workers/WK": "There is no such worker",
                "workflows/WW": "There is no such workflow",
                "activities/WA": "There is no such activity",
                "channels/TC": "There is no such task channel",
                "tasks/WT": "There is no such task any more.",
            }.items():
                await go(page, f"#/{place}{'0' * 32}")
                await expect(page.get_by_text(what)).to_be_visible()
                await expect(page.get_by_role("button", name="Save")).to_have_count(0)
                assert await width_of(page) <= TELEPHONE["width"], place


async def test_a_mistake_in_an_expression_is_shown_at_its_place_as_one_types(
    server: Running, page: Page
) -> None:
    async with Centre(server.url) as centre:
        await sign_in(page, server.url)
        await go(page, f"#/queues/{centre.queue['sid']}")
        field = page.get_by_label("For workers who match")
        await field.fill("skills HAS 'cake'")
        await expect(page.get_by_text("Matches 1 worker, 0 of them available.")).to_be_visible()
        await field.fill("skills HAS 'pie'")
        await expect(page.get_by_text("Matches 0 workers")).to_be_visible()
        await field.fill("skills HAZ 'pie'")
        await expect(page.get_by_role("alert")).to_contain_text("mismatched input")
        await expect(page.locator("mark")).to_have_text("H")
        await page.get_by_role("button", name="Save").click()
        await expect(page.get_by_role("alert").last).to_contain_text("TargetWorkers: at position")
        kept = await centre.see(f"{centre.below}/TaskQueues/{centre.queue['sid']}")
        assert kept["target_workers"] == "1==1"


async def test_who_saves_second_is_told_and_keeps_what_they_typed(
    server: Running, page: Page
) -> None:
    async with Centre(server.url) as centre:
        path = f"{centre.below}/TaskQueues/{centre.queue['sid']}"
        await sign_in(page, server.url)
        await go(page, f"#/queues/{centre.queue['sid']}")
        await page.get_by_label("Name").fill("Mine")
        await centre.make(path, FriendlyName="Theirs")
        await page.get_by_role("button", name="Save", exact=True).click()
        await expect(page.get_by_text("Somebody else has saved this")).to_be_visible()
        await expect(page.get_by_label("Name")).to_have_value("Mine")
        assert (await centre.see(path))["friendly_name"] == "Theirs"
        await page.get_by_role("button", name="Save mine over it").click()
        await expect(page.get_by_role("heading", name="Mine", level=1)).to_be_visible()
        await expect(page.get_by_role("status").filter(has_text="Saved at")).to_be_visible()
        assert (await centre.see(path))["friendly_name"] == "Mine"


async def test_steps_and_json_of_a_workflow_follow_each_other(server: Running, page: Page) -> None:
    async with Centre(server.url) as centre:
        path = f"{centre.below}/Workflows"
        sid = (await centre.see(path))["workflows"][0]["sid"]
        await sign_in(page, server.url)
        await go(page, f"#/workflows/{sid}")
        await page.get_by_role("button", name="Add a filter").click()
        step = page.get_by_role("region", name="Filter 1")
        await step.get_by_label("Name of the filter").fill("Sweet")
        await step.get_by_label("If the task matches").fill("order == 'scones'")
        await expect(step.get_by_text("Holds for 0 of the tasks")).to_be_visible()
        await step.get_by_role("button", name="Add a target").click()
        await step.get_by_label("with priority").fill("5")
        await step.get_by_text("Whom it is offered to").click()
        await step.get_by_label("workers who match").fill("worker.level > 1")
        await step.get_by_label("nobody, if").fill("workers.available HAZ 0")
        await expect(step.get_by_text("skip_if: at position 18")).to_be_visible()
        await step.get_by_label("nobody, if").fill("")
        await expect(step.get_by_text("skip_if: at position 18")).to_have_count(0)
        await step.get_by_role("button", name="Add a target").click()
        text = page.get_by_label("Configuration")
        routing = json.loads(await text.input_value())["task_routing"]
        target = {
            "queue": centre.queue["sid"],
            "priority": 5,
            "expression": "worker.level > 1",
        }
        assert routing["filters"] == [
            {
                "expression": "order == 'scones'",
                "targets": [target, {}],
                "filter_friendly_name": "Sweet",
            }
        ]
        then = step.get_by_label("then to")
        await expect(then.locator("option:checked")).to_have_text("the same queue")
        await step.get_by_role("button", name="Remove the target").last.click()
        await page.get_by_role("button", name="Add a filter").click()
        await page.get_by_role("button", name="Move the filter up").last.click()
        await expect(
            page.get_by_role("region", name="Filter 2").get_by_label("Name of the filter")
        ).to_have_value("Sweet")
        await page.get_by_role("button", name="Remove the filter").first.click()
        assert json.loads(await text.input_value())["task_routing"]["filters"] == [
            {**routing["filters"][0], "targets": [target]}
        ]
        await text.fill("{")
        await expect(page.get_by_role("button", name="Save")).to_be_disabled()
        routing["filters"][0]["filter_friendly_name"] = "Salty"
        await text.fill(json.dumps({"task_routing": routing}))
        await expect(step.get_by_label("Name of the filter")).to_have_value("Salty")
        async with page.expect_response("**/wschannels/**"):
            await page.get_by_role("button", name="Save").click()
        await expect(page.get_by_text("workflow.updated").first).to_be_visible()
        kept = json.loads((await centre.see(f"{path}/{sid}"))["configuration"])
        assert kept["task_routing"]["filters"][0]["filter_friendly_name"] == "Salty"


async def test_a_task_that_is_tried_is_followed_step_by_step(server: Running, page: Page) -> None:
    async with Centre(server.url) as centre:
        await centre.make(
            f"{centre.below}/Workers/{centre.ada['sid']}",
            ActivitySid=centre.activities["Available"],
        )
        await sign_in(page, server.url)
        await page.get_by_role("link", name="Try it").click()
        await page.get_by_label("Attributes").fill("{ nonsense")
        await expect(page.get_by_role("button", name="Create the task")).to_be_disabled()
        await page.get_by_label("Attributes").fill('{"order": "scones"}')
        await page.get_by_role("button", name="Create the task").click()
        way = page.get_by_role("region", name="Its way").get_by_role("listitem")
        await expect(way.filter(has_text="Waits in Cakes")).to_be_visible()
        await expect(way.filter(has_text="Offered to Ada")).to_be_visible()
        await expect(way.first).to_contain_text("Created")


async def test_a_worker_is_made_moved_and_deleted(server: Running, page: Page) -> None:
    async with Centre(server.url) as centre:
        await sign_in(page, server.url)
        await go(page, "#/workers/new")
        await page.get_by_label("Name").fill("Ben")
        await page.get_by_label("Attributes").fill("[1]")
        await expect(page.get_by_text("Attributes are a JSON object")).to_be_visible()
        await page.get_by_label("Attributes").fill('{"skills": ["pie"]}')
        await page.get_by_role("button", name="Create").click()
        await expect(page.get_by_role("heading", name="Ben", level=1)).to_be_visible()
        await page.get_by_label("Move to the activity").select_option("Available")
        await expect(page.get_by_text("worker.activity.update")).to_be_visible()
        await page.get_by_role("button", name="Delete").click()
        await page.get_by_role("button", name="Yes, delete it").click()
        await expect(page.get_by_role("table", name="Workers")).to_be_visible()
        await expect(page.get_by_role("row", name="Ben")).to_have_count(0)
        names = [
            one["friendly_name"] for one in (await centre.see(f"{centre.below}/Workers"))["workers"]
        ]
        assert names == ["Ada"]


async def test_a_viewer_is_refused_by_the_server_and_not_only_by_the_page(
    server: Running, page: Page
) -> None:
    async with Centre(server.url) as centre:
        await sign_in(page, server.url, "viewer")
        token = await page.evaluate("() => sessionStorage.getItem('taskyard.token')")
        status = await page.evaluate(
            """([url, token, account, sid]) =>
                fetch(`/v1/wschannels/${account}/${sid}`, {
                    method: "POST",
                    body: JSON.stringify({url, method: "POST", params: {FriendlyName: "x"}, token}),
                }).then((answer) => answer.status)""",
            [f"Workspaces/{centre.sid}/TaskQueues", token, "AC" + "0" * 31 + "1", centre.sid],
        )
        assert status == 403


async def test_a_mistake_in_a_workflow_is_shown_at_its_step_and_in_its_line(
    server: Running, page: Page
) -> None:
    async with Centre(server.url) as centre:
        sid = (await centre.see(f"{centre.below}/Workflows"))["workflows"][0]["sid"]
        nowhere = "WQ" + "f" * 32
        routing = {
            "filters": [
                {"expression": "1==1", "targets": [{"queue": centre.queue["sid"]}]},
                {"expression": "1==1", "targets": [{"queue": nowhere}]},
            ]
        }
        await sign_in(page, server.url)
        await go(page, f"#/workflows/{sid}")
        text = json.dumps({"task_routing": routing}, indent=2)
        await page.get_by_label("Configuration").fill(text)
        step = page.get_by_role("region", name="Filter 2")
        await expect(step).to_contain_text("expected a task queue of this workspace")
        await expect(page.get_by_role("region", name="Filter 1")).not_to_contain_text("expected")
        await expect(page.get_by_role("alert")).to_contain_text("filters[1].targets[0].queue")
        line = text[: text.index(nowhere)].count("\n") + 1
        await page.get_by_role("button", name=f"Show it, in line {line}").click()
        chosen = await page.evaluate(
            """() => {
                const { value, selectionStart, selectionEnd } = document.activeElement;
                return value.slice(selectionStart, selectionEnd);
            }"""
        )
        assert chosen == f'"{nowhere}"'
        await step.get_by_label("it goes to").select_option("Cakes")
        await expect(page.get_by_role("alert")).to_have_count(0)
        kept = await centre.see(f"{centre.below}/Workflows/{sid}")
        assert "filters" not in json.loads(kept["configuration"])["task_routing"]


async def test_who_saves_a_workflow_second_is_told_and_keeps_what_they_typed(
    server: Running, page: Page
) -> None:
    async with Centre(server.url) as centre:
        path = f"{centre.below}/Workflows"
        workflow = (await centre.see(path))["workflows"][0]
        path += f"/{workflow['sid']}"
        await sign_in(page, server.url)
        await go(page, f"#/workflows/{workflow['sid']}")
        await page.get_by_label("An offer lasts").fill("7")
        theirs = json.loads(workflow["configuration"]) | {"note": "theirs"}
        await centre.make(path, Configuration=json.dumps(theirs))
        await page.get_by_role("button", name="Save", exact=True).click()
        await expect(page.get_by_text("Somebody else has saved this")).to_be_visible()
        await expect(page.get_by_label("An offer lasts")).to_have_value("7")
        assert (await centre.see(path))["task_reservation_timeout"] == 120
        await page.get_by_role("button", name="Show theirs instead").click()
        await expect(page.get_by_label("Configuration")).to_have_value(
            re.compile('"note": "theirs"')
        )
        await page.get_by_label("An offer lasts").fill("8")
        await page.get_by_role("button", name="Save", exact=True).click()
        await expect(page.get_by_text("workflow.updated")).to_have_count(2)
        assert (await centre.see(path))["task_reservation_timeout"] == 8


async def test_what_waits_may_be_sent_through_the_new_rules(server: Running, page: Page) -> None:
    async with Centre(server.url) as centre:
        pies = await centre.make(f"{centre.below}/TaskQueues", FriendlyName="Pies")
        workflow = (await centre.see(f"{centre.below}/Workflows"))["workflows"][0]["sid"]
        task = f"{centre.below}/Tasks/{(await centre.make(f'{centre.below}/Tasks'))['sid']}"
        await sign_in(page, server.url)
        await go(page, f"#/workflows/{workflow}")
        await page.get_by_label("Goes to").select_option("Pies")
        await page.get_by_role("button", name="Save", exact=True).click()
        await expect(page.get_by_text("workflow.updated")).to_have_count(1)
        assert (await centre.see(task))["task_queue_sid"] == centre.queue["sid"]
        await page.get_by_label("send what waits through the new rules").check()
        await page.get_by_role("button", name="Save", exact=True).click()
        await expect(page.get_by_text("task-queue.entered").first).to_be_visible()
        await expect(page.get_by_role("link", name="Pies").first).to_be_visible()
        assert (await centre.see(task))["task_queue_sid"] == pies["sid"]
