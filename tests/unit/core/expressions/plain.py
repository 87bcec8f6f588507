"""The language a second time: slow, obvious, and written from its tables of rules alone.

It walks the tree as it was parsed, knows nothing of normal forms, and judges what does.
"""

from dataclasses import dataclass

from taskyard.core.expressions import (
    And,
    Comparison,
    Constant,
    Facts,
    Json,
    Literal,
    Node,
    Not,
    Operand,
    Or,
    Reference,
    Scope,
    Truth,
    Values,
)
from taskyard.core.expressions.moment import BY_NAME


@dataclass
class Looked:
    value: Json
    written_null: bool = False


def plain(node: Node, scope: Scope, facts: Facts) -> bool:
    match node:
        case Comparison(operator, left, right):
            return compare(str(operator), look(left, scope, facts), look(right, scope, facts))
        case And(items):
            return all(plain(item, scope, facts) for item in items)
        case Or(items):
            return any(plain(item, scope, facts) for item in items)
        case Not(condition):
            return not plain(condition, scope, facts)
        case Truth(operand):
            return look(operand, scope, facts).value is True
        case Constant(value):
            return value


def compare(operator: str, left: Looked, right: Looked) -> bool:
    a, b = left.value, right.value
    if operator == "!=" and (left.written_null or right.written_null):
        return not (a is None and b is None)
    if kind(a) == "object" or kind(b) == "object":
        return False
    if operator in ("HAS", "IN", "NOT IN"):
        array, item = (a, b) if operator == "HAS" else (b, a)
        if not isinstance(array, list) or kind(item) == "array":
            return False
        if operator == "HAS" and item is None:
            return False
        found = any(same(element, item) for element in array)
        return found is (operator != "NOT IN")
    if kind(a) == "array" or kind(b) == "array":
        return False
    if operator == "==":
        return same(a, b)
    if operator == "!=":
        return not same(a, b)
    if operator == "CONTAINS":
        return kind(a) == kind(b) == "string" and str(b) in str(a)
    return ordered(operator, a, b)


def same(a: Json, b: Json) -> bool:
    return kind(a) == kind(b) and kind(a) in ("string", "number", "boolean", "null") and a == b


def ordered(operator: str, a: Json, b: Json) -> bool:
    if kind(a) not in ("string", "number") or kind(b) not in ("string", "number"):
        return False
    if kind(a) == kind(b) == "string" and not numeric(a) and not numeric(b):
        x, y = str(a), str(b)
    elif numeric(a) and numeric(b):
        x, y = float(a), float(b)
    else:
        return False
    return {"<": x < y, "<=": x <= y, ">": x > y, ">=": x >= y}[operator]


def numeric(value: Json) -> bool:
    if kind(value) == "number":
        return True
    digits = str(value).removeprefix("-").split(".")
    return len(digits) <= 2 and all(part.isascii() and part.isdigit() for part in digits)


def kind(value: Json) -> str:
    match value:
        case None:
            return "null"
        case bool():
            return "boolean"
        case str():
            return "string"
        case int() | float():
            return "number"
        case list():
            return "array"
        case dict():
            return "object"


def look(operand: Operand, scope: Scope, facts: Facts) -> Looked:
    match operand:
        case Literal(value):
            return Looked(value, written_null=value is None and operand.written)
        case Values(items):
            return Looked([look(item, scope, facts).value for item in items])
        case Reference(path):
            return Looked(find(list(path), scope, facts))


def find(path: list[str | int], scope: Scope, facts: Facts) -> Json:
    prefixed = len(path) > 1 and isinstance(path[1], str)
    prefix, below = (path[0], path[1:]) if prefixed else ("", path)
    if scope is Scope.TARGET:
        if prefix == "task" and facts.task:
            first_there = below[0] in facts.task.attributes
            if first_there or len(below) > 1:
                return walk(facts.task.attributes, below)[0]
            return facts.task.field(str(below[0]))
        if prefix == "taskrouter" and len(below) == 1 and below[0] in BY_NAME:
            return BY_NAME[str(below[0])](facts.now_ms)
        if prefix != "worker":
            return None
    elif scope is Scope.QUEUE:
        if prefix == "taskrouter":
            return None
        if prefix != "worker":
            below = path
    else:
        raise AssertionError(f"no rows for {scope}")
    if facts.worker is None:
        return None
    value, there = walk(facts.worker.attributes, below)
    if there:
        return value
    if len(below) == 1:
        return facts.worker.field(str(below[0]))
    match below:
        case ["channel", str(unique_name), str(item)]:
            return facts.worker.channel(unique_name, item)
    return None


def walk(value: object, path: list[str | int]) -> tuple[Json, bool]:
    for step in path:
        try:
            if not isinstance(value, dict if isinstance(step, str) else list):
                return None, False
            value = value[step]  # type: ignore[index]
        except (KeyError, IndexError, TypeError):
            return None, False
    return value, True  # type: ignore[return-value]
