"""The readers of what outsiders write, and what each may do about it: read it, or refuse it."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from taskyard.core.errors import Invalid
from taskyard.core.expressions import ExpressionProblem, parse, parse_order, parse_reference
from taskyard.core.workflow_document import DocumentProblem, read_document
from taskyard.server.access_claims import access_bearer
from taskyard.server.api import forms
from taskyard.server.api.problems import Problem
from taskyard.server.bridge.envelopes import read_envelope, target_of
from taskyard.server.capability_claims import capability_bearer
from taskyard.server.signed_tokens import take_apart

NOW_MS = 1_700_000_000_000
ACCOUNT = "AC" + "0a" * 16
QUEUE = "WQ" + "0b" * 16


@dataclass(frozen=True)
class Reader:
    """One way in. It reads text, or bytes where whatever comes over the wire is not decoded yet."""

    read: Callable[[Any], object]
    refusals: type[Exception] | tuple[type[Exception], ...]
    of_bytes: bool = False

    def attempt(self, written: str | bytes) -> None:
        """Read it. Anything but a refusal in one line is an error, and is raised."""
        try:
            self.read(written)
        except self.refusals as problem:
            message = str(problem)
            assert message
            assert len(message.splitlines()) == 1, message


READERS = {
    "expression": Reader(parse, ExpressionProblem),
    "order": Reader(parse_order, ExpressionProblem),
    "reference": Reader(parse_reference, ExpressionProblem),
    "workflow": Reader(lambda text: read_document(text, {QUEUE}.__contains__), DocumentProblem),
    "form": Reader(forms.parse, Invalid, of_bytes=True),
    "envelope": Reader(read_envelope, Invalid, of_bytes=True),
    "target": Reader(target_of, (Invalid, Problem)),
    "token": Reader(take_apart, Problem),
    "access claims": Reader(
        lambda text: access_bearer(text, ACCOUNT, NOW_MS), Problem, of_bytes=True
    ),
    "capability claims": Reader(
        lambda text: capability_bearer(text, NOW_MS, strict=True), Problem, of_bytes=True
    ),
}
