"""An export becomes a store again: checked file by file and row by row before it takes the empty store's place."""

from __future__ import annotations

import hashlib
import os
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec

from .alert_settings import put_settings
from .backup import BackupError, beside, name_for_replaced, raise_epoch
from .clock import Clock
from .export_store import FORMAT, MANIFEST, VERSION
from .store import SqliteStore, Writing, copies, dumps, used_alone
from .verify import find_faults

_TABLE_FILE = re.compile(r"tables/([a-z0-9_]+)\.jsonl")
# What a store holds that is not empty; keys, and the audit log of making one, are in every store.
COUNTED = ("license_item", "handshake", "device", "stream", "usage", "lost", "charge")
CHUNK_BYTES = 2**20


class _File(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    name: str
    bytes: int
    sha256: str
    table: str | None = None
    rows: int | None = None


class _Manifest(msgspec.Struct, rename="camel", forbid_unknown_fields=True, frozen=True):
    format: str
    version: int
    created_at: str
    store_epoch: str
    schema_step: int
    secrets: bool
    files: list[_File]


@dataclass(frozen=True, slots=True)
class Imported:
    """What an import did.

    Attributes:
        store_epoch: the store's new epoch.
        rows: how many each table has.
        replaced: where the file that was there lies now; None where there was none.
        are_webhooks_paused: it has webhooks, and tells them nothing until they are resumed.
    """

    store_epoch: str
    rows: dict[str, int]
    replaced: str | None
    are_webhooks_paused: bool


def import_all(source: str, store: str, clock: Clock, actor: str, *, has_webhooks: bool = False) -> Imported:
    """Make a store of an export, under a higher epoch: trackers then send anew what the export does not have.

    The export may be of a server that goes on, and the store a trial: so its webhooks are paused, and what waited for
    them is given up.

    Args:
        source: the folder of the export; it stays as it is.
        store: the store file to be made, or an empty one that nobody uses.
        clock: the epoch is at least its Unix time.
        actor: who imports, for the audit log.
        has_webhooks: the store takes the old one's place, and goes on telling its webhooks.

    Raises:
        BackupError: the source is no export, or incomplete, changed or faulty; or the store is not empty.
        StoreUnavailableError: somebody uses the store, or it cannot be written.
        StoreFormatError: the export, or the store that is there, is of a newer version.
    """
    folder = Path(source)
    manifest = _read_manifest(folder)
    tables = {file.table or "": file for file in manifest.files if _TABLE_FILE.fullmatch(file.name)}
    for file in manifest.files:
        _check_file(folder, file)
    with beside(store) as copy, used_alone(store):
        _check_empty(store)
        try:
            dumps.fill_new(copy, manifest.schema_step, {name: _rows(folder, file) for name, file in tables.items()})
        except dumps.BadRowError as error:
            raise BackupError(f"tables/{error.table}.jsonl, line {error.place}: {error.why}.") from None
        detail = {"export": os.path.abspath(source)}
        epoch, is_paused = _finish(copy, clock.now_ms(), actor, detail, has_webhooks=has_webhooks)
        kept, was_there = name_for_replaced(store, clock.now_ms()), os.path.exists(store)
        copies.put_in_place(copy, store, kept)
    return Imported(
        epoch, {name: file.rows or 0 for name, file in tables.items()}, kept if was_there else None, is_paused
    )


def _read_manifest(folder: Path) -> _Manifest:
    path = folder / MANIFEST
    try:
        manifest = msgspec.json.decode(path.read_bytes(), type=_Manifest)
    except OSError as error:
        why = f"{path} cannot be read: {error.strerror}."
        raise BackupError(f"{why} Name the folder that lts export wrote.") from None
    except msgspec.DecodeError as error:
        raise BackupError(f"{path} is no manifest of an export: {error}.") from None
    if (manifest.format, manifest.version) != (FORMAT, VERSION):
        found = f"{manifest.format!r:.80} version {manifest.version}"
        raise BackupError(f"{path} is no manifest of a {FORMAT} version {VERSION}; found {found}.")
    if not manifest.secrets:
        raise BackupError(f"{folder} was written without secrets: it can be read by people, and not imported.")
    return manifest


def _check_file(folder: Path, file: _File) -> None:
    """Refuse a file that is not as it was written; none lies outside of the folder."""
    found = _TABLE_FILE.fullmatch(file.name)
    if found is not None and found[1] != file.table:
        raise BackupError(f"{MANIFEST} names {file.name} as table {file.table}.")
    if ".." in Path(file.name).parts or Path(file.name).is_absolute():
        raise BackupError(f"{MANIFEST} names {file.name}, which lies elsewhere.")
    digest, size = hashlib.sha256(), 0
    try:
        with open(folder / file.name, "rb") as opened:
            while chunk := opened.read(CHUNK_BYTES):
                digest.update(chunk)
                size += len(chunk)
    except OSError as error:
        raise BackupError(f"{folder / file.name} cannot be read: {error.strerror}.") from None
    if (size, digest.hexdigest()) != (file.bytes, file.sha256):
        raise BackupError(f"{folder / file.name} is not as it was written: its length or its SHA-256 is another one.")


def _rows(folder: Path, file: _File) -> Iterator[dict[str, Any]]:
    """Yield the rows of a table's file; each line is one JSON object."""
    count = 0
    with open(folder / file.name, "rb") as lines:
        for line in lines:
            count += 1
            try:
                yield msgspec.json.decode(line, type=dict[str, Any])
            except (msgspec.MsgspecError, RecursionError):
                raise BackupError(f"{folder / file.name}, line {count}: it is no JSON object.") from None
    if count != file.rows:
        raise BackupError(f"{folder / file.name} has {count} rows, but {MANIFEST} says {file.rows}.")


def _check_empty(store: str) -> None:
    if not os.path.exists(store) or os.path.getsize(store) == 0:
        return
    copies.close_log(store)
    if filled := dumps.has_rows(store, COUNTED):
        raise BackupError(f"The store {store} is not empty: it has rows in {', '.join(filled)}. Name a new one.")


def _finish(copy: str, now_ms: int, actor: str, detail: Mapping[str, Any], *, has_webhooks: bool) -> tuple[str, bool]:
    """Bring a filled store up to date, refuse it if it has faults; return its new epoch, and if webhooks are paused."""

    def finish(rows: Writing) -> tuple[str, bool]:
        is_paused = bool(rows.webhooks()) and not has_webhooks
        if is_paused:
            rows.give_up_deliveries()
            put_settings(rows, {"is_paused": True})
        told = dict(detail) | ({"webhooks": "paused"} if is_paused else {})
        return raise_epoch(rows, 0, now_ms, actor, "store.import", told), is_paused

    opened = SqliteStore(copy)
    try:
        if faults := find_faults(opened):
            raise BackupError(f"The export has faults; the first of {len(faults)}: {faults[0]}")
        finished = opened.write(finish).result()
    finally:
        opened.close()
    copies.close_log(copy)
    return finished
