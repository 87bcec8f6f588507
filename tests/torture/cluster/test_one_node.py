"""One server under the faults that several are put to: the harness itself has to be sound."""

from collections.abc import Callable
from pathlib import Path

from torture.rounds import dice

from .checker import problems
from .history import counts
from .run import tortured


async def test_one_node_that_is_killed_and_halted_keeps_its_promises(
    tmp_path: Path, tally: Callable[..., None]
) -> None:
    history = await tortured(
        tmp_path,
        f"sqlite:///{tmp_path / 'taskyard.db'}",
        server=None,
        nodes=1,
        workspaces=2,
        rounds=1,
        lease_s=0.5,
        settings={},
        dice=dice("one node"),
    )
    tally("SQLite: one server under faults", **counts(history))
    found = problems(history)
    assert not found, "\n".join([f"{len(found)} problems:", *found[:20]])
