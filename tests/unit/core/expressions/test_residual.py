"""What is left of a target expression once the task is known."""

import pytest

from taskyard.core.expressions import (
    And,
    Comparison,
    Constant,
    Dependencies,
    Literal,
    Operator,
    Reference,
    Scope,
    Values,
    bind,
    names_task,
    parse,
    references,
    to_text,
    worker_dependencies,
)
from unit.core.expressions.world import Task


def left_of(text: str, task: Task | None = None) -> str:
    return to_text(bind(parse(text), task or Task()))


@pytest.mark.parametrize(
    ("text", "residual"),
    [
        ("worker.languages HAS task.lang", 'worker.languages HAS "es"'),
        ("task.lang IN worker.languages", 'worker.languages HAS "es"'),
        ("task.lang == worker.lang", 'worker.lang == "es"'),
        ("task.n < worker.level", "worker.level > 5"),
        ("worker.sid IN task.agents", 'worker.sid IN ["WK1", "WK9"]'),
        ("task.agents HAS worker.sid", 'worker.sid IN ["WK1", "WK9"]'),
        ("worker.sid NOT IN task.agents", 'worker.sid NOT IN ["WK1", "WK9"]'),
        ("worker.sid NOT IN task.absent", "false"),
        ("worker.sid NOT IN task.empty", "worker.sid NOT IN []"),
        ("worker.sid IN task.empty", "false"),
        ("worker.sid != task.absent", "worker.sid != $null"),
        ("worker.sid != null", "worker.sid != null"),
        ("worker.sid == task.absent", "worker.sid == null"),
        ("worker.x == task.nested", "false"),
        ("worker.x != task.nested", "false"),
        ("worker.x IN [task.nested, task.lang, task.agents]", 'worker.x == "es"'),
        ("worker.level > task.lang", 'worker.level > "es"'),
        ("worker.level > task.ok", "false"),
        ("worker.name CONTAINS task.n", "false"),
        ("worker.a", "worker.a == true"),
        ("NOT worker.a", "NOT worker.a == true"),
        ("skills HAS 'support'", "false"),
        ("worker.a == skills", "worker.a == null"),
        ("taskrouter.currentTime > task.n", "taskrouter.currentTime > 5"),
    ],
)
def test_a_reference_to_the_task_becomes_its_value(text: str, residual: str) -> None:
    assert left_of(text) == residual


@pytest.mark.parametrize(
    ("text", "residual"),
    [
        ("task.type == 'support' AND worker.a == 1", "worker.a == 1"),
        ("task.type == 'sales' AND worker.a == 1", "false"),
        ("task.type == 'support' OR worker.a == 1", "true"),
        ("task.type == 'sales' OR worker.a == 1", "worker.a == 1"),
        ("NOT task.type == 'sales' AND worker.a == 1", "worker.a == 1"),
        ("NOT (task.type == 'sales' OR worker.a == 1)", "NOT worker.a == 1"),
        ("NOT (NOT worker.a == 1)", "worker.a == 1"),
        ("task.nested != null AND task.nested.b == 'z'", "true"),
        (
            "worker.a == 1 AND (worker.b == 2 AND worker.a == 1.0)",
            "worker.a == 1 AND worker.b == 2",
        ),
        ("worker.a == 1 OR (worker.a == 1 OR worker.a == '1')", 'worker.a == 1 OR worker.a == "1"'),
        ("worker.a == 1 AND (worker.b == 2 OR 1==2)", "worker.a == 1 AND worker.b == 2"),
        ("1==1", "true"),
    ],
)
def test_what_is_decided_is_left_out(text: str, residual: str) -> None:
    assert left_of(text) == residual


def test_tasks_that_ask_for_the_same_people_have_equal_residuals() -> None:
    text = "worker.sid NOT IN task.rejected AND worker.languages HAS task.lang"
    one = bind(parse(text), Task({"rejected": ["WK2", "WK1"], "lang": "en", "id": 1}))
    other = bind(parse(text), Task({"rejected": ["WK1", "WK2", "WK1", []], "lang": "en", "id": 2}))
    assert one == other
    assert hash(one) == hash(other)
    assert to_text(one) == to_text(other)


def test_a_null_that_was_bound_is_told_from_one_that_was_written() -> None:
    bound, written = (bind(parse(t), Task({})) for t in ("worker.a != task.b", "worker.a != null"))
    assert bound != written
    assert to_text(bound) != to_text(written)
    assert isinstance(bound, Comparison)
    assert bound.right == Literal(None, written=False)


def test_fields_of_the_task_are_bound_like_attributes() -> None:
    task = Task({"priority": "high"}, {"sid": "WT1", "priority": 5})
    assert left_of("worker.t == task.sid", task) == 'worker.t == "WT1"'
    assert left_of("worker.p == task.priority", task) == 'worker.p == "high"'


def test_without_the_task_there_is_nothing_to_bind() -> None:
    node = parse("worker.a == 1 AND worker.b HAS 'x'")
    assert names_task(node, Scope.TARGET) == frozenset()
    assert bind(node, Task()) == node


def test_the_paths_below_the_task_are_named() -> None:
    node = parse("task.a.b == 1 OR (NOT task.c[0] IN [task.d, worker.e] AND task AND bare)")
    assert names_task(node, Scope.TARGET) == {("a", "b"), ("c", 0), ("d",)}
    assert names_task(node, Scope.FILTER) == {("a", "b"), ("c", 0), ("d",), ("task",), ("bare",)}
    assert names_task(node, Scope.QUEUE) == frozenset()


def test_all_references_are_found_once() -> None:
    node = parse("a == b.c AND (NOT a OR [d, 1] HAS e)")
    assert references(node) == {
        Reference(("a",)),
        Reference(("b", "c")),
        Reference(("d",)),
        Reference(("e",)),
    }


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("1==1", Dependencies()),
        ("worker.skills HAS 'x'", Dependencies(attributes=True)),
        ("worker.a.sid == 1", Dependencies(attributes=True)),
        ("worker.sid == 'x'", Dependencies(attributes=True, identity=True)),
        ("worker.friendly_name == 'x'", Dependencies(attributes=True, identity=True)),
        ("worker.activity_name == 'x'", Dependencies(attributes=True, activity=True)),
        ("worker.activity_sid == 'x'", Dependencies(attributes=True, activity=True)),
        ("worker.available", Dependencies(attributes=True, activity=True)),
        ("worker.assigned_tasks < 2", Dependencies(attributes=True, counters=True)),
        ("worker.channel.a.assigned_tasks < 2", Dependencies(attributes=True, counters=True)),
        ("worker.channel.a == 2", Dependencies(attributes=True)),
        ("taskrouter.currentTime > 800", Dependencies(clock=True)),
        ("taskrouter.currentTiem > 800", Dependencies()),
        ("task.a == 1 AND sid == 2", Dependencies()),
    ],
)
def test_dependencies_of_a_target(text: str, expected: Dependencies) -> None:
    assert worker_dependencies(parse(text), Scope.TARGET) == expected


def test_dependencies_of_a_queue_count_bare_names() -> None:
    assert worker_dependencies(parse("available AND sid != 'x'"), Scope.QUEUE) == Dependencies(
        attributes=True, activity=True, identity=True
    )
    assert worker_dependencies(parse("type == 'x'"), Scope.FILTER) == Dependencies()


def test_the_tree_of_an_ordinary_residual() -> None:
    node = bind(parse("worker.sid IN task.agents AND 'es' IN worker.languages"), Task())
    assert node == And(
        (
            Comparison(
                Operator.IN,
                Reference(("worker", "sid")),
                Values((Literal("WK1"), Literal("WK9"))),
            ),
            Comparison(Operator.HAS, Reference(("worker", "languages")), Literal("es")),
        )
    )
    assert bind(parse("task.a == 1"), Task()) == Constant(False)
