"""What the demo lays out in an empty server: activities, task queues, a workflow and workers."""

import asyncio
from collections.abc import Mapping

import msgspec

from . import wire
from .api import Api
from .roster import ROSTER, Person

RESERVATION_TIMEOUT_S = 4
CAPACITIES = {"chat": 3, "sms": 2}  # a new worker takes one task of every channel

PAUSES = ("Break", "Lunch")  # in addition to what every new workspace has

TASK_QUEUES: Mapping[str, Mapping[str, str]] = {
    "Billing": {"TargetWorkers": "skills HAS 'billing'"},
    "Technical": {"TargetWorkers": "skills HAS 'technical'"},
    # Three are asked at once, and the first to accept gets the customer.
    "Sales": {"TargetWorkers": "skills HAS 'sales'", "MaxReservedWorkers": "3"},
    "VIP": {"TargetWorkers": "levels.vip >= 1"},
    "Fraud": {"TargetWorkers": "skills HAS 'fraud'"},
    # All but the visitor, who takes only what they have made themselves.
    "Everyone": {"TargetWorkers": "languages != null"},
    "Voicemail": {"TargetWorkers": "1==2"},
}

SPEAKS_IT = "worker.languages HAS task.language"


class ContactCentre(msgspec.Struct, frozen=True):
    """What was laid out: SIDs by name."""

    workspace_sid: str
    workflow_sid: str
    activity_sids: Mapping[str, str]
    worker_sids: Mapping[str, str]

    @property
    def path(self) -> str:
        """Where the workspace lies, below the version of the API."""
        return f"Workspaces/{self.workspace_sid}"


async def lay_out(api: Api) -> ContactCentre:
    """Make the workspace and all that is in it, as far as possible at once.

    Raises:
        ApiError: The server refused something, or gave no answer.
    """
    workspace = await api.create("Workspaces", wire.Resource, {"FriendlyName": "Taskyard demo"})
    path = f"Workspaces/{workspace.sid}"
    _, task_queue_sids = await asyncio.gather(
        asyncio.gather(*(_add_pause(api, path, name) for name in PAUSES)),
        _add_task_queues(api, path),
    )
    (activities,) = await api.get_all(f"{path}/Activities", wire.ActivityPage)
    activity_sids = {activity.friendly_name: activity.sid for activity in activities.activities}
    workflow, *workers = await asyncio.gather(
        api.create(f"{path}/Workflows", wire.Resource, workflow_form(task_queue_sids)),
        *(_add_worker(api, path, person, activity_sids["Available"]) for person in ROSTER),
    )
    return ContactCentre(
        workspace_sid=workspace.sid,
        workflow_sid=workflow.sid,
        activity_sids=activity_sids,
        worker_sids={
            person.name: worker.sid for person, worker in zip(ROSTER, workers, strict=True)
        },
    )


async def _add_pause(api: Api, path: str, name: str) -> None:
    form = {"FriendlyName": name, "Available": "false"}
    await api.create(f"{path}/Activities", wire.Activity, form)


async def _add_task_queues(api: Api, path: str) -> dict[str, str]:
    made = await asyncio.gather(
        *(
            api.create(f"{path}/TaskQueues", wire.Resource, {"FriendlyName": name, **settings})
            for name, settings in TASK_QUEUES.items()
        )
    )
    return {name: queue.sid for name, queue in zip(TASK_QUEUES, made, strict=True)}


async def _add_worker(api: Api, path: str, person: Person, activity_sid: str) -> wire.Resource:
    form = {
        "FriendlyName": person.name,
        "Attributes": person.attributes,
        "ActivitySid": activity_sid,
    }
    worker = await api.create(f"{path}/Workers", wire.Resource, form)
    await asyncio.gather(
        *(
            api.post(
                f"{path}/Workers/{worker.sid}/Channels/{channel}",
                wire.Resource,
                {"Capacity": str(capacity)},
            )
            for channel, capacity in CAPACITIES.items()
        )
    )
    return worker


def workflow_form(task_queue_sids: Mapping[str, str]) -> dict[str, str]:
    """The workflow, ready to be created."""
    return {
        "FriendlyName": "Front door",
        "TaskReservationTimeout": str(RESERVATION_TIMEOUT_S),
        "Configuration": msgspec.json.encode(configuration(task_queue_sids)).decode(),
    }


def configuration(task_queue_sids: Mapping[str, str]) -> dict[str, object]:
    """How tasks are routed: known agent first, then tier, then topic.

    Time-outs are a few seconds, so that one can watch a task move from step to step.
    """
    everyone = task_queue_sids["Everyone"]
    filters = [
        {
            # A time-out on the last target leads to the next filter that matches, so a customer
            # whose agent is busy is routed like everybody else. It never leads to the default
            # filter: deliveries, which no filter below is for, have to stay out of this one.
            "filter_friendly_name": "Known agent",
            "expression": "last_agent != null AND topic != 'delivery'",
            "targets": [
                {
                    "queue": everyone,
                    "known_worker_sid": "task.last_agent",
                    "priority": 5,
                    "timeout": 2,
                }
            ],
        },
        {
            "filter_friendly_name": "Fraud",
            "expression": "topic == 'fraud'",
            "targets": [
                {
                    "queue": task_queue_sids["Fraud"],
                    "priority": 50,
                    "skip_if": "workers.available == 0",
                    "timeout": 8,
                },
                {"queue": task_queue_sids["Voicemail"], "timeout": 4},
            ],
        },
        {
            "filter_friendly_name": "VIP",
            "expression": "tier == 'gold'",
            "targets": [
                {
                    "queue": task_queue_sids["VIP"],
                    "expression": SPEAKS_IT,
                    "order_by": "worker.levels.vip DESC",
                    "priority": 100,
                    "timeout": 2,
                },
                {"queue": everyone, "expression": SPEAKS_IT, "priority": 100, "timeout": 4},
                {"priority": 200},
            ],
        },
        *(
            {
                "filter_friendly_name": name,
                "expression": f"topic == '{name.lower()}'",
                "targets": widening(task_queue_sids[name], everyone, f"worker.levels.{skill}"),
            }
            for name, skill in (
                ("Billing", "billing"),
                ("Technical", "technical"),
                ("Sales", "sales"),
            )
        ),
    ]
    default = {"queue": everyone, "expression": SPEAKS_IT}
    return {"task_routing": {"filters": filters, "default_filter": default}}


def widening(task_queue: str, everyone: str, level: str) -> list[dict[str, object]]:
    """Experts who speak the language, then beginners too, then all others, then anybody at all.

    The longer a customer has waited the more it counts: each step raises the priority.
    """
    best_first = f"{level} DESC"
    return [
        {
            "queue": task_queue,
            "expression": f"{SPEAKS_IT} AND {level} >= 3",
            "order_by": best_first,
            "priority": 0,
            "timeout": 3,
        },
        {"expression": SPEAKS_IT, "order_by": best_first, "priority": 10, "timeout": 3},
        {"queue": everyone, "expression": SPEAKS_IT, "priority": 20, "timeout": 6},
        {"priority": 30},
    ]
