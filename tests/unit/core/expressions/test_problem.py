"""What a user is told about a text that is no expression."""

import pytest

from taskyard.core.expressions import ExpressionProblem, parse, parse_order


def problem_of(text: str) -> ExpressionProblem:
    with pytest.raises(ExpressionProblem) as caught:
        parse(text)
    return caught.value


@pytest.mark.parametrize(
    ("text", "position", "complaint"),
    [
        ("skill-level > 3", 5, "extraneous input '-level' expecting OPERATOR"),
        ("a b == 1", 2, "extraneous input 'b' expecting OPERATOR"),
        ("a b", 2, "mismatched input 'b' expecting OPERATOR"),
        ("level -1 > 3", 6, "extraneous input '-1' expecting OPERATOR"),
        ("level + 1 > 3", 6, "token recognition error at: '+' expecting OPERATOR"),
        ("a && b", 2, "token recognition error at: '&&' (write AND) expecting OPERATOR"),
        ("a || b", 2, "token recognition error at: '||' (write OR) expecting OPERATOR"),
        ("a <> 1", 3, "extraneous input '>' expecting a value or a reference"),
        ("!a", 0, "token recognition error at: '!' expecting a value or a reference"),
        ("a EQ 1", 2, "mismatched input 'EQ' expecting OPERATOR"),
        ("a LIKE 'x'", 2, "mismatched input 'LIKE' expecting OPERATOR"),
        ("a NOT HAS 1", 6, "mismatched input 'HAS' expecting IN"),
        ("a NOT <- [1]", 6, "mismatched input '<-' expecting IN"),
        ("a NOT", 5, "mismatched input '<EOF>' expecting IN"),
        ("", 0, "mismatched input '<EOF>' expecting a value or a reference"),
        ("   ", 3, "mismatched input '<EOF>' expecting a value or a reference"),
        ("a ==", 4, "mismatched input '<EOF>' expecting a value or a reference"),
        ("== 1", 0, "extraneous input '==' expecting a value or a reference"),
        ("a == == 1", 5, "extraneous input '==' expecting a value or a reference"),
        ("a == (1)", 5, "extraneous input '(' expecting a value or a reference"),
        ("a == 1 b", 7, "mismatched input 'b' expecting AND, OR or <EOF>"),
        ("a == 1 == 2", 7, "mismatched input '==' expecting AND, OR or <EOF>"),
        ("a == 1)", 6, "mismatched input ')' expecting AND, OR or <EOF>"),
        ("a == 1) AND b", 6, "extraneous input ')' expecting AND, OR or <EOF>"),
        ("(a == 1", 7, "mismatched input '<EOF>' expecting AND, OR or ')'"),
        ("(a) HAS 1", 4, "mismatched input 'HAS' expecting AND, OR or <EOF>"),
        ("a AND", 5, "mismatched input '<EOF>' expecting a value or a reference"),
        ("a AND OR b", 6, "extraneous input 'OR' expecting a value or a reference"),
        ("()", 1, "mismatched input ')' expecting a value or a reference"),
        ("a IN [1", 7, "mismatched input '<EOF>' expecting ']' or ','"),
        ("a IN [1 2]", 8, "extraneous input '2' expecting ']' or ','"),
        ("a IN [1,]", 8, "mismatched input ']' expecting a value or a reference"),
        ("a IN [[1]]", 6, "extraneous input '[' expecting a value or a reference"),
        ("a. == 1", 3, "mismatched input '==' expecting a name"),
        ("a.1 == 1", 2, "mismatched input '1' expecting a name"),
        ("a[b] == 1", 2, "mismatched input 'b' expecting an index"),
        ("a[-1] == 1", 2, "mismatched input '-1' expecting an index"),
        ("a[1.5] == 1", 2, "mismatched input '1.5' expecting an index"),
        ("a[0 == 1", 4, "mismatched input '==' expecting ']'"),
        ("a == #", 5, "token recognition error at: '#' expecting a value or a reference"),
        ("a == 'x", 5, "token recognition error at: ''x' (the quote ' is never closed)"),
        ("-x == 1", 0, "token recognition error at: '-x'"),
        ("a == `x`", 5, "token recognition error at: '`'"),
        ("a\x00", 1, r"token recognition error at: '\x00'"),
    ],
)
def test_the_place_what_was_found_and_what_was_expected(
    text: str, position: int, complaint: str
) -> None:
    problem = problem_of(text)
    assert problem.position == position
    assert problem.message.startswith(f"at position {position}: {complaint}")
    assert str(problem) == problem.message


def test_mismatched_quotes_are_shown_from_where_they_open() -> None:
    problem = problem_of("contact_uri==\"client:bob'")
    assert problem.position == 13
    assert "token recognition error at: '\"client:bob'' (the quote \" is never closed)" in (
        problem.message
    )


def test_a_hyphen_is_explained() -> None:
    assert "a name cannot contain a hyphen" in problem_of("skill-level > 3").message


def test_the_first_problem_of_several_is_reported() -> None:
    assert problem_of("a b + c '").position == 2


def test_in_a_text_of_several_lines_the_place_is_line_and_column() -> None:
    problem = problem_of("a == 1\nAND b == ==\nAND c == 1")
    assert problem.message.startswith("at line 2, column 10: mismatched input '=='")
    assert problem.position == 16


def test_a_message_is_one_short_line_whatever_was_found() -> None:
    for text in ("a == '\n" + "x" * 4000, "a 'b\nc'", "a == 1 " + "9" * 4000, "\u2028" * 99):
        problem = problem_of(text)
        assert len(problem.message.splitlines()) == 1
        assert len(problem.message) < 300


def test_a_number_too_large_to_be_one_is_refused() -> None:
    assert "too large" in problem_of("a == " + "9" * 400 + ".5").message


@pytest.mark.parametrize(
    ("text", "position", "complaint"),
    [
        ("", 0, "mismatched input '<EOF>' expecting a reference"),
        ("worker.a UP", 9, "mismatched input 'UP' expecting ',' or <EOF>"),
        ("worker.a,", 9, "mismatched input '<EOF>' expecting a reference"),
        ("DESC", 0, "mismatched input 'DESC' expecting a reference"),
        ("1 DESC", 0, "mismatched input '1' expecting a reference"),
        ("a ASC DESC", 6, "mismatched input 'DESC' expecting ',' or <EOF>"),
        ("a == 1", 2, "mismatched input '==' expecting ',' or <EOF>"),
        ("skill-level", 5, "token recognition error at: '-level'"),
    ],
)
def test_problems_of_order_clauses(text: str, position: int, complaint: str) -> None:
    with pytest.raises(ExpressionProblem) as caught:
        parse_order(text)
    assert caught.value.position == position
    assert caught.value.message.startswith(f"at position {position}: {complaint}")
