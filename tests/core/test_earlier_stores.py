"""What each released version left on a device's disk is taken up by this one, with nothing lost (spec §4)."""

import json
from pathlib import Path

import pytest

from tests.core.fake_lts import accept_reports
from tests.core.fake_shell import FakeClock, FakeShell, FakeStore
from tests.core.reporting_steps import REPORTS, A, flush

STORES = sorted((Path(__file__).parents[1] / "vectors").glob("local_store_*.json"))


@pytest.mark.parametrize("path", STORES, ids=lambda path: path.stem)
def test_a_store_of_an_earlier_version_goes_on_as_it_was(path):
    left = json.loads(path.read_text())
    store = FakeStore(revision=left["revision"], records=left["records"])
    shell = FakeShell(store=store, clock=FakeClock(wall_ms=left["wallMs"]), page="page-2")
    assert shell.state["deviceUuid"] == left["records"]["device"]["uuid"]
    assert shell.state["pending"]["scans"] == 3
    for request in list(shell.sent):
        shell.lose(request)
    assert shell.state["license"]["state"] == "licensed"
    shell.scan(A)
    flush(shell)
    reports = shell.only_request(REPORTS).body["reports"]
    # A new runtime grows no report of the one before; the first one was acknowledged.
    assert [(report["seq"], report["counts"]) for report in reports] == [
        (2, {"qr_code": 1}),
        (3, {"qr_code": 2}),
        (4, {"qr_code": 1}),
    ]
    accept_reports(shell)
    assert shell.state["pending"]["scans"] == 0
    told = shell.explain()
    assert (told["deadLetters"], told["lost"]) == ([], {})
    assert {error["code"] for error in told["errors"]} <= {"SERVER_UNREACHABLE"}


def test_there_is_a_store_of_the_first_version():
    assert [path.stem for path in STORES][:1] == ["local_store_0.1.0"]
