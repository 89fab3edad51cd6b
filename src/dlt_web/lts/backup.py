"""Backups of a store in use, and their return; trackers then send anew what the backup does not have (spec §5)."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from ..errors import DltError, OptionError
from .alert_settings import read_settings
from .clock import Clock
from .identity import STORE_EPOCH, standing_clock_ms, store_epoch
from .records import AuditEntry
from .store import SqliteStore, Writing, copies, file_trouble, used_alone
from .verify import find_faults


class BackupError(DltError):
    """A backup cannot be written or taken back; nothing was changed."""

    code = "BACKUP_REFUSED"


@dataclass(frozen=True, slots=True)
class Restored:
    """What a restore did.

    Attributes:
        store_epoch: the store's new epoch.
        replaced: where the file that was there before lies now; None where there was none.
        replaced_fault: why its epoch could not be read; None where it could.
        webhooks: how many the store has that are not paused: it tells them what it finds as soon as it is served.
    """

    store_epoch: str
    replaced: str | None
    replaced_fault: str | None
    webhooks: int


def back_up(store: str, target: str) -> None:
    """Write one committed state of the store file to a new file, complete or not at all; a server may go on meanwhile.

    Raises:
        OptionError: the target is taken.
        BackupError: there is no such store, or the target cannot be written.
        StoreUnavailableError: the store cannot be read now.
        StoreFormatError: it is damaged.
    """
    if not os.path.exists(store):
        raise BackupError(f"There is no store {store}: name one with --store or DLT_WEB_STORE.")
    if os.path.lexists(target):
        raise OptionError(f"A backup never replaces a file, and {target} exists; name another.")
    with beside(target) as copy:
        copies.copy_store(store, copy)
        copies.publish(copy, target)


def restore(backup: str, store: str, clock: Clock, actor: str, *, is_verified: bool) -> Restored:
    """Put a backup in the place of a store that nobody uses, under a higher epoch; what was there is kept beside it.

    Args:
        backup: the backup; it stays as it is.
        store: the store file to be replaced or made.
        clock: the epoch is at least its Unix time.
        actor: who restores, for the audit log.
        is_verified: check the backup first, and refuse one with faults.

    Raises:
        BackupError: there is no such backup, it has faults, or a file cannot be written.
        StoreUnavailableError: somebody uses the store.
        StoreFormatError: the backup is no store of this software.
    """
    if not os.path.exists(backup):
        raise BackupError(f"There is no backup {backup}: name a file that lts backup wrote.")
    with beside(store) as copy, used_alone(store):
        copies.copy_store(backup, copy)
        before, fault = _number_of(store)
        opened = SqliteStore(copy)
        try:
            if is_verified and (faults := find_faults(opened)):
                raise BackupError(f"The backup {backup} has faults; the first of {len(faults)}: {faults[0]}")
            now_ms = clock.now_ms()
            detail = {"backup": os.path.abspath(backup)}
            epoch = opened.write(
                lambda rows: raise_epoch(rows, before, now_ms, actor, "store.restore", detail)
            ).result()
            webhooks = opened.read(lambda rows: 0 if read_settings(rows).is_paused else len(rows.webhooks())).result()
        finally:
            opened.close()
        copies.close_log(copy)
        kept, was_there = name_for_replaced(store, now_ms), os.path.exists(store)
        copies.put_in_place(copy, store, kept)
    return Restored(epoch, kept if was_there else None, fault, webhooks)


def raise_epoch(rows: Writing, replaced: int, now_ms: int, actor: str, action: str, detail: Mapping[str, Any]) -> str:
    """Set the largest of the backup's + 1, the replaced store's + 1 and the Unix time; the audit log says so.

    ``now_ms`` is the machine's wall time also where the store's server goes by a test clock: that one stands in the
    backup as it stood, and would give one number to two restores. The log's entry goes by the clock of all others.
    """
    standing_ms = standing_clock_ms(rows)
    store_id, _, number = store_epoch(rows).rpartition(":")
    epoch = f"{store_id}:{max(int(number) + 1, replaced + 1, now_ms // 1000)}"
    rows.put_info(STORE_EPOCH, epoch)
    rows.add_audit(AuditEntry(now_ms if standing_ms is None else standing_ms, actor, action, epoch, json.dumps(detail)))
    return epoch


def _number_of(store: str) -> tuple[int, str | None]:
    """Return the epoch number of the store to be replaced and, where it cannot be read, why (then 0)."""
    if not os.path.exists(store):
        return 0, None
    try:
        copies.close_log(store)
        return int(copies.read_info(store, STORE_EPOCH).rpartition(":")[2] or 0), None
    except DltError as error:
        if error.code == "STORE_UNAVAILABLE":
            raise
        return 0, error.message


def name_for_replaced(store: str, now_ms: int) -> str:
    """Return a name beside a store that is free for the file that it had."""
    moment = datetime.fromtimestamp(now_ms / 1000, UTC).strftime("%Y%m%dT%H%M%SZ")
    name, number = f"{store}.replaced-{moment}", 1
    while os.path.lexists(name):
        number += 1
        name = f"{store}.replaced-{moment}-{number}"
    return name


@contextmanager
def beside(path: str) -> Iterator[str]:
    """Give the name of a temporary file beside ``path``, on the same disk, and remove what is left of it."""
    name = f"{path}.partial-{os.getpid()}"
    try:
        yield name
    except OSError as error:
        trouble = file_trouble(path, error, other="name another file")
        raise BackupError(f"{path} cannot be written: {trouble}.") from error
    finally:
        copies.remove(name)
