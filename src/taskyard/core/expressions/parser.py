"""From tokens to a tree: the grammar of the language, by recursive descent.

    expression  = and-expr , { OR , and-expr } ;
    and-expr    = not-expr , { AND , not-expr } ;
    not-expr    = { NOT } , ( "(" , expression , ")" | comparison | operand ) ;
    comparison  = operand , OPERATOR , operand ;
    operand     = string | number | true | false | null | reference | array ;
    array       = "[" , [ item , { "," , item } ] , "]" ;            (* an item is no array *)
    reference   = name , { "." , word | "[" , digits , "]" } ;
    order       = reference , [ ASC | DESC ] , { "," , reference , [ ASC | DESC ] } ;

Problems are worded as ANTLR words them, because users of the published API know them so: input is
extraneous if the text would go on well without it, and mismatched otherwise.
"""

import math
import re
from functools import lru_cache
from typing import Final

from .problem import ExpressionProblem, shown
from .syntax import (
    And,
    Comparison,
    Literal,
    Node,
    Not,
    Operand,
    Operator,
    Or,
    OrderClause,
    Path,
    Reference,
    Truth,
    Values,
)
from .tokens import Kind, Token, tokenize

MAX_CHARACTERS: Final = 4096
MAX_DEPTH: Final = 100

_OPERATORS: Final = {
    "=": Operator.EQUAL,
    "==": Operator.EQUAL,
    "!=": Operator.UNEQUAL,
    "<": Operator.LESS,
    "<=": Operator.AT_MOST,
    ">": Operator.GREATER,
    ">=": Operator.AT_LEAST,
    "has": Operator.HAS,
    ">-": Operator.HAS,
    "in": Operator.IN,
    "<-": Operator.IN,
    "contains": Operator.CONTAINS,
}
_CONSTANTS: Final = {"true": True, "false": False, "null": None}
_ESCAPES: Final = {"n": "\n", "t": "\t"}
_ESCAPE: Final = re.compile(r"\\(.)", re.DOTALL)

_VALUE: Final = "a value or a reference"
_REFERENCE: Final = "a reference"
_STARTS_OPERAND: Final = frozenset(
    {Kind.NAME, Kind.NUMBER, Kind.STRING, Kind.CONSTANT, Kind.OPEN_ARRAY}
)
_STARTS_FACTOR: Final = _STARTS_OPERAND | {Kind.NOT, Kind.OPEN}
_JOINS: Final = frozenset({Kind.AND, Kind.OR})
_ENDS_FACTOR: Final = _JOINS | {Kind.CLOSE, Kind.END}


@lru_cache(maxsize=4096)
def parse(text: str) -> Node:
    """The condition that the text says.

    Raises:
        ExpressionProblem: It says none; an empty text says none either.
    """
    parser = _Parser(text)
    node = parser.condition(depth=0)
    parser.finish(_JOINS)
    return node


@lru_cache(maxsize=1024)
def parse_order(text: str) -> tuple[OrderClause, ...]:
    """The sort keys of an `order_by`, the first one first. A prefix `worker.` is dropped.

    Raises:
        ExpressionProblem: It is not a list of references, each with ASC, DESC or neither.
    """
    parser = _Parser(text)
    clauses = parser.order()
    parser.finish(frozenset({Kind.COMMA}))
    return clauses


def parse_reference(text: str) -> Path:
    """The path of a text that is one reference and nothing else.

    Raises:
        ExpressionProblem: It is anything else.
    """
    parser = _Parser(text)
    path = parser.reference()
    parser.finish(frozenset())
    return path


def without_prefix(path: Path, prefix: str) -> Path:
    """The path below the prefix, if a name follows it; otherwise the path as it is."""
    if len(path) > 1 and path[0] == prefix and isinstance(path[1], str):
        return path[1:]
    return path


class _Parser:
    """A cursor over the tokens of one text. A call takes what it names, and stops behind it."""

    __slots__ = ("_at", "_text", "_tokens")

    def __init__(self, text: str) -> None:
        if len(text) > MAX_CHARACTERS:
            raise ExpressionProblem(
                text,
                MAX_CHARACTERS,
                f"the text has {len(text)} characters, expecting {MAX_CHARACTERS} at most",
            )
        self._text = text
        self._tokens = tokenize(text)
        self._at = 0

    def condition(self, depth: int) -> Node:
        either: list[Node] = []
        both: list[Node] = []
        while True:
            both.append(self._factor(depth))
            kind = self._tokens[self._at].kind
            if kind is Kind.AND:
                self._at += 1
                continue
            either.append(both[0] if len(both) == 1 else And(tuple(both)))
            if kind is not Kind.OR:
                return either[0] if len(either) == 1 else Or(tuple(either))
            both = []
            self._at += 1

    def order(self) -> tuple[OrderClause, ...]:
        clauses: list[OrderClause] = []
        while True:
            path = without_prefix(self.reference(), "worker")
            descending = False
            if self._tokens[self._at].kind is Kind.DIRECTION:
                descending = self._take().text.lower() == "desc"
            clauses.append(OrderClause(path, descending))
            if self._tokens[self._at].kind is not Kind.COMMA:
                return tuple(clauses)
            self._at += 1

    def reference(self) -> Path:
        token = self._take()
        if token.kind is not Kind.NAME:
            raise self._unexpected(token, _REFERENCE, frozenset({Kind.NAME}))
        return self._path_from(token)

    def finish(self, may_follow: frozenset[Kind]) -> None:
        """Refuse whatever is left.

        Args:
            may_follow: What could have stood here too, besides the end of the text.
        """
        token = self._tokens[self._at]
        if token.kind is not Kind.END:
            self._at += 1
            raise self._unexpected(token, _either_of(may_follow | {Kind.END}), may_follow)

    def _take(self) -> Token:
        token = self._tokens[self._at]
        self._at += 1
        return token

    def _factor(self, depth: int) -> Node:
        negated = False
        token = self._take()
        while token.kind is Kind.NOT:
            negated = not negated  # two of them say nothing
            token = self._take()
        if token.kind is Kind.OPEN:
            if depth == MAX_DEPTH:
                complaint = f"parentheses are nested more than {MAX_DEPTH} deep"
                raise ExpressionProblem(self._text, token.position, complaint)
            node = self.condition(depth + 1)
            closing = self._take()
            if closing.kind is not Kind.CLOSE:
                expected = _either_of(_JOINS | {Kind.CLOSE})
                raise self._unexpected(closing, expected, _JOINS | {Kind.CLOSE})
        else:
            node = self._comparison(token)
        if not negated:
            return node
        return node.condition if isinstance(node, Not) else Not(node)

    def _comparison(self, first: Token) -> Node:
        left = self._operand(first, _STARTS_FACTOR)
        token = self._tokens[self._at]
        if token.kind is Kind.OPERATOR:
            operator = _OPERATORS[token.text.lower()]
            self._at += 1
        elif token.kind is Kind.NOT:
            self._at += 1
            operator = self._rest_of_not_in()
        elif token.kind in _ENDS_FACTOR:
            return Truth(left)
        else:
            self._at += 1
            raise self._unexpected(
                token, Kind.OPERATOR.value, frozenset({Kind.OPERATOR, Kind.NOT, Kind.AND, Kind.OR})
            )
        return Comparison(operator, left, self._operand(self._take(), _STARTS_OPERAND))

    def _rest_of_not_in(self) -> Operator:
        token = self._take()
        if token.text.lower() != "in":
            raise self._unexpected(token, "IN", frozenset())
        return Operator.NOT_IN

    def _operand(self, token: Token, starts: frozenset[Kind]) -> Operand:
        if token.kind is Kind.OPEN_ARRAY:
            return self._array()
        return self._item(token, _VALUE, starts)

    def _item(self, token: Token, expected: str, starts: frozenset[Kind]) -> Literal | Reference:
        kind = token.kind
        if kind is Kind.NAME:
            return Reference(self._path_from(token))
        if kind is Kind.STRING:
            return Literal(_string(token.text))
        if kind is Kind.NUMBER:
            return Literal(self._number(token))
        if kind is Kind.CONSTANT:
            return Literal(_CONSTANTS[token.text.lower()])
        raise self._unexpected(token, expected, starts)

    def _array(self) -> Values:
        items: list[Literal | Reference] = []
        token = self._take()
        if token.kind is Kind.CLOSE_ARRAY:
            return Values(())
        while True:
            items.append(self._item(token, _VALUE, _STARTS_OPERAND - {Kind.OPEN_ARRAY}))
            token = self._take()
            if token.kind is Kind.CLOSE_ARRAY:
                return Values(tuple(items))
            if token.kind is not Kind.COMMA:
                expected = frozenset({Kind.COMMA, Kind.CLOSE_ARRAY})
                raise self._unexpected(token, _either_of(expected), expected)
            token = self._take()

    def _path_from(self, first: Token) -> Path:
        path: list[str | int] = [first.text]
        while True:
            kind = self._tokens[self._at].kind
            if kind is Kind.DOT:
                self._at += 1
                token = self._take()
                if not token.is_word:
                    raise self._unexpected(token, Kind.NAME.value, frozenset({Kind.NAME}))
                path.append(token.text)
            elif kind is Kind.OPEN_ARRAY:
                self._at += 1
                path.append(self._index())
            else:
                return tuple(path)

    def _index(self) -> int:
        token = self._take()
        if token.kind is not Kind.NUMBER or not token.text.isdecimal():
            raise self._unexpected(token, "an index", frozenset({Kind.NUMBER}))
        closing = self._take()
        if closing.kind is not Kind.CLOSE_ARRAY:
            raise self._unexpected(closing, Kind.CLOSE_ARRAY.value, frozenset({Kind.CLOSE_ARRAY}))
        return int(token.text)

    def _number(self, token: Token) -> int | float:
        if "." not in token.text:
            return int(token.text)
        value = float(token.text)
        if math.isinf(value):
            raise ExpressionProblem(
                self._text, token.position, f"the number {shown(token.text)} is too large"
            )
        return int(value) if value.is_integer() else value

    def _unexpected(
        self, token: Token, expected: str, would_fit: frozenset[Kind]
    ) -> ExpressionProblem:
        """The problem of a token, already taken, that cannot stand where it does.

        Args:
            token: What stands there.
            expected: What should, in words.
            would_fit: The kinds that should: if one comes next, the token is merely one too many.
        """
        found = shown(token.text) if token.text else "'<EOF>'"
        too_many = token.kind is not Kind.END and self._tokens[self._at].kind in would_fit
        if token.kind is Kind.STRAY and not (too_many and token.text.startswith("-")):
            complaint = f"token recognition error at: {found}{_advice(token)} expecting {expected}"
        else:
            fault = "extraneous" if too_many else "mismatched"
            complaint = f"{fault} input {found} expecting {expected}{_advice(token)}"
        return ExpressionProblem(self._text, token.position, complaint)


def _advice(token: Token) -> str:
    """What most probably went wrong, where the token tells."""
    if token.kind is not Kind.STRAY:
        return ""
    if token.text[0] in "\"'":
        return f" (the quote {token.text[0]} is never closed)"
    if token.text[0] == "-":
        return " (a name cannot contain a hyphen, and there is no arithmetic)"
    if token.text in {"&&", "||"}:
        return f" (write {'AND' if token.text == '&&' else 'OR'})"
    return ""


def _either_of(kinds: frozenset[Kind]) -> str:
    """The kinds in words, in one order."""
    words = [kind.value for kind in Kind if kind in kinds]
    return " or ".join([", ".join(words[:-1]), words[-1]] if len(words) > 1 else words)


def _string(text: str) -> str:
    """What the quoted text says. An unknown escape stands for the character itself."""
    inner = text[1:-1]
    if "\\" not in inner:
        return inner
    return _ESCAPE.sub(lambda match: _ESCAPES.get(match[1], match[1]), inner)
