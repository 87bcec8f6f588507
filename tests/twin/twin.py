"""The front door of the twin."""

from typing import Any

from taskyard.core import commands as ask
from taskyard.core.ids import Mint
from taskyard.core.limits import Limits

from . import (
    clock,
    matching,
    queues,
    reservations,
    tasks,
    transfers,
    workers,
    workflows,
    workspaces,
)
from .picture import picture
from .world import World

RULES: dict[type[ask.Command], Any] = {
    ask.CreateWorkspace: workspaces.create,
    ask.UpdateWorkspace: workspaces.update,
    ask.CreateActivity: workspaces.create_activity,
    ask.UpdateActivity: workspaces.update_activity,
    ask.DeleteActivity: workspaces.delete_activity,
    ask.CreateTaskChannel: workspaces.create_task_channel,
    ask.UpdateTaskChannel: workspaces.update_task_channel,
    ask.DeleteTaskChannel: workspaces.delete_task_channel,
    ask.CreateTaskQueue: queues.create,
    ask.UpdateTaskQueue: queues.update,
    ask.DeleteTaskQueue: queues.delete,
    ask.CreateWorkflow: workflows.create,
    ask.UpdateWorkflow: workflows.update,
    ask.DeleteWorkflow: workflows.delete,
    ask.CreateWorker: workers.create,
    ask.UpdateWorker: workers.update,
    ask.DeleteWorker: workers.delete,
    ask.UpdateWorkerChannel: workers.update_channel,
    ask.CreateTask: tasks.create,
    ask.UpdateTask: tasks.update,
    ask.DeleteTask: tasks.delete,
    ask.AcceptReservation: reservations.accept,
    ask.RejectReservation: reservations.reject,
    ask.WrapReservation: reservations.begin_wrapping,
    ask.CompleteReservation: reservations.finish,
    ask.CancelReservation: reservations.withdraw,
    ask.NoteCallbackDone: reservations.note,
    ask.InstructReservation: reservations.instruct,
    ask.InitiateTransfer: transfers.initiate,
    ask.CancelTransfer: transfers.cancel,
}


class Twin:
    """Does what a machine does, slowly and plainly."""

    def __init__(self, *, mint: Mint, limits: Limits | None = None) -> None:
        self.world = World(mint, limits or Limits())

    def handle(self, command: ask.Command, now_ms: int) -> None:
        """Raises `Refused`; then nothing but what was due has happened."""
        if self.world.workspace is not None:
            self.advance(now_ms)
        self.world.now_ms = now_ms
        RULES[type(command)](self.world, command)
        matching.settle(self.world)

    def advance(self, now_ms: int) -> None:
        self.world.now_ms = now_ms
        clock.ring(self.world)

    def next_deadline_ms(self) -> int | None:
        both = clock.next_alarm_ms(self.world), clock.next_minute_ms(self.world)
        return min((at_ms for at_ms in both if at_ms is not None), default=None)

    def picture(self) -> dict[str, Any]:
        return picture(self.world)
