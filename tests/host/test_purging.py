"""A tracker whose file is deleted, or cannot be used, while it tracks."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from dlt_web.host import (
    DltError,
    identity,
    parts,
)
from dlt_web.host.traits import Trait
from dlt_web.testing.faults import Fault
from dlt_web.testing.lts_process import LtsProcess
from dlt_web.testing.recording_proxy import RecordingProxy
from tests.host.devices import FILE, purge, qr, wait_for


class TestPurge:
    def test_a_running_device_whose_file_is_deleted_loses_nothing_and_is_a_new_one(
        self, lts: LtsProcess, proxy: RecordingProxy, open_tracker: Any, tmp_path: Path
    ):
        code = lts.add_code()
        tracker = open_tracker(code, proxy.url)
        tracker.wait_until_ready()
        uuid = tracker.device_uuid
        proxy.inject(Fault.drop(), path="/v1/usage-reports")
        tracker.scan(qr("A"))
        purge(tmp_path)
        tracker.scan(qr("B"))
        assert tracker.device_uuid not in (None, uuid)
        proxy.heal()
        wait_for(lambda: tracker.flush() and tracker.explain()["device"]["purgedStillReporting"] == 0)
        tracker.flush()
        assert lts.usage(code).scans == 2
        assert {device.device_uuid for device in lts.devices(code)} == {uuid, tracker.device_uuid}

    def test_a_device_made_of_traits_is_the_same_again_and_loses_nothing_either(
        self, lts: LtsProcess, proxy: RecordingProxy, open_tracker: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ):
        traits = {"machine_id": Trait("0f9c4b1e")}
        monkeypatch.setattr(
            parts, "Identity", lambda recipe, folder: identity.Identity(recipe, folder, lambda _: traits, lambda: None)
        )
        code = lts.add_code()
        tracker = open_tracker(code, proxy.url, edition="server")
        tracker.wait_until_ready()
        uuid = tracker.device_uuid
        proxy.inject(Fault.drop(), path="/v1/usage-reports")
        tracker.scan(qr("A"))
        purge(tmp_path)
        tracker.scan(qr("B"))
        # Its reports need one, and nobody may scan any more.
        wait_for(lambda: tracker.explain()["license"]["hasReportToken"])
        proxy.heal()
        wait_for(lambda: tracker.flush().pending_scans == 0 and lts.usage(code).scans == 2)
        assert tracker.device_uuid == uuid
        assert [device.device_uuid for device in lts.devices(code)] == [uuid]

    def test_a_copy_on_another_machine_is_a_device_of_its_own_and_sends_what_the_other_had_not(
        self, lts: LtsProcess, proxy: RecordingProxy, open_tracker: Any, monkeypatch: pytest.MonkeyPatch
    ):
        machine = {"machine_id": Trait("0f9c4b1e"), "mac": Trait("dc:a6:32:01:02:03"), "board": Trait("cn7016")}
        monkeypatch.setattr(
            parts, "Identity", lambda recipe, folder: identity.Identity(recipe, folder, lambda _: machine, lambda: None)
        )
        code = lts.add_code()
        first = open_tracker(code, proxy.url)
        first.wait_until_ready()
        proxy.inject(Fault.drop(), path="/v1/usage-reports")
        first.scan(qr("A", "B", "C"))
        first.close(0.1)
        proxy.heal()
        machine |= {"mac": Trait("dc:a6:32:09:09:09"), "board": Trait("cn7017")}
        copy = open_tracker(code, proxy.url)
        copy.scan(qr("D"))
        copy.wait_until_ready()
        wait_for(lambda: copy.flush().pending_scans == 0 and lts.usage(code).scans == 4)
        assert [notice.code for notice in copy.notices] == ["copied"]
        assert copy.device_uuid != first.device_uuid
        assert {device.device_uuid for device in lts.devices(code)} == {first.device_uuid, copy.device_uuid}
        assert lts.usage(code).lost == {}

    def test_a_trait_that_cannot_be_read_fails_every_call_in_one_sentence(
        self, open_tracker: Any, monkeypatch: pytest.MonkeyPatch
    ):
        monkeypatch.setattr(
            parts, "Identity", lambda recipe, folder: identity.Identity(recipe, folder, lambda _: {}, lambda: None)
        )
        tracker = open_tracker("code", edition="embedded")
        for refused_call in (tracker.wait_until_ready, lambda: tracker.scan(qr("A")), tracker.flush):
            with pytest.raises(DltError, match="cpu_id cannot be read on this machine") as refused:
                refused_call()
            assert refused.value.code == "TRAIT_MISSING"


class TestStorage:
    def test_a_file_that_cannot_be_used_is_said_and_it_counts_in_memory(
        self, lts: LtsProcess, open_tracker: Any, tmp_path: Path
    ):
        (tmp_path / FILE).write_bytes(b"no database" * 500)
        code = lts.add_code()
        tracker = open_tracker(code, lts.url)
        tracker.scan(qr("A"))
        tracker.wait_until_ready()
        tracker.flush()
        assert tracker.storage == "memory"
        assert tracker.explain()["errors"][0]["code"] == "STORE_FAILED"
        assert [device.storage for device in lts.devices(code)] == ["memory"]
        assert lts.usage(code).scans == 1

    def test_a_queue_that_cannot_be_used_leaves_its_device_the_same(
        self, lts: LtsProcess, open_tracker: Any, tmp_path: Path
    ):
        code = lts.add_code()
        before = open_tracker(code, lts.url)
        before.wait_until_ready()
        uuid = before.device_uuid
        before.close()
        (queue,) = tmp_path.glob("*.db")
        queue.write_bytes(b"no database" * 500)
        tracker = open_tracker(code, lts.url)
        tracker.scan(qr("A"))
        tracker.wait_until_ready()
        tracker.flush()
        assert (tracker.storage, tracker.device_uuid) == ("memory", uuid)
        assert [device.device_uuid for device in lts.devices(code)] == [uuid]
        assert lts.usage(code).scans == 1

    def test_a_file_that_fails_later_leaves_its_device_the_same(
        self, lts: LtsProcess, open_tracker: Any, tmp_path: Path
    ):
        code = lts.add_code()
        tracker = open_tracker(code, lts.url)
        tracker.scan(qr("A"))
        tracker.wait_until_ready()
        uuid = tracker.device_uuid
        purge(tmp_path)
        (tmp_path / FILE).mkdir()
        tracker.scan(qr("B"))
        tracker.flush()
        assert (tracker.storage, tracker.device_uuid) == ("memory", uuid)
        assert lts.usage(code).scans == 2
