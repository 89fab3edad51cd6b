"""``dlt-web lts …``: runs and administers the license tracking server (spec §10)."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, cast

import click

from ..errors import OptionError
from .admin import Administration, LicenseSettings
from .cli_values import DURATION, TIME, one_sentence_errors, options, print_list, print_object
from .clock import SystemClock
from .identity import ensure_identity
from .reads import PERIOD_SLOTS, By, Reads
from .records import Handshake
from .store import Store, open_store
from .sweeps import Sweeper
from .views import audit_json, device_json, handshake_json, license_json, usage_json

CHARGE_WAYS = click.Choice(["per_scan", "per_device", "concurrent_device"])
POLICIES = click.Choice(["refuse-all", "refuse-new", "allow"])

json_option = click.option("--json", "is_json", is_flag=True, help="Print JSON.")


@dataclass(frozen=True, slots=True)
class Office:
    """An opened store and the hands that work on it."""

    store: Store
    admin: Administration
    reads: Reads


@contextmanager
def _office() -> Iterator[Office]:
    """Open the store that the command line names, beside a running server or without one."""
    with one_sentence_errors():
        clock = SystemClock()
        store = open_store(click.get_current_context().meta["dlt_web.store"])
        try:
            now_ms = clock.now_ms()
            store.write(lambda rows: ensure_identity(rows, now_ms)).result()
            yield Office(store, Administration(store, clock), Reads(store))
        finally:
            store.close()


class StoreCommand(click.Command):
    """A command that takes ``--store`` itself, too, so that the option may stand anywhere on the line."""

    def __init__(self, *args: Any, **settings: Any) -> None:
        super().__init__(*args, **settings)
        self.params.append(click.Option(["--store"], metavar="URL", expose_value=False, callback=_remember_store))


class StoreGroup(click.Group):
    """A group of such commands."""

    command_class = StoreCommand
    group_class = type


def _remember_store(context: click.Context, _option: click.Parameter, url: str | None) -> None:
    if url is not None:
        context.meta["dlt_web.store"] = url


@click.group(cls=StoreGroup)
@click.option(
    "--store", "store_url", envvar="DLT_WEB_STORE", default="sqlite:///dlt-web.db", show_default=True, metavar="URL",
    help="Where counts are kept; also DLT_WEB_STORE.",
)  # fmt: skip
@click.pass_context
def lts(context: click.Context, store_url: str) -> None:
    """Run and administer the License Tracking Server."""
    context.meta["dlt_web.store"] = store_url


@lts.command()
@click.option("--host", default="127.0.0.1", show_default=True)
@click.option("--port", default=8010, show_default=True, type=click.IntRange(0, 65535), help="0 picks a free one.")
@click.option("--test-clock", is_flag=True, help="Time stands still until POST /v1/test/clock; loopback only.")
def serve(host: str, port: int, test_clock: bool) -> None:
    """Serve until stopped; the first line on stdout says where."""
    from .server import serve as run

    with one_sentence_errors():
        run(click.get_current_context().meta["dlt_web.store"], host, port, is_test_clock=test_clock)


# -- license items


@lts.group("license")
def license_group() -> None:
    """License items: what was bought."""


def _license_options(*, is_new: bool) -> Callable[[Any], Any]:
    default: dict[str, Any] = {} if is_new else {"default": None}
    return options(
        click.option("--charge-way", type=CHARGE_WAYS, required=is_new),
        click.option("--quota", type=int, required=is_new, help="Scans or seats bought."),
        click.option("--product", default="barcode-reader" if is_new else None),
        click.option("--valid-from", "valid_from_ms", type=TIME),
        click.option("--valid-until", "valid_until_ms", type=TIME, help="First moment after its validity."),
        click.option("--device-lifetime", "device_lifetime_s", type=DURATION, help="Such as 90d; usually 366d or 3m."),
        click.option("--on-exhausted", type=POLICIES, **(default | ({"default": "refuse-all"} if is_new else {}))),
        click.option("--grace-percent", type=int, **(default | ({"default": 0} if is_new else {}))),
        json_option,
    )


@license_group.command("add")
@click.option("--id", "license_id", help="Its name; one is made up where none is given.")
@_license_options(is_new=True)
def license_add(license_id: str | None, is_json: bool, **settings: Any) -> None:
    """Add a license item and print it."""
    with _office() as office:
        item = office.admin.add_license(LicenseSettings(id=license_id, **settings))
        print_object(license_json(item), is_json)


@license_group.command("list")
@json_option
def license_list(is_json: bool) -> None:
    """List license items with what they have counted."""
    with _office() as office:
        print_list([license_json(item) for item in office.reads.licenses()], is_json, "There are no licenses.")


@license_group.command("show")
@click.argument("license_id", metavar="ID")
@json_option
def license_show(license_id: str, is_json: bool) -> None:
    """Show one license item."""
    with _office() as office:
        print_object(license_json(office.reads.license(license_id)), is_json)


@license_group.command("set")
@click.argument("license_id", metavar="ID")
@_license_options(is_new=False)
def license_set(license_id: str, is_json: bool, **settings: Any) -> None:
    """Change settings of a license item; a shorter lifetime applies to the devices that it has."""
    changes = {name: value for name, value in settings.items() if value is not None}
    with _office() as office:
        print_object(license_json(office.admin.set_license(license_id, changes)), is_json)


@license_group.command("revoke")
@click.argument("license_id", metavar="ID")
@json_option
def license_revoke(license_id: str, is_json: bool) -> None:
    """Take a license item back for good."""
    with _office() as office:
        print_object(license_json(office.admin.revoke_license(license_id)), is_json)


# -- handshake codes


@lts.group("handshake")
def handshake_group() -> None:
    """Handshake codes: what apps are configured with."""


@handshake_group.command("add")
@click.argument("code")
@click.option("--license", "license_ids", multiple=True, required=True, help="In the order of use; repeatable.")
@click.option("--allow-origin", "origins", multiple=True, help="Only these origins may ask; repeatable.")
@click.option("--allow-non-browser", is_flag=True, help="Also clients that send no origin; needs a session password.")
@click.option("--session-password-stdin", is_flag=True, help="Read the session password from stdin.")
@click.option("--test", "is_test", is_flag=True, help="Mark as a test code.")
@json_option
def handshake_add(
    code: str,
    license_ids: tuple[str, ...],
    origins: tuple[str, ...],
    allow_non_browser: bool,
    session_password_stdin: bool,
    is_test: bool,
    is_json: bool,
) -> None:
    """Add a handshake code and print it."""
    with _office() as office:
        password = _password_from_stdin() if session_password_stdin else None
        handshake = Handshake(code, license_ids, origins, allow_non_browser, is_test=is_test)
        print_object(handshake_json(office.admin.add_handshake(handshake, password)), is_json)


@handshake_group.command("list")
@json_option
def handshake_list(is_json: bool) -> None:
    """List handshake codes."""
    with _office() as office:
        rows = [handshake_json(handshake) for handshake in office.reads.handshakes()]
        print_list(rows, is_json, "There are no handshake codes.")


@handshake_group.command("show")
@click.argument("code")
@json_option
def handshake_show(code: str, is_json: bool) -> None:
    """Show one handshake code."""
    with _office() as office:
        print_object(handshake_json(office.reads.handshake(code)), is_json)


@handshake_group.command("set")
@click.argument("code")
@click.option("--license", "license_ids", multiple=True, help="Replaces the list of licenses; repeatable.")
@click.option("--allow-origin", "origins", multiple=True, help="Replaces the list of origins; repeatable.")
@click.option("--any-origin", is_flag=True, help="Empties the list of origins.")
@click.option("--allow-non-browser/--browser-only", default=None)
@click.option("--session-password-stdin", is_flag=True, help="Read a new session password from stdin.")
@click.option("--no-session-password", is_flag=True, help="Take the session password away.")
@click.option("--test/--no-test", "is_test", default=None)
@json_option
def handshake_set(
    code: str, any_origin: bool, session_password_stdin: bool, no_session_password: bool, is_json: bool, **given: Any
) -> None:
    """Change a handshake code."""
    if any_origin and given["origins"]:
        raise click.UsageError("--any-origin and --allow-origin exclude each other.")
    if session_password_stdin and no_session_password:
        raise click.UsageError("--session-password-stdin and --no-session-password exclude each other.")
    changes = {name: value for name, value in given.items() if value not in (None, ())}
    changes |= {"origins": ()} if any_origin else {}
    with _office() as office:
        password = _password_from_stdin() if session_password_stdin else "" if no_session_password else None
        print_object(handshake_json(office.admin.set_handshake(code, changes, password)), is_json)


def _password_from_stdin() -> str:
    password = sys.stdin.readline().rstrip("\r\n")
    if not password or len(password) > 1024 or not password.isprintable():
        raise OptionError("A session password is one line of 1 to 1024 printable characters on stdin.")
    return password


# -- devices and usage


@lts.group("devices")
def devices_group() -> None:
    """Devices and their seats."""


@devices_group.command("list")
@click.option("--handshake", "code", required=True)
@click.option("--license", "license_id")
@json_option
def devices_list(code: str, license_id: str | None, is_json: bool) -> None:
    """List a handshake code's devices; those without a seat stay listed for their scans."""
    with _office() as office:
        rows = [device_json(device) for device in office.reads.devices(code, license_id)]
        print_list(rows, is_json, "There are no devices.")


@devices_group.command("release")
@click.argument("device_uuid", metavar="UUID")
@click.option("--handshake", "code", required=True)
def devices_release(device_uuid: str, code: str) -> None:
    """Free a device's seat."""
    with _office() as office:
        office.admin.release_device(code, device_uuid)
        click.echo(f"Released {device_uuid}.")


@devices_group.command("export")
@click.option("--handshake", "code")
@json_option
def devices_export(code: str | None, is_json: bool) -> None:
    """Export devices, of all handshake codes or one: JSON lines, or with --json one list."""
    with _office() as office:
        rows = [device_json(device) for device in office.reads.devices(code)]
        if is_json:
            print_list(rows, True, "")
        for row in rows if not is_json else ():
            print_object(row, True)


@lts.command()
@click.option("--handshake", "code", required=True)
@click.option("--by", type=click.Choice(["total", *PERIOD_SLOTS]), default="total", show_default=True)
@click.option("--from", "from_ms", type=TIME, help="First slot's earliest start.")
@click.option("--to", "to_ms", type=TIME, help="Slots that start before this.")
@json_option
def usage(code: str, by: str, from_ms: int | None, to_ms: int | None, is_json: bool) -> None:
    """Show a handshake code's devices and verified scans."""
    with _office() as office:
        view = office.reads.usage(code, by=cast("By", by), from_ms=from_ms, to_ms=to_ms)
        print_object(usage_json(view), is_json)


@lts.command()
@json_option
def audit(is_json: bool) -> None:
    """List administrative changes, oldest first."""
    with _office() as office:
        print_list(
            [audit_json(entry) for entry in office.reads.audit(limit=sys.maxsize)], is_json, "Nothing was changed yet."
        )


# -- upkeep


@lts.command()
@json_option
def sweep(is_json: bool) -> None:
    """Remove every device whose removal time has come, without waiting for the server's sweeps."""
    with _office() as office:
        clock = SystemClock()
        sweeper = Sweeper(office.store, clock)
        removed = asyncio.run(sweeper.sweep("minute", clock.now_ms()))
        removed += asyncio.run(sweeper.sweep("day", clock.now_ms()))
        print_object({"removed": removed}, is_json)


@lts.group("keys")
def keys_group() -> None:
    """Keys that tokens are made with."""


@keys_group.command("rotate")
@json_option
def keys_rotate(is_json: bool) -> None:
    """Make new keys; what the old ones signed stays good."""
    with _office() as office:
        print_object({"keyIds": office.admin.rotate_keys()}, is_json)


@lts.group("admin-key")
def admin_key_group() -> None:
    """Bearer keys of the administration interface."""


@admin_key_group.command("add")
@click.argument("name")
@json_option
def admin_key_add(name: str, is_json: bool) -> None:
    """Make a key and print it, the only time that it is seen."""
    with _office() as office:
        key = office.admin.add_admin_key(name)
        print_object({"id": name, "key": key}, is_json)


@admin_key_group.command("list")
@json_option
def admin_key_list(is_json: bool) -> None:
    """List the names of keys."""
    with _office() as office:
        keys = office.store.read(lambda rows: rows.admin_keys()).result()
        print_list([{"id": key.name} for key in keys], is_json, "There are no administration keys.")


@admin_key_group.command("revoke")
@click.argument("name")
def admin_key_revoke(name: str) -> None:
    """Make a key worthless."""
    with _office() as office:
        office.admin.revoke_admin_key(name)
        click.echo(f"Revoked {name}.")
