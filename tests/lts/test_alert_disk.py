"""A disk that fills up is told before nothing can be written any more."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from dlt_web.lts import alert_watch
from dlt_web.lts.alert_watch import Watch
from dlt_web.lts.store import SqliteStore
from tests.lts.world import T0_MS, World


def test_a_disk_that_fills_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    used = 0

    def disk_usage(folder: str) -> object:
        assert folder == str(tmp_path)
        return type("Usage", (), {"used": used, "free": 100 * 2**20 - used, "total": 120 * 2**20})

    monkeypatch.setattr(alert_watch.shutil, "disk_usage", disk_usage)
    store = SqliteStore(str(tmp_path / "lts.db"))
    world = World(store)
    watch = Watch(store, world.clock)
    told = []
    for percent in (80, 90, 89, 90, 95, 84, 91):
        used = percent * 2**20
        told += [(percent, alert.level, json.loads(alert.detail)["message"]) for alert in watch.check()]
    world.close()
    store.close()
    assert told == [
        (90, 90, "The license server's disk is 90 % full: 10 MiB are free."),
        (95, 95, "The license server's disk is 95 % full: 5 MiB are free."),
        (91, 90, "The license server's disk is 91 % full: 9 MiB are free."),
    ]


def test_a_disk_that_does_not_tell_holds_nothing_up(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def disk_usage(_folder: str) -> None:
        raise OSError("no such device")

    monkeypatch.setattr(alert_watch.shutil, "disk_usage", disk_usage)
    store = SqliteStore(str(tmp_path / "lts.db"))
    world = World(store)
    world.license(valid_until_ms=T0_MS + 1)
    assert [alert.kind for alert in Watch(store, world.clock).check()] == ["license.expiry"]
    world.close()
    store.close()
