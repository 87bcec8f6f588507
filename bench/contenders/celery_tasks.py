"""The Celery application of the contest, imported by its worker and by who sends to it."""

import os
import time

from celery import Celery

from .contender import QUEUES

_ADDRESS = os.environ["TASKYARD_BENCH_REDIS"]
app = Celery("bench", broker=_ADDRESS, backend=_ADDRESS)
app.conf.update(
    # As durable as it goes: a task is forgotten when it is done, not when it is fetched, and that
    # somebody has begun is kept as well.
    task_acks_late=True,
    task_reject_on_worker_lost=True,
    task_track_started=True,
    broker_connection_retry_on_startup=True,
    task_create_missing_queues=True,
)
QUEUE_NAMES = [f"bench-{k}" for k in range(QUEUES)]


@app.task
def serve(type: int, customer: str, language: str) -> float:
    """Do the work, which is none; gives back when it began."""
    return time.perf_counter()
