"""Calls that follow one another: what one answers with is what the next are about.

Schemathesis follows the links of a document, those that it says and those that can be told from it.
TASKYARD_FUZZ_EXAMPLES says how many stories are told; they are the same in every run.
"""

import re
from collections import Counter
from contextlib import ExitStack
from random import Random
from typing import Any

import pytest
import requests
from hypothesis import HealthCheck, Phase, settings
from schemathesis import checks

from .served import SID, TOKEN, Furnished, served
from .test_documents import CHECKS, EXAMPLES, OURS, SERVED, THEIRS

STEPS = 15
STORIES_MIN = 12
"""Fewer may tell of nothing that is made."""
A_SID = re.compile(r"\b[A-Z]{2}[0-9a-f]{32}\b")
SHARE_OF_PLACES, SHARE_OF_VALUES = 0.9, 0.5
"""Of what the document allows and nobody has: so much is made into something that there is."""
IN_ORDER = [*CHECKS, checks.use_after_free, checks.ensure_resource_availability]


@pytest.mark.parametrize("name", ["ours", "published"])
def test_no_story_makes_a_fault_or_gets_an_answer_that_the_document_does_not_tell_of(
    name: str,
) -> None:
    document = OURS if name == "ours" else THEIRS
    if document is None:
        pytest.skip("the published document is no part of this repository")
    answered: Counter[tuple[str, int]] = Counter()
    session = requests.Session()
    session.auth = (SID, TOKEN)

    class Story(document.as_state_machine()):  # type: ignore[misc]
        def setup(self) -> None:
            # A server of its own: what is told again has to end as it did.
            self.ends = ExitStack()
            self.url = self.ends.enter_context(served())
            self.centre = Furnished(self.url)
            self.ends.callback(self.centre.close)
            self.known = {*self.centre.parents.values()}
            self.dice = Random(1)

        def teardown(self) -> None:
            self.ends.close()

        def get_call_kwargs(self, case: Any) -> dict[str, Any]:
            return {"base_url": self.url, "session": session}

        def before_call(self, case: Any) -> None:
            """What no answer has named is mostly put where it could be found."""
            real = self.centre.path_parameters(case.operation.path)
            for variable, value in (case.path_parameters or {}).items():
                is_odd = value not in self.known and variable in real
                if is_odd and self.dice.random() < SHARE_OF_PLACES:
                    case.path_parameters[variable] = real[variable]
            if self.dice.random() < SHARE_OF_VALUES:
                for fields in (case.query, case.body):
                    if isinstance(fields, dict):
                        self.centre.make_valid(fields)

        def after_call(self, response: Any, case: Any) -> None:
            super().after_call(response, case)
            self.known |= {*A_SID.findall(response.text)}
            answered[case.operation.definition.raw["operationId"], response.status_code] += 1

        def validate_response(self, response: Any, case: Any, *_: Any, **kwargs: Any) -> None:
            if name == "published" and response.status_code >= 400:
                assert response.status_code < 500, response.text
                assert response.json()["status"] == response.status_code
            else:
                case.validate_response(
                    response, checks=IN_ORDER, recorder=self.recorder, transport_kwargs=kwargs
                )

    try:
        Story.run(
            settings=settings(
                max_examples=max(EXAMPLES, STORIES_MIN),
                stateful_step_count=STEPS,
                derandomize=True,
                deadline=None,
                database=None,
                phases=[Phase.generate],
                suppress_health_check=list(HealthCheck),
            )
        )
    finally:
        session.close()
    done = {operation for operation, status in answered if status in (200, 201, 204)}
    assert {status for _, status in answered} >= {200, 201, 400}
    assert len(done & SERVED) >= 10, f"hardly anything came about: {answered}"
