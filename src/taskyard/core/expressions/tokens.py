"""From text to tokens.

Characters that belong to no token are not refused here: they become a STRAY token, and the parser,
which knows what should have stood there, refuses it if it ever gets that far. So the problem that
is reported is always the first one in the text.
"""

import re
from enum import Enum
from typing import Final

import msgspec


class Kind(Enum):
    """What a token is to the parser."""

    NAME = "a name"
    NUMBER = "a number"
    STRING = "a string"
    CONSTANT = "true, false or null"
    OPERATOR = "OPERATOR"
    AND = "AND"
    OR = "OR"
    NOT = "NOT"
    DIRECTION = "ASC or DESC"
    OPEN = "'('"
    CLOSE = "')'"
    OPEN_ARRAY = "'['"
    CLOSE_ARRAY = "']'"
    COMMA = "','"
    DOT = "'.'"
    STRAY = "a stray character"
    END = "<EOF>"


class Token(msgspec.Struct, frozen=True, gc=False):
    """A piece of the text, as it was written; at the end of the text, an empty one."""

    kind: Kind
    text: str
    position: int

    @property
    def is_word(self) -> bool:
        """Whether it is spelled as a name is: keywords are, and may stand below a prefix."""
        return self.kind is Kind.NAME or self.text.lower() in KEYWORDS


KEYWORDS: Final = {
    "and": Kind.AND,
    "or": Kind.OR,
    "not": Kind.NOT,
    "in": Kind.OPERATOR,
    "has": Kind.OPERATOR,
    "contains": Kind.OPERATOR,
    "true": Kind.CONSTANT,
    "false": Kind.CONSTANT,
    "null": Kind.CONSTANT,
    "asc": Kind.DIRECTION,
    "desc": Kind.DIRECTION,
}

_GROUPS: Final = {
    "NUMBER": Kind.NUMBER,
    "STRING": Kind.STRING,
    "OPERATOR": Kind.OPERATOR,
    "STRAY": Kind.STRAY,
}
_MARKS: Final = {
    "(": Kind.OPEN,
    ")": Kind.CLOSE,
    "[": Kind.OPEN_ARRAY,
    "]": Kind.CLOSE_ARRAY,
    ",": Kind.COMMA,
    ".": Kind.DOT,
}

# The longest match wins, so `a>-1` reads as `a HAS 1`: the two-character operators come first. A
# letter may be any that Unicode calls one; digits are 0 to 9. A stray hyphen takes the word that
# follows with it: `skill-level` is then reported as an extraneous '-level'.
_TOKEN: Final = re.compile(
    r"""
      [ \t\r\n]+
    | (?P<WORD> [^\W\d][\w$]* | \$[\w$]* )
    | (?P<NUMBER> -?[0-9]+(?:\.[0-9]+)? )
    | (?P<STRING> "[^"\\]*(?:\\.[^"\\]*)*" | '[^'\\]*(?:\\.[^'\\]*)*' )
    | (?P<OPERATOR> == | != | <= | >= | <- | >- | [=<>] )
    | (?P<MARK> [()\[\],.] )
    | (?P<STRAY> ["'].* | -[\w$]* | && | \|\| | . )
    """,
    re.VERBOSE | re.DOTALL,
)


def tokenize(text: str) -> list[Token]:
    """Cut the text into tokens, of which the last is END."""
    tokens: list[Token] = []
    for match in _TOKEN.finditer(text):
        group = match.lastgroup
        if group is None:
            continue
        found = match.group()
        if group == "WORD":
            kind = KEYWORDS.get(found.lower(), Kind.NAME)
        elif group == "MARK":
            kind = _MARKS[found]
        else:
            kind = _GROUPS[group]
        tokens.append(Token(kind, found, match.start()))
    tokens.append(Token(Kind.END, "", len(text)))
    return tokens
