"""Keeps the events of a machine in a file, and folds them into a new one that knows the same."""
# ruff: noqa: T201  # an example prints

import os
import tempfile
import time
from functools import reduce
from operator import or_
from pathlib import Path

import msgspec

from taskyard.core import commands
from taskyard.core.events import ALL_EVENTS, Event
from taskyard.core.ids import mint_from
from taskyard.core.machine import Machine

LINE = msgspec.json.Decoder(tuple[int, list[reduce(or_, ALL_EVENTS)]])


def main() -> None:
    """Decide, keep, forget, and read it all again."""
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "bakery.jsonl"
        before = Machine(mint=mint_from(os.urandom))
        for command in (
            commands.CreateWorkspace(
                account_sid="AC" + "0" * 32, friendly_name="Bakery", template="FIFO"
            ),
            commands.CreateWorker(friendly_name="Ada"),
            commands.CreateTask(attributes='{"tiers": 3}'),
        ):
            decide_and_keep(before, command, file)

        after = Machine(mint=mint_from(os.urandom))
        for line in file.read_bytes().splitlines():
            at_ms, happened = LINE.decode(line)
            after.replay(happened, at_ms)
        after.resume()

        print(f"{len(after.state.tasks)} task, {len(after.state.workers)} worker")
        print("the same" if after.state.tasks == before.state.tasks else "not the same")


def decide_and_keep(machine: Machine, command: commands.Command, file: Path) -> list[Event]:
    """Hand a command to the machine, and write down what came of it before anybody is told."""
    now_ms = time.time_ns() // 1_000_000
    happened = machine.handle(command, now_ms).events
    with file.open("ab") as journal:
        journal.write(msgspec.json.encode((now_ms, happened)) + b"\n")
        journal.flush()
        os.fsync(journal.fileno())
    return happened


if __name__ == "__main__":
    main()
