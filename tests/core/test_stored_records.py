import pytest

from dlt_web.device import Entropy
from dlt_web.errors import DltError
from dlt_web.local_state import LocalState, Permission
from dlt_web.queued_report import DeadLetter
from dlt_web.stored_records import difference, state_from_records

ENTROPY = Entropy(bytes(range(64)))


def full_state(code="code-1"):
    state = LocalState(code)
    state.device_uuid = Entropy(bytes(64)).uuid4()
    for slot in (1, 1, 2, 3):
        state.queue.book(slot, {"qr_code": 1}, must_open=False, entropy=ENTROPY)
    state.queue.add_lost("purged", 2)
    stream_id = state.queue.stream_id
    gone = state.queue.reports.pop((stream_id, 1))
    state.queue.dead_letters[gone.key] = DeadLetter(stream_id, gone.report, "REPORT_INVALID")
    state.queue.store_epoch = "store-1:4"
    state.report_token = "r1.x"
    state.permission = Permission("a.b.c", "per_scan", "item-1", True, 1, 2, 3)
    state.first_request_at_ms = 9
    state.counted_calls = {"page-1": 2}
    state.lost_with_devices = {Entropy(bytes(range(1, 65))).uuid4(): 4}
    return state


def test_a_state_survives_its_records():
    state = full_state()
    assert state_from_records("code-1", difference(LocalState("code-1"), state).put) == state


def test_only_what_changed_is_written():
    state = full_state()
    after = state.copy()
    after.queue.book(3, {"qr_code": 1}, must_open=False, entropy=ENTROPY)
    what = difference(state, after)
    assert sorted(key.split("/")[3] for key in what.put) == ["report", "stream"]
    assert what.delete == ()
    del after.queue.reports[(after.queue.stream_id, 2)]
    assert [key.rpartition("/")[2] for key in difference(state, after).delete] == ["2"]


def test_nothing_changed_is_nothing_to_write():
    state = full_state()
    assert not difference(state, state.copy())


def test_what_a_state_does_not_say_any_more_is_deleted():
    names = [key.rpartition("/")[2] for key in difference(full_state(), LocalState("code-1")).delete]
    assert names[:4] == ["device", "stream", "calls", "license"]
    assert difference(full_state(), LocalState("code-1")).put == {}


def test_what_no_record_says_is_nothing_to_write():
    before, after = LocalState("code-1", clock_seen_ms=1), LocalState("code-1", clock_seen_ms=2)
    after.queue.next_seq = 2
    assert not difference(before, after)


def test_codes_that_look_alike_do_not_meet():
    records = difference(LocalState("a/report"), full_state("a/report")).put
    assert state_from_records("a", records).queue.reports == {}
    assert state_from_records("a", records).device_uuid is not None


@pytest.mark.parametrize("value", [{"uuid": "no"}, {"uuid": 5}, {}, None, "text"])
def test_a_device_that_cannot_be_read_is_not_taken_for_none(value):
    with pytest.raises(DltError, match="cannot be read") as caught:
        state_from_records("c", {"device": value})
    assert caught.value.code == "STORE_UNREADABLE"


def spoilt(record, **members):
    return {**record, **members}


STREAM = {"streamId": None, "nextSeq": 1, "storeEpoch": None, "unreportedLost": {}}
PERMISSION = {
    "token": "a.b.c", "chargeWay": "per_scan", "itemId": "i", "overQuota": False,
    "grantedAt": 1, "expiresAt": 2, "offlineUntil": 3,
}  # fmt: skip
LICENSE = {"reportToken": None, "firstRequestAt": None, "permission": PERMISSION}


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("stream", {}),
        ("stream", "text"),
        ("stream", spoilt(STREAM, nextSeq="x")),
        ("stream", spoilt(STREAM, nextSeq=0)),
        ("stream", spoilt(STREAM, streamId="s")),
        ("stream", spoilt(STREAM, unreportedLost={"purged": -1})),
        ("stream", spoilt(STREAM, lostWithDevices=[1])),
        ("license", []),
        ("license", spoilt(LICENSE, reportToken=5)),
        ("license", spoilt(LICENSE, firstRequestAt="now")),
        ("license", spoilt(LICENSE, permission=spoilt(PERMISSION, chargeWay="per_mile"))),
        ("license", spoilt(LICENSE, permission=spoilt(PERMISSION, expiresAt=None))),
        ("calls", {"page": 1}),
        ("calls", ["ab"]),
        ("calls", [["page", 1, 2]]),
        ("calls", [["page", "1"]]),
        ("dead/s/1", {"streamId": "s"}),
    ],
)
def test_a_record_that_cannot_be_read_is_set_aside_alone_and_changes_nothing(name, value):
    records = difference(LocalState("c"), full_state("c")).put
    key = f"code/1/c/{name}"
    good = state_from_records("c", {other: record for other, record in records.items() if other != key})
    state = state_from_records("c", {**records, key: value})
    assert list(state.set_aside) == [name]
    assert "is not as expected" in state.set_aside[name].why
    state.set_aside = {}
    assert state == good


def test_what_is_wrong_with_a_record_repeats_no_secret():
    for value in (spoilt(LICENSE, reportToken="r1.secret\n"), spoilt(LICENSE, permission="a.secret.c"), "secret"):
        [aside] = state_from_records("c", {"code/1/c/license": value}).set_aside.values()
        assert "secret" not in aside.why


@pytest.mark.parametrize(
    ("spoil", "scan_count"),
    [
        (lambda record: None, 1),
        (lambda record: {}, 1),
        (lambda record: spoilt(record, report=None), 1),
        (lambda record: spoilt(record, report=spoilt(record["report"], counts={"qr_code": "many"})), 1),
        (lambda record: spoilt(record, report=spoilt(record["report"], slot="yesterday")), 2),
        (lambda record: spoilt(record, failedAttempts=None), 2),
        (lambda record: spoilt(record, setBack="no"), 2),
        (lambda record: spoilt(record, streamId=5), 2),
        (lambda record: spoilt(record, report=spoilt(record["report"], seq=77)), 2),
        (lambda record: spoilt(record, setBack=0, acknowledged=spoilt(record["report"], counts={"qr_code": 1})), 1),
        (lambda record: spoilt(record, setBack=0, keptSince=9), 0),
    ],
)
def test_an_unreadable_report_tells_how_many_scans_it_holds_at_least(spoil, scan_count):
    state = LocalState("c")
    for _ in range(2):
        state.queue.book(1, {"qr_code": 1}, must_open=False, entropy=ENTROPY)
    records = difference(LocalState("c"), state).put
    [key] = [key for key in records if "/report/" in key]
    found = state_from_records("c", {**records, key: spoil(records[key])})
    assert [aside.scan_count for aside in found.set_aside.values()] == [scan_count]
    assert found.queue.reports == {}
    assert found.queue.next_seq == 2


def test_a_kind_of_record_that_is_not_known_yet_is_left_alone():
    assert state_from_records("c", {"code/1/c/later": {"x": 1}, "other": 5}) == LocalState("c")
