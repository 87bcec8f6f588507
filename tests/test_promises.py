"""The page of promises names tests that there are, and bugs that are planted."""

import ast
import re
import tomllib
from pathlib import Path

import pytest

from documentation import DOCS, ROOT, rows_in
from mutants.table import MUTANTS

PAGE = DOCS / "promises.md"
TESTS = ROOT / "tests"
FLOORS = ROOT / "bench" / "floors.toml"
PROMISES = dict(re.findall(r"^## ([^\n]+)\n(.*?)(?=^## |\Z)", PAGE.read_text(), re.DOTALL | re.M))
ELSEWHERE = ("browser", "contract", "torture", "fuzz")
"""Folders of tests that `make unit` leaves out."""
RUN_BY = {
    "make unit": lambda folder: folder not in ELSEWHERE,
    "make contract": lambda folder: folder in ("contract", "torture", "fuzz"),
    "make torture": lambda folder: folder == "torture",
    "make fuzz": lambda folder: folder == "fuzz",
}


def names_in(file: Path) -> set[str]:
    """The tests of a file: functions, and classes that inherit theirs."""
    found = ast.parse(file.read_text()).body
    kinds = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)
    return {one.name for one in found if isinstance(one, kinds) and re.match("[Tt]est", one.name)}


@pytest.mark.parametrize("promise", PROMISES)
def test_each_promise_has_limits_and_tests_that_there_are(promise: str) -> None:
    assert re.search(r"^Limits: ", PROMISES[promise], re.M)
    checks = rows_in(PROMISES[promise], "test")
    assert checks
    for check, command in checks:
        said = re.fullmatch(r"\[`([\w.]+)`\]\((\S+)\)", check)
        assert said is not None, check
        name, file = said[1], (DOCS / said[2]).resolve()
        if file == FLOORS:
            assert name in tomllib.loads(file.read_text())
            assert command == "`make bench-check`"
        else:
            assert name in names_in(file)
            assert RUN_BY[command.strip("`")](file.relative_to(TESTS).parts[0]), check


def test_every_planted_bug_breaks_a_promise() -> None:
    lines = re.findall(r"^Planted bugs: (.+)$", PAGE.read_text(), re.M)
    named = {name for line in lines for name in re.findall(r"`([^`]+)`", line)}
    assert named == {mutant.name for mutant in MUTANTS}
