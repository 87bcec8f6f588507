"""Measures all there is, and writes a report: `python bench/everything.py [--quick]`.

Each benchmark is a process of its own. The report goes to a folder in bench/results, which git
ignores: report.md with its plots beside it, report.html in one file, results.json for programs.
Ends with 1 if a benchmark failed; the report has the others.
"""

import argparse
import sys
import time
from pathlib import Path

import msgspec
from processes import FOLDER, run_all, there
from report.contents import Heading, Plot, contents
from report.floors import floors
from report.html import html
from report.markdown import markdown
from report.results import Run


def write_report(run: Run, folder: Path) -> None:
    """Write everything into a folder, which is made."""
    folder.mkdir(parents=True)
    (folder / "results.json").write_bytes(msgspec.json.format(msgspec.json.encode(run)))
    blocks = contents(run, floors())
    (folder / "report.md").write_text(markdown(blocks))
    (folder / "report.html").write_text(html(blocks))
    for block in blocks:
        if isinstance(block, Plot):
            (folder / f"{block.name}.svg").write_text(block.svg)
    details = next(
        (n for n, one in enumerate(blocks) if isinstance(one, Heading) and one.said == "Floors"),
        len(blocks),
    )
    print(f"\n{markdown(blocks[:details])}\nthe whole report: {folder}/report.html")


def main() -> None:
    """Measure and write."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="smaller numbers, a rough table")
    parser.add_argument("--only", nargs="+", choices=there(), default=there(), metavar="NAME")
    asked = parser.parse_args()
    run = Run.begin(quick=asked.quick)
    run_all(run, asked.only)
    write_report(run, FOLDER / "results" / time.strftime("%Y-%m-%d-%H%M%S", time.gmtime()))
    sys.exit(any(bench.failed for bench in run.benches))


if __name__ == "__main__":
    main()
