"""What operators make of types, mismatches, nulls, arrays and objects."""

import pytest

from taskyard.core.expressions import Json
from unit.core.expressions.world import holds_of_both, holds_of_task, holds_of_worker

SCALARS: list[Json] = ["a", "1", "", 0, 1, 1.5, True, False]
ARRAYS: list[Json] = [[], ["a"], [None], [["a"]], [{"a": 1}]]
OBJECTS: list[Json] = [{}, {"a": 1}]
SCALAR_OPERATORS = ["==", "=", "!=", "<", "<=", ">", ">=", "CONTAINS"]
ARRAY_OPERATORS = ["HAS", ">-", "IN", "<-", "NOT IN"]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("1 == 1.0", True),
        ("0800 == 800", True),
        ("1 == '1'", False),
        ("1 == true", False),
        ("0 == false", False),
        ("true == 'true'", False),
        ("'a' == 'a'", True),
        ("'a' == 'A'", False),
        ("null == null", True),
        ("null == false", False),
        ("null == ''", False),
        ("null == 0", False),
        ("1 != '1'", True),
        ("1 != 1.0", False),
        ("true != 'true'", True),
        ("true != 1", True),
        ("null != null", False),
        ("null != 'a'", True),
    ],
)
def test_equality_takes_one_type_and_converts_nothing(text: str, expected: bool) -> None:
    assert holds_of_worker(text) is expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2 < 10", True),
        ("'2' < '10'", True),
        ("'2' < 10", True),
        ("2 < '10'", True),
        ("'2.5' < 10", True),
        ("'-3' < 0", True),
        ("'08' > 7", True),
        ("'b' > 'a'", True),
        ("'B' < 'a'", True),
        ("'a' < 'a'", False),
        ("'a' <= 'a'", True),
        ("'10' < 'a'", False),
        ("'10' > 'a'", False),
        ("'a' > 10", False),
        ("'a' < 10", False),
        ("' 2' < 10", False),
        ("'1e1' > 2", False),
        ("'+5' > 2", False),
        ("true < 2", False),
        ("true > false", False),
        ("null < 1", False),
        ("null <= null", False),
        ("null >= null", False),
        ("1 > null", False),
    ],
)
def test_order_is_numeric_or_else_that_of_code_points(text: str, expected: bool) -> None:
    assert holds_of_worker(text) is expected


def test_order_of_looked_up_values_is_that_of_written_ones() -> None:
    assert holds_of_task("a < b", a="2", b="10")
    assert holds_of_task("a < b", a=2, b="10")
    assert not holds_of_task("a < b", a="x", b="10")
    assert not holds_of_task("a > 0", a=True)
    assert not holds_of_task("a < b", a=[1], b=2)


def test_a_string_of_digits_beyond_all_limits_is_still_a_number() -> None:
    assert holds_of_task("a > 5", a="9" * 10_000)
    assert holds_of_task("a < 5.5", a="-" + "9" * 10_000)
    assert holds_of_task("a < b", a=10**5000, b="9" * 10_000)
    assert holds_of_task("a > 1.5", a=10**5000)


@pytest.mark.parametrize("value", [*SCALARS, None])
@pytest.mark.parametrize("operator", ARRAY_OPERATORS)
def test_an_array_operator_on_scalars_is_false(operator: str, value: Json) -> None:
    assert not holds_of_task(f"a {operator} b", a=value, b="a")
    assert not holds_of_task(f"b {operator} a", a=value, b="a")
    assert not holds_of_task(f"a {operator} 'a'", a=value)
    assert not holds_of_task(f"a {operator} missing", a=value)


@pytest.mark.parametrize("array", ARRAYS)
@pytest.mark.parametrize("operator", SCALAR_OPERATORS)
def test_a_scalar_operator_with_an_array_is_false(operator: str, array: Json) -> None:
    for other in ("'a'", "1", "true", "[1]", "['a']", "a", "b", "missing"):
        assert not holds_of_task(f"a {operator} {other}", a=array, b=array)
        assert not holds_of_task(f"{other} {operator} a", a=array, b=array)


@pytest.mark.parametrize("value", [*ARRAYS, *OBJECTS, *SCALARS])
def test_everything_but_null_is_unequal_to_the_written_null(value: Json) -> None:
    assert holds_of_task("a != null", a=value)
    assert holds_of_task("null != a", a=value)
    assert not holds_of_task("a == null", a=value)
    assert not holds_of_task("null = a", a=value)


@pytest.mark.parametrize("value", [*ARRAYS, *OBJECTS])
def test_arrays_and_objects_are_not_unequal_to_a_reference_that_is_null(value: Json) -> None:
    assert not holds_of_task("a != missing", a=value)
    assert not holds_of_task("missing != a", a=value)
    assert holds_of_task("a != missing", a="x")


def test_written_arrays_are_not_null() -> None:
    assert holds_of_task("[] != null")
    assert holds_of_task("null != [1]")
    assert not holds_of_task("[] == null")
    assert not holds_of_task("[1] != missing")


@pytest.mark.parametrize("value", OBJECTS)
@pytest.mark.parametrize("operator", SCALAR_OPERATORS + ARRAY_OPERATORS)
def test_an_object_satisfies_no_operator(operator: str, value: Json) -> None:
    for other in ("'a'", "1", "true", "['a']", "[null]", "a", "b", "missing", "array"):
        facts = {"a": value, "b": {"a": 1}, "array": [value, "a", None]}
        assert not holds_of_task(f"a {operator} {other}", **facts)
        assert not holds_of_task(f"{other} {operator} a", **facts)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a HAS 'x'", True),
        ("a HAS 'y'", False),
        ("a HAS 1", True),
        ("a HAS 1.0", True),
        ("a HAS '1'", False),
        ("a HAS true", False),
        ("a HAS false", True),
        ("a HAS 0", False),
        ("'x' IN a", True),
        ("1 IN a", True),
        ("true IN a", False),
        ("'y' NOT IN a", True),
        ("true NOT IN a", True),
        ("false NOT IN a", False),
        ("['x'] IN a", False),
        ("a IN a", False),
        ("a NOT IN a", False),
        ("a NOT IN ['x']", False),
        ("a IN ['x','y']", False),
        ("['x','y'] HAS 'x'", True),
        ("['x','y'] HAS ['x']", False),
    ],
)
def test_elements_are_compared_as_equality_does(text: str, expected: bool) -> None:
    assert holds_of_task(text, a=["x", 1, False, None, ["y"], {"k": "y"}]) is expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("null IN with", True),
        ("null IN without", False),
        ("missing IN with", True),
        ("missing IN without", False),
        ("missing IN [null]", True),
        ("missing IN [null, 'a']", True),
        ("missing IN ['a', 'b']", False),
        ("null NOT IN with", False),
        ("null NOT IN without", True),
        ("missing NOT IN ['a']", True),
        ("missing NOT IN ['a', 'b']", True),
        ("missing NOT IN [null]", False),
        ("missing NOT IN []", True),
        ("missing IN []", False),
        ("with HAS null", False),
        ("with HAS missing", False),
        ("[null] HAS null", False),
        ("[null] HAS missing", False),
        ("[missing] HAS missing", False),
        ("'a' IN null", False),
        ("'a' IN missing", False),
        ("'a' NOT IN missing", False),
        ("'a' NOT IN null", False),
        ("null HAS 'a'", False),
        ("null CONTAINS 'a'", False),
        ("'a' CONTAINS null", False),
        ("missing CONTAINS missing", False),
    ],
)
def test_null_with_array_operators(text: str, expected: bool) -> None:
    assert holds_of_task(text, **{"with": [None, "a"], "without": ["a", "b"]}) is expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("'Ann Lee' CONTAINS 'n L'", True),
        ("'Ann Lee' CONTAINS ''", True),
        ("'Ann Lee' CONTAINS 'ann'", False),
        ("'15' CONTAINS 1", False),
        ("15 CONTAINS '1'", False),
        ("'true' CONTAINS true", False),
    ],
)
def test_contains_takes_two_strings(text: str, expected: bool) -> None:
    assert holds_of_worker(text) is expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("NOT 1==2", True),
        ("not (1==1)", False),
        ("NOT NOT 1==1", True),
        ("NOT missing > 1", True),
        ("NOT missing <= 1", True),
        ("NOT 1==2 AND 1==1", True),
        ("NOT (1==2 AND 1==1)", True),
        ("NOT 1==1 OR 1==1", True),
        ("NOT (1==1 OR 1==1)", False),
        ("NOT vip", False),
    ],
)
def test_prefix_not_binds_closer_than_and(text: str, expected: bool) -> None:
    assert holds_of_worker(text) is expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("true", True),
        ("false", False),
        ("null", False),
        ("1", False),
        ("'true'", False),
        ("[true]", False),
        ("vip", True),
        ("name", False),
        ("skills", False),
        ("routing", False),
        ("missing", False),
        ("vip AND level == 3", True),
        ("(vip)", True),
    ],
)
def test_a_bare_operand_holds_if_it_is_the_boolean_true(text: str, expected: bool) -> None:
    assert holds_of_worker(text) is expected


def test_references_may_stand_inside_a_written_array() -> None:
    assert holds_of_both("worker.level IN [task.n, 3]")
    assert holds_of_both("task.lang IN [worker.languages[1], 'x']")
    assert holds_of_both("[worker.sid, task.type] HAS 'WK1'")
    assert not holds_of_both("'en' IN [worker.languages]")
    assert holds_of_both("'en' NOT IN [worker.languages, task.nested]")


def test_the_helpline_condition_holds_without_any_of_its_attributes() -> None:
    text = (
        "(worker.waitingOfflineContact != true\n"
        "  AND ((task.channelType == 'voice' AND worker.channel.chat.assigned_tasks == 0)\n"
        "    OR (task.channelType != 'voice' AND worker.channel.voice.assigned_tasks == 0))\n"
        "  AND ((task.transferTargetType == 'worker' AND task.targetSid == worker.sid)\n"
        "    OR (task.transferTargetType != 'worker' AND worker.sid != task.ignoreAgent)))\n"
        "OR (worker.waitingOfflineContact == true AND task.targetSid == worker.sid"
        " AND task.isContactlessTask == true)"
    )
    assert holds_of_both(text)
