"""The workspace of a scenario, made in an empty machine by an operator's commands."""

import json
from collections.abc import Mapping

from taskyard.core.commands import (
    Command,
    CreateTaskChannel,
    CreateTaskQueue,
    CreateWorker,
    CreateWorkflow,
    CreateWorkspace,
    UpdateWorkerChannel,
)
from taskyard.core.errors import Refusal
from taskyard.core.machine import Machine

from .scenario import Group, Json, Scenario, ScenarioProblem


class Premises:
    """A furnished workspace.

    Attributes:
        available: The SID of the activity of whoever takes tasks.
        away: The SID of that of whoever does not.
        queues: Names of task queues by SID.
        workers: The SIDs of each group's workers, in the order of the groups.
    """

    def __init__(self, machine: Machine, scenario: Scenario, now_ms: int) -> None:
        """Furnish it.

        Args:
            machine: Nothing has been asked of it yet.
            scenario: It is checked; what the core says against it is told with its place.
            now_ms: The instant of it all.

        Raises:
            ScenarioProblem: The core refuses a part of it.
        """
        self._machine = machine
        self._now_ms = now_ms
        machine.handle(
            CreateWorkspace(account_sid="AC" + "0" * 32, friendly_name="simulation"), now_ms
        )
        activities = machine.state.activities.values()
        self.available = next(one.sid for one in activities if one.available)
        self.away = machine.state.workspace.default_activity_sid
        self._add_channels(scenario)
        self.queues = self._add_queues(scenario)
        self._add_workflow(scenario)
        self.workers = [
            self._add_group(f"staff[{index}]", group) for index, group in enumerate(scenario.staff)
        ]

    def _add_channels(self, scenario: Scenario) -> None:
        asked = {f"tasks[{i}].channel": one.channel for i, one in enumerate(scenario.tasks)}
        for index, group in enumerate(scenario.staff):
            asked |= {f"staff[{index}].channels": name for name in group.channels or {}}
        known = {one.unique_name for one in self._machine.state.task_channels.values()}
        for place, name in asked.items():
            if name not in known:
                command = CreateTaskChannel(friendly_name=name, unique_name=name)
                self._ask(place, command)
                known.add(name)

    def _add_queues(self, scenario: Scenario) -> dict[str, str]:
        names = {}
        for index, queue in enumerate(scenario.task_queues):
            command = CreateTaskQueue(
                friendly_name=queue.name,
                target_workers=queue.target_workers,
                max_reserved_workers=queue.max_reserved_workers,
                task_order=queue.task_order,
            )
            names[self._ask(f"task_queues[{index}]", command)] = queue.name
        return names

    def _add_workflow(self, scenario: Scenario) -> None:
        place = "workflow.configuration"
        raw = scenario.workflow.configuration
        try:
            document: Json = json.loads(raw) if isinstance(raw, str) else raw
        except ValueError as error:
            raise ScenarioProblem(f"{place}: not JSON: {error}") from error
        sids = {name: sid for sid, name in self.queues.items()}
        for queue in scenario.task_queues:
            if queue.sid is not None:
                sids[queue.sid] = sids[queue.name]
        command = CreateWorkflow(
            friendly_name="workflow",
            configuration=json.dumps(_with_sids(document, sids)),
            task_reservation_timeout_s=scenario.workflow.task_reservation_timeout_s,
        )
        self._ask(place, command)

    def _add_group(self, place: str, group: Group) -> list[str]:
        """Add workers who are away, with their capacities."""
        sids = []
        channels = self._machine.state.task_channels.values()
        for number in range(group.workers):
            command = CreateWorker(
                friendly_name=f"{group.name} {number + 1}",
                activity_sid=self.away,
                attributes=json.dumps(group.attributes),
            )
            sid = self._ask(place, command)
            sids.append(sid)
            if group.channels is None:
                continue
            for channel in channels:
                capacity = group.channels.get(channel.unique_name, 0)
                change = UpdateWorkerChannel(
                    worker_sid=sid,
                    worker_channel=channel.sid,
                    capacity=max(capacity, 1),
                    available=capacity > 0,
                )
                self._ask(f"{place}.channels", change)
        return sids

    def _ask(self, place: str, command: Command) -> str:
        """The SID of what the core makes of a part of the scenario."""
        try:
            return self._machine.handle(command, self._now_ms).sid
        except Refusal as refusal:
            raise ScenarioProblem(f"{place}: {refusal}") from refusal


def _with_sids(document: Json, sids: Mapping[str, str]) -> Json:
    """A Configuration in which queues that are named have their SIDs; all else as it was."""
    if isinstance(document, list):
        return [_with_sids(one, sids) for one in document]
    if not isinstance(document, dict):
        return document
    return {
        key: sids.get(value, value)
        if key == "queue" and isinstance(value, str)
        else _with_sids(value, sids)
        for key, value in document.items()
    }
