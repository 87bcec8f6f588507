"""Customers over HTTP: each arrival becomes a task, and who waits too long cancels it."""

import asyncio
import time
from collections.abc import Iterator

import msgspec

from . import wire
from .api import Api
from .attempts import ANSWERING, NOTHING, attempt
from .contact_centre import ContactCentre
from .crowd import Arrival
from .ledger import Ledger

TASK_TIMEOUT_S = 120


class Customers:
    """Everybody who gets in touch."""

    def __init__(
        self, api: Api, centre: ContactCentre, ledger: Ledger, last_agents: dict[str, str]
    ) -> None:
        self._api = api
        self._centre = centre
        self._ledger = ledger
        self._last_agents = last_agents

    async def arrive(self, arrivals: Iterator[Arrival]) -> None:
        """Let them come, one after the other, for as long as there are any."""
        due_s = time.monotonic()
        async with asyncio.TaskGroup() as group:
            for arrival in arrivals:
                due_s += arrival.after_s
                await asyncio.sleep(due_s - time.monotonic())
                group.create_task(self._serve(arrival))

    async def _serve(self, arrival: Arrival) -> None:
        ledger, path = self._ledger, f"{self._centre.path}/Tasks"
        form = {
            "WorkflowSid": self._centre.workflow_sid,
            "TaskChannel": arrival.channel,
            "Timeout": str(TASK_TIMEOUT_S),
            "Attributes": self._attributes(arrival),
        }
        task = await attempt(self._api.create(path, wire.Task, form), ledger, part_of_life=NOTHING)
        if task is None:
            return
        entry = ledger.note_task(task, time.monotonic())
        await asyncio.sleep(arrival.patience_s)
        if entry.answered or entry.ended_s is not None:
            return
        form = {"AssignmentStatus": "canceled", "Reason": "hung up"}
        request = self._api.post(f"{path}/{task.sid}", wire.Task, form)
        task = await attempt(request, ledger, part_of_life=ANSWERING)
        if task is not None:
            ledger.note_task(task, time.monotonic())
            ledger.news.append(f"{arrival.customer.name} gives up: {queue_of(task)}")

    def _attributes(self, arrival: Arrival) -> str:
        customer = arrival.customer
        attributes = {
            "customer": customer.name,
            "topic": arrival.topic,
            "language": customer.language,
            "tier": customer.tier,
        }
        if arrival.same_agent and customer.name in self._last_agents:
            attributes["last_agent"] = self._last_agents[customer.name]
        return msgspec.json.encode(attributes).decode()


def queue_of(task: wire.Task) -> str:
    """Where the task waited, in words."""
    return f"{task.task_queue_friendly_name or 'no queue'}, {task.task_channel_unique_name}"
