"""Judges answers by the facts of the published document, in published_api.json."""

import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

FACTS: dict[str, Any] = json.loads(Path(__file__).with_name("published_api.json").read_text())
JSON = "application/json; charset=utf-8"
ERROR = {"code": "integer", "message": "text", "more_info": "uri", "status": "integer"}

# Differences that are choices, each written down in docs/compatibility.md.
MORE_LINKS = {"workflow": {"workspace"}}  # seen on the live service and not in its document
MORE_ETAGS = {"task_queue", "workflow", "worker_reservation"}
NULL_LINKS = {"task_queue", "workflow", "assignment_activity", "reservation_activity"}
# What the published statistics do not have stands under one name of ours.
MORE_PROPERTIES = {
    f"{noun}_cumulative_statistics": {"taskyard": "object"}
    for noun in ("workspace", "workflow", "task_queue", "workers")
}
EMPTY_ADDRESSES = {
    "event_callback_url",
    "assignment_callback_url",
    "fallback_assignment_callback_url",
}


def _pattern(template: str) -> re.Pattern[str]:
    return re.compile(re.sub(r"\\{\w+\\}", "[^/]+", re.escape(template)))


def _operations() -> dict[str, list[tuple[re.Pattern[str], str, dict[str, Any]]]]:
    """By method; a name wins over a variable where both fit (`/Workers/Statistics`)."""
    found: dict[str, list[tuple[re.Pattern[str], str, dict[str, Any]]]] = {}
    for name, facts in FACTS["operations"].items():
        method, template = facts["at"].split(" ")
        found.setdefault(method, []).append((_pattern(template), name, facts))
    for rows in found.values():
        rows.sort(key=lambda row: row[2]["at"].count("{"))
    return found


OPERATIONS = _operations()


def operation_of(method: str, path: str) -> tuple[str, dict[str, Any]] | None:
    """The published operation of a path that begins with `/v1`: its name and facts."""
    for pattern, name, facts in OPERATIONS.get(method, ()):
        if pattern.fullmatch(path):
            return name, facts
    return None


def judge(method: str, url: str, status: int, headers: Mapping[str, str], text: str) -> None:
    """Fail unless an answer under `/v1` is one that the published document allows."""
    path = urlsplit(url).path
    if not path.startswith("/v1/"):
        return
    found = operation_of(method, path)
    where = f"{method} {url} answered {status} {text}"
    if status >= 400:
        if method != "HEAD":
            body = _json(headers, text, where)
            _judge_properties(body, ERROR, where)
            assert body["status"] == status, where
        return
    if found is None:
        assert method in ("OPTIONS", "HEAD"), where
        return
    name, facts = found
    where = f"{name}: {where}"
    assert status == facts["status"], where
    noun = facts.get("resource")
    if noun is None:
        assert text == "", where
        return
    body = _json(headers, text, where)
    if "list" in facts:
        key = facts["list"]
        assert body.keys() == {"meta", key}, where
        _judge_properties(body["meta"], FACTS["page"], where)
        assert body["meta"]["key"] == key, where
        assert len(body[key]) <= body["meta"]["page_size"], where
        assert "ETag" not in headers, where
        for one in body[key]:
            judge_resource(noun, one, where)
        return
    judge_resource(noun, body, where)
    if facts.get("etag") or noun in MORE_ETAGS:
        assert re.fullmatch(r'"\d+"', headers.get("ETag", "none")), where
    else:
        assert "ETag" not in headers, where


def judge_resource(noun: str, body: Any, where: str = "") -> None:
    """Fail unless a resource has exactly the published properties, each of its kind."""
    facts = FACTS["resources"][noun]
    assert isinstance(body, dict), where
    kinds = facts["properties"] | MORE_PROPERTIES.get(noun, {})
    _judge_properties(body, kinds, f"{noun} in {where}")
    if "links" in facts:
        links = set(facts["links"]) | MORE_LINKS.get(noun, set())
        assert body["links"].keys() == links, f"links of {noun} in {where}"


def _json(headers: Mapping[str, str], text: str, where: str) -> dict[str, Any]:
    assert headers["Content-Type"] == JSON, where
    body = json.loads(text)
    assert isinstance(body, dict), where
    return body


def _judge_properties(body: dict[str, Any], kinds: dict[str, str], where: str) -> None:
    assert body.keys() == kinds.keys(), f"{sorted(body.keys() ^ kinds.keys())} of {where}"
    for name, kind in kinds.items():
        value = body[name]
        if value == "" and name in EMPTY_ADDRESSES:
            continue
        assert is_of_kind(value, kind), f"{name} is {value!r}, not {kind}, of {where}"


def is_of_kind(value: Any, kind: str) -> bool:
    """Whether a JSON value is of a kind in the words of published_api.json."""
    if kind.endswith("?"):
        return value is None or is_of_kind(value, kind[:-1])
    if kind.startswith("list of "):
        inner = kind.removeprefix("list of ")
        return isinstance(value, list) and all(is_of_kind(one, inner) for one in value)
    if kind.startswith("one of "):
        return value in kind.split(" ")[2:]
    if kind.startswith("sid"):
        prefix = kind[4:] or "[A-Z]{2}"
        return isinstance(value, str) and bool(re.fullmatch(prefix + "[0-9a-f]{32}", value))
    match kind:
        case "text":
            return isinstance(value, str)
        case "integer":
            return type(value) is int
        case "boolean":
            return type(value) is bool
        case "object":
            return isinstance(value, dict)
        case "date-time":
            return isinstance(value, str) and bool(
                re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", value)
            )
        case "uri":
            return isinstance(value, str) and bool(re.match(r"https?://[^/\s]+", value))
        case "links":
            return isinstance(value, dict) and all(
                (address is None and name in NULL_LINKS) or is_of_kind(address, "uri")
                for name, address in value.items()
            )
        case "anything":
            return True
    raise AssertionError(f"no such kind: {kind}")
