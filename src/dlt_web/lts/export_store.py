"""Everything that a store holds, as files that need no software of ours: JSON lines, CSV, and what they mean."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
from base64 import b64encode
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any

import msgspec

from ..errors import OptionError
from ..slots import format_time
from .backup import BackupError
from .clock import Clock
from .export_schema import json_schema
from .exports import csv_text
from .identity import STANDING_CLOCK, STORE_EPOCH
from .store import dumps, file_trouble

FORMAT = "dlt-web-lts-export"
VERSION = 1
MANIFEST, SCHEMA = "manifest.json", "schema.json"
# Tables that hold nothing but secrets, and columns that are one; hashes of session passwords can be guessed at.
SECRET_TABLES = frozenset({"store_key", "admin_key", "webhook"})
SECRET_COLUMNS = frozenset({("handshake", "password_hash")})
PIECE_ROWS = 1_000


@dataclass(frozen=True, slots=True)
class Exported:
    """What an export came to: the store's epoch, and the rows of each table."""

    store_epoch: str
    rows: dict[str, int]


def export_all(store: str, target: str, clock: Clock, *, has_csv: bool, has_secrets: bool) -> Exported:
    """Write one committed state of a store into a new folder, complete or not at all; a server may go on meanwhile.

    Args:
        store: the store's file.
        target: the folder; only its owner may read it.
        clock: says when, unless the store's server goes by a test clock.
        has_csv: write each table as CSV, too, for people and spreadsheets.
        has_secrets: write keys and password hashes, without which it cannot be imported.

    Raises:
        OptionError: the target is taken.
        BackupError: there is no such store, or the target cannot be written.
        StoreUnavailableError: the store cannot be read now.
        StoreFormatError: it is damaged.
    """
    if not os.path.exists(store):
        raise BackupError(f"There is no store {store}: name one with --store or DLT_WEB_STORE.")
    if os.path.lexists(target):
        raise OptionError(f"An export never replaces anything, and {target} exists; name another folder.")
    partial = Path(f"{target.rstrip(os.sep)}.partial-{os.getpid()}")
    try:
        with dumps.opened_dump(store) as dump:
            partial.mkdir(mode=0o700)
            exported = _Export(dump, partial, has_csv=has_csv, has_secrets=has_secrets).write(clock.now_ms())
        os.rename(partial, target)
    except OSError as error:
        trouble = file_trouble(target, error, other="name another folder")
        raise BackupError(f"{target} cannot be written: {trouble}.") from error
    finally:
        shutil.rmtree(partial, ignore_errors=True)
    return exported


class _Export:
    """One export under way."""

    def __init__(self, dump: dumps.Dump, folder: Path, *, has_csv: bool, has_secrets: bool) -> None:
        self._dump, self._folder = dump, folder
        self._has_csv, self._has_secrets = has_csv, has_secrets
        self._files: list[dict[str, Any]] = []
        self._rows: dict[str, int] = {}

    def write(self, now_ms: int) -> Exported:
        tables = [table for table in self._dump.tables if self._has_secrets or table.name not in SECRET_TABLES]
        schema = json.dumps(json_schema(tables), indent=2, ensure_ascii=False) + "\n"
        self._write_file(SCHEMA, None, [schema.encode()])
        for table in tables:
            self._write_file(f"tables/{table.name}.jsonl", table.name, self._lines(table))
            if self._has_csv:
                self._write_file(f"csv/{table.name}.csv", table.name, _csv(table, self._public_rows(table)))
        epoch = self._dump.info(STORE_EPOCH)
        manifest = {
            "format": FORMAT,
            "version": VERSION,
            "createdAt": format_time(int(self._dump.info(STANDING_CLOCK) or now_ms)),
            "storeEpoch": epoch,
            "schemaStep": self._dump.step,
            "secrets": self._has_secrets,
            "files": self._files,
        }
        self._write_file(MANIFEST, None, [json.dumps(manifest, indent=2).encode() + b"\n"])
        return Exported(epoch, self._rows)

    def _lines(self, table: dumps.Table) -> Iterator[bytes]:
        rows, self._rows[table.name] = self._public_rows(table), 0
        while some := list(islice(rows, PIECE_ROWS)):
            self._rows[table.name] += len(some)
            yield msgspec.json.Encoder().encode_lines(some)

    def _public_rows(self, table: dumps.Table) -> Iterator[dict[str, Any]]:
        hidden = set() if self._has_secrets else {name for of, name in SECRET_COLUMNS if of == table.name}
        for row in self._dump.rows(table):
            yield row | dict.fromkeys(hidden) if hidden else row

    def _write_file(self, name: str, table: str | None, pieces: Iterable[bytes]) -> None:
        path, digest, size = self._folder / name, hashlib.sha256(), 0
        path.parent.mkdir(mode=0o700, exist_ok=True)
        with open(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
            for piece in pieces:
                file.write(piece)
                digest.update(piece)
                size += len(piece)
            file.flush()
            os.fsync(file.fileno())
        entry: dict[str, Any] = {"name": name, "bytes": size, "sha256": digest.hexdigest()}
        self._files.append(entry if table is None else entry | {"table": table, "rows": self._rows[table]})


def _csv(table: dumps.Table, rows: Iterator[dict[str, Any]]) -> Iterator[bytes]:
    yield csv_text([[column.name for column in table.columns]]).encode()
    while some := list(islice(rows, PIECE_ROWS)):
        yield csv_text([_plain(value) for value in row.values()] for row in some).encode()


def _plain(value: Any) -> Any:
    return b64encode(value).decode() if isinstance(value, bytes) else value
