"""What may go wrong, how often it does, and how often it has."""

from collections import Counter
from collections.abc import Mapping
from random import Random

CHANCES: Mapping[str, float] = {
    "append refused": 0.004,
    "append kept, answer lost": 0.006,
    "append torn": 0.003,
    "append slow": 0.01,
    "read failed": 0.0005,
    "write of a view failed": 0.005,
    "view kept, answer lost": 0.003,
    "request lost": 0.01,
    "answer lost": 0.015,
    "request sent twice": 0.01,
    "message held up": 0.02,
}
"""Of each thing that is done, how likely it goes wrong so. The rest is for `course.py` to do."""


class Faults:
    """The dice of everything that goes wrong by itself.

    Attributes:
        on: Whether anything does at the moment.
        counts: How often each kind has.
    """

    def __init__(self, dice: Random) -> None:
        self.dice = dice
        self.on = False
        self.outage = False
        """Whether the store can do nothing at all at the moment."""
        self.rot = False
        """Whether of each workspace the newest snapshot cannot be read as it was written."""
        self.counts: Counter[str] = Counter()

    def strike(self, kind: str) -> bool:
        """Whether this goes wrong now."""
        if not self.on or self.dice.random() >= CHANCES[kind]:
            return False
        self.counts[kind] += 1
        return True
