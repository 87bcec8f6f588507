"""The pages of the resources have every operation, parameter and property, and nothing else."""

import re
from collections.abc import Mapping
from typing import Any

import pytest

from documentation import REFERENCE, Row, rows_in, table_of
from taskyard.core.instructions import INSTRUCTIONS
from taskyard.core.limits import Limits
from taskyard.server.api.openapi import _PAGING
from taskyard.server.api.operations import Operation
from taskyard.server.api.pages import Meta
from taskyard.server.api.parameters import Parameter
from taskyard.server.api.routes import ROUTES
from taskyard.server.api.schemas import answer_schemas, name_of

RESOURCES = REFERENCE / "resources"
LIMITS = Limits()
OPERATIONS = [
    pytest.param(method, "/v1" + path, one, id=one.id)
    for path, methods in ROUTES.items()
    for method, one in methods.items()
]
ANSWERS = sorted(
    {
        (one.noun, one.answer)
        for methods in ROUTES.values()
        for one in methods.values()
        if one.answer is not None
    },
    key=str,
)
SCHEMAS: dict[str, Any] = answer_schemas((*(answer for _, answer in ANSWERS), Meta))
PROPERTIES = [
    pytest.param(noun, name_of(answer), id=f"{noun}: {name_of(answer)}") for noun, answer in ANSWERS
]
INSTRUCTION_OF = {
    field.parameter: word for word, one in INSTRUCTIONS.items() for field in one.fields
}


# --- how the pages say what the code says ---


def listing(words: list[str]) -> str:
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} or {words[-1]}"


def sids_of(pattern: str) -> str:
    prefixes = re.findall(r"[A-Z]{2}", pattern.partition("[")[0])
    return f"SID {listing([f'`{one}`' for one in prefixes])}"


def coded(words: list[str]) -> list[str]:
    return [f"`{word}`" for word in words]


def value_of(parameter: Parameter) -> str:
    """What may be sent."""
    schema = parameter.schema_within(LIMITS)
    if "anyOf" in schema:
        return f"{sids_of(schema['anyOf'][0]['pattern'])}, or empty"
    if "pattern" in schema.get("items", {}):
        return f"up to {schema['maxItems']} {sids_of(schema['items']['pattern'])}"
    if schema["type"] == "array":
        names = dict.fromkeys(word.partition(":")[0] for word in schema["items"]["enum"])
        if parameter.name == "Ordering":
            return f"some of {', '.join(coded([*names]))}, each with `:asc` or `:desc`"
        return f"some of {', '.join(coded([*names]))}"
    if "enum" in schema:
        return listing(coded([str(word) for word in schema["enum"]]))
    if "pattern" in schema:
        return sids_of(schema["pattern"])
    low, high = schema.get("minimum"), schema.get("maximum")
    if schema["type"] == "integer":
        bounds = "" if low is None else f" from {low}" + ("" if high is None else f" to {high:,}")
        return f"number{bounds}"
    if schema["type"] == "boolean":
        return "boolean"
    kind = {"date-time": "date"}.get(schema.get("format", ""), "text")
    if schema.get("contentMediaType") == "application/json":
        kind = "JSON"
    full = ", not empty" if schema.get("minLength") else ""
    longest = f", up to {schema['maxLength']:,} characters" if "maxLength" in schema else ""
    return kind + full + longest


def default_of(parameter: Parameter) -> str:
    """What counts when it is not sent."""
    if parameter.required:
        return "required"
    default = parameter.schema.get("default")
    if default is None:
        return ""
    return f"`{str(default).lower()}`" if isinstance(default, bool) else f"`{default!s}`"


def type_of(schema: Mapping[str, Any]) -> str:
    """What a property may be."""
    if "anyOf" in schema:
        one, null = schema["anyOf"]
        assert null == {"type": "null"}
        return f"{type_of(one)} or null"
    if "$ref" in schema:
        return "addresses" if schema["$ref"].endswith("Links") else "object"
    if "enum" in schema:
        return listing(coded(schema["enum"]))
    if "pattern" in schema:
        return sids_of(schema["pattern"])
    if schema.get("contentMediaType") == "application/json":
        return "JSON"
    formats = {"date-time": "date", "uri": "address"}
    kinds = {"string": "text", "integer": "number", "boolean": "boolean"}
    kinds |= {"array": "list", "object": "object"}
    return formats.get(schema.get("format", "")) or kinds[schema["type"]]


def first_line(method: str, path: str, one: Operation) -> str:
    """How an operation's section begins."""
    headers = [
        *(["`If-Match` is honoured"] if one.honours_if_match else []),
        *(["the answer has an `ETag`"] if one.has_etag else []),
        *([f"pages of `{one.key}`"] if one.key else []),
    ]
    return f"`{method} {path}` → {'; '.join([str(one.status), *headers])}"


# --- and that they do ---


def page_of(noun: str) -> str:
    return (RESOURCES / f"{noun}.md").read_text()


def sections_of(noun: str) -> dict[str, str]:
    operations = re.search(r"^## Operations\n(.*?)(?=^## |\Z)", page_of(noun), re.DOTALL | re.M)
    assert operations is not None
    return dict(re.findall(r"^### (\w+)\n(.*?)(?=^### |\Z)", operations[1], re.DOTALL | re.M))


def said(parameter: Parameter) -> tuple[str, str, str]:
    return f"`{parameter.name}`", value_of(parameter), default_of(parameter)


def test_every_noun_has_a_page_with_its_operations_and_nothing_else() -> None:
    nouns = {one.noun for methods in ROUTES.values() for one in methods.values()}
    assert {page.stem for page in RESOURCES.glob("*.md")} == nouns | {"README"}
    for noun in nouns:
        served = {one.id for ms in ROUTES.values() for one in ms.values() if one.noun == noun}
        assert sections_of(noun).keys() == served


@pytest.mark.parametrize(("method", "path", "one"), OPERATIONS)
def test_an_operation_is_described_as_it_is_served(method: str, path: str, one: Operation) -> None:
    section = sections_of(one.noun)[one.id]
    line, summary = section.strip().split("\n\n")[:2]
    assert line == first_line(method, path, one)
    assert summary.startswith(one.summary)


@pytest.mark.parametrize(("method", "path", "one"), OPERATIONS)
def test_an_operation_has_its_parameters_in_their_order(
    method: str, path: str, one: Operation
) -> None:
    section = sections_of(one.noun)[one.id]
    instructed = rows_in(page_of(one.noun), "parameter of an instruction")
    if "[its parameters](#parameters-of-instructions)" not in section:
        instructed = []
    elif "but for those of `supervise`" in section:
        instructed = [row for row in instructed if INSTRUCTION_OF[row[0].strip("`")] != "supervise"]
    rows = [*rows_in(section, "parameter"), *instructed]
    parameters = [*one.query, *one.form]
    assert [row[:3] for row in rows] == [said(parameter) for parameter in parameters]
    for row, parameter in zip(rows, parameters, strict=True):
        assert row[3].startswith(parameter.about), parameter.name


def properties_of(noun: str, name: str) -> list[Row]:
    """The rows of one resource; a page that shows several says of which."""
    several = sum(one == noun for one, _ in ANSWERS) > 1
    heading = f"## Properties of {name}" if several else "## Properties"
    section = re.search(rf"^{heading}\n(.*?)(?=^## )", page_of(noun), re.DOTALL | re.M)
    assert section is not None, heading
    return rows_in(section[1], "property")


@pytest.mark.parametrize(("noun", "name"), PROPERTIES)
def test_a_page_has_the_properties_of_its_resource_in_their_order(noun: str, name: str) -> None:
    rows = properties_of(noun, name)
    assert [row[:2] for row in rows] == [
        (f"`{key}`", type_of(schema)) for key, schema in SCHEMAS[name]["properties"].items()
    ]
    assert all(meaning for *_, meaning in rows)


@pytest.mark.parametrize(("noun", "name"), PROPERTIES)
def test_a_page_has_the_links_of_its_resource(noun: str, name: str) -> None:
    said = [row[2] for row in properties_of(noun, name) if row[0] == "`links`"]
    links = [*SCHEMAS[f"{name}Links"]["properties"]] if f"{name}Links" in SCHEMAS else None
    assert [re.findall(r"`(\w+)`", meaning) for meaning in said] == ([links] if links else [])


def test_the_parameters_of_pages_and_what_stands_beside_the_items_are_described_once() -> None:
    common = RESOURCES / "README.md"
    rows = table_of(common, "parameter")
    assert [row[:3] for row in rows] == [said(parameter) for parameter in _PAGING]
    meta = SCHEMAS["Meta"]["properties"]
    assert [row[:2] for row in table_of(common, "beside the items")] == [
        (f"`{key}`", type_of(schema)) for key, schema in meta.items()
    ]
