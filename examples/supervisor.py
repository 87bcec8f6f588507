"""A task queue, looked at and changed. TASKYARD_TOKEN holds a task queue's token with updates."""
# ruff: noqa: T201  # an example prints

import os

from taskyard import ApiError, TaskQueue


def main() -> None:
    """Change a task queue, and see what the server says to nonsense."""
    with TaskQueue(os.environ["TASKYARD_TOKEN"]) as queue:
        queue.wait_until_ready(timeout=30)
        print(f"{queue.friendly_name} is for workers with {queue.target_workers}")
        queue.update(max_reserved_workers=20)
        print(f"it may reserve {queue.max_reserved_workers} workers for a task")
        try:
            queue.update("MaxReservedWorkers", "many")
        except ApiError as error:
            print(f"refused: {error}")


if __name__ == "__main__":
    main()
