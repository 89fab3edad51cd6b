"""Forgets a device and proves it: what was found where, and that a search of the whole store finds it nowhere."""

from __future__ import annotations

import os
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from .admin import Administration
from .admin_erasure import Forgotten, checked_uuid
from .admin_keys import AdminError
from .clock import Clock
from .identity import clock_of
from .store import SqliteStore, StoreUnavailableError, erasure

# What no command of this software reaches.
ELSEWHERE = (
    "Backups and exports that were made before still hold the device: delete them, or forget it anew after a restore.",
    "Log lines of administrative requests name devices in their path: see to where the server's log is kept.",
    "The file system, its snapshots and the disk may keep freed blocks; webhooks were never told of a device.",
    "A device that reports again is a new one: purge the site's data on it first.",
)


@dataclass(frozen=True, slots=True)
class Proof:
    """What forgetting a device came to.

    Attributes:
        device_uuid: which.
        forgotten: what was deleted, and which seats came free.
        found: rows that named it before, by table.
        left: rows that name it now, by table; none where it is forgotten.
        files: how often its UUID stands in each of the store's files before and now.
        elsewhere: how often it stands in files beside the store that are named after it.
    """

    device_uuid: str
    forgotten: Forgotten
    found: Mapping[str, int]
    left: Mapping[str, int]
    files: Mapping[str, tuple[int, int]]
    elsewhere: Mapping[str, int]

    @property
    def is_proved(self) -> bool:
        """Whether neither rows nor files of the store hold it any more."""
        return not self.left and all(now == 0 for _before, now in self.files.values())


def forget_device(path: str, device_uuid: str, clock: Clock, actor: str) -> Proof:
    """Delete a device's rows, write the store's file anew, and search all of it; a server may go on meanwhile.

    Commits of a server wait for as long as the file takes to be written, or are refused and tried again by trackers.
    ``clock`` says when, unless the store's server goes by a test clock.

    Raises:
        OptionError: it is no UUID.
        AdminError: there is no such device, nor any trace of one in the store's files.
        StoreUnavailableError: the store cannot be used, or its disk has no room.
        StoreFormatError: it is no store of this software.
    """
    device_uuid = checked_uuid(device_uuid)
    if not os.path.exists(path):
        raise AdminError(f"There is no store {path}: name one with --store or DLT_WEB_STORE.")
    store = SqliteStore(path)
    try:
        found, before = erasure.rows_naming(path, device_uuid), _search(erasure.own_files(path), device_uuid)
        if not found and not any(before.values()):
            raise AdminError(f"There is no device {device_uuid}, and no trace of one in the store's files.")
        erasure.check_space(path)
        forgotten = Administration(store, clock_of(store, clock), actor).forget_device(device_uuid)
        _write_anew(path)
        left, now = erasure.rows_naming(path, device_uuid), _search(erasure.own_files(path), device_uuid)
    finally:
        store.close()
    files = {name: (before.get(name, 0), now.get(name, 0)) for name in sorted(before | now)}
    elsewhere = {name: count for name, count in _search(erasure.other_files(path), device_uuid).items() if count}
    return Proof(device_uuid, forgotten, found, left, files, elsewhere)


def proof_json(proof: Proof) -> dict[str, Any]:
    """Return the proof that a device was forgotten."""
    return {
        "deviceUuid": proof.device_uuid,
        "proved": proof.is_proved,
        "found": dict(proof.found),
        "erased": dict(proof.forgotten.rows),
        "left": dict(proof.left),
        "files": {name: {"before": before, "now": now} for name, (before, now) in proof.files.items()},
        "seatsFreed": {code: item for code, item in proof.forgotten.seats.items() if item is not None},
        "scansThatStayCounted": proof.forgotten.scans,
        "elsewhere": dict(proof.elsewhere),
        "notes": list(ELSEWHERE),
    }


def _write_anew(path: str) -> None:
    try:
        erasure.write_anew(path)
    except StoreUnavailableError as error:
        done = "The device's rows are erased; run this again to erase what they left in the store's files."
        raise StoreUnavailableError(f"{done} {error.message}") from error


def _search(names: list[str], device_uuid: str) -> dict[str, int]:
    """Return how often a UUID stands in files: as text in either case, and as bytes."""
    wanted = uuid.UUID(device_uuid)
    spelled = [str(wanted), str(wanted).upper(), wanted.hex, wanted.hex.upper()]
    return {name: erasure.count_bytes(name, [*(text.encode() for text in spelled), wanted.bytes]) for name in names}
