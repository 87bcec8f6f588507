"""A worker who takes whatever is offered, until Ctrl-C. TASKYARD_TOKEN holds a worker's token."""
# ruff: noqa: T201  # an example prints

import os
from contextlib import suppress

from taskyard import ApiError, Worker
from taskyard.client.sync import Reservation, Task
from taskyard.client.sync.resources import Worker as Ready


def main() -> None:
    """Listen, and answer each offer where it is heard of: listeners have a thread of their own."""
    with Worker(os.environ["TASKYARD_TOKEN"]) as agent:

        @agent.on("ready")
        def ready(worker: Ready) -> None:
            print(f"{worker.friendly_name} is {worker.activity_name}", flush=True)

        @agent.on("reservation.created")
        def offered(reservation: Reservation) -> None:
            try:
                reservation.accept()
                work_on(reservation.task)
                reservation.complete()
            except ApiError as error:  # somebody else was quicker, or the customer left
                print(f"not this one: {error}", flush=True)

        @agent.on("token.expired")
        def expired() -> None:
            print("five seconds left: time for agent.update_token(…)", flush=True)

        with suppress(KeyboardInterrupt):
            agent.wait_until_closed()


def work_on(task: Task) -> None:
    """What a task is about stands in its attributes."""
    print(f"worked on {task.attributes}", flush=True)


if __name__ == "__main__":
    main()
