"""How much of everything there may be. The defaults are those of the published API."""

import msgspec


class Limits(msgspec.Struct, frozen=True, kw_only=True):
    """Bounds that an operator may move.

    Source: TaskRouter limits page.
    """

    workspaces: int = 5_000
    """Of one account; all others are of one workspace, or of one resource in it."""
    activities: int = 100
    task_channels: int = 15
    task_queues: int = 5_000
    workflows: int = 1_000
    workers: int = 15_000
    online_workers: int = 7_500
    max_workers_for_statistics: int = 1_000_000
    """The published API answers for a hundred; here nothing is held back unless this is lowered."""
    tasks: int = 500_000
    worker_channel_capacity: int = 50
    attributes_characters: int = 4_096
    configuration_bytes: int = 1_038_576
    friendly_name_characters: int = 64
    long_friendly_name_characters: int = 256
    """For task queues and workflows, whose limit is not published."""
    max_reserved_workers: int = 50
    reservation_timeout_s: int = 86_400
    task_timeout_s: int = 1_209_600
    task_assigned_s: int = 86_400
    """A task that is not completed so long after it was accepted is deleted by the system."""
    task_finished_s: int = 300
    """A finished task stays readable so long."""
    assignment_count: int = 1_000
    priority: int = 2_147_483_647
    url_characters: int = 2_048
    """This and what follows is bounded so that no answer grows without bound; none is published."""
    events_filter_characters: int = 4_096
    reason_characters: int = 4_096
