"""A seed says everything: the same commands, answers and events, to the last byte."""

import json
import os
import subprocess
import sys
from typing import Any

GUARD_S = 300


def simulated(*options: str, hash_seed: int) -> list[dict[str, Any]]:
    ran = subprocess.run(
        [sys.executable, "-m", "taskyard", "simulate", *options, "--json"],
        env=os.environ | {"PYTHONHASHSEED": str(hash_seed)},
        capture_output=True,
        text=True,
        timeout=GUARD_S,
        check=False,
    )
    assert ran.returncode == 0, ran.stdout + ran.stderr
    return [json.loads(line) for line in ran.stdout.splitlines()]


def test_two_processes_that_hash_otherwise_live_through_the_same() -> None:
    (one,) = simulated("--seed", "11", "--hours", "14", hash_seed=1)
    (other,) = simulated("--seed", "11", "--hours", "14", hash_seed=2)
    assert one == other
    assert one["counts"]["events"] > 300


def test_seeds_side_by_side_are_those_that_were_asked_for_and_differ() -> None:
    one, other = simulated("--seed", "12", "--seeds", "2", "--hours", "1", hash_seed=0)
    assert (one["seed"], other["seed"]) == (12, 13)
    assert one["digest"] != other["digest"]
