"""What the pages tell their readers to type does what they show."""

import os
import re
import shutil
from pathlib import Path

import pytest

import stand_in_for_curl
from documentation import DOCS, REFERENCE, blocks_of, name_of
from walkthrough import Block, blocks_in, compare, printed, served

TUTORIAL = DOCS / "tutorial.md"
RESOURCES = REFERENCE / "resources"
HOW_TO = [
    page
    for page in sorted((DOCS / "how-to").glob("*.md"))
    if any(block.shown for block in blocks_in(page.read_text()))
]
NOUNS = sorted(page for page in RESOURCES.glob("*.md") if page.name != "README.md")


def walk(page: Path, folder: Path, before: list[Block], *, has_curl: bool = True) -> None:
    blocks = blocks_in(page.read_text())
    assert any(block.shown for block in blocks)
    with served(folder) as environment:
        if not has_curl:
            path = stand_in_for_curl.installed(folder / "bin")
            environment["PATH"] = f"{path}{os.pathsep}{environment['PATH']}"
        outputs = printed([*before, *blocks], environment, folder)
    compare(blocks, outputs[len(before) :])


def two_functions() -> list[Block]:
    return blocks_in(TUTORIAL.read_text())[:1]


def bakery() -> list[Block]:
    return blocks_in((RESOURCES / "README.md").read_text())[:1]


HAS_CURL = shutil.which("curl") is not None
CURLS = [False, True] if HAS_CURL else [False]


@pytest.mark.parametrize("has_curl", CURLS)
def test_the_tutorial_goes_as_it_says(has_curl: bool, tmp_path: Path) -> None:
    walk(TUTORIAL, tmp_path, [], has_curl=has_curl)


def test_the_tutorial_shows_everything_that_its_reader_wants_to_compare() -> None:
    shown = [block.shown for block in blocks_in(TUTORIAL.read_text())]
    assert sum(one is not None for one in shown) >= 8
    said = "".join(text for one in shown if one is not None for text in one)
    for status in ("reserved", "accepted", "completed"):
        assert f'"{status}"' in said


@pytest.mark.parametrize("has_curl", CURLS)
@pytest.mark.parametrize("page", HOW_TO, ids=name_of)
def test_a_how_to_page_does_what_it_shows(page: Path, has_curl: bool, tmp_path: Path) -> None:
    if blocks_of(page, "sh"):  # it may be where a reader begins
        assert "two functions](../tutorial.md#two-functions)" in page.read_text()
    walk(page, tmp_path, two_functions(), has_curl=has_curl)


def test_there_are_how_to_pages_to_walk_through() -> None:
    assert len(HOW_TO) >= 6


def test_the_examples_of_all_resources_go_as_they_say(tmp_path: Path) -> None:
    walk(RESOURCES / "README.md", tmp_path, two_functions(), has_curl=HAS_CURL)


@pytest.mark.parametrize("page", NOUNS, ids=name_of)
def test_the_examples_of_a_resource_go_as_they_say(page: Path, tmp_path: Path) -> None:
    walk(page, tmp_path, [*two_functions(), *bakery()], has_curl=HAS_CURL)


def test_the_readme_and_the_tutorial_choose_the_same_account() -> None:
    accounts = {
        tuple(re.findall(r"^export (.*)$", page.read_text(), re.M))
        for page in (TUTORIAL, DOCS.parent / "README.md")
    }
    assert len(accounts) == 1
