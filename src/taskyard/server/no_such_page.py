"""Where nothing is, outside of `/v1` too, the answer is a refusal like any other."""

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from .api.problems import Problem, body_of, method_not_allowed, not_found


async def no_such_page(request: Request, error: Exception) -> Response:
    """Answer what no route took: 404, or 405 with the methods that the path has."""
    problem = _problem_of(request, error)
    headers = {name.decode(): value.decode() for name, value in problem.headers}
    return Response(body_of(problem), problem.status, headers, "application/json; charset=utf-8")


def _problem_of(request: Request, error: Exception) -> Problem:
    path = request.url.path
    if isinstance(error, HTTPException) and error.status_code == 405:
        allowed = (error.headers or {}).get("Allow", "").split(", ")
        return method_not_allowed(request.method, path, allowed)
    return not_found(path)
