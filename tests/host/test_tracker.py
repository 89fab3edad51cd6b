"""Trackers in this process against a real license server."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
import threading
from dataclasses import replace
from pathlib import Path
from typing import Any, get_args

import pytest

from dlt_web.host import (
    ClosedError,
    DltError,
    HostTracker,
    OptionError,
    ScanError,
    runtime,
)
from dlt_web.host.transport import Transport
from dlt_web.messages import Command
from dlt_web.testing.faults import Fault
from dlt_web.testing.lts_process import LtsProcess
from dlt_web.testing.recording_proxy import RecordingProxy
from tests.host.devices import FILE, NOWHERE, qr, wait_for


def test_the_shell_knows_every_command_of_the_core():
    assert {*runtime._CARRY_OUT, *runtime._OF_BROWSERS} == set(get_args(Command))


class TestCounting:
    def test_a_scan_is_counted_by_the_license_server(self, lts: LtsProcess, open_tracker: Any):
        code = lts.add_code()
        tracker = open_tracker(code, lts.url)
        tracker.wait_until_ready()
        answer = tracker.scan([*qr("A", "A"), {"format": "EAN-13", "text": "9780393058673"}])
        assert [result.duplicate for result in answer.results] == [False, True, False]
        assert [result.symbology for result in answer.results] == ["qr_code", "qr_code", "ean_13"]
        left = tracker.flush()
        assert (answer.scans, left.pending_scans, left.pending_reports) == (2, 0, 0)
        assert (tracker.license.state, tracker.license.charge_way, tracker.storage) == (
            "licensed",
            "per_device",
            "file",
        )
        assert tracker.pending == replace(tracker.pending, scans=0, reports=0, accepted=1, code=None)
        assert lts.usage(code).scans == 2
        [device] = lts.devices(code)
        assert (device.device_uuid, device.storage) == (tracker.device_uuid, "file")

    def test_scans_are_on_the_disk_before_the_server_was_ever_reached(self, lts: LtsProcess, open_tracker: Any):
        code = lts.add_code()
        first = open_tracker(code)
        assert first.scan(qr("A")).scans == first.scan(qr("B")).scans == 1
        uuid = first.device_uuid
        first.close(0.1)
        second = open_tracker(code, lts.url)
        second.wait_until_ready()
        assert second.flush().pending_scans == 0
        assert second.device_uuid == uuid
        assert lts.usage(code).scans == 2

    def test_a_frame_is_known_for_the_forget_time_on_its_stream_and_a_still_image_is_not(self, open_tracker: Any):
        tracker = open_tracker("code", duplicate_forget_time_ms=1000)
        at = [tracker.scan(qr("A"), time_ms=ms).scans for ms in (5000, 5999, 6999)]
        assert at == [1, 0, 1]
        assert tracker.scan(qr("A"), time_ms=7000, stream="other").scans == 1
        assert [tracker.scan(qr("A"), source="image").scans for _ in range(2)] == [1, 1]

    def test_two_trackers_are_one_device_and_one_queue(self, lts: LtsProcess, open_tracker: Any):
        code = lts.add_code()
        one, two = open_tracker(code, lts.url), open_tracker(code, lts.url)
        threads = [
            threading.Thread(target=lambda who=who, n=n: [who.scan(qr(f"{n}-{i}")) for i in range(10)])
            for n, who in enumerate((one, two, one, two))
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert one.device_uuid == two.device_uuid
        # What one flushes is also what the other has counted.
        one.wait_until_ready()
        assert one.flush().pending_scans == 0
        assert lts.usage(code).scans == 40
        assert len(lts.devices(code)) == 1
        assert two.explain()["reports"]["streamId"] == one.explain()["reports"]["streamId"]

    def test_what_another_process_has_left_is_found_by_one_that_does_nothing(
        self, lts: LtsProcess, open_tracker: Any, monkeypatch: pytest.MonkeyPatch
    ):
        monkeypatch.setattr(runtime, "WATCH_S", 0.1)
        code = lts.add_code()
        idle = open_tracker(code, lts.url)
        idle.wait_until_ready()
        gone = open_tracker(code)
        gone.scan(qr("A", "B"))
        gone.close(0.1)
        wait_for(lambda: idle.pending.scans == 2)
        assert idle.pending.next_report_at_ms is not None

    def test_several_codes_of_one_device_are_counted_apart(self, lts: LtsProcess, open_tracker: Any):
        codes = [lts.add_code(), lts.add_code()]
        trackers = [open_tracker(code, lts.url) for code in codes]
        for number, tracker in enumerate(trackers, start=1):
            tracker.scan(qr(*map(str, range(number))))
            tracker.wait_until_ready()
            tracker.flush()
        assert [lts.usage(code).scans for code in codes] == [1, 2]
        assert len({tracker.device_uuid for tracker in trackers}) == 1

    def test_events_tell_of_what_happens_and_a_bad_listener_harms_nobody(self, lts: LtsProcess, open_tracker: Any):
        tracker = open_tracker(lts.add_code(), lts.url)
        heard: list[tuple[str, Any]] = []
        for name in ("license", "report", "scan", "storage"):
            tracker.on(name, lambda detail, name=name: heard.append((name, detail)))
        tracker.on("scan", lambda detail: 1 / 0)
        end = tracker.on("scan", lambda detail: heard.append(("never", detail)))
        end()
        end()
        tracker.scan(qr("A"))
        tracker.wait_until_ready()
        tracker.flush()
        assert ("scan", {"scans": 1, "bySymbology": {"qr_code": 1}}) in heard
        assert {name for name, _ in heard} >= {"license", "report", "scan"}
        with pytest.raises(OptionError, match="There is no event 'scans'"):
            tracker.on("scans", print)

    def test_a_listener_that_would_wait_for_its_own_tracker_is_told_so(self, open_tracker: Any):
        tracker = open_tracker("code")
        said: list[str] = []

        def listener(_: Any) -> None:
            with pytest.raises(DltError) as refused:
                tracker.flush()
            said.append(refused.value.message)

        tracker.on("scan", listener)
        tracker.scan(qr("A"))
        wait_for(lambda: said)
        assert "must not wait for it" in said[0]


class TestCalls:
    def test_what_is_no_barcode_is_refused_and_named(self, open_tracker: Any):
        tracker = open_tracker("code")
        with pytest.raises(ScanError, match="a int, which no supported reader gives"):
            tracker.scan(7)
        with pytest.raises(ScanError, match="has no format"):
            tracker.scan({"text": "A"})
        with pytest.raises(ScanError, match="source is video or image; found 'still'"):
            tracker.scan(qr("A"), source="still")
        assert tracker.scan(None).scans == tracker.scan([]).scans == 0

    def test_options_are_refused_by_the_names_that_python_has_for_them(self):
        for options, said in (
            ({"handshake_code": "a b"}, "handshake_code is a text of 1 to"),
            ({"license_server": "lts"}, "license_server needs URLs"),
            ({"duplicate_forget_time_ms": -1}, "duplicate_forget_time_ms"),
            ({"consent": "required"}, "There is no option 'consent'; the options are handshake_code"),
            ({"trait": ["mac"]}, "durability, edition, traits, store."),
            ({"store": 7}, "store is the path of the device's file; found 7"),
            ({"edition": "desktop"}, "edition is random, server, embedded"),
        ):
            with pytest.raises(OptionError) as refused:
                HostTracker(**{"handshake_code": "code", "license_server": NOWHERE, "store": FILE} | options)
            assert said in refused.value.message

    def test_who_closes_it_again_while_it_ends_breaks_nothing(self, open_tracker: Any, monkeypatch: pytest.MonkeyPatch):
        is_over = threading.Event()

        async def take_long(_: Transport) -> None:
            await asyncio.to_thread(is_over.wait)

        monkeypatch.setattr(Transport, "close", take_long)
        tracker = open_tracker("code")
        tracker.scan(qr("A"))
        inside = tracker._runtime
        for _ in range(3):
            tracker.close(0.1)
        is_over.set()
        inside._thread.join(10)
        # It came to its end: every call was answered, the file was let go of.
        assert (inside._calls, inside._loop.is_closed()) == ({}, True)

    def test_after_closing_it_says_so(self, open_tracker: Any):
        tracker = open_tracker("code")
        tracker.close(0.1)
        tracker.close(0.1)
        for call in (
            lambda: tracker.scan(qr("A")),
            tracker.flush,
            tracker.explain,
            lambda: tracker.explain_scan(qr("A")),
        ):
            with pytest.raises(ClosedError):
                call()

    @pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork on this system")
    @pytest.mark.filterwarnings("ignore:.*fork.*:DeprecationWarning")
    def test_a_forked_process_is_told_to_make_its_own(self, open_tracker: Any):
        tracker = open_tracker("code")
        tracker.scan(qr("A"))
        child = os.fork()
        if child == 0:
            try:
                tracker.scan(qr("B"))
            except ClosedError as error:
                os._exit(0 if "forked" in error.message else 1)
            os._exit(2)
        assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
        assert tracker.scan(qr("C")).scans == 1


ENDS_WITHOUT_CLOSING = """
import sys
from dlt_web.host import HostTracker
tracker = HostTracker(handshake_code="code", license_server=sys.argv[2], store=sys.argv[1])
tracker.scan({"format": "qr_code", "text": "A"})
"""


@pytest.mark.parametrize("is_hanging", [False, True])
def test_a_program_that_ends_without_closing_ends_at_once_in_silence_and_loses_nothing(
    is_hanging: bool, lts: LtsProcess, proxy: RecordingProxy, open_tracker: Any, tmp_path: Path
):
    if is_hanging:
        for path in ("/v1/authorizations", "/v1/usage-reports"):
            proxy.inject(Fault.hang(), path=path)
    code = lts.add_code()
    words = [sys.executable, "-c", ENDS_WITHOUT_CLOSING.replace('"code"', repr(code)), str(tmp_path / FILE), proxy.url]
    done = subprocess.run(words, capture_output=True, text=True, check=False, timeout=20)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    tracker = open_tracker(code, lts.url)
    tracker.wait_until_ready()
    assert tracker.flush().pending_scans == 0
    assert lts.usage(code).scans == 1


def test_a_file_that_is_named_from_where_the_program_stands_stays_where_it_is(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    """Services go to another folder once they run; that purges nothing."""
    monkeypatch.chdir(tmp_path)
    with HostTracker(handshake_code="c", license_server=NOWHERE, store="device", enforcement="event") as tracker:
        assert tracker.scan(qr("A"), source="image").scans == 1
        uuid = tracker.device_uuid
        (tmp_path / "elsewhere").mkdir()
        monkeypatch.chdir(tmp_path / "elsewhere")
        assert tracker.scan(qr("B"), source="image").scans == 1
        assert (tracker.device_uuid, tracker.storage, tracker.pending.scans) == (uuid, "file", 2)
        assert tracker.explain()["host"]["file"] == str(tmp_path / "device")
        tracker.close(0.1)
    assert list((tmp_path / "elsewhere").iterdir()) == []
