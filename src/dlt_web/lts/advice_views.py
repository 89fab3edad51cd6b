"""The license advisor's answer as JSON and as a table, with prices where they are given."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from ..slots import format_time
from .advice import Advice, Way

Json = dict[str, Any]

# What a scan, a device or a concurrent device costs over the whole time, by the name of its way.
Prices = Mapping[str, Decimal]


def advice_json(advice: Advice, prices: Prices | None = None) -> Json:
    """Return an answer; only with prices it says what would have cost the least."""
    return {
        "handshakeCode": advice.handshake_code,
        "from": format_time(advice.from_ms),
        "to": format_time(advice.to_ms),
        "readAt": format_time(advice.now_ms),
        "chargeWays": list(advice.charge_ways),
        "ways": [_way_json(way) | _cost_json(way, advice, prices) for way in advice.ways],
        "refusedAuthorizations": advice.refused_authorizations,
        "unknown": list(advice.unknown),
    }


def advice_rows(advice: Advice, prices: Prices | None = None) -> list[Json]:
    """Return an answer as a row for each charge way."""
    rows = []
    for way in advice.ways:
        needed = {f"quota at {_percent(one.refusal_rate)} %": one.quota for one in way.quotas}
        row: Json = {"charged by": way.name, "counted": way.counted, "at end": way.at_end, "asked": way.asked, **needed}
        if prices:
            cost = cost_of(way, prices)
            row["cost"] = None if cost is None else f"{cost:f}{' least' if cost == _least(advice, prices) else ''}"
        rows.append(row)
    return rows


def cost_of(way: Way, prices: Prices) -> Decimal | None:
    """Return what a way would have cost: what it counted, times its price; None where it has no price."""
    price = prices.get(way.name)
    return None if price is None else way.counted * price


def _least(advice: Advice, prices: Prices) -> Decimal | None:
    """Return the lowest cost; None as long as there is nothing to compare."""
    known = [cost for way in advice.ways if (cost := cost_of(way, prices)) is not None]
    return min(known) if len(known) > 1 else None


def _way_json(way: Way) -> Json:
    days = {"days": list(way.by_day)} if way.by_day else {}
    return days | {
        "name": way.name,
        "chargeWay": way.charge_way,
        "deviceLifetimeDays": way.lifetime_days,
        "counted": way.counted,
        "atEnd": way.at_end,
        "asked": way.asked,
        "quotas": [
            {"refusalPercent": float(one.refusal_rate * 100), "quota": one.quota, "refused": one.refused}
            for one in way.quotas
        ],
    }


def _cost_json(way: Way, advice: Advice, prices: Prices | None) -> Json:
    cost = cost_of(way, prices or {})
    if not prices or cost is None:
        return {}
    return {"price": f"{prices[way.name]:f}", "cost": f"{cost:f}", "leastCost": cost == _least(advice, prices)}


def _percent(rate: Any) -> str:
    return f"{float(rate * 100):g}"
