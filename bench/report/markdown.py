"""A report in Markdown, with its plots as files beside it."""

from collections.abc import Sequence

from .contents import Block, Heading, Paragraph, Plot, Points, Table


def markdown(blocks: Sequence[Block]) -> str:
    """The text; each plot is a picture `NAME.svg`."""
    return "\n\n".join(map(_block, blocks)) + "\n"


def _block(block: Block) -> str:
    match block:
        case Heading(level, said):
            return f"{'#' * level} {said}"
        case Paragraph(said):
            return said
        case Points(said):
            return "\n".join(f"- {one}" for one in said)
        case Plot(name, title):
            return f"![{title}]({name}.svg)"
        case Table(heads, rows):
            lines = [heads, ["---"] * len(heads), *rows]
            return "\n".join(f"| {' | '.join(map(_cell, line))} |" for line in lines)


def _cell(said: str) -> str:
    return said.replace("|", "\\|")
