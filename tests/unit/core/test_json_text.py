import pytest

from taskyard.core.json_text import MAX_DEPTH, JsonProblem, compact, read_json


def test_compact_drops_white_space_and_nothing_else() -> None:
    text = '{ "b" : 1.50,\n "a": [ 1E5 , "x  y" , "\\u00e9\\/" ],\t"a": { } }\n'
    assert compact(text) == '{"b":1.50,"a":[1E5,"x  y","\\u00e9\\/"],"a":{}}'
    assert compact(compact(text)) == compact(text)


@pytest.mark.parametrize("text", ["", "{", "{'a': 1}", "[1,]", "{} {}", "[" * 50_000, "\ud800"])
def test_compact_refuses_what_is_not_json(text: str) -> None:
    with pytest.raises(JsonProblem):
        compact(text)


def test_what_is_nested_deeper_than_the_bound_is_refused_whoever_asks() -> None:
    assert read_json("[" * MAX_DEPTH + "]" * MAX_DEPTH)
    with pytest.raises(JsonProblem, match="nested more than 100 deep"):
        read_json("[" * (MAX_DEPTH + 1) + "]" * (MAX_DEPTH + 1))


def test_brackets_in_texts_and_side_by_side_do_not_count_as_depth() -> None:
    text = '{"a":"' + "[" * 200 + '","b":[' + ",".join(["[]"] * 200) + "]}"
    assert compact(text) == text
    assert isinstance(read_json(text), dict)
