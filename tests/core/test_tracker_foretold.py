"""What pages are told of a scan travels with its commit: the shell says it the moment that the scan is on disk."""

import pytest

from dlt_web.messages import (
    Commit,
    CommitConflicted,
    FlushRequested,
    Mirror,
    Notify,
    Recount,
    Resolve,
    ScanSeen,
    StoreFailed,
    StorePurged,
    TimerFired,
)
from dlt_web.options import TrackerOptions
from tests.core.fake_lts import accept_reports, grant
from tests.core.fake_shell import FakeShell, FakeStore
from tests.core.reporting_steps import REPORTS, A, B, C, flush, licensed


class SlowStore(FakeStore):
    """One whose commits wait for the test."""

    def __init__(self, store):
        super().__init__(store.revision, store.records, store.kind)
        self.waiting = []

    def commit(self, command):
        self.waiting.append(command)


def slow():
    """Return a licensed tracker with a store that takes its time."""
    shell = licensed()
    shell.store = SlowStore(shell.store)
    return shell


def unlicensed():
    """Return a tracker that asks for its license with the first scan, and a store that takes its time."""
    shell = FakeShell(
        TrackerOptions(handshake_code="code-1", license_servers=("https://lts.test",), authorize="first-scan")
    )
    shell.store = SlowStore(shell.store)
    return shell


def seen(shell, barcode):
    """Return what a page says of a frame with one barcode."""
    times = {"time_ms": None, "called_wall_ms": shell.clock.wall_ms, "called_monotonic_ms": shell.clock.monotonic_ms}
    found = [{"format": barcode[0], "text": barcode[1]}]
    number = shell.next_number
    return ScanSeen(f"page-1/{barcode}", "page-1", number, "default", "video", barcodes=found, **times)


def land(shell):
    """Have the commit that waits reach the disk; return what the tracker commands at that."""
    [command] = shell.store.waiting
    shell.store.waiting.clear()
    return shell.answer_from_store(FakeStore.commit(shell.store, command))


def of_pages(commands):
    return [type(command) for command in commands if isinstance(command, Mirror | Recount | Notify | Resolve)]


def test_who_waits_is_told_when_the_scan_is_on_disk_and_before_the_tracker_is_asked_anything():
    shell = slow()
    call = shell.scan(A)
    assert (shell.resolved.get(call), shell.state["pending"]["scans"]) == (None, 0)
    first = land(shell)
    assert shell.resolved[call]["scans"] == 1
    assert (shell.events[-1].event, shell.events[-1].detail) == ("scan", {"scans": 1, "bySymbology": {"qr_code": 1}})
    assert (shell.state["pending"]["scans"], shell.state["pending"]["reports"]) == (1, 1)
    # The first scan of a slot also changes when it is reported, which nobody waits for.
    assert of_pages(first) == [Mirror]
    shell.scan(B)
    assert of_pages(land(shell)) == []
    assert shell.state["pending"]["scans"] == 2


def test_the_state_that_an_answer_speaks_of_is_in_place():
    shell = slow()
    shell.scan(A)
    [command] = shell.store.waiting
    assert [type(answer) for answer in command.answers] == [Recount, Resolve, Notify]
    assert command.answers[0] == Recount(scans=1, reports=1)


def test_what_comes_in_meanwhile_is_answered_with_the_next_commit():
    shell = slow()
    calls = [shell.scan(A), shell.scan(B), shell.scan(C)]
    duplicate = shell.scan(A)
    assert duplicate in shell.resolved
    land(shell)
    assert [call in shell.resolved for call in calls] == [True, False, False]
    land(shell)
    assert [call in shell.resolved for call in calls] == [True, True, True]
    assert [one.event for one in shell.events].count("scan") == 3


def test_what_pages_were_told_meanwhile_stays_as_it_is():
    shell = FakeShell()
    grant(shell)
    shell.store = SlowStore(shell.store)
    shell.scan(A)
    land(shell)
    flush(shell)
    call = shell.scan(B)
    before = shell.state["pending"]
    shell.lose(shell.only_request(REPORTS))
    after = shell.state["pending"]
    assert (after["attempts"], after["code"]) == (before["attempts"] + 1, "SERVER_UNREACHABLE")
    told = land(shell)
    assert shell.resolved[call]["scans"] == 1
    assert of_pages(told) == [Resolve]  # of the flush
    assert shell.state["pending"] == {**after, "scans": 2}


def test_a_flush_tells_the_scan_that_was_on_its_way_to_the_disk_when_it_was_asked_for():
    shell = slow()
    shell.scan(A)
    land(shell)
    flush(shell)
    accept_reports(shell)
    land(shell)
    shell.scan(B)
    shell.feed(FlushRequested("flush"))
    assert [request.body["reports"] for request in shell.sent] == [[]]  # a sign of life
    land(shell)
    accept_reports(shell)
    assert "flush" not in shell.resolved
    [request] = shell.sent
    assert [report["counts"] for report in request.body["reports"]] == [{"qr_code": 1, "ean_13": 1}]
    accept_reports(shell)
    land(shell)
    assert shell.resolved["flush"] == {"pendingScans": 0, "pendingReports": 0}


def test_a_flush_makes_no_scan_that_comes_after_it_be_sent_at_once():
    shell = slow()
    shell.scan(("qr_code", "before"))
    flush(shell)
    for number in range(20):
        shell.scan(("qr_code", str(number)))
        land(shell)
        for request in [*shell.sent]:
            shell.lose(request)
        shell.advance(100)
    assert shell.tracker._reporting.attempts_ended < 6


@pytest.mark.parametrize(
    "outcome",
    [
        CommitConflicted(7, {}),
        StorePurged("indexeddb", 0, {}),
        StoreFailed("disk full", False),
        StoreFailed("connection lost", True),
    ],
    ids=["another tab was faster", "purged", "failed", "unclear"],
)
def test_what_is_not_on_the_disk_is_not_told(outcome):
    shell = slow()
    call = shell.scan(A)
    shell.store.waiting.clear()
    shell.answer_from_store(outcome)
    assert call not in shell.resolved
    assert [one.event for one in shell.events].count("scan") == 0
    while shell.store.waiting:
        land(shell)
    assert shell.resolved[call]["scans"] == 1
    assert [one.event for one in shell.events].count("scan") == 1


def test_of_more_than_scans_nothing_is_foretold():
    shell = FakeShell(is_started=False)
    shell.scan(A)  # along with the device
    shell.start()
    grant(shell)
    shell.scan(B)
    flush(shell)
    accept_reports(shell)
    kinds = [
        ("device" in one.put, any("/report/" in key for key in one.put), len(one.answers)) for one in shell.commits
    ]
    assert kinds[0] == (True, True, 0)
    assert kinds[-1] == (False, True, 0)  # acknowledged
    assert kinds[-2] == (False, True, 3)


def test_scans_that_a_runtime_before_had_counted_are_told_as_well_and_change_nothing():
    store = licensed().store
    FakeShell(store=store, page="page-2").scan(A)
    shell = FakeShell(store=SlowStore(store), page="page-2")
    shell.scan(B, number=2)
    again, new = shell.scan(A, number=1), shell.scan(C, number=3)
    land(shell)
    assert again not in shell.resolved
    land(shell)
    assert (shell.resolved[again]["scans"], shell.resolved[new]["scans"]) == (1, 1)
    assert shell.state["pending"]["scans"] == 3


def test_a_scan_leads_to_its_commit_alone_and_what_else_follows_is_decided_when_that_has_ended():
    shell = unlicensed()
    commands = shell.feed(seen(shell, A))
    assert [type(command) for command in commands] == [Commit]
    assert shell.sent == []
    land(shell)
    assert [sent.url for sent in shell.sent] == ["https://lts.test/v1/authorizations"]


@pytest.mark.parametrize("happens", ["a barcode in view", "another scan", "the timer"])
def test_a_store_that_hangs_keeps_nothing_from_being_decided_once_anything_else_happens(happens):
    shell = slow()
    shell.feed(seen(shell, A))
    assert shell.state["pending"]["nextReportAt"] is None
    if happens == "the timer":
        shell.feed(TimerFired())
    else:
        shell.feed(seen(shell, A if happens == "a barcode in view" else B))
    # A sign of life, which goes out if nothing else does.
    assert shell.state["pending"]["nextReportAt"] > shell.clock.wall_ms


def test_what_was_read_is_looked_at_when_nobody_waits_any_more():
    shell = slow()
    readings = shell.tracker._audience.readings
    shell.feed(seen(shell, A))
    assert len(readings._fresh) == 1
    land(shell)
    assert readings._fresh == []
    assert [told["seen"] for told in readings.told()] == [1]
