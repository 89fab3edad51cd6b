"""A store with any number of devices in it, as years of use would leave it, written straight into the tables."""

from __future__ import annotations

import sys
import time
from pathlib import Path
from typing import Any

import apsw

from dlt_web.lts.admin import Administration, LicenseSettings
from dlt_web.lts.clock import DAY_MS, SystemClock
from dlt_web.lts.keyring import make_report_token
from dlt_web.lts.records import Handshake, Key
from dlt_web.lts.service import Service
from dlt_web.lts.store import open_store
from dlt_web.slots import slot_of

# What a device with its stream takes on disk, and one that is due to be removed; the log of a run comes on top.
BYTES_PER_DEVICE = 500
BYTES_PER_EXPIRED = 250
LOG_BYTES = 500_000_000
CODE, EXPIRED_CODE = "bench", "bench-expired"

# What a UUID names. The numbers of reports come from 16 up.
DEVICE, STREAM, EXPIRED, REPORT = 1, 2, 3, 16
# UUIDs go up with the numbers that they are made from, which fills the tables in a tenth of the time; to requests in
# random order they are as scattered as any. Up to five million fit.
UUID_STEP = 800
# Odd, so that no two numbers end alike.
UUID_FACTOR = 0x9E3779B97
UUID_MASK = 2**48 - 1

CHUNK_ROWS = 500_000

NUMBERS = "WITH RECURSIVE number (n) AS (SELECT :first UNION ALL SELECT n + 1 FROM number WHERE n + 1 < :end)"
UUID = f"printf('%08x-%04x-4000-8000-%012x', n * {UUID_STEP}, {{}}, n * {UUID_FACTOR} & {UUID_MASK})"
FILL_DEVICES = f"""
{NUMBERS} INSERT INTO device SELECT :code, {UUID.format(":kind")}, :item, 0, 'barcode-reader', :seen, :seen, :removal,
    'indexeddb', 0, NULL, 0, 0, NULL, NULL FROM number
"""
FILL_STREAMS = f"""
{NUMBERS} INSERT INTO stream SELECT :code, {UUID.format(DEVICE)}, {UUID.format(STREAM)}, 1, {UUID.format(REPORT + 1)},
    1, 1, :slot, :slot, '{{"qr_code":3}}', '{{}}', 0, 0, 0, :seen FROM number
"""


def uuid_of(number: int, kind: int = DEVICE) -> str:
    """Return the UUID of a device, or of something of its own, always the same; the statements above make it, too."""
    return f"{number * UUID_STEP:08x}-{kind:04x}-4000-8000-{number * UUID_FACTOR & UUID_MASK:012x}"


def fill(path: Path, *, devices: int, expired: int, page_bytes: int | None = None) -> None:
    """Make a store with ``devices`` live ones, each with a stream at report 1, and ``expired`` ones.

    The expired ones are not swept before :func:`let_sweep`. ``page_bytes`` sets another page size than stores have.
    """
    clock = SystemClock()
    if page_bytes is not None:
        empty = apsw.Connection(str(path))
        empty.execute(f"PRAGMA page_size = {page_bytes:d}; PRAGMA journal_mode = WAL")
        empty.close()
    store = open_store(f"sqlite:///{path}")
    Service(store, clock)
    admin = Administration(store, clock, actor="benchmark")
    items = {code: admin.add_license(LicenseSettings("per_device", 100_000_000)).id for code in (CODE, EXPIRED_CODE)}
    for code, item in items.items():
        admin.add_handshake(Handshake(code, (item,)))
    store.close()
    now_ms = clock.now_ms()
    connection = apsw.Connection(str(path))
    # Whoever is interrupted begins anew: nothing is written twice.
    for setting in ("journal_mode = OFF", "synchronous = OFF", "cache_size = -200000"):
        connection.execute(f"PRAGMA {setting}")
    live: dict[str, Any] = {
        "code": CODE,
        "item": items[CODE],
        "kind": DEVICE,
        "seen": now_ms,
        "removal": now_ms + 300 * DAY_MS,
    }
    due: dict[str, Any] = {
        "code": EXPIRED_CODE,
        "item": items[EXPIRED_CODE],
        "kind": EXPIRED,
        "seen": now_ms - 400 * DAY_MS,
    }
    _insert(connection, FILL_DEVICES, live, devices)
    _insert(connection, FILL_STREAMS, {"code": CODE, "slot": slot_of(now_ms) - 1, "seen": now_ms}, devices)
    _insert(connection, FILL_DEVICES, due | {"removal": now_ms - 1}, expired)
    for code, count in ((CODE, devices), (EXPIRED_CODE, expired)):
        connection.execute("UPDATE license_item SET seats = ? WHERE id = ?", (count, items[code]))
        connection.execute("INSERT INTO device_count VALUES (?, ?, ?, 0, 0)", (code, items[code], count))
        connection.execute("INSERT INTO seat_series VALUES (?, ?, 0, ?, ?)", (code, items[code], count, count))
    for of, count in ((live, devices), (due, expired)):
        day = of["seen"] // DAY_MS
        connection.execute(
            "INSERT INTO device_day VALUES (?, ?, ?, ?, 0, ?, 0)", (of["code"], day, count, count, count)
        )
    connection.close()
    _put_last_sweep(path, now_ms)


def let_sweep(path: Path) -> None:
    """Let the daily sweep fall due as the next server starts."""
    _put_last_sweep(path, SystemClock().now_ms() - 2 * DAY_MS)


def report_key(path: Path) -> Key:
    """Return the key that report tokens are made with."""
    store = open_store(f"sqlite:///{path}")
    try:
        return store.read(lambda rows: rows.keys("report")[0]).result()
    finally:
        store.close()


def report_token(key: Key, number: int) -> str:
    """Return a device's report token."""
    return make_report_token(key, CODE, uuid_of(number))


def _put_last_sweep(path: Path, at_ms: int) -> None:
    store = open_store(f"sqlite:///{path}")
    try:
        store.write(lambda rows: rows.put_info("last_day_sweep_ms", str(at_ms))).result()
    finally:
        store.close()


def _insert(connection: apsw.Connection, sql: str, values: dict[str, object], count: int) -> None:
    """Insert the rows of so many numbers, saying now and then how far it is."""
    started_s = time.perf_counter()
    for first in range(0, count, CHUNK_ROWS):
        end = min(count, first + CHUNK_ROWS)
        connection.execute(sql, values | {"first": first, "end": end})
        if count > CHUNK_ROWS:
            said = f"  {end:,} of {count:,} rows, {time.perf_counter() - started_s:.0f} s"
            print(said, file=sys.stderr, flush=True)
