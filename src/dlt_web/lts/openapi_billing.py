"""Paths and schemas of statements and credits in the OpenAPI description."""

from __future__ import annotations

from .admin_checks import MAX_CUSTOMER_NAME_LENGTH
from .admin_credits import ID_PATTERN, MAX_QUANTITY, MAX_REASON_LENGTH
from .openapi_operations import BAD_QUERY, NOT_FOUND, admin, parameter, ref
from .openapi_schemas import CODE, FLAG, TIME, Schema, choice, many, nullable, number, record, text

CUSTOMER = text(MAX_CUSTOMER_NAME_LENGTH, 1)
MONTH: Schema = {"type": "string", "pattern": "^[0-9]{4}-(0[1-9]|1[0-2])$"}
CREDIT_ID: Schema = {"type": "string", "pattern": f"^{ID_PATTERN}$"}
UNIT = choice("scans", "devices")
QUANTITY: Schema = {"type": "integer", "minimum": -MAX_QUANTITY, "maximum": MAX_QUANTITY}

BILLING_SCHEMAS: dict[str, Schema] = {
    "StatementHead": record(
        {"customer": CUSTOMER, "month": MONTH, "timeZone": text(64, 1), "start": TIME, "end": TIME, "frozenAt": TIME}
    ),
    "StatementToFreeze": record(
        {"customer": CUSTOMER, "month": MONTH}, {"timeZone": nullable(text(64, 1)), "afterRestore": FLAG}
    )
    | {"additionalProperties": False},
    "Statement": {"type": "object", "required": ["format", "customer", "month", "usage", "late", "credits", "totals"]},
    "Credit": record(
        {
            "number": number(1),
            "id": CREDIT_ID,
            "bookedAt": TIME,
            "actor": {"type": "string"},
            "customer": CUSTOMER,
            "handshakeCode": CODE,
            "unit": UNIT,
            "quantity": QUANTITY,
            "month": nullable(MONTH),
            "reason": text(MAX_REASON_LENGTH, 1),
            "statement": nullable(MONTH),
        }
    ),
    "CreditToBook": record(
        {
            "id": CREDIT_ID,
            "handshakeCode": CODE,
            "unit": UNIT,
            "quantity": QUANTITY,
            "reason": text(MAX_REASON_LENGTH, 1),
        },
        {"month": nullable(MONTH), "customer": nullable(CUSTOMER)},
    )
    | {"additionalProperties": False},
}


def billing_paths() -> Schema:
    """Return the paths of statements and credits."""
    whose, refused = [parameter("customer", CUSTOMER)], {409: "The month, or its statement, stands in the way."}
    frozen = admin("showStatement", "A frozen month, byte for byte", "Statement", None, NOT_FOUND | BAD_QUERY)
    frozen["responses"]["200"]["content"] |= {
        kind: {"schema": {"type": "string"}} for kind in ("text/csv", "text/html")
    }
    query = [parameter("customer", CUSTOMER, required=True), parameter("format", choice("json", "csv", "html"))]
    return {
        "/v1/admin/statements": {
            "get": admin("listStatements", "List frozen months", many(ref("StatementHead")), None, BAD_QUERY)
            | {"parameters": whose},
            "post": admin(
                "freezeStatement", "Freeze a month", "StatementHead", "StatementToFreeze", NOT_FOUND | refused,
                is_change=True,
            ),
        },
        "/v1/admin/statements/{month}": {
            "get": frozen | {"parameters": query},
            "parameters": [parameter("month", MONTH, "path")],
        },
        "/v1/admin/credits": {
            "get": admin("listCredits", "List credits", many(ref("Credit")), None, BAD_QUERY) | {"parameters": whose},
            "post": admin(
                "bookCredit", "Book a credit", "Credit", "CreditToBook", NOT_FOUND | refused, status=201,
                is_change=True,
            ),
        },
    }  # fmt: skip
