"""What is wrong with the text of an expression, and where."""

from typing import Final

_SHOWN_CHARACTERS: Final = 40


class ExpressionProblem(ValueError):
    """The text is not an expression of the language.

    Attributes:
        message: One line: the place, what was found there, and what was expected.
        position: Index of the character where the problem begins, counted from 0.
    """

    def __init__(self, text: str, position: int, complaint: str) -> None:
        self.position = position
        self.message = f"{_place(text, position)}: {complaint}"
        super().__init__(self.message)


def shown(text: str) -> str:
    """A piece of the user's text in quotes: on one line, and not too long for it."""
    if len(text) > _SHOWN_CHARACTERS:
        text = text[: _SHOWN_CHARACTERS - 3] + "..."
    return f"'{printable(text)}'"


def printable(text: str) -> str:
    """A text on one line: what cannot be printed is escaped."""
    if text.isprintable():
        return text
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in text)


def _place(text: str, position: int) -> str:
    """Where that is: lines and columns count from 1, as editors do; a position counts from 0."""
    if "\n" not in text:
        return f"at position {position}"
    before = text[:position]
    return f"at line {before.count(chr(10)) + 1}, column {position - before.rfind(chr(10))}"
