"""Expressions, tasks and workers for property tests: few names and values, so that they meet."""

from hypothesis import strategies as st

from unit.core.expressions.world import Task, Worker

SCALARS = [None, True, False, 0, 1, 1.0, 1.5, -2, 10, "", "a", "b", "ab", "1", "10", "1.50", "true"]
NAMES = ["a", "b", "c"]

json_values = st.recursive(
    st.sampled_from(SCALARS),
    lambda inner: (
        st.lists(inner, max_size=4) | st.dictionaries(st.sampled_from(NAMES), inner, max_size=2)
    ),
    max_leaves=5,
)
attributes = st.dictionaries(
    st.sampled_from([*NAMES, "sid", "available", "channel"]), json_values, max_size=5
)
tasks = st.builds(
    Task, attributes, st.dictionaries(st.sampled_from(["sid", "a"]), json_values, max_size=2)
)
workers = st.builds(
    Worker,
    attributes,
    st.fixed_dictionaries({"sid": st.just("a"), "available": st.booleans()}),
    st.dictionaries(
        st.sampled_from(NAMES),
        st.fixed_dictionaries({"a": st.sampled_from([0, 1, 10]), "b": st.booleans()}),
        max_size=2,
    ),
)

_LITERALS = "null NULL true false 0 1 1.0 1.5 -2 010 '' 'a' \"b\" 'ab' '1' '10' '1.50' 'true'"
_REFERENCES = """
    worker.a worker.b worker.c worker.a.b worker.a[0] worker.sid worker.available worker.none
    worker.channel.a.a worker.channel.a.b worker.channel.a taskrouter.currentTime
    taskrouter.dayOfWeek taskrouter.none task.a task.b task.c task.a.b task.a[0] task.a[1]
    task.sid task.none a sid task worker
"""
_OPERATORS = "== = != < <= > >= HAS >- IN <- CONTAINS NOT_IN"

_literals = st.sampled_from(_LITERALS.split())
_references = st.sampled_from(_REFERENCES.split())
_operators = st.sampled_from(_OPERATORS.split()).map(lambda one: one.replace("_", " "))
_scalars = _literals | _references
_arrays = st.lists(_scalars, max_size=3).map(lambda items: f"[{', '.join(items)}]")
_operands = _references | _references | _literals | _arrays
_comparisons = st.builds("{} {} {}".format, _operands, _operators, _operands)

target_texts = st.recursive(
    _comparisons | _comparisons | _comparisons | _operands,
    lambda inner: st.one_of(
        st.builds("({}) AND ({})".format, inner, inner),
        st.builds("({}) OR ({})".format, inner, inner),
        st.builds("{} AND {} OR {}".format, inner, inner, inner),
        st.builds("NOT ({})".format, inner),
        st.builds("NOT {}".format, inner),
    ),
    max_leaves=6,
)
instants_ms = st.integers(0, 2_000_000_000_000)
