from dlt_web.device import Entropy
from dlt_web.model import Moment
from dlt_web.report_queue import ReportQueue
from dlt_web.report_schedule import SLOT_CLOSE_SPREAD_MS, ReportSchedule

SLOT_MS = 180_000


def moment(wall_ms=10 * SLOT_MS, monotonic_ms=1000):
    return Moment(wall_ms, monotonic_ms, bytes(64))


def pending(slot=10):
    queue = ReportQueue()
    queue.book(slot, {"qr_code": 1}, must_open=False, entropy=Entropy(bytes(64)))
    return queue.pending()


def next_ms(schedule, now, *, has_pending=False, has_something=True):
    return schedule.next_ms(now, interval_s=180, has_pending=has_pending, has_something=has_something)


def test_with_nothing_to_say_nothing_is_due():
    schedule = ReportSchedule()
    schedule.look_at([], moment(), Entropy(bytes(64)))
    schedule.is_due_now = True
    assert next_ms(schedule, moment(), has_something=False) is None


def test_the_interval_is_jittered_by_a_tenth_either_way():
    for byte, share in ((0x00, 0.9), (0xFF, 1.1)):
        schedule = ReportSchedule()
        schedule.sent(moment(), Entropy(bytes([byte]) * 64))
        assert abs(next_ms(schedule, moment()) - 1000 - share * 180_000) < 2


def test_a_report_is_due_within_20_s_after_its_slot_closes():
    for byte, after_ms in ((0x00, 0), (0xFF, SLOT_CLOSE_SPREAD_MS)):
        schedule = ReportSchedule()
        schedule.look_at(pending(), moment(11 * SLOT_MS - 5000), Entropy(bytes([byte]) * 64))
        due_ms = next_ms(schedule, moment(), has_pending=True)
        assert abs(due_ms - 1000 - 5000 - after_ms) < 2


def test_a_slot_far_ahead_is_a_clock_set_back_and_waits_for_the_interval_only():
    schedule = ReportSchedule()
    schedule.look_at(pending(slot=5000), moment(), Entropy(bytes(64)))
    assert next_ms(schedule, moment(), has_pending=True) == 1000 + 162_000


def test_what_is_due_now_is_due_until_it_is_sent():
    schedule = ReportSchedule()
    schedule.look_at([], moment(), Entropy(bytes(64)))
    schedule.is_due_now = True
    assert next_ms(schedule, moment(monotonic_ms=5000)) == 5000
    schedule.sent(moment(monotonic_ms=5000), Entropy(bytes(64)))
    assert next_ms(schedule, moment(monotonic_ms=5000)) == 5000 + 162_000
