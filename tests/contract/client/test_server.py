"""The SDK and the real server."""

from collections.abc import Iterator
from typing import Any

import pytest

from taskyard import ApiError

from .bakery import Bakery, served
from .faces import Face, done
from .wire import until


@pytest.fixture(scope="module")
def server_url() -> Iterator[str]:
    with served() as url:
        yield url


@pytest.fixture
def bakery(server_url: str) -> Iterator[Bakery]:
    bakery = Bakery(server_url)
    yield bakery
    bakery.workspace.close()


@pytest.fixture
def there(face: Face, server_url: str) -> Face:
    """The face, with clients for the real server."""
    face.url = server_url
    return face


async def test_a_supervisor_watches_and_changes_a_task_queue(there: Face, bakery: Bakery) -> None:
    queue = await there.ready("TaskQueue", bakery.queue_token())
    assert queue.friendly_name == "Cakes"
    await done(queue.update("MaxReservedWorkers", "20"))
    assert queue.max_reserved_workers == 20
    with pytest.raises(ApiError) as refusal:
        await done(queue.update(max_reserved_workers=99))
    assert (refusal.value.status, refusal.value.code) == (400, 20001)
    assert "MaxReservedWorkers" in refusal.value.message
    with pytest.raises(ApiError) as denied:
        await done(queue.delete())
    assert (denied.value.status, denied.value.code) == (403, 20403)


async def test_a_worker_is_offered_accepts_and_completes(there: Face, bakery: Bakery) -> None:
    ada = there.make("Worker", bakery.worker_token())
    heard: list[Any] = []
    for event in ("created", "accepted", "wrapup", "completed"):
        ada.on(f"reservation.{event}", heard.append)
    await done(ada.connect())
    await done(ada.wait_until_ready(60))
    order = bakery.order()
    offer = await until(lambda: heard and heard[0])
    assert (offer.reservation_status, offer.task_sid) == ("pending", order.sid)
    assert (offer.worker_sid, offer.worker_name) == (bakery.ada.sid, "Ada")
    assert offer.task.attributes == {"tiers": 3}
    await done(offer.accept())
    assert offer.reservation_status == "accepted"
    await done(offer.wrap())
    await done(offer.complete())
    await until(lambda: len(heard) == 4)
    statuses = [one.reservation_status for one in heard[1:]]
    assert statuses == ["accepted", "wrapping", "completed"]
    assert (await done(offer.task.fetch())).assignment_status == "completed"


async def test_an_offer_that_waited_is_announced_with_its_task(there: Face, bakery: Bakery) -> None:
    order = bakery.order(tiers=2)
    ada = there.make("Worker", bakery.worker_token())
    heard: list[Any] = []
    ada.on("reservation.created", heard.append)
    await done(ada.connect())
    offer = await until(lambda: heard and heard[0])
    assert offer.task.sid == order.sid
    assert offer.task.attributes == {"tiers": 2}
    await done(offer.reject(bakery.offline))
    await until(lambda: ada.get("activity_name") == "Offline")
    assert len(heard) == 1


async def test_activities_come_and_go_with_the_connection(there: Face, bakery: Bakery) -> None:
    bakery.ada.update(activity_sid=bakery.offline)
    ada = there.make(
        "Worker",
        bakery.worker_token(),
        connect_activity_sid=bakery.available,
        disconnect_activity_sid=bakery.offline,
    )
    heard: list[Any] = []
    ada.on("activity.update", heard.append)
    await done(ada.connect())
    update = await until(lambda: heard and heard[0])
    assert (update.activity_name, update.available) == ("Available", True)
    assert bakery.ada.fetch().activity_name == "Available"
    assert {one.friendly_name for one in await there.every(ada.activities)} >= {"Offline"}
    await done(ada.close())
    await until(lambda: bakery.ada.fetch().activity_name == "Offline")


async def test_another_session_can_be_ended(there: Face, bakery: Bakery) -> None:
    lost: list[Any] = []
    first = await there.ready("Worker", bakery.worker_token())
    first.on("disconnected", lost.append)
    await there.ready("Worker", bakery.worker_token(), close_existing_sessions=True)
    await until(lambda: lost)


async def test_a_workspace_reaches_everything(there: Face, bakery: Bakery) -> None:
    workspace = await there.ready("Workspace", bakery.workspace_token())
    assert workspace.friendly_name == "Bakery"
    for number in range(5):
        await done(workspace.tasks.create(attributes={"tiers": number}, priority=number))
    seen = [one async for one in _in_twos(there, workspace.tasks)]
    assert [one.attributes["tiers"] for one in seen] == [0, 1, 2, 3, 4]
    (ada,) = await there.every(workspace.workers)
    channels = await there.every(ada.channels)
    assert {one.task_channel_unique_name for one in channels} >= {"default", "voice"}
    await done(channels[0].update(capacity=3))
    assert channels[0].configured_capacity == 3
    kinds = await there.every(workspace.task_channels)
    assert len(kinds) == 5
    first = await done(workspace.tasks.fetch(seen[0].sid))
    (offer,) = await there.every(first.reservations)
    await done(offer.accept())
    assert (await done(first.complete("eaten"))).reason == "eaten"
    await done(seen[4].delete())
    with pytest.raises(ApiError) as gone:
        await done(seen[4].fetch())
    assert gone.value.code == 20404
    (workflow,) = await there.every(workspace.workflows)
    assert workflow.configuration["task_routing"]["filters"] == []
    await done(workspace.update(friendly_name="Patisserie"))
    assert workspace.friendly_name == "Patisserie"


async def _in_twos(face: Face, tasks: Any) -> Any:
    for one in await face.every(tasks.iterate(page_size=2)):
        yield one


async def test_a_token_for_another_account_never_becomes_ready(there: Face, bakery: Bakery) -> None:
    head, claims, _ = bakery.queue_token().split(".")
    queue = there.make("TaskQueue", f"{head}.{claims}.{'A' * 43}")
    await done(queue.connect())
    with pytest.raises(ApiError) as refusal:
        await done(queue.wait_until_ready(60))
    assert refusal.value.status in {401, 403}
