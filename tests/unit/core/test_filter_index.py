"""The index finds the very filter that trying them one by one would find."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from taskyard.core.expressions import Facts, Json
from taskyard.core.filter_index import FilterIndex
from taskyard.core.workflow_document import read_document


class Subject:
    def __init__(self, attributes: dict[str, Json]) -> None:
        self.attributes = attributes

    def field(self, name: str) -> Json:
        return {"priority": 3}.get(name)


def filters_of(*expressions: str) -> FilterIndex:
    filters = [{"expression": e, "targets": [{"queue": "WQ1"}]} for e in expressions]
    text = json.dumps({"task_routing": {"filters": filters}})
    return FilterIndex(read_document(text, lambda _: True).filters)


def first(index: FilterIndex, after: int = -1, **attributes: Json) -> int | None:
    return index.first_match(Facts(task=Subject(attributes)), after)


def test_the_first_of_the_filters_that_hold_is_found_whichever_way_they_are_looked_up() -> None:
    index = filters_of("type == 'a'", "n > 1", "type == 'b' AND n > 5", "'b' == task.type", "1==1")
    assert first(index, type="a", n=9) == 0
    assert first(index, type="b", n=9) == 1
    assert first(index, type="b") == 3
    assert first(index, type="c") == 4
    assert first(index, after=1, type="b", n=9) == 2
    assert first(index, after=4, type="a", n=9) is None


@pytest.mark.parametrize(
    ("value", "found"), [(1, 0), (1.0, 0), (True, 2), ("1", 1), (None, None), ([1], None)]
)
def test_a_value_is_looked_up_by_its_type_too(value: Json, found: int | None) -> None:
    assert first(filters_of("x == 1", "x == '1'", "x == true"), x=value) == found


def test_a_property_of_the_task_is_looked_up_unless_an_attribute_has_its_name() -> None:
    index = filters_of("task.priority == 3", "task.priority == 'high'")
    assert first(index) == 0
    assert first(index, priority="high") == 1


def test_a_filter_on_a_worker_holds_for_no_task() -> None:
    assert first(filters_of("worker.type == 'a'"), type="a") is None


VALUES: st.SearchStrategy[Json] = st.sampled_from(["a", "b", 1, 2, 1.0, True, None, ["a"]])
ATOMS = st.sampled_from(
    ["x == 'a'", "'b' == x", "y == 1", "y = 'a'", "x != 'a'", "y > 1", "x HAS 'a'", "y == true"]
)
EXPRESSIONS = st.one_of(
    ATOMS,
    st.tuples(ATOMS, st.sampled_from([" AND ", " OR "]), ATOMS).map("".join),
    ATOMS.map(lambda atom: f"NOT ({atom})"),
)


@given(st.lists(EXPRESSIONS, min_size=1, max_size=6), VALUES, VALUES, st.integers(-1, 5))
def test_it_finds_what_trying_all_would_find(
    expressions: list[str], x: Json, y: Json, after: int
) -> None:
    filters = [{"expression": e, "targets": [{"queue": "WQ1"}]} for e in expressions]
    text = json.dumps({"task_routing": {"filters": filters}})
    document = read_document(text, lambda _: True)
    facts = Facts(task=Subject({"x": x, "y": y}))
    tried = [i for i, one in enumerate(document.filters) if i > after and one.matches(facts)]
    assert FilterIndex(document.filters).first_match(facts, after) == next(iter(tried), None)
