"""Trees as values, and their canonical text."""

import pytest

from taskyard.core.expressions import Literal, Reference, Truth, parse, to_text


def test_equality_keeps_types_apart_but_not_spellings_of_a_number() -> None:
    assert Literal(1) == Literal(1.0)
    assert hash(Literal(1)) == hash(Literal(1.0))
    different = [Literal(v) for v in (1, "1", True, None, 0, False, "")]
    assert len(set(different)) == len(different)
    assert all(a != b for a in different for b in different if a is not b)
    assert parse("a == 1") == parse("a = 1.0")
    assert parse("a == 1") != parse("a == true")


def test_a_bound_value_equals_a_written_one_unless_it_is_null() -> None:
    assert Literal("x", written=False) == Literal("x")
    assert Literal(None, written=False) != Literal(None)


@pytest.mark.parametrize(
    ("text", "canonical"),
    [
        ("  a   =  'x' ", 'a == "x"'),
        ("a >- 1", "a HAS 1"),
        ("a <- [1,'x',TRUE,null]", 'a IN [1, "x", true, null]'),
        ("a not in []", "a NOT IN []"),
        ("worker.list[0].k == 0800", "worker.list[0].k == 800"),
        ("a == 1.0", "a == 1"),
        ("a == 0.00000001", "a == 0.00000001"),
        ("a == -1.50", "a == -1.5"),
        (r"a == 'q\"\\\n'", 'a == "q\\"\\\\\n"'),
        ("a AND (b OR c) AND NOT (d AND e)", "a AND (b OR c) AND NOT (d AND e)"),
        ("(a AND b) OR (c AND d)", "(a AND b) OR (c AND d)"),
        ("NOT (a == 1)", "NOT a == 1"),
    ],
)
def test_canonical_text(text: str, canonical: str) -> None:
    assert to_text(parse(text)) == canonical
    assert to_text(parse(canonical)) == canonical


def test_a_node_cannot_be_changed() -> None:
    node = parse("a")
    assert isinstance(node, Truth)
    with pytest.raises(AttributeError):
        node.operand = Reference(("b",))  # type: ignore[misc]
