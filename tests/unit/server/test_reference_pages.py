"""The document and the page that people read it on."""

import json
import re
from html.parser import HTMLParser
from typing import Any

import msgspec
import pytest
from starlette.applications import Starlette

from taskyard.core.limits import Limits
from taskyard.server.api.openapi import describe
from taskyard.server.api.routes import ROUTES
from taskyard.server.docs_page import page_of
from taskyard.server.reference_pages import reference_routes

SERVER = "https://tasks.example.com"
DOCUMENT: dict[str, Any] = describe(ROUTES, Limits(), "1.2.3", SERVER)
OPERATIONS = [
    (path, method, operation)
    for path, methods in DOCUMENT["paths"].items()
    for method, operation in methods.items()
]


def all_below(value: Any) -> list[dict[str, Any]]:
    if isinstance(value, dict):
        return [value, *(one for part in value.values() for one in all_below(part))]
    return [one for part in value for one in all_below(part)] if isinstance(value, list) else []


class Page(HTMLParser):
    VOID = frozenset({"meta", "br", "tr", "th", "td"})

    def __init__(self, html: str) -> None:
        super().__init__()
        self.ids: list[str] = []
        self.targets: list[str] = []
        self.tags: list[str] = []
        self.open: list[str] = []
        self.text = ""
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        named = {name: value or "" for name, value in attrs}
        self.tags.append(tag)
        assert "src" not in named
        self.ids += [named["id"]] if "id" in named else []
        self.targets += [named["href"]] if "href" in named else []
        if tag not in self.VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        if tag not in self.VOID:
            assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.text += data


async def fetched(path: str, headers: dict[str, str], public_url: str | None = None) -> bytes:
    sent: list[dict[str, Any]] = []

    async def send(message: Any) -> None:
        sent.append(message)

    async def receive() -> Any:
        return {"type": "http.request", "body": b""}

    scope = {
        "type": "http",
        "method": "GET",
        "path": path,
        "query_string": b"",
        "scheme": "http",
        "server": ("10.0.0.1", 8080),
        "headers": [(name.encode(), value.encode()) for name, value in headers.items()],
    }
    await Starlette(routes=reference_routes(Limits(), public_url))(scope, receive, send)
    assert sent[0]["status"] == 200
    body = sent[1]["body"]
    assert isinstance(body, bytes)
    return body


def test_every_route_is_in_the_document_once() -> None:
    assert {(path, method.upper()) for path, method, _ in OPERATIONS} == {
        ("/v1" + path, method) for path, methods in ROUTES.items() for method in methods
    }


def test_every_reference_leads_to_a_component_and_every_component_is_used() -> None:
    wanted = {one["$ref"] for one in all_below(DOCUMENT) if "$ref" in one}
    there = {
        f"#/components/{kind}/{name}"
        for kind in ("schemas", "responses", "headers")
        for name in DOCUMENT["components"][kind]
    }
    assert wanted == there


def test_every_variable_of_a_path_is_a_parameter() -> None:
    for path, _, operation in OPERATIONS:
        variables = [one["name"] for one in operation["parameters"] if one["in"] == "path"]
        assert variables == re.findall(r"{(\w+)}", path)


def test_every_sid_of_an_answer_has_its_shape() -> None:
    for name, schema in DOCUMENT["components"]["schemas"].items():
        for key, value in schema["properties"].items():
            if key == "sid" or key.endswith("_sid"):
                assert "pattern" in json.dumps(value), (name, key)
            if key.startswith("date_"):
                assert value["format"] == "date-time", (name, key)


def test_the_bounds_are_those_of_this_server() -> None:
    limits = msgspec.structs.replace(Limits(), priority=9)
    document = describe(ROUTES, limits, "1", SERVER)
    form = document["paths"]["/v1/Workspaces/{WorkspaceSid}/Tasks"]["post"]["requestBody"]
    (media,) = form["content"].values()
    assert media["schema"]["properties"]["Priority"]["maximum"] == 9


def test_the_page_fetches_nothing_and_every_link_leads_somewhere_on_it() -> None:
    page = Page(page_of(DOCUMENT))
    assert page.open == []
    assert len(set(page.ids)) == len(page.ids)
    assert not {"script", "link", "img", "iframe"} & set(page.tags)
    for target in page.targets:
        assert target == "openapi.json" or target[1:] in page.ids, target
    assert "@import" not in page.text
    assert "url(" not in page.text


def test_the_page_shows_every_operation_parameter_and_status() -> None:
    html = page_of(DOCUMENT)
    for path, _, operation in OPERATIONS:
        begin = html.index(f'<details id="{operation["operationId"]}"')
        shown = html[begin : html.index("</details>", begin)]
        assert f"<code>{path}</code>" in shown
        assert f"{SERVER}{path}" in shown
        for parameter in operation["parameters"]:
            assert f"<code>{parameter['name']}</code>" in shown
        for media in operation.get("requestBody", {}).get("content", {}).values():
            for name in media["schema"]["properties"]:
                assert f"<code>{name}</code>" in shown
        for status in operation["responses"]:
            assert f"<td>{status}<td>" in shown


def test_what_stands_in_the_document_cannot_break_the_page() -> None:
    document = json.loads(json.dumps(DOCUMENT).replace("Show a worker.", "<script>&`<b>`"))
    page = Page(page_of(document))
    assert "script" not in page.tags
    assert "<script>&<b>" in page.text


@pytest.mark.parametrize("path", ["/openapi.json", "/docs"])
async def test_the_address_is_the_one_that_the_caller_used(path: str) -> None:
    assert b"http://a.example:81" in await fetched(path, {"host": "a.example:81"})
    assert b"http://10.0.0.1:8080" in await fetched(path, {"host": 'x"><script>'})
    public = await fetched(path, {"host": "a.example"}, "https://public.example/x")
    assert b"https://public.example/x" in public
    assert b"a.example" not in public
    assert b".invalid" not in public


async def test_the_document_is_json_of_openapi() -> None:
    document = json.loads(await fetched("/openapi.json", {"host": "h"}))
    assert document["openapi"] == "3.1.0"
    assert document["servers"] == [{"url": "http://h"}]
