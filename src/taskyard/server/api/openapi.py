"""The OpenAPI document of what is served under `/v1`, made from the table that routes calls."""

import re
from collections.abc import Iterable, Mapping
from http import HTTPStatus
from typing import Any

import msgspec

from taskyard.core.limits import Limits

from .operations import Operation
from .page_tokens import PAGE_SIZE, PAGE_SIZE_MAX
from .pages import Meta
from .parameters import Parameter, integer, sid_schema, text
from .problems import ProblemBody
from .routes import Operations
from .schemas import answer_schemas, name_of, reference_to

Json = dict[str, Any]

_ABOUT = """\
Taskyard speaks the TaskRouter API. Calls carry the account's SID and auth token, or an API key and
its secret, as HTTP Basic credentials. What is sent with POST is a form; what comes back is JSON.
Fields that are not listed are ignored, and an answer may get more properties in a later release.

Every answer that is an error is a `Problem`. Below status 500 nothing has changed when it comes.
Lists come in pages: follow `next_page_url` until it is null."""

_PAGING = (
    integer("PageSize", "Items of a page.", 1, high=PAGE_SIZE_MAX, absent=PAGE_SIZE),
    integer("Page", "The number of the page; follow next_page_url, which has it.", 0),
    text("PageToken", "Where the page begins; follow next_page_url, which has it."),
)

_PARENTS = {
    "WorkspaceSid": ("WS", "workspace"),
    "WorkerSid": ("WK", "worker"),
    "TaskSid": ("WT", "task"),
    "TaskQueueSid": ("WQ", "task queue"),
    "WorkflowSid": ("WW", "workflow"),
}
_LAST = {
    "activities": "WA",
    "events": "EV",
    "reservations": "WR",
    "task_queues": "WQ",
    "tasks": "WT",
    "workers": "WK",
    "workflows": "WW",
}
_NAMED = {
    "task_channels": "Its SID, or its unique name.",
    "worker_channels": "Its SID, its task channel's SID, or that one's unique name.",
}

_PROBLEMS = {
    400: "A value is missing or cannot be used, or the state does not allow it.",
    401: "The credentials are missing or wrong.",
    404: "Nothing is there.",
    408: "The request did not arrive in time.",
    410: "The reservation was withdrawn, or has timed out.",
    412: "If-Match names another version than the resource has.",
    413: "The body is too large.",
    414: "The address is too long.",
    429: "There were more calls than the operator lets in; this one was not processed.",
    431: "There are too many header lines, or they are too long.",
    500: "A fault of the server.",
    503: "The server cannot do this right now.",
}
_EVERYWHERE = (400, 401, 408, 414, 429, 431, 500, 503)
_PROBLEM_HEADERS = {
    401: {"WWW-Authenticate": "How to authenticate."},
    503: {"Retry-After": "After how many seconds to try again."},
}


def describe(routes: Mapping[str, Operations], limits: Limits, version: str, server: str) -> Json:
    """The document as JSON.

    Args:
        routes: What is served, by path.
        limits: The bounds of this server.
        version: The release.
        server: The address that callers use, without `/v1`.
    """
    operations = [one for methods in routes.values() for one in methods.values()]
    answers = {name_of(one.answer): one.answer for one in operations if one.answer is not None}
    nouns = dict.fromkeys(one.noun for one in operations)
    return {
        "openapi": "3.1.0",
        "info": {"title": "Taskyard", "version": version, "description": _ABOUT},
        "servers": [{"url": server}],
        "security": [{"basic": []}],
        "tags": [{"name": noun.replace("_", " ")} for noun in nouns],
        "paths": {"/v1" + path: _path(path, routes, limits) for path in routes},
        "components": {
            "securitySchemes": {
                "basic": {
                    "type": "http",
                    "scheme": "basic",
                    "description": "Account SID and auth token, or API key SID and secret.",
                }
            },
            "headers": {
                "RequestId": _header("The SID of this call, RQ and 32 hex digits."),
                "ETag": _header("The version of the resource; send it back as If-Match."),
            },
            "responses": {_problem_name(status): _problem(status) for status in _PROBLEMS},
            "schemas": answer_schemas((*answers.values(), Meta, ProblemBody)),
        },
    }


def _path(path: str, routes: Mapping[str, Operations], limits: Limits) -> Json:
    item: Json = {}
    for method, one in routes[path].items():
        description = {"description": one.description} if one.description else {}
        item[method.lower()] = {
            "operationId": one.id,
            "tags": [one.noun.replace("_", " ")],
            "summary": one.summary,
            **description,
            "parameters": [
                *(_variable(name, one.noun) for name in _variables(path)),
                *(_field(field, limits) for field in _query_of(one)),
                *([_IF_MATCH] if one.honours_if_match else ()),
            ],
            **({"requestBody": _form(one, limits)} if one.form else {}),
            "responses": {
                str(one.status): _success(one) | _links(path, one, routes),
                **{str(status): _referred(status) for status in _problems_of(method, one, path)},
            },
        }
    return item


def _query_of(one: Operation) -> tuple[Parameter, ...]:
    return one.query if one.key is None else (*one.query, *_PAGING)


def _variable(name: str, noun: str) -> Json:
    schema: Json = {"type": "string", "minLength": 1}
    about = "Its SID."
    if name in _PARENTS:
        prefix, word = _PARENTS[name]
        schema = sid_schema(prefix)
        about = f"The SID of the {word}."
    elif noun in _LAST:
        schema = sid_schema(_LAST[noun])
    else:
        about = _NAMED[noun]
    return {"name": name, "in": "path", "required": True, "description": about, "schema": schema}


def _field(field: Parameter, limits: Limits) -> Json:
    return {
        "name": field.name,
        "in": "query",
        "description": field.about,
        "schema": field.schema_within(limits),
    }


_IF_MATCH: Json = {
    "name": "If-Match",
    "in": "header",
    "description": "The version that the ETag header gave: refused if it is no longer that one.",
    "schema": {"type": "string"},
}


def _form(one: Operation, limits: Limits) -> Json:
    fields: Iterable[Parameter] = one.form
    schema: Json = {
        "type": "object",
        "properties": {
            field.name: {**field.schema_within(limits), "description": field.about}
            for field in fields
        },
    }
    required = [field.name for field in fields if field.required]
    if required:
        schema["required"] = required
    content = {"application/x-www-form-urlencoded": {"schema": schema}}
    if one.takes_json:
        content["application/json"] = {"schema": schema}
    return {"required": bool(required), "content": content}


def _success(one: Operation) -> Json:
    headers = {"Twilio-Request-Id": {"$ref": "#/components/headers/RequestId"}}
    if one.has_etag:
        headers["ETag"] = {"$ref": "#/components/headers/ETag"}
    if one.answer is None:
        return {"description": "It is done; there is no body.", "headers": headers}
    schema: Json = reference_to(one.answer)
    said = "The resource as it is now."
    if one.key is not None:
        said = "One page of the list."
        schema = {
            "type": "object",
            "properties": {
                "meta": reference_to(Meta),
                one.key: {"type": "array", "items": schema},
            },
            "required": ["meta", one.key],
        }
    content = {"application/json": {"schema": schema}}
    return {"description": said, "headers": headers, "content": content}


def _links(path: str, one: Operation, routes: Mapping[str, Operations]) -> Json:
    """Of a creation: what can be asked of what was made, and where its SID goes then."""
    if one.status != HTTPStatus.CREATED:
        return {}
    given = {name: f"$request.path.{name}" for name in _variables(path)}
    links: Json = {}
    for below, operations in routes.items():
        added = [name for name in _variables(below) if name not in given]
        if len(added) == 1 and below.startswith(f"{path}/{{{added[0]}}}"):
            parameters = given | {added[0]: "$response.body#/sid"}
            for other in operations.values():
                links[other.id] = {"operationId": other.id, "parameters": parameters}
    return {"links": links}


def _variables(path: str) -> list[str]:
    return re.findall(r"{(\w+)}", path)


def _problems_of(method: str, one: Operation, path: str) -> list[int]:
    """The statuses of the errors that an operation may answer."""
    also = {
        404: "{" in path,
        410: one.may_be_gone,
        412: one.honours_if_match,
        413: method == "POST",
    }
    return sorted([*_EVERYWHERE, *(status for status, may in also.items() if may)])


def _problem_name(status: int) -> str:
    return f"Problem{status}"


def _referred(status: int) -> Json:
    return {"$ref": f"#/components/responses/{_problem_name(status)}"}


def _problem(status: int) -> Json:
    headers = {name: _header(about) for name, about in _PROBLEM_HEADERS.get(status, {}).items()}
    return {
        "description": _PROBLEMS[status],
        **({"headers": headers} if headers else {}),
        "content": {"application/json": {"schema": reference_to(ProblemBody)}},
    }


def _header(about: str) -> Json:
    return {"description": about, "schema": {"type": "string"}}


def encode(document: Json) -> bytes:
    """The document's text."""
    return msgspec.json.format(msgspec.json.encode(document), indent=1)
