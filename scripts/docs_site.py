"""The pages of docs/ as a site that can be read from a folder: `docs_site.py [FOLDER]`.

The first page is the project's README. A link to a file of the project that is no page, such as an
example, becomes plain text. A link that leads nowhere, or a page that is not in the navigation,
ends the build.
"""

import posixpath
import re
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parent.parent
_LINK = re.compile(r"(!?)\[((?:[^\[\]]|!?\[[^\]]*\](?:\([^)]*\))?)*)\]\(([^)\s]+)\)")
_PAGE = re.compile(r"^ *- (?:[^:]+: )?(\S+\.md)$", re.MULTILINE)


def build(folder: Path) -> None:
    """Make `folder/site`, of pages that are laid out in `folder/docs`."""
    pages, settings = folder / "docs", folder / "mkdocs.yml"
    shutil.rmtree(folder, ignore_errors=True)
    shutil.copytree(ROOT / "docs", pages)
    for page in pages.rglob("*.md"):
        at = posixpath.dirname(f"docs/{page.relative_to(pages).as_posix()}")
        page.write_text(without_ways_out(page.read_text(), at, ""))
    (pages / "index.md").write_text(without_ways_out((ROOT / "README.md").read_text(), "", "docs/"))
    navigation = (ROOT / "mkdocs.yml").read_text()
    _expect_every_page(pages, navigation)
    settings.write_text(navigation)
    ran = subprocess.run(
        [sys.executable, "-m", "zensical", "build", "--strict", "-f", settings],
        capture_output=True,
        text=True,
        check=False,
    )
    if ran.returncode != 0:
        sys.exit(f"taskyard: no site of the docs\n{ran.stdout}{ran.stderr}")


def _expect_every_page(pages: Path, navigation: str) -> None:
    there = {page.relative_to(pages).as_posix() for page in pages.rglob("*.md")}
    named = set(_PAGE.findall(navigation))
    if missing := sorted(there ^ named):
        sys.exit(f"taskyard: not both in docs/ and in mkdocs.yml: {', '.join(missing)}")


def without_ways_out(markdown: str, folder: str, prefix: str) -> str:
    """A page whose links lead to other pages only.

    Args:
        markdown: The page.
        folder: Where it lies, from the project's root.
        prefix: What is taken away from the front of its links.
    """

    def kept(match: re.Match[str]) -> str:
        mark, text, target = match.groups()
        if "://" in target or target.startswith(("#", "mailto:")):
            return match[0]
        path = posixpath.normpath(posixpath.join(folder, target.partition("#")[0]))
        if not path.startswith("docs/"):
            return text
        return f"{mark}[{text}]({target.removeprefix(prefix)})"

    return _LINK.sub(kept, markdown)


if __name__ == "__main__":
    build(Path(sys.argv[1]) if len(sys.argv) > 1 else ROOT / "build" / "docs")
