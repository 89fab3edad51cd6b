"""A tracker in this process against a real license server."""

from __future__ import annotations

from pathlib import Path

from dlt_web.host import HostTracker
from dlt_web.testing.lts_process import LtsProcess


def test_a_scan_is_counted_by_the_license_server(lts: LtsProcess, tmp_path: Path):
    code = lts.add_code()
    with HostTracker(handshake_code=code, license_server=lts.url, store=tmp_path / ".device.db") as tracker:
        tracker.wait_until_ready()
        answer = tracker.scan([{"format": "qr_code", "text": "A"}, {"format": "qr_code", "text": "A"}])
        assert [result.duplicate for result in answer.results] == [False, True]
        left = tracker.flush()
        assert (answer.scans, left.pending_scans) == (1, 0)
        assert (tracker.license.state, tracker.storage) == ("licensed", "file")
        uuid = tracker.device_uuid
    assert lts.usage(code).scans == 1
    assert [device.device_uuid for device in lts.devices(code)] == [uuid]
