"""What outsiders write, in every reader of ours: it is read, or refused as documented, in one line.

TASKYARD_FUZZ_EXAMPLES says how much; the texts are the same in every run.
"""

import base64
import json
import os
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import seed as seeded
from hypothesis import strategies as st

from .readers import ACCOUNT, QUEUE, READERS

EXAMPLES = 25 * int(os.environ.get("TASKYARD_FUZZ_EXAMPLES", "6"))

numbers = st.integers() | st.floats(allow_nan=False, allow_infinity=False)
scalars = st.none() | st.booleans() | numbers | st.text(max_size=12)


def values_of(keys: list[str], words: list[str]) -> st.SearchStrategy[Any]:
    known = scalars | st.sampled_from(words)
    names = st.sampled_from(keys) | st.text(max_size=6)
    return st.recursive(
        known,
        lambda inner: st.lists(inner, max_size=4) | st.dictionaries(names, inner, max_size=5),
        max_leaves=12,
    )


@st.composite
def damaged(draw: st.DrawFn, whole: st.SearchStrategy[str]) -> str:
    """A text with a piece of it left out, repeated, or replaced."""
    text = draw(whole)
    first, last = sorted(draw(st.tuples(*[st.integers(0, len(text))] * 2)))
    return (
        text[:first]
        + draw(st.sampled_from(["", text[first:last] * 2, '"', "[", "\0", "é"]))
        + (text[last:])
    )


PIECES = """
    a worker.skills task.x ( ) , 0 -1 1.5e400 1e-400 'x' "y" ' " and OR not IN HAS contains null
    true asc DESC == != <= >- && [ ] $ # \\ . é
"""
expressions = st.text(max_size=60) | st.lists(st.sampled_from(PIECES.split()), max_size=30).map(
    " ".join
)
nested = st.builds(
    lambda piece, end, often: piece * often + end * often,
    st.sampled_from(["(", "[", "NOT ", '{"a":', '[{"filters":', "a AND ("]),
    st.sampled_from([")", "]", "", "}"]),
    st.integers(1, 5000),
)

steps = st.fixed_dictionaries(
    {},
    optional={
        "queue": st.just(QUEUE) | scalars,
        "expression": expressions,
        "timeout": scalars | st.integers(-1, 100),
        "priority": scalars,
        "order_by": expressions,
        "skip_if": expressions,
        "known_worker_sid": expressions,
        "known_worker_friendly_name": expressions,
    },
)
filters = st.fixed_dictionaries(
    {},
    optional={
        "filter_friendly_name": scalars,
        "expression": expressions,
        "targets": st.lists(steps, max_size=3),
    },
)
routings = st.fixed_dictionaries(
    {}, optional={"filters": st.lists(filters, max_size=3), "default_filter": steps | scalars}
)
documents = st.fixed_dictionaries({"task_routing": routings}) | values_of(
    ["task_routing", "filters", "targets", "default_filter", "expression", "queue"], [QUEUE, "1==1"]
)
workflows = documents.map(json.dumps)

form_texts = st.text("ab=+%\\x4é0&;\0\n", max_size=40).map(str.encode) | st.binary(max_size=60)
envelopes = st.fixed_dictionaries(
    {},
    optional={
        "url": st.text(max_size=40) | st.just("https://any.invalid/v1/Workspaces?a=b") | scalars,
        "method": st.sampled_from(["GET", "POST"]) | scalars,
        "token": scalars,
        "params": st.dictionaries(st.text(max_size=5), scalars | st.lists(scalars), max_size=4),
        "event_type": scalars,
    },
).map(json.dumps)
CLAIMS = """
    iss sub exp nbf iat jti grants policies scope version account_sid channel workspace_sid
    worker_sid task_router identity role url method allow query_filter post_filter required
"""
claims = values_of(
    CLAIMS.split(),
    [ACCOUNT, "v1", "GET", "worker", "https://any.invalid/v1/**", "SK" + "0c" * 16],
)


def segment(value: Any) -> str:
    return base64.urlsafe_b64encode(json.dumps(value).encode()).rstrip(b"=").decode()


headers = values_of(["alg", "typ", "cty", "kid", "crit", "b64"], ["HS256", "none", "JWT"])
tokens = st.builds(
    lambda head, body, end: f"{segment(head)}.{segment(body)}.{end}",
    headers | st.just({"alg": "HS256", "typ": "JWT", "cty": "twilio-fpa;v=1"}),
    claims,
    st.text("ab-_=. é", max_size=8),
)
claim_texts = (claims.map(json.dumps) | nested).map(str.encode)


def any_of(*texts: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    return st.one_of(*texts, *map(damaged, texts), nested)


TEXTS: dict[str, st.SearchStrategy[Any]] = {
    "expression": any_of(expressions),
    "order": any_of(expressions),
    "reference": any_of(expressions),
    "workflow": any_of(workflows),
    "form": form_texts,
    "envelope": any_of(envelopes).map(str.encode) | st.binary(max_size=80),
    "target": st.text(max_size=80).map("https://x/v1/".__add__),
    "token": any_of(tokens),
    "access claims": claim_texts,
    "capability claims": claim_texts,
}


@pytest.mark.parametrize("name", READERS)
def test_whatever_outsiders_write_is_read_or_refused_in_one_line(name: str) -> None:
    @seeded(1)
    @settings(
        max_examples=EXAMPLES,
        deadline=None,
        database=None,
        phases=[Phase.generate, Phase.shrink],
        suppress_health_check=list(HealthCheck),
    )
    @given(TEXTS[name])
    def attempt(text: Any) -> None:
        READERS[name].attempt(text)

    attempt()
