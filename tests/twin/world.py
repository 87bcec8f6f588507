from taskyard.core.ids import Mint
from taskyard.core.limits import Limits

from .things import Activity, Known, Reservation, Task, TaskQueue, Worker, Workspace


class World(Known):
    """One workspace at one instant, and the simple questions that one may ask of it."""

    def __init__(self, mint: Mint, limits: Limits) -> None:
        super().__init__()
        self.workspace: Workspace | None = None
        self.mint = mint
        self.limits = limits
        self.now_ms = 0
        self.workers_ever = 0
        self.tasks_ever = 0
        self.fresh: set[str] = set()
        """Tasks that entered a step or came back, whose skip_if is still to be looked at."""

    # --- counting ---

    def reservations_of_task(self, task: Task) -> list[Reservation]:
        return [r for r in self.reservations.values() if r.task_sid == task.sid]

    def open_reservations(self, task: Task) -> list[Reservation]:
        return [r for r in self.reservations_of_task(task) if r.status == "pending"]

    def holders(self, task: Task) -> list[str]:
        """Whoever has accepted the task and is not done with it."""
        return [r.worker_sid for r in self.reservations_of_task(task) if r.taken]

    def live_reservations(self, worker: Worker) -> list[Reservation]:
        return [r for r in self.reservations.values() if r.worker_sid == worker.sid and r.live]

    def used(self, worker: Worker, task_channel_sid: str) -> int:
        return sum(r.task_channel_sid == task_channel_sid for r in self.live_reservations(worker))

    def assigned(self, worker: Worker, task_channel_sid: str) -> int:
        return sum(
            r.task_channel_sid == task_channel_sid and r.status == "accepted"
            for r in self.live_reservations(worker)
        )

    def percentage(self, worker: Worker, task_channel_sid: str) -> int:
        capacity = worker.channels[task_channel_sid].capacity
        if capacity == 0:
            return 0
        return max(0, 100 * (capacity - self.used(worker, task_channel_sid)) // capacity)

    # --- looking up ---

    @property
    def multi_tasking(self) -> bool:
        assert self.workspace
        return self.workspace.multi_task_enabled

    def activity_of(self, worker: Worker) -> Activity:
        return self.activities[worker.activity_sid]

    def queue_of(self, task: Task) -> TaskQueue | None:
        return self.task_queues[task.task_queue_sid] if task.task_queue_sid else None

    def task_channel(self, name: str) -> str | None:
        """The SID of the task channel of that SID or unique name."""
        for channel in self.task_channels.values():
            if name in (channel.sid, channel.unique_name):
                return channel.sid
        return None
