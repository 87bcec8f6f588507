"""The OpenAPI document as one HTML page: nothing to fetch, nothing to run, readable without either.

Everything that comes from the document is escaped, so a description may hold any character.
"""

from collections.abc import Iterator, Mapping
from html import escape
from typing import Any

Json = Mapping[str, Any]

_STYLE = """
:root { color-scheme: light dark; --line: #8884; --soft: #8881; --accent: #2563eb; }
* { box-sizing: border-box; }
body { font: 16px/1.55 system-ui, sans-serif; margin: 0 auto;
  max-width: 62rem; padding: 2rem 1rem; }
h1, h2, h3 { line-height: 1.2; } h2 { margin-top: 3rem; text-transform: capitalize; }
a { color: var(--accent); } code, pre { font: 0.86em/1.5 ui-monospace, monospace; }
pre { background: var(--soft); border-radius: 6px; overflow-x: auto; padding: 0.8rem; }
nav ul { columns: 16rem; list-style: none; padding: 0; } nav b { text-transform: capitalize; }
details { border: 1px solid var(--line); border-radius: 8px; margin: 0.6rem 0;
  padding: 0.6rem 0.9rem; }
summary { cursor: pointer; } summary code { overflow-wrap: anywhere; }
table { border-collapse: collapse; display: block; overflow-x: auto; }
th, td { border-bottom: 1px solid var(--line); padding: 0.3rem 0.8rem 0.3rem 0; text-align: left;
  vertical-align: top; }
.method { border-radius: 4px; color: #fff; display: inline-block; font-size: 0.75rem;
  font-weight: 700; min-width: 4.2rem; padding: 0.1rem 0.4rem; text-align: center; }
.get { background: #2563eb; } .post { background: #15803d; } .delete { background: #b91c1c; }
.muted { opacity: 0.75; }
"""


def page_of(document: Json) -> str:
    """The page of a document that `api.openapi` made."""
    return "\n".join(_lines(document))


def _lines(document: Json) -> Iterator[str]:
    info = document["info"]
    yield "<!doctype html>"
    yield '<html lang="en"><head><meta charset="utf-8">'
    yield '<meta name="viewport" content="width=device-width, initial-scale=1">'
    yield f"<title>{_text(info['title'])} API</title><style>{_STYLE}</style></head><body>"
    yield f"<h1>{_text(info['title'])} API <small class=muted>{_text(info['version'])}</small></h1>"
    for paragraph in info["description"].split("\n\n"):
        yield f"<p>{_prose(paragraph)}</p>"
    yield '<p>For programs: <a href="openapi.json">openapi.json</a>.</p>'
    yield from _contents(document)
    for tag in document["tags"]:
        yield f"<h2>{_text(tag['name'])}</h2>"
        for path, method, operation in _operations(document):
            if tag["name"] in operation["tags"]:
                yield from _operation(document, path, method, operation)
    yield "<h2>What is in an answer</h2>"
    for name, schema in document["components"]["schemas"].items():
        yield f'<details id="{_text(name)}"><summary><b>{_text(name)}</b> '
        yield f"<span class=muted>{_prose(schema['description'])}</span></summary>"
        yield "<table><tr><th>property<th>type</tr>"
        for key, value in schema["properties"].items():
            yield f"<tr><td><code>{_text(key)}</code><td>{_type(value)}</tr>"
        yield "</table></details>"
    yield "</body></html>"


def _operations(document: Json) -> Iterator[tuple[str, str, Json]]:
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            yield path, method, operation


def _contents(document: Json) -> Iterator[str]:
    yield "<nav>"
    for tag in document["tags"]:
        yield f"<b>{_text(tag['name'])}</b><ul>"
        for _, _, operation in _operations(document):
            if tag["name"] in operation["tags"]:
                name = _text(operation["operationId"])
                yield f'<li><a href="#{name}">{name}</a></li>'
        yield "</ul>"
    yield "</nav>"


def _operation(document: Json, path: str, method: str, operation: Json) -> Iterator[str]:
    name = _text(operation["operationId"])
    yield f'<details id="{name}" open><summary>'
    yield f'<span class="method {method}">{method.upper()}</span> <code>{_text(path)}</code>'
    yield "</summary>"
    yield f"<h3>{name}</h3><p>{_prose(operation['summary'])}</p>"
    for paragraph in operation.get("description", "").split("\n\n"):
        if paragraph:
            yield f"<p>{_prose(paragraph)}</p>"
    yield from _parameters(operation)
    yield f"<pre>{_text(_curl(document, path, method, operation))}</pre>"
    yield "<table><tr><th>status<th>answer</tr>"
    for status, answer in operation["responses"].items():
        yield f"<tr><td>{_text(status)}<td>{_answer(document, answer)}</tr>"
    yield "</table></details>"


def _parameters(operation: Json) -> Iterator[str]:
    rows = [
        (one["name"], one["in"], one.get("required", False), one["schema"], one["description"])
        for one in operation["parameters"]
    ]
    form = _form(operation)
    rows += [
        (name, "form", name in form.get("required", ()), schema, schema["description"])
        for name, schema in form.get("properties", {}).items()
    ]
    if not rows:
        return
    yield "<table><tr><th>parameter<th>in<th>type<th>meaning</tr>"
    for name, place, required, schema, about in rows:
        needed = ", required" if required else ""
        yield f"<tr><td><code>{_text(name)}</code><td>{place}{needed}"
        yield f"<td>{_type(schema)}<td>{_prose(about)}</tr>"
    yield "</table>"


def _form(operation: Json) -> Json:
    content = operation.get("requestBody", {}).get("content", {})
    for media in content.values():
        schema: Json = media["schema"]
        return schema
    return {}


def _answer(document: Json, answer: Json) -> str:
    if "$ref" in answer:
        answer = document["components"]["responses"][answer["$ref"].rpartition("/")[2]]
    said = _prose(answer["description"])
    for media in answer.get("content", {}).values():
        schema = media["schema"]
        for one in (schema, *schema.get("properties", {}).values()):
            shown = one.get("items", one)
            if "$ref" in shown:
                said += f" {_type(one)}"
    return said


def _type(schema: Json) -> str:
    if "$ref" in schema:
        name = _text(schema["$ref"].rpartition("/")[2])
        return f'<a href="#{name}">{name}</a>'
    if "anyOf" in schema:
        return " or ".join(_type(one) for one in schema["anyOf"])
    if schema["type"] == "array":
        return f"list of {_type(schema['items'])}"
    if "enum" in schema:
        said = " | ".join(f"<code>{_text(word)}</code>" for word in schema["enum"])
    elif schema.get("maxLength") == 0:
        return "nothing"
    else:
        said = _text(schema.get("format") or schema["type"])
    for word, meaning in (
        ("contentMediaType", "holding"),
        ("pattern", "like"),
        ("minimum", "from"),
        ("maximum", "to"),
        ("maxLength", "characters at most:"),
        ("default", "if not sent:"),
    ):
        if word in schema:
            said += f", {meaning} <code>{_text(_json(schema[word]))}</code>"
    return said


def _curl(document: Json, path: str, method: str, operation: Json) -> str:
    """A line to copy; what to put in stands in capitals or in braces."""
    url = document["servers"][0]["url"] + path
    line = 'curl -u "$TASKYARD_ACCOUNT_SID:$TASKYARD_AUTH_TOKEN"'
    if method == "delete":
        line += " -X DELETE"
    if method == "post":
        form = _form(operation)
        names = form.get("required") or list(form.get("properties", {}))[:1]
        for name in names:
            line += f" \\\n  --data-urlencode '{name}=...'"
    return f"{line} \\\n  '{url}'"


def _json(value: object) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _prose(text: str) -> str:
    """A sentence, with what stands in back quotes as code."""
    parts = escape(text).split("`")
    return "".join(
        f"<code>{part}</code>" if place % 2 else part for place, part in enumerate(parts)
    )


def _text(text: str) -> str:
    return escape(str(text))
