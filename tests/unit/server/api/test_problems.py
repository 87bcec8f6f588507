import json
import logging

import pytest

from taskyard.core.errors import (
    Conflict,
    Gone,
    InstructionRefused,
    Invalid,
    LimitReached,
    NotFound,
    Refusal,
    VersionMismatch,
)
from taskyard.server.api.problems import (
    REFUSALS,
    Problem,
    body_of,
    method_not_allowed,
    not_found,
    problem_of,
    unauthorized,
)

PATH = "/Workspaces/WS1/Workers/WK1"


class Passing(Exception):
    pass


@pytest.mark.parametrize(
    ("refusal", "status", "code"),
    [
        (Invalid("x"), 400, 20001),
        (LimitReached("x"), 400, 20001),
        (Conflict("x"), 400, 20001),
        (NotFound("worker", "WK1"), 404, 20404),
        (Gone("x"), 410, 20001),
        (VersionMismatch("worker", "WK1", 2, 1), 412, 20412),
        (Refusal("x"), 400, 20001),
    ],
)
def test_each_refusal_has_its_status_and_code(refusal: Refusal, status: int, code: int) -> None:
    problem = problem_of(refusal, PATH, ())
    assert (problem.status, problem.code) == (status, code)


def test_the_table_names_every_refusal() -> None:
    def below(kind: type[Refusal]) -> set[type[Refusal]]:
        return {kind}.union(*map(below, kind.__subclasses__()))

    ours = {kind for kind in below(Refusal) if kind.__module__ == "taskyard.core.errors"}
    assert ours - {Refusal, InstructionRefused} == set(REFUSALS)  # that one brings its code


def test_what_is_not_found_is_named_by_its_path() -> None:
    problem = problem_of(NotFound("reservation", "WR1"), PATH, ())
    assert str(problem) == f"The requested resource {PATH} was not found"


@pytest.mark.parametrize(
    ("path", "told"),
    [
        ("/Workspaces/\nevil\x00", r"/Workspaces/\nevil\x00"),
        ("/Workspaces/Büro", "/Workspaces/Büro"),
        ("/" + "x" * 300, "/" + "x" * 199 + "..."),
    ],
)
def test_a_strange_path_is_told_on_one_line(path: str, told: str) -> None:
    assert str(not_found(path)) == f"The requested resource {told} was not found"
    assert str(method_not_allowed("PUT", path, ())) == f"Method not allowed: PUT on {told}"


def test_a_message_stays_on_one_line_and_within_bounds_whatever_it_repeats() -> None:
    assert str(problem_of(Invalid("not 'a\r\nb'"), PATH, ())) == r"not 'a\r\nb'"
    assert str(problem_of(Invalid("не «☕»"), PATH, ())) == "не «☕»"
    assert len(str(Problem(400, 20001, "x" * 9_000))) == 2_003


def test_an_instruction_that_is_refused_brings_its_code() -> None:
    problem = problem_of(InstructionRefused(40112, "CallUrl field is required"), PATH, ())
    assert (problem.status, problem.code) == (400, 40112)


def test_a_failure_that_passes_invites_to_try_again() -> None:
    problem = problem_of(Passing("disk is full"), PATH, (Passing,))
    assert (problem.status, problem.code) == (503, 20503)
    assert dict(problem.headers) == {b"retry-after": b"1"}
    assert "disk" not in str(problem)


def test_anything_else_is_logged_and_tells_nothing(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.ERROR):
        problem = problem_of(KeyError("secret"), PATH, ())
    assert (problem.status, problem.code) == (500, 20500)
    assert "secret" not in str(problem)
    assert "KeyError" in caplog.text


def test_a_problem_stays_itself() -> None:
    problem = Problem(413, 20001, "too large")
    assert problem_of(problem, PATH, ()) is problem


def test_the_body_has_the_four_documented_keys() -> None:
    assert json.loads(body_of(Problem(400, 20001, "Priority must be a whole number"))) == {
        "code": 20001,
        "message": "Priority must be a whole number",
        "more_info": "https://www.twilio.com/docs/errors/20001",
        "status": 400,
    }


def test_a_wrong_method_is_answered_with_those_that_are_allowed() -> None:
    problem = method_not_allowed("PUT", PATH, ("GET", "POST"))
    assert (problem.status, problem.code) == (405, 20004)
    assert dict(problem.headers) == {b"allow": b"GET, POST"}


def test_missing_credentials_are_asked_for() -> None:
    problem = unauthorized()
    assert (problem.status, problem.code, str(problem)) == (401, 20003, "Authenticate")
    assert dict(problem.headers) == {b"www-authenticate": b'Basic realm="Twilio API"'}
