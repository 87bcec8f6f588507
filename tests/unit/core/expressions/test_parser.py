"""The spelling of expressions: what is accepted, and what it means."""

import pytest

from taskyard.core.expressions import (
    And,
    Comparison,
    ExpressionProblem,
    Facts,
    Literal,
    Not,
    Operator,
    Or,
    OrderClause,
    Reference,
    Scope,
    Truth,
    Values,
    bind,
    compile_condition,
    parse,
    parse_order,
    parse_reference,
    to_text,
)
from unit.core.expressions.world import Task, Worker, holds_of_worker

A, B, C = (Truth(Reference((name,))) for name in "abc")


def equals(path: tuple[str | int, ...], value: str | int | float | bool | None) -> Comparison:
    return Comparison(Operator.EQUAL, Reference(path), Literal(value))


@pytest.mark.parametrize(
    ("text", "operator"),
    [
        ("a == 1", Operator.EQUAL),
        ("a = 1", Operator.EQUAL),
        ("a != 1", Operator.UNEQUAL),
        ("a < 1", Operator.LESS),
        ("a <= 1", Operator.AT_MOST),
        ("a > 1", Operator.GREATER),
        ("a >= 1", Operator.AT_LEAST),
        ("a HAS 1", Operator.HAS),
        ("a >- 1", Operator.HAS),
        ("a IN 1", Operator.IN),
        ("a <- 1", Operator.IN),
        ("a NOT IN 1", Operator.NOT_IN),
        ("a CONTAINS 1", Operator.CONTAINS),
    ],
)
def test_every_operator_has_its_spellings(text: str, operator: Operator) -> None:
    assert parse(text) == Comparison(operator, Reference(("a",)), Literal(1))
    assert parse(text.lower()) == parse(text) == parse(text.replace(" ", "\t\r\n"))


def test_keywords_are_known_in_any_case() -> None:
    assert parse("a And b oR nOt c") == Or((And((A, B)), Not(C)))
    assert parse("a == TRUE") == equals(("a",), True)
    assert parse("a == False") == equals(("a",), False)
    assert parse("a == NULL") == equals(("a",), None)


def test_names_are_case_sensitive_and_longer_than_the_keywords_they_begin_with() -> None:
    assert parse("android") == Truth(Reference(("android",)))
    assert parse("In_ == 1") == equals(("In_",), 1)
    assert not holds_of_worker("Level == 3")


def test_a_keyword_is_a_name_only_below_a_prefix() -> None:
    assert parse("worker.has == 1") == equals(("worker", "has"), 1)
    assert parse("worker.In.NOT.desc == 1") == equals(("worker", "In", "NOT", "desc"), 1)
    for keyword in ("has", "in", "and", "contains", "asc", "DESC"):
        with pytest.raises(ExpressionProblem):
            parse(f"{keyword} == 1")


def test_no_white_space_is_needed_around_symbols() -> None:
    assert parse("type=='x'") == equals(("type",), "x")
    assert parse("a>1") == Comparison(Operator.GREATER, Reference(("a",)), Literal(1))
    assert parse("a IN[1,2]") == Comparison(
        Operator.IN, Reference(("a",)), Values((Literal(1), Literal(2)))
    )
    assert parse("(a)AND(b)") == And((A, B))


def test_white_space_may_be_anywhere_between_tokens() -> None:
    assert parse("\n a\t. b [ 0 ]\r\n == 1 ") == equals(("a", "b", 0), 1)


def test_the_longest_operator_wins_over_a_negative_number() -> None:
    assert parse("a >-1") == Comparison(Operator.HAS, Reference(("a",)), Literal(1))
    assert parse("a<-1") == Comparison(Operator.IN, Reference(("a",)), Literal(1))
    assert parse("a > -1") == Comparison(Operator.GREATER, Reference(("a",)), Literal(-1))


@pytest.mark.parametrize(
    ("text", "value"),
    [("0800", 800), ("-5", -5), ("5.10", 5.1), ("-0.5", -0.5), ("00", 0), ("3.0", 3)],
)
def test_numbers(text: str, value: float) -> None:
    assert parse(f"a == {text}") == equals(("a",), value)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ('"a b"', "a b"),
        ("'a b'", "a b"),
        ('"it\'s"', "it's"),
        ("'say \"x\"'", 'say "x"'),
        (r"'it\'s'", "it's"),
        (r'"say \"x\""', 'say "x"'),
        (r"'back\\slash'", "back\\slash"),
        (r"'line\nbreak\ttab'", "line\nbreak\ttab"),
        (r"'\q\/\N'", "q/N"),
        ("''", ""),
        ("'two\nlines'", "two\nlines"),
        ("'ünï ☎'", "ünï ☎"),
    ],
)
def test_strings(text: str, value: str) -> None:
    assert parse(f"a == {text}") == equals(("a",), value)


def test_names_may_have_letters_of_any_script_digits_underscores_and_dollars() -> None:
    assert parse("_größe$1.$x == 1") == equals(("_größe$1", "$x"), 1)


def test_arrays_hold_scalars_and_references() -> None:
    assert parse("a IN []") == Comparison(Operator.IN, Reference(("a",)), Values(()))
    assert parse("a IN ['x', 1, true, null, b.c]") == Comparison(
        Operator.IN,
        Reference(("a",)),
        Values((Literal("x"), Literal(1), Literal(True), Literal(None), Reference(("b", "c")))),
    )


def test_and_binds_closer_than_or_and_parentheses_closest() -> None:
    assert parse("a OR b AND c") == Or((A, And((B, C))))
    assert parse("(a OR b) AND c") == And((Or((A, B)), C))
    assert parse("a AND b OR c") == Or((And((A, B)), C))
    assert parse("a AND b AND c") == And((A, B, C))


def test_not_binds_closer_than_and_but_not_than_a_comparison() -> None:
    assert parse("NOT a AND b") == And((Not(A), B))
    assert parse("NOT a == 1") == Not(equals(("a",), 1))
    assert parse("NOT NOT a") == parse("NOT (NOT a)") == A


def test_a_hundred_parentheses_may_be_open_and_no_more() -> None:
    assert parse("(" * 100 + "a" + ")" * 100) == A
    with pytest.raises(ExpressionProblem, match=r"at position 100: .*more than 100 deep"):
        parse("(" * 101 + "a" + ")" * 101)


def test_a_long_chain_is_not_deep() -> None:
    assert holds_of_worker(" AND ".join(["1==1"] * 400))
    assert holds_of_worker("vip" + " OR vip" * 584)
    assert holds_of_worker("NOT " * 1022 + "true")


def test_the_deepest_tree_leaves_room_on_the_stack_for_its_callers() -> None:
    text = "NOT(a OR worker.b == task.c AND " * 100 + "true" + ")" * 100
    facts = Facts(worker=Worker({}), task=Task({}))

    def with_frames(count: int) -> bool:
        if count:
            return with_frames(count - 1)
        node = parse(text)
        rest = bind(node, Task({}))
        assert to_text(node)
        assert to_text(rest)
        return compile_condition(node, Scope.TARGET)(facts)

    assert with_frames(300) is True


def test_4096_characters_are_accepted_and_no_more() -> None:
    text = "a == '" + "x" * 4089 + "'"
    assert len(text) == 4096
    assert parse(text) == equals(("a",), "x" * 4089)
    with pytest.raises(ExpressionProblem, match="4097 characters, expecting 4096 at most"):
        parse(text + " ")


def test_order_clauses() -> None:
    assert parse_order("worker.routing.levels.es DESC , level,worker.a[0] asc") == (
        OrderClause(("routing", "levels", "es"), True),
        OrderClause(("level",), False),
        OrderClause(("a", 0), False),
    )
    assert parse_order("worker.asc Desc") == (OrderClause(("asc",), True),)
    assert parse_order("worker") == (OrderClause(("worker",), False),)


def test_a_reference_alone() -> None:
    assert parse_reference(" task.agents[0].sid ") == ("task", "agents", 0, "sid")
    for text in ("", "null", "'x'", "1", "a b", "a == 1", "a,", "[a]"):
        with pytest.raises(ExpressionProblem):
            parse_reference(text)
