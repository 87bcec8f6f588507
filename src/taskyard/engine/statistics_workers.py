"""What a row of statistics says of workers: of all that there are, or of a few, looked up."""

from collections.abc import Iterator, Mapping, Set

from taskyard.core.statistics import Course
from taskyard.core.statistics.cumulative import Cell, WorkerCounts
from taskyard.core.statistics.presence import Turnover, turnover_of
from taskyard.stores import StatisticsPart
from taskyard.stores.statistics_codec import decode_workers


class WorkersRow:
    """A row as it was read, and the sum of its courses.

    Attributes:
        counts: Of the reservations of workers, by worker and task channel.
    """

    __slots__ = ("_courses", "_turnover", "counts")

    def __init__(self, part: StatisticsPart) -> None:
        """Read it.

        Raises:
            StoreError: It is damaged, or of a version that is not known.
        """
        read = decode_workers(part)
        self.counts = read.counts
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
        return counts_of(self.counts, worker_sids, task_channel_sid)

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


def counts_of(
    cells: Mapping[Cell, WorkerCounts], worker_sids: Set[str], task_channel_sid: str | None
) -> Iterator[WorkerCounts]:
    """The counts of these workers among some, in one task channel or in all."""
    channels = {channel for _, channel in cells} if task_channel_sid is None else {task_channel_sid}
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
