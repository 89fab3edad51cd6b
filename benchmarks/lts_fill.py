"""A store with any number of devices in it, as years of use would leave it, written straight into the tables."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from itertools import chain
from pathlib import Path
from typing import Any, cast

import apsw

from dlt_web.lts.admin import Administration, LicenseSettings
from dlt_web.lts.clock import DAY_MS, SystemClock
from dlt_web.lts.keyring import make_report_token
from dlt_web.lts.records import Handshake, Key
from dlt_web.lts.service import Service
from dlt_web.lts.store import open_store
from dlt_web.slots import slot_of

# What a device with its stream takes on disk, indexes and the log of a run included.
BYTES_PER_DEVICE = 1_000
# Device UUIDs in order, each with the number that it was made from.
Names = list[tuple[str, int]]
CODE, EXPIRED_CODE = "bench", "bench-expired"


def device_uuid(number: int, kind: str = "device") -> str:
    """Return the UUID of a device, or of something of its own, always the same."""
    name = hashlib.blake2b(f"{kind} {number}".encode(), digest_size=16).hexdigest()
    return f"{name[:8]}-{name[8:12]}-4{name[13:16]}-8{name[17:20]}-{name[20:]}"


def fill(path: Path, *, devices: int, expired: int) -> None:
    """Make a store with ``devices`` live ones, each with a stream at report 1, and ``expired`` ones to be swept."""
    clock = SystemClock()
    store = open_store(f"sqlite:///{path}")
    Service(store, clock)
    admin = Administration(store, clock, actor="benchmark")
    for code in (CODE, EXPIRED_CODE):
        item = admin.add_license(LicenseSettings("per_device", 100_000_000))
        admin.add_handshake(Handshake(code, (item.id,)))
    items = {
        code: store.read(lambda rows, code=code: rows.items_of(code)).result()[0].id for code in (CODE, EXPIRED_CODE)
    }
    store.close()
    now_ms = clock.now_ms()
    connection = apsw.Connection(str(path))
    connection.execute("PRAGMA synchronous = OFF")
    connection.execute("PRAGMA cache_size = -1000000")
    # In the order of the key, which makes the file in a tenth of the time.
    names = sorted((device_uuid(number), number) for number in range(devices))
    _insert(connection, "device", _devices(CODE, items[CODE], names, now_ms, now_ms + 300 * DAY_MS))
    _insert(connection, "stream", _streams(names, now_ms))
    names = sorted((device_uuid(number, "expired"), number) for number in range(expired))
    due = _devices(EXPIRED_CODE, items[EXPIRED_CODE], names, now_ms - 400 * DAY_MS, now_ms - 1)
    _insert(connection, "device", due)
    for code, count in ((CODE, devices), (EXPIRED_CODE, expired)):
        connection.execute("UPDATE license_item SET seats = ? WHERE id = ?", (count, items[code]))
        connection.execute("INSERT INTO device_count VALUES (?, ?, ?, 0, 0)", (code, items[code], count))
    # The daily sweep falls due as the server starts.
    sweep = "INSERT OR REPLACE INTO store_info VALUES ('last_day_sweep_ms', ?)"
    connection.execute(sweep, (str(now_ms - 2 * DAY_MS if expired else now_ms),))
    connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    connection.close()


def report_key(path: Path) -> Key:
    """Return the key that report tokens are made with."""
    store = open_store(f"sqlite:///{path}")
    try:
        return store.read(lambda rows: rows.keys("report")[0]).result()
    finally:
        store.close()


def report_token(key: Key, number: int) -> str:
    """Return a device's report token."""
    return make_report_token(key, CODE, device_uuid(number))


def _insert(connection: apsw.Connection, table: str, rows: Iterator[tuple[object, ...]]) -> None:
    first = next(rows, None)
    if first is None:
        return
    with connection:
        places = ", ".join("?" * len(first))
        connection.executemany(f"INSERT INTO {table} VALUES ({places})", cast("Any", chain([first], rows)))


def _devices(code: str, item: str, names: Names, seen_ms: int, removal_ms: int) -> Iterator[tuple[object, ...]]:
    for name, _number in names:
        seen = seen_ms, seen_ms, removal_ms
        yield (code, name, item, 0, "barcode-reader", *seen, "indexeddb", 0, None, 0, 0, None, None)


def _streams(names: Names, now_ms: int) -> Iterator[tuple[object, ...]]:
    slot = slot_of(now_ms) - 1
    for name, number in names:
        key = CODE, name, device_uuid(number, "stream"), 1
        counted = '{"qr_code": 3}'
        yield (*key, device_uuid(number, "report"), 1, 1, slot, slot, counted, "{}", 0, 0, 0, now_ms)
