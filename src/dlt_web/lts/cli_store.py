"""``dlt-web lts verify | backup | restore | export | import``: the store as a file, and as open formats."""

from __future__ import annotations

import json
import os
import sys

import click

from .admin_keys import operator
from .backup import back_up, restore
from .cli_office import STORE, StoreCommand, json_option
from .cli_values import one_sentence_errors, print_object
from .clock import SystemClock
from .export_store import export_all
from .import_store import import_all
from .store import SqliteStore, sqlite_path
from .verify import find_faults


@click.command(cls=StoreCommand)
@json_option
def verify(is_json: bool) -> None:
    """Check audit log, counters and database file; one line for each fault, and exit code 1 if there is one."""
    with one_sentence_errors():
        path = _path()
        if not os.path.exists(path):
            raise click.ClickException(f"There is no store {path}: name one with --store or DLT_WEB_STORE.")
        store = SqliteStore(path)
        try:
            faults = find_faults(store)
        finally:
            store.close()
    if is_json:
        click.echo(json.dumps({"faults": faults}))
    else:
        click.echo("\n".join(faults) or "The store is in order: audit log, counters and database file.")
    sys.exit(1 if faults else 0)


@click.command(cls=StoreCommand)
@click.argument("path", type=click.Path())
def backup(path: str) -> None:
    """Write the store as it is now to PATH, a new file; a server may go on meanwhile. It holds secret keys."""
    with one_sentence_errors():
        back_up(_path(), path)
        click.echo(f"Wrote {path}.")


@click.command("restore", cls=StoreCommand)
@click.argument("path", type=click.Path())
@click.option("--verify", "is_verified", is_flag=True, help="Check the backup first and refuse one with faults.")
@json_option
def restore_command(path: str, is_verified: bool, is_json: bool) -> None:
    """Put the backup PATH in the store's place; trackers then send anew what it lacks. Stop the server first."""
    with one_sentence_errors():
        done = restore(path, _path(), SystemClock(), operator(), is_verified=is_verified)
        if done.replaced_fault is not None:
            click.echo(f"The replaced store could not be read: {done.replaced_fault}", err=True)
        if done.webhooks:
            click.echo(
                f"The store tells its webhooks ({done.webhooks}) what it finds as soon as it is served, and what "
                "waited in the backup. Where it is a copy beside the server that goes on: lts alerts webhook pause.",
                err=True,
            )
        print_object({"storeEpoch": done.store_epoch, "replaced": done.replaced}, is_json)


@click.command("export", cls=StoreCommand)
@click.argument("path", type=click.Path())
@click.option("--all", "is_all", is_flag=True, required=True, help="All tables; devices alone: devices export.")
@click.option("--csv", "has_csv", is_flag=True, help="Each table as CSV, too.")
@click.option("--without-secrets", is_flag=True, help="Without keys and password hashes; cannot be imported.")
@json_option
def export_command(path: str, is_all: bool, has_csv: bool, without_secrets: bool, is_json: bool) -> None:
    """Write everything into PATH, a new folder: JSON lines, their schema, a manifest. It holds secret keys."""
    with one_sentence_errors():
        if not is_all:
            raise click.UsageError("export writes everything, and says so: --all.")
        done = export_all(_path(), path, SystemClock(), has_csv=has_csv, has_secrets=not without_secrets)
        print_object({"path": path, "storeEpoch": done.store_epoch, "rows": done.rows}, is_json)


@click.command("import", cls=StoreCommand)
@click.argument("path", type=click.Path())
@click.option("--with-webhooks", is_flag=True, help="Go on telling webhooks; else: lts alerts webhook resume.")
@json_option
def import_command(path: str, with_webhooks: bool, is_json: bool) -> None:
    """Make a store of the export in PATH; one that is there must be empty, and used by nobody.

    Its webhooks are paused, since the server that was exported may go on.
    """
    with one_sentence_errors():
        done = import_all(path, _path(), SystemClock(), operator(), has_webhooks=with_webhooks)
        shown = {"storeEpoch": done.store_epoch, "rows": done.rows, "replaced": done.replaced}
        print_object(shown | {"webhooksPaused": done.are_webhooks_paused}, is_json)


def _path() -> str:
    return sqlite_path(click.get_current_context().meta[STORE])


STORE_COMMANDS = (verify, backup, restore_command, export_command, import_command)
