"""``dlt-web lts statement …`` and ``usage adjust``: months frozen for invoices, and what is credited on them."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import cast

import click

from .billing_records import CreditUnit, Statement, StatementForm
from .cli_office import AnswerGroup, json_option, open_office
from .cli_values import print_list, print_object
from .views import credit_json, statement_head_json


@click.group("statement", cls=AnswerGroup)
@click.option("--customer", metavar="NAME", help="Whose.")
@click.option("--month", metavar="YYYY-MM", help="Which month; it must be over.")
@click.option("--tz", "time_zone", metavar="ZONE", help="By whose clocks, such as Europe/Berlin; usually as before.")
@click.option("--after-restore", is_flag=True, help="No statement of it was issued before the store was restored.")
@click.option("--csv", "form", flag_value="csv", help="Print CSV, a line for each number.")
@click.option("--html", "form", flag_value="html", help="Print the page for paper.")
@click.option("--json", "form", flag_value="json", help="Print JSON.")
@click.pass_context
def statement_group(
    context: click.Context,
    customer: str | None,
    month: str | None,
    time_zone: str | None,
    after_restore: bool,
    form: str | None,
) -> None:
    """Freeze a customer's month and print its statement; a frozen one is printed again, byte for byte."""
    if context.invoked_subcommand is not None:
        return
    if customer is None or month is None:
        raise click.UsageError("A statement needs --customer and --month.")
    with open_office() as office:
        statement = office.admin.freeze_statement(customer, month, time_zone, is_after_restore=after_restore)
        _print_statement(statement, cast("StatementForm | None", form))


@statement_group.command("list")
@click.option("--customer", metavar="NAME")
@json_option
def statement_list(customer: str | None, is_json: bool) -> None:
    """List the months that are frozen."""
    with open_office() as office:
        rows = [statement_head_json(head) for head in office.reads.statements(customer)]
        print_list(rows, is_json, "There are no statements.")


@statement_group.command("adopt")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@json_option
def statement_adopt(file: Path, is_json: bool) -> None:
    """Take a statement back that a restored backup lacks, from the JSON that was issued; CSV and page are made anew."""
    with open_office() as office:
        statement = office.admin.adopt_statement(file.read_bytes().decode("utf-8", "replace"))
        print_object(statement_head_json(statement.head), is_json)


def _print_statement(statement: Statement, form: StatementForm | None) -> None:
    if form is not None:
        # Not by way of a text stream, which has its own idea of line ends on some systems.
        sys.stdout.flush()
        text: str = statement.form(form)
        sys.stdout.buffer.write(text.encode())
        return
    totals = json.loads(statement.json)["totals"]
    print_object(statement_head_json(statement.head) | totals, is_json=False)


@click.command("adjust")
@click.option("--handshake", "code", required=True)
@click.option("--scans", type=int, help="So many scans are credited; below 0 takes a credit back.")
@click.option("--devices", type=int, help="So many devices.")
@click.option("--reason", required=True, help="Why; the customer reads it.")
@click.option("--month", metavar="YYYY-MM", help="Which month it is for.")
@click.option("--customer", metavar="NAME", help="Whose it is; usually whoever had the code in that month.")
@click.option(
    "--id", "credit_id", help="Names it: asked for again, it is booked once; one is made up if none is given."
)
@json_option
def usage_adjust(
    code: str,
    scans: int | None,
    devices: int | None,
    reason: str,
    month: str | None,
    customer: str | None,
    credit_id: str | None,
    is_json: bool,
) -> None:
    """Book a credit: a line of the next statement of the code's customer. No counter changes."""
    if (scans is None) == (devices is None):
        raise click.UsageError("Choose one of --scans and --devices.")
    unit: CreditUnit = "devices" if scans is None else "scans"
    with open_office() as office:
        quantity = (devices if scans is None else scans) or 0
        credit = office.admin.book_credit(
            code, unit, quantity, reason, month=month, customer=customer, credit_id=credit_id
        )
        print_object(credit_json(credit), is_json)


@click.command("credits")
@click.option("--customer", metavar="NAME")
@json_option
def usage_credits(customer: str | None, is_json: bool) -> None:
    """List credits, oldest first, with the statement that shows each."""
    with open_office() as office:
        rows = [credit_json(credit) for credit in office.reads.credits_of(customer)]
        print_list(rows, is_json, "Nothing was credited yet.")


USAGE_COMMANDS = (usage_adjust, usage_credits)
