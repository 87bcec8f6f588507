"""Lists over several pages, while others create and delete."""

from urllib.parse import parse_qs, urlsplit

from .caller import Caller, Centre


async def test_pages_neither_repeat_nor_miss_while_workers_come_and_go(centre: Centre) -> None:
    caller, at = centre.caller, f"{centre.path}/Workers"
    made = [(await centre.worker(f"W{i}", "Offline"))["sid"] for i in range(7)]
    seen: list[str] = []
    following = f"{at}?PageSize=3"
    while following:
        page = await caller.see(following)
        assert page["meta"]["page_size"] == 3
        seen += [worker["sid"] for worker in page["workers"]]
        if page["meta"]["page"] == 0:
            await caller.delete(f"{at}/{made[1]}")  # already shown
            await caller.delete(f"{at}/{made[2]}")  # the one that the token names
            await caller.delete(f"{at}/{made[5]}")  # still to come
            made.append((await centre.worker("Late", "Offline"))["sid"])
        following = page["meta"]["next_page_url"]
    assert seen == [sid for sid in made if sid != made[5]]


async def test_the_links_of_a_page_lead_on_and_back(centre: Centre) -> None:
    caller = centre.caller
    for i in range(5):
        await centre.task(Priority=str(i))
    address = f"{centre.path}/Tasks?PageSize=2&Ordering=Priority%3Adesc&AssignmentStatus=pending"
    first = await caller.see(address)
    assert [task["priority"] for task in first["tasks"]] == [4, 3]
    assert first["meta"]["previous_page_url"] is None
    assert first["meta"]["url"] == first["meta"]["first_page_url"]
    query = parse_qs(urlsplit(first["meta"]["first_page_url"]).query)
    assert query == {
        "PageSize": ["2"],
        "Page": ["0"],
        "Ordering": ["Priority:desc"],
        "AssignmentStatus": ["pending"],
    }
    second = await caller.see(first["meta"]["next_page_url"])
    third = await caller.see(second["meta"]["next_page_url"])
    assert [task["priority"] for task in third["tasks"]] == [0]
    assert third["meta"]["next_page_url"] is None
    assert await caller.see(third["meta"]["previous_page_url"]) == {
        "meta": second["meta"] | {"url": third["meta"]["previous_page_url"]},
        "tasks": second["tasks"],
    }
    assert await caller.see(second["meta"]["previous_page_url"]) == first
    assert await caller.see(second["meta"]["url"]) == second


async def test_a_page_can_end_with_the_longest_name_there_may_be(centre: Centre) -> None:
    caller, at = centre.caller, f"{centre.path}/TaskQueues"
    names = ["\x01" * 255 + end for end in "abc"]
    for name in names:
        await caller.make(at, FriendlyName=name)
    queues = await caller.every(f"{at}?PageSize=1&Ordering=FriendlyName", "task_queues")
    assert [queue["friendly_name"] for queue in queues[:3]] == names


async def test_workspaces_are_listed_in_pages_and_by_name(caller: Caller) -> None:
    for name in ("One", "Two", "Three", "Two"):
        await caller.make("/Workspaces", FriendlyName=name)
    whole = await caller.every("/Workspaces?PageSize=3", "workspaces")
    assert [workspace["friendly_name"] for workspace in whole] == ["One", "Two", "Three", "Two"]
    named = await caller.see("/Workspaces?FriendlyName=Two&PageSize=1")
    assert [workspace["sid"] for workspace in named["workspaces"]] == [whole[1]["sid"]]
    assert "FriendlyName=Two" in named["meta"]["next_page_url"]


async def test_a_page_that_is_counted_to_is_refused(centre: Centre) -> None:
    caller, at = centre.caller, f"{centre.path}/Activities"
    (await caller.get(f"{at}?Page=1&PageSize=1")).refused(400, 40153)
    (await caller.get(f"{at}?PageSize=0")).refused(400, 20001)
    (await caller.get(f"{at}?PageSize=many")).refused(400, 20001)
    (await caller.get(f"{at}?PageToken=made-up")).refused(400, 20001)
    for many in ("2000", "9" * 30):
        assert (await caller.see(f"{at}?Page=0&PageSize={many}"))["meta"]["page_size"] == 1000
