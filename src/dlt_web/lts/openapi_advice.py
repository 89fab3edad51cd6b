"""Path and schema of the license advisor in the OpenAPI description."""

from __future__ import annotations

from typing import get_args

from .advice import MAX_DAYS, MAX_RATES, WayName
from .openapi_schemas import CHARGE_WAY, CODE, TIME, Schema, choice, many, nullable, number, record

RATE: Schema = {"type": "number", "minimum": 0, "exclusiveMaximum": 100}
RATES = many(RATE, maxItems=MAX_RATES)

ADVICE_SCHEMAS: dict[str, Schema] = {
    "Advice": record(
        {
            "handshakeCode": CODE,
            "from": TIME,
            "to": TIME,
            "readAt": TIME,
            "chargeWays": many(CHARGE_WAY),
            "ways": many(
                record(
                    {
                        "name": choice(*get_args(WayName)),
                        "chargeWay": CHARGE_WAY,
                        "deviceLifetimeDays": nullable(number(1)),
                        "counted": number(),
                        "atEnd": nullable(number()),
                        "asked": number(),
                        "quotas": many(record({"refusalPercent": RATE, "quota": number(), "refused": number()})),
                    },
                    # What was counted on each day from the first one on; only where it was asked for.
                    {"days": many(number(), maxItems=MAX_DAYS)},
                )
            ),
            "refusedAuthorizations": number(),
            "unknown": many({"type": "string"}),
        }
    )
}
