"""The pages of the documentation, and what stands in them."""

import re
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
DOCS = ROOT / "docs"
REFERENCE = DOCS / "reference"
PAGES = sorted([*ROOT.glob("*.md"), *DOCS.rglob("*.md"), *(ROOT / "examples").rglob("*.md")])

Row = tuple[str, ...]


def name_of(page: Path) -> str:
    return str(page.relative_to(ROOT))


def cells(line: str) -> Row:
    return tuple(cell.strip() for cell in line.strip().strip("|").split("|"))


def tables_in(text: str) -> dict[Row, list[Row]]:
    """The rows of a text's tables, by their headings; tables of equal headings count as one."""
    tables: dict[Row, list[Row]] = {}
    lines = text.splitlines()
    heading: Row | None = None
    for line, following in zip(lines, [*lines[1:], ""], strict=True):
        if not line.startswith("|"):
            heading = None
        elif heading is not None:
            if not line.startswith("| ---"):
                tables[heading].append(cells(line))
        elif following.startswith("| ---"):
            heading = cells(line)
            tables.setdefault(heading, [])
    return tables


def rows_in(text: str, first_heading: str) -> list[Row]:
    return [
        row
        for heading, rows in tables_in(text).items()
        if heading[0] == first_heading
        for row in rows
    ]


def table_of(page: Path, first_heading: str) -> list[Row]:
    return rows_in(page.read_text(), first_heading)


def blocks_of(page: Path, language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```$", page.read_text(), re.DOTALL | re.MULTILINE)


def code(cell: str) -> str:
    assert re.fullmatch(r"`.*`", cell), cell
    return cell[1:-1]
