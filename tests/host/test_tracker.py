"""Trackers in this process against a real license server."""

from __future__ import annotations

import asyncio
import json
import os
import threading
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from dlt_web.host import (
    AsyncHostTracker,
    ClosedError,
    DltError,
    HostTracker,
    LicenseError,
    OptionError,
    ScanError,
    identity,
    parts,
)
from dlt_web.host.traits import Trait
from dlt_web.testing.faults import Fault
from dlt_web.testing.lts_process import LtsProcess
from dlt_web.testing.recording_proxy import RecordingProxy
from tests.host.devices import FILE, purge, qr

NOWHERE = "http://127.0.0.1:9"  # the port "discard", on which nothing listens


def wait_for(condition: Callable[[], Any], timeout_s: float = 15.0) -> None:
    end = time.monotonic() + timeout_s
    while not condition():
        assert time.monotonic() < end, "it did not come so far"
        time.sleep(0.02)


@pytest.fixture
def open_tracker(tmp_path: Path) -> Any:
    """Make trackers on one file, which are closed at the end without a wait for the network."""
    made: list[HostTracker] = []

    def make(code: str, server: str | list[str] = NOWHERE, **options: Any) -> HostTracker:
        given = {"handshake_code": code, "license_server": server, "store": tmp_path / FILE} | options
        made.append(HostTracker(**given))
        return made[-1]

    yield make
    for tracker in made:
        tracker.close(0.1)


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


class TestLicense:
    def test_a_refusal_is_an_error_and_counts_nothing(self, lts: LtsProcess, open_tracker: Any):
        tracker = open_tracker("no-such-code", lts.url)
        for refused_call in (tracker.wait_until_ready, lambda: tracker.scan(qr("A"))):
            with pytest.raises(LicenseError) as refused:
                refused_call()
            assert refused.value.code == "HANDSHAKE_CODE_UNKNOWN"
        assert (tracker.license.state, tracker.pending.scans) == ("refused", 0)

    def test_without_enforcement_it_counts_and_says_so(self, lts: LtsProcess, open_tracker: Any):
        tracker = open_tracker("no-such-code", lts.url, enforcement="event")
        with pytest.raises(LicenseError):
            tracker.wait_until_ready()
        assert tracker.scan(qr("A")).results[0].unlicensed
        assert tracker.pending.scans == 1

    def test_without_a_server_it_is_offline_and_counts(self, open_tracker: Any):
        tracker = open_tracker("code", [NOWHERE, NOWHERE])
        tracker.wait_until_ready()
        assert (tracker.license.state, tracker.license.code) == ("offline", "SERVER_UNREACHABLE")
        assert tracker.scan(qr("A")).scans == 1
        assert tracker.flush().pending_scans == 1

    def test_a_token_counts_on_without_the_server_after_a_restart(self, lts: LtsProcess, open_tracker: Any):
        code = lts.add_code()
        first = open_tracker(code, lts.url)
        first.wait_until_ready()
        first.close()
        second = open_tracker(code)
        second.wait_until_ready()
        told = second.license
        assert (told.state, told.charge_way) == ("licensed", "per_device")
        assert told.expires_at_ms is not None
        assert told.offline_until_ms is not None
        assert told.offline_until_ms - told.expires_at_ms == 7 * 24 * 3600 * 1000

    def test_a_token_that_is_not_signed_by_the_servers_keys_permits_nothing(
        self, lts: LtsProcess, proxy: RecordingProxy, open_tracker: Any
    ):
        # Keys of another server.
        proxy.detour(lambda request: f"{other.url}/.well-known/jwks.json" if "jwks" in request.url else None)
        folder = Path(lts.store_url.removeprefix("sqlite:///")).parent / "other"
        folder.mkdir(exist_ok=True)
        with LtsProcess(folder) as other:
            tracker = open_tracker(lts.add_code(), proxy.url)
            tracker.wait_until_ready()
            assert (tracker.license.state, tracker.license.code) == ("offline", "TOKEN_INVALID")
            assert tracker.explain()["errors"][-1]["code"] == "TOKEN_INVALID"

    def test_a_report_that_the_server_never_takes_is_a_dead_letter(
        self, lts: LtsProcess, proxy: RecordingProxy, open_tracker: Any
    ):
        code = lts.add_code()
        tracker = open_tracker(code, proxy.url)
        tracker.wait_until_ready()
        answer = {
            "serverTime": "2026-11-24T10:03:00Z",
            "storeEpoch": tracker.explain()["reports"]["storeEpoch"],
            "results": [{"seq": 1, "version": 1, "outcome": "rejected", "code": "REPORT_INVALID"}],
            "last": None,
        }
        proxy.inject(replace(Fault.problem(200, ""), answer=_json(answer)), path="/v1/usage-reports", times=1)
        tracker.scan(qr("A"))
        tracker.flush()
        [letter] = tracker.dead_letters
        assert (letter.seq, letter.code, letter.counts) == (1, "REPORT_INVALID", {"qr_code": 1})
        assert tracker.explain()["deadLetters"][0]["code"] == "REPORT_INVALID"

    def test_explain_tells_all_but_texts_secrets_and_traits(self, lts: LtsProcess, open_tracker: Any):
        tracker = open_tracker(lts.add_code(), lts.url, session_password="correct horse", device_friendly_name="till 7")
        tracker.scan(qr("https://secret.example/A"))
        told = tracker.explain()
        assert told["device"] == {"uuid": tracker.device_uuid, "storage": "file", "purgedStillReporting": 0}
        assert (told["host"]["edition"], told["host"]["madeOf"]) == ("random", [])
        assert told["host"]["file"].endswith(FILE)
        assert told["options"]["hasSessionPassword"]
        text = str(told)
        assert "secret.example" not in text
        assert "correct horse" not in text

    def test_explain_scan_tells_the_rules_and_counts_nothing(self, open_tracker: Any):
        tracker = open_tracker("code")
        [told] = tracker.explain_scan({"format": "UPC-A", "text": "036000291452"})
        assert (told["symbology"], told["key"], told["rules"]) == ("ean_13", "0036000291452", ["gtin_13"])
        assert tracker.pending.scans == 0


def _json(body: Any) -> Any:
    fault = Fault.problem(200, "")
    assert fault.answer is not None
    return replace(fault.answer, headers=(("Content-Type", "application/json"),), body=json.dumps(body).encode())


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
        proxy.heal()
        wait_for(lambda: tracker.flush().pending_scans == 0 and lts.usage(code).scans == 2)
        assert tracker.device_uuid == uuid
        assert [device.device_uuid for device in lts.devices(code)] == [uuid]

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
            ({"store": 7}, "store is the path of the device's file; found 7"),
            ({"edition": "desktop"}, "edition is random, server, embedded"),
        ):
            with pytest.raises(OptionError) as refused:
                HostTracker(**{"handshake_code": "code", "license_server": NOWHERE, "store": FILE} | options)
            assert said in refused.value.message

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


class TestAsync:
    def test_it_does_the_same_awaited(self, lts: LtsProcess, tmp_path: Path):
        code = lts.add_code()
        heard: list[Any] = []

        async def use() -> None:
            given: Any = {"handshake_code": code, "license_server": lts.url, "store": tmp_path / FILE}
            async with AsyncHostTracker(**given) as tracker:
                tracker.on("scan", lambda detail: heard.append((asyncio.get_running_loop(), detail["scans"])))
                answers = await asyncio.gather(*(tracker.scan(qr(str(n))) for n in range(20)))
                assert sum(answer.scans for answer in answers) == 20
                await tracker.wait_until_ready()
                assert (await tracker.flush()).pending_scans == 0
                assert (await tracker.explain())["device"]["uuid"] == tracker.device_uuid
                assert (await tracker.explain_scan(qr("A")))[0]["symbology"] == "qr_code"
                with pytest.raises(ScanError):
                    await tracker.scan(7)
            with pytest.raises(ClosedError):
                await tracker.scan(qr("B"))
            assert heard == [(asyncio.get_running_loop(), 1)] * 20

        asyncio.run(use())
        assert lts.usage(code).scans == 20

    def test_who_stops_waiting_for_a_scan_has_it_counted_all_the_same(self, tmp_path: Path):
        async def use() -> None:
            tracker = AsyncHostTracker(handshake_code="code", license_server=NOWHERE, store=tmp_path / FILE)
            waiting = asyncio.ensure_future(tracker.scan(qr("A")))
            await asyncio.sleep(0)
            waiting.cancel()
            await tracker.scan(qr("B"))
            assert tracker.pending.scans == 2
            await tracker.close(0.1)

        asyncio.run(use())

    def test_it_is_made_in_a_running_loop(self):
        with pytest.raises(RuntimeError, match="no running event loop"):
            AsyncHostTracker(handshake_code="code", license_server=NOWHERE)
