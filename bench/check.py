"""Holds our own ratios against bench/floors.toml: `python bench/check.py [--quick] [RESULTS ...]`.

Measures what has a floor, twice and in turn, unless files of results are named. Ends with 1 and a
line for each floor that holds in none of the runs.
"""

import argparse
import sys
from pathlib import Path

from processes import run_all
from report.floors import broken, floors, wanted
from report.results import Run, read

ROUNDS = 2


def measured(names: list[str], *, quick: bool) -> list[Run]:
    """A few runs of these benchmarks, one after another."""
    runs = []
    for _ in range(ROUNDS):
        run = Run.begin(quick=quick)
        run_all(run, names)
        runs.append(run)
    return runs


def main() -> None:
    """Judge."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="smaller numbers, rough ratios")
    parser.add_argument("results", nargs="*", type=Path, help="judge these runs instead")
    asked = parser.parse_args()
    all_of_them = floors()
    runs = [*map(read, asked.results)] or measured(wanted(all_of_them), quick=asked.quick)
    said = broken(all_of_them, runs)
    print("\n".join(["", *said]) if said else f"\nall {len(all_of_them)} floors hold")
    sys.exit(bool(said))


if __name__ == "__main__":
    main()
