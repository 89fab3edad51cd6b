"""``/v1/admin/statements`` and ``/v1/admin/credits``: months frozen for invoices, and what is credited on them."""

from __future__ import annotations

from typing import Any, cast

import msgspec
from starlette.requests import Request
from starlette.responses import Response

from .admin import Administration
from .admin_bodies import convert
from .admin_checks import customer_name
from .admin_query import one_of_values, required_value
from .billing_records import CreditUnit, StatementForm
from .reads import Reads
from .statement_html import style_hash
from .views import credit_json, statement_head_json

MEDIA_TYPES: dict[StatementForm, str] = {"json": "application/json", "csv": "text/csv", "html": "text/html"}
# The page has no script and loads nothing.
PAGE_POLICY = "default-src 'none'; style-src '{}'; base-uri 'none'; form-action 'none'; frame-ancestors 'self'"


class StatementBody(msgspec.Struct, rename="camel", forbid_unknown_fields=True, frozen=True):
    """A month to be frozen."""

    customer: str
    month: str
    time_zone: str | None = None
    after_restore: bool = False


class CreditBody(msgspec.Struct, rename="camel", forbid_unknown_fields=True, frozen=True):
    """A credit to be booked; by its id it is booked once, also where an answer is lost and the request sent again."""

    id: str
    handshake_code: str
    unit: CreditUnit
    quantity: int
    reason: str
    month: str | None = None
    customer: str | None = None


class BillingApi:
    """The endpoints; each blocks."""

    def __init__(self, reads: Reads) -> None:
        self._reads = reads

    def statements(self, request: Request) -> Any:
        """List the months that are frozen, of one customer or all."""
        return [statement_head_json(head) for head in self._reads.statements(_customer(request))]

    def statement(self, request: Request) -> Response:
        """Give a frozen statement in one of its forms, byte for byte."""
        form = cast("StatementForm", one_of_values(request, "format", tuple(MEDIA_TYPES)))
        month = request.path_params["month"]
        required_value(request, "customer")
        statement = self._reads.statement(_customer(request) or "", month)
        headers = {"Cache-Control": "no-store", "X-Content-Type-Options": "nosniff"}
        if form == "html":
            headers["Content-Security-Policy"] = PAGE_POLICY.format(style_hash(statement.html))
        elif form == "csv":
            headers["Content-Disposition"] = f'attachment; filename="statement-{month}.csv"'
        response = Response(statement.form(form).encode(), headers=headers)
        response.headers["Content-Type"] = MEDIA_TYPES[form]
        return response

    def freeze(self, admin: Administration, _request: Request, body: Any) -> Any:
        """Freeze a customer's month."""
        wanted = convert(body, StatementBody)
        statement = admin.freeze_statement(
            wanted.customer, wanted.month, wanted.time_zone, is_after_restore=wanted.after_restore
        )
        return statement_head_json(statement.head)

    def credits(self, request: Request) -> Any:
        """List credits, of one customer or all."""
        return [credit_json(credit) for credit in self._reads.credits_of(_customer(request))]

    def book(self, admin: Administration, _request: Request, body: Any) -> Any:
        """Book a credit."""
        wanted = convert(body, CreditBody)
        credit = admin.book_credit(
            wanted.handshake_code,
            wanted.unit,
            wanted.quantity,
            wanted.reason,
            month=wanted.month,
            customer=wanted.customer,
            credit_id=wanted.id,
        )
        return credit_json(credit)


def _customer(request: Request) -> str | None:
    name = request.query_params.get("customer")
    return None if name is None else customer_name(name)
