"""Writes published_api.json from the published OpenAPI document; run by hand.

    python tests/contract/distil_published_api.py taskrouter-openapi.json

Kept are facts only: the names of all operations, parameters and properties, and their kinds. A kind
is a word or a few: `text`, `sid WK`, `date-time`, `uri`, `links`, `integer`, `integer 1..1000`,
`boolean`, `one of FIFO LIFO`, `list of …`, `anything`; with `?` at its end null is one too.
"""

import json
import re
import sys
from pathlib import Path
from typing import Any

FACTS = Path(__file__).with_name("published_api.json")
METHODS = ("get", "post", "delete")
FORMATS = {"date-time": "date-time", "uri": "uri", "uri-map": "links"}


def distil(document: dict[str, Any]) -> dict[str, Any]:
    schemas = document["components"]["schemas"]
    facts: dict[str, Any] = {"operations": {}, "resources": {}, "page": {}}
    links: dict[str, set[str]] = {}
    for path, methods in document["paths"].items():
        for method in METHODS:
            if method in methods:
                published = methods[method]
                operation = _operation(schemas, method, path, published)
                facts["operations"][published["operationId"]] = operation
                _note_links(published, operation.get("resource"), links)
                facts["page"] = facts["page"] or _page(schemas, published)
    for name, schema in schemas.items():
        if "properties" in schema:
            noun = _noun(name)
            facts["resources"][noun] = {"properties": _kinds(schemas, schema["properties"])}
            if "links" in schema["properties"]:
                facts["resources"][noun]["links"] = sorted(links.get(noun, ()))
    return facts


def _operation(
    schemas: dict[str, Any], method: str, path: str, published: dict[str, Any]
) -> dict[str, Any]:
    operation: dict[str, Any] = {"at": f"{method.upper()} {path}"}
    for parameter in published.get("parameters", ()):
        group = operation.setdefault(parameter["in"], {})
        group[parameter["name"]] = _kind(schemas, parameter["schema"])
    for media_type, content in published.get("requestBody", {}).get("content", {}).items():
        operation["body"] = media_type
        operation["form"] = _kinds(schemas, content["schema"].get("properties", {}))
        operation["required"] = content["schema"].get("required", [])
    ((status, answer),) = published["responses"].items()
    operation["status"] = int(status)
    for content in answer.get("content", {}).values():
        schema = content["schema"]
        if "$ref" in schema:
            operation["resource"] = _noun(schema["$ref"])
        else:
            (key,) = schema["properties"].keys() - {"meta"}
            operation["list"] = key
            operation["resource"] = _noun(schema["properties"][key]["items"]["$ref"])
    if any(header.lower() == "etag" for header in answer.get("headers", {})):
        operation["etag"] = True
    return operation


def _page(schemas: dict[str, Any], published: dict[str, Any]) -> dict[str, str]:
    for answer in published["responses"].values():
        for content in answer.get("content", {}).values():
            if "meta" in content["schema"].get("properties", {}):
                return _kinds(schemas, content["schema"]["properties"]["meta"]["properties"])
    return {}


def _kinds(schemas: dict[str, Any], properties: dict[str, Any]) -> dict[str, str]:
    return {name: _kind(schemas, schema) for name, schema in properties.items()}


def _kind(schemas: dict[str, Any], schema: dict[str, Any]) -> str:
    if "$ref" in schema:
        return _kind(schemas, schemas[schema["$ref"].rpartition("/")[2]])
    kind = _kind_of_type(schemas, schema)
    return kind + "?" if schema.get("nullable") else kind


def _kind_of_type(schemas: dict[str, Any], schema: dict[str, Any]) -> str:
    if "enum" in schema:
        return f"one of {' '.join(schema['enum'])}"
    if "pattern" in schema:
        prefix = re.match(r"\^([A-Z]{2})\[", schema["pattern"])
        return f"sid {prefix[1]}" if prefix else "sid"
    if schema.get("format") in FORMATS:
        return FORMATS[schema["format"]]
    kind = schema.get("type", "anything")
    if kind == "array":
        return f"list of {_kind(schemas, schema['items'])}"
    if kind == "integer" and ("minimum" in schema or "maximum" in schema):
        return f"integer {schema.get('minimum', '')}..{schema.get('maximum', '')}"
    return "text" if kind == "string" else str(kind)


def _noun(reference: str) -> str:
    return reference.rpartition(".")[2]


def _note_links(published: dict[str, Any], noun: str | None, links: dict[str, set[str]]) -> None:
    """Collect the names of the links that the examples of an operation's answers show."""
    if noun is not None:
        links.setdefault(noun, set()).update(_links_in(published["responses"]))


def _links_in(value: Any) -> set[str]:
    if isinstance(value, list):
        return set().union(*map(_links_in, value))
    if not isinstance(value, dict):
        return set()
    found = value.get("links")
    shown = isinstance(found, dict) and all(
        address is None or (isinstance(address, str) and address.startswith("https://"))
        for address in found.values()
    )
    return set(found if shown and found else ()).union(*map(_links_in, value.values()))


def written(facts: dict[str, Any]) -> str:
    """The facts as JSON with one line for each operation's group and each resource."""
    lines = []
    for part in ("operations", "resources"):
        entries = []
        for name, groups in facts[part].items():
            members = [
                f"   {json.dumps(key)}: {json.dumps(value)}" for key, value in groups.items()
            ]
            entries.append(f"  {json.dumps(name)}: {{\n" + ",\n".join(members) + "\n  }")
        lines.append(f' "{part}": {{\n' + ",\n".join(entries) + "\n }")
    lines.append(f' "page": {json.dumps(facts["page"])}')
    return "{\n" + ",\n".join(lines) + "\n}\n"


if __name__ == "__main__":
    FACTS.write_text(written(distil(json.loads(Path(sys.argv[1]).read_text()))))
