"""One run of all benchmarks, as it is kept in a file."""

import os
import platform
import time
from pathlib import Path

import msgspec
from figures import Figure, Missing, Results


class Bench(msgspec.Struct):
    """What came of one benchmark."""

    name: str
    took_s: float
    results: Results
    failed: str | None = None


class Machine(msgspec.Struct):
    """Where a run was made."""

    cores: int
    processor: str
    memory_gib: float
    system: str
    python: str

    @classmethod
    def this(cls) -> "Machine":
        """The one that this runs on."""
        described = Path("/proc/cpuinfo").read_text().partition("model name")[2]
        pages = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
        return cls(
            cores=len(os.sched_getaffinity(0)),
            processor=described.partition("\n")[0].strip("\t: ") or platform.machine(),
            memory_gib=round(pages / 2**30, 1),
            system=f"{platform.system()} {platform.release()}",
            python=f"{platform.python_implementation()} {platform.python_version()}",
        )


class Run(msgspec.Struct):
    """All of it."""

    began: str
    quick: bool
    machine: Machine
    load: float
    """How many processes wanted a core on average in the minute before."""
    benches: list[Bench] = []

    @classmethod
    def begin(cls, *, quick: bool) -> "Run":
        """Nothing is measured yet."""
        now = time.strftime("%Y-%m-%d %H:%M:%S UTC", time.gmtime())
        return cls(now, quick, Machine.this(), round(os.getloadavg()[0], 1))

    def bench(self, name: str) -> Bench | None:
        """What came of a benchmark, if it was run."""
        return next((one for one in self.benches if one.name == name), None)

    def figure(self, name: str) -> Figure | None:
        """A figure by the name of its benchmark, a dot, and its own."""
        of, _, own = name.partition(".")
        bench = self.bench(of)
        found = [] if bench is None else bench.results.figures
        return next((one for one in found if one.name == own and one.series is None), None)

    def line(self, name: str) -> dict[str, list[Figure]]:
        """The points of a plot, by their series."""
        of, _, own = name.partition(".")
        bench = self.bench(of)
        lines: dict[str, list[Figure]] = {}
        for one in [] if bench is None else bench.results.figures:
            if one.name == own and one.series is not None:
                lines.setdefault(one.series, []).append(one)
        return lines

    def missing(self) -> list[Missing]:
        """What could not be measured: single things, and benchmarks that failed."""
        found = []
        for bench in self.benches:
            found += bench.results.missing
            if bench.failed is not None:
                found.append(Missing(bench.name, bench.failed))
        return found


def read(path: Path) -> Run:
    """A run that was kept."""
    return msgspec.json.decode(path.read_bytes(), type=Run)
