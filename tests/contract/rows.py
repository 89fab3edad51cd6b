"""Rows for the tests of what every store must do."""

from __future__ import annotations

from dlt_web.lts.records import Device, LicenseItem, Stream, StreamKey

ITEM = LicenseItem("A", "barcode-reader", "per_device", 3, None, 10_000, 60, "refuse-all", 50)
KEY = StreamKey("c", "u1", "s1", True)
STREAM = Stream(KEY, "r1", 4, 2, 100, 101, {"qr_code": 2}, {"purged": 1}, 3, 1, 0, 1_000)


def device(name: str, license_id: str | None = "A", removal_ms: int = 5_000, **more: object) -> Device:
    fields: dict[str, object] = {"is_unseated": False, "product": None, "first_seen_ms": 1, "last_seen_ms": 2}
    fields |= {"storage": "file", "is_partitioned": True} | more
    return Device("c", name, license_id, removal_ms=removal_ms, **fields)  # type: ignore[arg-type]
