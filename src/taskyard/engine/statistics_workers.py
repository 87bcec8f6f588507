"""What a row of statistics says of workers: of all that there are, or of a few, looked up."""

from collections.abc import Iterable, Iterator, Mapping, Set

from taskyard.core.statistics import Course, Fact, FactKind
from taskyard.core.statistics.cumulative import Cell, WorkerCounts, of_reservations
from taskyard.core.statistics.presence import Turnover, turnover_of
from taskyard.stores import StatisticsPart
from taskyard.stores.statistics_codec import decode_workers


class WorkersRow:
    """A row as it was read, and the sum of its courses."""

    __slots__ = ("_channels", "_counts", "_courses", "_turnover")

    def __init__(self, part: StatisticsPart) -> None:
        """Read it.

        Raises:
            StoreError: It is damaged, or of a version that is not known.
        """
        read = decode_workers(part)
        self._counts = read.counts
        self._channels = channels_of(read.counts)
        self._courses = read.courses
        self._turnover = turnover_of((read.courses or {}).values())

    @property
    def knows_presence(self) -> bool:
        """Whether it is not older than courses are."""
        return self._courses is not None

    def counts_of(
        self, worker_sids: Set[str], task_channel_sid: str | None
    ) -> Iterator[WorkerCounts]:
        """The counts of these workers, in one task channel or in all."""
        channels = self._channels if task_channel_sid is None else {task_channel_sid}
        return counts_of(self._counts, worker_sids, channels)

    def turnover_of(self, worker_sids: Set[str]) -> Turnover:
        """What changed of these workers; of nearly all of them by the others, who are few."""
        courses: Mapping[str, Course] = self._courses or {}
        if 2 * len(worker_sids) < len(courses):
            return turnover_of(courses[sid] for sid in worker_sids if sid in courses)
        found = Turnover()
        found.merge(self._turnover)
        for sid in courses.keys() - worker_sids:
            found.add(courses[sid], -1)
        return found


def counts_in(
    facts: Iterable[Fact], worker_sids: Set[str], task_channel_sid: str | None
) -> WorkerCounts:
    """The counts of these workers, in one task channel or in all, of what happened."""
    kinds = [
        fact.kind
        for fact in facts
        if fact.worker_sid in worker_sids and task_channel_sid in (None, fact.task_channel_sid)
    ]
    return of_reservations([kinds.count(kind) for kind in FactKind])


def channels_of(cells: Mapping[Cell, WorkerCounts]) -> Set[str]:
    """The task channels that the counts of some workers are of."""
    return {channel for _, channel in cells}


def counts_of(
    cells: Mapping[Cell, WorkerCounts], worker_sids: Set[str], channels: Set[str]
) -> Iterator[WorkerCounts]:
    """The counts of these workers, in these task channels, among some."""
    if len(worker_sids) * len(channels) < len(cells):
        for worker in worker_sids:
            for channel in channels:
                counts = cells.get((worker, channel))
                if counts is not None:
                    yield counts
        return
    for (worker, channel), counts in cells.items():
        if worker in worker_sids and channel in channels:
            yield counts
