"""Calls that a document allows, and some that it does not: no fault, and no undocumented answer.

TASKYARD_FUZZ_EXAMPLES says how many for each operation; the calls are the same in every run.
"""

import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import requests
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import seed as seeded
from hypothesis import strategies as st
from schemathesis import GenerationMode, checks

from taskyard.core.limits import Limits
from taskyard.server.api.openapi import describe
from taskyard.server.api.routes import ROUTES

from .served import SID, TOKEN, Furnished, served

EXAMPLES = int(os.environ.get("TASKYARD_FUZZ_EXAMPLES", "6"))
PUBLISHED = Path(__file__).resolve().parents[3] / "shared" / "reference" / "taskrouter-openapi.json"
CALLBACKS = {"event_callback_url", "assignment_callback_url", "fallback_assignment_callback_url"}


def published() -> dict[str, Any]:
    """The published document, but that an address that is not set is an empty text."""
    document: dict[str, Any] = json.loads(PUBLISHED.read_text())
    for schema in document["components"]["schemas"].values():
        for name in CALLBACKS & schema.get("properties", {}).keys():
            del schema["properties"][name]["format"]
    return document


OURS = schemathesis.openapi.from_dict(describe(ROUTES, Limits(), "0", "http://fuzzed.invalid"))
THEIRS = (
    schemathesis.openapi.from_dict(published())
    if PUBLISHED.exists()  # it is no part of this repository
    else None
)
SERVED = {one.id for methods in ROUTES.values() for one in methods.values()}
# The published document tells of successes only, so that errors are judged by ours.
CHECKS = [
    checks.not_a_server_error,
    checks.status_code_conformance,
    checks.content_type_conformance,
    checks.response_headers_conformance,
    checks.response_schema_conformance,
]


def operations() -> Iterator[Any]:
    for name, document in (("ours", OURS), ("published", THEIRS)):
        if document is None:
            continue
        for found in document.get_all_operations():
            operation = found.ok()
            id_ = operation.definition.raw["operationId"]
            if id_ in SERVED:  # what is not served yet has nothing to be judged
                yield pytest.param(name, operation, id=f"{name}: {id_}")


def cases(operation: Any) -> st.SearchStrategy[Any]:
    allowed = operation.as_strategy()
    if not (operation.query or operation.body):
        return allowed  # there is nothing to be wrong about
    return st.one_of(allowed, operation.as_strategy(generation_mode=GenerationMode.NEGATIVE))


@pytest.fixture(scope="module")
def url() -> Iterator[str]:
    with served() as address:
        yield address


@pytest.mark.parametrize(("document", "operation"), list(operations()))
def test_no_call_makes_a_fault_or_gets_an_answer_that_the_document_does_not_tell_of(
    url: str, document: str, operation: Any
) -> None:
    centre = Furnished(url)
    session = requests.Session()
    session.auth = (SID, TOKEN)
    real = centre.path_parameters(operation.path)

    @seeded(1)
    @settings(
        max_examples=EXAMPLES,
        deadline=None,
        database=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(case=cases(operation), is_real=st.booleans(), is_valid=st.booleans())
    def call(case: Any, is_real: bool, is_valid: bool) -> None:
        if is_real or is_valid:
            case.path_parameters.update(real)
        if is_valid:
            centre.make_valid(case.query)
            if isinstance(case.body, dict):
                centre.make_valid(case.body)
        answer = case.call(base_url=url, session=session)
        if document == "published" and answer.status_code >= 400:
            assert answer.status_code < 500, answer.text
            assert answer.json()["status"] == answer.status_code
        else:
            case.validate_response(answer, checks=CHECKS)

    try:
        call()
    finally:
        session.close()
        centre.close()
