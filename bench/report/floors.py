"""Ratios of our own that must not fall, and what is to be said when one has."""

import tomllib
from collections.abc import Sequence
from pathlib import Path

import msgspec
from figures import Figure

from .results import Run

FILE = Path(__file__).parent.parent / "floors.toml"


class Floor(msgspec.Struct, forbid_unknown_fields=True):
    """What a ratio has to keep to, on any machine; one of the two is given."""

    at_least: float | None = None
    at_most: float | None = None

    def __post_init__(self) -> None:
        if (self.at_least is None) == (self.at_most is None):
            raise ValueError("a floor has either at_least or at_most")

    def holds(self, figure: float) -> bool:
        """Whether a ratio keeps to it."""
        if self.at_least is not None:
            return figure >= self.at_least
        assert self.at_most is not None
        return figure <= self.at_most

    def __str__(self) -> str:
        if self.at_least is not None:
            return f"at least {self.at_least:g}"
        return f"at most {self.at_most:g}"


def floors(path: Path = FILE) -> dict[str, Floor]:
    """All floors, by the names of their figures.

    Raises:
        msgspec.ValidationError: The file says something that a floor does not have.
    """
    return msgspec.convert(tomllib.loads(path.read_text()), dict[str, Floor])


def wanted(all_of_them: dict[str, Floor]) -> list[str]:
    """The benchmarks that have to be run to judge them, in the order of the file."""
    return [*dict.fromkeys(name.partition(".")[0] for name in all_of_them)]


def broken(all_of_them: dict[str, Floor], runs: Sequence[Run]) -> list[str]:
    """A line for each floor that does not hold; none if all do.

    Whatever else a machine does makes a ratio worse about as often as better. So a floor counts as
    broken only if it holds in none of the runs.
    """
    said = []
    for name, floor in all_of_them.items():
        found = [figure for run in runs if (figure := run.figure(name)) is not None]
        if not found:
            said.append(f"{name}: not measured; its floor is {floor}")
        elif not any(floor.holds(one.figure) for one in found):
            said.append(f"{name}: {_all(found)}, {floor} is its floor ({found[0].says})")
    return said


def _all(found: Sequence[Figure]) -> str:
    return " and ".join(f"{one.figure:.2f}" for one in found)
