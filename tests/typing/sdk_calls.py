"""Calls as programs write them: mypy reads this file, nothing runs it."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any, assert_type

import taskyard
from taskyard import aio
from taskyard.client import models, sync
from taskyard.client.statistics import CumulativeStatistics, RealTimeStatistics, Statistics


def supervisor(token: str) -> None:
    with taskyard.TaskQueue(token, base_url="http://127.0.0.1:8080", max_retries=2) as queue:

        @queue.on("ready")
        def ready(resource: models.TaskQueue) -> None:
            assert_type(resource.friendly_name, str)

        queue.wait_until_ready(timeout=5)
        assert_type(queue.update("MaxReservedWorkers", "20"), taskyard.TaskQueue)
        assert_type(queue.update({"MaxReservedWorkers": 20}), taskyard.TaskQueue)
        assert_type(queue.update(max_reserved_workers=20), taskyard.TaskQueue)
        queue.update("MaxReservedWorkers")  # type: ignore[call-overload]
        assert_type(queue.max_reserved_workers, int)
        assert_type(queue.date_created, datetime)
        queue.max_reserved_workers = 20  # type: ignore[assignment]
        queue.colour  # type: ignore[attr-defined]  # noqa: B018
        assert_type(queue["colour"], Any)

        hour = datetime.now(UTC) - timedelta(hours=1)
        both = queue.statistics.fetch(start_date=hour, split_by_wait_time=[5, 30])
        assert_type(both, Statistics)
        assert_type(both.cumulative, CumulativeStatistics)
        assert_type(both.realtime, RealTimeStatistics | None)
        assert_type(queue.realtime_stats.fetch(), RealTimeStatistics)
        assert_type(queue.cumulative_stats.fetch(minutes=60).tasks_entered, int)
        queue.fetch(callback=lambda error, result: None)
        queue.off("ready", ready)
        queue.update_token(token)


def agent(token: str) -> None:
    worker = taskyard.Worker(token, connect_activity_sid="WA", close_existing_sessions=True)

    @worker.on("reservation.created")
    def offered(reservation: sync.Reservation) -> None:
        assert_type(reservation.task, sync.Task)
        assert_type(reservation.task.attributes, dict[str, Any])
        assert_type(reservation.accept(), sync.Reservation)
        reservation.reject("WA")
        reservation.dequeue(from_="+1", timeout=10)
        reservation.conference(end_conference_on_exit=True)
        reservation.complete()

    for reservation in worker.fetch_reservations(reservation_status="accepted"):
        assert_type(reservation, sync.Reservation)
    for activity in worker.activities:
        assert_type(activity.available, bool)
    assert_type(worker.complete_task("WT", "done"), sync.Task)
    assert_type(worker.fetch_channels().data, list[sync.WorkerChannel])
    worker.wait_until_closed()


def administrator(token: str, more: Mapping[str, str]) -> None:
    workspace = taskyard.Workspace(token, connect=False)
    task = workspace.tasks.create(attributes={"tiers": 3}, priority=5)
    assert_type(task, sync.Task)
    assert_type(workspace.tasks.fetch("WT"), sync.Task)
    assert_type(workspace.tasks.fetch(assignment_status="pending"), sync.Page[sync.Task])
    assert_type(workspace.tasks.fetch(more).next(), sync.Page[sync.Task])
    for one in workspace.tasks:
        assert_type(one, sync.Task)
    for one in workspace.tasks.iterate(priority=5):
        assert_type(one.priority, int)
    workspace.workers.update("WK", "ActivitySid", "WA")
    workspace.workers.statistics.fetch(friendly_name="Ada")
    assert_type(workspace.task_queues.statistics.fetch(), sync.Page[Statistics])
    workspace.activities.delete("WA")
    try:
        task.delete()
    except taskyard.ApiError as error:
        assert_type(error.code, int | None)
        assert_type(error.status, int)


async def with_a_loop(token: str) -> None:
    async with aio.Worker(token) as worker:

        @worker.on("reservation.created")
        async def offered(reservation: aio.Reservation) -> None:
            assert_type(await reservation.accept(), aio.Reservation)
            assert_type(await reservation.task.fetch(), aio.Task)

        await worker.wait_until_ready(timeout=5)
        assert_type(await worker.update(activity_sid="WA"), aio.Worker)
        assert_type(await worker.fetch_reservations(), aio.Page[aio.Reservation])

    workspace = aio.Workspace(token)
    await workspace.connect()
    async for task in workspace.tasks:
        assert_type(task, aio.Task)
    async for task in workspace.tasks.iterate(priority=5):
        assert_type(await task.complete("done"), aio.Task)
    assert_type(await workspace.statistics.fetch(minutes=15), Statistics)
    await workspace.close()
