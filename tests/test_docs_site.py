"""The pages of docs/ as a site, built as `make docs` builds it."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
sys.path.insert(0, str(ROOT / "scripts"))

from docs_site import without_ways_out  # noqa: E402

LOADED = re.compile(r"<(?:script|img|iframe|source)\b[^>]*\bsrc=[\"']?([^\"'\s>]+)|<link\b([^>]*)>")
STYLES = re.compile(r"url\(([^)]+)\)|@import\s+([^;]+)")
NO_LOAD = ("canonical", "prev", "next")


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("docs") / "site"
    ran = subprocess.run(
        [sys.executable, ROOT / "scripts" / "docs_site.py", folder],
        capture_output=True,
        text=True,
        check=False,
    )
    assert ran.returncode == 0, ran.stdout + ran.stderr
    return folder / "site"


def test_every_page_is_there(site: Path) -> None:
    pages = {page.relative_to(ROOT / "docs") for page in (ROOT / "docs").rglob("*.md")}
    for page in pages:
        name = page.with_name("index.html" if page.name == "README.md" else f"{page.stem}.html")
        assert (site / name).is_file(), name
    assert "first reservation" in (site / "index.html").read_text()


def test_a_reader_s_browser_is_sent_nowhere_else(site: Path) -> None:
    for page in site.rglob("*.html"):
        for source, link in LOADED.findall(page.read_text()):
            if link and any(
                f"rel={quote}{rel}" in link for rel in NO_LOAD for quote in ('"', "'", "")
            ):
                continue
            assert "//" not in source, f"{page.name} loads {source}"
            assert "//" not in link, f"{page.name} loads {link}"
    for sheet in site.rglob("*.css"):
        for found in STYLES.findall(sheet.read_text()):
            assert not "".join(found).strip("\"'").startswith(("http", "//")), sheet.name


@pytest.mark.parametrize(
    ("written", "kept"),
    [
        ("[a](tutorial.md#x)", "[a](tutorial.md#x)"),
        ("[a](../CHANGELOG.md)", "a"),
        ("[a](../examples/README.md#b) and [c](glossary.md)", "a and [c](glossary.md)"),
        ("[a](https://example.com/b)", "[a](https://example.com/b)"),
        ("![a](images/floor.png)", "![a](images/floor.png)"),
    ],
)
def test_a_link_that_leads_out_of_the_pages_becomes_text(written: str, kept: str) -> None:
    assert without_ways_out(written, "docs", "") == kept


def test_the_links_of_the_readme_are_those_of_the_first_page() -> None:
    assert without_ways_out("[a](docs/sdk/python.md)", "", "docs/") == "[a](sdk/python.md)"
    assert without_ways_out("[a](CONTRIBUTING.md)", "", "docs/") == "a"
