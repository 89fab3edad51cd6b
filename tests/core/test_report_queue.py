import os
from dataclasses import replace

import pytest

from dlt_web.device import Entropy
from dlt_web.json_value import MAX_COUNT_NAMES
from dlt_web.model import ReportAnswer, ReportRequest, ReportResult, StreamRow
from dlt_web.report_queue import KEPT_MS, ReportQueue
from dlt_web.wire import decode_report, encode_report

NOW_MS = 1_764_000_000_000
EPOCH = "store-1:1"
OTHER_ID = "00000000-0000-4000-8000-000000000000"


def entropy():
    return Entropy(os.urandom(64))


def book(queue, slot, count=1, *, must_open=False):
    queue.book(slot, {"qr_code": count}, must_open=must_open, entropy=entropy())


def test_a_report_holds_no_more_names_than_the_server_takes():
    queue = ReportQueue()
    for number in range(MAX_COUNT_NAMES + 2):
        queue.book(1, {f"name_{number}": 1}, must_open=False, entropy=entropy())
    queue.book(
        1, {f"name_{number}": 1 for number in range(2 * MAX_COUNT_NAMES + 1)}, must_open=False, entropy=entropy()
    )
    queue.book(1, {"name_0": 1}, must_open=False, entropy=entropy())
    reports = [queued.report for queued in queue.pending()]
    assert all(decode_report(encode_report(report)) == report for report in reports)
    assert sum(sum(report.counts.values()) for report in reports) == 3 * MAX_COUNT_NAMES + 4
    assert [report.seq for report in reports] == list(range(1, len(reports) + 1))


def queue_of(*slots):
    queue = ReportQueue()
    for slot in slots:
        book(queue, slot)
    return queue


def request_of(queue, stream_id=None):
    stream_id = stream_id or queue.stream_id
    reports = tuple(queued.report for queued in queue.pending() if queued.stream_id == stream_id)
    return ReportRequest("c", OTHER_ID, stream_id, "r", queue.store_epoch, "indexeddb", False, NOW_MS, reports)


def answer(queue, request, *outcomes, last=None, epoch=EPOCH, first_own_seq=1):
    results = tuple(
        ReportResult(report.seq, report.version, outcome, "REPORT_CONFLICT" if outcome == "rejected" else None)
        for report, outcome in zip(request.reports, outcomes, strict=True)
    )
    queue.acknowledge(
        request,
        ReportAnswer(NOW_MS, epoch, results, last),
        first_own_seq=first_own_seq,
        entropy=entropy(),
    )


def counts(queue):
    return [(queued.report.seq, dict(queued.report.counts), dict(queued.report.lost)) for queued in queue.pending()]


def test_a_copy_changes_without_the_original():
    queue = queue_of(1)
    copy = queue.copy()
    book(copy, 1)
    assert counts(queue) == [(1, {"qr_code": 1}, {})]
    assert counts(copy) == [(1, {"qr_code": 2}, {})]


def test_numbers_outlive_their_reports():
    queue = queue_of(1, 2)
    answer(queue, request_of(queue), "accepted", "accepted")
    queue.drop_kept(NOW_MS + KEPT_MS + 1)
    assert queue.reports == {}
    book(queue, 2)
    assert counts(queue) == [(3, {"qr_code": 1}, {})]


def test_kept_reports_stay_for_exactly_seven_days():
    queue = queue_of(1)
    answer(queue, request_of(queue), "accepted")
    queue.drop_kept(NOW_MS + KEPT_MS)
    assert len(queue.reports) == 1


def test_the_open_report_remembers_what_was_acknowledged_of_it():
    queue = queue_of(1)
    request = request_of(queue)
    book(queue, 1)
    answer(queue, request, "accepted")
    assert queue.pending_scan_count() == 1
    assert queue.pending()[0].unacknowledged() == ({"qr_code": 1}, {})


def test_a_late_answer_to_an_older_version_takes_nothing_back():
    queue = queue_of(1)
    older = request_of(queue)
    book(queue, 1)
    answer(queue, request_of(queue), "accepted")
    answer(queue, older, "duplicate")
    assert queue.pending() == []


def test_results_for_reports_that_were_not_sent_or_are_gone_change_nothing():
    queue = queue_of(1)
    request = request_of(queue)
    stray = ReportAnswer(NOW_MS, EPOCH, (ReportResult(9, 1, "accepted"), ReportResult(1, 7, "accepted")), None)
    queue.acknowledge(request, stray, first_own_seq=1, entropy=entropy())
    assert queue.pending_scan_count() == 1
    queue.reports.clear()
    answer(queue, request, "accepted")
    assert queue.reports == {}


def test_an_answer_for_another_report_of_the_same_number_acknowledges_nothing():
    queue = queue_of(1)
    request = request_of(queue)
    other = replace(request, reports=(replace(request.reports[0], id=OTHER_ID),))
    answer(queue, other, "accepted")
    assert request_of(queue) == replace(request, store_epoch=EPOCH)


def test_a_conflict_moves_the_growth_only():
    queue = queue_of(1)
    answer(queue, request_of(queue), "accepted")
    book(queue, 1, 4)
    book(queue, 2)
    old_stream = queue.stream_id
    answer(queue, request_of(queue), "rejected", "rejected")
    assert queue.stream_id != old_stream
    assert sorted(counts(queue), key=str) == [(1, {"qr_code": 1}, {}), (1, {"qr_code": 4}, {})]
    kept = queue.reports[old_stream, 1]
    assert (kept.report.version, dict(kept.report.counts), kept.is_pending) == (1, {"qr_code": 1}, False)


def test_every_copy_of_a_database_moves_what_is_refused_under_the_same_names_and_grows_none_of_it():
    queue = queue_of(1, 2)
    moved = []
    for _ in range(2):
        copy = queue.copy()
        answer(copy, request_of(copy), "rejected", "rejected")
        apart = [(queued.stream_id, queued.report) for queued in copy.pending()]
        assert sorted((report.seq, report.slot) for _, report in apart) == [(1, 1), (1, 2)]
        book(copy, 2)
        assert [(queued.stream_id, queued.report) for queued in copy.pending()][:2] == apart
        assert copy.pending()[2].stream_id == copy.stream_id
        moved.append((apart, copy.stream_id))
    assert moved[0][0] == moved[1][0]
    assert len({moved[0][1], moved[1][1], queue.stream_id, *dict(apart)}) == 5
    # Refused once more they have other names again, and the stream of today goes on.
    current, refused = copy.stream_id, apart[0][0]
    answer(copy, request_of(copy, refused), "rejected")
    assert copy.stream_id == current
    assert refused not in {queued.stream_id for queued in copy.pending()}
    assert copy.pending_scan_count() == 3


def test_a_refusal_of_what_was_acknowledged_since_moves_nothing():
    queue = queue_of(1)
    request = request_of(queue)
    answer(queue, request, "accepted")
    answer(queue, request, "rejected")
    assert counts(queue) == []
    book(queue, 1)
    assert counts(queue) == [(1, {"qr_code": 1}, {})]


def test_a_version_without_growth_is_not_moved():
    queue = queue_of(1)
    answer(queue, request_of(queue), "accepted")
    queue.book(1, {}, must_open=False, entropy=entropy())
    answer(queue, request_of(queue), "rejected")
    assert counts(queue) == []


@pytest.mark.parametrize(
    "last",
    [
        StreamRow(OTHER_ID, 9, 1),  # a number never issued
        StreamRow(OTHER_ID, 1, 1),  # another id
    ],
)
def test_an_unknown_row_at_the_server_means_that_the_database_was_set_back(last):
    queue = queue_of(1)
    book(queue, 2, must_open=True)
    answer(queue, request_of(queue), "accepted", "accepted", last=last, first_own_seq=2)
    old_stream = next(queued.stream_id for queued in queue.pending() if queued.is_set_back)
    assert [(queued.stream_id == old_stream, queued.report.slot) for queued in queue.pending()] == [
        (True, 1),
        (False, 2),
    ]
    assert queue.store_epoch == EPOCH


def test_a_version_above_the_own_means_set_back_too():
    queue = queue_of(1)
    own = queue.pending()[0].report
    answer(queue, request_of(queue), "duplicate", last=StreamRow(own.id, 1, 5))
    assert counts(queue) == [(1, {"qr_code": 1}, {})]
    assert queue.pending()[0].report.id != own.id


def test_what_stays_behind_and_is_called_duplicate_is_said_to_be_perhaps_lost():
    queue = queue_of(1)
    old_stream = queue.stream_id
    answer(queue, request_of(queue), "duplicate", last=StreamRow(OTHER_ID, 9, 1), first_own_seq=2)
    answer(queue, request_of(queue, old_stream), "duplicate", last=StreamRow(OTHER_ID, 9, 1))
    assert queue.unreported_lost == {"setBack": 1}
    assert queue.pending() == []


def test_one_tab_s_memory_of_a_purged_database_draws_no_conclusions():
    queue = queue_of(1)
    own = queue.pending()[0].report
    answer(queue, request_of(queue), "duplicate", last=StreamRow(own.id, 1, 5), first_own_seq=None)
    assert queue.pending() == []
    assert queue.unreported_lost == {}


def test_a_set_back_stream_with_reports_of_other_streams_leaves_those_alone():
    queue = queue_of(1)
    queue.start_stream(entropy())
    book(queue, 2)
    answer(queue, request_of(queue), "accepted", last=StreamRow(OTHER_ID, 9, 1))
    assert [queued.report.slot for queued in queue.pending()] == [1, 2]
    assert not any(queued.is_set_back for queued in queue.pending())


def test_failed_attempts_with_nothing_pending_count_nothing():
    queue = ReportQueue()
    queue.count_failed_attempt(NOW_MS)
    assert queue == ReportQueue()


def test_attempts_of_several_tabs_within_an_hour_count_once():
    queue = queue_of(1)
    for minutes in (0, 1, 59, 60, 61):
        queue.count_failed_attempt(NOW_MS + minutes * 60_000)
    assert [queued.failed_attempts for queued in queue.pending()] == [2]


def test_losses_go_into_the_next_report_whatever_it_counts():
    queue = queue_of(1)
    queue.add_lost("purged", 0)
    queue.add_lost("purged", 3)
    queue.book(1, {}, must_open=False, entropy=entropy())
    assert counts(queue) == [(1, {"qr_code": 1}, {"purged": 3})]
    assert queue.unreported_lost == {}
