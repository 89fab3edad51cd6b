"""``dlt-web lts license …`` and ``dlt-web lts handshake …``: what was bought, and who may use it."""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import Any

import click

from ..errors import OptionError
from ..model import CHARGE_WAYS as ALL_CHARGE_WAYS
from .admin import LicenseSettings
from .admin_checks import RELEASE_TERM_S
from .cli_office import StoreGroup, json_option, open_office
from .cli_values import DURATION, TIME, options, print_list, print_object
from .records import Handshake
from .views import handshake_json, license_json

CHARGE_WAYS = click.Choice(ALL_CHARGE_WAYS)
POLICIES = click.Choice(["refuse-all", "refuse-new", "allow"])


_if_version = click.option(
    "--if-version",
    "expected",
    metavar="VERSION",
    help="Change it only if nobody has since: the version that show prints.",
)


# -- license items


@click.group("license", cls=StoreGroup)
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
    with open_office() as office:
        item = office.admin.add_license(LicenseSettings(id=license_id, **settings))
        print_object(license_json(item), is_json)


@license_group.command("list")
@json_option
def license_list(is_json: bool) -> None:
    """List license items with what they have counted."""
    with open_office() as office:
        print_list([license_json(item) for item in office.reads.licenses()], is_json, "There are no licenses.")


@license_group.command("show")
@click.argument("license_id", metavar="ID")
@json_option
def license_show(license_id: str, is_json: bool) -> None:
    """Show one license item."""
    with open_office() as office:
        print_object(license_json(office.reads.license(license_id)), is_json)


@license_group.command("set")
@click.argument("license_id", metavar="ID")
@_license_options(is_new=False)
@click.option("--no-valid-from", is_flag=True, help="Valid from ever on.")
@click.option("--no-valid-until", is_flag=True, help="Valid without end.")
@_if_version
def license_set(
    license_id: str,
    is_json: bool,
    no_valid_from: bool,
    no_valid_until: bool,
    expected: str | None,
    **settings: Any,
) -> None:
    """Change settings of a license item; a shorter lifetime applies to the devices that it has."""
    changes = {name: value for name, value in settings.items() if value is not None}
    for bound, is_taken_away in (("valid_from_ms", no_valid_from), ("valid_until_ms", no_valid_until)):
        if is_taken_away and bound in changes:
            option = "--" + bound.removesuffix("_ms").replace("_", "-")
            raise click.UsageError(f"{option} and --no-{option[2:]} exclude each other.")
        changes |= {bound: None} if is_taken_away else {}
    if not changes:
        raise click.UsageError("license set needs at least one setting to change, such as --quota 200.")
    with open_office() as office:
        print_object(license_json(office.admin.set_license(license_id, changes, expected=expected)), is_json)


@license_group.command("revoke")
@click.argument("license_id", metavar="ID")
@json_option
def license_revoke(license_id: str, is_json: bool) -> None:
    """Take a license item back for good."""
    with open_office() as office:
        print_object(license_json(office.admin.revoke_license(license_id)), is_json)


# -- handshake codes


_release_options = options(
    click.option(
        "--customer-releases", "release_limit", type=int, help="So many devices may its customer release in a term."
    ),
    click.option(
        "--release-term", "release_term_s", type=DURATION, help="That term, such as 30d, which it usually is."
    ),
)


def _releases(limit: int | None, term_s: int | None) -> dict[str, Any]:
    """Return the settings of a customer's own releases."""
    if limit is None and term_s is not None:
        raise click.UsageError("--release-term goes with --customer-releases.")
    return {"release_limit": limit, "release_term_s": None if limit is None else term_s or RELEASE_TERM_S}


@click.group("handshake", cls=StoreGroup)
def handshake_group() -> None:
    """Handshake codes: what apps are configured with."""


@handshake_group.command("add")
@click.argument("code")
@click.option("--license", "license_ids", multiple=True, required=True, help="In the order of use; repeatable.")
@click.option("--allow-origin", "origins", multiple=True, help="Only these origins may ask; repeatable.")
@click.option("--allow-non-browser", is_flag=True, help="Also clients that send no origin; needs a session password.")
@click.option("--session-password-stdin", is_flag=True, help="Read the session password from stdin.")
@click.option("--test", "is_test", is_flag=True, help="Mark as a test code.")
@click.option("--customer", metavar="NAME", help="To whom it belongs: whose statements show its usage.")
@_release_options
@json_option
def handshake_add(
    code: str,
    license_ids: tuple[str, ...],
    origins: tuple[str, ...],
    allow_non_browser: bool,
    session_password_stdin: bool,
    is_test: bool,
    customer: str | None,
    release_limit: int | None,
    release_term_s: int | None,
    is_json: bool,
) -> None:
    """Add a handshake code and print it."""
    with open_office() as office:
        password = _password_from_stdin() if session_password_stdin else None
        handshake = Handshake(
            code,
            license_ids,
            origins,
            allow_non_browser,
            is_test=is_test,
            customer=customer,
            **_releases(release_limit, release_term_s),
        )
        print_object(handshake_json(office.admin.add_handshake(handshake, password)), is_json)


@handshake_group.command("list")
@json_option
def handshake_list(is_json: bool) -> None:
    """List handshake codes."""
    with open_office() as office:
        rows = [handshake_json(handshake) for handshake in office.reads.handshakes()]
        print_list(rows, is_json, "There are no handshake codes.")


@handshake_group.command("show")
@click.argument("code")
@json_option
def handshake_show(code: str, is_json: bool) -> None:
    """Show one handshake code."""
    with open_office() as office:
        print_object(handshake_json(office.reads.handshake(code)), is_json)


@handshake_group.command("set")
@click.argument("code")
@click.option("--license", "license_ids", multiple=True, help="Replaces the list of licenses; repeatable.")
@click.option("--allow-origin", "origins", multiple=True, help="Replaces the list of origins; repeatable.")
@click.option("--any-origin", is_flag=True, help="Empties the list of origins.")
@click.option("--allow-non-browser/--browser-only", default=None)
@click.option("--session-password-stdin", is_flag=True, help="Read a new session password from stdin.")
@click.option("--no-session-password", is_flag=True, help="Take the session password away.")
@click.option("--test/--no-test", "is_test", default=None, help="Used for tests from now on, or no more.")
@click.option("--test-from", "test_from_ms", type=TIME, help="From when on it is so; usually from now on.")
@click.option("--customer", metavar="NAME", help="Hand it over to a customer.")
@click.option("--customer-from", "customer_from_ms", type=TIME, help="From when on it is theirs; usually from now on.")
@click.option("--no-customer", is_flag=True, help="It is nobody's from now on.")
@_release_options
@click.option("--no-customer-releases", is_flag=True, help="The customer may release none.")
@_if_version
@json_option
def handshake_set(
    code: str,
    any_origin: bool,
    session_password_stdin: bool,
    no_session_password: bool,
    no_customer: bool,
    no_customer_releases: bool,
    release_limit: int | None,
    release_term_s: int | None,
    expected: str | None,
    is_json: bool,
    **given: Any,
) -> None:
    """Change a handshake code."""
    if any_origin and given["origins"]:
        raise click.UsageError("--any-origin and --allow-origin exclude each other.")
    if session_password_stdin and no_session_password:
        raise click.UsageError("--session-password-stdin and --no-session-password exclude each other.")
    if no_customer and given["customer"]:
        raise click.UsageError("--customer and --no-customer exclude each other.")
    if given["customer_from_ms"] is not None and not (no_customer or given["customer"]):
        raise click.UsageError("--customer-from goes with --customer or --no-customer.")
    if given["test_from_ms"] is not None and given["is_test"] is None:
        raise click.UsageError("--test-from goes with --test or --no-test.")
    changes = {name: value for name, value in given.items() if value not in (None, ())}
    changes |= ({"origins": ()} if any_origin else {}) | ({"customer": None} if no_customer else {})
    if no_customer_releases and release_limit is not None:
        raise click.UsageError("--customer-releases and --no-customer-releases exclude each other.")
    if no_customer_releases or release_limit is not None or release_term_s is not None:
        changes |= _releases(release_limit, release_term_s)
    if not changes and not session_password_stdin and not no_session_password:
        raise click.UsageError("handshake set needs at least one setting to change, such as --license ID.")
    with open_office() as office:
        password = _password_from_stdin() if session_password_stdin else "" if no_session_password else None
        after = office.admin.set_handshake(code, changes, password, expected=expected)
        print_object(handshake_json(after), is_json)


def _password_from_stdin() -> str:
    password = sys.stdin.readline().rstrip("\r\n")
    if not password or len(password) > 1024 or not password.isprintable():
        raise OptionError("A session password is one line of 1 to 1024 printable characters on stdin.")
    return password
