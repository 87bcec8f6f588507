"""A small contact centre, furnished by the official client."""

import json
from collections.abc import Mapping
from typing import Any

from twilio.rest import Client


def expect(instance: object, **asked: Any) -> None:
    """Expect that what a method of the client gave back has these values."""
    shown = {name: getattr(instance, name) for name in asked}
    assert shown == asked


def shown(resource: Any) -> dict[str, Any]:
    """Every property of what the client gave back, but for those that move by themselves."""
    return {
        name: value
        for name, value in vars(resource).items()
        if not name.startswith("_") and name not in ("age", "date_updated")
    }


def routing_to(queue_sid: str) -> str:
    """A workflow's configuration without filters, as the server shows it: compact."""
    document = {"task_routing": {"filters": [], "default_filter": {"queue": queue_sid}}}
    return json.dumps(document, separators=(",", ":"))


class Centre:
    """A workspace with one task queue and one workflow."""

    def __init__(self, client: Client, **settings: Any) -> None:
        self.client = client
        made = client.taskrouter.v1.workspaces.create(friendly_name="Centre", **settings)
        self.sid = made.sid
        self.workspace = client.taskrouter.v1.workspaces(made.sid)
        self.activities = {one.friendly_name: one.sid for one in self.workspace.activities.list()}
        self.queue = self.workspace.task_queues.create(friendly_name="Everybody")
        self.workflow = self.workspace.workflows.create(
            friendly_name="To everybody",
            configuration=routing_to(self.queue.sid),
            task_reservation_timeout=60,
        )

    def worker(self, name: str, activity: str = "Available", **more: Any) -> Any:
        return self.workspace.workers.create(
            friendly_name=name, activity_sid=self.activities[activity], **more
        )

    def task(self, attributes: Mapping[str, Any] | None = None, **more: Any) -> Any:
        return self.workspace.tasks.create(attributes=json.dumps(attributes or {}), **more)

    def offers(self, task: Any) -> list[Any]:
        return self.workspace.tasks(task.sid).reservations.list()

    def status(self, task: Any) -> str:
        return str(self.workspace.tasks(task.sid).fetch().assignment_status)
