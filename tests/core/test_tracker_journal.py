"""Scans that a page made before its runtime was up, and that a later one counts."""

import copy

import pytest

from dlt_web.messages import JournalRead, StoreFailed
from dlt_web.options import TrackerOptions
from tests.core.fake_lts import accept_reports, grant, refuse
from tests.core.fake_shell import START_WALL_MS, FakeShell, FakeStore
from tests.core.reporting_steps import SLOT_MS, A, B, bodies_of_store, flush, licensed


def call(number, *texts, page="gone", time_ms=None, wall_ms=START_WALL_MS, code="code-1", **more):
    return {
        "handshakeCode": code,
        "page": page,
        "number": number,
        "stream": "#cam",
        "source": "video",
        "timeMs": time_ms,
        "calledWallMs": wall_ms,
        "calledMonotonicMs": number * 100,
        "barcodes": [{"format": "qr_code", "text": f"#{text}"} for text in texts],
        **more,
    }


def started_over(*calls, **more):
    shell = FakeShell(store=FakeStore(journal=list(calls)), **more)
    grant(shell)
    return shell


def counts(shell):
    return [report["counts"] for report in bodies_of_store(shell)]


def test_what_a_killed_page_had_scanned_is_counted_at_the_next_start_by_capture_time():
    shell = started_over(
        call(2, "a", time_ms=2_900), call(1, "a", "b", time_ms=0), call(3, "a", time_ms=5_900), call(4, time_ms=6_000)
    )
    assert counts(shell) == [{"qr_code": 3}]
    assert shell.store.journal == []
    assert shell.rejected == {}


def test_it_is_booked_in_the_slot_in_which_it_was_scanned():
    shell = started_over(call(1, "a", wall_ms=START_WALL_MS - 5 * SLOT_MS))
    flush(shell)
    [report] = accept_reports(shell)
    assert report["slot"] == "2025-11-24T15:45:00Z"


def test_what_is_counted_and_lies_there_still_counts_once():
    shell = started_over(call(1, "a"))
    for number in (1, 2):
        shell.feed(JournalRead([call(one, f"again-{number}-{one}") for one in (1, 2)], None, ["gone"]))
    assert counts(shell) == [{"qr_code": 1}, {"qr_code": 1}]


def test_a_page_that_was_thought_gone_and_goes_on_counts_once():
    shell = started_over(call(7, "a"))
    shell.join("gone")
    told = shell.scan(A, page="gone", number=7)
    assert shell.resolved[told]["scans"] == 1
    assert counts(shell) == [{"qr_code": 1}]


def test_streams_of_two_pages_that_are_gone_know_nothing_of_each_other():
    shell = started_over(call(1, "a", page="one"), call(1, "a", page="two"), call(2, "a", page="two"))
    assert counts(shell) == [{"qr_code": 1}, {"qr_code": 1}]


def test_what_a_runtime_that_is_gone_had_judged_is_known_and_counts_nothing():
    shell = started_over(
        call(-2, "a", time_ms=0), call(-1, "b", time_ms=100), call(9, "a", "c", time_ms=200), call(10, "b", time_ms=300)
    )
    assert counts(shell) == [{"qr_code": 1}]
    assert shell.store.journal == []


def test_a_journal_of_nothing_but_what_was_judged_is_emptied():
    shell = started_over(call(-1, "a"))
    assert counts(shell) == []
    assert shell.store.journal == []


def test_two_copies_of_a_database_tell_a_journal_under_the_same_names_so_that_it_counts_once():
    device = licensed().store
    told = []
    for seed in (7, 8):
        copied = copy.deepcopy(device)
        copied.journal = [call(1, "a"), call(2, "b", wall_ms=START_WALL_MS + SLOT_MS), call(3, "c")]
        shell = FakeShell(store=copied, seed=seed, page=f"page-{seed}")
        flush(shell)
        told.append([(shell.sent[-1].body["streamId"], accept_reports(shell))])
    assert told[0] == told[1]
    [[(_, reports)], _] = told
    assert [(one["seq"], one["version"], one["counts"]) for one in reports] == [
        (1, 1, {"qr_code": 2}),
        (2, 1, {"qr_code": 1}),
    ]


def test_what_a_runtime_had_counted_of_it_before_is_not_in_that_stream():
    store = licensed().store
    before = FakeShell(store=store, page="gone")
    before.scan(A)
    store.journal = [call(1, "a"), call(2, "b")]
    FakeShell(store=store, page="page-2")
    reports = [value for key, value in store.records.items() if "/report/" in key]
    assert len({value["streamId"] for value in reports}) == 2
    assert sum(sum(value["report"]["counts"].values()) for value in reports) == 2


def test_scans_that_follow_a_journal_open_a_report_of_their_own():
    store = licensed().store
    FakeShell(store=store, seed=5, page="earlier").scan(A)
    store.journal = [call(1, "a")]
    shell = FakeShell(store=store, seed=6, page="page-2")
    shell.scan(B)
    assert sorted(counts(shell), key=str) == [{"ean_13": 1}, {"qr_code": 1}, {"qr_code": 1}]


def test_only_its_own_handshake_code_s_calls_are_a_tracker_s():
    shell = started_over(call(1, "a"), call(2, "b", code="code-2"))
    assert counts(shell) == [{"qr_code": 1}]
    assert [one["handshakeCode"] for one in shell.store.journal] == ["code-2"]
    other = FakeShell(TrackerOptions(handshake_code="code-2", license_servers=("https://lts.test",)), store=shell.store)
    assert shell.store.journal == []
    assert other.state["pending"]["scans"] == 1


def test_a_page_that_lives_keeps_what_is_before_its_camera_though_its_journal_is_read():
    shell = licensed()
    assert shell.resolved[shell.scan(A)]["scans"] == 1
    shell.feed(JournalRead([call(1, "a", page=shell.page)], None, [shell.page]))
    assert shell.resolved[shell.scan(A)]["scans"] == 0


def test_usage_that_was_made_counts_also_where_the_license_is_refused_by_now():
    shell = FakeShell()
    refuse(shell)
    shell.feed(JournalRead([call(1, "a")], None, ["gone"]))
    assert counts(shell) == [{"qr_code": 1}]


@pytest.mark.parametrize(
    "damage",
    [{"page": None, "barcodes": 5}, {"source": "radio"}, {"barcodes": [{}]}, {"calledWallMs": "yesterday"}],
    ids=lambda damage: next(iter(damage)),
)
def test_what_cannot_be_read_of_it_is_left_out(damage):
    shell = started_over(call(1, "a", **damage), call(2, "b"))
    assert counts(shell) == [{"qr_code": 1}]


def test_a_page_that_comes_later_reads_what_was_left_meanwhile():
    shell = licensed()
    shell.store.journal.append(call(1, "a"))
    shell.join("page-2")
    assert counts(shell) == [{"qr_code": 1}]
    assert shell.store.journal == []


def test_without_its_database_a_tracker_leaves_the_journal_for_one_that_has_it():
    shell = licensed()
    shell.use_memory()
    shell.feed(StoreFailed("no disk", False))
    shell.store.journal.append(call(1, "a"))
    shell.join("page-2")
    assert len(shell.store.journal) == 1


def test_it_stays_in_the_journal_until_it_is_on_disk():
    store = FakeStore()
    shell = licensed(store=store)
    commit = store.commit

    def look(command):
        assert len(store.journal) == 1
        return commit(command)

    store.commit = look
    store.journal.append(call(1, "a"))
    shell.join("page-2")
    assert store.journal == []


def test_what_is_not_on_disk_when_the_store_fails_stays_in_the_journal_for_the_next_start():
    shell = licensed()
    disk = shell.store

    def fail(command):
        shell.use_memory()
        shell.store.journal = disk.journal
        return StoreFailed("the disk is full", False)

    disk.commit = fail
    disk.journal.append(call(1, "a"))
    shell.join("page-2")
    assert (shell.state["storage"], shell.state["pending"]["scans"], len(shell.store.journal)) == ("memory", 0, 1)
    shell.feed(JournalRead([call(1, "a")], None, ["gone"]))  # read before the failure, and late
    assert (shell.state["pending"]["scans"], len(shell.store.journal)) == (0, 1)
