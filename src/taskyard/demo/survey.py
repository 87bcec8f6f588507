"""Looks at the whole workspace: a short one every second, a thorough one now and then."""

import asyncio
import time
from collections import Counter
from collections.abc import Iterable

import msgspec

from . import wire
from .api import Api
from .attempts import LOOKING, NOTHING, attempt
from .contact_centre import TASK_QUEUES, ContactCentre
from .ledger import Ledger

GLANCE_EVERY_S = 1.0
# Well below the five minutes for which ended tasks, and their reservations, can still be read.
AUDIT_EVERY_S = 120.0

OPEN = "pending,reserved,assigned,wrapping"


class QueueLine(msgspec.Struct):
    """What one task queue holds."""

    waiting: int = 0
    reserved: int = 0
    assigned: int = 0
    wrapping: int = 0
    longest_s: int = 0
    """The age of the oldest task that nobody has accepted."""


class Survey:
    """The state of the workspace, as of the last look."""

    def __init__(self, api: Api, centre: ContactCentre, ledger: Ledger) -> None:
        self._api = api
        self._centre = centre
        self._ledger = ledger
        self.queues = count_queues([])
        self.activities: Counter[str] = Counter()

    async def keep_looking(self) -> None:
        """Look until cancelled."""
        audit_s = time.monotonic() + AUDIT_EVERY_S
        while True:
            await self.glance()
            if time.monotonic() >= audit_s:
                await self.audit()
                self._ledger.forget(time.monotonic())
                audit_s = time.monotonic() + AUDIT_EVERY_S
            await asyncio.sleep(GLANCE_EVERY_S)

    async def glance(self) -> None:
        """Read the open tasks and the workers, and ask after the tasks that are open no more."""
        api, ledger, path = self._api, self._ledger, self._centre.path
        began_s = time.monotonic()
        pages, worker_pages = await asyncio.gather(
            attempt(
                api.get_all(f"{path}/Tasks", wire.TaskPage, {"AssignmentStatus": OPEN}),
                ledger,
                part_of_life=NOTHING,
            ),
            attempt(api.get_all(f"{path}/Workers", wire.WorkerPage), ledger, part_of_life=NOTHING),
        )
        if worker_pages is not None:
            self.activities = Counter(
                worker.activity_name for page in worker_pages for worker in page.workers
            )
        if pages is not None:
            tasks = [task for page in pages for task in page.tasks]
            self.queues = count_queues(tasks)
            for task in tasks:
                ledger.note_task(task, time.monotonic())
                if ledger.note_step(task):
                    queue = task.task_queue_friendly_name
                    ledger.news.append(f"Nobody yet: on to {queue}, priority {task.priority}")
            gone = ledger.open_since(began_s) - {task.sid for task in tasks}
            await asyncio.gather(*(self._find_out(sid) for sid in gone))

    async def _find_out(self, task_sid: str) -> None:
        request = self._api.get(f"{self._centre.path}/Tasks/{task_sid}", wire.Task)
        task = await attempt(request, self._ledger, part_of_life=LOOKING)
        if task is not None:
            self._ledger.note_task(task, time.monotonic())

    async def audit(self) -> dict[str, str] | None:
        """Read every task and every reservation that can be read.

        An offer may come and go between two looks of its worker: this finds it.

        Returns:
            The status of each by its SID, or None if a part could not be read.
        """
        workers = self._centre.worker_sids.values()
        parts = [
            await self._audit_tasks(),
            *await asyncio.gather(*(self._audit_worker(sid) for sid in workers)),
        ]
        found: dict[str, str] = {}
        for part in parts:
            if part is None:
                return None
            found |= part
        return found

    async def _audit_tasks(self) -> dict[str, str] | None:
        path = f"{self._centre.path}/Tasks"
        pages = await attempt(
            self._api.get_all(path, wire.TaskPage), self._ledger, part_of_life=NOTHING
        )
        if pages is None:
            return None
        tasks = [task for page in pages for task in page.tasks]
        for task in tasks:
            self._ledger.note_task(task, time.monotonic())
        return {task.sid: task.assignment_status for task in tasks}

    async def _audit_worker(self, worker_sid: str) -> dict[str, str] | None:
        path = f"{self._centre.path}/Workers/{worker_sid}/Reservations"
        pages = await attempt(
            self._api.get_all(path, wire.ReservationPage), self._ledger, part_of_life=NOTHING
        )
        if pages is None:
            return None
        offers = [offer for page in pages for offer in page.reservations]
        for offer in offers:
            self._ledger.note_offer(offer, time.monotonic())
        return {offer.sid: offer.reservation_status for offer in offers}


def count_queues(tasks: Iterable[wire.Task]) -> dict[str, QueueLine]:
    """What every task queue holds, in the order in which they were laid out."""
    lines = {name: QueueLine() for name in TASK_QUEUES}
    for task in tasks:
        if task.task_queue_friendly_name is None:
            continue
        line = lines.setdefault(task.task_queue_friendly_name, QueueLine())
        match task.assignment_status:
            case "pending":
                line.waiting += 1
            case "reserved":
                line.reserved += 1
            case "assigned":
                line.assigned += 1
            case "wrapping":
                line.wrapping += 1
        if task.assignment_status in {"pending", "reserved"}:
            line.longest_s = max(line.longest_s, task.age)
    return lines
