"""``dlt-web lts advise``: what each charge way would have counted of a code, and what quota it takes."""

from __future__ import annotations

import json
from decimal import Decimal, InvalidOperation
from fractions import Fraction
from typing import Any, get_args

import click

from ..slots import format_time
from .advice import USUAL_RATES, WayName
from .advice_views import advice_json, advice_rows
from .cli_office import StoreCommand, json_option, open_office
from .cli_values import TIME, print_table

WAYS: tuple[str, ...] = get_args(WayName)
# Above any price, and exact as a decimal number.
MAX_PRICE = Decimal(10**12)


class Percent(click.ParamType[Fraction]):
    """A part in percent, such as ``0.5``, with or without its sign; becomes a fraction."""

    name = "percent"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Fraction:
        """Return the part of one."""
        number = _decimal(str(value).removesuffix("%"))
        if number is None or not 0 <= number < 100:
            self.fail(f"{value!r} is no part from 0 to below 100 percent, such as 0.5", param, ctx)
        return Fraction(number) / 100


class Price(click.ParamType[tuple[str, Decimal]]):
    """A price of a charge way, such as ``scan=0.002``."""

    name = "price"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> tuple[str, Decimal]:
        """Return the way's name and its price."""
        way, _, text = str(value).partition("=")
        price = _decimal(text)
        if way not in WAYS or price is None or not 0 <= price <= MAX_PRICE:
            self.fail(f"{value!r} is no price such as scan=0.002; there are {', '.join(WAYS)}", param, ctx)
        return way, price


@click.command(cls=StoreCommand)
@click.option("--handshake", "code", required=True)
@click.option("--from", "from_ms", type=TIME, help="The first day (UTC); 366 days before the end unless given.")
@click.option("--to", "to_ms", type=TIME, help="The day before which it ends; tomorrow unless given.")
@click.option(
    "--refusal-rate", "rates", type=Percent(), multiple=True, metavar="PERCENT",
    help="What part of askings may be refused; repeatable. 0, 0.1, 1 and 5 unless given.",
)  # fmt: skip
@click.option(
    "--price", "prices", type=Price(), multiple=True, metavar="WAY=PRICE",
    help=f"What one costs over the whole time, such as scan=0.002; for {', '.join(WAYS)}.",
)  # fmt: skip
@json_option
def advise(
    code: str,
    from_ms: int | None,
    to_ms: int | None,
    rates: tuple[Fraction, ...],
    prices: tuple[tuple[str, Decimal], ...],
    is_json: bool,
) -> None:
    """Show what each charge way would have counted of a code's real usage, and what quota would have sufficed."""
    given = dict(prices)
    if len(given) != len(prices):
        raise click.UsageError("Give one price for each way.")
    with open_office() as office:
        advice = office.reads.advice(code, from_ms, to_ms, rates or USUAL_RATES)
    if is_json:
        click.echo(json.dumps(advice_json(advice, given)))
        return
    charged = ", ".join(advice.charge_ways) or "nothing"
    click.echo(f"{code}, {format_time(advice.from_ms)} to {format_time(advice.to_ms)}, charged now by {charged}")
    print_table([advice_rows(advice, given)], "")
    for sentence in advice.unknown:
        click.echo(f"- {sentence}")


def _decimal(text: str) -> Decimal | None:
    """Return a number as people write prices; None for anything else, such as an exponent or an infinity."""
    try:
        number = Decimal(text) if len(text) <= 24 and set(text) <= set("0123456789.") else None
    except InvalidOperation:
        return None
    return number
