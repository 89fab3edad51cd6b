"""``dlt-web lts alerts …``: what the operator was told, whom it is told to, and at which levels."""

from __future__ import annotations

import json
import sys
from typing import Any

import click

from ..errors import OptionError
from .alert_courier import LEASE_MS, Courier
from .alert_records import Delivery
from .alert_views import AlertReads, webhook_json
from .alert_watch import Watch
from .cli_office import Office, StoreGroup, json_option, open_office
from .cli_values import options, print_list, print_object

_NOT_HERE = "not sent from here: it was changed meanwhile (lts alerts show {})"
_before = options(
    click.option("--before", type=click.IntRange(1), help="Those numbered below this, newest first."),
    click.option("--limit", type=click.IntRange(1, 200), default=50, show_default=True),
)


@click.group("alerts", cls=StoreGroup)
def alerts_group() -> None:
    """Alerts: what was told, to whom, and when."""


@alerts_group.command("list")
@_before
@json_option
def alerts_list(before: int | None, limit: int, is_json: bool) -> None:
    """List alerts, newest first."""
    with open_office() as office:
        rows = AlertReads(office.store).alerts(before, limit).rows or []
        if not is_json:
            for row in rows:
                del row["id"], row["detail"]
                row["deliveries"] = {one["webhook"]: one["state"] for one in row["deliveries"]}
        print_list(rows, is_json, "There are no alerts.")


@alerts_group.command("show")
@click.argument("number", type=click.IntRange(1))
@json_option
def alerts_show(number: int, is_json: bool) -> None:
    """Show one alert with every attempt to deliver it."""
    with open_office() as office:
        print_object(AlertReads(office.store).alert(number), is_json)


@alerts_group.command("deliveries")
@_before
@json_option
def alerts_deliveries(before: int | None, limit: int, is_json: bool) -> None:
    """List attempts to deliver, newest first."""
    with open_office() as office:
        print_list(AlertReads(office.store).attempts(before, limit).rows or [], is_json, "Nothing was sent yet.")


@alerts_group.command("test")
@click.option("--webhook", "webhook_id", help="To this one only.")
@json_option
def alerts_test(webhook_id: str | None, is_json: bool) -> None:
    """Send a test to every webhook now; exit code 1 if one did not take it."""
    with open_office() as office:
        number = office.admin.send_test(webhook_id, due_ms=_held_until_ms(office)).number
        found = office.store.read(lambda rows: rows.deliveries(number)).result()
        _deliver(office, number, [one for one in found if one.state == "waiting"], is_json)


@alerts_group.command("replay")
@click.argument("number", type=click.IntRange(1))
@click.option("--webhook", "webhook_id", help="To this one only.")
@json_option
def alerts_replay(number: int, webhook_id: str | None, is_json: bool) -> None:
    """Send an alert again now, under its old id; exit code 1 if a webhook did not take it."""
    with open_office() as office:
        waiting = office.admin.replay(number, webhook_id, due_ms=_held_until_ms(office))
        _deliver(office, number, waiting, is_json)


@alerts_group.command("check")
@json_option
def alerts_check(is_json: bool) -> None:
    """Look now for what is to be told, without waiting for the server, which then delivers it."""
    with open_office() as office:
        found = [alert.number for alert in Watch(office.store, office.clock).check()]
        print_object({"alerts": found}, is_json)


@alerts_group.command("settings")
@json_option
def alerts_settings(is_json: bool) -> None:
    """Show the levels, and where webhooks may lie."""
    with open_office() as office:
        print_object(AlertReads(office.store).settings(), is_json)


@alerts_group.command("set")
@click.option("--license", "license_id", help="Thresholds of this item only.")
@click.option("--at", "percents", type=int, multiple=True, help="A threshold in percent of the quota; repeatable.")
@click.option("--as-all", is_flag=True, help="The item's thresholds are those of all others.")
@click.option("--unverified-percent", type=int, help="Share of unverified scans of a day.")
@click.option("--disk-percent", "disk_percents", type=int, multiple=True, help="How full the disk is; repeatable.")
@click.option("--network", "networks", multiple=True, help="Beside public addresses webhooks may lie here; repeatable.")
@json_option
def alerts_set(license_id: str | None, percents: tuple[int, ...], as_all: bool, is_json: bool, **given: Any) -> None:
    """Set levels: of every license item, or of one; and what else alerts go by."""
    changes = {name: value for name, value in given.items() if value not in (None, ())}
    if as_all and (license_id is None or percents):
        raise click.UsageError("--as-all goes with --license, and without --at.")
    if not changes and not percents and not as_all:
        raise click.UsageError("alerts set needs at least one setting to change, such as --at 80 --at 100.")
    thresholds = None if license_id is None else {license_id: None if as_all else tuple(sorted(percents))}
    if thresholds is None and percents:
        changes["percents"] = tuple(sorted(percents))
    if "disk_percents" in changes:
        changes["disk_percents"] = tuple(sorted(changes["disk_percents"]))
    if thresholds is not None and not percents and not as_all:
        raise click.UsageError("--license goes with --at or --as-all.")
    with open_office() as office:
        office.admin.set_alerts(changes, thresholds)
        print_object(AlertReads(office.store).settings(), is_json)


@alerts_group.group("webhook")
def webhook_group() -> None:
    """Whom alerts are told."""


@webhook_group.command("add")
@click.argument("webhook_id", metavar="ID")
@click.option("--url", help="Where to post; seen by everybody on this machine, unlike with --url-stdin.")
@click.option("--url-stdin", is_flag=True, help="Read the URL from stdin.")
@json_option
def webhook_add(webhook_id: str, url: str | None, url_stdin: bool, is_json: bool) -> None:
    """Add a webhook and print its secret, the only time that it is seen."""
    if (url is None) != url_stdin:
        raise click.UsageError("Choose one of --url and --url-stdin.")
    with open_office() as office:
        webhook, secret = office.admin.add_webhook(webhook_id, url or _url_from_stdin())
        print_object(webhook_json(webhook) | {"secret": secret}, is_json)


@webhook_group.command("list")
@json_option
def webhook_list(is_json: bool) -> None:
    """List webhooks; secrets are not shown."""
    with open_office() as office:
        print_list(AlertReads(office.store).webhooks(), is_json, "There are no webhooks.")


@webhook_group.command("rotate")
@click.argument("webhook_id", metavar="ID")
@click.option("--at-once", "is_at_once", is_flag=True, help="Sign with no older secret any more, as where one leaked.")
@json_option
def webhook_rotate(webhook_id: str, is_at_once: bool, is_json: bool) -> None:
    """Print a fresh secret; for a day messages are signed with the old one, too."""
    with open_office() as office:
        secret = office.admin.rotate_webhook(webhook_id, is_at_once=is_at_once)
        print_object({"id": webhook_id, "secret": secret}, is_json)


@webhook_group.command("remove")
@click.argument("webhook_id", metavar="ID")
def webhook_remove(webhook_id: str) -> None:
    """Forget a webhook; what waits for it is given up."""
    with open_office() as office:
        office.admin.remove_webhook(webhook_id)
        click.echo(f"Removed {webhook_id}.")


@webhook_group.command("pause")
@json_option
def webhook_pause(is_json: bool) -> None:
    """Send nothing until webhooks are resumed; what is to be told waits."""
    _pause(True, is_json)


@webhook_group.command("resume")
@json_option
def webhook_resume(is_json: bool) -> None:
    """Send again, as after an import: what has come up meanwhile, and whatever comes."""
    _pause(False, is_json)


def _pause(is_paused: bool, is_json: bool) -> None:
    with open_office() as office:
        office.admin.set_alerts({"is_paused": is_paused})
        print_object(AlertReads(office.store).settings(), is_json)


def _deliver(office: Office, number: int, waiting: list[Delivery], is_json: bool) -> None:
    """Make the first attempt of what was just asked for, here and now, and say what came of each."""
    courier, rows = Courier(office.store, office.clock), []
    for delivery in waiting:
        outcome = courier.deliver(delivery, is_held=True)
        if outcome is None:
            row = {"webhook": delivery.webhook_id, "delivered": False, "outcome": _NOT_HERE.format(number)}
            rows.append(row | {"tookMs": None})
        else:
            row = {"webhook": delivery.webhook_id, "delivered": outcome.is_delivered, "outcome": outcome.text}
            rows.append(row | {"tookMs": outcome.took_ms})
    if is_json:
        click.echo(json.dumps({"alert": number, "deliveries": rows}))
    else:
        print_list(rows, False, "There was nothing to send.")
    sys.exit(0 if all(row["delivered"] for row in rows) else 1)


def _held_until_ms(office: Office) -> int:
    """Return up to when the server leaves alone what is delivered here, unless this process dies meanwhile."""
    return office.clock.now_ms() + LEASE_MS


def _url_from_stdin() -> str:
    url = sys.stdin.readline().strip()
    if not url:
        raise OptionError("A webhook's URL is one line on stdin; found none.")
    return url
