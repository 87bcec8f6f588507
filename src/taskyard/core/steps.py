"""Long work in small steps, so that whoever shares a thread with it can take turns with it."""

from collections.abc import Generator
from typing import TypeVar

T = TypeVar("T")

Steps = Generator[None, None, T]
"""Work that stops after each step, a millisecond or a few, and returns what it was for."""


def at_once(steps: Steps[T]) -> T:
    """Take all steps in one go."""
    while True:
        try:
            next(steps)
        except StopIteration as end:
            result: T = end.value
            return result
