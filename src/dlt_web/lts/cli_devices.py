"""``dlt-web lts devices …``: who has a seat, and taking seats back."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from typing import cast

import click

from ..model import StorageKind
from ..wire import STORAGE_KINDS
from .admin_keys import operator
from .cli_office import STORE, StoreGroup, json_option, open_office
from .cli_values import TIME, one_sentence_errors, options, print_object, print_table
from .clock import SystemClock
from .devices import DeviceFilter
from .exports import ExportFormat, export_devices
from .forget import forget_device, proof_json
from .store import sqlite_path
from .views import device_json


@click.group("devices", cls=StoreGroup)
def devices_group() -> None:
    """Devices and their seats."""


@devices_group.command("list")
@click.option("--handshake", "code", required=True)
@click.option("--license", "license_id")
@click.option("--search", metavar="TEXT", help="Begins the UUID, or is part of the friendly name.")
@json_option
def devices_list(code: str, license_id: str | None, search: str | None, is_json: bool) -> None:
    """List a handshake code's devices; those without a seat stay listed for their scans."""
    with open_office() as office:
        pages = office.reads.device_pages(DeviceFilter(code, license_id, search))
        rows = ([device_json(device) for device in page] for page in pages)
        if is_json:
            _print_json_list(json.dumps(row) for page in rows for row in page)
            return
        print_table(rows, "There are no devices.")


_conditions = options(
    click.option("--handshake", "code"),
    click.option("--license", "license_id", help="Seated at this item."),
    click.option("--last-seen-before", "last_seen_before_ms", type=TIME, help="Not seen since then."),
    click.option("--storage", type=click.Choice(STORAGE_KINDS)),
    click.option("--unseated", "is_unseated", is_flag=True, help="Reported usage while no item had room."),
)


@devices_group.command("release")
@click.argument("device_uuid", metavar="[UUID]", required=False)
@_conditions
@click.option("--dry-run", "is_dry_run", is_flag=True, help="Say how many, and release none.")
def devices_release(
    device_uuid: str | None,
    code: str | None,
    license_id: str | None,
    last_seen_before_ms: int | None,
    storage: str | None,
    is_unseated: bool,
    is_dry_run: bool,
) -> None:
    """Free the seat of one device, or of all that meet every given condition."""
    wanted = DeviceFilter(code, license_id, None, last_seen_before_ms, cast("StorageKind | None", storage), is_unseated)
    if device_uuid is not None:
        if code is None or is_dry_run or wanted != DeviceFilter(code):
            raise click.UsageError("One device is released by its UUID and --handshake alone.")
        with open_office() as office:
            office.admin.release_device(code, device_uuid)
            click.echo(f"Released {device_uuid}.")
        return
    if wanted == DeviceFilter(code):
        raise click.UsageError("Name a device by UUID, or give --license, --last-seen-before, --storage or --unseated.")
    with open_office() as office:
        count = office.admin.release_devices(wanted, is_dry_run=is_dry_run)
        devices = "1 device" if count == 1 else f"{count} devices"
        click.echo(f"Would release {devices}; nothing was changed." if is_dry_run else f"Released {devices}.")


@devices_group.command("export")
@click.option("--handshake", "code")
@click.option("--license", "license_id")
@click.option("--csv", "form", flag_value="csv", help="Print CSV with a line of column names.")
@json_option
def devices_export(code: str | None, license_id: str | None, form: str | None, is_json: bool) -> None:
    """Export devices, of all handshake codes or one: JSON lines, CSV, or with --json one list."""
    if form is not None and is_json:
        raise click.UsageError("Choose one of --csv and --json.")
    with open_office() as office:
        pieces = export_devices(
            office.reads.device_pages(DeviceFilter(code, license_id)), cast("ExportFormat", form or "jsonl")
        )
        if is_json:
            _print_json_list(line for piece in pieces for line in piece.splitlines())
            return
        for piece in pieces:
            click.echo(piece, nl=False)


@devices_group.command("forget")
@click.argument("device_uuid", metavar="UUID")
@json_option
def devices_forget(device_uuid: str, is_json: bool) -> None:
    """Erase all that is known of a device, and prove it: exit code 0 if a search of the whole store finds it nowhere.

    Its seats come free, its scans stay counted. The store's file is written anew, during which commits wait.
    """
    with one_sentence_errors():
        path = sqlite_path(click.get_current_context().meta[STORE])
        proof = forget_device(path, device_uuid, SystemClock(), operator())
    print_object(proof_json(proof), is_json)
    if not proof.is_proved:
        sys.exit(1)


def _print_json_list(items: Iterator[str]) -> None:
    """Print a JSON list item by item."""
    first = next(items, None)
    click.echo("[" + (first or ""), nl=False)
    for item in items:
        click.echo(", " + item, nl=False)
    click.echo("]")
