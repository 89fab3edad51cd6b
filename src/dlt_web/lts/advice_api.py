"""``GET /v1/admin/advice``: the license advisor. It takes no prices: those stay with whoever has them."""

from __future__ import annotations

from decimal import Decimal, InvalidOperation
from fractions import Fraction
from typing import Any

from starlette.requests import Request

from ..errors import WireError
from .admin_query import required_value, time_value
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
        return advice_json(self._reads.advice(code, time_value(request, "from"), time_value(request, "to"), rates))


def _rates(request: Request) -> tuple[Fraction, ...]:
    texts = request.query_params.getlist("refusalPercent")
    try:
        numbers = [Decimal(text) for text in texts if len(text) <= 24]
        if len(numbers) != len(texts) or not all(0 <= number < 100 for number in numbers):
            raise InvalidOperation
    except InvalidOperation:
        raise WireError("expected a number from 0 to below 100", field="refusalPercent") from None
    return tuple(Fraction(number) / 100 for number in numbers) or USUAL_RATES
