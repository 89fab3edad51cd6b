"""``GET /v1/admin/advice``: the license advisor. It takes no prices: those stay with whoever has them."""

from __future__ import annotations

from decimal import Decimal, InvalidOperation
from fractions import Fraction
from typing import Any

from starlette.requests import Request

from ..errors import WireError
from .admin_query import one_of_values, required_value, time_value
from .advice import USUAL_RATES
from .advice_views import advice_json
from .reads import Reads


class AdviceApi:
    """The endpoint; it blocks."""

    def __init__(self, reads: Reads) -> None:
        self._reads = reads

    def advice(self, request: Request) -> Any:
        """Tell what each charge way would have counted of a code, and what quota would have sufficed."""
        code, rates = required_value(request, "handshake"), _rates(request)
        from_ms, to_ms = time_value(request, "from"), time_value(request, "to")
        has_days = one_of_values(request, "days", ("false", "true")) == "true"
        return advice_json(self._reads.advice(code, from_ms, to_ms, rates, has_days=has_days))


def _rates(request: Request) -> tuple[Fraction, ...]:
    texts = request.query_params.getlist("refusalPercent")
    try:
        numbers = [Decimal(text) for text in texts if len(text) <= 24]
        if len(numbers) != len(texts) or not all(0 <= number < 100 for number in numbers):
            raise InvalidOperation
    except InvalidOperation:
        raise WireError("expected a number from 0 to below 100", field="refusalPercent") from None
    return tuple(Fraction(number) / 100 for number in numbers) or USUAL_RATES
