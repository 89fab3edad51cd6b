from dataclasses import fields, replace
from random import Random

import pytest

from dlt_web.device import Entropy
from dlt_web.model import ReportAnswer, ReportRequest, ReportResult, UsageReport
from dlt_web.queued_report import Pending, QueuedReport, pending_of
from dlt_web.report_queue import KEPT_MS, ReportQueue

STREAM = "2f6d1a54-6f0c-4f6e-9c3b-0d6b8e1f5a77"
OLD_STREAM = "fe6d1a54-6f0c-4f6e-9c3b-0d6b8e1f5a77"
REPORT = UsageReport("8b9f1c5e-3d2a-4c1b-8f7e-6a5d4c3b2a19", 1, 4, 7, {"qr_code": 3}, {"purged": 1})
QUEUED = QueuedReport(STREAM, REPORT, REPORT, 5, 2, 6, is_set_back=True)
OTHER = QueuedReport(STREAM, replace(REPORT, id="0a1b2c3d-4e5f-4a6b-8c7d-9e0f1a2b3c4d", seq=2))
OLD = QueuedReport(OLD_STREAM, replace(REPORT, seq=9))


def test_a_grown_report_is_the_same_one_with_more_in_it_and_pending_again():
    grown = QUEUED.grown({"qr_code": 1, "aztec": 2}, {"setBack": 5})
    assert grown.report == replace(
        REPORT, version=5, counts={"aztec": 2, "qr_code": 4}, lost={"purged": 1, "setBack": 5}
    )
    assert grown == replace(QUEUED, report=grown.report, kept_since_ms=None)
    assert grown.is_pending
    assert grown.unacknowledged_scan_count() == 3
    assert QUEUED.report is REPORT


def test_a_grown_report_carries_every_field_there_is():
    for each in (QUEUED, REPORT):
        defaults = type(each)(*[None] * sum(field.default is field.default_factory for field in fields(each)))
        differing = [one.name for one in fields(each) if getattr(each, one.name) != getattr(defaults, one.name)]
        assert differing == [one.name for one in fields(each)], (
            "the test above proves nothing for a field left as it is"
        )


def test_pending_are_older_streams_first_and_their_scans_added_up():
    pending = pending_of([OTHER, QUEUED, OLD, QUEUED.grown({"qr_code": 2}, {})], STREAM)
    assert [(one.stream_id, one.report.seq) for one in pending.reports] == [(OLD_STREAM, 9), (STREAM, 1), (STREAM, 2)]
    assert pending.scan_count == 3 + 2 + 3


def test_a_newest_report_that_has_grown_keeps_its_place():
    grown = OTHER.grown({"qr_code": 2}, {})
    before = pending_of([OLD, OTHER], STREAM)
    assert before.after(grown) == pending_of([OLD, grown], STREAM)
    assert before == pending_of([OLD, OTHER], STREAM)


@pytest.mark.parametrize(
    ("pending", "queued"),
    [
        (Pending([], 0), OTHER),
        (Pending([OTHER], 3), OLD.grown({"qr_code": 1}, {})),
        (Pending([OTHER], 3), replace(OTHER, acknowledged=OTHER.report)),
    ],
    ids=["none before", "another one", "acknowledged"],
)
def test_any_other_change_has_it_gathered_anew(pending: Pending, queued: QueuedReport):
    assert pending.after(queued) is None


@pytest.mark.parametrize("seed", range(20))
def test_a_queue_knows_what_is_pending_and_what_is_over_after_whatever_happens_to_it(seed: int):
    draw, dropped = Random(seed), 0
    queue, slot = ReportQueue(store_epoch="store-1:1"), 7
    for _ in range(200):
        entropy, now_ms = Entropy(draw.randbytes(64)), slot * 180_000
        what = draw.choice(["book", "yes"] * 5 + ["slot", "drop"] * 3 + ["epoch", "fail", "stream", "copy"])
        if what == "book":
            queue.book(slot, {draw.choice(["qr_code", "aztec"]): 1}, must_open=draw.random() < 0.2, entropy=entropy)
        elif what == "slot":
            slot += draw.choice([1, 1, 5000])
        elif what == "yes" and queue.pending():
            stream_id = queue.pending()[0].stream_id
            reports = tuple(one.report for one in queue.pending() if one.stream_id == stream_id)[: draw.randrange(1, 4)]
            request = ReportRequest("c", STREAM, stream_id, None, "store-1:1", "indexeddb", False, now_ms, reports)
            outcome = draw.choice(["accepted", "accepted", "duplicate", "rejected"])
            results = tuple(ReportResult(one.seq, one.version, outcome) for one in reports)
            answer = ReportAnswer(now_ms, "store-1:1", results, None)
            before = set(queue.reports)
            queue.acknowledge(request, answer, first_own_seq=1, entropy=entropy)
            dropped += 0 if outcome == "rejected" else len(before - set(queue.reports))
            assert all(now_ms - (one.kept_since_ms or now_ms) <= KEPT_MS for one in queue.reports.values())
        elif what == "epoch":
            queue.change_epoch("store-1:1")
        elif what == "fail":
            queue.count_failed_attempt(now_ms)
        elif what == "stream":
            queue.start_stream(entropy)
        elif what == "drop":
            over = [key for key, one in queue.reports.items() if now_ms - (one.kept_since_ms or now_ms) > KEPT_MS]
            left = [key for key in queue.reports if key not in over]
            queue.drop_kept(now_ms)
            dropped += len(over)
            assert list(queue.reports) == left
        elif what == "copy":
            queue = queue.copy()
        anew = pending_of(queue.reports.values(), queue.stream_id)
        assert (queue.pending(), queue.pending_scan_count()) == (anew.reports, anew.scan_count), what
    assert dropped > 0
