"""The absolute addresses of a workspace's resources, built once for each workspace."""

from functools import lru_cache


class Addresses:
    """Where the resources of one workspace are; the collections end without a slash."""

    __slots__ = (
        "activities",
        "cumulative_statistics",
        "events",
        "real_time_statistics",
        "statistics",
        "task_channels",
        "task_queues",
        "tasks",
        "workers",
        "workflows",
        "workspace",
    )

    def __init__(self, base: str, workspace_sid: str) -> None:
        """Under `base`, which ends in `/v1`."""
        self.workspace = f"{base}/Workspaces/{workspace_sid}"
        self.activities = f"{self.workspace}/Activities"
        self.events = f"{self.workspace}/Events"
        self.task_channels = f"{self.workspace}/TaskChannels"
        self.task_queues = f"{self.workspace}/TaskQueues"
        self.tasks = f"{self.workspace}/Tasks"
        self.workers = f"{self.workspace}/Workers"
        self.workflows = f"{self.workspace}/Workflows"
        self.statistics = f"{self.workspace}/Statistics"
        self.real_time_statistics = f"{self.workspace}/RealTimeStatistics"
        self.cumulative_statistics = f"{self.workspace}/CumulativeStatistics"


@lru_cache(maxsize=4_096)
def addresses_of(base: str, workspace_sid: str) -> Addresses:
    """The addresses of a workspace, from memory where they were wanted before."""
    return Addresses(base, workspace_sid)
