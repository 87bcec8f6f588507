"""How often, and with which dice. `make torture` asks for many rounds, `make test` for a few."""

import os
import random

ROUNDS = int(os.environ.get("TASKYARD_TORTURE_ROUNDS") or 4)
SEED = int(os.environ.get("TASKYARD_TORTURE_SEED") or random.randrange(1_000_000))


def dice(part: str) -> random.Random:
    print(f"{ROUNDS} rounds, TASKYARD_TORTURE_SEED={SEED}")  # noqa: T201  # shown when it fails
    return random.Random(f"{part} {SEED}")
