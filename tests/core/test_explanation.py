import json

from dlt_web import __version__
from dlt_web.messages import ScanExplainRequested, StoreFailed
from dlt_web.options import TrackerOptions
from dlt_web.payload_rules import RULES_VERSION
from tests.core.fake_lts import REPORT_TOKEN, accept_reports, grant, refuse
from tests.core.fake_shell import FakeShell, FakeStore
from tests.core.reporting_steps import REPORTS, A, B, flush, licensed, purge

TEXT = "4006381333931-of-a-customer"


def test_a_licensed_tracker_explains_who_it_is_and_what_waits():
    shell = licensed()
    shell.scan(A, B)
    told = shell.explain()
    assert told["versions"]["dltWeb"] == __version__
    assert told["versions"]["rules"] == RULES_VERSION
    assert told["device"] == {"uuid": shell.state["deviceUuid"], "storage": "indexeddb", "purgedStillReporting": 0}
    assert (told["license"]["state"], told["license"]["hasReportToken"]) == ("licensed", True)
    (report,) = told["reports"]["oldest"]
    assert (report["seq"], report["version"], report["acknowledgedVersion"]) == (1, 1, None)
    assert report["counts"] == {"ean_13": 1, "qr_code": 1}
    assert (told["reports"]["scans"], told["reports"]["nextSeq"], told["reports"]["kept"]) == (2, 2, 0)
    assert told["errors"] == []
    flush(shell)
    accept_reports(shell)
    shell.advance(180_000)
    told = shell.explain()
    assert (told["reports"]["oldest"], told["reports"]["kept"]) == ([], 1)


def test_neither_a_text_nor_a_secret_is_told():
    options = TrackerOptions(
        handshake_code="code-1", license_servers=("https://lts.test",), session_password="correct horse"
    )
    shell = FakeShell(options)
    grant(shell)
    shell.scan(("qr_code", TEXT))
    text = json.dumps(shell.explain())
    assert TEXT not in text
    assert "correct horse" not in text
    assert REPORT_TOKEN not in text
    assert '"hasSessionPassword": true' in text


def test_troubles_are_told_with_their_time_and_once_while_they_last():
    shell = licensed()
    shell.scan(A)
    for _attempt in range(3):
        flush(shell)
        shell.lose(shell.only_request(REPORTS), "no network")
    errors = shell.explain()["errors"]
    assert [(error["where"], error["code"]) for error in errors] == [("reports", "SERVER_UNREACHABLE")]
    assert errors[0]["at"] == "2025-11-24T16:00:00Z"
    shell.feed(StoreFailed("the disk is full", False))
    error = shell.explain()["errors"][-1]
    assert (error["where"], error["code"], error["message"]) == ("storage", "STORE_FAILED", "the disk is full")


def test_a_store_that_did_not_open_is_told_with_its_reason_to_everybody():
    shell = FakeShell(store=FakeStore(kind="memory", failure="no IndexedDB"))
    shell.join("page-2")
    (error,) = shell.explain()["errors"]
    assert (error["where"], error["code"], error["message"]) == ("storage", "STORE_FAILED", "no IndexedDB")
    told = {one.page: one.detail for one in shell.events if one.event == "storage"}
    detail = {"storage": "memory", "reason": "no IndexedDB"}
    assert told == {None: detail, "page-2": detail}


def test_a_refusal_and_a_loss_are_told():
    shell = FakeShell()
    shell.scan(A)
    shell.sent.clear()  # the first device's request is never answered
    purge(shell)
    refuse(shell, "QUOTA_EXHAUSTED")
    told = shell.explain()
    assert (told["license"]["state"], told["license"]["code"]) == ("refused", "QUOTA_EXHAUSTED")
    assert told["lost"] == {"purged": 1}


def test_many_reports_are_told_from_the_oldest_on():
    shell = licensed()
    for _slot in range(60):
        shell.scan(A)
        shell.advance(180_000)
        shell.sent.clear()
    told = shell.explain()
    assert told["reports"]["reports"] == 60
    assert [report["seq"] for report in told["reports"]["oldest"]] == list(range(1, 51))


def test_a_page_asks_which_barcodes_a_reader_s_results_are_and_nothing_is_counted():
    shell = licensed()
    shell.feed(ScanExplainRequested("why", [{"format": "UPC-A", "text": "036000291452"}]))
    (told,) = shell.resolved["why"]
    assert (told["symbology"], told["key"], told["rules"]) == ("ean_13", "0036000291452", ["gtin_13"])
    shell.feed(ScanExplainRequested("why not", [{"format": "qr_code"}]))
    assert shell.rejected["why not"].code == "SCAN_INVALID"
    assert shell.explain()["reports"]["scans"] == 0


def test_the_last_readings_are_told_without_their_texts():
    shell = licensed()
    shell.scan(("UPC-A", "036000291452"), ("EAN-13", "0036000291452"))
    readings = shell.explain()["readings"]
    assert [(one["format"], one["barcode"], one["counted"]) for one in readings] == [("UPC-A", 1, 1), ("EAN-13", 1, 0)]
    assert "36000291452" not in json.dumps(shell.explain())


def test_a_report_that_the_server_never_takes_is_told_with_its_number_and_reason():
    shell = licensed()
    shell.scan(A, B)
    flush(shell)
    accept_reports(shell, "rejected", code="REPORT_INVALID", last=None)
    (letter,) = shell.explain()["deadLetters"]
    assert (letter["seq"], letter["code"], letter["counts"]) == (1, "REPORT_INVALID", {"ean_13": 1, "qr_code": 1})
