"""License states of a tracker on a host, and what it tells of itself, against a real license server."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from dlt_web.host import (
    LicenseError,
)
from dlt_web.testing.deadline import wait_until
from dlt_web.testing.faults import Fault
from dlt_web.testing.lts_process import LtsProcess
from dlt_web.testing.recording_proxy import RecordingProxy
from tests.host.devices import FILE, NOWHERE, qr


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
        assert "the address in license_server" in (tracker.license.message or "")
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

    def test_a_tracker_goes_on_after_the_servers_keys_were_taken_back(self, lts: LtsProcess, open_tracker: Any):
        code = lts.add_code()
        tracker = open_tracker(code, lts.url)
        tracker.wait_until_ready()
        tracker.scan(qr("A"))
        tracker.flush()
        leaked = [key["id"] for key in lts.cli("keys", "list")]
        lts.cli("keys", "rotate")
        for key_id in leaked:
            lts.cli("keys", "retire", key_id)
        tracker.scan(qr("B"))
        wait_until(lambda: tracker.flush().pending_scans == 0, what="the scan to be sent under the new keys")
        usage = lts.usage(code)
        assert (usage.scans, usage.unverified_scans, usage.devices) == (2, 0, 1)
        assert tracker.license.state == "licensed"

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
