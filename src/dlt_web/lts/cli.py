"""``dlt-web lts …``: runs and administers the license tracking server (spec §10)."""

from __future__ import annotations

import asyncio
import sys
from typing import cast

import click

from .cli_advice import advise
from .cli_alerts import alerts_group
from .cli_billing import USAGE_COMMANDS, statement_group
from .cli_catalog import handshake_group, license_group
from .cli_devices import devices_group
from .cli_office import STORE, AnswerGroup, StoreGroup, json_option, open_office
from .cli_serve import config_group, load_config, serve
from .cli_store import STORE_COMMANDS
from .cli_values import TIME, print_list, print_object
from .records import AdminScope
from .sweeps import Sweeper
from .usage_exports import read_usage, usage_as_csv, usage_as_json, usage_as_text
from .usage_reads import PERIOD_SLOTS, By, Span, UsageView
from .views import admin_key_json, audit_json, item_usage_json, store_keys_json, usage_json


@click.group(cls=StoreGroup)
@click.option(
    "--store", "store_url", envvar="DLT_WEB_STORE", default="sqlite:///dlt-web.db", show_default=True, metavar="URL",
    help="Where counts are kept; also DLT_WEB_STORE.",
)  # fmt: skip
@click.option(
    "--config", metavar="FILE", envvar="DLT_WEB_CONFIG", is_eager=True, expose_value=False, callback=load_config,
    help="TOML file of settings; also DLT_WEB_CONFIG. Flags and the environment come first.",
)  # fmt: skip
@click.pass_context
def lts(context: click.Context, store_url: str) -> None:
    """Run and administer the License Tracking Server."""
    context.meta[STORE] = store_url


lts.add_command(serve)
lts.add_command(config_group)
lts.add_command(license_group)
lts.add_command(handshake_group)
lts.add_command(devices_group)
lts.add_command(statement_group)
lts.add_command(advise)
lts.add_command(alerts_group)
for _command in STORE_COMMANDS:
    lts.add_command(_command)


# -- usage and audit log


@lts.group(cls=AnswerGroup)
@click.option("--handshake", "code", help="Usage of a handshake code, by symbology.")
@click.option("--license", "license_id", help="Usage of a license item, by handshake code.")
@click.option("--by", type=click.Choice(["total", *PERIOD_SLOTS]), default="total", show_default=True)
@click.option("--from", "from_ms", type=TIME, help="First slot's earliest start.")
@click.option("--to", "to_ms", type=TIME, help="Slots that start before this.")
@click.option("--csv", "is_csv", is_flag=True, help="Print CSV, a line for each number.")
@json_option
@click.pass_context
def usage(
    context: click.Context,
    code: str | None,
    license_id: str | None,
    by: str,
    from_ms: int | None,
    to_ms: int | None,
    is_csv: bool,
    is_json: bool,
) -> None:
    """Show devices, concurrent devices and verified scans of a handshake code, or of a license item."""
    if context.invoked_subcommand is not None:
        return
    if (code is None) == (license_id is None):
        raise click.UsageError("Choose one of --handshake and --license.")
    if is_csv and is_json:
        raise click.UsageError("Choose one of --csv and --json.")
    span = Span(cast("By", by), from_ms, to_ms)
    with open_office() as office:
        read = read_usage(office.reads, code, license_id, span)
        if is_csv or is_json:
            for piece in usage_as_csv(read) if is_csv else usage_as_json(read):
                click.echo(piece, nl=False)
            click.echo(nl=is_json)
            return
        print_object(usage_json(read.view) if isinstance(read.view, UsageView) else item_usage_json(read.view), False)
        for line in usage_as_text(read):
            click.echo(line)


for _usage_command in USAGE_COMMANDS:
    usage.add_command(_usage_command)


@lts.command()
@json_option
def audit(is_json: bool) -> None:
    """List administrative changes, oldest first."""
    with open_office() as office:
        print_list(
            [audit_json(entry) for entry in office.reads.audit(limit=sys.maxsize)], is_json, "Nothing was changed yet."
        )


# -- upkeep


@lts.command()
@json_option
def sweep(is_json: bool) -> None:
    """Remove every device whose removal time has come, without waiting for the server's sweeps."""
    with open_office() as office:
        sweeper, now_ms = Sweeper(office.store, office.clock), office.clock.now_ms()
        removed = asyncio.run(sweeper.sweep("minute", now_ms)) + asyncio.run(sweeper.sweep("day", now_ms))
        print_object({"removed": removed}, is_json)


@lts.group("keys")
def keys_group() -> None:
    """Keys that tokens are made with."""


@keys_group.command("rotate")
@json_option
def keys_rotate(is_json: bool) -> None:
    """Make new keys; what the old ones signed stays good."""
    with open_office() as office:
        print_object({"keyIds": office.admin.rotate_keys()}, is_json)


@keys_group.command("list")
@json_option
def keys_list(is_json: bool) -> None:
    """List keys; their secrets are not shown."""
    with open_office() as office:
        print_list(store_keys_json(office.reads.store_keys()), is_json, "There are no keys.")


@keys_group.command("retire")
@click.argument("key_id", metavar="KID")
@json_option
def keys_retire(key_id: str, is_json: bool) -> None:
    """Forget a key that has leaked; devices go on with a new token at their next contact. First: keys rotate."""
    with open_office() as office:
        print_object({"retired": key_id, "kind": office.admin.retire_key(key_id).kind}, is_json)


@lts.group("admin-key")
def admin_key_group() -> None:
    """Bearer keys of the administration interface."""


@admin_key_group.command("add")
@click.argument("name")
@click.option("--scope", type=click.Choice(["read", "manage", "customer"]), default="manage", show_default=True)
@click.option("--customer", metavar="NAME", help="Whose it is, with the scope customer: for devices of their codes.")
@json_option
def admin_key_add(name: str, scope: str, customer: str | None, is_json: bool) -> None:
    """Make a key and print it, the only time that it is seen."""
    with open_office() as office:
        key = office.admin.add_admin_key(name, cast("AdminScope", scope), customer)
        print_object({"id": name, "key": key}, is_json)


@admin_key_group.command("rotate")
@click.argument("name")
@json_option
def admin_key_rotate(name: str, is_json: bool) -> None:
    """Put a fresh secret in a key's place and print it; the old one is worthless at once."""
    with open_office() as office:
        print_object({"id": name, "key": office.admin.rotate_admin_key(name)}, is_json)


@admin_key_group.command("list")
@json_option
def admin_key_list(is_json: bool) -> None:
    """List keys; their secrets are not kept."""
    with open_office() as office:
        print_list(
            [admin_key_json(key) for key in office.reads.admin_keys()], is_json, "There are no administration keys."
        )


@admin_key_group.command("revoke")
@click.argument("name")
def admin_key_revoke(name: str) -> None:
    """Make a key worthless."""
    with open_office() as office:
        office.admin.revoke_admin_key(name)
        click.echo(f"Revoked {name}.")
