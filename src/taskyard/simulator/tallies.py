"""What one replication counts, and nothing of tasks that came before the warm-up was over."""

from dataclasses import dataclass, field


@dataclass(slots=True, kw_only=True)
class QueueTally:
    """What became of the tasks of one task queue: each counts where it waited last.

    Attributes:
        service_level_s: How long a good wait may be.
        waits_s: From arrival to acceptance, of those that were handled.
        given_up_s: How long the abandoned had waited.
        lost: Tasks whose workflow ended before anybody took them.
        waiting: Tasks that still waited when the time was over; they count nowhere else.
        in_time: The handled whose wait was good.
        work_ms: How long tasks were held by workers while it was measured.
        wait_by_hour_s: Sum and number of the waits, by the hour of arrival since the measuring
            began.
    """

    service_level_s: float
    waits_s: list[float] = field(default_factory=list)
    given_up_s: list[float] = field(default_factory=list)
    lost: int = 0
    waiting: int = 0
    in_time: int = 0
    work_ms: int = 0
    wait_by_hour_s: dict[int, tuple[float, int]] = field(default_factory=dict)


@dataclass(slots=True, kw_only=True)
class GroupTally:
    """What the workers of one group did while it was measured.

    Attributes:
        busy_ms: Time at work, counted once for every task in hand.
        staffed_ms: Time that they were there, counted once for every place they have.
    """

    busy_ms: int = 0
    staffed_ms: int = 0


@dataclass(slots=True, kw_only=True)
class Replication:
    """One independent run of a scenario.

    Attributes:
        queues: By their names.
        groups: By their names.
        life_cycles: Tasks that were completed, those of the warm-up too.
        seconds: What it took of the processor.
    """

    queues: dict[str, QueueTally]
    groups: dict[str, GroupTally]
    life_cycles: int = 0
    seconds: float = 0.0
