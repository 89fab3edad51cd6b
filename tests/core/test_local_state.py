"""What two trackers of one code know together that went on from one database, each in memory."""

from dataclasses import fields, replace

from dlt_web.device import Entropy
from dlt_web.local_state import LocalState, united
from dlt_web.model import ReportAnswer, ReportRequest, ReportResult, UsageReport
from dlt_web.queued_report import DeadLetter, QueuedReport
from dlt_web.report_queue import ReportQueue

STREAM = "2f6d1a54-6f0c-4f6e-9c3b-0d6b8e1f5a77"
SMALL = UsageReport("8b9f1c5e-3d2a-4c1b-8f7e-6a5d4c3b2a19", 1, 1, 7, {"qr_code": 1}, {})
GROWN = replace(SMALL, version=2, counts={"qr_code": 2})
OTHER = replace(SMALL, id="0a1b2c3d-4e5f-4a6b-8c7d-9e0f1a2b3c4d", seq=2)


def known(*reports, dead=(), epoch="store-1:1", **more):
    queue = ReportQueue(
        stream_id=STREAM,
        next_seq=3,
        store_epoch=epoch,
        reports={one.key: one for one in reports},
        dead_letters={one.key: one for one in dead},
    )
    return LocalState("code-1", queue=queue, **more)


def test_a_report_that_both_know_is_the_one_that_grew_with_the_latest_yes():
    answered = QueuedReport(STREAM, SMALL, acknowledged=SMALL, kept_since_ms=5)
    grown = QueuedReport(STREAM, GROWN)
    for mine, others in ((answered, grown), (grown, answered)):
        [queued] = united(known(mine), known(others)).queue.reports.values()
        assert (queued.report, queued.acknowledged, queued.is_pending) == (GROWN, SMALL, True)
    [queued] = united(known(QueuedReport(STREAM, SMALL)), known(answered)).queue.reports.values()
    assert queued == answered


def test_reports_of_both_wait_and_what_one_knows_as_dead_does_not():
    dead = DeadLetter(STREAM, SMALL, "REPORT_INVALID")
    queue = united(known(QueuedReport(STREAM, SMALL)), known(QueuedReport(STREAM, OTHER), dead=[dead])).queue
    assert [queued.report for queued in queue.pending()] == [OTHER]
    assert list(queue.dead_letters.values()) == [dead]


def test_where_one_has_heard_of_a_restore_everything_is_told_again():
    answered = QueuedReport(STREAM, SMALL, acknowledged=SMALL, kept_since_ms=5)
    queue = united(known(epoch="store-1:2"), known(answered)).queue
    assert queue.store_epoch == "store-1:2"
    assert [queued.acknowledged for queued in queue.pending()] == [None]


def test_of_calls_and_losses_the_most_is_known():
    mine = known(counted_calls={"a": 3, "b": 1}, lost_with_devices={"d": 1})
    others = known(counted_calls={"a": 2, "c": 4}, lost_with_records={"r": 2})
    both = united(mine, others)
    assert both.counted_calls == {"a": 3, "b": 1, "c": 4}
    assert (both.lost_with_devices, both.lost_with_records) == ({"d": 1}, {"r": 2})


def test_a_copy_has_every_field_and_changes_alone():
    for original in (LocalState("code-1"), ReportQueue()):
        values = {field.name: field.name for field in fields(original)}
        kept = known(QueuedReport(STREAM, SMALL)).queue
        values |= {"queue": kept} if "queue" in values else {"reports": kept.reports, "dead_letters": {}}
        filled = type(original)(**values)
        copied = filled.copy()
        assert [getattr(copied, name) for name in values] == list(values.values())
        queue = copied.queue if isinstance(copied, LocalState) else copied
        assert queue.reports is not kept.reports


def test_what_a_copy_buries_lies_in_it_alone():
    queue = known(QueuedReport(STREAM, SMALL)).queue
    copied = queue.copy()
    request = ReportRequest("code-1", SMALL.id, STREAM, None, "store-1:1", "indexeddb", False, 0, (SMALL,))
    refused = ReportAnswer(0, "store-1:1", (ReportResult(1, 1, "rejected", "REPORT_INVALID"),), None)
    copied.acknowledge(request, refused, first_own_seq=1, entropy=Entropy(bytes(64)))
    assert (len(copied.dead_letters), len(copied.reports)) == (1, 0)
    assert (len(queue.dead_letters), len(queue.reports)) == (0, 1)
