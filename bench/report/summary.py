"""What somebody who has a minute wants to know."""

from .plots import number
from .results import Run

_SENTENCES = (
    ("{} durable life cycles a second over HTTP with SQLite, each four requests.", "server.cycles"),
    (
        "Half of the offers can be read {} ms after their task came in, with 300 tasks a second; "
        "99 of 100 after {} ms.",
        *("server.offer_p50", "server.offer_p99"),
    ),
    (
        "Finding a worker with 100,000 tasks waiting costs {} times what it costs with 1,000; with "
        "15,000 workers {} times what it costs with 1,000.",
        *("scaling.backlog_ratio", "scaling.workers_ratio"),
    ),
    ("The core alone gets through {} life cycles a second on one processor core.", "core.cycles"),
    (
        "A life cycle is three commands: the server keeps {} commands durably for each bare commit "
        "of the same disk, by keeping many at once.",
        "contest.commit_ratio",
    ),
    (
        "Its requests a second are {} of what the same HTTP server does when it answers nothing.",
        "contest.asgi_ratio",
    ),
    (
        "Beside readers of statistics, routing gets through {} of what it does alone.",
        "statistics_reads.storm_ratio",
    ),
    ("{} s after a kill in mid-load everybody is served again.", "engine.ready_with_snapshot"),
    (
        "An open task takes {} bytes of memory, a worker {}.",
        *("core.task_bytes", "core.worker_bytes"),
    ),
    (
        "A home-made dispatcher on Redis gets through {} times as many life cycles as Taskyard, "
        "without HTTP and without matching by attributes.",
        "contest.redis_ratio",
    ),
    ("Celery on Redis gets through {} times as many.", "contest.celery_ratio"),
    ("procrastinate on PostgreSQL gets through {} times as many.", "contest.procrastinate_ratio"),
)


def summary(run: Run) -> list[str]:
    """A sentence for each thing that was measured and matters most."""
    said = []
    for sentence, *names in _SENTENCES:
        figures = [one.figure for name in names if (one := run.figure(name)) is not None]
        if len(figures) == len(names):
            said.append(sentence.format(*map(number, figures)))
    return said
