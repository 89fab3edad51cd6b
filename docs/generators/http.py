"""The HTTP reference, from the OpenAPI description that the server itself gives at ``/openapi.json``."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from dlt_web.lts.openapi import openapi_document

from .text import code, heading, table

Schema = Mapping[str, Any]

INTRODUCTION = """# HTTP reference

{description} This page is made from the server's own description, which a running one gives at `/openapi.json`; version
{version}. Operations marked *key* need `Authorization: Bearer KEY`, made by `dlt-web lts admin-key add NAME`. What each
`code` of a refusal means is in the [error reference](errors.md).
"""
# The beginning of a path -> the heading that its operations stand under; the first that fits.
GROUPS = (
    ("/v1/authorizations", "Devices"),
    ("/v1/usage-reports", "Devices"),
    ("/.well-known/", "Devices"),
    ("/v1/admin/", "Administration"),
    ("/v1/customer/", "Customers"),
    ("/v1/session", "Sessions of the dashboard"),
    ("/", "Operation"),
)
# Greatest whole number that JSON carries everywhere; as a limit it says nothing.
MAX_SAFE_INTEGER = 2**53 - 1


def http_reference() -> str:
    """Return the page."""
    document = openapi_document()
    info = document["info"]
    parts = [INTRODUCTION.format(description=info["description"], version=info["version"])]
    for group in dict.fromkeys(name for _beginning, name in GROUPS):
        parts.append(f"## {group}\n")
        parts += [
            _operation(method, path, item[method], item.get("parameters", []))
            for path, item in document["paths"].items()
            if _group_of(path) == group
            for method in item
            if method != "parameters"
        ]
    parts.append("## Objects\n")
    parts += [_object(name, schema) for name, schema in document["components"]["schemas"].items()]
    return "\n".join(parts)


def _group_of(path: str) -> str:
    return next(name for beginning, name in GROUPS if path.startswith(beginning))


def _operation(method: str, path: str, operation: Schema, shared: list[Schema]) -> str:
    parts = [heading(3, code(f"{method.upper()} {path}"), f"http-{operation['operationId']}")]
    parts.append(f"{operation['summary']}.{' *Key.*' if operation.get('security') else ''}\n")
    if "description" in operation:
        parts.append(f"{operation['description']}\n")
    rows = [
        (code(one["name"]), one["in"], "yes" if one["required"] else "", words(one["schema"]))
        for one in [*shared, *operation.get("parameters", [])]
    ]
    parts.append(table(("parameter", "in", "required", "value"), rows))
    if "requestBody" in operation:
        parts.append(f"Body: {_contents(operation['requestBody']['content'])}.\n")
    answers = [(status, _answer(answer), answer["description"]) for status, answer in operation["responses"].items()]
    parts.append(table(("status", "answer", "when"), answers))
    return "\n".join(part for part in parts if part)


def _answer(answer: Schema) -> str:
    return _contents(answer["content"]) if "content" in answer else ""


def _contents(content: Mapping[str, Schema]) -> str:
    """Return what is sent and as what: media types of one schema together."""
    by_schema: dict[str, list[str]] = {}
    for media_type, of_type in content.items():
        by_schema.setdefault(words(of_type["schema"]), []).append(media_type)
    return "; ".join(f"{said} as {', '.join(map(code, kinds))}" for said, kinds in by_schema.items())


def _object(name: str, schema: Schema) -> str:
    rows = [(code(path), "yes" if required else "", said) for path, required, said in _members(schema)]
    return heading(3, name, f"http-object-{name}") + "\n" + table(("member", "required", "value"), rows)


def _members(schema: Schema, before: str = "") -> Iterator[tuple[str, bool, str]]:
    """Give each member with its path, also those of objects within: ``results[].seq``, ``lost.*``."""
    for name, inner in schema.get("properties", {}).items():
        path = f"{before}{name}"
        yield path, name in schema.get("required", []), words(inner)
        for below, mark in _below(inner):
            yield from _members(below, f"{path}{mark}.")


def _below(schema: Schema) -> Iterator[tuple[Schema, str]]:
    """Give the schemas within one whose members have names, each with the mark of how it is reached."""
    if "properties" in schema:
        yield schema, ""
    for one in schema.get("anyOf", []):
        yield from _below(one)
    for key, mark in (("items", "[]"), ("additionalProperties", ".*")):
        inner = schema.get(key)
        if isinstance(inner, Mapping):
            yield from ((found, mark + more) for found, more in _below(inner))


def words(schema: Schema) -> str:
    """Return a schema in words, with a link where it has a name."""
    if "$ref" in schema:
        name = schema["$ref"].rsplit("/", 1)[1]
        return f"[{name}](#http-object-{name})"
    if "anyOf" in schema:
        return " or ".join(words(one) for one in schema["anyOf"])
    if "enum" in schema or "const" in schema:
        return ", ".join(code(str(one)) for one in schema.get("enum", [schema.get("const")]))
    return _of_type(schema)


def _of_type(schema: Schema) -> str:
    kind = schema.get("type", "any value")
    if kind == "array":
        return f"list of {words(schema['items'])}{_range(schema, 'minItems', 'maxItems', ' items')}"
    if kind == "object":
        values = schema.get("additionalProperties")
        return f"object of {words(values)} by name" if isinstance(values, Mapping) else "object"
    if kind == "string" and "pattern" in schema:
        return f"string like {code(schema['pattern'])}"
    if kind == "string":
        said = {"date-time": "time", "date": "day"}.get(schema.get("format", ""), "string")
        return said + _range(schema, "minLength", "maxLength", " characters")
    return str(kind) + _range(schema, "minimum", "maximum") + _range(schema, "exclusiveMinimum", "exclusiveMaximum")


def _range(schema: Schema, least: str, most: str, unit: str = "") -> str:
    if schema.get(least) is None and schema.get(most) is None:
        return ""
    low, high = schema.get(least, ""), schema.get(most, "")
    return f", {low}…{'' if high == MAX_SAFE_INTEGER else high}{unit}"
