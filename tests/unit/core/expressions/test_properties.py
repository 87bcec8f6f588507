"""Laws of the language over generated expressions, tasks and workers."""

import msgspec
from hypothesis import example, given, settings
from hypothesis import strategies as st

from taskyard.core.expressions import (
    ExpressionProblem,
    Facts,
    Json,
    Scope,
    bind,
    compile_condition,
    names_task,
    parse,
    parse_order,
    parse_reference,
    references,
    to_text,
    worker_dependencies,
)
from taskyard.core.expressions.scopes import Source, resolve
from unit.core.expressions.generated import (
    attributes,
    instants_ms,
    json_values,
    target_texts,
    tasks,
    workers,
)
from unit.core.expressions.plain import plain
from unit.core.expressions.world import Staff, Task, Worker

_PIECES = """
    a . [ ] ( ) , 0 -1 1.5 'x' "y" ' " \\ and OR not In has contains null true asc DESC
    == = != < <= > >= >- <- - && + # $ worker task é ²
"""


@given(
    st.text(max_size=60)
    | st.lists(st.sampled_from([*_PIECES.split(), "\n", "\t"]), max_size=25).map(" ".join)
)
@settings(max_examples=300, deadline=None)
def test_a_text_is_an_expression_or_an_expression_problem(text: str) -> None:
    for read in (parse, parse_order, parse_reference):
        problem = None
        try:
            read(text)
        except ExpressionProblem as caught:
            problem = caught
        if problem:
            assert 0 <= problem.position <= len(text)
            assert len(problem.message.splitlines()) == 1


@given(target_texts, tasks, workers, instants_ms)
@settings(max_examples=400, deadline=None)
def test_what_is_compiled_holds_when_the_tables_say_so(
    text: str, task: Task, worker: Worker, now_ms: int
) -> None:
    node = parse(text)
    facts = Facts(task=task, worker=worker, now_ms=now_ms)
    for scope in (Scope.TARGET, Scope.QUEUE):
        assert compile_condition(node, scope)(facts) is plain(node, scope, facts)


@given(target_texts, tasks, workers, instants_ms)
@settings(max_examples=400, deadline=None)
@example("worker.a != task.none", Task({}), Worker({"a": []}), 0)
@example("worker.a != null", Task({}), Worker({"a": []}), 0)
@example("worker.a NOT IN [task.none]", Task({}), Worker({"a": {}}), 0)
@example("[task.a, null] HAS worker.none", Task({"a": None}), Worker({}), 0)
@example("task.a != null AND worker.a == 'a'", Task({"a": {}}), Worker({"a": "a"}), 0)
def test_what_is_bound_to_a_task_holds_of_a_worker_as_before(
    text: str, task: Task, worker: Worker, now_ms: int
) -> None:
    node = parse(text)
    whole = compile_condition(node, Scope.TARGET)
    rest = bind(node, task)
    assert whole(Facts(task=task, worker=worker, now_ms=now_ms)) is (
        compile_condition(rest, Scope.TARGET)(Facts(worker=worker, now_ms=now_ms))
    )
    # What is left names workers and the clock alone, and there is nothing left to bind.
    assert names_task(rest, Scope.TARGET) == frozenset()
    assert {resolve(one, Scope.TARGET)[0] for one in references(rest)} <= {
        Source.WORKER,
        Source.CLOCK,
    }
    assert bind(rest, task) == rest


@given(target_texts, tasks, workers, instants_ms)
@settings(max_examples=150, deadline=None)
def test_canonical_text_can_be_parsed_again_and_means_the_same(
    text: str, task: Task, worker: Worker, now_ms: int
) -> None:
    facts = Facts(task=task, worker=worker, now_ms=now_ms)
    for node in (parse(text), bind(parse(text), task)):
        again = parse(to_text(node))
        assert plain(again, Scope.TARGET, facts) is plain(node, Scope.TARGET, facts)
        assert to_text(again) == to_text(node)


@given(target_texts, target_texts, tasks, tasks)
@settings(max_examples=150, deadline=None)
def test_texts_are_equal_exactly_if_the_conditions_are(
    one: str, other: str, first: Task, second: Task
) -> None:
    for a, b in (
        (parse(one), parse(other)),
        (bind(parse(one), first), bind(parse(one), second)),
        (bind(parse(one), first), bind(parse(other), first)),
    ):
        assert (a == b) is (to_text(a) == to_text(b))
        assert a != b or hash(a) == hash(b)


@given(target_texts, workers, workers, instants_ms, instants_ms)
@settings(max_examples=150, deadline=None)
def test_only_what_it_depends_on_can_change_an_answer(
    text: str, worker: Worker, other: Worker, now_ms: int, later_ms: int
) -> None:
    node = parse(text)
    depends = worker_dependencies(node, Scope.TARGET)
    changed = Worker(
        worker.attributes if depends.attributes else other.attributes,
        {
            "sid": worker.fields["sid"] if depends.identity else "another",
            "available": (worker if depends.activity else other).fields["available"],
        },
        worker.channels if depends.counters else other.channels,
    )
    condition = compile_condition(node, Scope.TARGET)
    after_ms = now_ms if depends.clock else later_ms
    assert condition(Facts(worker=worker, now_ms=now_ms)) is (
        condition(Facts(worker=changed, now_ms=after_ms))
    )


_wild_json = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=3), inner),
    max_leaves=8,
)


@given(target_texts, st.sampled_from(Scope), st.data())
@settings(max_examples=150, deadline=None)
def test_an_answer_is_true_or_false_whatever_the_data(
    text: str, scope: Scope, data: st.DataObject
) -> None:
    bag = st.dictionaries(st.sampled_from(["a", "b", "c", "sid"]), _wild_json | json_values)
    task = Task(data.draw(bag), data.draw(bag))
    worker = Worker(data.draw(bag), data.draw(bag), {"a": data.draw(bag)})
    facts = Facts(task=task, worker=worker, staffing=Staff({}), now_ms=data.draw(st.integers()))
    node = parse(text)
    assert compile_condition(node, scope)(facts) in (True, False)
    to_text(bind(node, task))


@given(target_texts, attributes)
@settings(max_examples=100, deadline=None)
def test_attributes_mean_the_same_after_a_journey_as_json(text: str, bag: dict[str, Json]) -> None:
    again: dict[str, Json] = msgspec.json.decode(msgspec.json.encode(bag))
    assert bind(parse(text), Task(bag)) == bind(parse(text), Task(again))


def test_monstrous_data_is_answered_too() -> None:
    deep: Json = []
    for _ in range(100_000):
        deep = [deep]
    wide: Json = ["x"] * 100_000
    for value in (deep, wide, 10**5000, -(10**5000), 1e308, "9" * 10_000, "\ud800", "\x00"):
        task, worker = Task({"a": value}), Worker({"a": value})
        facts = Facts(task=task, worker=worker)
        for operator in ("==", "!=", "<", ">=", "HAS", "IN", "NOT IN", "CONTAINS"):
            for other in ("task.a", "1", "1.5", "'x'", "null", "true", "[1]", "['x', 'y']"):
                node = parse(f"worker.a {operator} {other}")
                whole = compile_condition(node, Scope.TARGET)(facts)
                rest = bind(node, task)
                assert to_text(rest)
                assert compile_condition(rest, Scope.TARGET)(Facts(worker=worker)) is whole
