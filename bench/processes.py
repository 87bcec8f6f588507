"""Runs benchmarks, each as a process of its own, and gathers what they have found."""

import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

import msgspec
from figures import Results
from report.results import Bench, Run

FOLDER = Path(__file__).parent
NAMES = (
    "core",
    "scaling",
    "engine",
    "server",
    "load",
    "bridge",
    "statistics_reads",
    "cluster",
    "contest",
    "simulator",
)


def there() -> list[str]:
    """The names of all benchmarks that can be run."""
    return [name for name in NAMES if (FOLDER / f"{name}.py").exists()]


def run_all(run: Run, names: Sequence[str]) -> None:
    """Run these, and add what comes of them; what they print goes where our output goes."""
    for name in names:
        print(f"\n== {name}", flush=True)
        run.benches.append(_run_one(name, quick=run.quick))


def _run_one(name: str, *, quick: bool) -> Bench:
    command = [sys.executable, str(FOLDER / f"{name}.py")] + ["--quick"] * quick
    began = time.perf_counter()
    with tempfile.TemporaryDirectory(prefix="taskyard-bench-") as folder:
        path = Path(folder, "figures.json")
        code = subprocess.run([*command, "--json", str(path)]).returncode
        took_s = round(time.perf_counter() - began, 1)
        if code:
            why = f"it ended with {code}; its last words are in the output"
            return Bench(name, took_s, Results(), why)
        return Bench(name, took_s, msgspec.json.decode(path.read_bytes(), type=Results))
