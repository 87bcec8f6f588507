"""A report as one HTML file that needs nothing else."""

from collections.abc import Sequence
from html import escape

from .contents import Block, Heading, Paragraph, Plot, Points, Table

_STYLE = """
body { font: 16px/1.5 system-ui, sans-serif; max-width: 60rem; margin: 2rem auto; padding: 0 1rem; }
table { border-collapse: collapse; font-size: 14px; }
th, td { border-bottom: 1px solid #d4d4d8; padding: 4px 10px; text-align: left; }
svg { max-width: 100%; height: auto; display: block; margin: 1rem 0; }
"""


def html(blocks: Sequence[Block]) -> str:
    """The whole file, plots included."""
    title = next(one.said for one in blocks if isinstance(one, Heading))
    body = "\n".join(map(_block, blocks))
    return (
        f'<!doctype html>\n<html lang="en"><head><meta charset="utf-8"><title>{escape(title)}'
        f"</title><style>{_STYLE}</style></head>\n<body>\n{body}\n</body></html>\n"
    )


def _block(block: Block) -> str:
    match block:
        case Heading(level, said):
            return f"<h{level}>{escape(said)}</h{level}>"
        case Paragraph(said):
            return f"<p>{escape(said)}</p>"
        case Points(said):
            return f"<ul>{''.join(f'<li>{escape(one)}</li>' for one in said)}</ul>"
        case Plot():
            return block.svg
        case Table(heads, rows):
            lines = "".join(_row(row, "td") for row in rows)
            return f"<table><thead>{_row(heads, 'th')}</thead><tbody>{lines}</tbody></table>"


def _row(cells: Sequence[str], tag: str) -> str:
    return f"<tr>{''.join(f'<{tag}>{escape(one)}</{tag}>' for one in cells)}</tr>"
