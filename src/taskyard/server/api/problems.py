"""How a "no" looks on the wire: one table from what was raised to status and code.

Source: TaskRouter errors and limits, sections 1 and 2; each row names what it follows.
"""

import logging
from collections.abc import Sequence

import msgspec

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
from taskyard.core.expressions import printable

_LOG = logging.getLogger(__name__)
_RETRY_SOON = ((b"retry-after", b"1"),)
_MESSAGE_CHARACTERS_MAX = 2_000
_PATH_CHARACTERS_MAX = 200
"""More than the longest address of a resource has."""

Headers = Sequence[tuple[bytes, bytes]]


class Problem(Exception):
    """An error answer that HTTP itself calls for, before or beside any rule of the core.

    Its message is one line, whatever of the request it repeats.
    """

    def __init__(self, status: int, code: int, message: str, headers: Headers = ()) -> None:
        super().__init__(_on_one_line(message, _MESSAGE_CHARACTERS_MAX))
        self.status = status
        self.code = code
        self.headers = headers


class ProblemBody(msgspec.Struct, gc=False):
    """The body of every answer that is an error."""

    code: int
    message: str
    more_info: str
    status: int


REFUSALS: dict[type[Refusal], tuple[int, int]] = {
    Invalid: (400, 20001),  # unknown or invalid parameters
    LimitReached: (400, 20001),  # system limits, section 6
    Conflict: (400, 20001),  # wrong state; 409 is not used
    NotFound: (404, 20404),  # unknown SID or path
    Gone: (410, 20001),  # a reservation that was withdrawn
    VersionMismatch: (412, 20412),  # If-Match differs
}
"""But for `InstructionRefused`, which brings the code of section 3.2 with it."""


def not_found(path: str) -> Problem:
    """The answer for a path that leads nowhere; `path` is what follows `/v1`."""
    return Problem(404, 20404, f"The requested resource {_short(path)} was not found")


def method_not_allowed(method: str, path: str, allowed: Sequence[str]) -> Problem:
    """The answer for a method that a known path does not have."""
    allow = ", ".join(allowed).encode()
    message = f"Method not allowed: {method} on {_short(path)}"
    return Problem(405, 20004, message, ((b"allow", allow),))


def unknown_method(method: str) -> Problem:
    """The answer for a method that no path has."""
    allow = b"GET, POST, DELETE, HEAD, OPTIONS"
    return Problem(405, 20004, f"Method not allowed: {method}", ((b"allow", allow),))


def unauthorized() -> Problem:
    """The one answer for missing, unknown and wrong credentials."""
    return Problem(
        401, 20003, "Authenticate", ((b"www-authenticate", b'Basic realm="Twilio API"'),)
    )


def precondition_failed(reason: str) -> Problem:
    """The answer for an If-Match that does not match."""
    return Problem(412, 20412, f"Precondition Failed: {reason}")


def not_http() -> Problem:
    """The answer for bytes that are no HTTP/1.1 request."""
    return Problem(400, 20001, "the request is not valid HTTP/1.1")


def too_slow() -> Problem:
    """The answer for a request that has not come in whole in its time."""
    return Problem(408, 20001, "the request did not arrive in time")


def body_too_large(most: int) -> Problem:
    """The answer for a body of more than `most` bytes."""
    return Problem(413, 20001, f"the body may have at most {most} bytes")


def url_too_long(most: int) -> Problem:
    """The answer for an address of more than `most` bytes."""
    return Problem(414, 20001, f"the path and query may have at most {most} bytes")


def too_many_pipelined(most: int) -> Problem:
    """The answer for sending on and on without waiting for answers."""
    return Problem(400, 20001, f"at most {most} requests may wait on one connection")


def head_too_large(lines: int, size: int) -> Problem:
    """The answer for a head of more than so many lines or bytes."""
    return Problem(
        431, 20001, f"the request may have at most {lines} header lines of {size} bytes in all"
    )


def too_long_ago(minutes: int) -> Problem:
    """The answer for statistics of a window that begins before anything is known."""
    return Problem(400, 14241, f"StartDate must be no more than {minutes} minutes ago")


def too_many_requests(key: str, limit: int) -> Problem:
    """The answer for a call above a rate; it was not processed at all, so it may be sent again."""
    return Problem(429, 20429, f"Too Many Requests: {key} is limited to {limit} a second")


def problem_of(error: Exception, path: str, unavailable: tuple[type[Exception], ...]) -> Problem:
    """What to answer for whatever was raised while `path` was served.

    Args:
        error: What was raised.
        path: What follows `/v1`.
        unavailable: Failures that pass: nothing was done, and the caller may try again.
    """
    if isinstance(error, Problem):
        return error
    if isinstance(error, NotFound):
        return not_found(path)
    if isinstance(error, VersionMismatch):
        return precondition_failed(str(error))
    if isinstance(error, InstructionRefused):
        return Problem(400, error.code, str(error))
    if isinstance(error, Refusal):
        status, code = REFUSALS.get(type(error)) or _row_of_nearest_base(error)
        return Problem(status, code, str(error))
    if isinstance(error, unavailable):
        _LOG.warning("could not serve %s: %s", path, error)
        return Problem(
            503, 20503, "The server cannot do this right now, please try again", _RETRY_SOON
        )
    _LOG.error("failed to serve %s", path, exc_info=error)
    return Problem(500, 20500, "An internal server error has occurred")


def body_of(problem: Problem) -> bytes:
    """The JSON of an error answer."""
    return msgspec.json.encode(
        ProblemBody(
            code=problem.code,
            message=str(problem),
            # The official pages, so that the links lead somewhere.
            more_info=f"https://www.twilio.com/docs/errors/{problem.code}",
            status=problem.status,
        )
    )


def _short(path: str) -> str:
    return _on_one_line(path, _PATH_CHARACTERS_MAX)


def _on_one_line(text: str, most: int) -> str:
    """A text as it is, unless it would break the line or fill the screen."""
    text = printable(text)
    return text if len(text) <= most else f"{text[:most]}..."


def _row_of_nearest_base(refusal: Refusal) -> tuple[int, int]:
    return next(
        (row for base in type(refusal).__mro__ if (row := REFUSALS.get(base)) is not None),
        (400, 20001),
    )
