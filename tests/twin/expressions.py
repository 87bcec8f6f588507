"""The expression language, evaluated while it is read: no tree and no short cut."""

import re
from collections.abc import Callable
from functools import lru_cache
from typing import Any

Path = list[str | int]
Names = Callable[[Path], Any]

TOKEN = re.compile(
    r"""\s*(?:
      (?P<text>"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*')
    | (?P<number>-?[0-9]+(?:\.[0-9]+)?)
    | (?P<name>[A-Za-z_$][A-Za-z0-9_$]*)
    | (?P<sign>>-|<-|==|!=|<=|>=|=|<|>|\(|\)|\[|\]|,|\.)
    )""",
    re.VERBOSE | re.DOTALL,
)
KEYWORDS = {"AND", "OR", "NOT", "IN", "HAS", "CONTAINS", "TRUE", "FALSE", "NULL", "ASC", "DESC"}
OPERATORS = {"==", "=", "!=", "<", "<=", ">", ">=", "HAS", ">-", "IN", "<-", "CONTAINS", "NOT IN"}
NUMBER = re.compile(r"-?[0-9]+(\.[0-9]+)?")
LONGEST = 4096


class Malformed(Exception):
    """The text is not of the language."""


def evaluate(text: str, names: Names) -> bool:
    reader = Reader(text, names)
    value = reader.either()
    reader.expect_end()
    return value


def is_expression(text: object) -> bool:
    try:
        evaluate(text, lambda path: None)  # type: ignore[arg-type]
    except Malformed:
        return False
    return True


def reference(text: str) -> Path:
    reader = Reader(text, lambda path: None)
    path = reader.path()
    reader.expect_end()
    return path


def order_clauses(text: str) -> list[tuple[Path, bool]]:
    """Paths, each with whether it is descending."""
    reader = Reader(text, lambda path: None)
    clauses = []
    while True:
        path = reader.path()
        descending = reader.take("DESC")
        if not descending:
            reader.take("ASC")
        clauses.append((path, descending))
        if not reader.take(","):
            reader.expect_end()
            return clauses


def dig(value: Any, path: Path) -> Any:
    found = dig_out(value, path)
    return found[0] if found else None


def dig_out(value: Any, path: Path) -> list[Any]:
    """What lies at the path, alone in a list, which is empty if the path leads nowhere."""
    for step in path:
        if isinstance(value, dict):
            there = isinstance(step, str) and step in value
        else:
            there = isinstance(value, list) and isinstance(step, int) and step < len(value)
        if not there:
            return []
        value = value[step]
    return [value]


class Literal:
    """The null that stands in the text itself compares with every type."""


NULL = Literal()


Token = tuple[str, str]


@lru_cache(maxsize=1024)
def tokens_of(text: str) -> list[Token]:
    tokens: list[Token] = []
    here = 0
    text = text.rstrip()
    while here < len(text):
        found = TOKEN.match(text, here)
        if not found:
            raise Malformed(text)
        kind = found.lastgroup or ""
        word = found[kind]
        after_a_dot = bool(tokens) and tokens[-1] == ("sign", ".")
        if kind == "name" and word.upper() in KEYWORDS and not after_a_dot:
            kind, word = "keyword", word.upper()
        tokens.append((kind, word))
        here = found.end()
    return tokens


class Reader:
    def __init__(self, text: str, names: Names) -> None:
        if not isinstance(text, str) or len(text) > LONGEST:
            raise Malformed(text)
        self.names = names
        self.tokens = tokens_of(text)
        self.at = 0

    def peek(self) -> Token:
        return self.tokens[self.at] if self.at < len(self.tokens) else ("end", "")

    def take(self, word: str) -> bool:
        kind, found = self.peek()
        if kind in ("keyword", "sign") and found == word:
            self.at += 1
            return True
        return False

    def expect(self, word: str) -> None:
        if not self.take(word):
            raise Malformed(word)

    def expect_end(self) -> None:
        if self.at != len(self.tokens):
            raise Malformed(self.peek()[1])

    # --- grammar, loosest first; both sides are always read ---

    def either(self) -> bool:
        value = self.both()
        while self.take("OR"):
            other = self.both()
            value = value or other
        return value

    def both(self) -> bool:
        value = self.negation()
        while self.take("AND"):
            other = self.negation()
            value = value and other
        return value

    def negation(self) -> bool:
        if self.take("NOT"):
            return not self.negation()
        return self.primary()

    def primary(self) -> bool:
        if self.take("("):
            value = self.either()
            self.expect(")")
            return value
        left = self.operand()
        operator = self.operator()
        if operator is None:
            return left is True
        return compare(operator, left, self.operand())

    def operator(self) -> str | None:
        if self.take("NOT"):
            self.expect("IN")
            return "NOT IN"
        kind, word = self.peek()
        if kind in ("keyword", "sign") and word in OPERATORS:
            self.at += 1
            return word
        return None

    def operand(self) -> Any:
        if self.take("["):
            elements: list[Any] = []
            while not self.take("]"):
                if elements:
                    self.expect(",")
                element = self.scalar()
                elements.append(None if element is NULL else element)
            return elements
        return self.scalar()

    def scalar(self) -> Any:
        kind, word = self.peek()
        if kind == "text":
            self.at += 1
            return unquoted(word)
        if kind == "number":
            self.at += 1
            return float(word) if "." in word else int(word)
        for keyword, value in (("TRUE", True), ("FALSE", False), ("NULL", NULL)):
            if self.take(keyword):
                return value
        return self.names(self.path())

    def path(self) -> Path:
        path: Path = [self.name()]
        while True:
            if self.take("."):
                path.append(self.name())
            elif self.take("["):
                kind, word = self.peek()
                if kind != "number" or not word.isdigit():
                    raise Malformed(word)
                self.at += 1
                path.append(int(word))
                self.expect("]")
            else:
                return path

    def name(self) -> str:
        kind, word = self.peek()
        if kind != "name":
            raise Malformed(word)
        self.at += 1
        return word


def unquoted(word: str) -> str:
    return re.sub(
        r"\\(.)", lambda m: {"n": "\n", "t": "\t"}.get(m[1], m[1]), word[1:-1], flags=re.DOTALL
    )


def compare(operator: str, left: Any, right: Any) -> bool:
    if operator in ("==", "=", "!=") and (left is NULL or right is NULL):
        other = right if left is NULL else left
        is_null = other is None or other is NULL
        return is_null if operator != "!=" else not is_null
    left = None if left is NULL else left
    right = None if right is NULL else right
    if operator in (">-", "HAS"):
        # null is had by nobody, though it can be IN an array
        return isinstance(left, list) and right is not None and holds(left, right)
    if operator in ("<-", "IN"):
        return isinstance(right, list) and is_scalar(left) and holds(right, left)
    if operator == "NOT IN":
        return isinstance(right, list) and is_scalar(left) and not holds(right, left)
    if not is_scalar(left) or not is_scalar(right):
        return False
    if operator == "CONTAINS":
        return isinstance(left, str) and isinstance(right, str) and right in left
    if operator in ("==", "="):
        return equal(left, right)
    if operator == "!=":
        return not equal(left, right)
    return ranked(operator, left, right)


def is_scalar(value: Any) -> bool:
    return not isinstance(value, list | dict)


def is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def equal(left: Any, right: Any) -> bool:
    if is_number(left) and is_number(right):
        return bool(left == right)
    return type(left) is type(right) and is_scalar(left) and bool(left == right)


def holds(array: list[Any], value: Any) -> bool:
    return any(equal(element, value) for element in array)


def as_number(value: Any) -> float | int | None:
    if is_number(value):
        return value  # type: ignore[no-any-return]
    if isinstance(value, str) and NUMBER.fullmatch(value):
        return float(value) if "." in value else int(value)
    return None


def ranked(operator: str, left: Any, right: Any) -> bool:
    numbers = as_number(left), as_number(right)
    if None not in numbers:
        left, right = numbers
    elif numbers != (None, None) or not (isinstance(left, str) and isinstance(right, str)):
        return False
    return bool(
        {"<": left < right, "<=": left <= right, ">": left > right, ">=": left >= right}[operator]
    )
