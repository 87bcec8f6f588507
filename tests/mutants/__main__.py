"""Plants each bug in a copy of the package and shows which layer of tests catches it.

    python -m mutants [--only TEXT]

A bug counts as caught when a test fails with it, again when run by itself, and passes without it.
Ends with 1 if one is not.
"""

import argparse
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from .layers import TESTS, Layer, layers
from .table import MUTANTS, PACKAGE, Mutant

AT_ONCE = 2
HUNG_S = 900
_FAILED = re.compile(r"^(?:FAILED|ERROR) (\S.*?)(?: - .*)?$", re.MULTILINE)
_SOME_FAILED = 1


class NotPlantedError(Exception):
    """The table does not fit the code, or the tests could not be run: this proves nothing."""


@dataclass(frozen=True)
class Verdict:
    """What became of one bug: the layer and the test that caught it, if any did."""

    layer: str
    test: str
    seconds: float


def planted(mutant: Mutant, folder: Path) -> Path:
    """A copy of the package with the bug in it: the folder to put on the path."""
    shutil.copytree(PACKAGE, folder / PACKAGE.name, ignore=shutil.ignore_patterns("__pycache__"))
    file = folder / PACKAGE.name / mutant.file
    text = file.read_text()
    if text.count(mutant.old) != 1:
        raise NotPlantedError(
            f"{mutant.file}: the old text is there {text.count(mutant.old)} times, once is expected"
        )
    file.write_text(text.replace(mutant.old, mutant.new))
    return folder


def run(source: Path, what: list[str], environment: dict[str, str], scratch: Path) -> list[str]:
    """The tests that fail with the package of that folder; at most the first."""
    arguments = ["-m", "pytest", "-x", "-q", "--tb=no", "-p", "no:cacheprovider", *what]
    ended = subprocess.run(
        [sys.executable, *arguments],
        cwd=TESTS.parent,
        env={
            **os.environ,
            **environment,
            "PYTHONPATH": str(source),
            "HYPOTHESIS_STORAGE_DIRECTORY": str(scratch),  # nothing is learnt from a planted bug
        },
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=HUNG_S,
        check=False,
    )
    if ended.returncode not in (0, _SOME_FAILED):
        raise NotPlantedError(f"the tests could not be run:\n{ended.stdout[-1500:]}")
    failed = _FAILED.findall(ended.stdout)
    if bool(failed) != (ended.returncode == _SOME_FAILED):
        raise NotPlantedError(f"no failed test is named:\n{ended.stdout[-1500:]}")
    return failed


def catch(mutant: Mutant) -> Verdict | NotPlantedError:
    """Ask one layer after the other until one catches the bug."""
    began = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="mutant-") as name:
        scratch = Path(name, "hypothesis")
        try:
            source = planted(mutant, Path(name, "src"))
            for layer in layers():
                found = _caught_by(layer, source, scratch)
                if found is not None:
                    return Verdict(layer.name, found, time.monotonic() - began)
        except NotPlantedError as error:
            return error
        return Verdict("", "", time.monotonic() - began)


def _caught_by(layer: Layer, source: Path, scratch: Path) -> str | None:
    """The test that catches the bug: by itself it fails with the bug each time, and not without."""
    unsteady: list[str] = []
    while True:
        passed_over = [f"--deselect={test}" for test in unsteady]
        try:
            failed = run(source, [*layer.paths, *passed_over], layer.environment, scratch)
            if not failed:
                return None
            caught = run(source, failed, layer.environment, scratch) and not run(
                PACKAGE.parent, failed, layer.environment, scratch
            )
        except subprocess.TimeoutExpired:
            return _hung(layer, scratch)
        if caught:
            return failed[0].rpartition("::")[2]
        unsteady += failed  # the machine was busy, say: what is left may catch it


def _hung(layer: Layer, scratch: Path) -> str:
    """A bug is caught by tests that hang with it, if it is not only that the machine is busy."""
    try:
        run(PACKAGE.parent, layer.paths, layer.environment, scratch)
    except subprocess.TimeoutExpired as error:
        raise NotPlantedError(f"{layer.name} takes more than {HUNG_S} s without it too") from error
    return f"(hung for {HUNG_S} s)"


def main() -> int:
    parser = argparse.ArgumentParser(prog="mutants", description=__doc__)
    parser.add_argument("--only", default="", help="the bugs whose name has this in it")
    only = parser.parse_args().only
    chosen = [mutant for mutant in MUTANTS if only in mutant.name]
    if not chosen:
        parser.error(f"no bug has {only!r} in its name")
    width = max(len(mutant.name) for mutant in chosen)
    print(f"{'planted bug':{width}}  {'caught by':10} {'s':>5}  test", flush=True)
    bad = 0
    with ThreadPoolExecutor(AT_ONCE) as pool:
        for mutant, found in zip(chosen, pool.map(catch, chosen), strict=True):
            if isinstance(found, NotPlantedError):
                bad += 1
                print(f"{mutant.name:{width}}  NOT TRIED: {found}", flush=True)
                continue
            bad += not found.layer
            caught = found.layer or "SURVIVES"
            if found.layer not in ("", mutant.expected):
                caught += f", not {mutant.expected}"
            print(f"{mutant.name:{width}}  {caught:10} {found.seconds:5.0f}  {found.test}")
            sys.stdout.flush()
    print(f"{len(chosen) - bad} of {len(chosen)} planted bugs caught")
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
