"""Operations, parameters and the problems that they share, in the OpenAPI description."""

from __future__ import annotations

from .openapi_schemas import Schema

BODY_PROBLEMS = {400: "Not JSON.", 413: "The body is too large.", 422: "The body breaks the protocol; names the field."}
PUBLIC_PROBLEMS = BODY_PROBLEMS | {
    403: "Refused; the code says why.",
    404: "No such handshake code.",
    409: "The store was restored, or the report token is of another store; nothing was booked.",
    429: "Too many requests; see Retry-After.",
    503: "The store cannot be used now; see Retry-After.",
}
ADMIN_PROBLEMS = {
    401: "No valid bearer key.",
    403: "The key has another scope.",
    429: "Too many wrong keys from this address, or a customer's key that asks too often; see Retry-After.",
    503: "The store cannot be used now; see Retry-After.",
}
NOT_FOUND = {404: "No such object."}
TAKEN = {409: "The id is taken, or the object is in use."}
CHANGED = {412: "Somebody has changed it since the version in If-Match; nothing was changed."}
SCOPE = {403: "The key may not change anything."}
# Of every path, and of an id with a slash in it, which is another path.
OTHER_METHOD = {405: "Not with this method; Allow names those that there are."}
BAD_QUERY = {422: "A value in the query is missing or out of range; names it."}


def admin(
    name: str,
    summary: str,
    answer: str | Schema,
    body: str | None = None,
    problems: dict[int, str] | None = None,
    *,
    status: int = 200,
    is_change: bool = False,
) -> Schema:
    """Return an operation that needs a key; ``is_change`` where one that only reads is refused."""
    refusals = ADMIN_PROBLEMS | (problems or {}) | (BODY_PROBLEMS if body else {}) | (SCOPE if is_change else {})
    return operation(name, summary, status, answer, body, refusals) | {"security": [{"adminKey": []}]}


def operation(
    name: str,
    summary: str,
    status: int,
    answer: str | Schema,
    body: str | None = None,
    problems: dict[int, str] | None = None,
    *,
    media_types: tuple[str, ...] = ("application/json",),
) -> Schema:
    """Return an operation: its one good answer, and the problems that it may be refused with, by status."""
    schema = ref(answer) if isinstance(answer, str) else answer
    responses = {str(status): {"description": summary, "content": {"application/json": {"schema": schema}}}}
    for refused, why in sorted((OTHER_METHOD | (problems or {})).items()):
        content = {"application/problem+json": {"schema": ref("Problem")}}
        responses[str(refused)] = {"description": why, "content": content}
    operation: Schema = {"operationId": name, "summary": summary, "responses": responses}
    if body is not None:
        content = {media_type: {"schema": ref(body)} for media_type in media_types}
        operation["requestBody"] = {"required": True, "content": content}
    return operation


def by_version(described: Schema) -> Schema:
    """Return an operation that lists, described, as one that tells nothing anew to whoever has the list's version."""
    responses = described["responses"] | {"304": {"description": "Nothing in this list has changed since."}}
    return described | {"responses": dict(sorted(responses.items()))}


def parameter(name: str, schema: Schema, place: str = "query", *, required: bool = False) -> Schema:
    """Return a parameter; one in the path is always required."""
    return {"name": name, "in": place, "required": required or place == "path", "schema": schema}


def ref(name: str) -> Schema:
    """Return a reference to a named schema."""
    return {"$ref": f"#/components/schemas/{name}"}


# The version that a change was made for: that of the ETag, and of the member ``version``.
_VERSIONS: Schema = {"type": "string", "pattern": r'^(\*|"[0-9a-f]{16}")$'}
# The version of a list that the client has.
IF_NONE_MATCH: Schema = parameter("If-None-Match", {"type": "string"}, "header")
IF_MATCH: Schema = {"parameters": [parameter("If-Match", _VERSIONS, "header")]}
